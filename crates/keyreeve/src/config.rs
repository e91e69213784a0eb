//! `keyreeve.toml`: where it is found, what it may say, and what holds without it.
//!
//! The file is the one named by `--config`, else the nearest `keyreeve.toml` from here upwards to the repository root,
//! else the user's. Files are never merged: what is in force can be read in one place.

pub mod origin;
pub mod reference;
pub mod schedule;
pub mod serve;
pub mod spelling;
mod triage;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use finding::Severity;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::cli::Threshold;

/// The configuration in force.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Packs that are used when `--pack` is not given.
    pub packs: Vec<String>,
    /// Defaults of `--fail-on` and its kin.
    pub gate: Gate,
    /// Parameters of detections, by detection id, then by name.
    pub parameters: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// Severities that differ from the pack's, by detection id.
    pub severity: BTreeMap<String, SeverityName>,
    /// How accounts say what they are.
    pub accounts: Accounts,
    /// How AWS is read.
    pub aws: Aws,
    /// What is done about findings.
    pub triage: triage::Triage,
    /// How key policies are judged.
    pub keypolicy: KeyPolicy,
    /// The daemon.
    pub serve: serve::Serve,
    /// What is known to be unreadable, and why that is so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expected_unreadable: Vec<Spanned<ExpectedUnreadable>>,
    /// Findings that are accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<Spanned<Suppression>>,
}

/// `[gate]`: what decides the exit status.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Default of `--fail-on`; `none` for never.
    pub fail_on: Option<ThresholdName>,
    /// Default of `--fail-on-unknown`.
    pub fail_on_unknown: Option<ThresholdName>,
    /// Default of `--min-coverage`, in percent.
    pub min_coverage: Option<f64>,
}

/// `[accounts]`: names of tags and of environments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accounts {
    /// The tag that holds the environment, the team …; `soar:environment` and so on where not given.
    pub tags: BTreeMap<String, String>,
    /// Words for each class of environment, added to those that are always known.
    pub environments: BTreeMap<String, Vec<String>>,
    /// Accounts, by id or name, whose environment is settled.
    pub named: BTreeMap<String, String>,
    /// Accounts, by id or name, whose keys belong to several environments.
    pub shared: Vec<String>,
}

/// `[[suppressions]]`: a rule by which a finding is accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// The rule's own name, which findings show in `suppressed_by`.
    pub id: String,
    /// Which detections, `*` and `?` allowed.
    pub detection: String,
    /// Which resources, by ARN, `*` and `?` allowed.
    #[serde(default = "anything")]
    pub resource: String,
    /// Which account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why it is accepted. Not optional: the next reader will ask.
    pub reason: String,
    /// Who accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// `[keypolicy]`: what a key policy is judged by, where the command line does not say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyPolicy {
    /// Accounts and organisations that may have access, added to `--trust`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trust: Vec<String>,
    /// Whether the accounts of an inventory trust one another: those that were read together are taken for one organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_inventory: Option<bool>,
    /// Default of `--root-usable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_usable: Option<bool>,
    /// Default of `--profile` of `keypolicy lint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<LintProfile>,
}

/// How strict lints are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LintProfile {
    /// Nothing above INFO on what is recommended.
    Default,
    /// Everything at its own severity.
    Strict,
}

impl From<LintProfile> for crate::cli::LintProfile {
    fn from(configured: LintProfile) -> Self {
        match configured {
            LintProfile::Default => Self::Default,
            LintProfile::Strict => Self::Strict,
        }
    }
}

/// `[aws]`: what is read, as whom and how fast, where the command line does not say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aws {
    /// Default of `--profile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// Default of `--region`; all that are enabled where there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Default of `--account`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// Default of `--org`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<bool>,
    /// Default of `--role`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Default of `--external-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The share of AWS's documented request rates that is used, in percent; 20 where not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<f64>,
    /// The same for single operations, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub budgets: BTreeMap<String, f64>,
    /// Default of `--with`: facts that cost a call a key and are not read otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
}

/// `[[expected_unreadable]]`: facts and errors that nobody need be told of again. Patterns take `*` and `?`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedUnreadable {
    /// Which accounts, by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Which regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Which calls: `GetKeyPolicy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Which of AWS's error codes: `AccessDenied*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Which facts: `Policy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Which keys, by ARN or alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Why it is expected. Not optional: the next reader will ask.
    pub reason: String,
    /// The last day on which it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

impl ExpectedUnreadable {
    /// What is wrong with it.
    fn mistake(&self) -> Option<String> {
        let Self { account, region, operation, code, field, key, reason, expires } = self;
        let patterns = [account, region, operation, code, field, key];
        if patterns.iter().all(|pattern| pattern.as_ref().is_none_or(|it| it.chars().all(|c| c == '*'))) {
            let needed = "`account`, `region`, `operation`, `code`, `field` or `key`";
            return Some(format!("expected_unreadable needs at least one of {needed}: else it expects everything"));
        }
        if reason.trim().is_empty() {
            return Some("expected_unreadable needs a reason".to_owned());
        }
        let day = expires.as_ref().filter(|day| day.parse::<jiff::civil::Date>().is_err())?;
        Some(format!("expected_unreadable: `expires` takes a day such as 2027-01-31, not `{day}`"))
    }
}

