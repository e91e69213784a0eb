//! What changed between two readings of a key.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::rows::KeyChange;

/// The fields that differ, sorted by name. A key that is gone has no fields; what is not a JSON object is one field without a name.
pub(crate) fn differences(at: Timestamp, before: Option<&str>, after: Option<&str>) -> Vec<KeyChange> {
    if before == after {
        return Vec::new();
    }
    let (mut before, mut after) = (fields(before), fields(after));
    let mut names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    let mut take = |field: String| {
        let (before, after) = (take(&mut before, &field), take(&mut after, &field));
        (before != after).then_some(KeyChange { at, field, before, after })
    };
    names.into_iter().filter_map(&mut take).collect()
}

fn fields(facts: Option<&str>) -> Map<String, Value> {
    let Some(facts) = facts else { return Map::new() };
    match serde_json::from_str(facts) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::from_iter([(String::new(), Value::String(facts.to_owned()))]),
    }
}

fn take(fields: &mut Map<String, Value>, name: &str) -> Value {
    fields.get_mut(name).map_or(Value::Null, Value::take)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn between(before: Option<&str>, after: Option<&str>) -> Vec<(String, Value, Value)> {
        let changes = differences(Timestamp::UNIX_EPOCH, before, after);
        changes.into_iter().map(|change| (change.field, change.before, change.after)).collect()
    }

    #[test]
    fn only_fields_that_differ_are_told_whatever_the_order_of_fields() {
        let changes =
            between(Some(r#"{"A":1,"B":{"x":1,"y":2},"C":null}"#), Some(r#"{"B":{"y":2,"x":1},"A":2,"D":[]}"#));
        assert_eq!(changes, [("A".into(), json!(1), json!(2)), ("D".into(), Value::Null, json!([]))]);
    }

    #[test]
    fn a_key_that_is_gone_leaves_its_last_facts_behind() {
        assert_eq!(between(Some(r#"{"A":1}"#), None), [("A".into(), json!(1), Value::Null)]);
        assert_eq!(between(None, Some(r#"{"A":1}"#)), [("A".into(), Value::Null, json!(1))]);
    }

    #[test]
    fn facts_that_are_no_object_are_kept_as_they_were() {
        assert_eq!(between(Some("[1]"), Some("")), [(String::new(), json!("[1]"), json!(""))]);
    }
}
