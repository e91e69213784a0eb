//! The IAM policies: of the role that reads an account, and of whoever assumes it.

use aws::Needs;
use aws::operation::{ASSUME_ROLE, About, Operation, Service};
use serde::Serialize;

/// An IAM policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    /// What is allowed; nothing is denied.
    pub statement: Vec<Statement>,
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// What it is for.
    pub sid: &'static str,
    effect: &'static str,
    /// Sorted.
    pub action: Vec<String>,
    /// On what.
    pub resource: String,
    /// Only where this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

/// A key of the request's that must be true or false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// `kms:GrantIsForAWSResource`.
    pub key: &'static str,
    /// `true` or `false`.
    pub value: &'static str,
}

impl Serialize for Condition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({ "Bool": { self.key: self.value } }).serialize(serializer)
    }
}

/// How a policy names what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// `aws`, or CloudFormation's word for it.
    pub partition: &'a str,
    /// The account, `*`, or CloudFormation's word for it.
    pub account: &'a str,
}

impl Policy {
    /// A policy of these, without those that allow nothing.
    pub fn new(statements: Vec<Statement>) -> Self {
        let statement = statements.into_iter().filter(|statement| !statement.action.is_empty()).collect();
        Self { version: "2012-10-17", statement }
    }

    /// What the role in each account may do: read its keys, and list its regions.
    pub fn of_reader(needs: Needs, place: Place<'_>) -> Self {
        Self::new(reading(needs, place))
    }

    /// What whoever starts keyreeve may do: list the organisation, assume the role in its accounts, read the own account.
    pub fn of_caller(needs: Needs, place: Place<'_>, role: &str) -> Self {
        let organization = actions(needs, |operation| operation.service == Service::Organizations);
        let mut statements = vec![
            Statement::new("ListTheOrganization", organization, "*".to_owned()),
            Statement::new(
                "AssumeTheReader",
                vec![ASSUME_ROLE.action()],
                format!("arn:{}:iam::*:role/{role}", place.partition),
            ),
        ];
        statements.extend(reading(needs, place));
        Self::new(statements)
    }
}

/// KMS has lists that are about no key, so that `*` is all that allows them; everything else is about keys of the account.
fn reading(needs: Needs, Place { partition, account }: Place<'_>) -> Vec<Statement> {
    let of_kms =
        |about: About| actions(needs, move |operation| operation.service == Service::Kms && operation.about == about);
    let regions = actions(needs, |operation| operation.service == Service::Account);
    vec![
        Statement::new("ListTheRegions", regions, "*".to_owned()),
        Statement::new("ListTheKeys", of_kms(About::Region), "*".to_owned()),
        Statement::new("ReadTheKeys", of_kms(About::Key), format!("arn:{partition}:kms:*:{account}:key/*")),
    ]
}

fn actions(needs: Needs, fits: impl Fn(&Operation) -> bool) -> Vec<String> {
    let mut actions: Vec<String> =
        needs.operations(true).filter(|operation| fits(operation)).map(Operation::action).collect();
    actions.sort_unstable();
    actions
}

impl Statement {
    /// These actions, on that.
    pub fn new(sid: &'static str, action: Vec<String>, resource: String) -> Self {
        Self { sid, effect: "Allow", action, resource, condition: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { partition: "aws-cn", account: "111122223333" };

    fn allowed(policy: &Policy) -> Vec<&str> {
        policy.statement.iter().flat_map(|statement| &statement.action).map(String::as_str).collect()
    }

    #[test]
    fn rotation_alone_needs_nothing_else() {
        let policy = Policy::of_reader(Needs::of_fields(["KeyRotationEnabled"]), PLACE);
        let actions =
            ["account:ListRegions", "kms:ListAliases", "kms:ListKeys", "kms:DescribeKey", "kms:GetKeyRotationStatus"];
        assert_eq!(allowed(&policy), actions);
        assert_eq!(policy.statement[2].resource, "arn:aws-cn:kms:*:111122223333:key/*");
    }

    #[test]
    fn only_the_caller_sees_the_organization_and_nobody_may_change_anything() {
        let needs = Needs::SNAPSHOT.and(Needs::of_fields(["Grants", "Rotations"]));
        let (reader, caller) = (Policy::of_reader(needs, PLACE), Policy::of_caller(needs, PLACE, "KeyreeveReader"));
        let (reads, calls) = (allowed(&reader), allowed(&caller));
        assert!(reads.iter().all(|action| calls.contains(action)));
        let more: Vec<_> = calls.iter().filter(|action| !reads.contains(action)).collect();
        assert!(
            more.iter().all(|action| action.starts_with("organizations:") || **action == "sts:AssumeRole"),
            "{more:?}"
        );
        let harmless = ["List", "Get", "Describe"];
        let name = |action: &&str| action.split(':').nth(1).unwrap_or_default().to_owned();
        assert!(reads.iter().all(|action| harmless.iter().any(|begin| name(action).starts_with(begin))), "{reads:?}");
    }
}
