//! ServiceNow by its Table API: records are known by their `correlation_id` before they have a number, and by their `sys_id` ever after.

mod login;
mod text;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use finding::Severity;
pub use login::ServiceNowLogin;
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use self::text::harmless;
use super::{Turns, mark_of_words, plain};
use crate::failure::Failure;
use crate::http::{self, Call, Http};
use crate::letter::{Letter, clean, text as plain_text};
use crate::ports::{Checkup, Draft, External, Mark, Reply, Seen, Standing, Tickets};
use crate::secret::Secrets;

/// How a ServiceNow is used. States are numbers, as instances change their names and some their numbers.
#[derive(Debug, Clone)]
pub struct ServiceNowOptions {
    /// `https://acme.service-now.com`.
    pub address: String,
    /// How to log in.
    pub login: ServiceNowLogin,
    /// The table.
    pub table: String,
    /// The assignment group of tickets that name none: its `sys_id`.
    pub assignment_group: Option<String>,
    /// The category.
    pub category: Option<String>,
    /// The state that a resolved record gets.
    pub resolved: String,
    /// The states in which nobody works on it any more.
    pub done: BTreeSet<String>,
    /// The state that a reopened record gets.
    pub reopened: String,
    /// The resolution code.
    pub close_code: String,
    /// How long a new record may be missing from a search.
    pub search_lag: Duration,
}

impl ServiceNowOptions {
    /// The usual: incidents, ServiceNow's own states and codes.
    #[must_use]
    pub fn new(address: &str, login: ServiceNowLogin) -> Self {
        Self {
            address: address.to_owned(),
            login,
            table: "incident".to_owned(),
            assignment_group: None,
            category: None,
            resolved: "6".to_owned(),
            done: ["6", "7", "8"].map(str::to_owned).into(),
            reopened: "2".to_owned(),
            close_code: "Solution provided".to_owned(),
            search_lag: Duration::from_secs(30),
        }
    }
}

/// A ServiceNow.
#[derive(Debug)]
pub struct ServiceNow {
    http: Http,
    secrets: Arc<Secrets>,
    options: ServiceNowOptions,
    address: Url,
    turns: Turns,
    token: login::Token,
}

/// What is asked of a record.
const FIELDS: &str = "sys_id,number,state,correlation_id";

/// The most characters of a short description, of a description, and of a note.
const MAX_TITLE: usize = 160;
const MAX_TEXT: usize = 4000;

/// How many records with one mark are looked at: more than one is more than there should be.
const MAX_FOUND: &str = "20";

