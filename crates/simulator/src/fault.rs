//! What goes wrong on purpose: which calls, and how.

use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

/// Something that goes wrong with the calls it fits. What is `None` fits all.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The account of the caller; of a call that assumes a role, the role's.
    pub account: Option<String>,
    /// The region of the signature.
    pub region: Option<String>,
    /// `DescribeKey`; `*` at the end fits any ending.
    pub operation: Option<String>,
    /// The id of the key that is asked about.
    pub key: Option<String>,
    /// The role of the caller, or the one to be assumed.
    pub role: Option<String>,
    /// What happens.
    pub what: What,
    /// How often; `None` is always.
    pub times: Option<u32>,
    /// Only every n-th call that fits; `None` is every one.
    pub every: Option<u32>,
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// It is refused with this code and message.
    Deny {
        /// `AccessDeniedException`.
        code: String,
        /// In AWS's words.
        message: String,
    },
    /// A service control policy denies it.
    ServiceControlPolicy,
    /// A resource control policy denies it.
    ResourceControlPolicy,
    /// The key policy does not allow it.
    KeyPolicy,
    /// The caller's policies do not allow it.
    MissingPermission,
    /// The region is off in the account.
    RegionOff,
    /// The account is suspended: it is listed as such, and its roles cannot be assumed.
    Suspended,
    /// The role is not there.
    RoleMissing,
    /// There were too many requests.
    Throttle,
    /// The service fails: status 500, in its own format.
    Status500,
    /// Something in front of the service fails: status 500 and a page of HTML.
    Html500,
    /// A proxy wants to be logged in to: status 200 and a page of HTML.
    Html200,
    /// It answers `{}`: status 200, and nothing of what was asked for.
    Empty,
    /// A list says that it goes on, and not where.
    NoMarker,
    /// Of a batch of findings, the first is not updated.
    Unprocessed,
    /// The connection is reset without an answer, and what was asked for is not done.
    Reset,
    /// The connection is reset without an answer, after what was asked for was done.
    ResetAfter,
    /// The connection ends in the middle of the answer.
    Truncated,
    /// The answer comes late, and is right.
    Slow(Duration),
    /// The credentials have expired.
    Expired,
    /// The caller's clock is wrong.
    ClockSkew,
}

impl Fault {
    /// A fault of every call, to be narrowed.
    #[must_use]
    pub fn of(what: What) -> Self {
        Self { account: None, region: None, operation: None, key: None, role: None, what, times: None, every: None }
    }
}

/// Why a file of faults cannot be read.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum FaultError {
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    #[error("fault {number}: {message}")]
    What { number: usize, message: String },
}

/// The most faults of a file.
const MAX_FAULTS: usize = 10_000;

/// The faults in a TOML file: a table `[[fault]]` each, with `what` and the calls that it fits.
///
/// ```
/// let faults = simulator::faults("[[fault]]\nwhat = \"throttle\"\noperation = \"DescribeKey\"\ntimes = 3\n").unwrap();
/// assert_eq!(faults[0].times, Some(3));
/// ```
///
/// # Errors
/// Where the text is not valid, or says something unknown.
pub fn faults(text: &str) -> Result<Vec<Fault>, FaultError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        fault: Vec<Entry>,
    }
    let file: File = toml::from_str(text)?;
    if file.fault.len() > MAX_FAULTS {
        let message = format!("more than {MAX_FAULTS} faults");
        return Err(FaultError::What { number: MAX_FAULTS + 1, message });
    }
    let number = |(place, entry): (usize, Entry)| {
        entry.fault().map_err(|message| FaultError::What { number: place + 1, message })
    };
    file.fault.into_iter().enumerate().map(number).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    what: String,
    account: Option<String>,
    region: Option<String>,
    operation: Option<String>,
    key: Option<String>,
    role: Option<String>,
    times: Option<u32>,
    every: Option<u32>,
    code: Option<String>,
    message: Option<String>,
    milliseconds: Option<u64>,
}

