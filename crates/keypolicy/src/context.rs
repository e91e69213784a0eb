//! What is known of the key and of its surroundings when its policy is judged.

use std::collections::BTreeSet;

use crate::setting::Setting;

/// What is known beside the policy. What is `None` is unknown, and never taken for an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// Whose key it is, what it is, and whom its owner trusts.
    pub key: Setting,
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
