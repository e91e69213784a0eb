//! What calls come to: statements, exceptions, state, unknown facts.

mod support;

use support::{judge, text};

fn value(body: &str, json: &str) -> String {
    text(&judge(&format!("def policy(resource):\n    return {body}\n"), json, &[]))
}

#[test]
fn a_missing_key_raises() {
    assert_eq!(value("resource['Origin'] != 'AWS_KMS'", "{}"), "KeyError: 'Origin'");
    assert_eq!(value("resource.get('Origin')", "{}"), "None");
    assert_eq!(value("resource.get('Origin', 'x').upper()", "{}"), "'X'");
    assert_eq!(value("resource['Origin'] != 'AWS_KMS'", "{\"Origin\": \"AWS_KMS\"}"), "False");
}
