//! KP020: a key for everybody.

use finding::Severity;

use crate::Verdict;
use crate::action::{DESTRUCTIVE, ESCALATING, REVEALING};
use crate::lint::{Case, Confidence, Lint, Report, example, words};
use crate::policy::Statement;
use crate::prove::open_to_all;

pub const LINT: Lint = Lint {
    id: "KP020",
    name: "public",
    severity: Severity::Critical,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "any AWS identity can use the key",
    page: "`\"Principal\": \"*\"` is everybody with an AWS account. Only a condition that binds the caller to an account, an organisation, a service's source or a network of yours makes less of it. `kms:ViaService`, an encryption context, `aws:SecureTransport`, `aws:PrincipalOrgID` under a negated or `…IfExists` operator do not: anybody can meet them from an account of their own.",
    bad: &[
        example(r#"{"Sid": "x", "Effect": "Allow", «"Principal": "*"», "Action": "kms:Decrypt", "Resource": "*"}"#),
        example(
            r#"{"Sid": "x", "Effect": "Allow", «"Principal": {"AWS": "*"}», "Action": "kms:DescribeKey", "Resource": "*", "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", «"Principal": "*"», "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringLike": {"kms:CallerAccount": "*"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-central-1.amazonaws.com"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/team/*"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abcdefghij/r-1234/*"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let for_everybody = |statement: &Statement| {
        let principals = statement.principals.as_ref().filter(|principals| !principals.negated);
        principals.is_some_and(|principals| principals.items.iter().any(|it| it.is_everybody()))
    };
    let asked: Vec<usize> = case
        .allowing()
        .filter(|(statement, facts)| for_everybody(statement) && !facts.actions.is_empty())
        .map(|(statement, _)| statement.index)
        .collect();
    for (index, proof) in open_to_all(case.rules(), &asked, &case.setting) {
        let Some((statement, facts)) = case.statements().nth(index) else { continue };
        let Some(principals) = &statement.principals else { continue };
        // What is not found out counts as what it looks like.
        if proof.verdict == Verdict::Proved || proof.verdict == Verdict::Unknown && !facts.reach.is_public() {
            continue;
        }
        let worst = [("take it over with", ESCALATING), ("destroy it with", DESTRUCTIVE), ("read with", REVEALING)];
        let worst = worst.iter().map(|(verb, set)| (verb, set.meet(facts.actions))).find(|(_, set)| !set.is_empty());
        let message = match worst {
            Some((verb, set)) => format!("anybody with an AWS account can {verb} {}", words::actions(set)),
            None => format!("anybody with an AWS account can call {}", words::actions(facts.actions)),
        };
        let help = match statement.conditions.is_empty() {
            true => {
                "name the principals, or bind them: `\"StringEquals\": {\"aws:PrincipalOrgID\": \"o-…\"}` or `{\"aws:PrincipalAccount\": \"…\"}`"
            }
            false => {
                "its conditions bind nobody: add `\"StringEquals\": {\"aws:PrincipalAccount\": \"…\"}` or `{\"aws:PrincipalOrgID\": \"o-…\"}`"
            }
        };
        report.add((principals.span, Some(statement)), message, help);
    }
}
