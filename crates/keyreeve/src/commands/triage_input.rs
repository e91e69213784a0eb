//! What `triage` and `suppressions` read: findings, accounts, keys, rules, tickets.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use finding::snapshot::{self, Entry, Reader};
use finding::{Account, Accounts};
use jiff::Timestamp;
use source::LineIndex;
use triage::incoming::{self, Incoming};
use triage::key::{Key, Sight};
use triage::plan::Trusted;
use triage::rules::{Rule, Rules};
use triage::suppress::{Dimension, Vocabulary};
use triage::ticket::Ticket;
use triage::{Case, Settings};

use crate::cli::FindingFiles;
use crate::config::Loaded;
use crate::exit::{Status, error_word};
use crate::{accounts, disk};

/// The largest file that is read whole.
const MAX_BYTES: u64 = 1 << 30;

/// Everything that cases are made of.
pub struct Known {
    pub findings: Vec<Incoming>,
    pub accounts: BTreeMap<String, Account>,
    pub keys: HashMap<String, Key>,
    pub tickets: HashMap<String, Ticket>,
    /// Whom the owners of the keys trust: whom the configuration names and, unless that says otherwise, the accounts that were read
    /// together.
    pub trusted: Trusted,
    pub now: Timestamp,
    /// Whether all could be read.
    pub status: Status,
}

impl Known {
    /// Reads all of it. What cannot be read is said, and the rest is used.
    pub fn read(input: &FindingFiles, ticket: Option<&Path>, loaded: &Loaded) -> anyhow::Result<Self> {
        let mut known = Self {
            findings: Vec::new(),
            accounts: BTreeMap::new(),
            keys: HashMap::new(),
            tickets: HashMap::new(),
            trusted: loaded.config.keypolicy.trust.iter().cloned().collect(),
            now: input.now.unwrap_or_else(this_second),
            status: Status::Clean,
        };
        for path in &input.findings {
            known.read_findings(path)?;
        }
        let mut together = BTreeSet::new();
        if let Some(path) = &input.keys {
            together = known.read_keys(path, accounts::configured(&loaded.config)?)?;
        }
        for account in read_accounts(&input.account)? {
            together.insert(account.id.as_str().to_owned());
            known.accounts.insert(account.id.as_str().to_owned(), account);
        }
        if loaded.config.keypolicy.trust_inventory.unwrap_or(true) {
            known.trusted.accounts.extend(together);
        }
        if let Some(path) = ticket {
            for ticket in
                list_of::<Ticket>(&text(path)?).with_context(|| format!("reading the ticket {}", disk::shown(path)))?
            {
                known.tickets.insert(ticket.finding_id.clone(), ticket);
            }
        }
        Ok(known)
    }

    fn read_findings(&mut self, path: &Path) -> anyhow::Result<()> {
        let bytes = bytes(path)?;
        let batch = incoming::read(&bytes);
        if !batch.problems.is_empty() {
            self.status = Status::Invalid;
            let lines = LineIndex::new(&bytes);
            for problem in &batch.problems {
                let place = lines.position(problem.offset);
                let message = format!("{}:{}:{}: {problem}", disk::shown(path), place.line, place.column);
                anstream::eprintln!("{}: {}", error_word(), report::escape_terminal(&message));
            }
        }
        self.findings.extend(batch.findings);
        Ok(())
    }

    /// Keeps what the snapshot says of the keys that findings are about, and of their accounts; gives all accounts that it has.
    fn read_keys(&mut self, path: &Path, accounts: Accounts) -> anyhow::Result<BTreeSet<String>> {
        let mut together = BTreeSet::new();
        let wanted: std::collections::HashSet<&str> = self.findings.iter().map(Incoming::resource_id).collect();
        for file in disk::snapshots(path)? {
            let reading = || format!("reading {}", disk::shown(&file));
            let (prologue, batches) =
                snapshot::open(disk::open(&file).with_context(reading)?, accounts.clone()).with_context(reading)?;
            together.extend(prologue.accounts.ids().map(str::to_owned));
            for id in self.findings.iter().map(|finding| &finding.account_id) {
                if let Some(line) = prologue.accounts.get(id) {
                    self.accounts.entry(id.clone()).or_insert_with(|| line.account().clone());
                }
            }
            let taken = prologue.header.as_ref().map(|header| header.collected_at);
            let mut reader = Reader::new([]);
            for batch in batches {
                let batch = batch.map_err(|problem| anyhow::anyhow!("{}", problem.message)).with_context(reading)?;
                reader.read(&batch, |entry| {
                    if let Entry::Resource(resource, _) = entry
                        && let Some(mut key) = Key::of_record(&resource.record())
                        && wanted.contains(key.arn.as_str())
                    {
                        key.seen = taken;
                        self.keys.insert(key.arn.clone(), key);
                    }
                });
            }
        }
        Ok(together)
    }

