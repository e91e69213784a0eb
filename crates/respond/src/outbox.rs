//! The outbox: a job is leased, an attempt is written, the call is made, and its outcome is written.
//!
//! From the moment an attempt begins until its outcome is known, its job stands as [`JobState::Unknown`]: whoever finds it so, after
//! a crash or a time-out, looks what became of it before anything is sent again.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::rows::{AttemptRow, JobRow, JobState};
use store::{Change, Lease, StoreError};

use crate::engine::{Engine, Status, event, later, lock};
use crate::failure::{Failure, Fate};
use crate::names;

/// Rounds of one turn: what comes back at once is left to the next.
const ROUNDS: usize = 50;
/// How often a job is tried again within one turn where somebody else changed a row meanwhile.
const CONFLICTS: usize = 6;
/// How far a destination's rest goes.
const LONGEST_REST: SignedDuration = SignedDuration::from_mins(10);

/// A destination that may be left alone for a while.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaker {
    failures: u32,
    until: Option<Timestamp>,
    down: bool,
}

/// A job in the hands of a worker.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    /// The job, as the store has it.
    pub job: JobRow,
    until: Timestamp,
    began: Option<AttemptRow>,
}

impl Turn {
    /// What the task says under that name.
    pub(crate) fn text(&self, name: &str) -> String {
        self.job.task.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A number of the task.
    pub(crate) fn number(&self, name: &str) -> u64 {
        self.job.task.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    /// A flag of the task.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.job.task.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Notes something in the task; the next commit writes it.
    pub(crate) fn note(&mut self, name: &str, value: Value) {
        if let Some(task) = self.job.task.as_object_mut() {
            task.insert(name.to_owned(), value);
        }
    }

    /// Whether something may have been done.
    pub(crate) fn may_be_done(&self) -> bool {
        self.job.state == JobState::Unknown
    }

    /// Whether it is still ours.
    pub(crate) fn is_held(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// When the attempt that may have been done began.
    pub(crate) fn sent(&self) -> Option<Timestamp> {
        self.text("sent").parse().ok()
    }

    /// What the attempt's beginning changes.
    pub(crate) fn beginning(&self, now: Timestamp, lease: SignedDuration) -> (Self, [Change; 2]) {
        let mut next = self.clone();
        next.job.attempts = next.job.attempts.saturating_add(1);
        next.job.state = JobState::Unknown;
        next.until = later(now, lease);
        next.job.leased_until = Some(next.until);
        next.job.note = Some("under way".to_owned());
        next.note("sent", json!(now.to_string()));
        let attempt = AttemptRow {
            job: next.job.id.clone(),
            number: next.job.attempts,
            began: now,
            ended: None,
            outcome: None,
            note: None,
        };
        let changes = [Change::Attempt(attempt.clone()), Change::Hold(Box::new(next.job.clone()))];
        next.began = Some(attempt);
        (next, changes)
    }

    /// What its end changes.
    pub(crate) fn ending(&self, end: &End, now: Timestamp) -> Vec<Change> {
        let mut job = self.job.clone();
        let (state, due, note, outcome) = match end {
            End::Done(note) => (JobState::Done, now, note, "success"),
            End::Again { due, why } => (JobState::Pending, *due, why, "failure"),
            End::Unknown { due, why } => (JobState::Unknown, *due, why, "unknown"),
            End::Held { due, why } => (JobState::Held, *due, why, "failure"),
            End::Dead(why) => (JobState::Dead, now, why, "failure"),
        };
        (job.state, job.due, job.note) = (state, due, (!note.is_empty()).then(|| note.clone()));
        if self.began.is_none() && matches!(end, End::Again { .. }) && job.state == JobState::Pending {
            job.attempts = job.attempts.saturating_add(1);
        }
        let attempt = self.began.clone().map(|attempt| {
            let note = job.note.clone();
            Change::Attempt(AttemptRow { ended: Some(now), outcome: Some(outcome.to_owned()), note, ..attempt })
        });
        let mut changes: Vec<Change> = attempt.into_iter().collect();
        if let End::Dead(why) = end {
            changes.push(event(
                "job.dead",
                &job.id,
                json!({"queue": job.queue, "destination": job.destination, "why": why}),
            ));
        }
        changes.push(Change::Finish(Box::new(job)));
        changes
    }
}

/// How a turn at a job ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// It is done, or not needed any more.
    Done(String),
    /// It is certainly not done, and is tried again.
    Again { due: Timestamp, why: String },
    /// It may have been done, and is looked after.
    Unknown { due: Timestamp, why: String },
    /// Something holds it back.
    Held { due: Timestamp, why: String },
    /// A person must look.
    Dead(String),
}

impl Status {
    pub(crate) fn count(&mut self, end: &End) {
        match end {
            End::Done(_) => self.done += 1,
            End::Again { why, .. } | End::Unknown { why, .. } => {
                self.waiting += 1;
                self.note = Some(why.clone());
            }
            End::Held { why, .. } => {
                self.held += 1;
                self.note = Some(why.clone());
            }
            End::Dead(why) => {
                self.dead += 1;
                self.note = Some(why.clone());
            }
        }
    }
}

/// A new job.
pub(crate) fn job(id: String, queue: &str, destination: String, task: Value, due: Timestamp) -> JobRow {
    JobRow {
        id,
        queue: queue.to_owned(),
        destination,
        task,
        state: JobState::Pending,
        due,
        created: due,
        attempts: 0,
        fence: 0,
        holder: None,
        leased_until: None,
        note: None,
    }
}

impl Engine {
    /// Jobs that are due.
    pub(crate) async fn take_jobs(&self, queue: &str, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let now = self.now();
        let until = later(now, self.options.lease);
        let lease = Lease { queue: queue.to_owned(), holder: self.holder.clone(), now, until, limit };
        let jobs = self.store.lease(lease).await?;
        Ok(jobs.into_iter().map(|job| Turn { job, until, began: None }).collect())
    }

    /// Works on what is due in a queue.
    pub(crate) async fn work(&self, queue: &str) -> Result<Status, StoreError> {
        let mut status = Status::default();
        for _ in 0..ROUNDS {
            let turns = self.take_jobs(queue, 20).await?;
            if turns.is_empty() {
                break;
            }
            for mut turn in turns {
                if let Some(end) = self.work_on(&mut turn).await? {
                    status.count(&end);
                }
            }
        }
        Ok(status)
    }

    /// Works on one job; `None` where another has taken it over.
    async fn work_on(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        for _ in 0..CONFLICTS {
            if self.now() >= turn.until {
                return Ok(None);
            }
            match self.handle(turn).await {
                Err(StoreError::Conflict { row }) if row == format!("job {}", turn.job.id) => return Ok(None),
                Err(StoreError::Conflict { .. }) => {}
                other => return other,
            }
        }
        // Its lease ends by itself, and somebody tries again.
        Ok(None)
    }

    async fn handle(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let end = match turn.text("do").as_str() {
            "open" => self.open_ticket(turn).await?,
            "close" => self.close_ticket(turn).await?,
            "reopen" => self.reopen_ticket(turn).await?,
            "comment" => self.comment_on_ticket(turn).await?,
            "remediate" => self.remediate_one(turn).await?,
            "mail" => self.send_one(turn).await?,
            other => {
                let end = End::Dead(format!("no worker knows the task {other:?}: this program is older than the job"));
                self.end(turn, &end, Vec::new()).await?;
                Some(end)
            }
        };
        Ok(end)
    }

    /// Writes that an attempt begins. `false` where the lease is over: then nothing may be sent.
    pub(crate) async fn begin(&self, turn: &mut Turn, mut changes: Vec<Change>) -> Result<bool, StoreError> {
        let now = self.now();
        if now >= turn.until {
            return Ok(false);
        }
        let (next, beginning) = turn.beginning(now, self.options.lease);
        changes.extend(beginning);
        self.commit(changes).await?;
        *turn = next;
        // Whoever slept since must not send: another may have begun to look after it.
        Ok(self.now() < turn.until)
    }

    /// Writes how it ended, with what follows from it.
    pub(crate) async fn end(&self, turn: &mut Turn, end: &End, mut changes: Vec<Change>) -> Result<(), StoreError> {
        changes.extend(turn.ending(end, self.now()));
        self.commit(changes).await?;
        turn.began = None;
        Ok(())
    }

    /// What a failure means for a job whose call was certainly not done, or may be repeated.
    pub(crate) fn after_failure(&self, turn: &Turn, failure: &Failure) -> End {
        let now = self.now();
        let why = failure.what.clone();
        let after = match failure.fate {
            Fate::Never => return End::Dead(why),
            Fate::Later(after) => after,
            Fate::Login | Fate::Unknown => None,
        };
        // While nobody gets an answer there, it is not the job's fault.
        if turn.job.attempts >= self.options.attempts && !self.is_down(&turn.job.destination) {
            return End::Dead(format!("given up after {} attempts: {why}", turn.job.attempts));
        }
        let own = self.backoff(&turn.job.id, turn.job.attempts);
        let asked = after.and_then(|after| SignedDuration::try_from(after).ok()).unwrap_or_default();
        End::Again { due: later(now, own.max(asked.min(SignedDuration::from_hours(24)))), why }
    }

    /// How long is waited after so many attempts.
    pub(crate) fn backoff(&self, id: &str, attempts: u32) -> SignedDuration {
        let most = self.options.longest_backoff.as_millis().max(1);
        let doubled = self.options.backoff.as_millis().saturating_mul(1 << attempts.min(20)).min(most);
        // Between half and the whole, so that what failed together does not come back together.
        let spread = i128::from(names::spread(self.options.seed, id, attempts));
        let wait = doubled / 2 + doubled * spread / 2000;
        SignedDuration::from_millis(i64::try_from(wait).unwrap_or(i64::MAX).max(1))
    }

    /// Until when a destination is left alone.
    pub(crate) fn resting(&self, destination: &str) -> Option<Timestamp> {
        let now = self.now();
        lock(&self.breakers).get(destination).and_then(|breaker| breaker.until).filter(|until| *until > now)
    }

    /// Whether a job's destination, or the system it is in, does not answer at all.
    fn is_down(&self, destination: &str) -> bool {
        let breakers = lock(&self.breakers);
        let system = destination.split(':').next().unwrap_or_default();
        [destination, system].iter().any(|name| breakers.get(*name).is_some_and(|breaker| breaker.down))
    }

    /// Notes how a destination answered; gives the event of an episode that begins or ends.
    pub(crate) fn answered(&self, destination: &str, failure: Option<&Failure>) -> Option<Change> {
        let now = self.now();
        let mut breakers = lock(&self.breakers);
        let breaker = breakers.entry(destination.to_owned()).or_default();
        let Some(failure) = failure.filter(|failure| failure.fate != Fate::Never) else {
            let was_down = breaker.down;
            *breaker = Breaker::default();
            return was_down.then(|| event("destination.up", destination, json!({})));
        };
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures < self.options.breaker {
            return None;
        }
        let doublings = (breaker.failures - self.options.breaker).min(10);
        let rest = SignedDuration::from_secs(15_i64 << doublings).min(LONGEST_REST);
        breaker.until = Some(later(now, rest));
        let begins = !std::mem::replace(&mut breaker.down, true);
        begins.then(|| event("destination.down", destination, json!({"why": failure.what})))
    }

    /// Puts a job back untouched, because its destination rests.
    pub(crate) async fn rest(&self, turn: &mut Turn, until: Timestamp) -> Result<Option<End>, StoreError> {
        let why = format!("{} does not answer: left alone until {until}", turn.job.destination);
        let due =
            later(until, SignedDuration::from_millis(i64::from(names::spread(self.options.seed, &turn.job.id, 0))));
        self.wait(turn, due, why, Vec::new()).await
    }

    /// Puts a job off, with what else changes: a wait is no attempt.
    pub(crate) async fn wait(
        &self,
        turn: &Turn,
        due: Timestamp,
        why: String,
        mut changes: Vec<Change>,
    ) -> Result<Option<End>, StoreError> {
        let end = match turn.job.state {
            JobState::Unknown => End::Unknown { due, why },
            _ => End::Again { due, why },
        };
        let attempts = turn.job.attempts;
        changes.extend(turn.ending(&end, self.now()).into_iter().map(|change| match change {
            Change::Finish(job) => Change::Finish(Box::new(JobRow { attempts, ..*job })),
            other => other,
        }));
        self.commit(changes).await?;
        Ok(Some(end))
    }
}
