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
    let mail = |mail: &Mail| json!({ "to": mail.to, "subject": mail.subject(), "id": mail.header("message-id") });
    json!({
        "issues": shown.issues.iter().map(issue).collect::<Vec<_>>(),
        "incidents": shown.incidents.iter().map(incident).collect::<Vec<_>>(),
        "deliveries": shown.delivered.iter().map(|delivered| &delivered.body).collect::<Vec<_>>(),
        "mails": shown.mails.iter().map(mail).collect::<Vec<_>>(),
    })
}

/// How every page begins.
pub(super) const BEGIN: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Simulated desk</title><style>\
    body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#222}\
    h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2rem}h3{font-size:1rem}table{border-collapse:collapse;width:100%}\
    th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}\
    th{white-space:nowrap;color:#555}th:has(+td){width:1%}td p,th p{margin:0}.done,.done a{color:#666}.short{white-space:nowrap;width:1%}\
    pre{background:#f5f5f5;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:40rem;border:1px solid #ddd}\
    </style></head><body>";
/// How every page ends.
pub(super) const END: &str = "</body></html>\n";

/// The most rows of a table.
const MOST: usize = 200;

/// For people. It loads itself again every few seconds.
pub(super) fn html(shown: &Shown<'_>) -> String {
    let mut page = BEGIN.replace("<title>", "<meta http-equiv=\"refresh\" content=\"3\"><title>");
    page.push_str("<h1>Simulated Jira, ServiceNow, webhook and mail</h1>");
    let begin = page.len();
    let issues = shown.issues.iter().filter(|issue| !issue.is_deleted).map(|issue| Row {
        link: Some((0, format!("/jira/browse/{}", issue.key))),
        is_done: issue.is_done,
        cells: vec![
            issue.key.clone(),
            issue.status.clone(),
            issue.priority.clone(),
            issue.summary.clone(),
            issue.comments.len().to_string(),
        ],
    });
    table(&mut page, "Jira", &["Issue", "Status", "Priority", "Summary", "Comments"], issues.collect());
    let incidents = shown.incidents.iter().map(|incident| {
        let (state, priority) = levels(incident);
        let (number, title) = (incident.field("number"), incident.field("short_description"));
        Row {
            link: Some((0, format!("/servicenow/nav_to.do?uri=incident.do%3Fsys_id%3D{}", incident.sys_id))),
            is_done: ["6", "7", "8"].contains(&incident.field("state")),
            cells: vec![number.to_owned(), state, priority, title.to_owned(), incident.work_notes.len().to_string()],
        }
    });
    let heads = ["Number", "State", "Priority", "Short description", "Work notes"];
    table(&mut page, "ServiceNow", &heads, incidents.collect());
    let delivered = shown.delivered.iter().map(|delivered| {
        let cells = ["event", "id", "title"].map(|field| delivered.body[field].as_str().unwrap_or_default().to_owned());
        Row { link: None, is_done: false, cells: cells.to_vec() }
    });
    table(&mut page, "Webhook", &["Event", "Id", "Title"], delivered.collect());
    let mails = shown.mails.iter().enumerate().map(|(place, mail)| Row {
        link: Some((1, format!("/mails/{}", place + 1))),
        is_done: false,
        cells: vec![mail.to.join(", "), mail.subject()],
    });
    table(&mut page, "Mail", &["To", "Subject"], mails.collect());
    if page.len() == begin {
        page.push_str("<p>Nothing has come yet.</p>");
    }
    page + END
}

/// The state and the priority of a record, in ServiceNow's words.
pub(super) fn levels(incident: &Incident) -> (String, String) {
    let state = match incident.field("state") {
        "1" => "New",
        "2" => "In Progress",
        "3" => "On Hold",
        "6" => "Resolved",
        "7" => "Closed",
        "8" => "Canceled",
        other => other,
    };
    let priority = match incident.field("priority") {
        "1" => "1 - Critical",
        "2" => "2 - High",
        "3" => "3 - Moderate",
        "4" => "4 - Low",
        "5" => "5 - Planning",
        other => other,
    };
    (state.to_owned(), priority.to_owned())
}

/// A row, whose cell of that number leads somewhere.
struct Row {
    link: Option<(usize, String)>,
    is_done: bool,
    cells: Vec<String>,
}

/// A table; a system that got nothing has none.
fn table(page: &mut String, name: &str, heads: &[&str], rows: Vec<Row>) {
    if rows.is_empty() {
        return;
    }
    page.push_str(&format!("<h2>{name}: {}</h2><table><tr>", rows.len()));
    heads.iter().for_each(|head| page.push_str(&format!("<th>{head}</th>")));
    page.push_str("</tr>");
    // The newest are of interest.
    for row in rows.iter().rev().take(MOST) {
        page.push_str(if row.is_done { "<tr class=\"done\">" } else { "<tr>" });
        for (place, cell) in row.cells.iter().enumerate() {
            let text = escape(cell);
            let text = match &row.link {
                Some((at, address)) if *at == place => format!("<a href=\"{}\">{text}</a>", escape(address)),
                _ => text,
            };
            let class = if is_long(heads[place]) { "" } else { " class=\"short\"" };
            page.push_str(&format!("<td{class}>{text}</td>"));
        }
        page.push_str("</tr>");
    }
    page.push_str("</table>");
    if rows.len() > MOST {
        page.push_str(&format!("<p>… and {} older</p>", rows.len() - MOST));
    }
}

fn is_long(head: &str) -> bool {
    ["Summary", "Short description", "Title", "To", "Subject"].contains(&head)
}
