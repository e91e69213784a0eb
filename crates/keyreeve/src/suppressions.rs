//! Which findings are accepted: the configuration's `[[suppressions]]` and an earlier run's `--baseline`.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use finding::{Finding, Status};

use crate::config::{Loaded, Suppression};
use crate::glob;

/// The rules in force, each knowing whether it was ever used.
pub struct Suppressions {
    rules: Vec<Rule>,
    baseline: BTreeSet<String>,
}

struct Rule {
    rule: Suppression,
    line: usize,
    expired: bool,
    used: AtomicBool,
}

impl Suppressions {
    /// The rules of the configuration as they stand at `now`: past its last day a rule no longer holds.
    pub fn new(loaded: &Loaded, baseline: BTreeSet<String>, now: jiff::Timestamp) -> Self {
        let rules = loaded
            .config
            .suppressions
            .iter()
            .map(|rule| Rule {
                expired: rule.get_ref().expires.as_deref().is_some_and(|day| has_passed(day, now)),
                line: loaded.line_of(rule.span().start),
                used: AtomicBool::new(false),
                rule: rule.get_ref().clone(),
            })
            .collect();
        Self { rules, baseline }
    }

    /// Accepts the finding where a rule or the baseline says so. Only FAIL is ever accepted: what is unknown has not
    /// been seen by whoever wrote the rule.
    pub fn apply(&self, finding: &mut Finding) {
        if finding.status != Status::Fail {
            return;
        }
        if let Some(rule) = self.rules.iter().find(|rule| rule.fits(finding)) {
            rule.used.store(true, Ordering::Relaxed);
            finding.status = Status::Suppressed;
            finding.suppressed_by = Some(rule.rule.id.clone());
        } else if self.baseline.contains(&finding.fingerprint) {
            finding.status = Status::Suppressed;
            finding.suppressed_by = Some("baseline".to_owned());
        }
    }

    /// What the reader should hear about the rules: those that hit nothing, those past their day.
    pub fn remarks(&self) -> Vec<String> {
        self.rules
            .iter()
            .filter_map(|rule| {
                let place = format!("suppression `{}` (line {})", rule.rule.id, rule.line);
                if rule.expired {
                    let day = rule.rule.expires.as_deref().unwrap_or_default();
                    Some(format!("{place} expired on {day} and no longer holds: renew or remove it"))
                } else if rule.used.load(Ordering::Relaxed) {
                    None
                } else {
                    Some(format!("{place} hit nothing: remove it"))
                }
            })
            .collect()
    }
}

/// Whether a last day such as `2027-01-31` is over at `now`.
pub fn has_passed(day: &str, now: jiff::Timestamp) -> bool {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    day.parse::<jiff::civil::Date>().is_ok_and(|last| last < today)
}

impl Rule {
    fn fits(&self, finding: &Finding) -> bool {
        !self.expired
            && glob::matches(&self.rule.detection, &finding.detection_id)
            && glob::matches(&self.rule.resource, &finding.resource.id)
            && self.rule.account.as_ref().is_none_or(|account| *account == finding.resource.account_id)
    }
}
