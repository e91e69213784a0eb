//! The search: the little of JQL that looking for labels takes, read strictly, over an index that lags behind.

use std::time::Instant;

use serde_json::{Value, json};

use super::routes::refuse;
use super::{Issue, Jira};
use crate::desk::DeskReply;
use crate::wire::escape;

/// `/search/jql`: pages by token.
pub(super) fn cloud(jira: &Jira, body: &Value, now: Instant) -> DeskReply {
    let found = match found(jira, body, now) {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let start = body["nextPageToken"].as_str().and_then(|token| token.strip_prefix("page-")?.parse().ok()).unwrap_or(0);
    let most = most(body);
    let issues = page(jira, &found, body, start, most);
    let is_last = start + most >= found.len();
    let mut reply = json!({ "issues": issues, "isLast": is_last });
    if !is_last {
        reply["nextPageToken"] = format!("page-{}", start + most).into();
    }
    DeskReply::json(200, &reply)
}

/// `/search`: pages by number.
pub(super) fn data_center(jira: &Jira, body: &Value, now: Instant) -> DeskReply {
    let found = match found(jira, body, now) {
        Ok(found) => found,
        Err(reply) => return reply,
    };
    let start = body["startAt"].as_u64().and_then(|start| usize::try_from(start).ok()).unwrap_or(0);
    let most = most(body);
    let issues = page(jira, &found, body, start, most);
    DeskReply::json(200, &json!({ "startAt": start, "maxResults": most, "total": found.len(), "issues": issues }))
}

/// How many are given at a time, which may be fewer than were asked for.
fn most(body: &Value) -> usize {
    body["maxResults"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(50).clamp(1, 2)
}

fn page(jira: &Jira, found: &[&Issue], body: &Value, start: usize, most: usize) -> Vec<Value> {
    let fields: Vec<&str> = body["fields"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    found.iter().skip(start).take(most).map(|issue| jira.issue(issue, &fields.join(","))).collect()
}

fn found<'a>(jira: &'a Jira, body: &Value, now: Instant) -> Result<Vec<&'a Issue>, DeskReply> {
    let jql = body["jql"].as_str().unwrap_or_default();
    let label = label_of(jql).ok_or_else(|| {
        refuse(400, &[&format!("Error in the JQL Query: {} cannot be understood.", escape(jql))], &[])
    })?;
    let visible = jira.issues.iter().filter(|issue| {
        !issue.is_deleted
            && !issue.is_hidden
            && now.saturating_duration_since(issue.created) >= jira.setup.search_lag
            && issue.labels.contains(&label)
    });
    Ok(visible.collect())
}

/// The label that is asked for: `labels = "x" ORDER BY created ASC`.
fn label_of(jql: &str) -> Option<String> {
    let rest = jql.trim().strip_prefix("labels")?.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
    let mut label = String::new();
    let mut characters = rest.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '\\' => label.push(characters.next()?.1),
            '"' => {
                let order = rest[place + 1..].trim().to_ascii_lowercase();
                return (order.is_empty() || order == "order by created asc").then_some(label);
            }
            plain => label.push(plain),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::label_of;

    #[test]
    fn a_label_is_read_with_its_escapes_and_nothing_else_is() {
        assert_eq!(label_of("labels = \"keyreeve-1\" ORDER BY created ASC").as_deref(), Some("keyreeve-1"));
        assert_eq!(label_of("labels=\"a\\\"b\\\\\"").as_deref(), Some("a\"b\\"));
        for jql in
            ["", "labels = x", "labels = \"x", "labels = \"x\" OR project = SEC", "project = SEC", "labels = \"x\\"]
        {
            assert_eq!(label_of(jql), None, "{jql}");
        }
    }
}
