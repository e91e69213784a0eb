//! The command line: what can be typed. What it means is decided in [`crate::commands`].

#[cfg(feature = "live")]
mod aws;
#[cfg(feature = "live")]
mod doctor;
#[cfg(feature = "live")]
mod hub;
mod keypolicy;
#[cfg(feature = "live")]
mod live;
#[cfg(feature = "serve")]
mod serve;
mod triage;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use finding::Severity;

#[cfg(feature = "live")]
pub use aws::{AwsCommand, Bootstrap, BootstrapFormat, For, Permissions, PolicyFormat, With};
#[cfg(feature = "live")]
pub use doctor::Doctor;
#[cfg(feature = "live")]
pub use hub::{Hub, HubImport};
pub use keypolicy::{
    DelegationName, KeyPolicy, LintProfile, PolicyContext, PolicyDecide, PolicyDiff, PolicyForm, PolicyGenerate,
    PolicyLint, PolicyProve, PolicyWho, Preset, WhoFormat,
};
#[cfg(feature = "live")]
pub use live::{Live, Snapshot};
#[cfg(feature = "serve")]
pub use serve::{Report, ReportForm, RoleName, Serve, ServeCommand, Store};
#[cfg(feature = "serve")]
pub use triage::{Access, RemediateApply, RemediateUndo};
pub use triage::{FindingFiles, Remediate, RemediatePlan, Suppressions, Triage, Wanted};

/// Governance of AWS KMS keys, from pull request to closed ticket.
///
/// Exit status: 0 nothing at or above --fail-on; 1 findings, failing tests, a difference; 2 wrong use or invalid
/// input; 3 the selection matched nothing; 4 something could not be read, so a clean result cannot be trusted.
#[derive(Debug, Parser)]
#[command(name = "keyreeve", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// Which command
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge keys: say which break the baseline, why, and how to fix each
    Scan(Scan),
    /// Look at keys as the KMS console shows them
    #[command(subcommand)]
    Keys(Keys),
    /// Read AWS into a file, to be judged later or elsewhere
    #[cfg(feature = "live")]
    Snapshot(Snapshot),
    /// Run the unit tests of detections
    Test(Test),
    /// Check detection packs for mistakes
    Lint(Lint),
    /// Show what a detection does: its page, its logic, when it passes
    Explain(Explain),
    /// Lint, decide and prove key policies
    #[command(name = "keypolicy", subcommand)]
    KeyPolicy(KeyPolicy),
    /// Decide what to do about findings: ticket, fix, suppress, nothing, and why
    Triage(Triage),
    /// Plan how findings are put right; nothing is changed
    #[command(subcommand)]
    Remediate(Remediate),
    /// Check rules that suppress findings, or show what they hit
    #[command(subcommand)]
    Suppressions(Suppressions),
    /// From finding to closed ticket: the daemon
    #[cfg(feature = "serve")]
    Serve(Serve),
    /// Backup, restore, export and verify what the daemon remembers
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Store(Store),
    /// Reports from what the daemon remembers
    #[cfg(feature = "serve")]
    #[command(subcommand)]
    Report(Report),
    /// What AWS must allow, and the role that allows it
    #[cfg(feature = "live")]
    #[command(subcommand)]
    Aws(AwsCommand),
    /// Say what works at AWS and what does not: identity, organisation, roles, permissions, clock
    #[cfg(feature = "live")]
    Doctor(Doctor),
    /// Security Hub: send findings there
    #[cfg(feature = "live")]
    #[command(subcommand)]
    Hub(Hub),
    /// Check or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Pretend to be AWS on this machine: for trying things, tests and measuring
    #[cfg(feature = "live")]
    Simulate(Simulate),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them into a directory
    Man {
        /// Write keyreeve.1 and one page a subcommand into this directory
        #[arg(short, long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

/// What every command that prints findings takes.
#[derive(Debug, Args)]
pub struct Output {
    /// What goes to standard output [default: pretty on a terminal, else concise]
    #[arg(long, short = 'f', value_name = "FORMAT", value_parser = format, help_heading = "Output")]
    pub format: Option<report::Format>,
    /// Write one more format to a file in the same run; repeatable
    #[arg(long, short = 'o', value_name = "FORMAT=PATH", value_parser = extra_output, help_heading = "Output")]
    pub output: Vec<(report::Format, PathBuf)>,
    /// Show PASS, NOT_APPLICABLE and SUPPRESSED too, not only FAIL and UNKNOWN
    #[arg(long, help_heading = "Output")]
    pub all: bool,
    /// Group what is shown, with pass rates
    #[arg(long, value_name = "WHAT", help_heading = "Output")]
    pub group_by: Option<GroupBy>,
    /// Leave out findings below this severity
    #[arg(long, value_name = "SEVERITY", value_parser = severity, default_value = "INFO", hide_default_value = true, help_heading = "Output")]
    pub min_severity: Severity,
    #[command(flatten)]
    pub terminal: Terminal,
}

/// How the terminal is treated.
#[derive(Debug, Args)]
pub struct Terminal {
    /// When to colour [default: auto]
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub color: Color,
    /// No progress bars
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,
    /// Say less on standard error
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
    /// Say more on standard error; twice for everything
    #[arg(long, short, action = clap::ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,
}

/// What decides the exit status.
#[derive(Debug, Args)]
pub struct Gate {
    /// Findings of this severity and above make the exit status 1; `none` never [default: medium]
    #[arg(long, value_name = "SEVERITY", value_parser = threshold, help_heading = "Exit status")]
    pub fail_on: Option<Threshold>,
    /// Unknown verdicts of this severity and above make the exit status 4; `none` never [default: medium]
    #[arg(long, value_name = "SEVERITY", value_parser = threshold, help_heading = "Exit status")]
    pub fail_on_unknown: Option<Threshold>,
    /// Accept an incomplete result when at least this share could be judged
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Exit status")]
    pub min_coverage: Option<f64>,
}

/// Which detections.
#[derive(Debug, Args)]
pub struct Detections {
    /// A built-in pack (kms, panther-kms) or a directory; repeatable; replaces the default [default: kms]
    #[arg(long, value_name = "NAME|DIR", help_heading = "Detections")]
    pub pack: Vec<String>,
    /// Only detections whose id fits; `*` and `?` work; repeatable. Names disabled ones too
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Detections")]
    pub select: Vec<String>,
    /// Not the detections whose id fits; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Detections")]
    pub ignore: Vec<String>,
}

impl Detections {
    /// Whether detections were chosen, and not all of the usual pack taken.
    #[cfg(feature = "live")]
    pub fn are_chosen(&self) -> bool {
        !self.select.is_empty() || !self.pack.is_empty()
    }
}

/// Where the configuration is.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The configuration [default: the nearest keyreeve.toml upwards, else the user's]
    #[arg(long, value_name = "FILE", help_heading = "Configuration")]
    pub config: Option<PathBuf>,
}

