//! Bad input: a clear message with file and place, the right exit status, no panic, and nothing else lost.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "others read files of the repository")]
mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use common::{Run, program, run, run_with};

const KEY: &str = r#"{"ResourceType":"AWS.KMS.Key","AccountId":"111111111111","Region":"eu-north-1","Arn":"arn:aws:kms:eu-north-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab","KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab","KeyManager":"CUSTOMER","KeyState":"Enabled","Origin":"AWS_KMS","KeySpec":"SYMMETRIC_DEFAULT","KeyUsage":"ENCRYPT_DECRYPT","KeyRotationEnabled":false,"Description":"orders","Enabled":true}"#;

fn scan(text: &[u8]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl"), text).unwrap();
    let run = run(folder.path(), &["scan", "keys.jsonl", "--pack", "panther-kms", "--format", "jsonl"]);
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

fn refused(text: &[u8], expected: &[&str]) {
    let run = scan(text);
    assert_eq!(run.code, Some(2), "{}\n{}", run.out, run.err);
    for part in expected {
        assert!(run.err.contains(part), "expected {part:?} in: {}", run.err);
    }
}

#[test]
fn a_truncated_record_is_named_by_file_and_line_and_the_others_are_judged() {
    let text = format!("{KEY}\n{}", &KEY[..KEY.len() / 2]);
    let run = scan(text.as_bytes());
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("keys.jsonl: line 2"), "{}", run.err);
    assert_eq!(run.out.lines().filter(|line| line.contains("\"FAIL\"")).count(), 1, "{}", run.out);
}

