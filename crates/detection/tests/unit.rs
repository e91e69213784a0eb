//! What passes and what fails in the unit tests of a detection.

#![expect(clippy::unwrap_used, reason = "tests may")]

use detection::unit::{DetectionResult, TestStatus, run};
use detection::{Memory, builtin, load};
use finding::FactContext;
use finding::account::Accounts;

fn tested(python: &str, tests: &str) -> DetectionResult {
    let yaml =
        format!("AnalysisType: policy\nFilename: p.py\nPolicyID: P.1\nEnabled: true\nSeverity: Low\nTests:\n{tests}");
    let pack = load("test", &Memory::new().with("p.yml", yaml).with("p.py", python));
    assert!(!pack.is_invalid(), "{:?}", pack.problems);
    results(&pack.detections[0])
}

fn results(detection: &detection::Detection) -> DetectionResult {
    let accounts = Accounts::default();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    run(detection, &FactContext::new(now, &accounts), |_| true)
}

/// The status of a test on `{X: 1}` and what is said of it.
fn one(python: &str, expected: bool) -> (TestStatus, String) {
    let result = tested(python, &format!("  - {{Name: t, ExpectedResult: {expected}, Resource: {{X: 1}}}}\n"));
    (result.tests[0].status, result.tests[0].error.clone().unwrap_or_default())
}

const PASS: (TestStatus, String) = (TestStatus::Pass, String::new());

fn fail(error: &str) -> (TestStatus, String) {
    (TestStatus::Fail, error.to_owned())
}

#[test]
fn the_matcher_must_return_exactly_a_bool() {
    assert_eq!(one("def policy(resource):\n    return resource['X'] == 1\n", true), PASS);
    assert_eq!(
        one("def policy(resource):\n    return resource['X'] == 1\n", false),
        fail("policy returned True, not False")
    );
    assert_eq!(one("def policy(resource):\n    pass\n", false), fail("policy: it returned NoneType, not bool"));
    assert_eq!(one("def policy(resource):\n    return 1\n", true), fail("policy: it returned int, not bool"));
    assert_eq!(one("def policy(resource):\n    return resource['Y']\n", false), fail("policy: KeyError: 'Y'"));
}

#[test]
fn other_functions_count_only_where_an_alert_is_expected() {
    let body = |verdict: &str, title: &str| {
        format!("def policy(resource):\n    return {verdict}\n\ndef title(resource):\n    {title}\n")
    };
    assert_eq!(one(&body("False", "return 'x'"), false), PASS);
    assert_eq!(one(&body("False", "return None"), false), fail("title: it returned NoneType, not str"));
    assert_eq!(one(&body("False", "raise ValueError('no')"), false), fail("title: ValueError: no"));
    assert_eq!(one(&body("True", "raise ValueError('no')"), true), PASS);
}

#[test]
fn each_function_must_return_its_type() {
    for (function, value, error) in [
        ("severity", "'high'", None),
        ("severity", "'DEFAULT'", None),
        ("severity", "'worse'", Some("it returned `worse`, which is no severity")),
        ("dedup", "7", Some("it returned int, not str")),
        ("destinations", "None", None),
        ("destinations", "['a']", None),
        ("destinations", "[1]", Some("it returned list, not a list of str")),
        ("alert_context", "{'a': [1, {'b': None}]}", None),
        ("alert_context", "{'a': {1}}", Some("JSON has nothing for set")),
        ("alert_context", "{'a': float('nan')}", Some("JSON has no number for nan or an infinity")),
        ("alert_context", "[1]", Some("it returned list, not a mapping")),
        ("reason", "None", None),
        ("not_applicable", "3", Some("it returned int, not str or None")),
    ] {
        let source =
            format!("def policy(resource):\n    return False\n\ndef {function}(resource):\n    return {value}\n");
        let expected = error.map_or(PASS, |error| fail(&format!("{function}: {error}")));
        assert_eq!(one(&source, false), expected, "{function} {value}");
    }
}

#[test]
fn functions_see_what_the_matcher_did_but_tests_do_not_see_each_other() {
    let source = "SEEN = []\nCOUNT = 0\n\ndef policy(resource):\n    global COUNT\n    COUNT += 1\n    SEEN.append(resource['X'])\n    return False\n\ndef title(resource):\n    return f'{COUNT} {SEEN}'\n";
    let tests = "  - {Name: a, ExpectedResult: false, Resource: {X: 1}}\n  - {Name: b, ExpectedResult: false, Resource: {X: 2}}\n";
    let result = tested(source, tests);
    let titles: Vec<_> = result.tests.iter().map(|test| test.functions.0[1].1.output.clone().unwrap()).collect();
    assert_eq!(titles, ["1 [1]", "1 [2]"]);
}

#[test]
fn a_changed_input_is_seen_by_the_later_functions() {
    let source = "def policy(resource):\n    resource['X'] = 2\n    return False\n\ndef title(resource):\n    return str(resource['X'])\n";
    let result = tested(source, "  - {Name: a, ExpectedResult: false, Resource: {X: 1}}\n");
    assert_eq!(result.tests[0].functions.0[1].1.output.as_deref(), Some("2"));
}

