//! Decisions one by one, as documented.

use super::*;
use crate::setting::Setting;
use crate::{parse, rules};

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn decide(statements: &str, principal: &str, action: &str, context: &[(&str, &str)]) -> Judgement {
    let policy = parse(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#)).unwrap();
    let setting = Setting { account: Some(OWN.to_owned()), ..Setting::default() };
    let rules = rules::compile(&policy, &setting);
    let mut request = Request::new(principal, Action::named(action).unwrap());
    for (name, value) in context {
        request.set(name, value.split('|').map(str::to_owned).collect());
    }
    request.complete(&setting, Some("2026-11-22T00:00:00Z")).unwrap();
    judge(&Sources::of(&rules, Some(OWN)), &request)
}

fn decided(statements: &str, principal: &str, action: &str, context: &[(&str, &str)]) -> &'static str {
    decide(statements, principal, action, context).decision.name()
}

fn allow(principal: &str, action: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "{action}", "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

fn deny(principal: &str, action: &str, condition: &str) -> String {
    allow(principal, action, condition).replace("Allow", "Deny")
}

fn role(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

#[test]
fn the_account_principal_delegates_but_names_the_root_user() {
    let root = allow(&format!(r#"{{"AWS": "arn:aws:iam::{OWN}:root"}}"#), "kms:*", "");
    assert_eq!(decided(&root, &role(OWN, "r"), "Decrypt", &[]), "NEEDS_IAM");
    assert_eq!(decided(&root, &format!("arn:aws:iam::{OWN}:root"), "Decrypt", &[]), "ALLOW");
    assert_eq!(decided(&root, &role(OTHER, "r"), "Decrypt", &[]), "IMPLICIT_DENY");
    assert_eq!(decided(&root, "s3.amazonaws.com", "Decrypt", &[]), "IMPLICIT_DENY");
    assert_eq!(decided(&root, &role(OWN, "r"), "ListKeys", &[]), "IMPLICIT_DENY");
}

#[test]
fn names_are_enough_in_the_own_account_only() {
    let named = allow(&format!(r#"{{"AWS": ["{}", "{}"]}}"#, role(OWN, "r"), role(OTHER, "r")), "kms:*", "");
    assert_eq!(decided(&named, &role(OWN, "r"), "PutKeyPolicy", &[]), "ALLOW");
    assert_eq!(decided(&named, &role(OTHER, "r"), "Decrypt", &[]), "NEEDS_IAM");
    assert_eq!(decided(&named, &role(OTHER, "r"), "PutKeyPolicy", &[]), "IMPLICIT_DENY");
    assert_eq!(decided(&named, &role(OWN, "path/r"), "Decrypt", &[]), "IMPLICIT_DENY");
    assert_eq!(decided(&allow("\"*\"", "kms:*", ""), &role(OTHER, "x"), "Decrypt", &[]), "NEEDS_IAM");
}

#[test]
fn sessions_are_named_without_their_path() {
    let session = allow(&format!(r#"{{"AWS": "arn:aws:sts::{OWN}:assumed-role/r/me"}}"#), "kms:*", "");
    let caller = |session: &str| format!("arn:aws:sts::{OWN}:assumed-role/r/{session}");
    let arn = role(OWN, "some/path/r");
    assert_eq!(decided(&session, &caller("me"), "Decrypt", &[("aws:PrincipalArn", &arn)]), "ALLOW");
    assert_eq!(decided(&session, &caller("you"), "Decrypt", &[("aws:PrincipalArn", &arn)]), "IMPLICIT_DENY");
}

#[test]
fn a_deny_beats_every_allow() {
    let both = format!("{},{}", allow("\"*\"", "kms:*", ""), deny("\"*\"", "kms:D*", ""));
    let judged = decide(&both, &role(OWN, "r"), "Decrypt", &[]);
    assert_eq!(judged.decision, Decision::ExplicitDeny);
    assert_eq!(judged.deciding, [Place::Policy(1)]);
    assert_eq!(judged.others, [(Place::Policy(0), "it allows this, but a Deny beats every Allow".to_owned())]);
    assert_eq!(decided(&both, &role(OWN, "r"), "Encrypt", &[]), "ALLOW");
}

#[test]
fn not_principal_exempts_those_of_whom_all_identities_are_listed() {
    let except = |list: &str| {
        let deny =
            deny("X", "kms:*", "").replace("\"Principal\": X", &format!("\"NotPrincipal\": {{\"AWS\": [{list}]}}"));
        format!("{},{deny}", allow("\"*\"", "kms:*", ""))
    };
    let (account, arn) = (format!("\"{OWN}\""), format!("\"{}\"", role(OWN, "r")));
    let session = format!("\"arn:aws:sts::{OWN}:assumed-role/r/me\"");
    let caller = format!("arn:aws:sts::{OWN}:assumed-role/r/me");
    assert_eq!(decided(&except(&[account.clone(), arn.clone(), session].join(",")), &caller, "Sign", &[]), "ALLOW");
    assert_eq!(decided(&except(&[account.clone(), arn.clone()].join(",")), &caller, "Sign", &[]), "EXPLICIT_DENY");
    assert_eq!(decided(&except(&arn), &caller, "Sign", &[]), "EXPLICIT_DENY");
    assert_eq!(decided(&except(&account), &format!("arn:aws:iam::{OWN}:root"), "Sign", &[]), "ALLOW");
}

#[test]
fn conditions_hold_as_documented() {
    let holds = |condition: &str, context: &[(&str, &str)]| {
        decided(&allow("\"*\"", "kms:*", condition), &role(OWN, "r"), "CreateGrant", context) == "ALLOW"
    };
    assert!(holds(r#""StringEquals": {"AWS:PRINCIPALACCOUNT": ["1", "111122223333"]}"#, &[]));
    assert!(!holds(r#""StringEquals": {"aws:PrincipalOrgID": "o-1"}"#, &[]));
    assert!(holds(r#""StringNotEquals": {"aws:PrincipalOrgID": "o-1"}"#, &[]), "a missing key satisfies negation");
    assert!(holds(r#""StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}"#, &[]));
    assert!(!holds(r#""StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}"#, &[("aws:PrincipalOrgID", "o-2")]));
    assert!(
        holds(r#""Null": {"aws:PrincipalOrgID": true}"#, &[])
            && !holds(r#""Null": {"aws:PrincipalOrgID": "false"}"#, &[])
    );
    let all = r#""ForAllValues:StringEquals": {"kms:GrantOperations": ["Sign", "Verify"]}"#;
    assert!(holds(all, &[]) && holds(all, &[("kms:GrantOperations", "Sign")]));
    assert!(!holds(all, &[("kms:GrantOperations", "Sign|Decrypt")]));
    let any = r#""ForAnyValue:StringEquals": {"kms:GrantOperations": ["Sign"]}"#;
    assert!(!holds(any, &[]) && holds(any, &[("kms:GrantOperations", "Sign|Decrypt")]));
    let none = r#""ForAnyValue:StringNotEquals": {"kms:GrantOperations": ["Sign"]}"#;
    assert!(!holds(none, &[]) && holds(none, &[("kms:GrantOperations", "Sign|Decrypt")]));
    assert!(holds(r#""StringLike": {"aws:PrincipalArn": "arn:*/r"}"#, &[]));
    assert!(!holds(r#""ArnLike": {"aws:PrincipalArn": "arn:*/r"}"#, &[]));
    assert!(holds(
        r#""StringEquals": {"aws:PrincipalTag/t": "${aws:ResourceTag/t}"}"#,
        &[("aws:PrincipalTag/T", "x"), ("aws:ResourceTag/t", "x")]
    ));
    assert!(!holds(
        r#""StringEquals": {"aws:PrincipalTag/t": "${aws:ResourceTag/t}"}"#,
        &[("aws:PrincipalTag/t", "x")]
    ));
    assert!(holds(
        r#""StringLike": {"aws:PrincipalTag/t": "${aws:ResourceTag/t, 'x'}*"}"#,
        &[("aws:PrincipalTag/t", "xy")]
    ));
    assert!(holds(
        r#""DateLessThan": {"aws:CurrentTime": "2026-12-01"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}"#,
        &[("aws:SourceIp", "10.1.2.3")]
    ));
    assert!(holds("", &[]));
}

#[test]
fn a_grant_allows_within_its_constraints_and_a_deny_beats_it() {
    let policy = parse(&format!(r#"{{"Statement": [{}]}}"#, deny(r#"{"AWS": "*"}"#, "kms:Encrypt", ""))).unwrap();
    let rules = rules::compile(&policy, &Setting::default());
    let operations = [Action::named("Decrypt"), Action::named("Encrypt")].into_iter().flatten().collect();
    let subset = BTreeMap::from([("Team".to_owned(), "a".to_owned())]);
    let grants = [Grant { grantee: role(OWN, "r"), operations, context_subset: Some(subset), ..Grant::default() }];
    let sources = Sources { policy: &rules, ram: None, grants: &grants, owner: Some(OWN) };
    let ask = |action: &str, team: Option<&str>| {
        let mut request = Request::new(&role(OWN, "r"), Action::named(action).unwrap());
        if let Some(team) = team {
            request.set("kms:EncryptionContext:Team", vec![team.to_owned()]);
        }
        request.complete(&Setting::default(), None).unwrap();
        decision(&sources, &request)
    };
    assert_eq!(ask("Decrypt", Some("a")), Decision::Allow);
    assert_eq!(ask("Decrypt", None), Decision::ImplicitDeny);
    assert_eq!(ask("Encrypt", Some("a")), Decision::ExplicitDeny);
}
