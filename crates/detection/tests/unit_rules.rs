//! The unit tests of rules: what an event is to a rule, as panther_core 0.16.3 has it.

#![expect(clippy::unwrap_used, reason = "tests may")]

use detection::unit::{DetectionResult, TestStatus, run};
use detection::{Memory, load};
use finding::FactContext;
use finding::account::Accounts;

const RULE: &str = "AnalysisType: rule\nFilename: r.py\nRuleID: R.1\nEnabled: true\nSeverity: Low\nLogTypes: [A.B]\nDedupPeriodMinutes: 60\nThreshold: 1\nTests:\n";

const MODEL: &str = "AnalysisType: datamodel\nDataModelID: M.1\nEnabled: true\nLogTypes: [A.B]\nFilename: m.py\nMappings:\n  - {Name: user, Path: $.who.name}\n  - {Name: plain, Path: Plain}\n  - {Name: kind, Method: kind_of}\n  - {Name: borrowed, Method: imported}\n  - {Name: far, Path: '$.a[*].b'}\n  - {Name: hard, Method: too_hard}\n";

const MODEL_PYTHON: &str = "from helper import imported\n\ndef kind_of(event):\n    return [event.get('KIND'), event.deep_get('who', 'name')]\n\ndef too_hard(event):\n    import shutil\n    return shutil.which('x')\n";

const HELPER: &str = "def imported(event):\n    return {'From': event['who']}\n";

/// Everything that the YAML of a test's event holds here.
const LOG: &str = "{p_log_type: A.B, Name: N, kind: k, who: {name: ann, Tags: [a, {K: v}]}, list: [{id: 1}, {id: 2}, {id: 1}], empty: {}, none: null, p_udm: {own: 7, zero: 0}, own: 8, zero: 9, Straße: s, _mocked_lookup_data_: {table: {key: found}}}";

fn tested(python: &str, tests: &str) -> DetectionResult {
    let files = Memory::new()
        .with("r.yml", format!("{RULE}{tests}"))
        .with("r.py", python)
        .with("m.yml", MODEL)
        .with("m.py", MODEL_PYTHON)
        .with("helper.py", HELPER)
        .with("helper.yml", "AnalysisType: global\nGlobalID: helper\nFilename: helper.py\n");
    let pack = load("test", &files);
    assert!(!pack.is_invalid(), "{:?}", pack.problems);
    let accounts = Accounts::default();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    run(pack.detection("R.1").unwrap(), &FactContext::new(now, &accounts), |_| true)
}

/// What `str(expression)` is for the event, or the exception.
fn shown(expression: &str) -> String {
    let source = format!(
        "from collections.abc import Mapping, Sequence\nimport json\n\ndef rule(event):\n    return True\n\ndef title(event):\n    return str(({expression}))\n"
    );
    let result = tested(&source, &format!("  - {{Name: t, ExpectedResult: true, Log: {LOG}}}\n"));
    let test = &result.tests[0];
    match test.functions.0.iter().find(|(name, _)| *name == "title") {
        Some((_, title)) => title.error.clone().or_else(|| title.output.clone()).unwrap(),
        None => test.error.clone().unwrap(),
    }
}