#[test]
fn mocks_replace_names_of_the_module() {
    let source = "from unittest.mock import MagicMock\n\nLIMIT = 3\n\ndef lookup(name):\n    return 'real'\n\ndef policy(resource):\n    limit = 7 if isinstance(LIMIT, MagicMock) else LIMIT\n    if isinstance(LIMIT, MagicMock) and LIMIT() != 'mocked':\n        return True\n    return lookup(resource['X'], ) == 'mock' and limit == 7\n";
    let mocked = "  - Name: mocked\n    ExpectedResult: true\n    Resource: {X: 1}\n    Mocks:\n      - {objectName: lookup, returnValue: mock}\n      - {objectName: LIMIT, returnValue: mocked}\n";
    let plain = "  - {Name: plain, ExpectedResult: false, Resource: {X: 1}}\n";
    let result = tested(source, &format!("{mocked}{plain}"));
    assert_eq!(result.tests.iter().map(|test| test.status).collect::<Vec<_>>(), [TestStatus::Pass; 2], "{result:?}");
}

#[test]
fn unknown_facts_may_settle_a_test_or_not() {
    let unknown = "{X: 1, Unknown: {Y: {operation: GetY, code: Denied, message: m}}}";
    let tests = format!("  - {{Name: t, ExpectedResult: false, Resource: {unknown}}}\n");
    let settled = tested("def policy(resource):\n    return resource['X'] == 2 and resource['Y']\n", &tests);
    assert_eq!(settled.tests[0].status, TestStatus::Pass);
    let open = tested("def policy(resource):\n    return resource['X'] == 1 and resource['Y'] == 2\n", &tests);
    assert_eq!(open.tests[0].error.as_deref(), Some("policy: it depends on unknown facts: Y"));
}

#[test]
fn what_cannot_be_run_is_skipped_or_an_error() {
    let with = "def policy(resource):\n    with resource:\n        return True\n";
    let (status, error) = one(with, true);
    assert_eq!(status, TestStatus::Skip);
    assert!(error.starts_with("it needs the exact tier: p.py:2:10: `with`"), "{error}");
    let endless = "def policy(resource):\n    while True:\n        pass\n";
    assert_eq!(one(endless, true).0, TestStatus::Error);
    let keys = tested(with, "  - {Name: t, ExpectedResult: true, Resource: {X: .nan}}\n");
    assert_eq!(keys.tests[0].status, TestStatus::Skip);
    let nan = tested(
        "def policy(resource):\n    return True\n",
        "  - {Name: t, ExpectedResult: true, Resource: {X: .nan}}\n",
    );
    assert_eq!(nan.tests[0].error.as_deref(), Some("P.1 cannot be tested: JSON has no number NaN"));
}

#[test]
fn results_are_written_as_the_command_line_says() {
    let source =
        "def policy(resource):\n    return resource['X'] == 1\n\ndef title(resource):\n    return resource['Y']\n";
    let result = tested(source, "  - {Name: t, ExpectedResult: true, Resource: {X: 1}}\n");
    let expected = serde_json::json!({
        "id": "P.1", "file": "p.yml", "tier": "lowered",
        "tests": [{
            "name": "t", "status": "PASS", "expected": true, "actual": true,
            "functions": {
                "policy": {"output": "True", "error": null},
                "title": {"output": null, "error": "KeyError: 'Y'"}
            },
            "error": null
        }]
    });
    assert_eq!(serde_json::to_value(&result).unwrap(), expected);
}

#[test]
fn the_tests_of_the_built_in_packs_pass() {
    for name in builtin::names() {
        let pack = builtin::pack(name).unwrap();
        for detection in &pack.detections {
            let result = results(detection);
            assert!(result.tests.len() >= 5, "{}", detection.id);
            for test in result.tests {
                assert_eq!(test.status, TestStatus::Pass, "{} / {}: {:?}", detection.id, test.name, test.error);
            }
        }
    }
}

#[test]
fn the_deepest_code_that_is_accepted_runs_on_a_small_stack() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("def policy(resource):\n    return bool({}1{})\n", open.repeat(depth), close.repeat(depth))
    };
    let blocks: String = (1..95).map(|depth| format!("{}if resource['X'] == 1:\n", " ".repeat(depth))).collect();
    let branches = "    elif resource['X'] == 2:\n        return False\n".repeat(180);
    for source in [
        nested("[", "]", 190),
        nested("(", ",)", 190),
        nested("{1: ", "}", 190),
        nested("not ", "", 190),
        nested("- ", "", 190),
        nested("1 + ", "", 190),
        nested("2 if resource['X'] == 3 else ", "", 40),
        nested("str(", ")", 190),
        nested("[x for x in [", "]]", 40),
        nested("(lambda x: ", ")(1)", 40),
        nested("resource['X'] and ", "", 5_000),
        nested("not resource['X'] or ", "", 5_000),
        format!("def policy(resource):\n    return bool('a'{})\n", ".lower()".repeat(90)),
        format!("def policy(resource):\n{blocks}{}return True\n", " ".repeat(95)),
        format!("def policy(resource):\n    if resource['X'] == 3:\n        return False\n{branches}    return True\n"),
    ] {
        let (status, error) = one(&source, true);
        assert_ne!(status, TestStatus::Skip, "{error}\n{source}");
    }
}
