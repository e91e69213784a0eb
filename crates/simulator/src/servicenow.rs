//! A ServiceNow: the Table API of one table, with its choices, its data policies and its journal.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Map, Value, json};

use crate::desk::DeskReply;
use crate::jira::base64;
use crate::random::Random;
use crate::wire::{Request, decode_form};

/// The most records there are.
const MAX_RECORDS: usize = 100_000;

/// How a ServiceNow is set up.
#[derive(Debug, Clone)]
pub struct ServiceNowSetup {
    /// Who may log in with a password.
    pub user: String,
    /// The password; also the client's secret, and the API key.
    pub password: String,
    /// The OAuth client.
    pub client_id: String,
    /// The token that clients get.
    pub access_token: String,
    /// The table.
    pub table: String,
    /// Whether resolving takes a close code and notes.
    pub needs_close_code: bool,
    /// Whether a business rule leaves every state as it is, without a word.
    pub keeps_state: bool,
    /// Whether a closed record can be changed.
    pub closed_is_final: bool,
}

impl Default for ServiceNowSetup {
    fn default() -> Self {
        Self {
            user: "keyreeve".to_owned(),
            password: "any-password".to_owned(),
            client_id: "keyreeve-client".to_owned(),
            access_token: "token-1".to_owned(),
            table: "incident".to_owned(),
            needs_close_code: true,
            keeps_state: false,
            closed_is_final: true,
        }
    }
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// 32 hexadecimal digits.
    pub sys_id: String,
    /// Its fields.
    pub fields: BTreeMap<String, String>,
    /// Its work notes, the oldest first.
    pub work_notes: Vec<String>,
    /// Whether nobody may see it.
    pub is_hidden: bool,
}

