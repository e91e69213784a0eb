//! `aws permissions` and `aws bootstrap` as a user runs them: what is printed is frozen, what is wrong is refused.

#![cfg(feature = "live")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;

use common::{Run, root, run};
use serde_json::Value;

fn aws(arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let run = run(folder.path(), &[&["aws"], arguments].concat());
    assert!(!run.err.contains("panicked"), "{}", run.err);
    run
}

const TRUST: [&str; 3] = ["bootstrap", "--trust-account", "999999999999"];
const CLOSED: [&str; 8] = [
    "--trust-permission-set",
    "SecurityAudit",
    "--external-id",
    "acme:7",
    "--role",
    "audit/KeyReader",
    "--with",
    "grants,rotations",
];

/// Compares with a file of `tests/golden`; `BLESS=1` writes it.
fn golden(name: &str, arguments: &[&str]) {
    let run = aws(arguments);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{arguments:?}");
    let path = root().join("crates/keyreeve/tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &run.out).unwrap();
    }
    let frozen = fs::read_to_string(&path).unwrap_or_default();
    assert!(run.out == frozen, "{name} has changed; if that is meant, run the test again with BLESS=1:\n{}", run.out);
}

#[test]
fn policies_are_frozen() {
    golden("reader.json", &["permissions"]);
    golden("caller.json", &["permissions", "--for", "caller", "--partition", "aws-cn", "--with", "grants"]);
    golden("permissions.md", &["permissions", "--format", "markdown", "--select", "AWS.KMS.RotationEnabled"]);
}

#[test]
fn templates_are_frozen() {
    for (name, format) in
        [("reader.yaml", "cloudformation"), ("reader.tf", "terraform"), ("reader.sh", "stackset-commands")]
    {
        golden(name, &[&TRUST[..], &CLOSED[..], &["--format", format]].concat());
    }
}

fn actions(run: &Run) -> Vec<String> {
    let policy: Value = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.err));
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_selected_decides_what_is_allowed() {
    let rotation = actions(&aws(&["permissions", "--select", "AWS.KMS.RotationEnabled"]));
    assert_eq!(
        rotation,
        ["account:ListRegions", "kms:ListAliases", "kms:ListKeys", "kms:DescribeKey", "kms:GetKeyRotationStatus"]
    );
    let all = actions(&aws(&["permissions"]));
    assert!(all.contains(&"kms:ListGrants".to_owned()) && !all.contains(&"kms:ListKeyRotations".to_owned()));
    assert!(actions(&aws(&["permissions", "--with", "rotations"])).contains(&"kms:ListKeyRotations".to_owned()));
    // A detection of somebody's own that hands the key on whole may look at anything.
    let own = actions(&aws(&["permissions", "--pack", "panther-kms"]));
    assert!(own.contains(&"kms:GetKeyRotationStatus".to_owned()), "{own:?}");
}

#[test]
fn an_external_id_is_never_made_up_and_its_absence_is_told() {
    let run = aws(&TRUST);
    assert!(
        run.err.contains("no --external-id") && run.err.contains("--trust-permission-set names who"),
        "{}",
        run.err
    );
    assert!(!run.out.contains("ExternalId") && !run.out.contains("Condition"), "{}", run.out);
    assert_eq!(aws(&[&TRUST[..], &["-q"]].concat()).err, "");
}

#[test]
fn what_would_break_out_of_a_template_is_refused() {
    for wrong in [
        ["--trust-account", "1"],
        ["--trust-role", "x\"\n"],
        ["--trust-role", "${AWS::Region}"],
        ["--trust-permission-set", "a b"],
        ["--external-id", "x"],
        ["--external-id", "a'b"],
        ["--role", "/x"],
        ["--role", "x$(id)"],
        ["--organizational-unit", "$(id)"],
    ] {
        let arguments = if wrong[0] == "--trust-account" {
            [&["bootstrap"], &wrong[..]].concat()
        } else {
            [&TRUST[..], &wrong].concat()
        };
        let run = aws(&arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{wrong:?}: {}", run.err);
    }
}
