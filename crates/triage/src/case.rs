//! A case seen from all sides: the finding, its account, its key, its ticket and the time, as truths that the table asks about.

use finding::{Account, Environment, Severity};
use jiff::{SignedDuration, Timestamp};

use crate::account::Whose;
use crate::control::{Reviewed, Subject};
use crate::incoming::{Compliance, Incoming, Product, Workflow};
use crate::key::{Key, Sight};
use crate::rules::{Rule, Rules, Withholds};
use crate::service_level::after;
use crate::settings::Settings;
use crate::suppress::Facts;
use crate::ticket::{Ticket, TicketStatus};

/// Everything that is known about one finding.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The finding.
    pub finding: &'a Incoming,
    /// Its account, where that is known.
    pub account: Option<&'a Account>,
    /// Its key, where somebody looked.
    pub key: Sight<'a>,
    /// The ticket that is known for it.
    pub ticket: Option<&'a Ticket>,
    /// The time.
    pub now: Timestamp,
}

/// How long a destroyed key may still be there: AWS destroys up to a day late.
pub(crate) const DESTRUCTION_SLACK: SignedDuration = SignedDuration::from_hours(24);
/// How long the evaluation may take to agree with somebody who closed a ticket.
pub(crate) const CLOSING_GRACE: SignedDuration = SignedDuration::from_hours(24);
/// How long an evaluation may fail before a person looks.
pub(crate) const EVALUATION_PATIENCE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A truth about a case. The order is that of the bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// It is a control.
    Control,
    /// It passes, or the finding is archived.
    Resolved,
    /// It is suppressed in Security Hub.
    HubSuppressed,
    /// The evaluation came to nothing.
    NotEvaluated,
    /// And that for long.
    LongNotEvaluated,
    /// A ticket is open.
    TicketOpen,
    /// Somebody closed the ticket a short while ago.
    TicketClosedLately,
    /// The control is about a key's deletion.
    Deletion,
    /// The key is destroyed.
    Destroyed,
    /// The finding is archived, and nobody has seen whether the key still lives.
    FateUnknown,
    /// The key was read after the finding was written, and what the finding says is no longer so.
    Outdated,
    /// The class of environment is one in which keys may be deleted.
    MayDelete,
    /// Critical.
    Critical,
    /// The account is new.
    NewAccount,
    /// A rule suppresses it.
    RuleHolds,
    /// Anybody may use the key, says Access Analyzer.
    Public,
    /// Access Analyzer's principal is one that the organisation trusts.
    Trusted,
    /// It only informs.
    Informational,
    /// Less than what makes an incident.
    BelowIncident,
    /// Written by a product that is known.
    KnownProduct,
    /// The control is reviewed.
    Reviewed,
    /// The key is one that the control does not apply to.
    NotApplicable,
    /// The key will be destroyed.
    KeyDying,
    /// The key is being made or updated.
    KeyBusy,
    /// The key is disabled.
    KeyDisabled,
    /// The control is one that is put right automatically.
    Fixable,
    /// A rule withholds that.
    FixWithheld,
    /// Infrastructure code owns the key.
    OwnedByCode,
}

impl Is {
    /// All.
    pub const ALL: [Self; 28] = [
        Self::Control,
        Self::Resolved,
        Self::HubSuppressed,
        Self::NotEvaluated,
        Self::LongNotEvaluated,
        Self::TicketOpen,
        Self::TicketClosedLately,
        Self::Deletion,
        Self::Destroyed,
        Self::FateUnknown,
        Self::Outdated,
        Self::MayDelete,
        Self::Critical,
        Self::NewAccount,
        Self::RuleHolds,
        Self::Public,
        Self::Trusted,
        Self::Informational,
        Self::BelowIncident,
        Self::KnownProduct,
        Self::Reviewed,
        Self::NotApplicable,
        Self::KeyDying,
        Self::KeyBusy,
        Self::KeyDisabled,
        Self::Fixable,
        Self::FixWithheld,
        Self::OwnedByCode,
    ];

    /// Its bit.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1 << (self as u32)
    }

    /// What it means, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Control => "it is a control",
            Self::Resolved => "it passes or is archived",
            Self::HubSuppressed => "it is SUPPRESSED in Security Hub",
            Self::NotEvaluated => "its evaluation came to nothing",
            Self::LongNotEvaluated => "for more than 7 days",
            Self::TicketOpen => "a ticket is open",
            Self::TicketClosedLately => "its ticket was closed less than a day ago",
            Self::Deletion => "it is about a key's deletion",
            Self::Destroyed => "the key is destroyed",
            Self::FateUnknown => "it is archived and nobody has seen the key since",
            Self::Outdated => "the key, read since, is in order",
            Self::MayDelete => "the environment is staging or development",
            Self::Critical => "it is CRITICAL",
            Self::NewAccount => "the account is new",
            Self::RuleHolds => "a suppression rule holds",
            Self::Public => "Access Analyzer says that anybody may use the resource",
            Self::Trusted => "the principal outside is trusted",
            Self::Informational => "it only informs (INFO)",
            Self::BelowIncident => "it is less severe than an incident",
            Self::KnownProduct => "its product is known",
            Self::Reviewed => "the control is reviewed",
            Self::NotApplicable => "the control does not apply to this key",
            Self::KeyDying => "the key is scheduled for deletion",
            Self::KeyBusy => "the key is being created or updated",
            Self::KeyDisabled => "the key is disabled",
            Self::Fixable => "the control is fixed automatically",
            Self::FixWithheld => "a rule withholds the fix",
            Self::OwnedByCode => "infrastructure code owns the key",
        }
    }
}

