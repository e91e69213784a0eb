//! Drafts as JSON, and as YAML for CloudFormation.

use serde_json::{Map, Value, json};

use super::{Draft, Principals, by_operator};

/// A policy as a JSON value; `fill` puts in the account and the partition.
pub(super) fn policy(drafts: &[Draft], fill: &dyn Fn(&str) -> String) -> Value {
    let statements: Vec<Value> = drafts.iter().map(|draft| statement(draft, fill)).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn statement(draft: &Draft, fill: &dyn Fn(&str) -> String) -> Value {
    let mut made = Map::new();
    made.insert("Sid".to_owned(), Value::from(draft.sid.as_str()));
    made.insert("Effect".to_owned(), Value::from(if draft.allow { "Allow" } else { "Deny" }));
    let principal = match &draft.principals {
        Principals::Everybody => Value::from("*"),
        Principals::Aws(arns) => json!({ "AWS": one_or_more(arns, fill) }),
        Principals::Service(name) => json!({ "Service": name }),
    };
    made.insert("Principal".to_owned(), principal);
    made.insert("Action".to_owned(), one_or_more(&draft.actions, fill));
    made.insert("Resource".to_owned(), Value::from("*"));
    if !draft.conditions.is_empty() {
        let mut conditions = Map::new();
        for (operator, keys) in by_operator(draft) {
            let keys: Map<String, Value> =
                keys.into_iter().map(|(key, values)| (key.to_owned(), one_or_more(values, fill))).collect();
            conditions.insert(operator.to_owned(), Value::Object(keys));
        }
        made.insert("Condition".to_owned(), Value::Object(conditions));
    }
    Value::Object(made)
}

fn one_or_more(texts: &[String], fill: &dyn Fn(&str) -> String) -> Value {
    match texts {
        [one] => Value::from(fill(one)),
        several => several.iter().map(|text| Value::from(fill(text))).collect(),
    }
}

/// A policy as YAML, in which what the deployment fills in stands behind `!Sub`.
pub(super) fn yaml(drafts: &[Draft], fill: &dyn Fn(&str) -> String) -> String {
    let mut text = String::from("KeyPolicy:\n");
    write(&policy(drafts, fill), 1, &mut text);
    text
}

fn write(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                text.push_str(&format!("{indent}{}:", scalar_key(key)));
                below(value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                match item {
                    Value::Object(_) => {
                        let mut inner = String::new();
                        write(item, depth + 1, &mut inner);
                        // The first line of the mapping stands behind the dash.
                        text.push_str(&format!("{indent}- {}", inner.trim_start()));
                    }
                    other => text.push_str(&format!("{indent}- {}\n", scalar(other))),
                }
            }
        }
        other => text.push_str(&format!("{indent}{}\n", scalar(other))),
    }
}

fn below(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(_) | Value::Array(_) => {
            text.push('\n');
            write(value, depth + 1, text);
        }
        other => text.push_str(&format!(" {}\n", scalar(other))),
    }
}

/// A key: condition keys hold colons, so they are quoted.
fn scalar_key(key: &str) -> String {
    match key.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => key.to_owned(),
        false => Value::from(key).to_string(),
    }
}

/// JSON's quotes are YAML's too. An account number must stay a string, a version must not become a date.
fn scalar(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    let sub = if text.contains("${AWS::") { "!Sub " } else { "" };
    format!("{sub}{}", Value::from(text))
}
