//! `AWS.KMS.RotationEnabled` on every kind of key in every state, against the conformance table, and the page that shows it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[expect(dead_code, reason = "each of two uses its part")]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};
use support::Bench;

const MATRIX: &str = include_str!("data/rotation_matrix.json");

/// The page that is generated from our verdicts.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rotation-matrix.md");

struct Case {
    resource: Value,
    row: String,
    /// The line of the page and its column.
    line: Vec<String>,
    state: String,
    /// Whether it is the first of its kind of key.
    is_first: bool,
}

fn cases(matrix: &Value) -> Vec<Case> {
    let list = |name: &str| matrix[name].as_array().unwrap().clone();
    let mut cases = Vec::new();
    for key in list("keys") {
        let mut is_first = true;
        let groups: Vec<String> = key["rows"].as_str().unwrap().split(' ').map(str::to_owned).collect();
        for (state, group) in list("states").iter().zip(groups) {
            for (flag, row) in list("flags").iter().zip(group.chars()) {
                let mut resource: Map<String, Value> =
                    matrix["kinds"][key["kind"].as_str().unwrap()].as_object().unwrap().clone();
                let own =
                    key.as_object().unwrap().iter().filter(|(name, _)| !["kind", "rows"].contains(&name.as_str()));
                resource.extend(own.map(|(name, value)| (name.clone(), value.clone())));
                resource.insert("KeyState".into(), state.clone());
                resource.insert("KeyRotationEnabled".into(), flag.clone());
                let text = |name: &str| key[name].as_str().unwrap_or("(absent)").to_owned();
                let store = key.get("CustomKeyStoreId").is_some_and(Value::is_string);
                let origin = text("Origin") + if store { " (custom key store)" } else { "" };
                let line =
                    vec![text("KeyManager"), origin, text("KeySpec"), text("kind").replace("none", "single Region")];
                resource.insert("AccountId".into(), json!("111111111111"));
                resource.insert("KeyId".into(), json!("1234abcd-12ab-34cd-56ef-1234567890ab"));
                resource.insert("ResourceType".into(), json!("AWS.KMS.Key"));
                cases.push(Case {
                    resource: Value::Object(resource),
                    row: row.to_string(),
                    line,
                    state: state.as_str().unwrap().to_owned(),
                    is_first: std::mem::take(&mut is_first),
                });
            }
        }
    }
    cases
}

#[test]
fn every_kind_of_key_in_every_state_is_judged_as_the_table_says() {
    let matrix: Value = serde_json::from_str(MATRIX).unwrap();
    let detection = support::detection("kms", "AWS.KMS.RotationEnabled");
    let mut bench = Bench::new(&detection);
    let cases = cases(&matrix);
    assert!(cases.len() > 5000, "{} cases", cases.len());
    for case in &cases {
        let verdict = bench.verdict(&case.resource);
        assert_eq!(verdict.status().name(), matrix["verdicts"][&case.row], "row {} {}", case.row, case.resource);
    }
}

#[test]
fn the_fix_for_a_replica_names_its_primary_key() {
    let detection = support::detection("kms", "AWS.KMS.RotationEnabled");
    let mut bench = Bench::new(&detection);
    let primary = "arn:aws:kms:eu-north-1:111111111111:key/mrk-4b1d7a0e9c3f4f62a85d21c07be6934a";
    let words = bench.words(&json!({
        "ResourceType": "AWS.KMS.Key", "AccountId": "111111111111", "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Origin": "AWS_KMS",
        "KeyId": "mrk-4b1d7a0e9c3f4f62a85d21c07be6934a", "KeyRotationEnabled": false,
        "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA", "PrimaryKey": {"Arn": primary, "Region": "eu-north-1"}},
    }));
    assert!(words.reason.contains(primary) && words.reason.contains("eu-north-1"), "{}", words.reason);
}

/// The kinds of key whose verdicts are the same in every state.
#[derive(Default)]
struct Line {
    specs: Vec<String>,
    regionalities: Vec<String>,
}

/// The verdicts for the flag's values, by state.
type ByState = BTreeMap<String, Vec<String>>;

/// The page: a line for the kinds of key of one manager and origin that are judged alike, a column a state.
fn page(matrix: &Value) -> String {
    let detection = support::detection("kms", "AWS.KMS.RotationEnabled");
    let mut bench = Bench::new(&detection);
    let mut kinds: Vec<(Vec<String>, ByState)> = Vec::new();
    for case in cases(matrix) {
        let status = bench.verdict(&case.resource).status().name().to_owned();
        if case.is_first || kinds.is_empty() {
            kinds.push((case.line.clone(), BTreeMap::new()));
        }
        if let Some((_, states)) = kinds.last_mut() {
            states.entry(case.state).or_default().push(status);
        }
    }
    let states: Vec<&str> = matrix["states"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let mut lines: Vec<((String, String, String), Line)> = Vec::new();
    for (kind, by_state) in kinds {
        let cells: Vec<String> = states.iter().map(|state| cell(&by_state[*state])).collect();
        let [manager, origin, spec, regionality] = <[String; 4]>::try_from(kind).unwrap();
        let key = (manager, origin, cells.join(" | "));
        let index = lines.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
            lines.push((key, Line::default()));
            lines.len() - 1
        });
        let line = &mut lines[index].1;
        for (list, value) in [(&mut line.specs, spec), (&mut line.regionalities, regionality)] {
            if !list.contains(&value) {
                list.push(value);
            }
        }
    }
    let mut text = String::from(
        "# Rotation: our verdict for every kind of key\n\n\
         Generated from what `AWS.KMS.RotationEnabled` says (`./x generate`); a test holds every case to the conformance table. Where the \
         flag `KeyRotationEnabled` decides, the cell reads *true / false / null*. n/a is NOT_APPLICABLE: the question does not arise.\n\n",
    );
    writeln!(text, "| manager | origin | key spec | regionality | {} |", states.join(" | ")).unwrap();
    writeln!(text, "|{}", "---|".repeat(4 + states.len())).unwrap();
    for ((manager, origin, cells), line) in lines {
        writeln!(
            text,
            "| {manager} | {origin} | {} | {} | {cells} |",
            line.specs.join(", "),
            line.regionalities.join(", ")
        )
        .unwrap();
    }
    text
}

/// The verdicts for the flag's values; one where it makes no difference.
fn cell(verdicts: &[String]) -> String {
    let mut words: Vec<String> = verdicts.iter().map(|status| status.replace("NOT_APPLICABLE", "n/a")).collect();
    if words.iter().all(|word| *word == words[0]) {
        words.truncate(1);
    }
    words.join(" / ")
}

#[test]
fn the_page_of_verdicts_is_up_to_date() {
    let matrix: Value = serde_json::from_str(MATRIX).unwrap();
    let page = page(&matrix);
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let committed = std::fs::read_to_string(Path::new(PAGE)).unwrap_or_default();
    assert!(committed == page, "docs/rotation-matrix.md is out of date: run ./x generate");
}