fn anything() -> String {
    "*".to_owned()
}

/// A severity by name, in any case.
#[derive(Debug, Clone, Copy)]
pub struct SeverityName(pub Severity);

impl Serialize for SeverityName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for SeverityName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Severity::parse(&name)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("expected INFO, LOW, MEDIUM, HIGH or CRITICAL"))
    }
}

/// A threshold by name: a severity, or `none`.
#[derive(Debug, Clone, Copy)]
pub struct ThresholdName(pub Threshold);

impl Serialize for ThresholdName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.0.map_or("none", Severity::name))
    }
}

impl<'de> Deserialize<'de> for ThresholdName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        crate::cli::threshold(&name).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Config {
    /// The configuration with its defaults written out.
    pub fn with_defaults(&self) -> Self {
        let medium = || Some(ThresholdName(Threshold(Some(Severity::Medium))));
        let mut config = self.clone();
        if config.packs.is_empty() {
            config.packs = vec![crate::selection::DEFAULT_PACK.to_owned()];
        }
        config.gate.fail_on = config.gate.fail_on.or_else(medium);
        config.gate.fail_on_unknown = config.gate.fail_on_unknown.or_else(medium);
        config.triage = config.triage.with_defaults();
        let names = finding::TagNames::default();
        let tags = [
            ("environment", names.environment),
            ("team", names.team),
            ("client", names.client),
            ("project", names.project),
        ];
        for (what, tag) in tags {
            config.accounts.tags.entry(what.to_owned()).or_insert(tag);
        }
        config
    }
}

/// A configuration and the file it came from.
#[derive(Debug, Default)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The file; `None` when there is none.
    pub file: Option<PathBuf>,
    text: String,
}

/// The largest configuration that is read.
const MAX_BYTES: u64 = 4 << 20;

