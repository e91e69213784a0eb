//! What a body asks, in the catalogue's dialect and in plain English. The dialect is described in `docs/dialect.md`.
//!
//! Everything is derived from the lowered tree. The dialect loses things; the plain English does not, and where a body
//! has no words in it there is none, with the reason.

mod dialect;
mod english;
mod formula;
mod read;
mod subject;
mod truth;

use logic::simplify;
use logic::tree::{At, Module};

pub use dialect::Exclusion;
use formula::Formula;
use read::{Outcome, Reader};

/// What is said of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// When it alerts, in the dialect.
    pub condition: Option<String>,
    /// Why there is no condition: the construct, and where it stands.
    pub why_no_condition: Option<(String, At)>,
    /// The tests that keep it from alerting.
    pub exclusions: Vec<Exclusion>,
    /// When it does not alert, in plain English.
    pub passes_when: Option<String>,
    /// When it raises instead of answering, in plain English, with what it says.
    pub unknown_when: Vec<String>,
}

/// Which answer alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alerts {
    /// A policy alerts where it does not return true.
    OnFalse,
    /// A rule alerts where it returns true.
    OnTrue,
}

/// What the function of that name asks. `None` when the module has no such function.
#[must_use]
pub fn condition(module: &Module, entry: &str, alerts: Alerts) -> Option<Condition> {
    let simplified = simplify::module(module.clone());
    let function = simplified.functions.iter().find(|function| function.name == entry)?;
    Some(match Reader::new(&simplified).function(function) {
        Ok(outcome) => said(&outcome, alerts),
        Err(unsayable) => Condition { why_no_condition: Some((unsayable.what, unsayable.at)), ..Condition::default() },
    })
}

fn said(outcome: &Outcome, alerts: Alerts) -> Condition {
    // What raises neither passes nor alerts.
    let (alert, passes) = match alerts {
        Alerts::OnFalse => (not(outcome.truthy_or_raises.clone()), outcome.truthy.clone()),
        Alerts::OnTrue => (outcome.truthy.clone(), outcome.truthy_or_raises.clone().negated()),
    };
    let mut passes_when = english::clause(&passes);
    if alerts == Alerts::OnFalse
        && let Some(note) = english::not_alone(&passes)
    {
        passes_when = format!("{passes_when}. {note}");
    }
    Condition {
        condition: Some(dialect::condition(&alert)),
        why_no_condition: None,
        exclusions: dialect::exclusions(&alert),
        passes_when: Some(passes_when),
        unknown_when: outcome.raises.iter().map(|(when, text)| explained(when, text)).collect(),
    }
}

/// `not (…)`, kept as it is: the catalogue says of a policy what it is not.
fn not(formula: Formula) -> Formula {
    match formula {
        Formula::Constant(value) => Formula::Constant(!value),
        Formula::Not(inner) => *inner,
        other => Formula::Not(Box::new(other)),
    }
}

fn explained(when: &Formula, text: &str) -> String {
    let when = english::clause(when);
    if text.is_empty() { when } else { format!("{when}: {text}") }
}
