//! What the API asks of the daemon: take findings in, write reports.

use std::sync::Arc;

use console::{Delivery, Form, Intake, Refusal, Reply, Reports, Swap, Taken};
use jiff::Timestamp;
use respond::Engine;
use serde_json::json;
use store::{Change, Commit, NewEvent, Store, StoreError};

/// The engine, as it is configured now.
pub type Current = Arc<Swap<Engine>>;

/// Takes findings in.
pub struct Door {
    pub engine: Current,
    pub store: Arc<dyn Store>,
}

impl Intake for Door {
    fn take(&self, delivery: Delivery) -> Reply<'_, Taken> {
        Box::pin(async move {
            let Delivery { id, until: _, actor, body } = delivery;
            let source = if id.is_some() { "webhook" } else { "api" };
            let size = body.len();
            let told = respond::Delivery { source: source.to_owned(), id, at: None, body: body.to_vec() };
            let engine = self.engine.get();
            let taken = engine.take(std::slice::from_ref(&told)).await.map_err(refusal)?;
            if taken.repeated > 0 {
                return Err(Refusal::Replayed);
            }
            if taken.findings + taken.known + taken.events == 0 && taken.problems > 0 {
                return Err(Refusal::Invalid(
                    "none of it can be read as a finding: /api/v1/events says why".to_owned(),
                ));
            }
            let body = json!({
                "findings": taken.findings, "known": taken.known, "events": taken.events, "problems": taken.problems, "bytes": size,
            });
            let event = NewEvent { kind: "intake".to_owned(), subject: source.to_owned(), actor, body };
            let commit = Commit { at: Timestamp::now(), changes: vec![Change::Event(event)] };
            self.store.commit(commit).await.map_err(refusal)?;
            let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
            let problems = match taken.problems {
                0 => Vec::new(),
                some => vec![format!("{some} could not be read: /api/v1/events?kind=intake says why")],
            };
            Ok(Taken { accepted: number(taken.findings + taken.events), unchanged: number(taken.known), problems })
        })
    }
}

fn refusal(error: StoreError) -> Refusal {
    match error {
        StoreError::Conflict { .. } => Refusal::Conflict,
        other => Refusal::Failed(other.to_string()),
    }
}

/// Writes reports.
pub struct Paper {
    pub store: Arc<dyn Store>,
}

impl Reports for Paper {
    fn weekly(&self, until: Timestamp, form: Form) -> Reply<'_, String> {
        Box::pin(async move {
            weekly(&*self.store, until, form).await.map_err(|error| Refusal::Failed(format!("{error:#}")))
        })
    }
}

/// The weekly report.
pub async fn weekly(store: &dyn Store, until: Timestamp, form: Form) -> anyhow::Result<String> {
    let until = Timestamp::from_second(until.as_second())?;
    let report = respond::report::weekly(store, until).await?;
    Ok(match form {
        Form::Json => serde_json::to_string_pretty(&report)? + "\n",
        Form::Html => report.html(),
        Form::Markdown => report.markdown(),
    })
}
