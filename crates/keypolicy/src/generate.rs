//! Writing a key policy: who manages, administers and uses a key becomes statements that keep the three apart.
//!
//! What is written here lints clean, and is proved not public, manageable and separated; tests hold that for every form.

use std::collections::BTreeMap;

use thiserror::Error;

use finding::is_account_id;

mod roles;
mod terraform;
mod written;

pub use roles::{Service, service};

/// Who may do what with the key.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The account of the key.
    pub account: String,
    /// The partition: `aws` where empty.
    pub partition: String,
    /// The region, for services whose names hold one.
    pub region: Option<String>,
    /// `KeyUsage`; `ENCRYPT_DECRYPT` where `None`.
    pub key_usage: Option<String>,
    /// `KeySpec`; `SYMMETRIC_DEFAULT` where `None` and nothing else follows from the usage.
    pub key_spec: Option<String>,
    /// Whether administrators import material: `Origin` EXTERNAL.
    pub imported: bool,
    /// Whether administrators replicate it.
    pub multi_region: bool,
    /// What the account's IAM policies may give.
    pub delegation: Delegation,
    /// Who administers it.
    pub administrators: Vec<Principal>,
    /// Who uses it.
    pub users: Vec<Principal>,
    /// Whether users may let AWS services use it for them by grants.
    pub grants: bool,
    /// Services that use it under their own name.
    pub services: Vec<ServiceUser>,
    /// The least number of days between scheduling its deletion and the deletion; none where `None`.
    pub deletion_floor: Option<u8>,
}

/// What the account's IAM policies may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delegation {
    /// Managing and reading.
    #[default]
    Management,
    /// Everything: AWS's default.
    Full,
}

/// Somebody with a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A role or a user, by its ARN.
    Arn(String),
    /// Another account as a whole.
    Account(String),
    /// Whoever has this permission set of Identity Center in the key's account.
    PermissionSet(String),
}

/// A service that uses the key under its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUser {
    /// `cloudtrail`, `logs`, `sns` …
    pub name: String,
    /// The resource for which it acts; any of the account where `None`.
    pub source_arn: Option<String>,
}

/// Why a policy cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum GenerateError {
    #[error("`{0}` is no account id: it has twelve digits")]
    Account(String),
    #[error(
        "`{0}` is neither a role, a user, an account nor a permission set: write arn:aws:iam::111122223333:role/app, 111122223333 or permission-set:NAME"
    )]
    Principal(String),
    #[error("`{0}` administers the key and uses it: that is what the policy is to keep apart")]
    Both(String),
    #[error(
        "nothing is known of the service `{name}`: {known} can be named; others use keys with the rights of their callers"
    )]
    Service { name: String, known: String },
    #[error("the service `logs` has the region in its name: give the region")]
    Region,
    #[error("KMS has no key usage `{0}`")]
    Usage(String),
    #[error("a deletion is scheduled 7 to 30 days ahead, not {0}")]
    Floor(u8),
}

impl Principal {
    /// Reads one as it is typed.
    ///
    /// # Errors
    /// Where it is none of the forms.
    pub fn parse(text: &str) -> Result<Self, GenerateError> {
        let refused = || GenerateError::Principal(text.to_owned());
        if is_account_id(text) {
            return Ok(Self::Account(text.to_owned()));
        }
        if let Some(name) = text.strip_prefix("permission-set:") {
            let fits = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
            return match (1..=32).contains(&name.len()) && name.chars().all(fits) {
                true => Ok(Self::PermissionSet(name.to_owned())),
                false => Err(refused()),
            };
        }
        let fields: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", _, "iam", "", account, resource] = fields.as_slice() else { return Err(refused()) };
        let plain = |c: char| c.is_ascii_alphanumeric() || "+=,.@_/-".contains(c);
        match resource {
            "root" if is_account_id(account) => Ok(Self::Account(account.to_owned())),
            _ if !is_account_id(account) || !resource.chars().all(plain) => Err(refused()),
            _ if resource.starts_with("role/") || resource.starts_with("user/") => Ok(Self::Arn(text.to_owned())),
            _ => Err(refused()),
        }
    }
}

/// A statement before it is written in some format. `{account}`, `{partition}` and so on stand for the key's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    sid: String,
    allow: bool,
    principals: Principals,
    actions: Vec<String>,
    /// Operator, key, values.
    conditions: Vec<(&'static str, String, Vec<String>)>,
}

/// Whom a draft is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Principals {
    Everybody,
    Aws(Vec<String>),
    Service(String),
}

/// A policy ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    account: String,
    partition: String,
    drafts: Vec<Draft>,
}

