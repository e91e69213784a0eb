//! Who reads and changes keys, when the program stops, and whether somebody agrees.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use aws::Needs;
use respond::Failure;
use respond::adapters::aws::{Aws, Roles};
use respond::apply::Pause;
use respond::ports::Reply;

use crate::cli::{self, Access};
use crate::config::Loaded;
use crate::interrupt::Interrupt;
use crate::live;

/// AWS, as somebody.
pub(super) struct Cloud {
    pub(super) runtime: tokio::runtime::Runtime,
    pub(super) aws: Aws,
    /// Who that is.
    pub(super) arn: String,
    pub(super) stopped: Stopped,
}

/// Whether somebody wants the program to end: the change that is being made is finished, and no other begun.
#[derive(Clone, Default)]
pub(super) struct Stopped(Arc<AtomicBool>);

impl Stopped {
    pub(super) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Cloud {
    /// Finds credentials and proves them.
    pub(super) fn connect(access: &Access, loaded: &Loaded) -> anyhow::Result<Self> {
        let wishes = cli::Live {
            profile: access.profile.clone(),
            external_id: access.external_id.clone(),
            endpoint_url: access.endpoint_url.clone(),
            ..cli::Live::default()
        };
        let (runtime, reach) = live::reach_once(&wishes, loaded)?;
        let arn = reach.session().arn.clone();
        let mut roles = Roles { change_as_caller: access.as_caller, ..Roles::default() };
        if let Some(reader) = access.role.clone().or_else(|| loaded.config.aws.role.clone()) {
            roles.reader = reader;
        }
        roles.remedies.extend(access.action_role.iter().cloned());
        let needs = Needs::of_fields(["KeyRotationEnabled", "Policy", "Tags", "Grants"]);
        let aws = Aws::new(Arc::new(reach), roles, needs);
        let stopped = Stopped::default();
        runtime.spawn(listen(stopped.clone()));
        Ok(Self { runtime, aws, arn, stopped })
    }
}

async fn listen(stopped: Stopped) {
    let Ok(mut interrupt) = Interrupt::new() else { return };
    interrupt.recv().await;
    stopped.0.store(true, Ordering::Relaxed);
    anstream::eprintln!("stopping after the change that is being made (once more to give up)");
    interrupt.recv().await;
    std::process::exit(130);
}

/// Waits as the clock on the wall goes.
pub(super) struct Clock;

impl Pause for Clock {
    fn pause(&self, time: Duration) -> Reply<'_, ()> {
        Box::pin(async move {
            tokio::time::sleep(time).await;
            Ok::<(), Failure>(())
        })
    }
}

/// Whether somebody agrees to what was shown.
pub(super) fn agreed(access: &Access, what: &str) -> anyhow::Result<bool> {
    if access.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        bail!("nobody can be asked here: look at what `remediate plan` says, and agree to it with --yes");
    }
    let mut terminal = anstream::stderr();
    write!(terminal, "{what} Type `yes` to go on: ").and_then(|()| terminal.flush()).context("asking")?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).context("reading the answer")?;
    Ok(answer.trim() == "yes")
}
