//! What can be typed after `keypolicy`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigFile, Gate, Output, TableOutput, Terminal};

/// `keypolicy`.
#[derive(Debug, Subcommand)]
pub enum KeyPolicy {
    /// Find what is wrong with key policies
    Lint(PolicyLint),
    /// Decide one request: allowed, left to IAM, not allowed, or denied, and by which statements
    Decide(PolicyDecide),
    /// Prove a property for all requests, or show a request for which it does not hold
    Prove(PolicyProve),
    /// Show who can administer, use, grant and destroy, under which conditions
    WhoCan(PolicyWho),
    /// Say whether a new policy allows the same, more or less, with a request that shows it
    Diff(PolicyDiff),
    /// Write a policy that keeps managing, administering and using apart, and prove that it does
    Generate(PolicyGenerate),
}

/// `keypolicy lint`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyreeve keypolicy lint policy.json --account 111122223333\n  \
    aws kms get-key-policy --key-id alias/app --query Policy --output text | keyreeve keypolicy lint -\n  \
    keyreeve keypolicy lint examples/acme --min-severity high\n  \
    keyreeve keypolicy lint arn:aws:kms:eu-north-1:111122223333:key/0f4c9a52-6f3e-4d0b-9b61-3a7de2c51f08\n\n\
    Organisation policies (SCP, RCP) are not seen here: they can only take away what a key policy gives.")]
pub struct PolicyLint {
    /// Policies (JSON, or YAML as in templates), snapshots or directories of them, ARNs of keys, or - for standard input
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
    /// The policy is saved with BypassPolicyLockoutSafetyCheck
    #[arg(long, help_heading = "Lints")]
    pub bypass_lockout_check: bool,
    #[cfg(feature = "live")]
    #[command(flatten)]
    pub live: PolicyLive,
    #[command(flatten)]
    pub about: PolicyContext,
    #[command(flatten)]
    pub gate: Gate,
    #[command(flatten)]
    pub output: Output,
}

/// As whom a key is read that is named by its ARN.
#[cfg(feature = "live")]
#[derive(Debug, Args)]
pub struct PolicyLive {
    /// The profile of the AWS configuration to read keys with [default: as the AWS CLI chooses]
    #[arg(id = "aws-profile", long = "aws-profile", value_name = "NAME", help_heading = "AWS")]
    pub profile: Option<String>,
    /// The role to assume in the account of the key [default: none, the key is in the caller's own account]
    #[arg(long, value_name = "NAME", value_parser = super::aws::role, help_heading = "AWS")]
    pub role: Option<String>,
    /// The external id that the role's trust policy asks for
    #[arg(long, value_name = "ID", help_heading = "AWS")]
    pub external_id: Option<String>,
    /// Ask here instead of AWS
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub endpoint_url: Option<String>,
}

/// `keypolicy decide`.
#[derive(Debug, Args)]
#[command(
    after_help = "A request: {\"principal\": \"arn:aws:iam::111122223333:role/app\", \"action\": \"kms:Decrypt\", \"context\": \
    {\"kms:ViaService\": \"s3.eu-west-1.amazonaws.com\"}, \"key\": {\"arn\": \"arn:aws:kms:...\"}}\n\
    Context keys that follow from the rest (aws:PrincipalArn, aws:PrincipalAccount ...) need not be given.\n\n\
    Exit status: 0 ALLOW and NEEDS_IAM; 1 a denial; 2 invalid input."
)]
pub struct PolicyDecide {
    /// The policy, or - for standard input
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,
    /// The request
    #[arg(long, value_name = "FILE")]
    pub request: PathBuf,
    #[command(flatten)]
    pub access: OtherAccess,
    /// The time of the request (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
    #[command(flatten)]
    pub about: PolicyContext,
    #[command(flatten)]
    pub output: TableOutput,
}

/// `keypolicy prove`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyreeve keypolicy prove policy.json --preset not-public\n  \
    keyreeve keypolicy prove policy.json --account 111122223333 --trust o-a1b2c3d4e5 --action 'kms:Decrypt'\n\n\
    Exit status: 0 PROVED; 1 REFUTED; 4 UNKNOWN; 2 invalid input.\n\
    Organisation policies (SCP, RCP) and IAM policies are not seen: they can only take away.")]
pub struct PolicyProve {
    /// The policy, or - for standard input
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,
    /// Which property
    #[arg(long, value_name = "PROPERTY", required_unless_present = "action")]
    pub preset: Option<Preset>,
    /// Instead of a preset: nobody outside the own and the --trust accounts and organisations can do this; `*` works; repeatable
    #[arg(long, value_name = "ACTION", conflicts_with = "preset", value_delimiter = ',')]
    pub action: Vec<String>,
    #[command(flatten)]
    pub time: PolicyTime,
    #[command(flatten)]
    pub about: PolicyContext,
    #[command(flatten)]
    pub output: TableOutput,
}

/// `keypolicy diff`.
#[derive(Debug, Args)]
#[command(after_help = "Exit status: 0 EQUAL; 1 NARROWER, WIDER or INCOMPARABLE; 4 UNKNOWN; 2 invalid input.")]
pub struct PolicyDiff {
    /// The policy as it was, or - for standard input
    #[arg(value_name = "OLD")]
    pub old: PathBuf,
    /// The policy as it is to be
    #[arg(value_name = "NEW")]
    pub new: PathBuf,
    #[command(flatten)]
    pub time: PolicyTime,
    #[command(flatten)]
    pub about: PolicyContext,
    #[command(flatten)]
    pub output: TableOutput,
}

/// `keypolicy who-can`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  keyreeve keypolicy who-can policy.json --account 111122223333\n  \
    keyreeve keypolicy who-can policy.json --grants grants.json --format mermaid\n\n\
    Organisation policies (SCP, RCP) and IAM policies are not seen: the first can only take away, the second decide what the\n\
    account as a whole is given.")]
