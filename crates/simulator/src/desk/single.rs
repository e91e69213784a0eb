//! One issue, record or mail, shown as people get it.

use serde_json::Value;

use super::page::{BEGIN, END, levels};
use crate::jira::Issue;
use crate::mime;
use crate::servicenow::Incident;
use crate::smtp::Mail;
use crate::wire::escape;

/// How deep a document of Jira is shown.
const MAX_DEPTH: usize = 16;

/// An issue of Jira, with what was said in it.
pub(super) fn issue(issue: &Issue) -> String {
    let facts = [
        ("Status", issue.status.as_str()),
        ("Resolution", &issue.resolution),
        ("Priority", &issue.priority),
        ("Due", &issue.due),
        ("Labels", &issue.labels.join(", ")),
    ];
    let mut page = head(&issue.key, &issue.summary, &facts);
    document(&issue.description, 0, &mut page);
    for (place, comment) in issue.comments.iter().enumerate() {
        page.push_str(&format!("<h2>Comment {}</h2>", place + 1));
        document(&comment.body, 0, &mut page);
    }
    page + END
}

/// A record of ServiceNow, with its work notes.
pub(super) fn incident(incident: &Incident) -> String {
    let (state, priority) = levels(incident);
    let facts = [
        ("State", state.as_str()),
        ("Priority", &priority),
        ("Group", incident.field("assignment_group")),
        ("Due", incident.field("due_date")),
        ("Correlation", incident.field("correlation_id")),
        ("Resolution code", incident.field("close_code")),
    ];
    let mut page = head(incident.field("number"), incident.field("short_description"), &facts);
    text(incident.field("description"), &mut page);
    for (place, note) in incident.work_notes.iter().enumerate() {
        page.push_str(&format!("<h2>Work note {}</h2>", place + 1));
        text(note, &mut page);
    }
    if !incident.field("close_notes").is_empty() {
        page.push_str("<h2>Resolution notes</h2>");
        text(incident.field("close_notes"), &mut page);
    }
    page + END
}

/// A mail: its page in a frame that may do nothing, and its text.
pub(super) fn mail(mail: &Mail) -> String {
    let header = |name: &str| mime::words(&mail.header(name).unwrap_or_default());
    let parts = mime::parts(&mail.text);
    let facts =
        [("From", header("from")), ("To", header("to")), ("Copy", header("cc")), ("Message id", header("message-id"))];
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut page = head("Mail", &mail.subject(), &facts);
    if let Some(html) = &parts.html {
        page.push_str(&format!("<iframe sandbox srcdoc=\"{}\"></iframe><h2>As text</h2>", escape(html)));
    }
    text(&parts.text, &mut page);
    page + END
}

fn head(name: &str, title: &str, facts: &[(&str, &str)]) -> String {
    let mut page =
        BEGIN.to_owned() + &format!("<p><a href=\"/\">all</a></p><h1>{}: {}</h1><table>", escape(name), escape(title));
    for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        page.push_str(&format!("<tr><th>{name}</th><td>{}</td></tr>", escape(value)));
    }
    page + "</table>"
}

fn text(text: &str, page: &mut String) {
    page.push_str(&format!("<pre>{}</pre>", escape(text)));
}

/// A document of Jira Cloud, or the wiki text of Data Center.
fn document(node: &Value, depth: usize, page: &mut String) {
    if let Some(wiki) = node.as_str() {
        return text(wiki, page);
    }
    if depth > MAX_DEPTH {
        return;
    }
    let element = match node["type"].as_str().unwrap_or_default() {
        "text" => return inline(node, page),
        "hardBreak" => return page.push_str("<br>"),
        "heading" => "h3",
        "paragraph" => "p",
        "bulletList" => "ul",
        "listItem" => "li",
        "codeBlock" => "pre",
        "table" => "table",
        "tableRow" => "tr",
        "tableHeader" => "th",
        "tableCell" => "td",
        _ => "div",
    };
    page.push_str(&format!("<{element}>"));
    node["content"].as_array().into_iter().flatten().for_each(|part| document(part, depth + 1, page));
    page.push_str(&format!("</{element}>"));
}

fn inline(node: &Value, page: &mut String) {
    let text = escape(node["text"].as_str().unwrap_or_default());
    let marks = node["marks"].as_array().into_iter().flatten();
    let link = marks.filter(|mark| mark["type"] == "link").find_map(|mark| mark["attrs"]["href"].as_str());
    match link.filter(|address| address.starts_with("https://") || address.starts_with("http://")) {
        Some(address) => {
            page.push_str(&format!("<a rel=\"noopener noreferrer\" href=\"{}\">{text}</a>", escape(address)))
        }
        None => page.push_str(&text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(node: Value) -> String {
        let mut page = String::new();
        document(&node, 0, &mut page);
        page
    }

    #[test]
    fn a_document_is_shown_with_its_form_and_nothing_in_it_is_markup() {
        let link = json!({ "type": "text", "text": "<b>", "marks": [{ "type": "link", "attrs": { "href": "https://a/\"x" } }] });
        let code = json!({ "type": "codeBlock", "content": [{ "type": "text", "text": "a: <1>" }] });
        let page = shown(
            json!({ "type": "doc", "content": [{ "type": "paragraph", "content": [link, { "type": "hardBreak" }] }, code] }),
        );
        let expected = "<div><p><a rel=\"noopener noreferrer\" href=\"https://a/&quot;x\">&lt;b&gt;</a><br></p><pre>a: &lt;1&gt;</pre></div>";
        assert_eq!(page, expected);
    }

    #[test]
    fn what_is_no_web_address_is_no_link_and_what_is_too_deep_is_left_out() {
        let script =
            json!({ "type": "text", "text": "x", "marks": [{ "type": "link", "attrs": { "href": "javascript:1" } }] });
        assert_eq!(shown(script), "x");
        assert_eq!(shown(json!("h3. <wiki>")), "<pre>h3. &lt;wiki&gt;</pre>");
        let deep = (0..100).fold(
            json!({ "type": "text", "text": "deep" }),
            |node, _| json!({ "type": "paragraph", "content": [node] }),
        );
        assert!(!shown(deep).contains("deep"));
    }
}