impl Incident {
    /// A field; empty where there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// A ServiceNow.
#[derive(Debug)]
pub struct ServiceNow {
    setup: ServiceNowSetup,
    incidents: Vec<Incident>,
    ids: Random,
}

fn refuse(status: u16, message: &str, detail: &str) -> DeskReply {
    DeskReply::json(status, &json!({ "error": { "message": message, "detail": detail }, "status": "failure" }))
}

fn missing() -> DeskReply {
    refuse(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
}

impl ServiceNow {
    pub(crate) fn new(setup: ServiceNowSetup) -> Self {
        Self { setup, incidents: Vec::new(), ids: Random::new(7) }
    }

    pub(crate) fn incidents(&self) -> &[Incident] {
        &self.incidents
    }

    /// How it is set up, to be changed while it runs.
    pub fn setup(&mut self) -> &mut ServiceNowSetup {
        &mut self.setup
    }

    /// Changes a record as a person would.
    pub fn change(&mut self, sys_id: &str, change: impl FnOnce(&mut Incident)) {
        if let Some(incident) = self.incidents.iter_mut().find(|incident| incident.sys_id == sys_id) {
            change(incident);
        }
    }

    pub(crate) fn answer(&mut self, request: &Request, path: &str, query: &[(String, String)]) -> DeskReply {
        if path == "oauth_token.do" {
            return self.token(request);
        }
        if !self.knows(request) {
            return refuse(401, "User Not Authenticated", "Required to provide Auth information");
        }
        let asked = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let [api, now, tables, table, rest @ ..] = parts.as_slice() else { return missing() };
        if [*api, *now, *tables] != ["api", "now", "table"] || *table != self.setup.table {
            return refuse(400, "Invalid table", table);
        }
        match (&request.method, rest) {
            (&Method::GET, []) => self.list(asked("sysparm_query"), asked("sysparm_limit"), asked("sysparm_fields")),
            (&Method::POST, []) => self.create(&body, asked("sysparm_fields")),
            (&Method::GET, [id]) => match self.place(id) {
                Some(place) => {
                    let displayed = asked("sysparm_display_value") == Some("true");
                    let record = self.record(&self.incidents[place], asked("sysparm_fields"), displayed);
                    DeskReply::json(200, &json!({ "result": record }))
                }
                None => missing(),
            },
            (&Method::PATCH | &Method::PUT, [id]) => match self.place(id) {
                Some(place) => self.update(place, &body, asked("sysparm_fields")),
                None => missing(),
            },
            _ => refuse(405, "Method not supported", ""),
        }
    }

    fn knows(&self, request: &Request) -> bool {
        let ServiceNowSetup { user, password, access_token, .. } = &self.setup;
        let header = request.header("authorization").unwrap_or_default();
        request.header("x-sn-apikey").is_some_and(|key| key == password)
            || header == format!("Bearer {access_token}")
            || header == format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
    }

    fn token(&self, request: &Request) -> DeskReply {
        let form = decode_form(&request.body);
        let has = |name: &str, value: &str| form.iter().any(|(known, given)| known == name && given == value);
        let ServiceNowSetup { client_id, password, access_token, .. } = &self.setup;
        if !has("grant_type", "client_credentials") || !has("client_id", client_id) || !has("client_secret", password) {
            let error = json!({ "error": "server_error", "error_description": "access_denied" });
            return DeskReply::json(401, &error);
        }
        let token =
            json!({ "access_token": access_token, "scope": "useraccount", "token_type": "Bearer", "expires_in": 1799 });
        DeskReply::json(200, &token)
    }

    fn place(&self, id: &str) -> Option<usize> {
        self.incidents.iter().position(|incident| incident.sys_id == id && !incident.is_hidden)
    }

    fn record(&self, incident: &Incident, wanted: Option<&str>, displayed: bool) -> Value {
        let wants = |name: &str| wanted.is_none_or(|wanted| wanted.split(',').any(|wanted| wanted == name));
        let mut record = Map::new();
        for (name, value) in &incident.fields {
            if wants(name) {
                record.insert(name.clone(), value.as_str().into());
            }
        }
        if wants("sys_id") {
            record.insert("sys_id".to_owned(), incident.sys_id.as_str().into());
        }
        if wants("work_notes") {
            // The journal is shown by its display value only, the newest entry first.
            let notes: String = incident
                .work_notes
                .iter()
                .rev()
                .map(|note| format!("2026-11-22 06:00:00 - Keyreeve (Work notes)\n{note}\n\n"))
                .collect();
            record.insert("work_notes".to_owned(), if displayed { notes.into() } else { "".into() });
        }
        record.into()
    }

    /// What cannot be understood in a query is left out of it, as ServiceNow does.
    fn list(&self, query: Option<&str>, most: Option<&str>, fields: Option<&str>) -> DeskReply {
        let terms: Vec<(&str, &str)> =
            query.unwrap_or_default().split('^').filter_map(|term| term.split_once('=')).collect();
        let fits = |incident: &&Incident| {
            terms.iter().all(|(name, value)| match incident.fields.get(*name) {
                Some(known) => known == value,
                None => incident.sys_id == *value || !["sys_id", "correlation_id", "state"].contains(name),
            })
        };
        let most = most.and_then(|most| most.parse().ok()).unwrap_or(10_000);
        // What nobody may see is counted all the same.
        let total = self.incidents.iter().filter(fits).count().to_string();
        let found = self.incidents.iter().filter(|incident| !incident.is_hidden).filter(fits).take(most);
        let found: Vec<Value> = found.map(|incident| self.record(incident, fields, false)).collect();
        let reply = DeskReply::json(200, &json!({ "result": found }));
        DeskReply { headers: vec![("x-total-count", total)], ..reply }
    }

    fn create(&mut self, body: &Value, fields: Option<&str>) -> DeskReply {
        let Some(given) = body.as_object() else { return refuse(400, "Exception while reading request", "not JSON") };
        if self.incidents.len() >= MAX_RECORDS {
            return refuse(500, "Out of room", "");
        }
        let number = self.incidents.len() + 1;
        let mut incident = Incident {
            sys_id: self.ids.hex(32),
            fields: BTreeMap::from([
                ("number".to_owned(), format!("INC{:07}", 10_000 + number)),
                ("state".to_owned(), "1".to_owned()),
                ("correlation_id".to_owned(), String::new()),
            ]),
            work_notes: Vec::new(),
            is_hidden: false,
        };
        write(&mut incident, given);
        let level = |name: &str| incident.field(name).parse::<usize>().ok().filter(|level| (1..=3).contains(level));
        let priority = match (level("impact").unwrap_or(3), level("urgency").unwrap_or(3)) {
            (1, 1) => "1",
            (1, 2) | (2, 1) => "2",
            (2, 2) | (1, 3) | (3, 1) => "3",
            (2, 3) | (3, 2) => "4",
            _ => "5",
        };
        incident.fields.insert("priority".to_owned(), priority.to_owned());
        let record = self.record(&incident, fields, false);
        self.incidents.push(incident);
        DeskReply::json(201, &json!({ "result": record }))
    }

    fn update(&mut self, place: usize, body: &Value, fields: Option<&str>) -> DeskReply {
        let Some(given) = body.as_object() else { return refuse(400, "Exception while reading request", "not JSON") };
        let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default();
        let refused = "Operation against file 'incident' was aborted by Data Policy";
        if self.setup.closed_is_final && self.incidents[place].field("state") == "7" {
            return refuse(403, refused, "Closed records are read-only");
        }
        let resolves = matches!(text("state"), "6" | "7");
        if resolves && self.setup.needs_close_code && (text("close_code").is_empty() || text("close_notes").is_empty())
        {
            let detail = "Data Policy Exception: The following fields are mandatory: Resolution code, Resolution notes";
            return refuse(403, refused, detail);
        }
        let before = self.incidents[place].field("state").to_owned();
        write(&mut self.incidents[place], given);
        if self.setup.keeps_state {
            self.incidents[place].fields.insert("state".to_owned(), before);
        }
        let record = self.record(&self.incidents[place], fields, false);
        DeskReply::json(200, &json!({ "result": record }))
    }
}

fn write(incident: &mut Incident, given: &Map<String, Value>) {
    for (name, value) in given {
        let Some(value) = value.as_str() else { continue };
        match name.as_str() {
            "work_notes" => incident.work_notes.push(value.to_owned()),
            "sys_id" | "number" => {}
            "short_description" => {
                incident.fields.insert(name.clone(), value.chars().take(160).collect());
            }
            _ => {
                incident.fields.insert(name.clone(), value.chars().take(4000).collect());
            }
        }
    }
}
