//! Properties of known policies.

use super::*;
use crate::decide::{Decision, Sources, decision};
use crate::{parse, rules};

const OWN: &str = "111122223333";

fn setting() -> Setting {
    Setting { account: Some(OWN.to_owned()), ..Setting::default() }
}

fn policy(statements: &[&str]) -> Rules {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, statements.join(","));
    rules::compile(&parse(&text).unwrap(), &setting())
}

fn proof(property: &Property, statements: &[&str]) -> Proof {
    let rules = policy(statements);
    let proof = prove(&rules, &setting(), &Assumptions::default(), property);
    if let Some(witness) = &proof.witness {
        let decided = decision(&Sources::of(&rules, Some(OWN)), witness);
        assert!(decided.allows() || decided == Decision::ImplicitDeny, "{decided:?}");
        assert!(decided.allows(), "{}", witness.to_json());
    }
    proof
}

fn public(statements: &[&str]) -> &'static str {
    let proof = proof(&Property::NotPublic, statements);
    println!("{statements:?}\n  {} {}", proof.verdict.name(), proof.why);
    if let Some(witness) = &proof.witness {
        println!("  {}", witness.to_json());
    }
    proof.verdict.name()
}

const ROOT: &str = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;

fn everybody(condition: &str) -> String {
    format!(
        r#"{{"Effect": "Allow", "Principal": "*", "Action": ["kms:Decrypt", "kms:CreateGrant"], "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

#[test]
fn bounded_statements_are_proved_not_public() {
    assert_eq!(public(&[ROOT]), "PROVED");
    for condition in [
        r#""StringEquals": {"kms:CallerAccount": "111122223333"}"#,
        r#""StringEquals": {"aws:PrincipalOrgID": "o-abc123"}"#,
        r#""StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "o-abc123"}"#,
        r#""StringEqualsIgnoreCase": {"aws:SourceVpce": "vpce-0123456789abcdef0"}"#,
        r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc123/*"}"#,
        r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_A_*"}"#,
        r#""StringLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}"#,
        r#""StringEquals": {"aws:SourceAccount": "111122223333"}"#,
        r#""ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}"#,
        r#""StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}"#,
        r#""StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE123:*"}"#,
        r#""StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}"#,
        r#""StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}"#,
        r#""Bool": {"aws:SecureTransport": "false"}"#,
        r#""StringEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}, "StringLike": {"aws:PrincipalArn": "*"}"#,
    ] {
        assert_eq!(public(&[&everybody(condition)]), "PROVED", "{condition}");
    }
}

#[test]
fn unbounded_statements_are_refuted_with_a_stranger() {
    for condition in [
        "",
        r#""StringLike": {"kms:CallerAccount": "*"}"#,
        r#""StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}"#,
        r#""StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc123"}"#,
        r#""StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}"#,
        r#""ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-abc123/r-x/"}"#,
        r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*"}"#,
        r#""StringLike": {"aws:PrincipalArn": "*:role/Admin"}"#,
        r#""StringLike": {"aws:PrincipalArn": "arn:aws:iam::12*"}"#,
        r#""StringEquals": {"aws:username": "bob"}"#,
        r#""StringLike": {"aws:userid": "AROA*"}"#,
        r#""StringLike": {"aws:userid": "*:session"}"#,
        r#""StringLike": {"aws:SourceVpce": "vpce-*"}"#,
        r#""StringLike": {"aws:PrincipalOrgID": "o-*"}"#,
        r#""StringEquals": {"aws:ResourceOrgID": "o-abc123"}"#,
        r#""StringNotEquals": {"aws:ResourceOrgID": "o-abc123"}"#,
        r#""StringLike": {"aws:ResourceOrgID": "o-abc*"}"#,
        r#""IpAddress": {"aws:SourceIp": "0.0.0.0/0"}"#,
        r#""Null": {"aws:PrincipalOrgID": "true"}"#,
        r#""StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceTag/team}"}"#,
        r#""Bool": {"kms:GrantIsForAWSResource": true}"#,
        r#""StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:*"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}"#,
        r#""DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}"#,
    ] {
        assert_eq!(public(&[&everybody(condition)]), "REFUTED", "{condition}");
    }
    let except = r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}"#;
    assert_eq!(public(&[except]), "REFUTED");
    let describe = r#"{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:DescribeKey", "Resource": "*"}"#;
    assert_eq!(public(&[describe]), "REFUTED");
}

#[test]
fn denies_are_subtracted() {
    let deny = |condition: &str| {
        everybody(condition).replace("Allow", "Deny").replace(r#"["kms:Decrypt", "kms:CreateGrant"]"#, r#""kms:*""#)
    };
    let open = everybody("");
    assert_eq!(public(&[&open, &deny(r#""StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}"#)]), "PROVED");
    assert_eq!(public(&[&open, &deny(r#""StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-abc123"}"#)]), "PROVED");
    assert_eq!(public(&[&open, &deny(r#""StringEquals": {"aws:PrincipalOrgID": "o-abc123"}"#)]), "REFUTED");
    assert_eq!(
        public(&[
            &open,
            &deny(
                r#""StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}, "Bool": {"aws:PrincipalIsAWSService": "false"}"#
            )
        ]),
        "REFUTED",
        "any service of anybody is left"
    );
    let halves = [
        deny(r#""StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}, "Bool": {"aws:ViaAWSService": "true"}"#),
        deny(r#""StringNotEquals": {"aws:PrincipalOrgID": "o-abc123"}, "Bool": {"aws:ViaAWSService": "false"}"#),
    ];
    assert_eq!(public(&[&open, &halves[0], &halves[1]]), "PROVED");
    assert_eq!(public(&[&open, &halves[0]]), "REFUTED");
}

#[test]
fn what_is_open_is_unknown_only_where_it_matters() {
    let unknown_key = everybody(r#""StringEquals": {"aws:BrandNewKey": "x"}"#);
    assert_eq!(public(&[&unknown_key]), "UNKNOWN");
    let bounded = everybody(r#""StringEquals": {"aws:BrandNewKey": "x", "kms:CallerAccount": "111122223333"}"#);
    assert_eq!(public(&[&bounded]), "PROVED");
    let template = r#"{"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["Role", "Arn"]}}, "Action": "kms:*", "Resource": "*"}"#;
    assert_eq!(public(&[template]), "UNKNOWN");
    assert_eq!(public(&[template, &everybody("")]), "REFUTED");
}

const SSO: &str = r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_A_*"}"#;

fn named(role: &str, actions: &str) -> String {
    format!(r#"{{"Effect": "Allow", "Principal": {{"AWS": "{role}"}}, "Action": {actions}, "Resource": "*"}}"#)
}

fn role(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

#[test]
fn outside_access_is_found_through_accounts_and_through_services() {
    let outside = |statements: &[&str]| proof(&Property::NoOutsideAccess(ActionSet::ALL), statements).verdict.name();
    assert_eq!(outside(&[ROOT]), "PROVED");
    assert_eq!(outside(&[&named(&role("444455556666", "r"), r#""kms:Decrypt""#)]), "REFUTED");
    assert_eq!(outside(&[&named(&role("444455556666", "r"), r#""kms:PutKeyPolicy""#)]), "PROVED", "that has no effect");
    let service = |condition: &str| {
        format!(
            r#"{{"Effect": "Allow", "Principal": {{"Service": "cloudtrail.amazonaws.com"}}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {{{condition}}}}}"#
        )
    };
    assert_eq!(outside(&[&service("")]), "REFUTED");
    assert_eq!(outside(&[&service(r#""StringEquals": {"aws:SourceAccount": "111122223333"}"#)]), "PROVED");
    assert_eq!(
        outside(&[&service(r#""ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}"#)]),
        "PROVED"
    );
    assert_eq!(outside(&[&service(r#""ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}"#)]), "REFUTED");
    let both =
        r#""ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"}, "StringEquals": {"aws:SourceAccount": "111122223333"}"#;
    assert_eq!(outside(&[&service(both)]), "PROVED");
    // What a service writes into the encryption context names the resource for which it calls.
    let log_group = r#""ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-north-1:111122223333:*"}"#;
    assert_eq!(outside(&[&service(log_group)]), "PROVED");
    let anybody = r#""ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-north-1:*:*"}"#;
    assert_eq!(outside(&[&service(anybody)]), "REFUTED");
    let not_its_own = r#""ArnLike": {"kms:EncryptionContext:group": "arn:aws:logs:eu-north-1:111122223333:*"}"#;
    assert_eq!(outside(&[&service(not_its_own)]), "REFUTED");
    assert_eq!(outside(&[&everybody(r#""StringEquals": {"aws:PrincipalOrgID": "o-abc123"}"#)]), "REFUTED");

    let rules = policy(&[&everybody(r#""StringEquals": {"aws:PrincipalOrgID": "o-abc123"}"#)]);
    let trusting = Setting { trusted: ["o-abc123".to_owned()].into_iter().collect(), ..setting() };
    let all = Property::NoOutsideAccess(ActionSet::ALL);
    assert_eq!(prove(&rules, &trusting, &Assumptions::default(), &all).verdict, Verdict::Proved);
    let nameless = prove(
        &policy(&[&named(&role("444455556666", "r"), r#""kms:Decrypt""#)]),
        &Setting::default(),
        &Assumptions::default(),
        &all,
    );
    assert_eq!(nameless.verdict, Verdict::Unknown, "{}", nameless.why);
}

#[test]
fn an_account_in_a_unique_id_binds_as_an_account_does() {
    assert_eq!(public(&[&everybody(r#""StringEquals": {"aws:userid": "444455556666"}"#)]), "PROVED");
    assert_eq!(public(&[&everybody(r#""StringLike": {"aws:userid": "AROAEXAMPLEID12345678:*"}"#)]), "PROVED");
    assert_eq!(public(&[&everybody(r#""StringEquals": {"aws:userid": "444455556666:bob"}"#)]), "PROVED");
    assert_eq!(public(&[&everybody(r#""StringLike": {"aws:userid": "*:bob"}"#)]), "REFUTED");
}

#[test]
fn root_only_means_through_the_account() {
    let only = |statements: &[&str]| proof(&Property::RootOnly, statements).verdict.name();
    assert_eq!(only(&[ROOT]), "PROVED");
    assert_eq!(only(&[ROOT, &named(&role(OWN, "r"), r#""kms:Encrypt""#)]), "REFUTED");
    assert_eq!(only(&[ROOT, &everybody(r#""StringEquals": {"kms:CallerAccount": "111122223333"}"#)]), "REFUTED");
}

fn grade(statements: &[&str], assumptions: &Assumptions<'_>) -> &'static str {
    let proof = prove(&policy(statements), &setting(), assumptions, &Property::Manageable);
    println!("{statements:?} {}", proof.why);
    proof.grade.map_or(proof.verdict.name(), Grade::name)
}

#[test]
fn manageability_is_graded() {
    let put = r#"["kms:Put*", "kms:Get*"]"#;
    let (one, two) = (named(&role(OWN, "a"), put), named(&role(OWN, "b"), put));
    let nothing = Assumptions::default();
    assert_eq!(grade(&[ROOT], &nothing), "manageable");
    assert_eq!(grade(&[&one], &nothing), "fragile");
    assert_eq!(grade(&[&one, &two], &nothing), "manageable");
    assert_eq!(grade(&[&named(&role(OWN, "a"), r#""kms:Get*""#)], &nothing), "locked-out");
    assert_eq!(grade(&[&named(&role("444455556666", "a"), put)], &nothing), "locked-out");
    let sso = everybody(SSO).replace("kms:CreateGrant", "kms:Put*");
    assert_eq!(grade(&[&sso], &nothing), "fragile");
    let existing = ["1", "2"]
        .map(|id| format!("arn:aws:iam::{OWN}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_A_{id}"));
    let existing = BTreeSet::from(existing);
    assert_eq!(grade(&[&sso], &Assumptions { existing: Some(&existing), ..nothing.clone() }), "manageable");
    let deny = r#"{"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"}"#;
    assert_eq!(grade(&[ROOT, deny], &nothing), "locked-out");
    let root_user = ROOT.replace(
        r#""Resource""#,
        r#""Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:root"}}, "Resource""#,
    );
    assert_eq!(grade(&[&root_user], &nothing), "fragile");
    let usable = Assumptions { root_usable: Some(true), ..nothing };
    assert_eq!(grade(&[&root_user, &one], &usable), "manageable");
}

#[test]
fn one_caller_with_both_halves_is_found() {
    let separated = |statements: &[&str]| {
        let proof = proof(&Property::Separated, statements);
        println!("{}", proof.why);
        proof.verdict.name()
    };
    let admin = |name: &str| named(&role(OWN, name), r#"["kms:Put*", "kms:ScheduleKeyDeletion"]"#);
    let user = |name: &str| named(&role(OWN, name), r#"["kms:Decrypt", "kms:DescribeKey"]"#);
    assert_eq!(separated(&[ROOT]), "PROVED");
    assert_eq!(separated(&[ROOT, &admin("a"), &user("b")]), "PROVED");
    assert_eq!(separated(&[ROOT, &admin("a"), &user("a")]), "REFUTED");
    assert_eq!(separated(&[ROOT, &named(&role(OWN, "a"), r#""kms:*""#)]), "REFUTED");
    assert_eq!(separated(&[&admin("AWSReservedSSO_A_1"), &everybody(SSO)]), "PROVED");
    let path = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_A_1";
    assert_eq!(separated(&[&admin(path), &everybody(SSO)]), "REFUTED");
    let deny = format!(
        r#"{{"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": {{"ArnEquals": {{"aws:PrincipalArn": "{}"}}}}}}"#,
        role(OWN, "a")
    );
    assert_eq!(separated(&[&admin("a"), &user("a"), &deny]), "PROVED");
}

#[test]
fn the_cause_of_kms_5_is_named() {
    let cause = |statements: &[&str]| {
        let proof = proof(&Property::PassesKms5, statements);
        format!("{} {}", proof.verdict.name(), proof.why.split(':').next().unwrap_or_default())
    };
    assert!(cause(&[ROOT]).starts_with("PROVED"));
    assert_eq!(cause(&[&everybody(SSO)]), "REFUTED unresolvable condition");
    assert_eq!(cause(&[&everybody("")]), "REFUTED truly public");
    let fixed = everybody(&format!(r#"{SSO}, "StringEquals": {{"aws:PrincipalAccount": "111122223333"}}"#));
    assert!(cause(&[&fixed]).starts_with("PROVED"));
    assert_eq!(cause(&[&everybody(r#""StringLike": {"aws:PrincipalAccount": "*"}"#)]), "REFUTED truly public");
}

#[test]
fn what_says_two_things_at_once_is_not_relied_on() {
    let twice = r#"{"Effect": "Allow", "Principal": "*", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"}"#;
    assert_eq!(public(&[twice]), "UNKNOWN");
    let keys = everybody(r#""StringEquals": {"kms:CallerAccount": "111122223333", "KMS:CallerAccount": "*"}"#);
    assert_eq!(public(&[&keys]), "UNKNOWN");
    let resource =
        everybody("").replace(r#""Resource": "*""#, r#""Resource": "arn:aws:kms:eu-west-1:111122223333:key/*""#);
    assert_eq!(public(&[&resource]), "UNKNOWN");
    let effect = everybody("").replace("Allow", "allow");
    assert_eq!(public(&[ROOT, &effect]), "UNKNOWN");
    let operator = everybody(r#""StringMatches": {"aws:PrincipalAccount": "111122223333"}"#);
    assert_eq!(public(&[&operator]), "UNKNOWN");
}

/// The organisation that is named may be the key's own, whose other accounts are outside.
#[test]
fn an_organisation_named_beside_the_keys_own_is_not_proved_to_be_another() {
    let both = r#""StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}, "StringLike": {"aws:PrincipalOrgID": "o-abc123"}"#;
    let proof = proof(&Property::NoOutsideAccess(ActionSet::ALL), &[&everybody(both)]);
    assert_ne!(proof.verdict, Verdict::Proved);
}
