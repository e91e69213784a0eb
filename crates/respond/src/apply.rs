//! A plan's changes, one at a time: is it there already, whose is the key, make it, and believe only what is read back.
//!
//! What is to be done next is said here, by [`look`] and [`meaning`]. `remediate apply` goes on from there in one go ([`make`]); the
//! daemon's worker writes each step down, and goes on after a crash. Nothing here repeats a call whose fate is not known.

mod standing;
mod step;

use std::time::Duration;

use triage::Settings;
use triage::key::Sight;
use triage::plan::{Treatment, TreatmentRow, treatment};

use crate::failure::{Failure, Fate};
use crate::ports::{Keys, Reply};

pub use standing::{Standing, code_tag, standing};
pub use step::{Step, steps};

/// What was sent of a step before its key was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing.
    No,
    /// The call, whatever was answered.
    Maybe,
}

/// What a reading of the key says about a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It is so.
    Shown,
    /// It is not, and is to be called.
    Call,
    /// It may have been made, and does not show: how it is.
    NotYet(String),
    /// It may not be called.
    Refused(Treatment, String),
}

/// What is to be done about a step, now that its key was read: `resource` is the key, `None` where there is none.
#[must_use]
pub fn look(step: &Step, resource: Option<&str>, settings: &Settings, sent: Sent) -> Look {
    let how = match (standing(&step.call, resource), sent) {
        (Standing::Done, _) => return Look::Shown,
        (Standing::Gone, Sent::No) => {
            return Look::Refused(Treatment::ReadAgain, format!("{}: there is no such key", step.key));
        }
        (Standing::Gone, Sent::Maybe) => "there is no such key any more".to_owned(),
        (Standing::NotDone(how) | Standing::Unclear(how), _) => how,
    };
    if sent == Sent::Maybe {
        return Look::NotYet(how);
    }
    match code_tag(resource.unwrap_or_default(), settings) {
        Ok(None) => Look::Call,
        Ok(Some(tag)) => {
            Look::Refused(Treatment::TeamFix, format!("infrastructure code owns {} (tag {tag})", step.key))
        }
        Err(why) => Look::Refused(
            Treatment::TeamFix,
            format!("whether infrastructure code owns {} is not known: {why}", step.key),
        ),
    }
}

/// What a call's failure means, with the key as it was read after it.
#[must_use]
pub fn meaning(step: &Step, failure: &Failure, key: Sight<'_>) -> &'static TreatmentRow {
    let code = failure.what.split([' ', ':', ',']).next().unwrap_or_default();
    treatment(&step.call.operation, Some(code), key)
}

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was so already; nothing was called.
    Already,
    /// It was made, and is seen.
    Verified,
    /// It was not made, and certainly so; what the answer means, and why.
    Refused {
        /// As the table of treatments says.
        treatment: &'static str,
        /// What happened.
        what: String,
    },
    /// AWS said yes, but it is not seen, as long as was waited.
    NotSeen(String),
    /// Nobody knows whether it was made.
    Unknown(String),
}

/// How long what was changed is given to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Before each further look; doubled each time.
    pub first: Duration,
    /// How often is looked.
    pub looks: u32,
}

impl Default for Patience {
    /// 1, 2, 4, 8 and 16 seconds: KMS agrees with itself within a few.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), looks: 6 }
    }
}

/// Waits: who runs the steps owns time.
pub trait Pause: Send + Sync {
    /// Comes back after that long.
    fn pause(&self, time: Duration) -> Reply<'_, ()>;
}

/// What is asked before each call: to write down what is about to be done. An error stops it.
pub trait Before: Send {
    /// Called once, just before the call is sent.
    ///
    /// # Errors
    /// Where it cannot be written down: then nothing is sent.
    fn about_to_call(&mut self, step: &Step) -> Result<(), String>;
}

/// Makes one change and reads it back.
pub async fn make(
    keys: &dyn Keys,
    step: &Step,
    settings: &Settings,
    patience: Patience,
    pause: &dyn Pause,
    before: &mut dyn Before,
) -> Outcome {
    let refused = |treatment: Treatment, what| Outcome::Refused { treatment: treatment.name(), what };
    let resource = match keys.read(&step.key).await {
        Ok(resource) => resource,
        Err(failure) => return refused(Treatment::Retry, failure.what),
    };
    match look(step, resource.as_deref(), settings, Sent::No) {
        Look::Shown => return Outcome::Already,
        Look::Refused(treatment, what) => return refused(treatment, what),
        Look::Call | Look::NotYet(_) => {}
    }
    if let Err(why) = before.about_to_call(step) {
        let what = format!("what undoes it cannot be written down, so nothing was called: {why}");
        return refused(Treatment::Operator, what);
    }
    match keys.change(&step.call).await {
        Ok(()) => {
            read_back(keys, step, settings, patience, pause).await.map_or_else(Outcome::NotSeen, |()| Outcome::Verified)
        }
        Err(Failure { fate: Fate::Unknown, what }) => match read_back(keys, step, settings, patience, pause).await {
            Ok(()) => Outcome::Verified,
            Err(how) => Outcome::Unknown(format!("{what}; {how}")),
        },
        Err(failure) => {
            let after = keys.read(&step.key).await.unwrap_or(resource);
            let key = after.as_deref().and_then(crate::intake::key_of);
            let sight = key.as_ref().map_or(Sight::Unseen, Sight::Seen);
            refused(meaning(step, &failure, sight).treatment, failure.what)
        }
    }
}

/// Looks until it is so, or patience ends: then how it was seen last.
async fn read_back(
    keys: &dyn Keys,
    step: &Step,
    settings: &Settings,
    patience: Patience,
    pause: &dyn Pause,
) -> Result<(), String> {
    let (mut wait, mut how) = (patience.first, "it was not looked at".to_owned());
    for number in 0..patience.looks.max(1) {
        if number > 0 {
            // A pause that fails is a stop: what was seen so far stands.
            if pause.pause(wait).await.is_err() {
                break;
            }
            wait = wait.saturating_mul(2);
        }
        how = match keys.read(&step.key).await {
            Err(failure) => failure.what,
            Ok(resource) => match look(step, resource.as_deref(), settings, Sent::Maybe) {
                Look::Shown => return Ok(()),
                Look::NotYet(how) | Look::Refused(_, how) => how,
                Look::Call => continue,
            },
        };
    }
    Err(how)
}

#[cfg(test)]
#[path = "apply/tests.rs"]
mod tests;
