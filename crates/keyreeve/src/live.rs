//! Reading AWS itself: an inventory is taken as a snapshot, sorted outside memory, and judged as any other snapshot is.
//!
//! So there is one judging path, the order in which AWS answers shows nowhere, and the findings of a live scan are those of the snapshot
//! that it could have written.

mod file;
mod progress;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek, Write};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use aws::identity::Options;
use aws::inventory::{AtOnce, DEFAULT_ROLE, Plan, Which};
use aws::operation::Operation;
use aws::{Event, Needs, Note, Progress, Reach, Session, Shares, Stop};
use finding::snapshot::{End, FORMAT_VERSION, Header, SnapshotWriter};
use finding::{ErrorRecord, refusal};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

pub use file::Target;

use crate::cli::{self, Terminal, With};
use crate::config::Loaded;
use crate::interrupt::Interrupt;
use crate::output;
use progress::Bars;

/// Events that wait to be written: reading waits when there are more.
const WAITING: usize = 256;

/// AWS, reached as somebody, with what is to be read there.
pub struct Live {
    runtime: Runtime,
    session: Session,
    plan: Plan,
    quiet: bool,
    bars: bool,
}

/// An inventory in a file that nobody else sees.
pub struct Taken {
    /// The snapshot, from its beginning.
    pub file: File,
    /// What was read, in a few words.
    pub subject: String,
}

impl Live {
    /// Finds credentials and proves them.
    pub fn connect(asked: &cli::Live, loaded: &Loaded, needs: Needs, terminal: &Terminal) -> anyhow::Result<Self> {
        // Asking is waiting: one thread serves thousands of requests a second, and a second one costs a fifth more in wake-ups.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("starting the threads that read AWS")?;
        let (options, plan) = wishes(asked, loaded, needs)?;
        let stop = Stop::default();
        let session = runtime.block_on(Session::connect(&options, stop.clone()))?;
        runtime.spawn(stop_when_interrupted(stop));
        let bars = !terminal.no_progress && !terminal.quiet;
        Ok(Self { runtime, session, plan, quiet: terminal.quiet, bars })
    }

    /// Of all keys only this one: by id, ARN or alias. An ARN says where it is.
    pub fn only(mut self, key: &str) -> Self {
        if let ["arn", _, "kms", region, ..] = key.split(':').collect::<Vec<_>>()[..]
            && self.plan.regions.is_empty()
        {
            self.plan.regions = vec![region.to_owned()];
        }
        self.plan.only = Some(key.to_owned());
        self
    }

    /// `reading account 111122223333 as arn:…, in all enabled regions`.
    fn introduction(&self) -> String {
        let Session { arn, profile, endpoint, .. } = &self.session;
        let what = match &self.plan.accounts {
            Which::Organization(only) if only.is_empty() => format!("the organisation (role {})", self.plan.role),
            Which::Organization(only) => {
                format!("{} accounts of the organisation (role {})", only.len(), self.plan.role)
            }
            Which::Named(ids) => format!("accounts {} (role {})", ids.join(", "), self.plan.role),
            Which::Own => format!("account {}", self.session.home.account),
        };
        let regions = match self.plan.regions.as_slice() {
            [] => "all enabled regions".to_owned(),
            named => named.join(", "),
        };
        let profile = profile.as_ref().map(|profile| format!(" (profile {profile})")).unwrap_or_default();
        let endpoint = endpoint.as_ref().map(|url| format!(", at {url}")).unwrap_or_default();
        format!("reading {what} in {regions}, as {arn}{profile}{endpoint}")
    }

    /// Reads everything into a file of ours, to be judged or shown.
    pub fn take(self) -> anyhow::Result<Taken> {
        let subject = match &self.plan.accounts {
            Which::Organization(_) => format!("the organisation of account {}", self.session.home.account),
            Which::Named(ids) => format!("accounts {}", ids.join(", ")),
            Which::Own => format!("account {}", self.session.home.account),
        };
        let mut file = tempfile::tempfile().context("making a temporary file for the inventory")?;
        let writing = std::io::BufWriter::with_capacity(256 << 10, &mut file);
        self.write(writing).context("writing the inventory to a temporary file")?;
        file.rewind().context("reading the inventory back")?;
        Ok(Taken { file, subject })
    }

    /// Says on standard error as whom and where it reads, reads everything and writes it as a snapshot.
    pub fn write(self, into: impl Write) -> anyhow::Result<Written> {
        if !self.quiet {
            anstream::eprintln!("{}", report::escape_terminal(&self.introduction()));
        }
        let Self { runtime, session, plan, quiet, bars } = self;
        let header = Header { format_version: FORMAT_VERSION, tool: output::tool(), collected_at: session.began };
        let spool = tempfile::tempfile().context("making a temporary file to sort the inventory in")?;
        let mut writer = SnapshotWriter::spooled(header, spool);
        let progress = Arc::new(Progress::default());
        let bars = Bars::start(bars, &progress, &session);
        let (sender, mut events) = mpsc::channel(WAITING);
        let stop = session.client.stop.clone();
        let reading = runtime.spawn(aws::inventory::read(session, plan, progress, sender));
        let (mut notes, mut incomplete, mut failed) = (BTreeSet::new(), false, None);
        while let Some(event) = events.blocking_recv() {
            let written = match event {
                Event::Account(account) => {
                    writer.add_account(account);
                    Ok(())
                }
                Event::Resource(text) => writer.add_resource(&text),
                Event::Error(error) => {
                    incomplete = true;
                    writer.add_error(&error)
                }
                Event::Note(note) => {
                    notes.insert(note);
                    Ok(())
                }
            };
            if let Err(error) = written {
                // The disk is full, or the like: there is no use in reading on.
                stop.stop();
                failed.get_or_insert(error);
            }
        }
        drop(bars);
        let ended = runtime.block_on(reading);
        if let Some(error) = failed {
            return Err(error.into());
        }
        match ended {
            Ok(read) => read?,
            Err(error) => {
                incomplete = true;
                let message = format!("the reading broke off, which is a fault of keyreeve: {error}");
                writer.add_error(&ErrorRecord { message, ..ErrorRecord::default() })?;
            }
        }
        if stop.is_stopped() {
            incomplete = true;
            writer.add_error(&interrupted())?;
        }
        if !quiet {
            notes.iter().for_each(say);
        }
        Ok(Written { end: writer.write(into)?, incomplete, interrupted: stop.is_stopped() })
    }
}