/// Compared with panther_core 0.16.3 on CPython 3.11.
#[test]
fn an_event_is_what_the_peer_makes_of_it() {
    for (expression, expected) in [
        ("event['NAME']", "N"),
        ("event.get('nAmE')", "N"),
        ("event.get('missing', default=3)", "3"),
        ("event.get('none', 3)", "None"),
        ("event['missing']", "KeyError: 'missing'"),
        ("event[1]", "AttributeError: 'int' object has no attribute 'lower'"),
        ("event['empty'][1]", "KeyError: 1"),
        ("event['STRASSE']", "KeyError: 'STRASSE'"),
        ("event['STRAßE']", "s"),
        ("'WHO' in event, 'x' in event, 3 in event['empty']", "(True, False, False)"),
        ("event['Who']['NAME']", "ann"),
        ("event['who']", "ImmutableCaseInsensitiveDict({'name': 'ann', 'Tags': ['a', {'K': 'v'}]})"),
        ("event['who']['tags']", "ImmutableList(('a', {'K': 'v'}))"),
        ("event['who']['tags'][1]", "ImmutableCaseInsensitiveDict({'K': 'v'})"),
        ("event['who']['tags'][1:]", "({'K': 'v'},)"),
        ("event['who']['tags'][9]", "IndexError: tuple index out of range"),
        ("event['who']['tags']['a']", "TypeError: tuple indices must be integers or slices, not str"),
        ("[isinstance(event, t) for t in (dict, Mapping)]", "[False, True]"),
        ("[isinstance(event['list'], t) for t in (list, Sequence, Mapping)]", "[False, True, False]"),
        (
            "event['list'] == [{'id': 1}, {'id': 2}, {'id': 1}], event['who']['tags'] == ('a', {'K': 'v'})",
            "(True, True)",
        ),
        ("event['empty'] == {}, {} == event['empty'], event['list'] == 3", "(True, True, False)"),
        ("event['list'] + [1]", "TypeError: unsupported operand type(s) for +: 'ImmutableList' and 'list'"),
        (
            "event['list'] < event['list']",
            "TypeError: '<' not supported between instances of 'ImmutableList' and 'ImmutableList'",
        ),
        ("{event['empty']}", "TypeError: unhashable type: 'ImmutableCaseInsensitiveDict'"),
        ("len(event['list']), bool(event['empty']), len(event['who'])", "(3, False, 2)"),
        ("list(event['who'])", "['name', 'Tags']"),
        ("[x['ID'] for x in event['list']]", "[1, 2, 1]"),
        ("[value for _, value in event['who'].items()][1]", "ImmutableList(('a', {'K': 'v'}))"),
        ("sorted(event['who'].keys()), 'name' in event['who'].keys()", "(['Tags', 'name'], True)"),
        ("{**event['empty'], 'a': 1}, dict(event['list'][0])", "({'a': 1}, {'id': 1})"),
        (
            "event['list'][0].copy(), event['who'].to_dict()['Tags'], event['list'].as_list()[1:2]",
            "({'id': 1}, ['a', {'K': 'v'}], [{'id': 2}])",
        ),
        ("event['who']['tags'].index('a'), event['who']['tags'].count('b')", "(0, 0)"),
        (
            "json.dumps(event['empty'])",
            "TypeError: Object of type ImmutableCaseInsensitiveDict is not JSON serializable",
        ),
        ("event.deep_get('WHO', 'tags', default=1)", "ImmutableList(('a', {'K': 'v'}))"),
        (
            "event.deep_get('who', 'tags', 'x', default=1), event.deep_get('none', default=2), event.deep_get('a', 'b')",
            "(1, 2, None)",
        ),
        ("event['list'].deep_get('a')", "AttributeError: 'ImmutableList' object has no attribute 'deep_get'"),
        ("event['who'].udm('a')", "AttributeError: 'ImmutableCaseInsensitiveDict' object has no attribute 'udm'"),
        ("event.pop('Name')", "AttributeError: 'PantherEvent' object has no attribute 'pop'"),
        ("event.deep_walk('list', 'id')", "[1, 2]"),
        (
            "event.deep_walk('list', 'id', return_val='first'), event.deep_walk('list', 'id', return_val='last')",
            "(1, 2)",
        ),
        (
            "event.deep_walk('LIST', 'id', default='d'), event.deep_walk('empty'), event.deep_walk('list', 'no')",
            "('d', {}, None)",
        ),
        ("event.deep_walk('list')[0]", "{'id': 1}"),
        ("event.lookup('table', 'key'), event.lookup('table', 'no')", "('found', None)"),
        ("event.event_time_epoch()", "0"),
        ("event.udm('own'), event.udm('zero'), event.udm('nothing', default=5)", "(7, 9, 5)"),
    ] {
        assert_eq!(shown(expression), expected, "{expression}");
    }
}

#[test]
fn unified_fields_come_from_the_data_model_of_the_log_type() {
    for (expression, expected) in [
        ("event.udm('user'), event.udm('plain', default='d')", "('ann', 'd')"),
        ("event.udm('kind')", "ImmutableList(('k', 'ann'))"),
        ("event.udm('borrowed')['FROM']['NAME']", "ann"),
        ("event.udm_path('user'), event.udm_path('kind'), event.udm_path('plain')", "('who.name', 'kind_of', None)"),
        ("event.udm('far')", "not evaluated here: the method for `far` of the data model M.1"),
        ("event.udm('hard')", "not evaluated here: the method for `hard` of the data model M.1"),
    ] {
        assert_eq!(shown(expression), expected, "{expression}");
    }
}

