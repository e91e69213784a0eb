//! What works at AWS and what does not: every kind of call tried once or twice, side by side, within a time that a person waits.
//!
//! Nothing is changed: only calls of the table of operations are made, which only read. None of them knows a dry run; none needs one.

mod organization;
mod permissions;
mod roles;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use finding::Refusal;
use tokio::time::Instant;

use crate::client::{Retry, Scope};
use crate::credentials::Keeper;
use crate::failure::Failure;
use crate::identity::{ConnectError, Session};
use crate::needs::Needs;
use crate::regions;
use crate::tape::Tape;

/// What to try.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The facts that will be wanted.
    pub needs: Needs,
    /// Only these regions; the first few that are enabled where none is named.
    pub regions: Vec<String>,
    /// The organisation's accounts will be read.
    pub organization: bool,
    /// These accounts will be read.
    pub accounts: Vec<String>,
    /// The role to assume in other accounts.
    pub role: String,
    /// What its trust policy may ask for.
    pub external_id: Option<String>,
    /// Accounts that are tried, of many.
    pub sample: usize,
}

/// Regions of the own account that are tried.
const REGIONS: usize = 3;
/// How far the clock may be off without a word, in seconds.
const PUNCTUAL: u64 = 30;
/// AWS refuses requests that are 5 minutes off.
const REFUSED: u64 = 240;

/// How often a call is tried here: less often than in a reading, so that a refusal is told in time.
pub const RETRY: Retry = Retry {
    attempts: 2,
    throttled_attempts: 3,
    base: Duration::from_millis(100),
    longest: Duration::from_secs(1),
    total: Duration::from_secs(5),
};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It works.
    Ok,
    /// It is worth knowing.
    Note,
    /// It does not work.
    Failed,
}

impl State {
    /// `ok`, `note`, `failed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Failed => "failed",
        }
    }
}

/// What is looked at, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Subject {
    Credentials,
    Identity,
    Endpoint,
    Clock,
    Regions,
    Organization,
    Role,
    Permissions,
}

impl Subject {
    /// `organization`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Identity => "identity",
            Self::Endpoint => "endpoint",
            Self::Clock => "clock",
            Self::Regions => "regions",
            Self::Organization => "organization",
            Self::Role => "role",
            Self::Permissions => "permissions",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub subject: Subject,
    /// Where: an account, an account and a region; empty where that does not matter.
    pub place: String,
    /// How it is.
    pub state: State,
    /// What was seen.
    pub message: String,
    /// The kind of refusal.
    pub class: Option<Refusal>,
    /// What to do.
    pub remedy: Option<String>,
}

impl Check {
    pub(crate) fn new(subject: Subject, place: &str, state: State, message: impl Into<String>) -> Self {
        Self { subject, place: place.to_owned(), state, message: message.into(), class: None, remedy: None }
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Something that was refused, with what helps against such refusals.
    pub(crate) fn refused(subject: Subject, place: &str, failure: &Failure) -> Self {
        let class = failure.refusal();
        let remedy = class.remedy().unwrap_or("look the code up in AWS's documentation of this call");
        let message = format!("{} answered {}: {}", failure.operation, failure.code, failure.message);
        Self { class: Some(class), ..Self::new(subject, place, State::Failed, message).remedy(remedy) }
    }
}

/// What was found so far, and what has not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    checks: Mutex<Vec<Check>>,
    pending: Mutex<BTreeSet<(Subject, String)>>,
}

