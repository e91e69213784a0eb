//! Creating an issue: what Jira checks before it does.

use std::time::Instant;

use serde_json::{Value, json};

use super::routes::refuse;
use super::{Dialect, Issue, Jira};
use crate::desk::DeskReply;

/// The most characters of a text field, as Jira is set up usually.
const MAX_TEXT: usize = 32_767;

/// The most issues there are.
const MAX_ISSUES: usize = 100_000;

pub(super) fn create(jira: &mut Jira, body: &Value, now: Instant) -> DeskReply {
    let fields = &body["fields"];
    let project = named(&fields["project"], "key", jira.setup.projects.iter(), 10_000);
    let Some(project) = project.filter(|project| jira.may_create(project)) else {
        return refuse(400, &[], &[("project", "valid project is required".to_owned())]);
    };
    let Some(issue_type) = named(&fields["issuetype"], "name", jira.setup.issue_types.iter(), 10_001) else {
        return refuse(400, &[], &[("issuetype", "Specify a valid issue type".to_owned())]);
    };
    let wrong = wrong(jira, fields);
    if !wrong.is_empty() {
        return refuse(400, &[], &wrong);
    }
    if jira.issues.len() >= MAX_ISSUES {
        return refuse(500, &["there are too many issues"], &[]);
    }
    let number = jira.numbers.entry(project.clone()).or_default();
    *number += 1;
    let (id, key) = ((10_001 + jira.issues.len()).to_string(), format!("{project}-{number}"));
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    let labels = fields["labels"].as_array().into_iter().flatten().filter_map(Value::as_str);
    jira.issues.push(Issue {
        id: id.clone(),
        key: key.clone(),
        old_keys: Vec::new(),
        project,
        issue_type,
        summary: text("summary"),
        description: fields["description"].clone(),
        labels: labels.map(str::to_owned).collect(),
        priority: named(&fields["priority"], "name", jira.setup.priorities.iter(), 1).unwrap_or_default(),
        due: text("duedate"),
        status: jira.setup.statuses.first().map(|(name, _)| name.clone()).unwrap_or_default(),
        is_done: false,
        resolution: String::new(),
        comments: Vec::new(),
        is_deleted: false,
        is_hidden: false,
        created: now,
    });
    let link = format!("{}/{}issue/{id}", jira.base, jira.api());
    DeskReply::json(201, &json!({ "id": id, "key": key, "self": link }))
}

/// What is named by its key or name, or by its id.
fn named<'a>(value: &Value, by: &str, known: impl Iterator<Item = &'a String>, first_id: usize) -> Option<String> {
    let mut known = known.enumerate();
    let found = known
        .find(|(place, name)| value[by] == name.as_str() || value["id"] == (first_id + place).to_string().as_str());
    found.map(|(_, name)| name.clone())
}

fn wrong(jira: &Jira, fields: &Value) -> Vec<(&'static str, String)> {
    let mut wrong = Vec::new();
    let known = ["project", "issuetype", "summary", "description", "labels", "priority", "duedate"];
    for (name, _) in fields.as_object().into_iter().flatten() {
        let off = known.iter().find(|known| *known == name).filter(|_| !jira.setup.off_screen.contains(name));
        if off.is_none() {
            let name = known.iter().find(|known| *known == name).copied().unwrap_or("customfield");
            wrong.push((
                name,
                format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."),
            ));
        }
    }
    let summary = fields["summary"].as_str().unwrap_or_default();
    if summary.is_empty() {
        wrong.push(("summary", "You must specify a summary of the issue.".to_owned()));
    } else if summary.contains(['\n', '\r']) {
        wrong.push(("summary", "The summary is invalid because it contains newline characters.".to_owned()));
    } else if summary.chars().count() > 255 {
        wrong.push(("summary", "Summary must be less than 255 characters.".to_owned()));
    }
    if let Some(description) = fields.get("description")
        && let Err(why) = text(jira.setup.dialect, description)
    {
        wrong.push(("description", why));
    }
    let mut labels = fields["labels"].as_array().into_iter().flatten();
    if labels.any(|label| label.as_str().is_none_or(|label| label.contains(' ') || label.len() > 255)) {
        wrong.push(("labels", "The label contains spaces which is invalid.".to_owned()));
    }
    if let Some(priority) = fields.get("priority")
        && named(priority, "name", jira.setup.priorities.iter(), 1).is_none()
    {
        wrong.push(("priority", "The priority selected is invalid.".to_owned()));
    }
    if let Some(due) = fields.get("duedate")
        && due.as_str().is_none_or(|due| due.parse::<jiff::civil::Date>().is_err() || due.len() != 10)
    {
        wrong.push(("duedate", "Error parsing date string: expected yyyy-MM-dd".to_owned()));
    }
    for name in &jira.setup.required {
        if fields.get(name).is_none() {
            wrong.push(("customfield", format!("{name} is required.")));
        }
    }
    wrong
}

/// Whether a text is what the dialect takes: a document, or wiki text.
pub(super) fn text(dialect: Dialect, text: &Value) -> Result<(), String> {
    let length = match dialect {
        Dialect::Cloud => {
            let is_document = text["type"] == "doc" && text["version"] == 1 && text["content"].is_array();
            if !is_document || !children(text, &["heading", "paragraph", "bulletList", "codeBlock", "table"]) {
                return Err(
                    "Operation value must be an Atlassian Document (see the Atlassian Document Format)".to_owned()
                );
            }
            text.to_string().chars().count()
        }
        Dialect::DataCenter => text.as_str().ok_or("Operation value must be a string")?.chars().count(),
    };
    if length > MAX_TEXT {
        return Err(format!("The entered text is too long. It exceeds the allowed limit of {MAX_TEXT} characters."));
    }
    Ok(())
}

/// Whether all that is in a node may be there, by the schema of documents.
fn children(node: &Value, allowed: &[&str]) -> bool {
    let is_right = |child: &Value| {
        let Some(kind) = child["type"].as_str().filter(|kind| allowed.contains(kind)) else { return false };
        let within: &[&str] = match kind {
            "heading" | "paragraph" => &["text", "hardBreak"],
            "codeBlock" => &["text"],
            "bulletList" => &["listItem"],
            "listItem" => &["paragraph", "bulletList", "codeBlock"],
            "table" => &["tableRow"],
            "tableRow" => &["tableHeader", "tableCell"],
            "tableHeader" | "tableCell" => &["paragraph", "bulletList", "codeBlock", "heading"],
            "text" => return child["text"].as_str().is_some_and(|text| !text.is_empty()),
            _ => return true,
        };
        let needs_some = matches!(kind, "bulletList" | "listItem" | "table" | "tableRow" | "tableHeader" | "tableCell");
        let is_empty = child["content"].as_array().is_none_or(Vec::is_empty);
        !(needs_some && is_empty) && children(child, within)
    };
    node["content"].as_array().is_none_or(|content| content.iter().all(is_right))
}
