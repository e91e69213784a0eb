//! `keypolicy decide`, `prove` and `diff`, as a user runs them.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "others read files of the repository")]
mod common;

use std::fs;
use std::path::Path;

use common::{Run, run};
use serde_json::{Value, json};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = json!({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"});
    let everybody =
        json!({"Sid": "open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"});
    let unknown = json!({"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringEquals": {"aws:BrandNew": "x"}}});
    let policy = |statements: Value| json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    let request = json!({"principal": "arn:aws:iam::111122223333:role/app", "action": "kms:Decrypt"}).to_string();
    let files = [
        ("root.json", policy(json!([root]))),
        ("open.json", policy(json!([root, everybody]))),
        ("new.json", policy(json!([root, unknown]))),
        ("request.json", request),
        ("broken.json", "{\"Version\": \"2012-10-17\",\n \"Statement\": [}".to_owned()),
        ("badrequest.json", "{\"principal\": \"s3.amazonaws.com\",\n \"action\": \"kms:Nothing\"}".to_owned()),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

fn json_of(folder: &Path, arguments: &[&str]) -> (Run, Value) {
    let all: Vec<&str> = std::iter::once("keypolicy").chain(arguments.iter().copied()).chain(["-f", "json"]).collect();
    let ended = run(folder, &all);
    let value = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {} {}", ended.out, ended.err));
    (ended, value)
}

#[test]
fn verdicts_and_exit_statuses_are_those_of_the_documentation() {
    let folder = folder();
    let at = folder.path();
    let (ended, proof) = json_of(at, &["prove", "root.json", "--preset", "not-public"]);
    assert_eq!((ended.code, &proof["verdict"], &proof["witness"]), (Some(0), &json!("PROVED"), &Value::Null));
    let (ended, proof) = json_of(at, &["prove", "open.json", "--preset", "not-public"]);
    assert_eq!((ended.code, &proof["verdict"]), (Some(1), &json!("REFUTED")));
    assert_eq!(proof["statements"][0]["sid"], "open");
    fs::write(at.join("witness.json"), proof["witness"].to_string()).expect("a file");
    let (ended, decided) = json_of(at, &["decide", "open.json", "--request", "witness.json"]);
    assert_eq!((ended.code, &decided["decision"]), (Some(0), &json!("NEEDS_IAM")), "the witness is confirmed");
    let (ended, decided) = json_of(at, &["decide", "root.json", "--request", "witness.json"]);
    assert_eq!((ended.code, &decided["decision"]), (Some(1), &json!("IMPLICIT_DENY")));
    let (ended, proof) = json_of(at, &["prove", "new.json", "--preset", "not-public"]);
    assert_eq!((ended.code, &proof["verdict"]), (Some(4), &json!("UNKNOWN")));
    assert!(proof["why"].as_str().is_some_and(|why| why.contains("aws:BrandNew")), "{proof}");
    let (ended, proof) = json_of(at, &["prove", "root.json", "--preset", "manageable"]);
    assert_eq!((ended.code, &proof["grade"]), (Some(0), &json!("manageable")));
    let (ended, proof) = json_of(at, &["prove", "open.json", "--account", "111122223333", "--action", "kms:Encrypt"]);
    assert_eq!((ended.code, &proof["verdict"]), (Some(0), &json!("PROVED")));
}

#[test]
fn differences_come_with_a_request_for_each_direction() {
    let folder = folder();
    let at = folder.path();
    let (ended, found) = json_of(at, &["diff", "root.json", "root.json"]);
    assert_eq!((ended.code, &found["relation"], &found["gained"]), (Some(0), &json!("EQUAL"), &Value::Null));
    let (ended, found) = json_of(at, &["diff", "root.json", "open.json"]);
    assert_eq!((ended.code, &found["relation"], &found["lost"]), (Some(1), &json!("WIDER"), &Value::Null));
    assert_eq!(found["gained"]["action"], "kms:Decrypt");
    assert_eq!(found["gained_by"]["allowed_by"]["index"], 1);
}

#[test]
fn errors_name_file_line_and_column() {
    let folder = folder();
    let ended = run(folder.path(), &["keypolicy", "prove", "broken.json", "--preset", "not-public"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("broken.json:2:"), "{}", ended.err);
    let ended = run(folder.path(), &["keypolicy", "decide", "root.json", "--request", "badrequest.json"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("badrequest.json:2:12: KMS has no action `kms:Nothing`"), "{}", ended.err);
    let ended = run(folder.path(), &["keypolicy", "prove", "root.json"]);
    assert_eq!(ended.code, Some(2));
}

#[test]
fn a_short_request_is_completed_and_explained() {
    let folder = folder();
    let ended = run(folder.path(), &["keypolicy", "decide", "open.json", "--request", "request.json", "-q"]);
    assert_eq!(ended.code, Some(0));
    assert!(ended.out.starts_with("ALLOW: the key policy is enough\n  by statement 2 \"open\""), "{}", ended.out);
}

#[test]
fn lint_points_at_the_byte_and_fixes_only_what_changes_nothing() {
    let folder = folder();
    let policy = json!({"Version": "2008-10-17", "Statement": [
        {"Sid": "root", "Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "app", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms>Decrypt", "Resource": "*"},
    ]})
    .to_string();
    fs::write(folder.path().join("old.json"), &policy).expect("a file");
    let (ended, found) = json_of(folder.path(), &["lint", "old.json"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let malformed = found["findings"].as_array().into_iter().flatten().find(|it| it["detection_id"] == "KP001");
    let start = malformed.expect("the malformed action")["location"]["start"].clone();
    assert_eq!(start["column"], policy.find("\"kms>Decrypt\"").map_or(0, |at| at + 1), "{start}");

    run(folder.path(), &["keypolicy", "lint", "old.json", "--fix", "--fail-on", "none"]);
    let mended = fs::read_to_string(folder.path().join("old.json")).expect("the file");
    assert_eq!(mended, policy.replace("2008-10-17", "2012-10-17"), "only the version is safe to change");
    run(folder.path(), &["keypolicy", "lint", "old.json", "--fix", "--unsafe-fixes", "--fail-on", "none"]);
    let mended = fs::read_to_string(folder.path().join("old.json")).expect("the file");
    assert!(mended.contains("kms:Decrypt"), "{mended}");
}

#[test]
fn lint_judges_the_others_when_one_file_is_broken() {
    let folder = folder();
    let ended = run(folder.path(), &["keypolicy", "lint", "broken.json", "open.json", "-f", "concise"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.out.contains("KP020"), "{}", ended.out);
    assert!(ended.err.contains("broken.json") && ended.err.contains("2:16"), "{}", ended.err);
}

#[test]
fn generate_writes_what_prove_confirms() {
    let folder = folder();
    let admin = "permission-set:KeyAdministrator";
    let arguments = [
        "keypolicy",
        "generate",
        "--account",
        "111122223333",
        "--admin",
        admin,
        "--service",
        "cloudtrail",
        "--deletion-floor",
        "30",
    ];
    let ended = run(folder.path(), &arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    fs::write(folder.path().join("made.json"), &ended.out).expect("a file");
    let (proved, verdict) = json_of(folder.path(), &["prove", "made.json", "--preset", "not-public"]);
    assert_eq!((proved.code, &verdict["verdict"]), (Some(0), &json!("PROVED")));
    let linted = run(folder.path(), &["keypolicy", "lint", "made.json", "--profile", "strict", "--fail-on", "low"]);
    assert_eq!(linted.code, Some(0), "{}", linted.out);

    let both = ["keypolicy", "generate", "--account", "111122223333", "--admin", admin, "--user", admin];
    let refused = run(folder.path(), &both);
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.contains("administers the key and uses it"), "{}", refused.err);
}

#[test]
fn who_can_says_what_each_principal_holds_and_under_which_conditions() {
    let folder = folder();
    let allow = |principal: Value, action: &str, condition: Value| json!({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", "Condition": condition});
    let statements = [
        allow(json!({"AWS": "arn:aws:iam::111122223333:root"}), "kms:*", json!({})),
        allow(
            json!("*"),
            "kms:Decrypt*",
            json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/a-*"}}),
        ),
        allow(json!({"AWS": "AROAEXAMPLEID12345678"}), "kms:Decrypt", json!({})),
        allow(json!({"Service": "s3.amazonaws.com"}), "kms:Sign", json!({})),
        json!({"Effect": "Deny", "Principal": "*", "Action": "kms:Sign", "Resource": "*"}),
    ];
    let policy = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    fs::write(folder.path().join("who.json"), policy).expect("a file");
    fs::write(folder.path().join("roles"), "arn:aws:iam::111122223333:role/a-b\narn:aws:iam::111122223333:role/c\n")
        .expect("a file");
    let (ended, found) = json_of(folder.path(), &["who-can", "who.json", "--existing", "roles"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let [account, everybody, service] = found["principals"].as_array().expect("a list").as_slice() else {
        panic!("{found}")
    };
    assert_eq!(account["principal"], "arn:aws:iam::111122223333:root");
    assert_eq!((&account["iam_decides"], account["destroy"].as_array().map(Vec::len)), (&json!(true), Some(5)));
    assert!(!account["use"].as_array().expect("a list").contains(&json!("kms:Sign")), "denied to all");
    assert_eq!((&everybody["principal"], &everybody["use"]), (&json!("*"), &json!(["kms:Decrypt"])));
    assert_eq!(everybody["conditions"], "the caller's ARN is like arn:aws:iam::111122223333:role/a-*");
    assert_eq!((&service["denied"], &service["use"]), (&json!(["kms:Sign"]), &json!([])));
    let wildcard = |text: &str| {
        let all = found["wildcards"].as_array().expect("a list");
        all.iter().find(|it| it["wildcard"] == text).unwrap_or_else(|| panic!("{found}"))["stands_for"].clone()
    };
    assert_eq!(wildcard("arn:aws:iam::111122223333:role/a-*"), json!(["arn:aws:iam::111122223333:role/a-b"]));
    assert_eq!(wildcard("kms:Decrypt*"), json!(["kms:Decrypt"]));
    assert!(found["nobody"][0]["why"].as_str().expect("words").contains("was deleted"));

    let page = run(folder.path(), &["keypolicy", "who-can", "who.json"]);
    assert!(page.out.lines().all(|line| line.chars().count() <= 100), "{}", page.out);
    assert!(page.out.contains("is not the root user alone"), "{}", page.out);
    let graph = run(folder.path(), &["keypolicy", "who-can", "who.json", "--format", "mermaid"]);
    assert!(graph.out.starts_with("flowchart LR\n") && graph.out.contains("a-#42;"), "{}", graph.out);
    let graph = run(folder.path(), &["keypolicy", "who-can", "who.json", "--format", "dot"]);
    assert!(graph.out.contains("p0 -> key [label=\"administer, use, grant, destroy"), "{}", graph.out);
}
