//! Hostile strings in every string of a finding, a key with its tags, an account, a rule and a ticket, one at a time: nothing of it steers a
//! terminal, breaks a line, or is anything but text in the formats that other programs read.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "others read files of the repository")]
mod common;

use std::fs;
use std::path::Path;

use common::{Run, run};
use serde_json::{Value, json};

const NOW: &str = "2026-11-22T12:00:00Z";
const ACCOUNT: &str = "111111111111";

/// All at once: what moves a cursor, ends a line, turns the direction of reading, begins a formula, a tag or an attribute.
const HOSTILE: [&str; 3] = [
    "\u{1b}]0;x\u{7}\u{1b}[31m\u{9b}2J\u{8}\r\nERROR x\u{0}\u{85}\u{202e}\u{2066}\u{feff}\u{2028}\u{e0041}",
    "=cmd|' /C calc'!A0,\"<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "{\"level\":\"ERROR\"}\n::error file=x::y%0A##vso[task]x",
];

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let below = |key: &str| format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(place, it)| places(it, &below(&place.to_string()), found))
        }
        Value::Object(object) => object.iter().for_each(|(key, it)| places(it, &below(key), found)),
        _ => {}
    }
}

/// The value, once for each of its strings, with that one replaced, and once with a tag of that name.
fn each(make: impl Fn(usize) -> Value, text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    places(&make(0), "", &mut found);
    let mut all = Vec::new();
    for (number, place) in found.iter().enumerate() {
        let mut changed = make(number);
        *changed.pointer_mut(place).unwrap() = text.into();
        all.push(changed);
    }
    let mut named = make(found.len());
    for tags in ["Tags", "tags", "ProductFields"] {
        if let Some(tags) = named.get_mut(tags).and_then(Value::as_object_mut) {
            tags.insert(text.to_owned(), text.into());
        }
    }
    all.push(named);
    all
}

fn arn(number: usize) -> String {
    format!("arn:aws:kms:eu-north-1:{ACCOUNT}:key/00000000-0000-4000-8000-{number:012}")
}

fn finding(number: usize) -> Value {
    json!({
        "SchemaVersion": "2018-10-08", "Id": format!("f/{number}"), "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
        "GeneratorId": "security-control/KMS.3", "AwsAccountId": ACCOUNT, "Region": "eu-north-1", "Types": ["x"], "UpdatedAt": "2026-11-22T00:00:00Z",
        "Severity": {"Label": "CRITICAL", "Original": "x"}, "Title": "t", "Description": "d", "ProductFields": {"IncidentDomain": "APP"},
        "Remediation": {"Recommendation": {"Text": "t", "Url": "https://x.example"}}, "Workflow": {"Status": "NEW"}, "RecordState": "ACTIVE",
        "Compliance": {"Status": "FAILED", "SecurityControlId": "KMS.3", "StatusReasons": [{"ReasonCode": "X", "Description": "y"}]},
        "Resources": [{"Type": "AwsKmsKey", "Id": arn(number), "Region": "eu-north-1", "Tags": {"a": "b"}}],
    })
}

fn key(number: usize) -> Value {
    let arn = arn(number);
    json!({
        "kind": "resource", "ResourceType": "AWS.KMS.Key", "ResourceId": arn, "Arn": arn, "AccountId": ACCOUNT, "Region": "eu-north-1",
        "KeyId": format!("00000000-0000-4000-8000-{number:012}"), "KeyManager": "CUSTOMER", "KeyState": "PendingDeletion", "Enabled": false,
        "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyRotationEnabled": false, "Description": "a key",
        "Tags": {"soar:team": "x", "aws:cloudformation:stack-name": "stack"}, "CreationDate": "2025-01-01T00:00:00Z", "Aliases": ["alias/pay"],
        "MultiRegion": false, "DeletionDate": "2026-11-29T00:00:00Z", "Policy": "{\"Statement\": []}",
        "Grants": [{"GrantId": "g", "GranteePrincipal": "arn:aws:iam::111111111111:role/x", "Operations": ["Decrypt"]}],
        "Unknown": {"RotationPeriodInDays": {"operation": "GetKeyRotationStatus", "code": "AccessDeniedException", "message": "no"}},
    })
}

fn account(_: usize) -> Value {
    json!({"id": ACCOUNT, "name": "acme", "email": "a@acme.example", "joined": "2024-05-06T00:00:00Z", "ou": "Root/Infra",
        "tags": {"soar:environment": "PROD", "soar:team": "x", "soar:jira:project-key": "SEC", "soar:team:email": "t@acme.example"}})
}

fn rule(_: usize) -> Value {
    json!({"id": "KMS.3", "suppress_when": "team = x", "owner": "o", "reason": "r", "expires": "2027-01-01"})
}