impl Findings {
    /// Says that something is being tried.
    pub(crate) fn begin(&self, subject: Subject, place: &str) {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).insert((subject, place.to_owned()));
    }

    /// Takes what was found, of something that was being tried or not.
    pub(crate) fn found(&self, check: Check) {
        let tried = (check.subject, check.place.clone());
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).remove(&tried);
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).push(check);
    }

    /// Everything, in order; what has not answered is told too.
    fn take(&self, within: Duration) -> Vec<Check> {
        let mut checks = std::mem::take(&mut *self.checks.lock().unwrap_or_else(PoisonError::into_inner));
        let pending = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        checks.extend(pending.into_iter().map(|(subject, place)| {
            let message = format!("no answer within {} seconds", within.as_secs());
            let check = Check::new(subject, &place, State::Failed, message);
            Check { class: Some(Refusal::Endpoint), ..check }
                .remedy("check network, proxy and endpoint; `--timeout` gives it longer")
        }));
        checks.sort_by(|a, b| {
            (a.subject, &a.place, a.state, &a.message).cmp(&(b.subject, &b.place, b.state, &b.message))
        });
        checks
    }
}

/// What is found where we are nobody at AWS: nothing else can be tried then.
#[must_use]
pub fn nobody(error: &ConnectError) -> Check {
    let (subject, remedy) = match error {
        ConnectError::Configuration { .. } => (Subject::Credentials, "repair the AWS configuration (~/.aws/config)"),
        ConnectError::NoProfile { .. } => (Subject::Credentials, "name a profile that there is"),
        ConnectError::NoCredentials { .. } => (Subject::Credentials, "sign in, or name a profile with --profile"),
        ConnectError::SsoEnded { .. } | ConnectError::Expired { .. } => (Subject::Credentials, "sign in again"),
        ConnectError::Endpoint { .. } => (Subject::Endpoint, "correct --endpoint-url, or AWS_ENDPOINT_URL"),
        ConnectError::Transport(_) => (Subject::Endpoint, "correct AWS_CA_BUNDLE, or `ca_bundle`"),
        ConnectError::Skew { .. } => (Subject::Clock, "set this machine's clock"),
        ConnectError::Failed { failure, .. } => {
            let remedy = failure.refusal().remedy();
            (Subject::Endpoint, remedy.unwrap_or("check credentials, network and endpoint"))
        }
    };
    let check = Check::new(subject, "", State::Failed, error.to_string()).remedy(remedy);
    match error {
        ConnectError::Failed { failure, .. } => Check { class: Some(failure.refusal()), ..check },
        _ => check,
    }
}

/// As [`nobody`], where nothing was answered in time.
#[must_use]
pub fn nobody_in_time(within: Duration) -> Check {
    let message = format!("nothing answered within {} seconds", within.as_secs());
    let check = Check::new(Subject::Endpoint, "", State::Failed, message);
    Check { class: Some(Refusal::Endpoint), ..check }.remedy("check network, HTTPS_PROXY and --endpoint-url")
}

/// Tries everything, and comes back in time whatever happens. `within` counts from `began`.
pub async fn examine(session: &Session, ask: &Ask, tape: &Tape, began: Instant, within: Duration) -> Vec<Check> {
    let findings = Findings::default();
    credentials(session, &findings).await;
    whereabouts(session, &findings);
    clock(tape, &findings);
    let own = own_account(session, ask, &findings);
    let others = organization::others(session, ask, &findings);
    let everything = async { tokio::join!(own, others) };
    // What was not answered in time is pending, and told as such.
    let _ = tokio::time::timeout_at(began + within, everything).await;
    findings.take(within)
}

async fn credentials(session: &Session, findings: &Findings) {
    let provenance = session.home.credentials.provenance().await;
    let origin = provenance.map_or("", |(origin, _)| origin);
    let profile = session.profile.as_ref().map(|profile| format!(", profile {profile}")).unwrap_or_default();
    let left = provenance
        .and_then(|(_, until)| until)
        .map(|until| until.duration_since(SystemTime::now()).unwrap_or_default().as_secs() / 60);
    let holds = left.map(|minutes| format!(", valid for {minutes} more minutes")).unwrap_or_default();
    let check = Check::new(Subject::Credentials, "", State::Ok, format!("{origin}{profile}{holds}"));
    findings.found(match left {
        Some(..10) => {
            let check = Check { state: State::Note, ..check };
            check.remedy("sign in again before a long run: a reading of many accounts may outlast them")
        }
        _ => check,
    });
}

