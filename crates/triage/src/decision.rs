//! What a decision says: what to do, why, by which rule, by when, and for whom.

use finding::{Environment, Severity};
use jiff::Timestamp;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use crate::account::Owner;
use crate::incoming::Form;
use crate::penalty;
use crate::service_level::ServiceLevel;

/// The version of the decision table; it grows whenever some case would be decided differently.
pub const TABLE_VERSION: u32 = 1;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Nothing; the decision and its reason are recorded.
    Nothing,
    /// Ask again later. Nothing is written anywhere.
    Defer,
    /// Suppress, by an explicit rule.
    Suppress,
    /// Put it right, by a plan that is shown, verified and can be undone.
    Remediate,
    /// A ticket for the owning team.
    TeamFix,
    /// A ticket for those who handle incidents.
    Incident,
    /// Close the open ticket.
    CloseTicket,
    /// A person must look: nobody has said what to do in this case.
    Review,
}

impl Action {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Nothing,
        Self::Defer,
        Self::Suppress,
        Self::Remediate,
        Self::TeamFix,
        Self::Incident,
        Self::CloseTicket,
        Self::Review,
    ];

    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "NOTHING",
            Self::Defer => "DEFER",
            Self::Suppress => "SUPPRESS",
            Self::Remediate => "REMEDIATE",
            Self::TeamFix => "TEAMFIX",
            Self::Incident => "INCIDENT",
            Self::CloseTicket => "CLOSE_TICKET",
            Self::Review => "REVIEW",
        }
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// How a ticket that is closed came to its end. Only the first two are worth a thank-you.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The control passes.
    Fixed,
    /// The key's deletion was cancelled.
    Cancelled,
    /// The finding was archived: what it was about is gone, or no longer evaluated.
    Gone,
    /// Somebody accepted it in Security Hub; it still fails.
    Accepted,
    /// The key was destroyed.
    Destroyed,
}

impl Outcome {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Cancelled => "cancelled",
            Self::Gone => "gone",
            Self::Accepted => "accepted",
            Self::Destroyed => "destroyed",
        }
    }
}

/// What becomes of the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TicketStep {
    Open,
    Keep,
    Close,
    /// Open again, or open a successor that links to it.
    Reopen,
}

impl TicketStep {
    /// The name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Keep => "keep",
            Self::Close => "close",
            Self::Reopen => "reopen",
        }
    }
}

/// The rule of the organisation that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleUsed {
    /// The rule's id.
    pub id: String,
    /// Its version: changes with what it means.
    pub version: String,
    /// The line of it that held.
    pub line: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it is there.
    pub reason: Option<String>,
    /// When it ends.
    pub expires: Option<String>,
}

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What to do.
    pub action: Action,
    /// Why, in words.
    pub reason: String,
    /// The row of the decision table.
    pub row: &'static str,
    /// The organisation's rule, where one decided.
    pub rule: Option<RuleUsed>,
    /// How bad it is, as far as deciding goes.
    pub severity: Severity,
    /// The same as Security Hub's number.
    pub normalized: u8,
    /// The class of environment.
    pub environment: Environment,
    /// Until when it is deferred.
    pub until: Option<Timestamp>,
    /// The ticket that is known, and what becomes of it.
    pub ticket: Option<(TicketStep, Option<String>)>,
    /// How it ended, where a ticket is closed.
    pub outcome: Option<Outcome>,
    /// Whether somebody beside the owner must know at once.
    pub escalate: bool,
    /// The switch that holds the effect back.
    pub held_by: Option<&'static str>,
    /// Who is to act.
    pub owner: Owner,
    /// By when.
    pub service_level: Option<ServiceLevel>,
    /// The finding.
    pub finding_id: String,
    /// Its form.
    pub form: Form,
    /// The control.
    pub control: Option<String>,
    /// The account.
    pub account_id: String,
    /// The region.
    pub region: Option<String>,
    /// What it is about.
    pub resource: String,
    /// The finding's title.
    pub title: String,
}

impl Decision {
    /// The penalty score.
    #[must_use]
    pub fn penalty(&self) -> f64 {
        penalty::score(self.normalized, self.environment)
    }
}

#[derive(Serialize)]
struct TicketShown<'a> {
    step: &'static str,
    id: Option<&'a str>,
}

#[derive(Serialize)]
struct OwnerShown<'a> {
    team: Option<&'a str>,
    email: Option<&'a str>,
    project: Option<&'a str>,
    source: &'static str,
}

#[derive(Serialize)]
struct LevelShown {
    since: String,
    hours: u32,
    due: String,
    overdue: bool,
    remind: Vec<String>,
    deletion_date: Option<String>,
    days_left: Option<i64>,
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Decision", 22)?;
        out.serialize_field("decision", self.action.name())?;
        out.serialize_field("reason", &self.reason)?;
        out.serialize_field("severity", self.severity.name())?;
        out.serialize_field("penalty", &self.penalty())?;
        out.serialize_field("environment", self.environment.name())?;
        out.serialize_field("finding_id", &self.finding_id)?;
        out.serialize_field("form", self.form.name())?;
        out.serialize_field("title", &self.title)?;
        out.serialize_field("control", &self.control)?;
        out.serialize_field("account_id", &self.account_id)?;
        out.serialize_field("region", &self.region)?;
        out.serialize_field("resource", &self.resource)?;
        out.serialize_field("row", self.row)?;
        out.serialize_field("table_version", &TABLE_VERSION)?;
        out.serialize_field("rule", &self.rule)?;
        out.serialize_field("until", &self.until.map(|until| until.to_string()))?;
        let ticket = self.ticket.as_ref().map(|(step, id)| TicketShown { step: step.name(), id: id.as_deref() });
        out.serialize_field("ticket", &ticket)?;
        out.serialize_field("outcome", &self.outcome.map(Outcome::name))?;
        out.serialize_field("escalate", &self.escalate)?;
        out.serialize_field("held_by", &self.held_by)?;
        let owner = &self.owner;
        let owner = OwnerShown {
            team: owner.team.as_deref(),
            email: owner.email.as_deref(),
            project: owner.project.as_deref(),
            source: owner.source.name(),
        };
        out.serialize_field("owner", &owner)?;
        let level = self.service_level.as_ref().map(|level| LevelShown {
            since: level.since.to_string(),
            hours: level.hours,
            due: level.due.to_string(),
            overdue: level.overdue,
            remind: level.remind.iter().map(Timestamp::to_string).collect(),
            deletion_date: level.deletion_date.map(|date| date.to_string()),
            days_left: level.days_left,
        });
        out.serialize_field("service_level", &level)?;
        out.end()
    }
}
