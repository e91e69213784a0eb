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
}

/// `remediate plan`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 planned; 2 something could not be read; 3 no finding is one to put right.\n\n\
    Example:\n  keyreeve scan examples/acme -f json | keyreeve remediate plan - --keys examples/acme/snapshot.jsonl")]
pub struct RemediatePlan {
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
    #[command(flatten)]
    pub output: TableOutput,
    #[command(flatten)]
    pub config: ConfigFile,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
