//! A Jira, as Cloud or as Data Center: projects, issues, a workflow, a search that lags behind.

mod create;
mod routes;
mod search;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub(crate) use routes::base64;
use serde_json::{Value, json};

/// Which Jira is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// REST version 3, documents in ADF, `/search/jql`.
    Cloud,
    /// REST version 2, wiki text, `/search`.
    DataCenter,
}

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// `new`.
    ToDo,
    /// `indeterminate`.
    InProgress,
    /// `done`.
    Done,
}

impl Category {
    fn key(self) -> &'static str {
        match self {
            Self::ToDo => "new",
            Self::InProgress => "indeterminate",
            Self::Done => "done",
        }
    }
}

/// A way from a status to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The status it leads to.
    pub to: String,
    /// The statuses it leads from; none is all.
    pub from: Vec<String>,
    /// The fields on its screen, and whether they are required.
    pub fields: Vec<(String, bool)>,
}

impl Transition {
    /// A way from everywhere.
    #[must_use]
    pub fn to(id: &str, name: &str, status: &str) -> Self {
        Self { id: id.to_owned(), name: name.to_owned(), to: status.to_owned(), from: Vec::new(), fields: Vec::new() }
    }
}

/// How a Jira is set up.
#[derive(Debug, Clone)]
pub struct JiraSetup {
    /// Which it is.
    pub dialect: Dialect,
    /// Who may log in (basic), and by which token; a bearer's token is the same.
    pub user: String,
    /// The token.
    pub token: String,
    /// Whether whoever cannot log in is answered as a stranger, who sees nothing, where strangers are answered at all.
    pub lets_strangers_in: bool,
    /// What is before `/rest` in the gateway's form.
    pub cloud_id: String,
    /// Keys of the projects; the first issue of `SEC` is `SEC-1`.
    pub projects: Vec<String>,
    /// Projects in which nobody may create anything.
    pub forbidden: BTreeSet<String>,
    /// Issue types, in order of their ids from 10001 on.
    pub issue_types: Vec<String>,
    /// Priorities, the most urgent first; ids from 1 on.
    pub priorities: Vec<String>,
    /// Resolutions; ids from 10100 on.
    pub resolutions: Vec<String>,
    /// Fields that are not on the create screen.
    pub off_screen: BTreeSet<String>,
    /// Further fields that creating requires.
    pub required: BTreeSet<String>,
    /// Statuses and what they mean; the first is where issues begin.
    pub statuses: Vec<(String, Category)>,
    /// The workflow.
    pub transitions: Vec<Transition>,
    /// How long after its creation an issue is found by a search.
    pub search_lag: Duration,
}

impl Default for JiraSetup {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let status = |name: &str, category| (name.to_owned(), category);
        Self {
            dialect: Dialect::Cloud,
            user: "keyreeve@example.com".to_owned(),
            token: "any-token".to_owned(),
            lets_strangers_in: false,
            cloud_id: "11223344-a1b2-3b33-c444-def123456789".to_owned(),
            projects: names(&["SEC", "PAY", "CLOUD"]),
            forbidden: BTreeSet::new(),
            issue_types: names(&["Task", "Bug", "Story"]),
            priorities: names(&["Highest", "High", "Medium", "Low", "Lowest"]),
            resolutions: names(&["Done", "Won't Do", "Duplicate"]),
            off_screen: BTreeSet::new(),
            required: BTreeSet::new(),
            statuses: vec![
                status("To Do", Category::ToDo),
                status("In Progress", Category::InProgress),
                status("Done", Category::Done),
            ],
            transitions: vec![
                Transition::to("11", "To Do", "To Do"),
                Transition::to("21", "In Progress", "In Progress"),
                Transition::to("31", "Done", "Done"),
            ],
            search_lag: Duration::ZERO,
        }
    }
}

/// A comment.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// Its id.
    pub id: String,
    /// A document (Cloud), or wiki text.
    pub body: Value,
}

