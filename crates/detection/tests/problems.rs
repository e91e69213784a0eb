//! Every problem of a pack: what is said, where, and with which remedy.

use detection::problem::CODES;
use detection::{Memory, Pack, load};

const PYTHON: &str = "def policy(resource):\n    return resource['Enabled']\n";

const POLICY: &str = "\
AnalysisType: policy
Filename: p.py
PolicyID: P.1
Enabled: true
Severity: Low
ResourceTypes: [AWS.KMS.Key]
Tests:
  - Name: on
    ExpectedResult: true
    Resource: {Enabled: true}
";

fn pack(files: Memory) -> Pack {
    load("test", &files)
}

fn said(files: Memory) -> Vec<String> {
    pack(files).problems.iter().map(ToString::to_string).collect()
}

/// A policy with some lines of its YAML replaced.
fn policy(replace: &[(&str, &str)]) -> Memory {
    let mut yaml = POLICY.to_owned();
    for (old, new) in replace {
        assert!(yaml.contains(old), "{old}");
        yaml = yaml.replace(old, new);
    }
    Memory::new().with("p.yml", yaml).with("p.py", PYTHON)
}

fn sidecar(text: &str) -> Memory {
    policy(&[]).with("p.keyreeve.yml", text)
}

#[test]
fn a_right_policy_has_no_problem() {
    let pack = pack(policy(&[]));
    assert_eq!(pack.problems, []);
    assert!(pack.detections[0].module().is_some());
}