/// Impact and urgency, of which ServiceNow makes the priority.
fn levels(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Critical => ("1", "1"),
        Severity::High => ("2", "1"),
        Severity::Medium => ("2", "2"),
        Severity::Low | Severity::Info => ("3", "3"),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_table(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl ServiceNow {
    /// A ServiceNow that is called by this client, with these secrets.
    ///
    /// # Errors
    /// Where the address or the table cannot be one.
    pub fn new(http: Http, secrets: Arc<Secrets>, options: ServiceNowOptions) -> Result<Self, Failure> {
        let address = http::base("servicenow address", &options.address)?;
        if !is_table(&options.table) {
            return Err(Failure::never(format!("servicenow table: {:?} is no name of a table", options.table)));
        }
        Ok(Self { http, secrets, options, address, turns: Turns::new(), token: login::Token::default() })
    }

    /// The table, or a record of it.
    fn at(&self, external: Option<&External>) -> Result<Url, Failure> {
        let mut parts = vec!["api", "now", "table", self.options.table.as_str()];
        if let Some(external) = external {
            if !is_id(&external.id) {
                return Err(Failure::never(format!("{:?} is no sys_id", external.id)));
            }
            parts.push(&external.id);
        }
        http::below(&self.address, &parts)
    }

    fn external(&self, record: &Value) -> Option<External> {
        let (id, number) = (record["sys_id"].as_str()?, record["number"].as_str()?);
        let table = &self.options.table;
        let shown = http::below(&self.address, &["nav_to.do"]).ok().map(|mut url| {
            url.query_pairs_mut().append_pair("uri", &format!("{table}.do?sys_id={id}"));
            url.into()
        });
        is_id(id).then(|| External { id: id.to_owned(), name: clean::title(number, 100), address: shown })
    }

    fn seen(&self, record: &Value) -> Option<Seen> {
        let state = record["state"].as_str()?;
        let standing = if self.options.done.contains(state) { Standing::Done } else { Standing::Open };
        Some(Seen { external: self.external(record)?, standing })
    }

    async fn create(&self, draft: &Draft) -> Result<External, Failure> {
        let mark = plain(&draft.mark)?;
        let (impact, urgency) = levels(draft.severity);
        let mut record = Map::new();
        let mut give = |name: &str, value: &str| record.insert(name.to_owned(), value.into());
        give("short_description", &harmless(&plain_text::title(&draft.letter, MAX_TITLE - 4), MAX_TITLE));
        give("description", &harmless(&plain_text::body(&draft.letter, MAX_TEXT - 100), MAX_TEXT));
        give("impact", impact);
        give("urgency", urgency);
        give("correlation_id", mark);
        give("correlation_display", "Keyreeve");
        if let Some(group) = draft.project.as_ref().or(self.options.assignment_group.as_ref()) {
            give("assignment_group", group);
        }
        if let Some(category) = &self.options.category {
            give("category", category);
        }
        if let Some(due) = draft.due {
            give("due_date", &due.strftime("%Y-%m-%d %H:%M:%S").to_string());
        }
        let call = Call::change(Method::POST, self.at(None)?).query(&QUERY).json(&record.into());
        let answer = self.call(call).await?.accepted()?;
        self.external(&answer.json()?["result"]).ok_or_else(|| answer.lacks("sys_id and number of the new record"))
    }

    async fn search(&self, mark: &Mark) -> Result<Vec<Seen>, Failure> {
        let mark = plain(mark)?;
        let query = format!("correlation_id={mark}^ORDERBYsys_created_on");
        let asked = [("sysparm_query", query.as_str()), ("sysparm_limit", MAX_FOUND)];
        let answer = self.call(Call::get(self.at(None)?).query(&QUERY).query(&asked)).await?.accepted()?;
        let found = answer.json()?;
        let Some(records) = found["result"].as_array() else { return Err(answer.lacks("list of records")) };
        // It counts what it does not show to this user: that there is something must not be taken for there being nothing.
        let total = answer.header("x-total-count").and_then(|total| total.parse::<usize>().ok());
        if records.is_empty() && total.is_some_and(|total| total > 0) {
            let table = &self.options.table;
            return Err(Failure::never(format!(
                "there are records of {mark} in {table} that this user may not read; give it the role for that"
            )));
        }
        // ServiceNow leaves out the parts of a query that it does not understand, and then finds everything.
        let marked = records.iter().filter(|record| record["correlation_id"] == mark);
        marked.map(|record| self.seen(record).ok_or_else(|| answer.lacks("sys_id, number and state"))).collect()
    }

    async fn look_at(&self, external: &External) -> Result<Seen, Failure> {
        let answer = self.call(Call::get(self.at(Some(external))?).query(&QUERY)).await?;
        if matches!(answer.status.as_u16(), 403 | 404 | 410) {
            return Ok(Seen { external: external.clone(), standing: Standing::Missing(answer.failure().what) });
        }
        let answer = answer.accepted()?;
        self.seen(&answer.json()?["result"]).ok_or_else(|| answer.lacks("sys_id, number and state of the record"))
    }

    /// Changes a record, and gives back the state that it has then.
    async fn change(&self, external: &External, change: &Value) -> Result<Value, Failure> {
        let call = Call::change(Method::PATCH, self.at(Some(external))?).query(&QUERY).json(change);
        self.call(call).await?.accepted()?.json()
    }

    fn note(&self, mark: &str, letter: &Letter) -> String {
        let body = plain_text::body(letter, MAX_TEXT - 400);
        let title = plain_text::title(letter, 200);
        let title = if title.is_empty() { title } else { format!("{title}\n\n") };
        format!("{}\n\nReference: {mark}", harmless(&format!("{title}{body}"), MAX_TEXT - 150))
    }

    /// The journal is shown by its display value only.
    async fn has_note(&self, external: &External, mark: &str) -> Result<bool, Failure> {
        let asked = [("sysparm_fields", "sys_id,work_notes"), ("sysparm_display_value", "true")];
        let answer = self.call(Call::get(self.at(Some(external))?).query(&asked)).await?.accepted()?;
        match answer.json()?["result"]["work_notes"].as_str() {
            Some(notes) => Ok(notes.contains(mark)),
            None => Err(answer.lacks("work notes; may this user read them?")),
        }
    }

    async fn move_to(&self, external: &External, letter: &Letter, done: bool) -> Result<(), Failure> {
        let _turn = self.turns.of(&external.id).await;
        match self.look_at(external).await?.standing {
            Standing::Done if done => return Ok(()),
            Standing::Open if !done => return Ok(()),
            Standing::Missing(why) => return Err(Failure::never(why)),
            _ => {}
        }
        let note = self.note(&mark_of_words(&external.id, letter), letter);
        let change = if done {
            json!({ "state": self.options.resolved, "close_code": self.options.close_code, "close_notes": note, "work_notes": note })
        } else {
            json!({ "state": self.options.reopened, "work_notes": note })
        };
        let record = self.change(external, &change).await?;
        let state = record["result"]["state"].as_str().unwrap_or_default();
        if self.options.done.contains(state) == done {
            return Ok(());
        }
        // A business rule or a policy has kept it as it was, and says so nowhere.
        let name = &external.name;
        Err(Failure::never(format!(
            "{name}: it was changed, and its state is {state:?} all the same; which fields are mandatory?"
        )))
    }

    /// Looks whether records can be read.
    async fn look_over(&self) -> Result<Checkup, Failure> {
        let answer = self.call(Call::get(self.at(None)?).query(&QUERY).query(&[("sysparm_limit", "1")])).await?;
        let mut checkup = Checkup::default();
        if matches!(answer.status.as_u16(), 400 | 403 | 404) {
            let (table, what) = (&self.options.table, answer.failure().what);
            checkup.problems.push(format!(
                "table {table}: it cannot be read; is there one, and has this user the role for it? {what}"
            ));
            return Ok(checkup);
        }
        let answer = answer.accepted()?;
        let first = &answer.json()?["result"][0];
        for field in FIELDS.split(',').filter(|field| first.is_object() && first.get(field).is_none()) {
            checkup.problems.push(format!("table {}: this user cannot read the field {field}", self.options.table));
        }
        if self.options.assignment_group.is_none() {
            checkup
                .notes
                .push("no `assignment_group` is set: tickets that name none are assigned to nobody".to_owned());
        }
        Ok(checkup)
    }
}

/// What every call about records asks for.
const QUERY: [(&str, &str); 2] = [("sysparm_fields", FIELDS), ("sysparm_exclude_reference_link", "true")];

impl Tickets for ServiceNow {
    fn open<'a>(&'a self, draft: &'a Draft) -> Reply<'a, External> {
        Box::pin(self.create(draft))
    }

    fn find<'a>(&'a self, mark: &'a Mark, _project: Option<&'a str>) -> Reply<'a, Vec<Seen>> {
        Box::pin(self.search(mark))
    }

    fn look<'a>(&'a self, external: &'a External) -> Reply<'a, Seen> {
        Box::pin(self.look_at(external))
    }

    fn comment<'a>(&'a self, external: &'a External, mark: &'a Mark, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(async move {
            let note = self.note(plain(mark)?, letter);
            let _turn = self.turns.of(&external.id).await;
            self.change(external, &json!({ "work_notes": note })).await?;
            Ok(())
        })
    }

    fn commented<'a>(&'a self, external: &'a External, mark: &'a Mark) -> Reply<'a, bool> {
        Box::pin(async move { self.has_note(external, plain(mark)?).await })
    }

    fn close<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.move_to(external, letter, true))
    }

    fn reopen<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.move_to(external, letter, false))
    }

    fn check<'a>(&'a self, _projects: &'a [String]) -> Reply<'a, Checkup> {
        Box::pin(self.look_over())
    }

    fn search_lag(&self) -> Duration {
        self.options.search_lag
    }
}