/// A case with its truths.
#[derive(Debug, Clone)]
pub struct View<'a> {
    pub(crate) case: Case<'a>,
    pub(crate) settings: &'a Settings,
    pub(crate) whose: Whose<'a>,
    pub(crate) class: Environment,
    pub(crate) severity: Severity,
    pub(crate) normalized: u8,
    pub(crate) reviewed: Option<&'static Reviewed>,
    pub(crate) rule: Option<&'a Rule>,
    pub(crate) fix_rule: Option<&'a Rule>,
    pub(crate) facts: Facts<'a>,
    pub(crate) code_tag: Option<&'a str>,
    pub(crate) truths: u32,
}

impl<'a> View<'a> {
    pub(crate) fn new(case: Case<'a>, settings: &'a Settings, rules: &'a Rules) -> Self {
        let whose = Whose::new(case.finding, case.account, case.key.key(), settings);
        let class = whose.class();
        let facts = whose.facts(class);
        let reviewed = case.finding.control.as_ref().and_then(|control| control.id.reviewed());
        let (severity, normalized) = severity(case.finding, reviewed);
        let mut view = Self {
            case,
            settings,
            whose,
            class,
            severity,
            normalized,
            reviewed,
            rule: None,
            fix_rule: None,
            facts,
            code_tag: None,
            truths: 0,
        };
        view.code_tag = view.tags().and_then(|tags| settings.code_tag(tags));
        view.rule = view.hit(rules, Withholds::Finding).filter(|rule| view.may_be_suppressed_by(rule));
        view.fix_rule = view.hit(rules, Withholds::Remediation);
        view.truths = Is::ALL.into_iter().filter(|truth| view.holds(*truth)).map(Is::bit).sum();
        view
    }

