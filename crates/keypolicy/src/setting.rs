//! Whose key it is and whom its owner trusts: what a policy alone does not say.

use crate::Action;
use crate::policy::{Effect, Policy, PrincipalKind};
use crate::text::{Piece, Template, Text};
use finding::is_account_id;
use std::collections::BTreeSet;

/// Whose key it is and whom its owner trusts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Setting {
    /// The account of the key.
    pub account: Option<String>,
    /// The partition; `aws` unless told or seen.
    pub partition: Option<String>,
    /// The region of the key.
    pub region: Option<String>,
    /// `SYMMETRIC_DEFAULT` …
    pub key_spec: Option<String>,
    /// `ENCRYPT_DECRYPT` …
    pub key_usage: Option<String>,
    /// `AWS_KMS` …
    pub origin: Option<String>,
    /// Whether it is a multi-Region key.
    pub multi_region: Option<bool>,
    /// Who outside the account may be given access.
    pub trusted: Trusted,
    /// How the account came to be known.
    pub account_origin: Origin,
}

/// Who outside the account may be given access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Account ids.
    pub accounts: BTreeSet<String>,
    /// Organisation ids: `o-…`.
    pub organizations: BTreeSet<String>,
}

impl FromIterator<String> for Trusted {
    /// Organisations begin with `o-`; what does not is an account.
    fn from_iter<I: IntoIterator<Item = String>>(ids: I) -> Self {
        let (organizations, accounts) = ids.into_iter().partition(|id| id.starts_with("o-"));
        Self { accounts, organizations }
    }
}

/// How something came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// Told by the user.
    #[default]
    Given,
    /// The policy gives the root of just this account PutKeyPolicy, which has an effect for the own account only.
    Policy,
    /// `${AWS::AccountId}`: an account that stands nowhere in the policy stands for it.
    Symbol,
}

impl Setting {
    /// The setting with what the policy shows: its partition, and the account whose root may put the policy.
    #[must_use]
    pub fn completed(mut self, policy: &Policy) -> Self {
        if self.partition.is_none() {
            self.partition = seen_partition(policy);
        }
        if self.account.is_none() {
            if let Some(account) = managing_account(policy) {
                self.account = Some(account);
                self.account_origin = Origin::Policy;
            } else if uses_own_account(policy) {
                self.account = Some(unused_account(policy));
                self.account_origin = Origin::Symbol;
            }
        }
        self
    }

    /// Whether the account is the key's own or a trusted one.
    pub fn is_trusted(&self, account: &str) -> bool {
        self.account.as_deref() == Some(account) || self.trusted.accounts.contains(account)
    }

    /// The partition: `aws` unless it is known.
    pub fn partition_name(&self) -> &str {
        self.partition.as_deref().unwrap_or("aws")
    }

    /// What a template fills in; `None` where it is not known.
    pub fn fill(&self, template: &Template) -> Option<String> {
        match template {
            Template::Account => self.account.clone(),
            Template::Partition => Some(self.partition_name().to_owned()),
            Template::Region => self.region.clone(),
            Template::UrlSuffix => Some(match self.partition_name() {
                "aws-cn" => "amazonaws.com.cn".to_owned(),
                _ => "amazonaws.com".to_owned(),
            }),
            Template::Unknown(_) => None,
        }
    }
}

/// Every string of a policy's principals and conditions.
pub(crate) fn texts(policy: &Policy) -> impl Iterator<Item = &Text> {
    policy.statements.iter().flat_map(|statement| {
        let principals = statement.principals.iter().flat_map(|it| it.items.iter().map(|item| &item.text));
        principals.chain(statement.conditions.iter().flat_map(|condition| condition.values.iter()))
    })
}

fn seen_partition(policy: &Policy) -> Option<String> {
    texts(policy).find_map(|text| {
        let partition = text.raw.strip_prefix("arn:")?.split(':').next()?;
        partition.starts_with("aws").then(|| partition.to_owned())
    })
}