fn ticket(_: usize) -> Value {
    json!({"id": "SEC-1", "finding_id": "f/1", "status": "open"})
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

/// Keys as a snapshot, with that account.
fn snapshot(keys: &[Value], account: &Value) -> String {
    let header =
        json!({"kind": "header", "format_version": 1, "tool": {"name": "test", "version": "1"}, "collected_at": NOW});
    let mut account = account.clone();
    account["kind"] = "account".into();
    let end = json!({"kind": "end", "accounts": 1, "resources": keys.len(), "errors": 0});
    format!("{header}\n{account}\n{}{end}\n", lines(keys))
}

/// Text for a terminal: lines of what is seen.
fn is_seen(folder: &Path, arguments: &[&str]) -> Run {
    let ended = run(folder, arguments);
    for (name, text) in [("output", &ended.out), ("errors", &ended.err)] {
        let hidden = text.char_indices().find(|(_, c)| is_hidden(*c) && *c != '\n');
        assert!(
            hidden.is_none(),
            "{arguments:?}: {hidden:?} in the {name}: {:?}",
            text.get(hidden.unwrap().0.saturating_sub(120)..).unwrap_or(text).chars().take(300).collect::<String>()
        );
    }
    assert!(
        !ended.err.contains("panicked") && ended.code.is_some_and(|code| code < 5),
        "{arguments:?}: {:?} {}",
        ended.code,
        ended.err
    );
    ended
}

#[test]
fn nothing_that_a_stranger_wrote_steers_a_terminal() {
    for hostile in HOSTILE {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let write = |name: &str, text: String| fs::write(folder.join(name), text).unwrap();
        write("findings.jsonl", lines(&each(finding, hostile)));
        write("keys.jsonl", snapshot(&each(key, hostile), &account(0)));
        write("account.json", account(0).to_string());
        write("rule.json", json!([rule(0)]).to_string());
        let base = ["--now", NOW, "--color", "never"];
        let with =
            |arguments: &[&'static str]| -> Vec<&'static str> { arguments.iter().copied().chain(base).collect() };
        let mut told = 0;
        for arguments in [
            with(&["triage", "findings.jsonl", "--account", "account.json", "--keys", "keys.jsonl", "-vv"]),
            with(&["remediate", "plan", "findings.jsonl", "--account", "account.json", "--keys", "keys.jsonl", "-vv"]),
            with(&[
                "suppressions",
                "explain",
                "findings.jsonl",
                "--rules",
                "rule.json",
                "--account",
                "account.json",
                "--keys",
                "keys.jsonl",
            ]),
            with(&["scan", "keys.jsonl", "--all", "--format", "pretty", "-vv"]),
            with(&["scan", "keys.jsonl", "--all", "--format", "concise", "-vv"]),
            with(&["keys", "list", "keys.jsonl"]),
            with(&["keys", "show", "00000000-0000-4000-8000-000000000012", "keys.jsonl"]),
        ] {
            told += is_seen(folder, &arguments).out.len();
        }
        assert!(told > 20_000, "they say something: {told}");
        // Accounts, rules, tickets: a file each, as one that cannot be read hides the others.
        write("one.json", finding(1).to_string());
        for (name, option, values) in [
            ("account", "--account", each(account, hostile)),
            ("rule", "--rules", each(rule, hostile)),
            ("ticket", "--ticket", each(ticket, hostile)),
        ] {
            for value in values {
                write("stranger.json", json!([value]).to_string());
                is_seen(folder, &with(&["triage", "one.json", option, "stranger.json", "-vv"]));
                if name == "rule" {
                    is_seen(folder, &["suppressions", "check", "stranger.json", "--color", "never"]);
                }
            }
        }
        for value in each(account, hostile) {
            write("keys.jsonl", snapshot(&[key(1)], &value));
            is_seen(
                folder,
                &with(&["scan", "keys.jsonl", "--all", "--group-by", "account", "--format", "pretty", "-vv"]),
            );
            is_seen(folder, &with(&["keys", "show", "00000000-0000-4000-8000-000000000001", "keys.jsonl"]));
        }
    }
}

#[test]
fn what_programs_read_is_whole_and_a_spreadsheet_sees_no_formula() {
    for hostile in HOSTILE {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("findings.jsonl"), lines(&each(finding, hostile))).unwrap();
        fs::write(folder.join("keys.jsonl"), snapshot(&each(key, hostile), &account(0))).unwrap();
        for command in [
            &["triage", "findings.jsonl", "--keys", "keys.jsonl"][..],
            &["remediate", "plan", "findings.jsonl", "--keys", "keys.jsonl"],
        ] {
            for format in ["json", "jsonl"] {
                let arguments: Vec<&str> = command.iter().copied().chain(["--now", NOW, "-f", format]).collect();
                let out = run(folder, &arguments).out;
                assert!(out.bytes().all(|byte| byte >= b' ' || byte == b'\n'), "{arguments:?}");
                match format {
                    "json" => assert!(serde_json::from_str::<Value>(&out).is_ok(), "{arguments:?}: {out}"),
                    _ => assert!(
                        out.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()),
                        "{arguments:?}: {out}"
                    ),
                }
            }
        }
        let csv = run(folder, &["scan", "keys.jsonl", "--all", "--format", "csv", "--now", NOW]).out;
        let rows = rows(&csv);
        assert!(rows.len() > 100 && rows.iter().all(|row| row.len() == rows[0].len()), "{}", rows.len());
        for cell in rows.iter().flatten() {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !cell.contains(|c| is_hidden(c) && c != '\n'),
                "{cell:?}"
            );
        }
    }
}

/// A table as RFC 4180 has it.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut rest = csv.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}
