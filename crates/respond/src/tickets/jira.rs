//! Jira, Cloud and Data Center: issues are known by their label before they have a key, and by their id ever after.

mod check;
mod comment;
mod find;
mod flow;
mod open;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use finding::Severity;
use reqwest::{Method, Url};
use serde_json::Value;

use super::Turns;
use crate::failure::Failure;
use crate::http::{self, Answer, Call, Http};
use crate::letter::{Letter, clean};
use crate::ports::{Checkup, Draft, External, Mark, Reply, Seen, Standing, Tickets};
use crate::secret::{Reference, Secrets};

/// Which Jira is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Jira Cloud: REST version 3, documents, `/search/jql`.
    Cloud,
    /// Jira Data Center: REST version 2, wiki text, `/search`.
    DataCenter,
}

/// How to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JiraLogin {
    /// Cloud: an e-mail address and an API token.
    Basic {
        /// The e-mail address.
        user: String,
        /// The API token.
        token: Reference,
    },
    /// Data Center: a personal access token. Cloud: a scoped or OAuth token, which wants a cloud id.
    Bearer {
        /// The token.
        token: Reference,
    },
}

impl JiraLogin {
    fn reference(&self) -> &Reference {
        match self {
            Self::Basic { token, .. } | Self::Bearer { token } => token,
        }
    }
}

/// How a Jira is used.
#[derive(Debug, Clone)]
pub struct JiraOptions {
    /// Which it is.
    pub dialect: Dialect,
    /// Where people look at it: `https://acme.atlassian.net`.
    pub address: String,
    /// Where it is called, if elsewhere: `https://api.atlassian.com/ex/jira/CLOUD-ID` for scoped tokens; see [`JiraOptions::gateway`].
    pub api: Option<String>,
    /// How to log in.
    pub login: JiraLogin,
    /// The project of tickets that name none: its key or id.
    pub project: String,
    /// The type of issues: its name or id.
    pub issue_type: String,
    /// The priority for each severity: its name or id. A severity without one gets none.
    pub priorities: BTreeMap<Severity, String>,
    /// The transition that closes, by id or name; found by its category where nothing is said.
    pub done: Option<String>,
    /// The transition that opens again, by id or name.
    pub reopen: Option<String>,
    /// The resolution, by name or id, where closing takes one.
    pub resolution: Option<String>,
    /// How long a new issue may be missing from a search.
    pub search_lag: Duration,
}

impl JiraOptions {
    /// The usual: tasks, Jira's own priorities, five minutes of search lag.
    #[must_use]
    pub fn new(dialect: Dialect, address: &str, login: JiraLogin, project: &str) -> Self {
        let priorities = [
            (Severity::Critical, "Highest"),
            (Severity::High, "High"),
            (Severity::Medium, "Medium"),
            (Severity::Low, "Low"),
            (Severity::Info, "Lowest"),
        ];
        Self {
            dialect,
            address: address.to_owned(),
            api: None,
            login,
            project: project.to_owned(),
            issue_type: "Task".to_owned(),
            priorities: priorities.map(|(severity, name)| (severity, name.to_owned())).into(),
            done: None,
            reopen: None,
            resolution: None,
            search_lag: Duration::from_secs(300),
        }
    }

    /// Where a Jira Cloud is called with a scoped token.
    #[must_use]
    pub fn gateway(cloud_id: &str) -> String {
        format!("https://api.atlassian.com/ex/jira/{cloud_id}")
    }
}

/// A Jira.
#[derive(Debug)]
pub struct Jira {
    http: Http,
    secrets: Arc<Secrets>,
    options: JiraOptions,
    address: Url,
    api: Url,
    turns: Turns,
    /// Fields that are not on the create screen of a project, as it said itself.
    off_screen: Mutex<BTreeSet<(String, String)>>,
}

/// The most characters of a text field, and of a summary.
const MAX_TEXT: usize = 32_767;
const MAX_SUMMARY: usize = 255;

/// Whether Jira says that it did not accept the login, and answered all the same: as it answers anybody.
fn is_strangers(answer: &Answer) -> bool {
    let has = |name: &str, values: &[&str]| {
        answer.header(name).is_some_and(|given| values.iter().any(|value| given.eq_ignore_ascii_case(value)))
    };
    has("x-seraph-loginreason", &["AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED"])
        || has("x-ausername", &["anonymous"])
}

/// An id or a key is letters, digits, `-` and `_`: nothing else becomes part of an address.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
}

/// Names are given as names, ids as ids.
fn named(text: &str, by: &str) -> Value {
    let is_id = text.chars().all(|character| character.is_ascii_digit());
    serde_json::json!({ if is_id { "id" } else { by }: text })
}