pub struct PolicyWho {
    /// The policy, or - for standard input
    #[arg(value_name = "FILE")]
    pub policy: PathBuf,
    #[command(flatten)]
    pub access: OtherAccess,
    #[command(flatten)]
    pub time: PolicyTime,
    #[command(flatten)]
    pub about: PolicyContext,
    /// `pretty`, `json`, `jsonl`, or a graph: `mermaid`, `dot`
    #[arg(long, short = 'f', value_name = "FORMAT", default_value = "pretty", help_heading = "Output")]
    pub format: WhoFormat,
    #[command(flatten)]
    pub terminal: Terminal,
}

/// How it is shown who can do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhoFormat {
    /// A table.
    Pretty,
    /// One object.
    Json,
    /// One object on one line.
    Jsonl,
    /// A graph for Mermaid, as in Markdown.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
}

/// What gives access besides the policy.
#[derive(Debug, Args)]
pub struct OtherAccess {
    /// The policy AWS_RAM of the key, where it has one
    #[arg(long, value_name = "FILE")]
    pub ram: Option<PathBuf>,
    /// The grants of the key, as `aws kms list-grants` prints them
    #[arg(long, value_name = "FILE")]
    pub grants: Option<PathBuf>,
}

/// The time of the requests that are looked at.
#[derive(Debug, Args)]
pub struct PolicyTime {
    /// Only requests at this time (RFC 3339) [default: at any time]
    #[arg(long, value_name = "TIME")]
    pub now: Option<jiff::Timestamp>,
}

/// Properties with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Preset {
    /// Nobody whom the policy does not name can do anything
    NotPublic,
    /// Nobody outside the own and the trusted accounts and organisations can do anything
    NoOutsideAccess,
    /// Security Hub's control KMS.5 will pass
    #[value(name = "passes-kms.5")]
    PassesKms5,
    /// The policy can be changed, and does not hang on one principal
    Manageable,
    /// No principal but the account root holds both administration and cryptographic use
    Separated,
    /// All access goes through the account root
    RootOnly,
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
    #[command(flatten)]
    pub config: ConfigFile,
}

fn account(text: &str) -> Result<String, String> {
    match finding::is_account_id(text) {
        true => Ok(text.to_owned()),
        false => Err("an account id has twelve digits".to_owned()),
    }
}

fn trusted(text: &str) -> Result<String, String> {
    let is_organization = text.starts_with("o-") && text.len() >= 12;
    match is_organization || finding::is_account_id(text) {
        true => Ok(text.to_owned()),
        false => Err("trust an account (twelve digits) or an organisation (o-...)".to_owned()),
    }
}

/// `keypolicy generate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  keyreeve keypolicy generate --account 111122223333 --admin permission-set:KeyAdministrator --user arn:aws:iam::111122223333:role/app\n  \
    keyreeve keypolicy generate --account 111122223333 --admin permission-set:AdministratorAccess \\\n    --service cloudtrail=arn:aws:cloudtrail:eu-north-1:111122223333:trail/main --format cloudformation\n\n\
    What is printed was proved not public, manageable, separated, and predicted to pass Security Hub's KMS.5."
)]
pub struct PolicyGenerate {
    /// The account of the key
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: String,
    /// The partition
    #[arg(long, value_name = "NAME", default_value = "aws", value_parser = ["aws", "aws-cn", "aws-us-gov"])]
    pub partition: String,
    /// The region, for services whose names hold one (logs)
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// What the account's IAM policies may give: `management` (and reading) or `full`, as AWS's default does
    #[arg(long, value_name = "WHAT", default_value = "management")]
    pub delegate: DelegationName,
    /// Who administers the key: a role's or user's ARN, permission-set:NAME, or an account; repeatable
    #[arg(long, value_name = "WHO")]
    pub admin: Vec<String>,
    /// Who uses the key: as --admin; repeatable
    #[arg(long, value_name = "WHO")]
    pub user: Vec<String>,
    /// Users may let AWS services use the key for them (EBS, RDS and others need grants)
    #[arg(long)]
    pub grants: bool,
    /// A service that uses the key under its own name, as NAME or NAME=SOURCE-ARN; repeatable
    #[arg(long, value_name = "NAME[=ARN]")]
    pub service: Vec<String>,
    /// The KeyUsage of the key [default: ENCRYPT_DECRYPT]
    #[arg(long, value_name = "USAGE")]
    pub key_usage: Option<String>,
    /// The KeySpec of the key [default: SYMMETRIC_DEFAULT]
    #[arg(long, value_name = "SPEC")]
    pub key_spec: Option<String>,
    /// The Origin of the key [default: AWS_KMS]
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
    /// The key is a multi-Region key
    #[arg(long)]
    pub multi_region: bool,
    /// Deny to schedule its deletion with fewer days than this (7 - 30)
    #[arg(long, value_name = "DAYS")]
    pub deletion_floor: Option<u8>,
    /// `json`, `cloudformation` or `terraform`
    #[arg(long, short = 'f', value_name = "FORMAT", default_value = "json", help_heading = "Output")]
    pub format: PolicyForm,
    /// With --format terraform: an expression with jsonencode instead of a policy document
    #[arg(long, help_heading = "Output")]
    pub jsonencode: bool,
}

/// What the account's IAM policies may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DelegationName {
    /// Managing and reading.
    Management,
    /// Everything.
    Full,
}

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyForm {
    /// JSON, with the account written out.
    Json,
    /// The `KeyPolicy` of a CloudFormation template.
    Cloudformation,
    /// A policy document for Terraform.
    Terraform,
}
