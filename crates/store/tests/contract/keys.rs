//! Keys as they were read, and what changed of them.

use serde_json::{Value, json};
use store::rows::KeyRow;
use store::{Change, KeyFilter, Page, Store};

use crate::rows::{at, key};
use crate::{commit, wait};

fn read(store: &dyn Store, second: i64, facts: Option<Value>) {
    let facts = facts.map(|facts| facts.to_string());
    commit(store, [Change::Key(Box::new(key("k", second, facts.as_deref())))]);
}

/// Second, field, before, after.
fn history(store: &dyn Store, limit: usize) -> Vec<(i64, String, Value, Value)> {
    let changes = wait(store.key_history("k".into(), limit)).unwrap();
    let told = |change: store::rows::KeyChange| {
        (change.at.as_second() - at(0).as_second(), change.field, change.before, change.after)
    };
    changes.into_iter().map(told).collect()
}

pub fn the_first_reading_of_a_key_has_no_history(store: &dyn Store) {
    assert_eq!(wait(store.key("k".into())), Ok(None));
    read(store, 1, Some(json!({"A": 1})));
    assert_eq!(history(store, 9), []);
    assert_eq!(wait(store.key("k".into())).unwrap().unwrap().facts.as_deref(), Some(r#"{"A":1}"#));
}

pub fn what_differs_between_readings_is_history_the_latest_first(store: &dyn Store) {
    read(store, 1, Some(json!({"A": 1, "B": {"x": [1, 2]}, "C": true})));
    read(store, 2, Some(json!({"C": true, "B": {"x": [1, 2]}, "A": 1})));
    read(store, 3, Some(json!({"A": 2, "B": {"x": [1]}, "C": true})));
    read(store, 4, Some(json!({"A": 2, "B": {"x": [1]}, "D": "new"})));
    let all = [
        (4, "C".into(), json!(true), Value::Null),
        (4, "D".into(), Value::Null, json!("new")),
        (3, "A".into(), json!(1), json!(2)),
        (3, "B".into(), json!({"x": [1, 2]}), json!({"x": [1]})),
    ];
    assert_eq!(history(store, 9), all);
    assert_eq!(history(store, 3), all[..3]);
    assert_eq!(history(store, 0), []);
    assert_eq!(wait(store.key_history("other".into(), 9)), Ok(vec![]));
}

pub fn a_key_that_is_gone_leaves_its_facts_in_its_history(store: &dyn Store) {
    read(store, 1, Some(json!({"A": 1})));
    read(store, 2, None);
    read(store, 3, None);
    read(store, 4, Some(json!({"A": 1})));
    assert_eq!(history(store, 9), [(4, "A".into(), Value::Null, json!(1)), (2, "A".into(), json!(1), Value::Null)]);
}

pub fn a_key_read_earlier_never_replaces_one_read_later(store: &dyn Store) {
    read(store, 5, Some(json!({"A": 1})));
    read(store, 4, Some(json!({"A": 2})));
    assert_eq!(history(store, 9), []);
    assert_eq!(wait(store.key("k".into())).unwrap().unwrap().read, at(5));
    read(store, 5, Some(json!({"A": 3})));
    assert_eq!(history(store, 9), [(5, "A".into(), json!(1), json!(3))]);
}

pub fn a_key_is_found_by_any_of_its_aliases_in_any_case(store: &dyn Store) {
    let named = |arn: &str, aliases: &[&str]| {
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        Change::Key(Box::new(KeyRow { aliases, ..key(arn, 0, None) }))
    };
    commit(
        store,
        [
            named("arn:1", &["alias/Payments", "alias/old"]),
            named("arn:2", &["alias/pay\",\"ments"]),
            named("arn:3", &[]),
            named("arn:PAYMENTS", &[]),
        ],
    );
    let found = |text: &str| -> Vec<String> {
        let filter = KeyFilter { text: Some(text.into()), ..KeyFilter::default() };
        wait(store.keys(filter, Page::default())).unwrap().into_iter().map(|key| key.arn).collect()
    };
    assert_eq!(found("payments"), ["arn:1", "arn:PAYMENTS"]);
    assert_eq!(found("LD"), ["arn:1"]);
    assert_eq!(found("\",\""), ["arn:2"]);
    assert_eq!(found("payments\",\"alias"), [""; 0]);
    assert_eq!(found("arn:").len(), 4);
}