/// Where keys come from.
#[derive(Debug, Args)]
pub struct Input {
    /// Snapshots: JSON Lines, JSON, .gz, .zst, directories of them, or - for standard input [default: AWS itself]
    #[arg(value_name = "SNAPSHOT")]
    pub snapshots: Vec<PathBuf>,
    /// Judge as of this time (RFC 3339) [default: when the snapshot was taken]
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub live: Live,
}

impl Input {
    /// Whether AWS itself is read, because no snapshot is named.
    pub fn is_live(&self) -> anyhow::Result<bool> {
        #[cfg(feature = "live")]
        if !self.snapshots.is_empty() && self.live.is_given() {
            anyhow::bail!("snapshots are named, and options that read AWS itself: leave one of them out");
        }
        Ok(self.snapshots.is_empty())
    }
}

/// `scan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyreeve scan examples/acme\n  keyreeve scan keys.jsonl.zst --format sarif\n  \
    keyreeve scan keys.jsonl -o html=report.html -o json=findings.json --fail-on high\n  \
    keyreeve scan --profile audit --region eu-north-1\n  keyreeve scan --org")]
pub struct Scan {
    #[command(flatten)]
    pub input: Input,
    #[command(flatten)]
    pub detections: Detections,
    #[command(flatten)]
    pub gate: Gate,
    /// Findings in this earlier findings document (json or jsonl) are not reported again
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub baseline: Option<PathBuf>,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub config: ConfigFile,
    /// How many threads judge [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// `keys`.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// All keys: alias, id, status, key spec, key usage
    List {
        #[command(flatten)]
        input: Input,
        /// Which keys
        #[arg(long, value_name = "KIND", default_value = "customer")]
        kind: KeyKind,
        #[command(flatten)]
        output: TableOutput,
    },
    /// One key: policy, cryptographic configuration, rotation, aliases, grants, findings
    Show {
        /// Key id, ARN, or alias (`alias/…`)
        key: String,
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        detections: Detections,
        #[command(flatten)]
        config: ConfigFile,
        #[command(flatten)]
        output: TableOutput,
    },
}