/// An issue.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// Never changes.
    pub id: String,
    /// Changes when it is moved.
    pub key: String,
    /// The keys it had before: they still lead to it.
    pub old_keys: Vec<String>,
    /// `SEC`.
    pub project: String,
    /// `Task`.
    pub issue_type: String,
    /// Its title.
    pub summary: String,
    /// A document (Cloud), or wiki text.
    pub description: Value,
    /// Its labels.
    pub labels: Vec<String>,
    /// `Highest`; empty where there is none.
    pub priority: String,
    /// `2026-11-29`; empty where there is none.
    pub due: String,
    /// The name of its status.
    pub status: String,
    /// Whether that is in the category "done".
    pub is_done: bool,
    /// `Done`; empty while it is unresolved.
    pub resolution: String,
    /// Its comments.
    pub comments: Vec<Comment>,
    /// Whether it was deleted.
    pub is_deleted: bool,
    /// Whether nobody may see it.
    pub is_hidden: bool,
    created: Instant,
}

/// A Jira.
#[derive(Debug)]
pub struct Jira {
    setup: JiraSetup,
    base: String,
    issues: Vec<Issue>,
    numbers: BTreeMap<String, u32>,
    comments: u32,
    deleted: usize,
}

impl Jira {
    pub(crate) fn new(setup: JiraSetup, base: String) -> Self {
        Self { setup, base, issues: Vec::new(), numbers: BTreeMap::new(), comments: 0, deleted: 0 }
    }

    pub(crate) fn issues(&self) -> &[Issue] {
        &self.issues
    }

    pub(crate) fn cloud_id(&self) -> &str {
        &self.setup.cloud_id
    }

    /// How it is set up, to be changed while it runs: rotated credentials, another workflow.
    pub fn setup(&mut self) -> &mut JiraSetup {
        &mut self.setup
    }

    /// How often somebody called `DELETE` on an issue.
    #[must_use]
    pub fn deletions(&self) -> usize {
        self.deleted
    }

    /// Lets searches find all that there is, whatever the lag.
    pub fn index(&mut self) {
        self.setup.search_lag = Duration::ZERO;
    }

    /// Moves an issue to another project: it gets another key and keeps its id.
    pub fn move_issue(&mut self, id: &str, project: &str) {
        let number = self.numbers.entry(project.to_owned()).or_default();
        *number += 1;
        let key = format!("{project}-{number}");
        if let Some(issue) = self.issues.iter_mut().find(|issue| issue.id == id) {
            issue.old_keys.push(std::mem::replace(&mut issue.key, key));
            project.clone_into(&mut issue.project);
        }
    }

    /// Changes an issue as a person would.
    pub fn change(&mut self, id: &str, change: impl FnOnce(&mut Issue)) {
        let Some(place) = self.issues.iter().position(|issue| issue.id == id) else { return };
        change(&mut self.issues[place]);
        let category = self.category(&self.issues[place].status);
        self.issues[place].is_done = category == Category::Done;
    }

    fn category(&self, status: &str) -> Category {
        self.setup.statuses.iter().find(|(name, _)| name == status).map_or(Category::ToDo, |(_, category)| *category)
    }

    fn status(&self, name: &str) -> Value {
        let place = self.setup.statuses.iter().position(|(known, _)| known == name).unwrap_or_default();
        let category = self.category(name);
        json!({ "id": (10_200 + place).to_string(), "name": name,
                "statusCategory": { "key": category.key(), "colorName": "green" } })
    }

    fn api(&self) -> &'static str {
        match self.setup.dialect {
            Dialect::Cloud => "rest/api/3/",
            Dialect::DataCenter => "rest/api/2/",
        }
    }

    fn place(&self, id_or_key: &str) -> Option<usize> {
        let fits = |issue: &Issue| {
            issue.id == id_or_key || issue.key == id_or_key || issue.old_keys.iter().any(|key| key == id_or_key)
        };
        self.issues.iter().position(|issue| !issue.is_deleted && !issue.is_hidden && fits(issue))
    }
}
