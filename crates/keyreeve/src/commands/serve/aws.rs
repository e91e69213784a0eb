//! AWS, as the daemon reaches it: keys, accounts, Security Hub, queues, secrets.

use std::sync::Arc;

use anyhow::Context as _;
use aws::{Needs, Reach, Stop};
use respond::adapters::aws::{Aws, Roles, SecurityHub, Sqs};
use respond::ports::{Hub, Queue};

use crate::cli;
use crate::config::Loaded;
use crate::config::serve::{Intake, Serve};
use crate::live;

/// AWS, as somebody.
pub struct Cloud {
    /// As whom: `arn:…`.
    pub arn: String,
    reach: Arc<Reach>,
}

/// Queues, each with its name.
pub type Queues = Vec<(String, Arc<dyn Queue>)>;

impl Cloud {
    /// Keys, accounts and secrets: of a key is read what is in `needs`.
    pub fn keys(&self, loaded: &Loaded, needs: Needs) -> Arc<Aws> {
        let remediation = &loaded.config.serve.remediation;
        let roles = Roles {
            reader: loaded.config.aws.role.clone().unwrap_or_else(|| aws::inventory::DEFAULT_ROLE.to_owned()),
            remedies: remediation.roles.clone(),
            change_as_caller: remediation.as_caller,
        };
        Arc::new(Aws::new(self.reach.clone(), roles, needs))
    }

    /// Security Hub, where it is read or told.
    pub fn hub(&self, intake: &Intake) -> Option<Arc<dyn Hub>> {
        intake.hub.then(|| {
            let (account, role) = (intake.hub_account.as_deref(), intake.hub_role.as_deref());
            let hub = aws::hub::Hub::new(&self.reach, account, &intake.hub_regions, role);
            Arc::new(SecurityHub::new(hub)) as Arc<dyn Hub>
        })
    }

    /// The queues that are read.
    pub fn queues(&self, serve: &Serve) -> anyhow::Result<Queues> {
        let queues = serve.intake.queues.iter().map(|name| {
            let queue = aws::queue::Queue::new(&self.reach, name, serve.times.visibility_seconds);
            let queue = queue.with_context(|| format!("serve.intake.queues: {name}"))?;
            Ok((name.clone(), Arc::new(Sqs::new(queue)) as Arc<dyn Queue>))
        });
        queues.collect()
    }
}

/// Whether anything is asked of AWS: not where snapshots are read in its place.
pub fn is_needed(loaded: &Loaded) -> bool {
    let serve = &loaded.config.serve;
    let references =
        serve.hooks.iter().map(|hook| &hook.secret).chain(serve.tickets.values().filter_map(|it| it.secret.as_ref()));
    let in_aws = |secret: &String| secret.starts_with("secretsmanager:") || secret.starts_with("ssm:");
    serve.snapshots.is_empty()
        || serve.intake.hub
        || !serve.intake.queues.is_empty()
        || references.chain(&serve.mail.secret).any(in_aws)
}

/// Finds credentials and proves them.
pub async fn connect(loaded: &Loaded, stop: Stop) -> anyhow::Result<Cloud> {
    let asked = cli::Live { endpoint_url: loaded.config.serve.http.endpoint_url.clone(), ..cli::Live::default() };
    let reach = live::reach(&asked, loaded, stop).await?;
    Ok(Cloud { arn: reach.session().arn.clone(), reach: Arc::new(reach) })
}
