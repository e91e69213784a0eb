//! The page that shows a newcomer what became of the findings: issues, records, deliveries, mails.

use serde_json::{Value, json};

use super::State;
use crate::jira::Issue;
use crate::servicenow::Incident;
use crate::smtp::{Mail, Post};
use crate::webhook::Delivered;
use crate::wire::escape;

/// What is shown.
pub(super) struct Shown<'a> {
    issues: &'a [Issue],
    incidents: &'a [Incident],
    delivered: &'a [Delivered],
    mails: &'a [Mail],
}

impl<'a> Shown<'a> {
    pub(super) fn of(state: &'a State, post: &'a Post) -> Self {
        Self {
            issues: state.jira.issues(),
            incidents: state.servicenow.incidents(),
            delivered: state.webhook.delivered(),
            mails: post.mails(),
        }
    }
}

/// For scripts.
pub(super) fn json(shown: &Shown<'_>) -> Value {
    let issue = |issue: &Issue| {
        json!({ "id": issue.id, "key": issue.key, "summary": issue.summary, "status": issue.status, "done": issue.is_done,
                "priority": issue.priority, "labels": issue.labels, "comments": issue.comments.len(), "deleted": issue.is_deleted })
    };
    let incident = |incident: &Incident| json!({ "sys_id": incident.sys_id, "fields": incident.fields });
    let mail =
        |mail: &Mail| json!({ "to": mail.to, "subject": mail.header("subject"), "id": mail.header("message-id") });
    json!({
        "issues": shown.issues.iter().map(issue).collect::<Vec<_>>(),
        "incidents": shown.incidents.iter().map(incident).collect::<Vec<_>>(),
        "deliveries": shown.delivered.iter().map(|delivered| &delivered.body).collect::<Vec<_>>(),
        "mails": shown.mails.iter().map(mail).collect::<Vec<_>>(),
    })
}

/// For people. It loads itself again every few seconds.
pub(super) fn html(shown: &Shown<'_>) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"3\"><title>Simulated desk</title>\
         <style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:75rem}table{border-collapse:collapse;width:100%}\
         th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd;vertical-align:top}</style></head><body>\
         <h1>Simulated Jira, ServiceNow, webhook and mail</h1>",
    );
    let issues = shown.issues.iter().filter(|issue| !issue.is_deleted).map(|issue| {
        vec![
            issue.key.clone(),
            issue.status.clone(),
            issue.priority.clone(),
            issue.summary.clone(),
            issue.comments.len().to_string(),
        ]
    });
    table(&mut page, "Jira", &["Issue", "Status", "Priority", "Summary", "Comments"], issues.collect());
    let incidents = shown.incidents.iter().map(|incident| {
        ["number", "state", "priority", "short_description"].map(|field| incident.field(field).to_owned()).to_vec()
    });
    table(&mut page, "ServiceNow", &["Number", "State", "Priority", "Short description"], incidents.collect());
    let delivered = shown.delivered.iter().map(|delivered| {
        ["event", "id", "title"].map(|field| delivered.body[field].as_str().unwrap_or_default().to_owned()).to_vec()
    });
    table(&mut page, "Webhook", &["Event", "Id", "Title"], delivered.collect());
    let mails =
        shown.mails.iter().map(|mail| vec![mail.to.join(", "), mail.header("subject").unwrap_or_default().to_owned()]);
    table(&mut page, "Mail", &["To", "Subject"], mails.collect());
    page.push_str("</body></html>\n");
    page
}

fn table(page: &mut String, name: &str, heads: &[&str], rows: Vec<Vec<String>>) {
    page.push_str(&format!("<h2>{name}: {}</h2><table><tr>", rows.len()));
    heads.iter().for_each(|head| page.push_str(&format!("<th>{head}</th>")));
    page.push_str("</tr>");
    // The newest are of interest.
    for row in rows.iter().rev().take(200) {
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escape(cell))).collect();
        page.push_str(&format!("<tr>{cells}</tr>"));
    }
    page.push_str("</table>");
}