    /// The case of a finding.
    pub fn case<'a>(&'a self, finding: &'a Incoming) -> Case<'a> {
        let key = self.keys.get(finding.resource_id());
        Case {
            finding,
            account: self.accounts.get(&finding.account_id),
            key: key.map_or(Sight::Unseen, Sight::Seen),
            ticket: self.tickets.get(&finding.id),
            now: self.now,
        }
    }
}

/// Now, without a fraction that nobody reads.
fn this_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// What the configuration says, as deciding wants it.
pub fn settings(loaded: &Loaded) -> anyhow::Result<Settings> {
    loaded.config.triage.settings(accounts::configured(&loaded.config)?)
}

/// The values that accounts and findings have.
pub fn vocabulary(accounts: &[Account], findings: &[Incoming], settings: &Settings) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for account in accounts {
        vocabulary.add_account(account, &settings.tags);
    }
    for finding in findings {
        vocabulary.add(Dimension::Region, finding.region.as_deref().unwrap_or_default());
    }
    vocabulary
}

/// The rules of a file; whatever is wrong with them ends the command.
pub fn rules(path: &Path) -> anyhow::Result<Vec<Rule>> {
    let read = triage::rules::read(&text(path)?, &Vocabulary::default());
    let Some(first) = read.faults.first() else { return Ok(read.rules) };
    let more = match read.faults.len() - 1 {
        0 => String::new(),
        more => format!(" (and {more} more: `keyreeve suppressions check {}`)", disk::shown(path)),
    };
    bail!("{}:{first}{more}", disk::shown(path));
}

/// The rules of a file, ready to be asked.
pub fn ready_rules(path: Option<&Path>) -> anyhow::Result<Rules> {
    path.map_or_else(|| Ok(Rules::default()), |path| rules(path).map(Rules::new))
}

/// The accounts of files.
pub fn read_accounts(paths: &[std::path::PathBuf]) -> anyhow::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for path in paths {
        let text = text(path)?;
        accounts.extend(list_of(&text).with_context(|| format!("reading the account {}", disk::shown(path)))?);
    }
    Ok(accounts)
}

/// One thing, a list of them, or one a line. Of a snapshot's lines only the accounts are meant.
fn list_of<T: serde::de::DeserializeOwned>(text: &str) -> anyhow::Result<Vec<T>> {
    let whole = text.trim_start();
    if whole.starts_with('[') {
        return Ok(serde_json::from_str(text)?);
    }
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
        drop(value);
        return Ok(vec![serde_json::from_str(text)?]);
    }
    let mut list = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_of = || format!("line {}", index + 1);
        let kind = serde_json::from_str::<Kind>(line).with_context(line_of)?.kind;
        if kind.is_none_or(|kind| kind == "account") {
            list.push(serde_json::from_str(line).with_context(line_of)?);
        }
    }
    Ok(list)
}

#[derive(serde::Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// A file's bytes; `-` is standard input.
pub fn bytes(path: &Path) -> anyhow::Result<Vec<u8>> {
    let reading = || format!("reading {}", disk::shown(path));
    let mut bytes = Vec::new();
    disk::open(path).with_context(reading)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(reading)?;
    if bytes.len() as u64 > MAX_BYTES {
        bail!("reading {}: it has more than {MAX_BYTES} bytes: split it", disk::shown(path));
    }
    Ok(bytes)
}

/// A file's text.
pub fn text(path: &Path) -> anyhow::Result<String> {
    String::from_utf8(bytes(path)?).with_context(|| format!("reading {}: it is not UTF-8", disk::shown(path)))
}
