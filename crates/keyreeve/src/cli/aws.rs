//! `aws`: what can be typed for policies and roles.

use clap::{Args, Subcommand, ValueEnum};

use super::{ConfigFile, Detections, Terminal};

/// `aws`.
#[derive(Debug, Subcommand)]
pub enum AwsCommand {
    /// Print the least-privilege IAM policy for what is to be read
    Permissions(Permissions),
    /// Print the reader role for every account: CloudFormation, Terraform, or the commands that lay it out
    #[command(
        after_help = "Example:\n  keyreeve aws bootstrap --trust-account 999999999999 --trust-permission-set SecurityAudit --format terraform"
    )]
    Bootstrap(Bootstrap),
}

/// `aws permissions`.
#[derive(Debug, Args)]
pub struct Permissions {
    #[command(flatten)]
    pub detections: Detections,
    /// What else is to be read: it costs a call a key
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub with: Vec<With>,
    /// Whose policy, in json: the role's in each account, or that of whoever starts keyreeve
    #[arg(long = "for", value_name = "WHOSE", default_value = "reader")]
    pub whose: For,
    /// The partition
    #[arg(long, value_name = "NAME", default_value = "aws", value_parser = ["aws", "aws-cn", "aws-us-gov"])]
    pub partition: String,
    /// Only keys of this account [default: of every account]
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
    /// The role that is assumed [default: KeyreeveReader]
    #[arg(long, value_name = "NAME", value_parser = role)]
    pub role: Option<String>,
    /// `json` or `markdown`
    #[arg(long, short = 'f', value_name = "FORMAT", default_value = "json", help_heading = "Output")]
    pub format: PolicyFormat,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// `aws bootstrap`.
#[derive(Debug, Args)]
pub struct Bootstrap {
    /// The account that keyreeve is started in
    #[arg(long, value_name = "ID", value_parser = account)]
    pub trust_account: String,
    /// Only this role of that account, with its path; `*` and `?` work; repeatable
    #[arg(long, value_name = "ROLE", value_parser = role_pattern)]
    pub trust_role: Vec<String>,
    /// Only those who have this permission set of Identity Center in that account; repeatable
    #[arg(long, value_name = "NAME", value_parser = role)]
    pub trust_permission_set: Vec<String>,
    /// What the caller must say; never made up
    #[arg(long, value_name = "ID", value_parser = external_id)]
    pub external_id: Option<String>,
    /// The name of the role, with its path [default: KeyreeveReader]
    #[arg(long, value_name = "NAME", value_parser = role)]
    pub role: Option<String>,
    /// The roles that change keys instead of the one that reads them: of these actions, or of all
    #[arg(long, value_name = "ACTION", value_delimiter = ',', num_args = 0.., require_equals = true, value_parser = action)]
    pub remediation: Option<Vec<String>>,
    /// The role that imports findings into Security Hub (`hub import`) instead of the one that reads keys
    #[arg(long, conflicts_with_all = ["remediation", "events"])]
    pub findings: bool,
    /// The queue that `serve` reads, with the rules that fill it, for the organisation of this id
    #[arg(long, value_name = "ORGANIZATION", value_parser = organization, conflicts_with = "remediation")]
    pub events: Option<String>,
    /// With --events: what hands on to that queue from another account or Region; the queue is in this Region
    #[arg(long, value_name = "REGION", value_parser = super::live::region, requires = "events")]
    pub members_of: Option<String>,
    /// Where the role is wanted, for stackset-commands [default: the whole organisation]
    #[arg(long, value_name = "OU", value_parser = unit)]
    pub organizational_unit: Option<String>,
    #[command(flatten)]
    pub detections: Detections,
    /// What else is to be read: it costs a call a key
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub with: Vec<With>,
    /// `cloudformation`, `terraform` or `stackset-commands`
    #[arg(long, short = 'f', value_name = "FORMAT", default_value = "cloudformation", help_heading = "Output")]
    pub format: BootstrapFormat,
    #[command(flatten)]
    pub terminal: Terminal,
    #[command(flatten)]
    pub config: ConfigFile,
}

/// `--with`: facts that are not read unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum With {
    /// Grants: ListGrants
    Grants,
    /// Past rotations: ListKeyRotations
    Rotations,
}

impl With {
    /// The field that holds them.
    pub fn field(self) -> &'static str {
        match self {
            Self::Grants => "Grants",
            Self::Rotations => "Rotations",
        }
    }
}

/// Whose policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum For {
    /// The role in each account
    Reader,
    /// Whoever starts keyreeve
    Caller,
}

/// `aws permissions --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFormat {
    /// An IAM policy
    Json,
    /// Every permission with its reason, and both policies
    Markdown,
}

/// `aws bootstrap --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BootstrapFormat {
    /// A template, for one account or a stack set
    Cloudformation,
    /// A stack set and a stack
    Terraform,
    /// A shell script
    StacksetCommands,
}

pub(super) fn account(text: &str) -> Result<String, String> {
    finding::is_account_id(text).then(|| text.to_owned()).ok_or_else(|| "an account id has 12 digits".to_owned())
}

/// Whether every character is a letter, a digit, or one of these.
fn consists(text: &str, others: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

pub(super) fn role(text: &str) -> Result<String, String> {
    let parts = || text.split('/').all(|part| consists(part, "+=,.@_-") && !matches!(part, "." | ".."));
    let fits = text.len() <= 512 && text.rsplit('/').next().is_some_and(|name| name.len() <= 64) && parts();
    fits.then(|| text.to_owned()).ok_or_else(|| {
        "expected the name of a role, at most 64 letters, digits and +=,.@_-, with its path in front if it has one"
            .to_owned()
    })
}

fn role_pattern(text: &str) -> Result<String, String> {
    let fits = text.len() <= 512 && !text.starts_with('/') && consists(text, "+=,.@_-/*?");
    fits.then(|| text.to_owned()).ok_or_else(|| "expected the name of a role, without `role/` in front".to_owned())
}

fn external_id(text: &str) -> Result<String, String> {
    let fits = (2..=1224).contains(&text.len()) && consists(text, "+=,.@:/_-");
    fits.then(|| text.to_owned())
        .ok_or_else(|| "an external id has 2 to 1,224 letters, digits and +=,.@:/_-".to_owned())
}

fn action(text: &str) -> Result<String, String> {
    let names = || ::aws::remedy::ACTIONS.iter().map(|action| action.name);
    let known = names().find(|name| *name == text).map(str::to_owned);
    known.ok_or_else(|| format!("expected one of {}", names().collect::<Vec<_>>().join(", ")))
}

fn organization(text: &str) -> Result<String, String> {
    let fits = text.starts_with("o-") && consists(text, "-") && text.len() <= 34;
    fits.then(|| text.to_owned()).ok_or_else(|| "expected the id of an organisation: o-…".to_owned())
}

fn unit(text: &str) -> Result<String, String> {
    let fits = ["r-", "ou-"].iter().any(|begin| text.starts_with(begin)) && consists(text, "-") && text.len() <= 68;
    fits.then(|| text.to_owned()).ok_or_else(|| "expected r-… or ou-…".to_owned())
}