impl Jira {
    /// A Jira that is called by this client, with these secrets.
    ///
    /// # Errors
    /// Where an address cannot be one.
    pub fn new(http: Http, secrets: Arc<Secrets>, options: JiraOptions) -> Result<Self, Failure> {
        let address = http::base("jira address", &options.address)?;
        let api = match &options.api {
            Some(api) => http::base("jira api", api)?,
            None => address.clone(),
        };
        Ok(Self { http, secrets, options, address, api, turns: Turns::new(), off_screen: Mutex::default() })
    }

    /// The address of a resource of the API.
    fn at(&self, parts: &[&str]) -> Result<Url, Failure> {
        let version = match self.options.dialect {
            Dialect::Cloud => "3",
            Dialect::DataCenter => "2",
        };
        http::below(&self.api, &[&["rest", "api", version], parts].concat())
    }

    /// The address of something of an issue.
    fn at_issue(&self, id: &str, parts: &[&str]) -> Result<Url, Failure> {
        if !is_name(id) {
            return Err(Failure::never(format!("{id:?} is no id of an issue")));
        }
        self.at(&[&["issue", id], parts].concat())
    }

    /// Makes a call, logged in. A refused login makes the token be read again before the next.
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let secret = self.secrets.get(self.options.login.reference()).await?;
        let call = match &self.options.login {
            JiraLogin::Basic { user, .. } => call.basic(user, &secret)?,
            JiraLogin::Bearer { .. } => call.bearer(&secret)?,
        };
        // Data Center takes a POST without this for one of a browser's that was misled.
        let answer = self.http.send(call.header("x-atlassian-token", "no-check")).await?;
        if answer.status.as_u16() == 401 || is_strangers(&answer) {
            self.secrets.forget(self.options.login.reference());
        }
        if is_strangers(&answer) && !(answer.status.is_success() && answer.is_of_change()) {
            // Whoever is not known may be shown less: nothing found would be taken for nothing there.
            return Err(Failure::login(format!(
                "{}: the login was not accepted, and the answer is for strangers",
                answer.name()
            )));
        }
        Ok(answer)
    }

    async fn get(&self, url: Url, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let call = Call::get(url);
        let call = if query.is_empty() { call } else { call.query(query) };
        self.call(call).await?.accepted()?.json()
    }

    async fn change(&self, method: Method, url: Url, body: &Value) -> Result<Answer, Failure> {
        self.call(Call::change(method, url).json(body)).await?.accepted()
    }

    fn external(&self, id: &str, key: &str) -> External {
        let address = if is_name(key) { http::below(&self.address, &["browse", key]).ok() } else { None };
        External { id: id.to_owned(), name: clean::title(key, 255), address: address.map(String::from) }
    }

    /// The issue as it is in an answer; none where it is not whole.
    fn seen(&self, issue: &Value) -> Option<Seen> {
        let (id, key) = (issue["id"].as_str()?, issue["key"].as_str()?);
        let category = issue["fields"]["status"]["statusCategory"]["key"].as_str()?;
        let standing = if category == "done" { Standing::Done } else { Standing::Open };
        is_name(id).then(|| Seen { external: self.external(id, key), standing })
    }

    async fn look_at(&self, external: &External) -> Result<Seen, Failure> {
        let call = Call::get(self.at_issue(&external.id, &[])?).query(&[("fields", "status")]);
        let answer = self.call(call).await?;
        match answer.status.as_u16() {
            403 | 404 | 410 => {
                Ok(Seen { external: external.clone(), standing: Standing::Missing(answer.failure().what) })
            }
            _ => {
                let answer = answer.accepted()?;
                self.seen(&answer.json()?).ok_or_else(|| answer.lacks("id, key and status of the issue"))
            }
        }
    }
}

impl Tickets for Jira {
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
            let mark = super::plain(mark)?;
            let _turn = self.turns.of(&external.id).await;
            self.say(external, mark, letter).await
        })
    }

    fn commented<'a>(&'a self, external: &'a External, mark: &'a Mark) -> Reply<'a, bool> {
        Box::pin(async move { self.has_comment(external, super::plain(mark)?).await })
    }

    fn close<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.move_to(external, letter, flow::Goal::Done))
    }

    fn reopen<'a>(&'a self, external: &'a External, letter: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.move_to(external, letter, flow::Goal::Open))
    }

    fn check<'a>(&'a self, projects: &'a [String]) -> Reply<'a, Checkup> {
        Box::pin(self.look_over(projects))
    }

    fn search_lag(&self) -> Duration {
        self.options.search_lag
    }
}