/// Makes the policy.
///
/// # Errors
/// Where what is wanted cannot be, or must not be.
pub fn generate(wanted: &Wanted) -> Result<Generated, GenerateError> {
    if !is_account_id(&wanted.account) {
        return Err(GenerateError::Account(wanted.account.clone()));
    }
    if let Some(both) = wanted.administrators.iter().find(|it| wanted.users.contains(it)) {
        return Err(GenerateError::Both(named(both)));
    }
    if let Some(days) = wanted.deletion_floor.filter(|days| !(7..=30).contains(days)) {
        return Err(GenerateError::Floor(days));
    }
    let partition = if wanted.partition.is_empty() { "aws".to_owned() } else { wanted.partition.clone() };
    let mut drafts = vec![delegation(wanted)];
    drafts.extend(people("administer the key", &wanted.administrators, wanted, roles::administration(wanted)));
    drafts.extend(people("use the key", &wanted.users, wanted, roles::usage(wanted)?));
    if wanted.grants {
        drafts.extend(people(
            "let AWS services use the key",
            &wanted.users,
            wanted,
            roles::GRANTS.map(str::to_owned).to_vec(),
        ));
        let limit = ("Bool", "kms:GrantIsForAWSResource".to_owned(), vec!["true".to_owned()]);
        let made = drafts.iter_mut().filter(|draft| draft.sid.starts_with("Let AWS services"));
        made.for_each(|draft| draft.conditions.push(limit.clone()));
    }
    for user in &wanted.services {
        drafts.extend(roles::of_service(user, wanted)?);
    }
    if let Some(days) = wanted.deletion_floor {
        drafts.push(floor(days));
    }
    Ok(Generated { account: wanted.account.clone(), partition, drafts })
}

fn named(principal: &Principal) -> String {
    match principal {
        Principal::Arn(text) | Principal::Account(text) => text.clone(),
        Principal::PermissionSet(name) => format!("permission-set:{name}"),
    }
}

fn delegation(wanted: &Wanted) -> Draft {
    let (sid, actions) = match wanted.delegation {
        Delegation::Full => ("Let IAM policies of the account decide", vec!["kms:*".to_owned()]),
        Delegation::Management => ("Let IAM policies of the account manage and read", roles::management(wanted)),
    };
    let root = "arn:{partition}:iam::{account}:root".to_owned();
    Draft { sid: sid.to_owned(), allow: true, principals: Principals::Aws(vec![root]), actions, conditions: Vec::new() }
}

/// One statement for those who are named, one for those who have permission sets.
fn people(verb: &str, who: &[Principal], wanted: &Wanted, actions: Vec<String>) -> Vec<Draft> {
    let mut named = Vec::new();
    let mut sets = Vec::new();
    for principal in who {
        match principal {
            Principal::Arn(arn) => named.push(own(arn, wanted)),
            Principal::Account(id) => named.push(format!("arn:{{partition}}:iam::{}:root", own(id, wanted))),
            Principal::PermissionSet(name) => {
                // With and without a region: where the identity source is in us-east-1 the path has none.
                for path in ["sso.amazonaws.com/", "sso.amazonaws.com/*/"] {
                    sets.push(format!(
                        "arn:{{partition}}:iam::{{account}}:role/aws-reserved/{path}AWSReservedSSO_{name}_????????????????"
                    ));
                }
            }
        }
    }
    let mut made = Vec::new();
    let mut verb = verb.to_owned();
    if let Some(first) = verb.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !named.is_empty() {
        made.push(Draft {
            sid: verb.clone(),
            allow: true,
            principals: Principals::Aws(named),
            actions: actions.clone(),
            conditions: Vec::new(),
        });
    }
    if !sets.is_empty() {
        let conditions = vec![
            // Fixed, so that Security Hub's KMS.5 sees a bound: it does not evaluate the pattern below.
            ("StringEquals", "aws:PrincipalAccount".to_owned(), vec!["{account}".to_owned()]),
            ("ArnLike", "aws:PrincipalArn".to_owned(), sets),
        ];
        let sid = format!("{verb} by permission sets");
        made.push(Draft { sid, allow: true, principals: Principals::Everybody, actions, conditions });
    }
    made
}

/// A text in which the key's own account stands as a placeholder.
fn own(text: &str, wanted: &Wanted) -> String {
    text.replace(&wanted.account, "{account}")
}

fn floor(days: u8) -> Draft {
    Draft {
        sid: "Keep the days in which a deletion can be cancelled".to_owned(),
        allow: false,
        principals: Principals::Everybody,
        actions: vec!["kms:ScheduleKeyDeletion".to_owned()],
        conditions: vec![(
            "NumericLessThan",
            "kms:ScheduleKeyDeletionPendingWindowInDays".to_owned(),
            vec![days.to_string()],
        )],
    }
}

impl Generated {
    /// As JSON, with the account written out.
    pub fn json(&self) -> String {
        let fill = |text: &str| self.filled(text, &self.account, &self.partition);
        serde_json::to_string_pretty(&written::policy(&self.drafts, &fill)).unwrap_or_default() + "\n"
    }

    /// As the `KeyPolicy` of a CloudFormation template, for whatever account it is deployed to.
    pub fn cloudformation(&self) -> String {
        written::yaml(&self.drafts, &|text| self.filled(text, "${AWS::AccountId}", "${AWS::Partition}"))
    }

    /// As Terraform: a policy document as a data source.
    pub fn terraform(&self) -> String {
        terraform::document(&self.drafts)
    }

    /// As Terraform: an expression for the `policy` of a key.
    pub fn terraform_jsonencode(&self) -> String {
        terraform::jsonencode(&self.drafts)
    }

    fn filled(&self, text: &str, account: &str, partition: &str) -> String {
        text.replace("{account}", account).replace("{partition}", partition)
    }
}

/// Conditions by operator, then key, as policies hold them.
pub(crate) fn by_operator(draft: &Draft) -> BTreeMap<&'static str, Vec<(&str, &[String])>> {
    let mut made: BTreeMap<&'static str, Vec<(&str, &[String])>> = BTreeMap::new();
    for (operator, key, values) in &draft.conditions {
        made.entry(operator).or_default().push((key, values));
    }
    made
}
