//! What is read, and what is found on the way.

use super::parse;
use crate::action::{Action, ActionSet};
use crate::policy::{ActionForm, Effect, FaultKind, PrincipalKind, Version};
use crate::text::{Piece, Template};

const DEFAULT: &str = r#"{"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{"Sid": "Enable IAM User Permissions",
  "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}]}"#;

#[test]
fn the_default_policy_is_understood_without_faults() {
    let policy = parse(DEFAULT).unwrap();
    assert_eq!(policy.faults, []);
    assert_eq!(policy.version.unwrap().value, Version::V2012);
    let [statement] = &policy.statements[..] else { panic!("one statement") };
    assert_eq!(statement.effect.unwrap().value, Effect::Allow);
    let principals = statement.principals.as_ref().unwrap();
    assert!(!principals.negated);
    assert_eq!(principals.items[0].kind, PrincipalKind::Aws);
    assert_eq!(principals.items[0].text.literal(), Some("arn:aws:iam::111122223333:root"));
    assert_eq!(principals.items[0].text.span.slice(DEFAULT), r#""arn:aws:iam::111122223333:root""#);
    assert_eq!(statement.actions.as_ref().unwrap().set(), ActionSet::ALL);
    assert!(statement.resources.as_ref().unwrap().is_this_key());
    assert_eq!(statement.sid.as_ref().unwrap().literal(), Some("Enable IAM User Permissions"));
}

#[test]
fn pasted_forms_are_read() {
    let text = "{ 'Version': '2012-10-17', 'Statement': [ { 'Effect': 'Allow',
        'Principal': { 'AWS': { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:root' } },
        'Action': ['kms:Create*', 'kms>Delete*', 'kms:ReEncrypt', 's3:GetObject'], 'Resource': '*', 'Condition': {
          'ArnLike': { 'aws:PrincipalArn': !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Name}', }, }, }, ], }";
    let policy = parse(text).unwrap();
    assert_eq!(policy.faults, []);
    let statement = &policy.statements[0];
    let principal = &statement.principals.as_ref().unwrap().items[0].text;
    assert!(principal.pieces.contains(&Piece::Template(Template::Account)));
    assert_eq!(principal.raw, "arn:aws:iam::${AWS::AccountId}:root");
    let actions = &statement.actions.as_ref().unwrap().items;
    let forms: Vec<ActionForm> = actions.iter().map(|action| action.form).collect();
    assert_eq!(forms, [ActionForm::Kms, ActionForm::Malformed, ActionForm::Kms, ActionForm::OtherService]);
    assert!(actions[0].set.has(Action::named("CreateGrant").unwrap()));
    let value = &statement.conditions[0].values[0];
    assert_eq!(value.unknown(), Some("${Name}"));
    assert!(value.span.slice(text).contains("arn:"), "{}", value.span.slice(text));
}

#[test]
fn block_yaml_joins_references_and_numbers_are_read() {
    let text = "Statement:\n  Effect: Allow\n  Principal:\n    AWS:\n      - 111122223333\n      - !Join [':', ['arn:aws:iam:', !Ref 'AWS::AccountId', root]]\n      - !GetAtt Role.Arn\n  Action: kms:Decrypt\n  Resource: '*'\n  Condition:\n    Bool:\n      kms:GrantIsForAWSResource: true\n";
    let policy = parse(text).unwrap();
    assert_eq!(policy.faults, []);
    let items = &policy.statements[0].principals.as_ref().unwrap().items;
    assert!(items[0].text.not_a_string);
    assert_eq!(items[0].text.literal(), Some("111122223333"));
    assert_eq!(items[1].text.pieces.len(), 3);
    assert_eq!(items[2].text.unknown(), Some("!GetAtt Role.Arn"));
    assert_eq!(policy.statements[0].conditions[0].values[0].literal(), Some("true"));
}

fn faults(text: &str) -> Vec<(FaultKind, &str)> {
    let policy = parse(text).unwrap();
    policy.faults.into_iter().map(|fault| (fault.kind, fault.span.slice(text))).collect()
}

#[test]
fn faults_point_at_their_place() {
    assert_eq!(
        faults(r#"{"Statement": [{"Effect": "allow", "Principal": "x", "action": "kms:*", "Resource": "*"}]}"#),
        [
            (FaultKind::WrongValue, r#""allow""#),
            (FaultKind::WrongValue, r#""x""#),
            (FaultKind::Unknown, r#""action""#),
            (FaultKind::Missing, r#"{"Effect": "allow", "Principal": "x", "action": "kms:*", "Resource": "*"}"#),
        ]
    );
    let conditions = r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition":
        {"StringEquals": {"aws:userid": "a", "AWS:UserId": "b"}, "StringIs": {"aws:x": "1"}}, "Effect": "Deny"}}"#;
    assert_eq!(
        faults(conditions),
        [
            (FaultKind::Repeated, r#""Effect""#),
            (FaultKind::Operator, r#""StringIs""#),
            (FaultKind::RepeatedKey, r#""AWS:UserId""#),
        ]
    );
    let policy = parse(conditions).unwrap();
    let repeated: Vec<bool> = policy.statements[0].conditions.iter().map(|it| it.repeated).collect();
    assert_eq!(repeated, [true, true, false]);
}

#[test]
fn what_is_no_policy_is_refused_with_its_place() {
    assert_eq!(parse("[1]").unwrap_err().message, "a key policy is an object, this is a list");
    let error = parse("{\"Version\": \"2012-10-17\"}").unwrap_err();
    assert!(error.message.contains("needs a `Statement`"), "{error}");
    let error = parse("{\"Statement\": [\n}").unwrap_err();
    assert!(error.span.start >= 15, "{error:?}");
    let error = parse(&" ".repeat(131_073)).unwrap_err();
    assert!(error.message.contains("131072"), "{error}");
}
