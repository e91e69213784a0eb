//! What is known of the key and of its surroundings when its policy is judged.

use std::collections::BTreeSet;

use crate::action::{Action, ActionSet};
use crate::policy::{Effect, Policy, PrincipalKind};

/// What is known beside the policy. What is `None` is unknown, and never taken for an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The account of the key: twelve digits.
    pub account: Option<String>,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: Option<String>,
    /// The region of the key.
    pub region: Option<String>,
    /// `KeySpec`, as KMS writes it.
    pub key_spec: Option<String>,
    /// `KeyUsage`, as KMS writes it.
    pub key_usage: Option<String>,
    /// `Origin`, as KMS writes it.
    pub origin: Option<String>,
    /// Whether it is a multi-Region key.
    pub multi_region: Option<bool>,
    /// Accounts and organisations that may be given access.
    pub trusted: Trusted,
    /// The ARN of who is going to save the policy.
    pub caller: Option<String>,
    /// Whether the root user of the account can be used; organisations often deny it.
    pub root_usable: Option<bool>,
    /// The ARNs of all roles and users that exist in the account, where they are known.
    pub existing: Option<BTreeSet<String>>,
}

/// Who outside the account may be given access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Account ids.
    pub accounts: BTreeSet<String>,
    /// Organisation ids: `o-…`.
    pub organizations: BTreeSet<String>,
}

impl Context {
    /// This context, with what the policy itself tells: an account that alone is delegated to is the key's own.
    #[must_use]
    pub fn derived(mut self, policy: &Policy) -> Self {
        if self.account.is_none() {
            self.account = own_account(policy);
        }
        if self.partition.is_none() {
            self.partition = own_partition(policy, self.region.as_deref());
        }
        self
    }

    /// Whether the account is the key's own or a trusted one.
    pub fn is_trusted(&self, account: &str) -> bool {
        self.account.as_deref() == Some(account) || self.trusted.accounts.contains(account)
    }
}

/// The one account whose root, or else whose principals, may change the policy.
fn own_account(policy: &Policy) -> Option<String> {
    let managing = policy.statements.iter().filter(|statement| {
        let actions = statement.actions.as_ref().map_or(ActionSet::EMPTY, |actions| actions.set());
        statement.effect.is_some_and(|effect| effect.value == Effect::Allow)
            && Action::named("PutKeyPolicy").is_some_and(|action| actions.has(action))
    });
    let principals = managing.filter_map(|statement| statement.principals.as_ref()).filter(|it| !it.negated);
    let mut roots = BTreeSet::new();
    let mut all = BTreeSet::new();
    for principal in principals.flat_map(|it| &it.items).filter(|it| it.kind == PrincipalKind::Aws) {
        let Some(text) = principal.text.literal() else { continue };
        let Some(account) = account_of(text) else { continue };
        if is_account_principal(text) {
            roots.insert(account);
        }
        all.insert(account);
    }
    let one = |accounts: &BTreeSet<&str>| match accounts.len() {
        1 => accounts.first().map(|it| (*it).to_owned()),
        _ => None,
    };
    if roots.is_empty() { one(&all) } else { one(&roots) }
}

fn own_partition(policy: &Policy, region: Option<&str>) -> Option<String> {
    if let Some(region) = region {
        let named = [("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")];
        let partition = named.iter().find(|(start, _)| region.starts_with(start)).map_or("aws", |(_, name)| name);
        return Some(partition.to_owned());
    }
    let principals = policy.statements.iter().filter_map(|statement| statement.principals.as_ref());
    let literals = principals.flat_map(|it| &it.items).filter_map(|it| it.text.literal());
    let partitions: BTreeSet<&str> = literals.filter_map(|text| text.strip_prefix("arn:")?.split(':').next()).collect();
    match partitions.len() {
        1 => partitions.first().map(|it| (*it).to_owned()),
        _ => None,
    }
}

/// The account that a principal belongs to: twelve digits, alone or as the fifth field of an ARN.
pub fn account_of(principal: &str) -> Option<&str> {
    let account = match principal.starts_with("arn:") {
        true => principal.split(':').nth(4)?,
        false => principal,
    };
    is_account_id(account).then_some(account)
}

/// Whether it is twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a principal is an account as a whole: `arn:aws:iam::111122223333:root`, or the digits alone, which mean the same.
pub fn is_account_principal(principal: &str) -> bool {
    is_account_id(principal)
        || account_of(principal).is_some() && principal.splitn(6, ':').nth(5).is_some_and(|resource| resource == "root")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_account_is_the_one_that_is_delegated_to() {
        let derive = |text: &str| crate::parse(text).map(|policy| Context::default().derived(&policy));
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws-cn:iam::444455556666:role/x"}, "Action": "kms:Decrypt", "Resource": "*"}]}"#;
        let context = derive(policy).unwrap();
        assert_eq!((context.account.as_deref(), context.partition.as_deref()), (Some("111122223333"), Some("aws-cn")));
        let two = policy.replace("role/x", "root").replace("kms:Decrypt", "kms:*");
        assert_eq!(derive(&two).unwrap().account, None, "two accounts could be it");
    }

    #[test]
    fn account_principals_come_in_two_forms() {
        assert!(is_account_principal("111122223333"));
        assert!(is_account_principal("arn:aws:iam::111122223333:root"));
        assert!(!is_account_principal("arn:aws:iam::111122223333:role/root"));
        assert!(!is_account_principal("arn:aws:iam::11112222333:root"));
        assert_eq!(account_of("arn:aws:sts::111122223333:assumed-role/a/b"), Some("111122223333"));
    }
}
