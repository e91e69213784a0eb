//! What can be typed after `triage` and `suppressions`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigFile, TableOutput};

/// `triage`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 every finding is decided; 2 something could not be read (all others are decided).\n\n\
    Examples:\n  keyreeve triage finding.json --account account.json --rules rules.json\n  \
    keyreeve scan examples/acme -f json | keyreeve triage - --keys examples/acme/snapshot.jsonl\n  \
    aws securityhub get-findings | keyreeve triage - --account accounts.json -f json"
)]
pub struct Triage {
    #[command(flatten)]
    pub input: FindingFiles,
    /// Rules that suppress findings: [{"id", "suppress_when", "owner", "reason", "expires"}]
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// The ticket known for a finding, or a list: {"id", "finding_id", "status": "open"|"closed"}
    #[arg(long, value_name = "FILE")]
    pub ticket: Option<PathBuf>,
    #[command(flatten)]
    pub output: TableOutput,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// Findings and what is known about them.
#[derive(Debug, Args)]
pub struct FindingFiles {
    /// Findings: ASFF, OCSF or Keyreeve's, alone, in lists, batches, events, or one a line; - for standard input
    #[arg(value_name = "FINDING")]
    pub findings: Vec<PathBuf>,
    /// The account, or several: {"id", "name", "email", "joined", "ou", "tags"}, a list, lines, or a snapshot
    #[arg(long, value_name = "FILE")]
    pub account: Vec<PathBuf>,
    /// A snapshot: what is known of the keys themselves, and of their accounts
    #[arg(long, value_name = "SNAPSHOT")]
    pub keys: Option<PathBuf>,
    /// Decide as of this time (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
}

/// `suppressions`.
#[derive(Debug, Subcommand)]
pub enum Suppressions {
    /// Check a file of rules: every mistake with line and column
    #[command(after_help = "Exit status: 0 the rules are right; 2 they are not.")]
    Check {
        /// The rules
        #[arg(value_name = "FILE")]
        rules: PathBuf,
        /// Accounts: values that none of them has are pointed out
        #[arg(long, value_name = "FILE")]
        account: Vec<PathBuf>,
        #[command(flatten)]
        output: TableOutput,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Show which accounts and findings each rule hits today, and where SOAR would answer otherwise
    Explain {
        /// The rules
        #[arg(long, value_name = "FILE")]
        rules: PathBuf,
        #[command(flatten)]
        input: FindingFiles,
        #[command(flatten)]
        output: TableOutput,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// `remediate`.
#[derive(Debug, Subcommand)]
pub enum Remediate {
    /// Show what would change, why, how it is verified and how it is undone
    Plan(Box<RemediatePlan>),
    /// Read the keys anew, show what would change, and once you agree change it, verified and with a way back
    #[cfg(feature = "serve")]
    Apply(Box<RemediateApply>),
    /// Undo what an `apply` changed, the last change first
    #[cfg(feature = "serve")]
    Undo(Box<RemediateUndo>),
}

/// What is to be put right, and how.
#[derive(Debug, Args)]
pub struct Wanted {
    #[command(flatten)]
    pub input: FindingFiles,
    /// Rules that suppress findings, or withhold fixes
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// The rotation period [default: 365]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(90..=2560))]
    pub period: Option<u16>,
    /// The alias for a key that has none: alias/NAME
    #[arg(long, value_name = "ALIAS")]
    pub alias: Option<String>,
    /// The description for a key that has none
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// A tag for a key that lacks it; repeatable
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    pub tags: Vec<(String, String)>,
}

/// `remediate plan`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 planned; 2 something could not be read; 3 no finding is one to put right.\n\n\
    Example:\n  keyreeve scan examples/acme -f json | keyreeve remediate plan - --keys examples/acme/snapshot.jsonl")]
pub struct RemediatePlan {
    #[command(flatten)]
    pub wanted: Wanted,
    #[command(flatten)]
    pub output: TableOutput,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// As whom keys are read and changed.
#[cfg(feature = "serve")]
#[derive(Debug, Args)]
pub struct Access {
    /// The profile of the AWS configuration to use [default: as the AWS CLI chooses]
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub profile: Option<String>,
    /// The role that reads in other accounts [default: KeyreeveReader]
    #[arg(long, value_name = "NAME", value_parser = super::aws::role, help_heading = "AWS")]
    pub role: Option<String>,
    /// The role that makes a kind of change, instead of the one that `keyreeve aws bootstrap --remediation` makes; repeatable
    #[arg(long, value_name = "ACTION=NAME", value_parser = action_role, help_heading = "AWS")]
    pub action_role: Vec<(String, String)>,
    /// In the own account, make changes as who you are, without a role
    #[arg(long, help_heading = "AWS")]
    pub as_caller: bool,
    /// The external id that the roles' trust policies ask for
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    pub external_id: Option<String>,
    /// Ask here instead of AWS
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub endpoint_url: Option<String>,
    /// Agree to everything that is shown, without being asked
    #[arg(long)]
    pub yes: bool,
}

/// `remediate apply`.
#[cfg(feature = "serve")]
#[derive(Debug, Args)]
#[command(
    after_help = "Facts are read from AWS at once; what a snapshot says is not trusted. A key that infrastructure code owns is\n\
    never changed. What undoes a change is in the record before the change is made, so that an interrupted run can be undone.\n\n\
    Exit status: 0 everything is as planned; 1 a change was refused, not agreed to or not seen; 2 wrong use; 3 no finding is one\n\
    to put right; 4 a key could not be read, or nobody knows whether a change was made.\n\n\
    Example:\n  keyreeve scan -f json | keyreeve remediate apply -"
)]
pub struct RemediateApply {
    #[command(flatten)]
    pub wanted: Wanted,
    /// Where the way back is written [default: keyreeve-undo-TIME.jsonl]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub access: Access,
    #[command(flatten)]
    pub output: TableOutput,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// `remediate undo`.
#[cfg(feature = "serve")]
#[derive(Debug, Args)]
#[command(after_help = "A key that somebody has changed since is left alone.\n\n\
    Exit status: 0 all is as it was; 1 a change could not be undone; 2 wrong use; 3 there is nothing to undo; 4 only a person can\n\
    undo it, or nobody knows whether it was undone.\n\n\
    Example:\n  keyreeve remediate undo keyreeve-undo-20261122T061500Z.jsonl")]
pub struct RemediateUndo {
    /// The record of an `apply`
    #[arg(value_name = "FILE")]
    pub record: PathBuf,
    #[command(flatten)]
    pub access: Access,
    #[command(flatten)]
    pub output: TableOutput,
    #[command(flatten)]
    pub config: ConfigFile,
}

#[cfg(feature = "serve")]
fn action_role(text: &str) -> Result<(String, String), String> {
    let actions = || ::aws::remedy::ACTIONS.iter().map(|action| action.name);
    let expected = || format!("expected ACTION=NAME, with one of {}", actions().collect::<Vec<_>>().join(", "));
    let (action, name) = text.split_once('=').ok_or_else(expected)?;
    if !actions().any(|known| known == action) {
        return Err(expected());
    }
    Ok((action.to_owned(), super::aws::role(name)?))
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
