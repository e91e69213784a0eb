//! AWS, as the daemon reaches it: keys, accounts, Security Hub, queues, secrets.

use std::sync::Arc;

use anyhow::Context as _;
use aws::{Needs, Reach, Session, Stop};
use respond::adapters::aws::{Aws, Roles, SecurityHub, Sqs};
use respond::ports::{Hub, Queue};
use respond::secret::Vault;

use crate::cli;
use crate::config::Loaded;
use crate::live;

/// How long a message that was received is hidden from others, in seconds.
const VISIBILITY: u32 = 120;

/// AWS, as somebody.
pub struct Cloud {
    /// As whom: `arn:…`.
    pub arn: String,
    /// Keys and accounts.
    pub keys: Arc<Aws>,
    /// Secrets Manager and parameters.
    pub vault: Arc<dyn Vault>,
    /// Security Hub, where it is read or told.
    pub hub: Option<Arc<dyn Hub>>,
    /// The queues, each with its name.
    pub queues: Vec<(String, Arc<dyn Queue>)>,
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
pub async fn connect(loaded: &Loaded, needs: Needs, stop: Stop) -> anyhow::Result<Cloud> {
    let serve = &loaded.config.serve;
    let asked = cli::Live { endpoint_url: serve.http.endpoint_url.clone(), ..cli::Live::default() };
    let (options, plan) = live::wishes(&asked, loaded, needs)?;
    let session = Session::connect(&options, stop).await?;
    let arn = session.arn.clone();
    let reach = Arc::new(Reach::new(session, plan.external_id.clone()));
    let roles = Roles {
        reader: plan.role.clone(),
        remedies: serve.remediation.roles.clone(),
        change_as_caller: serve.remediation.as_caller,
    };
    let intake = &serve.intake;
    let hub = intake.hub.then(|| {
        let hub =
            aws::hub::Hub::new(&reach, intake.hub_account.as_deref(), &intake.hub_regions, intake.hub_role.as_deref());
        Arc::new(SecurityHub::new(hub)) as Arc<dyn Hub>
    });
    let queues = intake.queues.iter().map(|name| {
        let queue =
            aws::queue::Queue::new(&reach, name, VISIBILITY).with_context(|| format!("serve.intake.queues: {name}"))?;
        Ok((name.clone(), Arc::new(Sqs::new(queue)) as Arc<dyn Queue>))
    });
    let queues = queues.collect::<anyhow::Result<Vec<_>>>()?;
    let keys = Arc::new(Aws::new(reach, roles, plan.needs));
    Ok(Cloud { arn, vault: keys.clone(), keys, hub, queues })
}
