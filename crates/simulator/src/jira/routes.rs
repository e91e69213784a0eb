//! Which call is answered how.

use std::time::Instant;

use http::Method;
use serde_json::{Value, json};

use super::{Comment, Dialect, Issue, Jira, Transition, create, search};
use crate::desk::DeskReply;
use crate::wire::Request;

/// A refusal, as Jira writes it: sentences, and sentences about fields.
pub(super) fn refuse(status: u16, sentences: &[&str], fields: &[(&str, String)]) -> DeskReply {
    let fields: serde_json::Map<String, Value> =
        fields.iter().map(|(name, text)| ((*name).to_owned(), text.as_str().into())).collect();
    DeskReply::json(status, &json!({ "errorMessages": sentences, "errors": fields }))
}

fn missing() -> DeskReply {
    refuse(404, &["Issue does not exist or you do not have permission to see it."], &[])
}

impl Jira {
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        path: &str,
        query: &[(String, String)],
        now: Instant,
    ) -> DeskReply {
        if !self.knows(request) && self.setup.lets_strangers_in {
            let reply = match path.contains("/search") {
                true => DeskReply::json(200, &json!({ "issues": [], "isLast": true, "total": 0 })),
                false => missing(),
            };
            let headers = vec![("x-seraph-loginreason", "AUTHENTICATED_FAILED".to_owned())];
            return DeskReply { headers, ..reply };
        }
        if !self.knows(request) {
            return refuse(401, &["Client must be authenticated to access this resource."], &[]);
        }
        let Some(path) = path.strip_prefix(self.api()) else { return DeskReply::html(404, "<h1>Oops</h1>") };
        let parts: Vec<&str> = path.split('/').collect();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let asked = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        match (&request.method, parts.as_slice()) {
            (&Method::GET, ["myself"]) => DeskReply::json(200, &json!({ "displayName": "Keyreeve", "active": true })),
            (&Method::GET, ["issue", "createmeta", project, "issuetypes"]) => self.issue_types(project),
            (&Method::GET, ["issue", "createmeta", project, "issuetypes", id]) => self.create_fields(project, id),
            (&Method::POST, ["issue"]) => create::create(self, &body, now),
            (&Method::GET, ["issue", id]) => self.on(id, |jira, place| jira.shown(place, asked("fields"))),
            (&Method::PUT, ["issue", id]) => self.on(id, |jira, place| jira.update(place, &body)),
            (&Method::DELETE, ["issue", id]) => {
                self.deleted += 1;
                self.on(id, |jira, place| {
                    jira.issues[place].is_deleted = true;
                    DeskReply::empty(204)
                })
            }
            (&Method::GET, ["issue", id, "comment"]) => {
                self.on(id, |jira, place| jira.comments(place, asked("startAt"), asked("maxResults"), asked("orderBy")))
            }
            (&Method::POST, ["issue", id, "comment"]) => self.on(id, |jira, place| jira.comment(place, &body)),
            (&Method::GET, ["issue", id, "transitions"]) => {
                self.on(id, |jira, place| jira.transitions(place, asked("expand")))
            }
            (&Method::POST, ["issue", id, "transitions"]) => self.on(id, |jira, place| jira.transit(place, &body)),
            (&Method::POST, ["search", "jql"]) if self.setup.dialect == Dialect::Cloud => {
                search::cloud(self, &body, now)
            }
            (&Method::POST, ["search"]) if self.setup.dialect == Dialect::DataCenter => {
                search::data_center(self, &body, now)
            }
            (_, ["search"]) => refuse(
                410,
                &["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."],
                &[],
            ),
            _ => DeskReply::html(404, "<h1>Oops</h1>"),
        }
    }

    fn knows(&self, request: &Request) -> bool {
        let header = request.header("authorization").unwrap_or_default();
        let pair = format!("{}:{}", self.setup.user, self.setup.token);
        header == format!("Bearer {}", self.setup.token)
            || header.strip_prefix("Basic ").is_some_and(|given| given == base64(pair.as_bytes()))
    }

    fn on(&mut self, id: &str, then: impl FnOnce(&mut Self, usize) -> DeskReply) -> DeskReply {
        match self.place(id) {
            Some(place) => then(self, place),
            None => missing(),
        }
    }

    pub(super) fn may_create(&self, project: &str) -> bool {
        self.setup.projects.iter().any(|known| known == project) && !self.setup.forbidden.contains(project)
    }

    fn issue_types(&self, project: &str) -> DeskReply {
        if !self.may_create(project) {
            return refuse(404, &["No project could be found with key or id."], &[]);
        }
        let all: Vec<Value> = self
            .setup
            .issue_types
            .iter()
            .enumerate()
            .map(|(place, name)| json!({ "id": (10_001 + place).to_string(), "name": name, "subtask": false }))
            .collect();
        DeskReply::json(200, &self.page_of("issueTypes", all))
    }

    /// Cloud has its own name for the list, Data Center says `values`.
    fn page_of(&self, name: &str, all: Vec<Value>) -> Value {
        let total = all.len();
        match self.setup.dialect {
            Dialect::Cloud => json!({ "maxResults": 50, "startAt": 0, "total": total, name: all }),
            Dialect::DataCenter => {
                json!({ "maxResults": 50, "startAt": 0, "total": total, "isLast": true, "values": all })
            }
        }
    }

    fn create_fields(&self, project: &str, id: &str) -> DeskReply {
        let known = id.parse::<usize>().ok().and_then(|id| id.checked_sub(10_001));
        if !self.may_create(project) || known.is_none_or(|place| place >= self.setup.issue_types.len()) {
            return refuse(404, &["The project or issue type does not exist."], &[]);
        }
        let names = ["project", "issuetype", "summary", "description", "labels", "priority", "duedate"];
        let extra = self.setup.required.iter().map(String::as_str);
        let fields = names.into_iter().chain(extra).filter(|name| !self.setup.off_screen.contains(*name));
        let fields = fields.map(|name| {
            let required = matches!(name, "project" | "issuetype" | "summary") || self.setup.required.contains(name);
            let mut field =
                json!({ "fieldId": name, "key": name, "name": name, "required": required, "hasDefaultValue": false });
            if name == "priority" {
                let values = self.setup.priorities.iter().enumerate();
                field["allowedValues"] =
                    values.map(|(place, name)| json!({ "id": (place + 1).to_string(), "name": name })).collect();
            }
            field
        });
        DeskReply::json(200, &self.page_of("fields", fields.collect()))
    }

    fn shown(&self, place: usize, fields: Option<&str>) -> DeskReply {
        DeskReply::json(200, &self.issue(&self.issues[place], fields.unwrap_or("*all")))
    }

    pub(super) fn issue(&self, issue: &Issue, wanted: &str) -> Value {
        let wants = |name: &str| wanted == "*all" || wanted.split(',').any(|wanted| wanted == name);
        let mut fields = serde_json::Map::new();
        let mut give = |name: &str, value: Value| {
            if wants(name) {
                fields.insert(name.to_owned(), value);
            }
        };
        give("summary", issue.summary.as_str().into());
        give("description", issue.description.clone());
        give("labels", issue.labels.clone().into());
        give("status", self.status(&issue.status));
        give("created", "2026-11-22T06:00:00.000+0000".into());
        let resolution = (!issue.resolution.is_empty()).then(|| json!({ "name": issue.resolution }));
        give("resolution", resolution.unwrap_or_default());
        let link = format!("{}/{}issue/{}", self.base, self.api(), issue.id);
        json!({ "id": issue.id, "key": issue.key, "self": link, "fields": fields })
    }

    fn update(&mut self, place: usize, body: &Value) -> DeskReply {
        for change in body["update"]["labels"].as_array().into_iter().flatten() {
            match change["add"].as_str() {
                Some(label) if !label.contains(' ') => self.issues[place].labels.push(label.to_owned()),
                _ => return refuse(400, &[], &[("labels", "The label is not valid.".to_owned())]),
            }
        }
        DeskReply::empty(204)
    }

    fn comments(&self, place: usize, start: Option<&str>, most: Option<&str>, order: Option<&str>) -> DeskReply {
        let number = |text: Option<&str>, usual: usize| text.and_then(|text| text.parse().ok()).unwrap_or(usual);
        let (start, most) = (number(start, 0), number(most, 50).min(100));
        let comments = &self.issues[place].comments;
        let mut shown: Vec<Value> =
            comments.iter().map(|comment| json!({ "id": comment.id, "body": comment.body })).collect();
        if order == Some("-created") {
            shown.reverse();
        }
        let total = shown.len();
        let page: Vec<Value> = shown.into_iter().skip(start).take(most).collect();
        DeskReply::json(200, &json!({ "startAt": start, "maxResults": most, "total": total, "comments": page }))
    }

    fn comment(&mut self, place: usize, body: &Value) -> DeskReply {
        if let Err(why) = create::text(self.setup.dialect, &body["body"]) {
            return refuse(400, &[], &[("comment", why)]);
        }
        self.comments += 1;
        let comment = Comment { id: (20_000 + self.comments).to_string(), body: body["body"].clone() };
        let reply = DeskReply::json(201, &json!({ "id": comment.id, "body": comment.body }));
        self.issues[place].comments.push(comment);
        reply
    }

    fn open_ways(&self, place: usize) -> impl Iterator<Item = &Transition> {
        let status = &self.issues[place].status;
        self.setup.transitions.iter().filter(move |transition| {
            transition.to != *status && (transition.from.is_empty() || transition.from.contains(status))
        })
    }

    fn transitions(&self, place: usize, expand: Option<&str>) -> DeskReply {
        let ways = self.open_ways(place).map(|way| {
            let mut shown = json!({ "id": way.id, "name": way.name, "to": self.status(&way.to), "hasScreen": !way.fields.is_empty() });
            if expand == Some("transitions.fields") {
                let fields: serde_json::Map<String, Value> = way.fields.iter().map(|(name, required)| {
                    let mut field = json!({ "required": required, "hasDefaultValue": false, "key": name, "name": name });
                    if name == "resolution" {
                        let values = self.setup.resolutions.iter().enumerate();
                        field["allowedValues"] =
                            values.map(|(place, name)| json!({ "id": (10_100 + place).to_string(), "name": name })).collect();
                    }
                    (name.clone(), field)
                }).collect();
                shown["fields"] = fields.into();
            }
            shown
        });
        let ways: Vec<Value> = ways.collect();
        DeskReply::json(200, &json!({ "expand": "transitions", "transitions": ways }))
    }

    fn transit(&mut self, place: usize, body: &Value) -> DeskReply {
        let id = body["transition"]["id"].as_str().unwrap_or_default();
        let Some(way) = self.open_ways(place).find(|way| way.id == id).cloned() else {
            return refuse(400, &["It seems that you have tried to perform an illegal workflow operation."], &[]);
        };
        for (name, value) in body["fields"].as_object().into_iter().flatten() {
            if !way.fields.iter().any(|(known, _)| known == name) {
                let why = format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.");
                return refuse(400, &[], &[(name.as_str(), why)]);
            }
            if name == "resolution" {
                let known = self.setup.resolutions.iter().enumerate().find(|(place, known)| {
                    value["name"] == known.as_str() || value["id"] == (10_100 + place).to_string().as_str()
                });
                let Some((_, known)) = known else {
                    return refuse(400, &[], &[("resolution", "Resolution is not valid.".to_owned())]);
                };
                self.issues[place].resolution.clone_from(known);
            }
        }
        for (name, required) in &way.fields {
            if *required && body["fields"].get(name).is_none() {
                return refuse(400, &[], &[(name.as_str(), format!("{name} is required."))]);
            }
        }
        let done = self.category(&way.to) == super::Category::Done;
        let issue = &mut self.issues[place];
        issue.status.clone_from(&way.to);
        issue.is_done = done;
        if !done {
            issue.resolution.clear();
        }
        DeskReply::empty(204)
    }
}

/// Base64, as a basic login has it.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let number =
            three.iter().fold(0_usize, |number, byte| (number << 8) | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(number >> (18 - 6 * place)) & 63];
            text.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_what_rfc_4648_says() {
        let pairs =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (text, expected) in pairs {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