/// One line a case: what the files are, and what is said of them.
fn cases() -> Vec<(Memory, Vec<&'static str>)> {
    vec![
        (
            policy(&[]).with("q.yml", b"AnalysisType: \xff\n".to_vec()),
            vec!["q.yml:1:15: HIGH D002: invalid UTF-8: byte 0xff does not belong here (save the file as UTF-8)"],
        ),
        (
            policy(&[]).with("p.py", b"# \xff\n".to_vec()),
            vec!["p.yml:2:11: HIGH D001: p.py is not UTF-8 (save it as UTF-8)"],
        ),
        (
            policy(&[("AnalysisType: policy", "AnalysisType: polcy")]),
            vec!["p.yml:1:15: HIGH D003: there is no analysis type `polcy` (did you mean `policy`?)"],
        ),
        (
            policy(&[("AnalysisType: policy", "AnalysisTyp: policy")]),
            vec![
                "p.yml:3:1: HIGH D005: the file has no `AnalysisType`, so it is passed over (add one of policy, rule, scheduled_rule, correlation_rule, datamodel, global, pack, saved_query, scheduled_query, scheduled_prompt, lookup_table)",
            ],
        ),
        (
            policy(&[("Severity: Low", "Severty: Low")]),
            vec![
                "p.yml:1:1: HIGH D005: the file has no `Severity` (add `Severity: …`)",
                "p.yml:5:1: HIGH D004: unknown key `Severty` (did you mean `Severity`?)",
            ],
        ),
        (
            policy(&[("  - Name: on\n", "  - Nme: on\n")]),
            vec![
                "p.yml:8:5: HIGH D004: unknown key `Nme` in `Tests[0]` (did you mean `Name`?)",
                "p.yml:8:5: HIGH D005: `Tests[0]` has no `Name` (add `Name: …`)",
            ],
        ),
        (
            policy(&[("    ExpectedResult: true\n", "")]),
            vec!["p.yml:8:5: HIGH D005: `Tests[0]` has no `ExpectedResult` (add `ExpectedResult: …`)"],
        ),
        (
            policy(&[("    Resource: {Enabled: true}\n", "")]),
            vec!["p.yml:8:5: HIGH D005: `Tests[0]` has no `Resource` (add `Resource: …`)"],
        ),
        (
            policy(&[("Enabled: true\nSeverity", "Enabled: yes\nSeverity")]),
            vec![
                "p.yml:4:10: HIGH D006: `Enabled` must be true or false, not a string (write `true`: `yes` is a string to Panther)",
            ],
        ),
        (
            policy(&[("Severity: Low", "Severity: Low\nDescription: 3.10")]),
            vec!["p.yml:6:14: HIGH D006: `Description` must be a string, not a number (put it in quotes: \"3.10\")"],
        ),
        (
            policy(&[("Severity: Low", "Severity: Hihg")]),
            vec!["p.yml:5:11: HIGH D007: `Severity` cannot be `Hihg` (did you mean `High`?)"],
        ),
        (
            policy(&[("PolicyID: P.1", "PolicyID: a<b")]),
            vec!["p.yml:3:11: HIGH D007: `PolicyID` is not a name: `a<b` (leave out `<`, `>`, `&`, `\"` and `%`)"],
        ),
        (
            policy(&[]).with("q.yml", POLICY),
            vec!["q.yml:3:11: HIGH D008: the id `P.1` is taken by p.yml (give one of them another id)"],
        ),
        (
            policy(&[("Severity: Low", "Severity: Low\nTags: [a, b, a]")]),
            vec!["p.yml:6:14: MEDIUM D009: `Tags` lists `a` twice (list it once)"],
        ),
        (
            policy(&[("Filename: p.py", "Filename: q.py")]),
            vec!["p.yml:2:11: HIGH D010: there is no file q.py (create it, or correct `Filename`)"],
        ),
        (
            policy(&[]).with("p.py", "def policy(resource):\n    return (\n"),
            vec!["p.py:3:1: HIGH D011: unexpected EOF while parsing"],
        ),
        (
            policy(&[]).with("p.py", "def polcy(resource):\n    return True\n"),
            vec!["p.py:1:1: HIGH D012: the module has no function `policy` (did you mean `polcy`?)"],
        ),
        (
            policy(&[]).with("p.py", "def policy(resource, event):\n    return True\n"),
            vec![
                "p.py:1:5: HIGH D012: `policy(resource, event)` cannot be called with one argument (write `def policy(resource):`)",
            ],
        ),
        (
            policy(&[("AWS.KMS.Key", "AWS.KMS.Keys")]),
            vec!["p.yml:6:17: HIGH D013: no resource is of type `AWS.KMS.Keys` (did you mean `AWS.KMS.Key`?)"],
        ),
        (
            policy(&[("Severity: Low", "Severity: Low\nReports: {MITRE ATT&CK: ['TA0006:T1552', 'T1552']}")]),
            vec![
                "p.yml:6:42: MEDIUM D014: ATT&CK mapping `T1552`: it is not of the form `TA0006:T1552` (write tactic and technique: `TA0006:T1552`)",
            ],
        ),
        (
            policy(&[("Severity: Low", "Severity: Low\nReports: {CIS: [3.10, 3.1, '3.10']}")]),
            vec![
                "p.yml:6:17: MEDIUM D015: `Reports.CIS`: 3.10 without quotes is read as the number 3.1 (write \"3.10\")",
                "p.yml:6:28: MEDIUM D009: `Reports.CIS` lists `3.10` twice (list it once)",
            ],
        ),
        (
            policy(&[("    Resource: {Enabled: true}\n", "    Resource: {}\n  - Name: on\n    ExpectedResult: false\n    Resource: {}\n")]),
            vec!["p.yml:11:11: LOW D016: there is another test named `on` (give each test its own name)"],
        ),
        (
            policy(&[]).with("p.py", "def policy(resource):\n    with resource as x:\n        return x\n"),
            vec!["p.py:2:10: INFO D017: the body needs the exact tier because of `with`: the tree has no such thing"],
        ),
        (
            policy(&[(
                "    Resource: {Enabled: true}\n",
                "    Resource: {}\n    Mocks:\n      - objectName: polic\n        returnValue: x\n",
            )]),
            vec![
                "p.yml:12:21: HIGH D018: the module has no name `polic` that could be mocked (did you mean `policy`?)",
            ],
        ),
        (
            sidecar("Surfaces: [live]\nParameters:\n  DAYS: {Type: int, Default: 3, Description: d}\n"),
            vec![
                "p.py:1:1: HIGH D019: p.keyreeve.yml declares the parameter `DAYS`, but no function uses a constant of that name (add `DAYS = 3` and use it)",
            ],
        ),
        (
            sidecar("Surfaces: [live]\nParameters:\n  DAYS: {Type: int, Default: 3, Description: d}\n")
                .with("p.py", "DAYS = 4\n\ndef policy(resource):\n    return resource['Days'] < DAYS\n"),
            vec!["p.py:1:8: HIGH D020: `DAYS` is 4 here and 3 in p.keyreeve.yml (make them equal)"],
        ),
        (
            sidecar("Surfaces: [live]\nParameters:\n  DAYS: {Type: int, Default: 3, Minimum: 5, Description: d}\n")
                .with("p.py", "DAYS = 3\n\ndef policy(resource):\n    return resource['Days'] < DAYS\n"),
            vec!["p.keyreeve.yml:3:30: HIGH D021: the default of `DAYS`: 3 is less than 5, the least allowed"],
        ),
        (
            sidecar("Surfaces: [live]\nFixes: {CommandLine: 'aws kms x --key-id {KeyID} ${Shell} {\"a\": 1}'}\n"),
            vec!["p.keyreeve.yml:2:22: MEDIUM D022: nothing fills `{KeyID}` (did you mean `KeyId`?)"],
        ),
        (
            sidecar("Surfaces: [live]\nControls: [KMS.4, CIS-1.2.0/2.8, 'NIST/SC-12(2)', rotate it]\n"),
            vec![
                "p.keyreeve.yml:2:51: MEDIUM D023: `rotate it` is no control (write `KMS.4`, or a framework and a number: `CIS-1.2.0/2.8`)",
            ],
        ),
        (
            policy(&[]).with("q.keyreeve.yml", "Surfaces: [live]\n"),
            vec![
                "q.keyreeve.yml:1:1: MEDIUM D024: no detection has this sidecar (it belongs beside the YAML of the same name without `.keyreeve`)",
            ],
        ),
        (
            policy(&[]).with("pack.yml", "AnalysisType: pack\nPackID: K\nPackDefinition:\n  IDs: [P.1, P.11]\n"),
            vec!["pack.yml:4:14: MEDIUM D025: the pack lists `P.11`, which is not there (did you mean `P.1`?)"],
        ),
        (
            Memory::new().with(
                "q.yml",
                "AnalysisType: scheduled_query\nQueryName: Q\nEnabled: true\nQuery: select 1\nSchedule: {RateMinutes: 5, TimeoutMinutes: 10}\n",
            ),
            vec!["q.yml:5:25: HIGH D026: `RateMinutes` must not be less than `TimeoutMinutes`"],
        ),
        (
            policy(&[(
                "Tests:\n  - Name: on\n    ExpectedResult: true\n    Resource: {Enabled: true}\n",
                "",
            )]),
            vec![
                "p.yml:1:1: INFO D027: the detection has no tests (add `Tests:` with one resource that passes and one that fails)",
            ],
        ),
        (
            Memory::new().with(
                "r.yml",
                "AnalysisType: rule\nRuleID: R\nEnabled: true\nSeverity: Info\nFilename: r.py\nLogTypes: [AWS.CloudTrail]\nScheduledQueries: [Q]\nTests: [{Name: a, ExpectedResult: true, Log: {}}]\n",
            )
            .with("r.py", "def rule(event):\n    return True\n"),
            vec![
                "r.yml:7:1: HIGH D028: only one of `LogTypes`, `ScheduledQueries` may be there (leave out the other)",
            ],
        ),
        (
            policy(&[("Filename: p.py", "Filename: ../p.py")]),
            vec!["p.yml:2:11: HIGH D029: `Filename` leads out of the pack (name a file in the same folder)"],
        ),
        (
            policy(&[("{Enabled: true}", "[1]")]),
            vec!["p.yml:10:15: HIGH D030: the input of the test `on` must be a mapping, not a list"],
        ),
        (
            policy(&[("Severity: Low", "Severity: Low\nReports: {MITRE ATT&CK: ['TA0040:T1552']}")]),
            vec![
                "p.yml:6:26: LOW D032: ATT&CK mapping `TA0040:T1552`: T1552 (Unsecured Credentials) does not belong to TA0040 (Impact) but to TA0006 (write `TA0006:T1552`)",
            ],
        ),
        (
            policy(&[("Enabled: true\nSeverity", "Enabled: true\nEnabled: false\nSeverity")]),
            vec!["p.yml:5:1: HIGH D002: the key `Enabled` occurs twice in one mapping (remove one of the two: most programs silently take the last)"],
        ),
        (
            sidecar("Surfaces: [live, planed]\nWhy: ''\n"),
            vec![
                "p.keyreeve.yml:1:18: HIGH D007: `planed` is no surface (did you mean `planned`?)",
                "p.keyreeve.yml:2:6: HIGH D007: `Why` is empty",
            ],
        ),
    ]
}

