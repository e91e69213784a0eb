//! Parameters: what the configuration may change, within which bounds, and that it changes the verdict.

#![expect(clippy::unwrap_used, reason = "tests may")]

use detection::{Memory, Pack, ParameterValue, builtin, load, unit};
use finding::FactContext;
use finding::account::Accounts;

const SIDECAR: &str = "\
Surfaces: [live]
Parameters:
  DAYS: {Type: int, Default: 30, Minimum: 1, Maximum: 90, Description: d}
  CLASSES: {Type: list, Default: [a, b], Allowed: [a, b, c], Description: d}
  STRICT: {Type: bool, Default: false, Description: d}
  NAME: {Type: string, Default: x, Description: d}
";

const PYTHON: &str = "\
DAYS = 30
CLASSES = {\"a\", \"b\"}
STRICT = False
NAME = \"x\"


def policy(resource):
    return resource[\"Days\"] <= DAYS and resource[\"Class\"] in CLASSES and not STRICT and NAME != \"y\"
";

const YAML: &str = "\
AnalysisType: policy
Filename: p.py
PolicyID: P.1
Enabled: true
Severity: Low
Tests:
  - {Name: t, ExpectedResult: true, Resource: {Days: 20, Class: b}}
";

fn pack() -> Pack {
    let files = Memory::new().with("p.yml", YAML).with("p.py", PYTHON).with("p.keyreeve.yml", SIDECAR);
    let pack = load("test", &files);
    assert_eq!(pack.problems, []);
    pack
}

fn verdict(pack: &Pack, id: &str) -> Vec<Option<bool>> {
    let accounts = Accounts::default();
    let facts = FactContext::new("2026-11-22T00:00:00Z".parse().unwrap(), &accounts);
    let result = unit::run(pack.detection(id).unwrap(), &facts, |_| true);
    result.tests.iter().map(|test| test.actual).collect()
}

#[test]
fn a_parameter_changes_the_verdict() {
    for (name, value) in [
        ("DAYS", ParameterValue::Int(10)),
        ("CLASSES", ParameterValue::List(vec!["c".to_owned()])),
        ("CLASSES", ParameterValue::List(Vec::new())),
        ("STRICT", ParameterValue::Bool(true)),
        ("NAME", ParameterValue::Text("y".to_owned())),
    ] {
        let mut pack = pack();
        assert_eq!(verdict(&pack, "P.1"), [Some(true)]);
        pack.set_parameter("P.1", name, &value).unwrap();
        assert_eq!(verdict(&pack, "P.1"), [Some(false)], "{name}");
    }
}

#[test]
fn every_parameter_of_the_built_in_packs_is_used_by_what_runs() {
    for name in builtin::names() {
        let mut pack = builtin::pack(name).unwrap();
        for detection in &mut pack.detections {
            for parameter in detection.sidecar.clone().unwrap().parameters {
                let before = format!("{:?}", detection.module());
                let other = match &parameter.default {
                    ParameterValue::Int(value) => {
                        ParameterValue::Int(parameter.maximum.filter(|it| it != value).unwrap_or(value - 1))
                    }
                    ParameterValue::Bool(value) => ParameterValue::Bool(!value),
                    ParameterValue::Text(text) => ParameterValue::Text(format!("{text}x")),
                    ParameterValue::List(_) => ParameterValue::List(vec!["another".to_owned()]),
                };
                detection.set_parameter(&parameter.name, &other).unwrap();
                assert_ne!(format!("{:?}", detection.module()), before, "{} {}", detection.id, parameter.name);
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for (name, value, message) in [
        ("DAY", ParameterValue::Int(1), "the detection has no parameter `DAY`; it has DAYS, CLASSES, STRICT, NAME"),
        ("DAYS", ParameterValue::Int(0), "0 is less than 1, the least allowed"),
        ("DAYS", ParameterValue::Int(91), "91 is more than 90, the most allowed"),
        ("DAYS", ParameterValue::Text("1".to_owned()), "it must be a whole number, not \"1\""),
        ("CLASSES", ParameterValue::List(vec!["d".to_owned()]), "`d` is not one of a, b, c"),
    ] {
        assert_eq!(pack().set_parameter("P.1", name, &value).unwrap_err().to_string(), message);
    }
    let error = pack().set_parameter("P.2", "DAYS", &ParameterValue::Int(1)).unwrap_err();
    assert_eq!(error.to_string(), "there is no detection `P.2`");
}
