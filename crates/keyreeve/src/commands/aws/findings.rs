//! `aws bootstrap --findings`: the role that imports findings of ours into each account's Security Hub, and may do nothing else.

use aws::import::IMPORT_ROLE;

use super::policy::{Place, Policy, Statement};
use super::template::{HERE, RoleOf, Trust, roles};

/// The role's template.
pub fn cloudformation(trust: &Trust) -> String {
    let role = RoleOf {
        logical: "Findings".to_owned(),
        name: IMPORT_ROLE.to_owned(),
        path: "/".to_owned(),
        description: "Imports findings of keyreeve into Security Hub".to_owned(),
        policy_name: "ImportFindings",
        policy: policy(HERE),
    };
    roles("The role with which keyreeve imports findings into Security Hub", &[role], trust)
}

/// Findings of the account's own product only: those of AWS's and of others are not ours to write.
fn policy(Place { partition, account }: Place<'_>) -> Policy {
    let product = format!("arn:{partition}:securityhub:*:{account}:product/{account}/default");
    Policy::new(vec![Statement::new("ImportFindings", vec!["securityhub:BatchImportFindings".to_owned()], product)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_may_import_findings_of_the_accounts_own_product_and_do_nothing_else() {
        let policy = policy(Place { partition: "aws", account: "111122223333" });
        let text = serde_json::to_string(&policy).expect("a policy");
        assert_eq!(text.matches("securityhub:BatchImportFindings").count(), 1);
        assert!(text.contains("arn:aws:securityhub:*:111122223333:product/111122223333/default"), "{text}");
        assert_eq!(text.matches("\"Effect\"").count(), 1);
    }
}
