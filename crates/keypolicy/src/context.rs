//! What is known of the key and of its surroundings when its policy is judged.

use std::collections::BTreeSet;

use finding::is_account_id;

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
    /// Whether the key has a second policy, `AWS_RAM`, that AWS RAM manages.
    pub shared_by_ram: Option<bool>,
    /// The grants on the key, where they were read.
    pub grants: Vec<GrantFacts>,
    /// Whether the policy is saved with `BypassPolicyLockoutSafetyCheck`.
    pub bypass_lockout_check: Option<bool>,
}

/// What matters of a grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantFacts {
    /// Its id.
    pub id: String,
    /// Who may use it: an ARN or the name of a service.
    pub grantee: String,
    /// Who may retire it.
    pub retiring: Option<String>,
    /// The account that issued it: twelve digits, or AWS itself.
    pub issuer: Option<String>,
    /// What it gives.
    pub operations: crate::ActionSet,
    /// Its constraints as one text; `None` where it has none.
    pub constraints: Option<String>,
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
    /// Whether the account is the key's own or a trusted one.
    pub fn is_trusted(&self, account: &str) -> bool {
        self.account.as_deref() == Some(account) || self.trusted.accounts.contains(account)
    }
}

/// The account that a principal belongs to: twelve digits, alone or as the fifth field of an ARN.
pub fn account_of(principal: &str) -> Option<&str> {
    if is_account_id(principal) { Some(principal) } else { crate::request::account_of(principal) }
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
    fn account_principals_come_in_two_forms() {
        assert!(is_account_principal("111122223333"));
        assert!(is_account_principal("arn:aws:iam::111122223333:root"));
        assert!(!is_account_principal("arn:aws:iam::111122223333:role/root"));
        assert!(!is_account_principal("arn:aws:iam::11112222333:root"));
        assert_eq!(account_of("arn:aws:sts::111122223333:assumed-role/a/b"), Some("111122223333"));
    }
}