/// What a fault may be called in a file.
const NAMES: &str = "deny, service-control-policy, resource-control-policy, key-policy, missing-permission, region-off, suspended, \
                     role-missing, throttle, status-500, html-500, html-200, empty, no-marker, unprocessed, reset, reset-after, truncated, slow, expired, clock-skew";

impl Entry {
    fn fault(self) -> Result<Fault, String> {
        let what = match self.what.as_str() {
            "deny" => What::Deny {
                code: self.code.clone().unwrap_or_else(|| "AccessDeniedException".to_owned()),
                message: self.message.clone().unwrap_or_default(),
            },
            "service-control-policy" => What::ServiceControlPolicy,
            "resource-control-policy" => What::ResourceControlPolicy,
            "key-policy" => What::KeyPolicy,
            "missing-permission" => What::MissingPermission,
            "region-off" if self.region.is_some() => What::RegionOff,
            "region-off" => return Err("`region-off` needs a `region`".to_owned()),
            "suspended" if self.account.is_some() => What::Suspended,
            "suspended" => return Err("`suspended` needs an `account`".to_owned()),
            "role-missing" => What::RoleMissing,
            "throttle" => What::Throttle,
            "status-500" => What::Status500,
            "html-500" => What::Html500,
            "html-200" => What::Html200,
            "empty" => What::Empty,
            "no-marker" => What::NoMarker,
            "unprocessed" => What::Unprocessed,
            "reset" => What::Reset,
            "reset-after" => What::ResetAfter,
            "truncated" => What::Truncated,
            "slow" => {
                let wanted = self.milliseconds.ok_or("`slow` needs `milliseconds`")?;
                What::Slow(Duration::from_millis(wanted.min(600_000)))
            }
            "expired" => What::Expired,
            "clock-skew" => What::ClockSkew,
            other => return Err(format!("unknown `what` {other:?}, expected one of: {NAMES}")),
        };
        if self.every == Some(0) {
            return Err("`every` counts from 1".to_owned());
        }
        let Self { account, region, operation, key, role, times, every, .. } = self;
        Ok(Fault { account, region, operation, key, role, what, times, every })
    }
}

/// What is known of a call when it is asked whether a fault fits.
pub(crate) struct Facts<'a> {
    /// The caller's account, or that of the role to be assumed.
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) key: Option<&'a str>,
    pub(crate) roles: [&'a str; 2],
}

/// The faults, and how often each has struck.
#[derive(Debug)]
pub(crate) struct Faults(Vec<(Fault, u32, u32)>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        // These two are states of the world rather than of a call.
        let of_calls = faults.into_iter().filter(|fault| !matches!(fault.what, What::RegionOff | What::Suspended));
        Self(of_calls.map(|fault| (fault, 0, 0)).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first fault that strikes this call.
    pub(crate) fn strike(&mut self, facts: &Facts<'_>) -> Option<What> {
        for (fault, seen, struck) in &mut self.0 {
            if !fault.fits(facts) || fault.times.is_some_and(|times| *struck >= times) {
                continue;
            }
            *seen = seen.saturating_add(1);
            if fault.every.is_some_and(|every| *seen % every.max(1) != 0) {
                continue;
            }
            *struck = struck.saturating_add(1);
            return Some(fault.what.clone());
        }
        None
    }
}

impl Fault {
    fn fits(&self, facts: &Facts<'_>) -> bool {
        let last = |text: &'_ str| -> String { text.rsplit('/').next().unwrap_or_default().to_owned() };
        self.account.as_deref().is_none_or(|account| account == facts.account)
            && self.region.as_deref().is_none_or(|region| region == facts.region)
            && self.operation.as_deref().is_none_or(|operation| fits_name(operation, facts.operation))
            && self.key.as_deref().is_none_or(|key| facts.key.is_some_and(|asked| last(asked) == last(key)))
            && self.role.as_deref().is_none_or(|role| facts.roles.contains(&role))
    }
}

fn fits_name(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}