/// The one account whose root an Allow gives PutKeyPolicy; `None` where there are several.
fn managing_account(policy: &Policy) -> Option<String> {
    let put = Action::named("PutKeyPolicy")?;
    let mut found = BTreeSet::new();
    for statement in &policy.statements {
        let gives = statement.effect.is_some_and(|effect| effect.value == Effect::Allow)
            && statement.actions.as_ref().is_some_and(|actions| actions.set().has(put));
        let Some(principals) = statement.principals.as_ref().filter(|it| gives && !it.negated) else { continue };
        for principal in principals.items.iter().filter(|it| it.kind == PrincipalKind::Aws) {
            if principal.text.pieces.contains(&Piece::Template(Template::Account)) {
                return None;
            }
            found.extend(principal.text.literal().and_then(account_principal).map(str::to_owned));
        }
    }
    if found.len() == 1 { found.pop_first() } else { None }
}

/// The account that a principal belongs to: twelve digits, alone or as the fifth field of an ARN.
pub fn account_of(principal: &str) -> Option<&str> {
    if is_account_id(principal) { Some(principal) } else { crate::request::account_of(principal) }
}

/// The account of an account principal: `111122223333` or `arn:aws:iam::111122223333:root`, which mean the same.
pub fn account_principal(text: &str) -> Option<&str> {
    if is_account_id(text) {
        return Some(text);
    }
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", _, "iam", "", account, "root"] if is_account_id(account) => Some(account),
        _ => None,
    }
}

fn uses_own_account(policy: &Policy) -> bool {
    texts(policy).any(|text| text.pieces.contains(&Piece::Template(Template::Account)))
}

/// An account number that stands nowhere in the policy.
fn unused_account(policy: &Policy) -> String {
    let used: BTreeSet<&str> = texts(policy).flat_map(|text| digits(&text.raw)).collect();
    let candidates =
        (0..=9).map(|digit: u8| format!("{digit}").repeat(12)).chain((0..).map(|n: u64| format!("9{n:011}")));
    candidates.skip(1).find(|account| !used.contains(account.as_str())).unwrap_or_default()
}

/// The runs of twelve digits in a text.
pub(crate) fn digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(principal: &str) -> Setting {
        let text = format!(
            r#"{{"Statement": [{{"Effect": "Allow", "Principal": {{"AWS": {principal}}}, "Action": "kms:*", "Resource": "*"}}]}}"#
        );
        Setting::default().completed(&crate::parse(&text).unwrap())
    }

    #[test]
    fn account_principals_come_in_two_forms() {
        assert_eq!(account_principal("111122223333"), Some("111122223333"));
        assert_eq!(account_principal("arn:aws:iam::111122223333:root"), Some("111122223333"));
        assert_eq!(account_principal("arn:aws:iam::111122223333:role/root"), None);
        assert_eq!(account_principal("arn:aws:iam::11112222333:root"), None);
        assert_eq!(account_of("arn:aws:sts::111122223333:assumed-role/a/b"), Some("111122223333"));
    }

    #[test]
    fn the_account_is_the_one_whose_root_may_put_the_policy() {
        let setting = completed(r#""arn:aws-cn:iam::111122223333:root""#);
        assert_eq!((setting.account.as_deref(), setting.account_origin), (Some("111122223333"), Origin::Policy));
        assert_eq!(setting.partition_name(), "aws-cn");
        assert_eq!(completed(r#"["111122223333", "444455556666"]"#).account, None);
        let symbolic = completed(r#""arn:aws:iam::${AWS::AccountId}:root", "Service": "arn:aws:iam::111111111111:x""#);
        assert_eq!((symbolic.account.as_deref(), symbolic.account_origin), (Some("222222222222"), Origin::Symbol));
        assert_eq!(completed(r#""arn:aws:iam::111122223333:role/x""#).account, None);
    }
}