    pub(crate) fn key(&self) -> Option<&'a Key> {
        self.case.key.key()
    }

    fn tags(&self) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
        let read = self.key().and_then(|key| key.tags.as_ref());
        let tags = read.or_else(|| self.case.finding.resource().map(|resource| &resource.tags))?;
        Some(tags.keys().map(String::as_str))
    }

    fn hit(&self, rules: &'a Rules, withholds: Withholds) -> Option<&'a Rule> {
        if rules.all().is_empty() {
            return None;
        }
        let finding = self.case.finding;
        match &finding.control {
            Some(control) => {
                let ids = [control.id.as_str(), &control.written];
                let ids = if control.id.as_str() == control.written { &ids[..1] } else { &ids[..] };
                rules.hit(ids, withholds, &self.facts, self.case.now)
            }
            None => {
                let ids: Vec<&str> =
                    finding.types.iter().map(String::as_str).chain([finding.generator.as_str()]).collect();
                rules.hit(&ids, withholds, &self.facts, self.case.now)
            }
        }
    }

    /// A public key is accepted only by a rule that somebody answers for, that says why, and that ends.
    fn may_be_suppressed_by(&self, rule: &Rule) -> bool {
        !self.is_about(Subject::PublicKey) || rule.is_accountable()
    }

    fn is_about(&self, subject: Subject) -> bool {
        self.reviewed.is_some_and(|control| control.subject == subject)
    }

    /// The id of the control, or what made the finding.
    pub(crate) fn subject_name(&self) -> &'a str {
        self.case.finding.control.as_ref().map_or(&self.case.finding.generator, |control| control.id.as_str())
    }

    /// When the key will be, or was, destroyed.
    pub(crate) fn deletion_date(&self) -> Option<Timestamp> {
        self.key().and_then(|key| key.deletion_date)
    }

    pub(crate) fn open_ticket(&self) -> Option<&'a str> {
        match self.case.ticket {
            Some(ticket) if ticket.status == TicketStatus::Open => Some(&ticket.id),
            Some(_) => None,
            None => self.case.finding.noted_ticket.as_deref(),
        }
    }

    pub(crate) fn closed_ticket(&self) -> Option<&'a Ticket> {
        self.case.ticket.filter(|ticket| ticket.status == TicketStatus::Closed)
    }

    /// When the account stops being new, while it is.
    pub(crate) fn new_until(&self) -> Option<Timestamp> {
        let joined = self.case.account?.joined?;
        let until = after(joined, SignedDuration::from_hours(i64::from(self.settings.new_account_hours)));
        (self.case.now < until).then_some(until)
    }

    fn destroyed(&self) -> bool {
        let past = |date: Timestamp| self.case.now > after(date, DESTRUCTION_SLACK);
        match self.case.key {
            Sight::Gone => true,
            // Whatever the calendar says, a key that was seen without a date of deletion lives.
            Sight::Seen(key) => key.is_dying() && key.deletion_date.is_some_and(past),
            Sight::Unseen => false,
        }
    }

    fn fate_unknown(&self) -> bool {
        let finding = self.case.finding;
        let alive = self.key().is_some_and(|key| !key.is_dying() && key.is_newer_than(finding.updated));
        finding.archived && finding.compliance != Some(Compliance::Passed) && !alive
    }

    fn is_outdated(&self) -> bool {
        let key = self.key().filter(|key| key.is_newer_than(self.case.finding.updated));
        key.is_some_and(|key| self.reviewed.is_some_and(|control| key.is_in_order_by(control.id)))
    }

    pub(crate) fn has(&self, truth: Is) -> bool {
        self.truths & truth.bit() != 0
    }

    pub(crate) fn is_production(&self) -> bool {
        !self.has(Is::MayDelete)
    }

    /// Only what a plan exists for is fixed without asking, whatever the settings name.
    fn is_fixable(&self) -> bool {
        self.case.finding.control.as_ref().is_some_and(|control| {
            self.settings.remediate.contains(control.id.as_str()) && crate::plan::UNASKED.contains(&control.id.as_str())
        })
    }

    /// Whether it is known what findings of this product, or of this generator, mean.
    fn is_known(&self) -> bool {
        let finding = self.case.finding;
        let named = |pattern: &String| match pattern.strip_suffix('*') {
            Some(beginning) => finding.generator.starts_with(beginning),
            None => finding.generator == *pattern,
        };
        !matches!(finding.product, Product::Other(_) | Product::Custom)
            || self.settings.incident_generators.iter().any(named)
    }

    fn holds(&self, truth: Is) -> bool {
        let finding = self.case.finding;
        let state = self.key().and_then(|key| key.state.as_deref());
        match truth {
            Is::Control => finding.control.is_some(),
            Is::Resolved => finding.archived || finding.compliance == Some(Compliance::Passed),
            Is::HubSuppressed => finding.workflow == Workflow::Suppressed,
            Is::NotEvaluated => matches!(finding.compliance, Some(Compliance::Warning | Compliance::NotAvailable)),
            Is::LongNotEvaluated => {
                finding.first_observed.is_some_and(|first| self.case.now > after(first, EVALUATION_PATIENCE))
            }
            Is::TicketOpen => self.open_ticket().is_some(),
            Is::TicketClosedLately => self
                .closed_ticket()
                .and_then(|ticket| ticket.closed)
                .is_some_and(|closed| self.case.now < after(closed, CLOSING_GRACE)),
            Is::Deletion => self.is_about(Subject::Deletion),
            Is::Destroyed => self.destroyed(),
            Is::FateUnknown => self.fate_unknown(),
            Is::Outdated => self.is_outdated(),
            Is::MayDelete => !self.class.counts_as_production(),
            Is::Critical => self.severity == Severity::Critical,
            Is::NewAccount => self.new_until().is_some(),
            Is::RuleHolds => self.rule.is_some(),
            Is::Public => finding.access.as_ref().is_some_and(|access| access.public),
            Is::Trusted => finding.access.as_ref().is_some_and(|access| self.trusts(access.principal.as_deref())),
            Is::Informational => self.severity == Severity::Info,
            Is::BelowIncident => self.severity < self.settings.incident_severity,
            Is::KnownProduct => self.is_known(),
            Is::Reviewed => self.reviewed.is_some() || self.settings.reviewed.contains(self.subject_name()),
            Is::NotApplicable => {
                self.is_about(Subject::Rotation) && self.key().is_some_and(|key| key.no_rotation().is_some())
            }
            Is::KeyDying => self.key().is_some_and(Key::is_dying),
            Is::KeyBusy => matches!(state, Some("Creating" | "Updating")),
            Is::KeyDisabled => state == Some("Disabled"),
            Is::Fixable => self.is_fixable(),
            Is::FixWithheld => self.fix_rule.is_some(),
            Is::OwnedByCode => self.code_tag.is_some(),
        }
    }

    /// Whether a principal belongs to an account that is trusted; whoever cannot be placed is not.
    fn trusts(&self, principal: Option<&str>) -> bool {
        let Some(principal) = principal else { return false };
        let account = match principal.parse::<finding::Arn>() {
            Ok(arn) => arn.account().to_owned(),
            Err(_) => principal.to_owned(),
        };
        self.settings.trusted_accounts.contains(&account)
    }
}

/// The finding's severity, but never less than the control's own where a key's life or secrecy is at stake.
fn severity(finding: &Incoming, reviewed: Option<&Reviewed>) -> (Severity, u8) {
    let least = reviewed.filter(|control| matches!(control.subject, Subject::Deletion | Subject::PublicKey));
    let public = finding.access.as_ref().is_some_and(|access| access.public && finding.is_about_a_key());
    let least = if public { Some(Severity::Critical) } else { least.map(|control| control.severity) };
    match least {
        Some(least) if finding.severity < least => (least, crate::incoming::normalized(least)),
        _ => (finding.severity, finding.normalized),
    }
}
