//! A verdict is UNKNOWN if and only if it depends on an unknown fact: checked for every detection of both packs and every field its
//! body reads, by trying all values of a small domain in the field's place.

#[expect(dead_code, reason = "each of two uses its part")]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use detection::Detection;
use detection::judge::Verdict;
use finding::Status;
use finding::resource::catalogue::{Shape, resource_type};
use serde_json::{Value, json};
use support::Bench;

/// Values that the field could have: some of each type it can have, and those that the body's own constants suggest.
fn domain(detection: &Detection, field: &str) -> Vec<Value> {
    let primary = json!({"Arn": "arn:aws:kms:eu-north-1:111111111111:key/mrk-1", "Region": "eu-north-1"});
    let some = [
        json!(null),
        json!(true),
        json!(false),
        json!(""),
        json!(" "),
        json!("x"),
        json!("2020-01-01T00:00:00Z"),
        json!("2030-01-01T00:00:00Z"),
        json!(-1),
        json!(0),
        json!(1),
        json!(100_000),
        json!([]),
        json!(["alias/x"]),
        json!({}),
        json!({"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": []}),
        json!({"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": [primary]}),
        json!({"MultiRegionKeyType": "REPLICA", "PrimaryKey": primary, "ReplicaKeys": []}),
        json!({"soar:team": ""}),
        json!({"soar:team": "x"}),
    ];
    let source = detection.python.as_ref().map(|file| file.text.to_string()).unwrap_or_default();
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for value in some.into_iter().chain(constants(&source)) {
        if can_be(field, &value) {
            values.insert(value.to_string(), value);
        }
    }
    values.into_values().collect()
}

/// Whether the catalogue lets the field have such a value: a fact that was refused has one of these, whole.
fn can_be(field: &str, value: &Value) -> bool {
    let Some(field) = resource_type("AWS.KMS.Key").and_then(|key| key.field(field)) else { return true };
    if value.is_null() {
        return field.nullable;
    }
    match field.shape {
        Shape::Bool => value.is_boolean(),
        Shape::Int => value.is_i64(),
        Shape::List(_) => value.is_array(),
        Shape::Object(members) => members.iter().all(|(name, _)| value.get(name).is_some()),
        Shape::Map(_) => value.is_object(),
        Shape::Any => true,
        Shape::Text(_) | Shape::Document | Shape::Date => value.is_string(),
    }
}

/// The strings and whole numbers that the source mentions, and the numbers' neighbours.
fn constants(source: &str) -> Vec<Value> {
    let strings = source.split('"').skip(1).step_by(2).map(|text| json!(text));
    let words = source.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let numbers =
        words.filter_map(|word| word.parse::<i64>().ok()).flat_map(|it| [json!(it - 1), json!(it), json!(it + 1)]);
    strings.chain(numbers).collect()
}

#[test]
fn a_verdict_is_unknown_exactly_when_the_other_fields_do_not_settle_it() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for pack in ["kms", "panther-kms"] {
        for detection in support::pack(pack) {
            let mut bench = Bench::new(&detection);
            for test in &detection.tests {
                let base: Value = serde_json::from_str(&test.input.to_json_text().unwrap()).unwrap();
                for field in support::fields(&detection) {
                    let (expected, found) = both(&mut bench, &domain(&detection, &field), &base, &field);
                    assert_eq!(
                        found.status(),
                        expected,
                        "{} with {field} unknown, in {}: {found:?}",
                        detection.id,
                        test.name
                    );
                    if let Verdict::Unknown(_) = &found
                        && !matches!(bench.verdict(&base), Verdict::Unknown(_))
                    {
                        // Beside it there may be what is computed from it.
                        let named = found.unknown_fields().iter().any(|it| *it == field);
                        assert!(named, "{} with {field} unknown, in {}: {found:?}", detection.id, test.name);
                    }
                    *seen.entry(expected.name()).or_default() += 1;
                }
            }
        }
    }
    // Every way it can end is met often, so that the test is about something.
    for status in [Status::Unknown, Status::Pass, Status::Fail, Status::NotApplicable] {
        assert!(seen.get(status.name()).copied().unwrap_or_default() > 20, "{status}: {seen:?}");
    }
}

/// The status that the other fields settle, else UNKNOWN; and what the detection says.
fn both(bench: &mut Bench<'_>, domain: &[Value], base: &Value, field: &str) -> (Status, Verdict) {
    let mut object = base.clone();
    let mut statuses = BTreeSet::new();
    for value in domain {
        object[field] = value.clone();
        statuses.insert(bench.verdict(&object).status());
    }
    let settled = if statuses.len() == 1 { statuses.pop_first() } else { None };
    let fact = json!({"operation": "DescribeKey", "code": "AccessDeniedException", "message": "denied"});
    if object["Unknown"].is_null() {
        object["Unknown"] = json!({});
    }
    object["Unknown"][field] = fact;
    (settled.unwrap_or(Status::Unknown), bench.verdict(&object))
}