#[test]
fn each_problem_is_said_with_its_place_and_remedy() {
    for (files, expected) in cases() {
        assert_eq!(said(files), expected);
    }
}

#[test]
fn more_files_than_are_read_are_a_problem() {
    let mut files = Memory::new();
    for number in 0..=20_000 {
        files = files.with(&format!("{number}.yml"), "");
    }
    assert_eq!(said(files), ["the pack: HIGH D031: there are more than 20000 YAML files (split the pack)"]);
}

#[test]
fn every_code_has_a_test() {
    let mut seen: Vec<&str> =
        cases().into_iter().flat_map(|(files, _)| pack(files).problems).map(|it| it.code.id).collect();
    seen.push("D031");
    for code in CODES {
        assert!(seen.contains(&code.id), "{} ({})", code.id, code.title);
    }
}

#[test]
fn every_code_is_documented() {
    let page = include_str!("../../../docs/lint-codes.md");
    for code in CODES {
        let heading = format!("## {} — {}", code.id, code.title);
        assert!(page.contains(&heading), "docs/lint-codes.md lacks `{heading}`");
        let severity = format!("Severity: {}.", code.severity);
        let section = page.split(&heading).nth(1).unwrap().split("\n## ").next().unwrap();
        assert!(section.contains(&severity), "{}: {severity}", code.id);
    }
    assert_eq!(page.matches("\n## D").count(), CODES.len(), "a code that does not exist");
}

#[test]
fn a_missing_folder_is_a_problem() {
    struct Nothing;
    impl detection::Files for Nothing {
        fn read(&self, _: &str) -> Result<Vec<u8>, detection::ReadError> {
            Err(detection::ReadError::Missing)
        }
        fn list(&self, _: &str) -> Result<Vec<detection::Entry>, detection::ReadError> {
            Err(detection::ReadError::Missing)
        }
    }
    let said: Vec<String> = load("nothing", &Nothing).problems.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["the pack: HIGH D001: it cannot be read: there is no such file"]);
}
