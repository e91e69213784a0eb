//! The steps of a plan, on keys that answer as they are told.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::ports::KeyCall;

const KEY: &str = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// A key that is changed by each call, as seen after so many further looks; and what the call answers.
struct Fake {
    key: Mutex<Value>,
    answer: Result<(), Failure>,
    takes: bool,
    late: Mutex<u32>,
    calls: Mutex<u32>,
}

impl Fake {
    fn of(key: Value) -> Self {
        Self { key: Mutex::new(key), answer: Ok(()), takes: true, late: Mutex::new(0), calls: Mutex::new(0) }
    }

    fn failing(failure: Failure, takes: bool) -> Self {
        Self { answer: Err(failure), takes, ..Self::of(plain()) }
    }

    fn calls(&self) -> u32 {
        *self.calls.lock().unwrap()
    }
}

fn plain() -> Value {
    json!({ "ResourceType": "AWS.KMS.Key", "Arn": KEY, "KeyState": "Enabled", "KeyRotationEnabled": false, "Tags": {} })
}

impl Keys for Fake {
    fn read<'a>(&'a self, _: &'a str) -> Reply<'a, Option<String>> {
        let mut key = self.key.lock().unwrap().clone();
        let mut late = self.late.lock().unwrap();
        if self.calls() > 0 && *late > 0 {
            *late -= 1;
            key["KeyRotationEnabled"] = json!(false);
        }
        Box::pin(async move { Ok((!key.is_null()).then(|| key.to_string())) })
    }

    fn change<'a>(&'a self, call: &'a KeyCall) -> Reply<'a, ()> {
        *self.calls.lock().unwrap() += 1;
        if self.takes {
            self.key.lock().unwrap()["KeyRotationEnabled"] = json!(call.operation == "EnableKeyRotation");
        }
        Box::pin(async { self.answer.clone() })
    }
}

struct Now;