#[test]
fn an_event_cannot_be_changed() {
    for change in ["event['a'] = 1", "event['who']['name'] = 1", "event['list'][0] = 1"] {
        let python = format!("def rule(event):\n    {change}\n    return True\n");
        let result = tested(&python, &format!("  - {{Name: t, ExpectedResult: true, Log: {LOG}}}\n"));
        assert_eq!(result.tests[0].status, TestStatus::Fail, "{change}");
        let error = result.tests[0].error.clone().unwrap();
        assert!(error.contains("object does not support item assignment"), "{change}: {error}");
    }
}

#[test]
fn an_alert_is_expected_where_the_rule_should_return_true() {
    let python = "def rule(event):\n    return event.get('go')\n\ndef alert_context(event):\n    return event\n\ndef title(event):\n    return event['Title']\n";
    let tests = "  - {Name: alert, ExpectedResult: true, Log: {go: true, title: t}}\n  - {Name: quiet, ExpectedResult: false, Log: {go: false}}\n  - {Name: no title, ExpectedResult: true, Log: {go: true}}\n  - {Name: no bool, ExpectedResult: false, Log: {go: null}}\n";
    let result = tested(python, tests);
    let statuses: Vec<_> = result.tests.iter().map(|test| test.status).collect();
    assert_eq!(statuses, [TestStatus::Pass, TestStatus::Pass, TestStatus::Fail, TestStatus::Fail]);
    assert_eq!(result.tests[2].error.as_deref(), Some("title: KeyError: 'Title'"));
    assert_eq!(result.tests[3].error.as_deref(), Some("rule: it returned NoneType, not bool"));
}

#[test]
fn mocks_and_the_data_model_work_together() {
    let python = "from helper import imported\n\ndef rule(event):\n    return imported(1) == 'mocked' and event.udm('kind')[0] == 'k'\n";
    let tests = format!(
        "  - Name: t\n    ExpectedResult: true\n    Log: {LOG}\n    Mocks:\n      - {{objectName: imported, returnValue: mocked}}\n"
    );
    let result = tested(python, &tests);
    assert_eq!((result.tests[0].status, result.tests[0].error.as_deref()), (TestStatus::Pass, None));
}

#[test]
fn what_is_beyond_the_tree_is_skipped_with_its_reason() {
    let result = tested(
        "import shutil\n\ndef rule(event):\n    return shutil.which('x') is None\n",
        "  - {Name: t, ExpectedResult: true, Log: {a: 1}}\n",
    );
    assert_eq!(result.tests[0].status, TestStatus::Skip);
    assert!(result.tests[0].error.clone().unwrap().contains("import of shutil"));
}

/// The pack that `oracles/run verdicts` runs in the peer's own tool too.
#[test]
fn the_pack_of_rules_gives_the_verdicts_of_the_peer() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rules");
    let files = std::fs::read_dir(folder).unwrap().fold(Memory::new(), |files, entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.with(&name, std::fs::read(&path).unwrap())
    });
    let pack = load("rules", &files);
    assert!(pack.problems.is_empty(), "{:?}", pack.problems);
    let accounts = Accounts::default();
    let now = "2026-11-22T00:00:00Z".parse().unwrap();
    let mut told = Vec::new();
    for detection in &pack.detections {
        let result = run(detection, &FactContext::new(now, &accounts), |_| true);
        told.extend(result.tests.iter().filter(|test| test.status != TestStatus::Pass).map(|test| {
            format!("{} | {} | {}", test.status.name(), test.name, test.error.clone().unwrap_or_default())
        }));
    }
    assert_eq!(
        told,
        [
            "FAIL | nothing is there and an alert is expected | rule returned False, not True; title: KeyError: 'name'; alert_context: KeyError: 'list'",
            "FAIL | no mock, so the helper raises | rule: RuntimeError: only a mock knows them",
            "FAIL | an address that is none raises | rule: ValueError: 'nowhere' does not appear to be an IPv4 or IPv6 address",
            "FAIL | what returns no truth fails | rule: it returned NoneType, not bool",
        ]
    );
}