/// Output of commands that print resources.
#[derive(Debug, Args)]
pub struct TableOutput {
    /// `pretty`, `json` or `jsonl` [default: pretty]
    #[arg(
        long,
        short = 'f',
        value_name = "FORMAT",
        default_value = "pretty",
        hide_default_value = true,
        help_heading = "Output"
    )]
    pub format: Plain,
    #[command(flatten)]
    pub terminal: Terminal,
}

/// Which keys `keys list` shows: the tabs of the KMS console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    /// Customer managed keys
    Customer,
    /// AWS managed keys
    Aws,
    /// Custom key stores
    Stores,
    /// Everything, a table each
    All,
}

/// `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Packs: directories or files [default: --pack]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub detections: Detections,
    /// Only detections with this value: `Severity=High,Critical`, `PolicyID!=X`; repeatable
    #[arg(long, value_name = "KEY=V[,V]")]
    pub filter: Vec<String>,
    /// Only tests of this name; repeatable
    #[arg(long, value_name = "NAME")]
    pub test_names: Vec<String>,
    /// A detection with fewer tests fails; above 1, one must expect true and one false
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub minimum_tests: usize,
    /// Print only what fails
    #[arg(long)]
    pub show_failures_only: bool,
    /// Leave out detections with `Enabled: false`
    #[arg(long)]
    pub skip_disabled_tests: bool,
    /// `pretty` or `json` [default: pretty]
    #[arg(
        long,
        short = 'f',
        value_name = "FORMAT",
        default_value = "pretty",
        hide_default_value = true,
        help_heading = "Output"
    )]
    pub format: Plain,
    #[command(flatten)]
    pub terminal: Terminal,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// `lint`.
#[derive(Debug, Args)]
pub struct Lint {
    /// Packs: directories or files [default: --pack]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub detections: Detections,
    #[command(flatten)]
    pub gate: Gate,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A detection's id, or its YAML file; without it, a list
    #[arg(value_name = "ID|FILE")]
    pub detection: Option<String>,
    #[command(flatten)]
    pub detections: Detections,
    /// `pretty` or `json` [default: pretty]
    #[arg(
        long,
        short = 'f',
        value_name = "FORMAT",
        default_value = "pretty",
        hide_default_value = true,
        help_heading = "Output"
    )]
    pub format: Plain,
    #[command(flatten)]
    pub terminal: Terminal,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the configuration is right; unused suppressions are found by `scan`
    Check(ConfigFile),
    /// Print the configuration in force, defaults included, with where each value comes from
    Show(ConfigFile),
    /// Print a file with every key, its meaning and its default, to begin with
    Default,
    /// Print the JSON Schema of the file, for editors
    Schema,
}

/// A threshold: a severity, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold(pub Option<Severity>);

impl Threshold {
    /// Whether something of this severity counts.
    pub fn counts(self, severity: Severity) -> bool {
        self.0.is_some_and(|least| severity >= least)
    }
}

/// `--group-by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GroupBy {
    Detection,
    Key,
    Account,
    Team,
    Control,
    Framework,
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

/// Formats of commands that do not print findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Plain {
    Pretty,
    Json,
    Jsonl,
}