impl Pause for Now {
    fn pause(&self, _: Duration) -> Reply<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

struct Written(Result<u32, String>);

impl Before for Written {
    fn about_to_call(&mut self, _: &Step) -> Result<(), String> {
        self.0 = Ok(self.0.clone()? + 1);
        Ok(())
    }
}

fn call(operation: &str, said: &[(&str, Value)]) -> KeyCall {
    let mut parameters: BTreeMap<String, Value> =
        said.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    parameters.insert("KeyId".to_owned(), json!(KEY));
    KeyCall { account_id: "111122223333".into(), region: "eu-north-1".into(), operation: operation.into(), parameters }
}

fn rotation() -> Step {
    let undo = Some(call("DisableKeyRotation", &[]));
    let call = call("EnableKeyRotation", &[("RotationPeriodInDays", json!(365))]);
    Step { key: KEY.to_owned(), call, undo, by_hand: None }
}

async fn made(keys: &Fake, written: &mut Written) -> Outcome {
    make(keys, &rotation(), &Settings::default(), Patience::default(), &Now, written).await
}

#[tokio::test]
async fn what_is_so_already_is_not_called_and_what_was_made_is_believed_when_it_is_seen() {
    let mut written = Written(Ok(0));
    let fake = Fake { late: Mutex::new(3), ..Fake::of(plain()) };
    assert_eq!(made(&fake, &mut written).await, Outcome::Verified);
    assert_eq!(made(&fake, &mut written).await, Outcome::Already);
    assert_eq!((fake.calls(), written.0), (1, Ok(1)));
    let late = Fake { late: Mutex::new(100), ..Fake::of(plain()) };
    assert!(matches!(made(&late, &mut Written(Ok(0))).await, Outcome::NotSeen(how) if how.contains("false")));
}

#[tokio::test]
async fn a_call_whose_fate_is_unknown_is_looked_for_and_never_repeated() {
    let lost = || Failure::unknown("TimeoutError EnableKeyRotation");
    let done = Fake::failing(lost(), true);
    assert_eq!(made(&done, &mut Written(Ok(0))).await, Outcome::Verified);
    let not_done = Fake::failing(lost(), false);
    assert!(matches!(made(&not_done, &mut Written(Ok(0))).await, Outcome::Unknown(_)));
    assert_eq!((done.calls(), not_done.calls()), (1, 1));
}

#[tokio::test]
async fn a_refusal_says_what_it_means() {
    let denied = Fake::failing(Failure::never("AccessDeniedException EnableKeyRotation: key policy"), false);
    let Outcome::Refused { treatment, .. } = made(&denied, &mut Written(Ok(0))).await else { panic!("not refused") };
    assert_eq!(treatment, "team fix");
}

#[tokio::test]
async fn nothing_is_called_on_a_key_of_code_or_one_whose_tags_nobody_knows_or_without_a_record_of_the_way_back() {
    let mut owned = plain();
    owned["Tags"] = json!({ "aws:cloudformation:stack-name": "prod" });
    let mut untold = plain();
    untold["Unknown"] = json!({ "Tags": { "operation": "ListResourceTags", "code": "AccessDeniedException" } });
    for key in [owned, untold, Value::Null] {
        let fake = Fake::of(key);
        assert!(matches!(made(&fake, &mut Written(Ok(0))).await, Outcome::Refused { .. }));
        assert_eq!(fake.calls(), 0);
    }
    let fake = Fake::of(plain());
    let outcome = made(&fake, &mut Written(Err("the disk is full".to_owned()))).await;
    assert!(matches!(outcome, Outcome::Refused { what, .. } if what.contains("the disk is full")));
    assert_eq!(fake.calls(), 0);
}

#[test]
fn a_key_is_as_a_call_makes_it_or_it_is_said_how_it_is() {
    let key = json!({
        "KeyState": "Disabled", "Description": "x", "Aliases": ["alias/a"], "Tags": { "team": "a" },
        "KeyRotationEnabled": true, "RotationPeriodInDays": 180, "Grants": [{ "GrantId": "g" }],
        "Policy": r#"{"Statement":[{"Action":["kms:B","kms:A"],"Effect":"Allow"}]}"#,
        "Unknown": { "NextRotationDate": { "operation": "GetKeyRotationStatus", "code": "X" } },
    })
    .to_string();
    let policy = json!(r#"{"Statement":{"Effect":"Allow","Action":["kms:A","kms:B"]}}"#);
    let tag = |value: &str| json!([{ "TagKey": "team", "TagValue": value }]);
    let table: &[(&str, &str, Value, bool)] = &[
        ("EnableKeyRotation", "RotationPeriodInDays", json!(180), true),
        ("EnableKeyRotation", "RotationPeriodInDays", json!(365), false),
        ("DisableKeyRotation", "x", Value::Null, false),
        ("CancelKeyDeletion", "x", Value::Null, true),
        ("EnableKey", "x", Value::Null, false),
        ("DisableKey", "x", Value::Null, true),
        ("UpdateKeyDescription", "Description", json!("x"), true),
        ("CreateAlias", "AliasName", json!("alias/b"), false),
        ("DeleteAlias", "AliasName", json!("alias/b"), true),
        ("TagResource", "Tags", tag("a"), true),
        ("TagResource", "Tags", tag("b"), false),
        ("UntagResource", "TagKeys", json!(["team"]), false),
        ("UntagResource", "TagKeys", json!(["other"]), true),
        ("PutKeyPolicy", "Policy", policy, true),
        ("RevokeGrant", "GrantId", json!("g"), false),
        ("RevokeGrant", "GrantId", json!("h"), true),
    ];
    for (operation, name, value, so) in table {
        let standing = standing(&call(operation, &[(name, value.clone())]), Some(&key));
        assert_eq!(standing == Standing::Done, *so, "{operation} {value}: {standing:?}");
        assert!(!matches!(standing, Standing::Unclear(_)), "{operation}: {standing:?}");
    }
    let unknown = json!({ "Unknown": { "KeyState": { "operation": "DescribeKey", "code": "X" } } }).to_string();
    assert!(matches!(standing(&call("EnableKey", &[]), Some(&unknown)), Standing::Unclear(_)));
    assert_eq!(standing(&call("EnableKey", &[]), None), Standing::Gone);
}
