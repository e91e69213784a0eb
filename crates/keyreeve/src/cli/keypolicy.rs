//! What can be typed after `keypolicy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigFile, Gate, Output};

/// `keypolicy`.
#[derive(Debug, Subcommand)]
pub enum KeyPolicy {
    /// Find what is wrong with key policies
    Lint(PolicyLint),
}

/// `keypolicy lint`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyreeve keypolicy lint policy.json --account 111122223333\n  \
    aws kms get-key-policy --key-id alias/app --query Policy --output text | keyreeve keypolicy lint -\n  \
    keyreeve keypolicy lint examples/acme --min-severity high\n\n\
    Organisation policies (SCP, RCP) are not seen here: they can only take away what a key policy gives.")]
pub struct PolicyLint {
    /// Policies (JSON, or YAML as in templates), snapshots or directories of them, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "explain")]
    pub files: Vec<PathBuf>,
    /// `default` says nothing above INFO of what AWS and the operating procedure recommend; `strict` does
    #[arg(long, value_name = "PROFILE", help_heading = "Lints")]
    pub profile: Option<LintProfile>,
    /// Only these lints; `*` and `?` work; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Lints")]
    pub select: Vec<String>,
    /// Not these lints; repeatable
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = "Lints")]
    pub ignore: Vec<String>,
    /// Print the page of a lint and stop
    #[arg(long, value_name = "ID", help_heading = "Lints")]
    pub explain: Option<String>,
    /// Mend the files where that changes nothing of who may do what
    #[arg(long, help_heading = "Lints")]
    pub fix: bool,
    /// With --fix: mend also where somebody gets or loses rights; look at the difference afterwards
    #[arg(long, requires = "fix", help_heading = "Lints")]
    pub unsafe_fixes: bool,
    #[command(flatten)]
    pub about: PolicyContext,
    #[command(flatten)]
    pub gate: Gate,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// How strict lints are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LintProfile {
    /// Nothing above INFO on what is recommended.
    Default,
    /// Everything at its own severity.
    Strict,
}

/// What is known beside a policy.
#[derive(Debug, Args)]
pub struct PolicyContext {
    /// The account of the key [default: derived from the policy where it can be]
    #[arg(long, value_name = "ID", value_parser = account, help_heading = "The key")]
    pub account: Option<String>,
    /// The partition
    #[arg(long, value_name = "NAME", value_parser = ["aws", "aws-cn", "aws-us-gov"], help_heading = "The key")]
    pub partition: Option<String>,
    /// The region of the key
    #[arg(long, value_name = "REGION", help_heading = "The key")]
    pub region: Option<String>,
    /// The KeySpec of the key: SYMMETRIC_DEFAULT, RSA_2048 ...
    #[arg(long, value_name = "SPEC", help_heading = "The key")]
    pub key_spec: Option<String>,
    /// The KeyUsage of the key: ENCRYPT_DECRYPT, SIGN_VERIFY ...
    #[arg(long, value_name = "USAGE", help_heading = "The key")]
    pub key_usage: Option<String>,
    /// The Origin of the key: AWS_KMS, EXTERNAL ...
    #[arg(long, value_name = "ORIGIN", help_heading = "The key")]
    pub origin: Option<String>,
    /// Whether the key is a multi-Region key
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "The key")]
    pub multi_region: Option<bool>,
    /// An account or an organisation (o-...) that may have access; repeatable
    #[arg(long, value_name = "ID", value_parser = trusted, value_delimiter = ',', help_heading = "Who is who")]
    pub trust: Vec<String>,
    /// The ARN of who is going to save the policy
    #[arg(long = "as", value_name = "ARN", help_heading = "Who is who")]
    pub caller: Option<String>,
    /// Whether the account's root user can be used; organisations often deny it
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", help_heading = "Who is who")]
    pub root_usable: Option<bool>,
    /// ARNs of the roles and users that exist, one a line: others count as gone
    #[arg(long, value_name = "FILE", help_heading = "Who is who")]
    pub existing: Option<PathBuf>,
}

fn account(text: &str) -> Result<String, String> {
    match keypolicy::context::is_account_id(text) {
        true => Ok(text.to_owned()),
        false => Err("an account id has twelve digits".to_owned()),
    }
}

fn trusted(text: &str) -> Result<String, String> {
    let is_organization = text.starts_with("o-") && text.len() >= 12;
    match is_organization || keypolicy::context::is_account_id(text) {
        true => Ok(text.to_owned()),
        false => Err("trust an account (twelve digits) or an organisation (o-...)".to_owned()),
    }
}