/// `simulate`.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyreeve simulate examples/acme\n  keyreeve simulate --accounts 800 --keys 60000 \
    --latency 20ms --quota-factor 1\n  keyreeve simulate examples/acme --security-hub --desk"
)]
pub struct Simulate {
    /// What is there: snapshots, or directories of them [default: an invented organisation]
    #[arg(value_name = "SNAPSHOT", conflicts_with_all = ["accounts", "keys", "region", "seed"])]
    pub snapshots: Vec<PathBuf>,
    /// How many accounts the invented organisation has
    #[arg(long, value_name = "N", default_value_t = 3, help_heading = "World")]
    pub accounts: u32,
    /// How many keys it has in all
    #[arg(long, value_name = "N", default_value_t = 300, help_heading = "World")]
    pub keys: u32,
    /// Which regions are on; repeatable [default: the 17 that are on in every AWS account]
    #[arg(long, value_name = "REGION", help_heading = "World")]
    pub region: Vec<String>,
    /// What decides the rest
    #[arg(long, value_name = "N", default_value_t = 1, help_heading = "World")]
    pub seed: u64,
    /// What time it is when it starts [default: when the snapshot was taken]
    #[arg(long, value_name = "TIME", help_heading = "World")]
    pub clock: Option<jiff::Timestamp>,
    /// Where to listen; 0 takes any port that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// How long every reply takes, such as 20ms
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Behaviour")]
    pub latency: Option<std::time::Duration>,
    /// How long a change takes to be seen
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Behaviour")]
    pub lag: Option<std::time::Duration>,
    /// How long a session lasts at most
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Behaviour")]
    pub session: Option<std::time::Duration>,
    /// Throttle at AWS's request quotas, times this [default: do not throttle]
    #[arg(long, value_name = "X", value_parser = factor, help_heading = "Behaviour")]
    pub quota_factor: Option<f64>,
    /// What goes wrong (docs/simulator.md)
    #[arg(long, value_name = "FILE.toml", help_heading = "Behaviour")]
    pub faults: Option<PathBuf>,
    /// Who assumes a role must give this external id
    #[arg(long, value_name = "ID", help_heading = "Behaviour")]
    pub external_id: Option<String>,
    /// A role that can be assumed in every account besides KeyreeveReader and OrganizationAccountAccessRole; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Behaviour")]
    pub role: Vec<String>,
    /// Security Hub is on, and its controls look at the keys
    #[arg(long, help_heading = "Answering")]
    pub security_hub: bool,
    /// How long an update of a finding takes to be seen
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "security_hub", help_heading = "Answering")]
    pub update_lag: Option<std::time::Duration>,
    /// How long after a change of a key its controls look at it
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "security_hub", help_heading = "Answering")]
    pub evaluation_lag: Option<std::time::Duration>,
    /// The queue that CloudTrail's and Security Hub's events go to
    #[arg(long, value_name = "QUEUE-ARN", help_heading = "Answering")]
    pub events: Option<String>,
    /// How long an event takes to get there
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "events", help_heading = "Answering")]
    pub event_lag: Option<std::time::Duration>,
    /// Jira, ServiceNow, a webhook's receiver and a mail server answer too, and a page shows what they got
    #[arg(long, help_heading = "Answering")]
    pub desk: bool,
    /// Where they listen; 0 takes any port that is free
    #[arg(long, value_name = "PORT", default_value_t = 0, requires = "desk", help_heading = "Answering")]
    pub desk_port: u16,
    /// A secret of Secrets Manager; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, help_heading = "Answering")]
    pub secret: Vec<(String, String)>,
    /// A parameter of Systems Manager; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, help_heading = "Answering")]
    pub parameter: Vec<(String, String)>,
    /// Write here, in the end, how often what was asked, as JSON
    #[arg(long, value_name = "FILE")]
    pub counts: Option<PathBuf>,
}

#[cfg(feature = "live")]
fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(|| "expected NAME=VALUE".to_owned())
}

#[cfg(feature = "live")]
fn duration(text: &str) -> Result<std::time::Duration, String> {
    let seconds = |number: &str, unit: f64| number.parse::<f64>().ok().map(|number| number * unit);
    let seconds = match text.strip_suffix("ms") {
        Some(number) => seconds(number, 0.001),
        None => text.strip_suffix('s').and_then(|number| seconds(number, 1.0)),
    };
    seconds
        .filter(|seconds| (0.0..=3600.0).contains(seconds))
        .map(std::time::Duration::from_secs_f64)
        .ok_or_else(|| "expected a time of at most an hour, such as 20ms or 1.5s".to_owned())
}

#[cfg(feature = "live")]
fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor: &f64| *factor > 0.0 && *factor <= 1e6);
    factor.ok_or_else(|| "expected a number above 0, such as 0.5".to_owned())
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| "expected info, low, medium, high or critical".to_owned())
}

/// Reads `--fail-on`.
pub fn threshold(text: &str) -> Result<Threshold, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Threshold(None));
    }
    Severity::parse(text)
        .map(|severity| Threshold(Some(severity)))
        .ok_or_else(|| "expected info, low, medium, high, critical or none".to_owned())
}

fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text.trim_end_matches('%').parse().map_err(|_| "expected a number from 0 to 100".to_owned())?;
    if (0.0..=100.0).contains(&number) { Ok(number) } else { Err("expected a number from 0 to 100".to_owned()) }
}

fn format(text: &str) -> Result<report::Format, String> {
    report::Format::parse(text)
        .ok_or_else(|| format!("expected one of {}", report::Format::ALL.map(report::Format::name).join(", ")))
}

fn extra_output(text: &str) -> Result<(report::Format, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("expected FORMAT=PATH, for example html=report.html")?;
    if path.is_empty() {
        return Err("expected a path after the `=`".to_owned());
    }
    Ok((format(name)?, PathBuf::from(path)))
}