/// What was written.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// How many of what.
    pub end: End,
    /// Whether something could not be read.
    pub incomplete: bool,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// The facts that were asked for by name.
pub fn with(asked: &[With], configured: &[String]) -> anyhow::Result<Needs> {
    let mut needs = Needs::default();
    for name in configured {
        match name.as_str() {
            "grants" => needs.grants = true,
            "rotations" => needs.rotations = true,
            other => bail!("aws.with: expected grants or rotations, not {other}"),
        }
    }
    needs.grants |= asked.contains(&With::Grants);
    needs.rotations |= asked.contains(&With::Rotations);
    Ok(needs)
}

/// As whom to ask, and what: from the command line, else from the configuration.
pub fn wishes(asked: &cli::Live, loaded: &Loaded, needs: Needs) -> anyhow::Result<(Options, Plan)> {
    let configured = &loaded.config.aws;
    let regions = first_of(&asked.region, &configured.regions);
    let options = Options {
        profile: asked.profile.clone().or_else(|| configured.profile.clone()),
        region: regions.first().cloned(),
        endpoint_url: asked.endpoint_url.clone(),
        shares: shares(asked, loaded)?,
        ..Options::default()
    };
    let accounts = first_of(&asked.account, &configured.accounts);
    let plan = Plan {
        needs: needs.and(with(&[], &configured.with)?),
        regions,
        accounts: match (asked.org || (asked.account.is_empty() && configured.org == Some(true)), accounts) {
            (true, accounts) => Which::Organization(accounts),
            (false, accounts) if accounts.is_empty() => Which::Own,
            (false, accounts) => Which::Named(accounts),
        },
        role: asked.role.clone().or_else(|| configured.role.clone()).unwrap_or_else(|| DEFAULT_ROLE.to_owned()),
        external_id: asked.external_id.clone().or_else(|| configured.external_id.clone()),
        only: None,
        at_once: AtOnce::default(),
    };
    Ok((options, plan))
}

/// AWS from here on, for what speaks to accounts as it comes to them and takes no inventory. Finds credentials and proves them.
pub async fn reach(asked: &cli::Live, loaded: &Loaded, stop: Stop) -> anyhow::Result<Reach> {
    let (options, plan) = wishes(asked, loaded, Needs::LISTS)?;
    let session = Session::connect(&options, stop).await?;
    Ok(Reach::new(session, plan.external_id))
}

/// The same for a command that ends by itself, with the threads that it runs on.
pub fn reach_once(asked: &cli::Live, loaded: &Loaded) -> anyhow::Result<(Runtime, Reach)> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("starting the threads that talk to AWS")?;
    let reach = runtime.block_on(reach(asked, loaded, Stop::default()))?;
    Ok((runtime, reach))
}

fn first_of(asked: &[String], configured: &[String]) -> Vec<String> {
    if asked.is_empty() { configured.to_vec() } else { asked.to_vec() }
}

fn shares(asked: &cli::Live, loaded: &Loaded) -> anyhow::Result<Shares> {
    let configured = &loaded.config.aws;
    let all = asked.budget.or(configured.budget).map_or(aws::DEFAULT_SHARE, |percent| percent / 100.0);
    configured.budgets.iter().try_fold(Shares::all(all), |shares, (name, percent)| {
        let operation = Operation::named(name).with_context(|| {
            let known: Vec<&str> = aws::operation::OPERATIONS.iter().map(|operation| operation.name).collect();
            format!("aws.budgets.{name}: no such operation is called; there are {}", known.join(", "))
        })?;
        Ok(shares.with(operation, percent / 100.0))
    })
}

/// What an inventory says that was stopped before its end.
fn interrupted() -> ErrorRecord {
    ErrorRecord {
        message: "reading was stopped before its end: what it had not come to is missing".to_owned(),
        code: Some(refusal::INTERRUPTED.to_owned()),
        class: Some(finding::Refusal::Interrupted.name().to_owned()),
        ..ErrorRecord::default()
    }
}

/// Ctrl-C or SIGTERM ends the reading, and what was read is kept; a second one ends the program.
async fn stop_when_interrupted(stop: Stop) {
    let Ok(mut interrupt) = Interrupt::new() else { return };
    interrupt.recv().await;
    stop.stop();
    anstream::eprintln!("stopping: what was read is kept (once more to give up)");
    interrupt.recv().await;
    std::process::exit(130);
}

/// Names what there was no use in reading.
fn say(note: &Note) {
    let name = if note.name.is_empty() { String::new() } else { format!(" ({})", note.name) };
    let region = note.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
    let text = format!("note: {}{name}{region}: {}, so there is nothing to read", note.account, note.class);
    anstream::eprintln!("{}", report::escape_terminal(&text));
}