impl Loaded {
    /// Finds and reads the configuration.
    pub fn find(named: Option<&Path>) -> anyhow::Result<Self> {
        match named {
            Some(path) => Self::read(path),
            None => match nearest()?.or_else(of_user) {
                Some(path) => Self::read(&path),
                None => Ok(Self::default()),
            },
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let reading = || format!("reading the configuration {}", path.display());
        let size = std::fs::metadata(path).with_context(reading)?.len();
        // What says that it is empty may go on for ever: a device, a pipe.
        let mut text = String::new();
        let file = std::fs::File::open(path).with_context(reading)?;
        std::io::Read::read_to_string(&mut std::io::Read::take(file, MAX_BYTES + 1), &mut text)
            .with_context(reading)?;
        let size = size.max(text.len() as u64);
        if size > MAX_BYTES {
            bail!("reading the configuration {}: it has {size} bytes, at most {MAX_BYTES} are read", path.display());
        }
        let loaded = Self::parse(path, text)?;
        loaded.check()?;
        Ok(loaded)
    }

    fn parse(path: &Path, text: String) -> anyhow::Result<Self> {
        match toml::from_str(&text) {
            Ok(config) => Ok(Self { config, file: Some(path.to_owned()), text }),
            Err(error) => Err(Problem::new(path, &text, error.span().unwrap_or(0..0), error.message()).into()),
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut seen = BTreeMap::new();
        for suppression in &self.config.suppressions {
            let (span, rule) = (suppression.span(), suppression.get_ref());
            if let Some(first) = seen.insert(&rule.id, span.clone()) {
                let line = self.line_of(first.start);
                return Err(
                    self.problem(span, &format!("suppression `{}` stands twice, first in line {line}", rule.id))
                );
            }
            if rule.reason.trim().is_empty() {
                return Err(self.problem(span, &format!("suppression `{}` needs a reason", rule.id)));
            }
            if let Some(day) = &rule.expires
                && day.parse::<jiff::civil::Date>().is_err()
            {
                let message =
                    format!("suppression `{}`: `expires` takes a day such as 2027-01-31, not `{day}`", rule.id);
                return Err(self.problem(span, &message));
            }
        }
        for entry in &self.config.expected_unreadable {
            if let Some(mistake) = entry.get_ref().mistake() {
                return Err(self.problem(entry.span(), &mistake));
            }
        }
        let Aws { budget, budgets, .. } = &self.config.aws;
        let shares = budget.iter().map(|share| ("aws.budget".to_owned(), share));
        let shares = shares.chain(budgets.iter().map(|(name, share)| (format!("aws.budgets.{name}"), share)));
        for (name, share) in shares {
            if !(*share > 0.0 && *share <= 100.0) {
                let place = self.places().get(&name).unwrap_or(0..0);
                return Err(self.problem(place, &format!("{name} takes a percentage above 0 and up to 100")));
            }
        }
        if let Some(percent) = self.config.gate.min_coverage
            && !(0.0..=100.0).contains(&percent)
        {
            let place = self.places().get("gate.min_coverage").unwrap_or(0..0);
            return Err(self.problem(place, "gate.min_coverage takes a number from 0 to 100"));
        }
        if let Some((key, what)) = self.config.serve.mistake() {
            let place = self.places().get(&key).unwrap_or(0..0);
            return Err(self.problem(place, &format!("{key}: {what}")));
        }
        Ok(())
    }

    /// Where the file's keys stand.
    pub fn places(&self) -> origin::Places {
        origin::Places::of(&self.text)
    }

    /// A path of the configuration: relative to the file that says it.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.file.as_deref().and_then(Path::parent).map_or_else(|| path.to_owned(), |folder| folder.join(path))
    }

    /// The line, from 1, of a byte of the file.
    pub fn line_of(&self, offset: usize) -> usize {
        1 + self.text.get(..offset).unwrap_or_default().matches('\n').count()
    }

    /// An error that points into the file.
    pub fn problem(&self, span: Range<usize>, message: &str) -> anyhow::Error {
        let file = self.file.clone().unwrap_or_default();
        Problem::new(&file, &self.text, span, message).into()
    }
}

/// A mistake in the configuration and its place.
#[derive(Debug)]
struct Problem {
    file: PathBuf,
    line: usize,
    column: usize,
    message: String,
}

impl Problem {
    fn new(file: &Path, text: &str, span: Range<usize>, message: &str) -> Self {
        let before = text.get(..span.start).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let column = 1 + before.rsplit('\n').next().unwrap_or_default().chars().count();
        let message = spelling::with_suggestion(&message.trim().replace('\n', " "));
        Self { file: file.to_owned(), line, column, message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.message)
    }
}

impl std::error::Error for Problem {}

/// The nearest `keyreeve.toml` from the working directory upwards, no higher than the repository's root.
fn nearest() -> anyhow::Result<Option<PathBuf>> {
    let start = std::env::current_dir().context("finding the working directory")?;
    for folder in start.ancestors() {
        let candidate = folder.join("keyreeve.toml");
        if candidate.is_file() {
            return Ok(Some(candidate));
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(None)
}

/// `$XDG_CONFIG_HOME/keyreeve/keyreeve.toml`, else below `~/.config`.
fn of_user() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    let path = folder.join("keyreeve").join("keyreeve.toml");
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        match Loaded::parse(Path::new("keyreeve.toml"), text.to_owned()).and_then(|loaded| {
            loaded.check()?;
            Ok(loaded)
        }) {
            Ok(_) => "no error".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place_and_what_is_known() {
        let message = error_of("[gate]\nfail_on = \"high\"\nfail_onn = \"low\"\n");
        assert!(
            message.starts_with("keyreeve.toml:3:1: unknown field `fail_onn`, expected one of `fail_on`"),
            "{message}"
        );
    }

    #[test]
    fn a_suppression_without_a_reason_or_with_a_bad_day_is_refused() {
        let rule = "[[suppressions]]\nid = \"a\"\ndetection = \"*\"\n";
        assert!(error_of(rule).contains("missing field `reason`"));
        assert!(error_of(&format!("{rule}reason = \" \"\n")).contains("needs a reason"));
        assert!(error_of(&format!("{rule}reason = \"x\"\nexpires = \"soon\"\n")).contains("a day such as 2027-01-31"));
        assert_eq!(error_of(&format!("{rule}reason = \"x\"\nexpires = \"2027-01-31\"\n")), "no error");
        assert!(
            error_of(&format!("{rule}reason = \"x\"\n{rule}reason = \"x\"\n"))
                .contains("stands twice, first in line 1")
        );
    }

    #[test]
    fn what_is_expected_needs_a_reason_a_scope_and_a_real_day() {
        let entry = |rest: &str| error_of(&format!("[[expected_unreadable]]\n{rest}"));
        assert!(entry("account = \"1\"\n").contains("missing field `reason`"));
        assert!(entry("account = \"1\"\nreason = \" \"\n").contains("needs a reason"));
        assert!(entry("reason = \"x\"\n").contains("at least one of `account`"));
        assert!(entry("key = \"*\"\nreason = \"x\"\n").contains("expects everything"));
        assert!(entry("account = \"1\"\nreason = \"x\"\nexpires = \"soon\"\n").contains("not `soon`"));
        assert_eq!(entry("account = \"1\"\nreason = \"x\"\nexpires = \"2027-01-31\"\n"), "no error");
    }

    #[test]
    fn a_budget_is_a_percentage() {
        assert!(error_of("[aws]\nbudget = 0\n").contains("aws.budget takes a percentage above 0"));
        assert!(error_of("[aws.budgets]\nListGrants = 101\n").contains("aws.budgets.ListGrants takes"));
        assert_eq!(error_of("[aws]\nbudget = 20\norg = true\nregions = [\"eu-north-1\"]\n"), "no error");
    }

    #[test]
    fn severities_are_read_in_any_case() {
        let text = "[severity]\n\"AWS.KMS.Alias\" = \"low\"\n[gate]\nfail_on = \"None\"\n";
        let config: Config = toml::from_str(text).unwrap();
        assert_eq!(config.severity["AWS.KMS.Alias"].0, Severity::Low);
        assert_eq!(config.gate.fail_on.unwrap().0.0, None);
    }
}