fn whereabouts(session: &Session, findings: &Findings) {
    let Session { home, arn, partition, endpoint, .. } = session;
    let identity = format!("{arn} (account {}, partition {})", home.account, partition.name);
    findings.found(Check::new(Subject::Identity, "", State::Ok, identity));
    let address = endpoint.clone().unwrap_or_else(|| "AWS".to_owned());
    findings.found(Check::new(Subject::Endpoint, "", State::Ok, format!("{address}, beginning in {}", home.region)));
}

fn clock(tape: &Tape, findings: &Findings) {
    let check = |state, message: String| Check::new(Subject::Clock, "", state, message);
    findings.found(match tape.seconds_ahead() {
        None => check(State::Note, "the endpoint does not say what time it is".to_owned()),
        Some(ahead) => {
            let (off, which) = (ahead.unsigned_abs(), if ahead > 0 { "behind" } else { "ahead of" });
            let message = match off {
                0 => "this machine's is the same as AWS's".to_owned(),
                _ => format!("this machine is {off} seconds {which} AWS"),
            };
            let remedy = "set this machine's clock: AWS refuses requests that are 5 minutes off";
            if off <= PUNCTUAL {
                check(State::Ok, message)
            } else {
                check(if off < REFUSED { State::Note } else { State::Failed }, message).remedy(remedy)
            }
        }
    });
}

/// The regions of the own account, and what may be read in some of them.
async fn own_account(session: &Session, ask: &Ask, findings: &Findings) {
    let account = session.home.account.as_str();
    findings.begin(Subject::Regions, account);
    let regions = match regions::enabled(&session.client, &session.home, None).await {
        Ok(regions) => {
            let off: Vec<&String> = ask.regions.iter().filter(|region| !regions.contains(region)).collect();
            let message = format!("{} are enabled: {}", regions.len(), regions.join(", "));
            findings.found(if off.is_empty() {
                Check::new(Subject::Regions, account, State::Ok, message)
            } else {
                let named = off.iter().map(|region| region.as_str()).collect::<Vec<_>>().join(", ");
                Check::new(Subject::Regions, account, State::Failed, format!("{named} is not enabled; {message}"))
                    .remedy("enable the region in the account, or leave it out")
            });
            regions
        }
        Err(failure) => {
            findings.found(Check::refused(Subject::Regions, account, &failure));
            session.partition.default_regions.iter().map(|region| (*region).to_owned()).collect()
        }
    };
    let regions = if ask.regions.is_empty() { regions } else { ask.regions.clone() };
    let mut tried = vec![session.home.region.clone()];
    tried.retain(|home| regions.contains(home));
    tried.extend(spread(&regions, REGIONS).into_iter().filter(|region| *region != session.home.region));
    tried.truncate(REGIONS);
    let scopes: Vec<Scope> = tried.iter().map(|region| session.home_in(region)).collect();
    permissions::try_each(session, ask, &scopes, findings).await;
}

/// Some of many, from the first to the last, evenly.
pub(crate) fn spread<T: Clone>(all: &[T], count: usize) -> Vec<T> {
    match (all.len(), count) {
        (_, 0) => Vec::new(),
        (len, count) if len <= count => all.to_vec(),
        (_, 1) => vec![all[0].clone()],
        (len, count) => (0..count).map(|index| all[index * (len - 1) / (count - 1)].clone()).collect(),
    }
}

/// An account in a region, read with these credentials.
pub(crate) fn scope(session: &Session, account: &str, region: &str, keeper: &Arc<Keeper>) -> Scope {
    Scope::new(account, region, Arc::clone(keeper), &session.client.shares)
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_sample_reaches_from_the_first_to_the_last() {
        let all: Vec<u32> = (0..100).collect();
        assert_eq!(spread(&all, 5), [0, 24, 49, 74, 99]);
        assert_eq!(spread(&all, 1), [0]);
        assert!(spread(&all, 0).is_empty());
        assert_eq!(spread(&all[..3], 5), [0, 1, 2]);
    }
}