#[test]
fn a_duplicate_key_is_refused_by_name() {
    let text = KEY.replace("\"Enabled\":true", "\"Origin\":\"EXTERNAL\",\"Enabled\":true");
    refused(text.as_bytes(), &["keys.jsonl: line 1", "Origin"]);
    let nested = KEY.replace("\"Enabled\":true", r#""Tags":{"a":"1","\u0061":"2"}"#);
    refused(nested.as_bytes(), &["keys.jsonl: line 1"]);
}

#[test]
fn invalid_utf8_is_refused_with_its_line() {
    let mut text = format!("{KEY}\n").into_bytes();
    text.extend_from_slice(&KEY.as_bytes()[..60]);
    text.push(0xff);
    text.extend_from_slice(b"\"}\n");
    refused(&text, &["keys.jsonl: line 2", "UTF-8"]);
}

#[test]
fn deep_nesting_is_refused_not_a_stack_overflow() {
    let deep = format!("{{\"KeyManager\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    refused(deep.as_bytes(), &["keys.jsonl: line 1"]);
}

#[test]
fn a_record_that_is_no_object_is_refused() {
    for text in ["17\n", "\"key\"\n", "null\n", "[1]\n"] {
        refused(text.as_bytes(), &["keys.jsonl"]);
    }
}

#[test]
fn a_policy_of_ten_megabytes_is_judged() {
    let text = KEY.replace("\"Enabled\":true", &format!("\"Policy\":\"{}\"", "x".repeat(10 << 20)));
    let run = scan(text.as_bytes());
    assert_eq!(run.code, Some(0), "LOW is below --fail-on medium: {}", run.err);
    assert_eq!(run.out.lines().count(), 1);
    assert!(run.out.len() < 10_000, "a finding does not carry the policy along");
}

#[test]
fn a_missing_file_and_a_folder_without_snapshots_are_clear_errors() {
    let folder = tempfile::tempdir().unwrap();
    let missing = run(folder.path(), &["scan", "nothing.jsonl"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("nothing.jsonl"), "{}", missing.err);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let empty = run(folder.path(), &["scan", "empty"]);
    assert_eq!(empty.code, Some(2), "{}", empty.err);
    assert!(empty.err.contains("empty"), "{}", empty.err);
}

#[test]
fn one_broken_file_among_several_is_reported_and_the_others_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.jsonl"), "{broken\n").unwrap();
    fs::write(folder.path().join("b.jsonl"), format!("{KEY}\n")).unwrap();
    let run = run(folder.path(), &["scan", "a.jsonl", "b.jsonl", "--format", "json"]);
    assert_eq!(run.code, Some(2));
    let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["errors"][0]["file"], "a.jsonl");
    assert!(
        document["findings"].as_array().unwrap().iter().any(|found| found["detection_id"] == "AWS.KMS.RotationEnabled")
    );
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl.zst"), [0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]).unwrap();
    fs::write(folder.path().join("keys.jsonl.gz"), [0x1f, 0x8b, 8, 0, 0]).unwrap();
    fs::write(folder.path().join("picture.jsonl"), [0x89, b'P', b'N', b'G', 0, 0, 0xff]).unwrap();
    for name in ["keys.jsonl.zst", "keys.jsonl.gz", "picture.jsonl"] {
        let run = run(folder.path(), &["scan", name]);
        assert_eq!(run.code, Some(2), "{name}: {}", run.err);
        assert!(run.err.contains(name) && !run.err.contains("panicked"), "{}", run.err);
    }
}

#[test]
fn a_wrong_type_is_unknown_never_pass() {
    let text = KEY.replace("\"KeyRotationEnabled\":false", "\"KeyRotationEnabled\":\"yes\"");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl"), text).unwrap();
    let arguments = ["scan", "keys.jsonl", "--select", "AWS.KMS.RotationEnabled", "--format", "jsonl"];
    let run = run(folder.path(), &arguments);
    assert_eq!(run.code, Some(4), "{}\n{}", run.out, run.err);
    assert!(run.out.contains("\"UNKNOWN\""), "{}", run.out);
}

#[test]
fn control_characters_of_a_stranger_never_reach_the_terminal() {
    let text = KEY
        .replace("\"orders\"", r#""\u001b]0;owned\u0007\u001b[31mred\u202e""#)
        .replace("\"AccountId\"", r#""Aliases":["alias/\u001b[2J"],"AccountId""#);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl"), text).unwrap();
    for format in ["pretty", "concise", "markdown", "csv", "github", "html", "junit", "sarif"] {
        let run = run(folder.path(), &["scan", "keys.jsonl", "--format", format, "--color", "never"]);
        for bad in ['\u{1b}', '\u{7}', '\u{202e}'] {
            assert!(!run.out.contains(bad), "{format} lets {bad:?} through");
        }
    }
}

#[test]
fn standard_input_is_read_for_a_dash() {
    let run = run_with(Path::new("/"), &["scan", "-", "--pack", "panther-kms", "--format", "jsonl"], KEY.as_bytes());
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.out.lines().count(), 1);
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_not() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl"), format!("{KEY}\n").repeat(1)).unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ended = program(folder.path(), &["scan", "keys.jsonl", "--format", "json"])
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("No space left") && said.contains("standard output"), "{said}");

    let mut child = program(folder.path(), &["scan", "keys.jsonl", "--format", "json", "--all"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{said}");
    assert!(ended.status.code().is_some(), "it ends by itself");
}

#[test]
fn a_full_disk_under_an_extra_output_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keys.jsonl"), format!("{KEY}\n")).unwrap();
    let run = run(folder.path(), &["scan", "keys.jsonl", "--format", "concise", "-o", "html=/dev/full"]);
    assert_eq!(run.code, Some(2), "{}", run.err);
    assert!(run.err.contains("/dev/full"), "{}", run.err);
    assert!(run.out.contains("AWS.KMS.RotationEnabled"), "standard output is written all the same: {}", run.out);
}

#[test]
fn of_many_broken_lines_the_first_are_named_and_the_rest_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let broken: String = (0..5_000).map(|line| format!("{{\"KeyId\": {line}\n")).collect();
    fs::write(folder.path().join("keys.jsonl"), format!("{KEY}\n{broken}{KEY}\n")).unwrap();
    let scan = |threads| {
        let arguments = ["scan", "keys.jsonl", "--pack", "panther-kms", "--format", "jsonl", "--threads", threads];
        run(folder.path(), &arguments)
    };
    let (one, three) = (scan("1"), scan("3"));
    assert_eq!((one.code, three.code), (Some(2), Some(2)));
    assert_eq!((&one.out, &one.err), (&three.out, &three.err), "the number of threads shows nowhere");
    let said: Vec<&str> = one.err.lines().collect();
    assert_eq!(said.len(), 1_001, "{}", one.err.len());
    assert!(said[0].contains("keys.jsonl: line 2"), "{}", said[0]);
    assert!(said[1_000].contains("4000 more are not valid, which are not listed"), "{}", said[1_000]);
    assert_eq!(one.out.lines().filter(|line| line.contains("\"FAIL\"")).count(), 2, "{}", one.out);
}

#[test]
fn an_answer_of_an_api_is_told_from_a_resource_and_nothing_is_dropped_silently() {
    let folder = tempfile::tempdir().unwrap();
    for (text, expected) in [
        (format!(r#"{{"attributes":{KEY},"id":"a","type":"AWS.KMS.Key"}}"#), "a resource in `attributes`"),
        (format!(r#"{{"resources":[{KEY}]}}"#), "`jq -c '.resources[]'`"),
        (r#"{"KeyMetadata":{"KeyId":"k"}}"#.to_owned(), "a key in `KeyMetadata`"),
        (r#"{"Keys":[]}"#.to_owned(), "does not say its type"),
    ] {
        fs::write(folder.path().join("wrapped.json"), &text).unwrap();
        for command in [&["scan", "wrapped.json"][..], &["keys", "list", "wrapped.json"]] {
            let run = run(folder.path(), command);
            assert_eq!(run.code, Some(2), "{command:?} {text}: {}", run.err);
            assert!(run.err.contains("line 1: the object") && run.err.contains(expected), "{command:?}: {}", run.err);
        }
    }
}

#[test]
fn what_is_to_be_read_is_not_written_over_and_no_file_is_written_twice() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder.path().join("keys.jsonl");
    fs::write(&snapshot, format!("{KEY}\n")).unwrap();
    let scan = |more: &[&str]| run(folder.path(), &[&["scan", "keys.jsonl", "--format", "concise"], more].concat());
    let over = scan(&["-o", "json=./keys.jsonl"]);
    assert_eq!(over.code, Some(2), "{}", over.err);
    assert!(over.err.contains("one of the snapshots to be judged"), "{}", over.err);
    assert_eq!(fs::read_to_string(&snapshot).unwrap(), format!("{KEY}\n"), "the snapshot is as it was");
    let twice = scan(&["-o", "json=a", "-o", "sarif=./a"]);
    assert_eq!(twice.code, Some(2), "{}", twice.err);
    assert!(twice.err.contains("two formats go there"), "{}", twice.err);
}

#[test]
fn a_configuration_without_end_and_a_test_that_is_not_there_are_clear_errors() {
    let folder = tempfile::tempdir().unwrap();
    let endless = run(folder.path(), &["config", "show", "--config", "/dev/zero"]);
    assert_eq!(endless.code, Some(2), "{}", endless.err);
    assert!(endless.err.contains("at most 4194304 are read"), "{}", endless.err);
    let nothing = run(folder.path(), &["test", "--test-names", "no such test"]);
    assert_eq!(nothing.code, Some(3), "{}", nothing.err);
    assert!(nothing.err.contains("is called `no such test`"), "{}", nothing.err);
}
