//! Scheduled readings: the inventory, from AWS or from snapshots, judged batch by batch and handed to the engine.

use std::io::Read;
use std::sync::Arc;

use anyhow::Context as _;
use finding::Account;
use finding::snapshot::{self, Batch};
use jiff::Timestamp;
use respond::{Engine, Scan};
use store::rows::AccountRow;
use store::{Change, Commit, Store};
use tokio::sync::mpsc;

use super::detections::Detections;
use crate::cli::{self, Color, Terminal};
use crate::config::Loaded;
use crate::{accounts, disk, live};

/// Parts of a reading that wait to be stored.
const WAITING: usize = 4;
/// Accounts of one commit.
const ACCOUNTS_A_COMMIT: usize = 500;

/// What a reading came to.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pub keys: u64,
    pub findings: u64,
    pub accounts: u64,
    /// What could not be read.
    pub errors: u64,
}

/// A part of a reading, from the thread that reads.
enum Part {
    Accounts(Vec<Account>),
    Judged(Scan),
    Unread(u64),
}

/// Reads everything once and hands it to the engine.
pub async fn read(
    loaded: Arc<Loaded>,
    detections: Arc<Detections>,
    engine: Arc<Engine>,
    store: Arc<dyn Store>,
) -> anyhow::Result<Counts> {
    let (sender, mut parts) = mpsc::channel(WAITING);
    let judges = detections.clone();
    // Reading and judging block: they have a thread of their own, and wait where storing is slower.
    let reader = tokio::task::spawn_blocking(move || inventory(&loaded, &judges, &sender));
    let mut counts = Counts::default();
    while let Some(part) = parts.recv().await {
        match part {
            Part::Accounts(accounts) => {
                counts.accounts += accounts.len() as u64;
                remember(&store, &accounts).await?;
                detections.know(accounts);
            }
            Part::Judged(scan) => {
                counts.keys += scan.keys.len() as u64;
                counts.findings += scan.findings.len() as u64;
                engine.take_scan(&scan).await.context("storing what was read")?;
            }
            Part::Unread(errors) => counts.errors += errors,
        }
    }
    reader.await.context("the reading broke off")??;
    Ok(counts)
}

async fn remember(store: &Arc<dyn Store>, accounts: &[Account]) -> anyhow::Result<()> {
    let now = Timestamp::now();
    for part in accounts.chunks(ACCOUNTS_A_COMMIT) {
        let rows = part.iter().map(|account| {
            let row =
                AccountRow { id: account.id.as_str().to_owned(), account: serde_json::to_value(account)?, read: now };
            Ok(Change::Account(Box::new(row)))
        });
        let changes = rows.collect::<Result<Vec<_>, serde_json::Error>>()?;
        store.commit(Commit { at: now, changes }).await.context("storing accounts")?;
    }
    Ok(())
}

fn inventory(loaded: &Loaded, detections: &Detections, sender: &mpsc::Sender<Part>) -> anyhow::Result<()> {
    let snapshots = &loaded.config.serve.snapshots;
    if snapshots.is_empty() {
        let asked = cli::Live { endpoint_url: loaded.config.serve.http.endpoint_url.clone(), ..cli::Live::default() };
        let quiet = Terminal { color: Color::Never, no_progress: true, quiet: true, verbose: 0 };
        let taken = live::Live::connect(&asked, loaded, detections.needs(), &quiet)?.take()?;
        return one(&taken.subject, taken.file, loaded, detections, sender);
    }
    for path in snapshots {
        for file in disk::snapshots(&loaded.path(path))? {
            let name = disk::shown(&file);
            one(&name, disk::open(&file).with_context(|| format!("opening {name}"))?, loaded, detections, sender)?;
        }
    }
    Ok(())
}

fn one(
    name: &str,
    from: impl Read,
    loaded: &Loaded,
    detections: &Detections,
    sender: &mpsc::Sender<Part>,
) -> anyhow::Result<()> {
    let reading = || format!("reading {name}");
    let (prologue, batches) = snapshot::open(from, accounts::configured(&loaded.config)?).with_context(reading)?;
    let lines = prologue.accounts.ids().filter_map(|id| prologue.accounts.get(id));
    let mut known: Vec<Account> = lines.map(|line| line.account().clone()).collect();
    known.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
    let unread = prologue.errors.len() as u64 + prologue.more_errors;
    // Who receives has gone where the daemon is told to stop.
    let told = sender.blocking_send(Part::Accounts(known)).and_then(|()| sender.blocking_send(Part::Unread(unread)));
    if told.is_err() {
        return Ok(());
    }
    let now = Timestamp::now();
    let taken = prologue.header.as_ref().map_or(now, |header| header.collected_at);
    for batch in batches {
        let batch: Batch = batch.map_err(|problem| anyhow::anyhow!("{}", problem.message)).with_context(reading)?;
        let judged = detections.judge_all(&batch, &prologue.accounts, taken, false);
        let scan = Scan { keys: judged.keys, findings: judged.findings, whole: true, at: taken };
        if sender.blocking_send(Part::Judged(scan)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}
