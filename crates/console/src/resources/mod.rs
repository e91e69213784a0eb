//! The resources of the API: one file each, with its routes, what may be asked of it and what it looks like.

mod accounts;
mod decisions;
mod detections;
mod events;
mod findings;
pub(crate) mod jobs;
mod keys;
mod remediations;
mod reports;
mod suppressions;
pub(crate) mod system;
pub(crate) mod tickets;
mod workers;

use serde_json::Value;
use store::{Change, Commit, NewEvent};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::problem::Problem;
use crate::token::Caller;

/// All routes under `/api/v1`.
pub(crate) fn routes(app: &App) -> OpenApiRouter<App> {
    [
        accounts::routes(app),
        decisions::routes(app),
        detections::routes(app),
        events::routes(app),
        findings::routes(app),
        jobs::routes(app),
        keys::routes(app),
        remediations::routes(app),
        reports::routes(app),
        suppressions::routes(app),
        system::routes(app),
        tickets::routes(app),
        workers::routes(app),
    ]
    .into_iter()
    .fold(OpenApiRouter::new(), OpenApiRouter::merge)
}

/// The longest text that a person may give as a reason.
const MAX_REASON: usize = 2000;

/// A reason that says something: the document has the same as a pattern.
fn reason_of(text: &str) -> Result<&str, Problem> {
    if text.chars().count() > MAX_REASON {
        return Err(Problem::invalid(format!("`reason` has more than {MAX_REASON} characters")));
    }
    let is_unseen = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\u{feff}';
    if text.chars().all(is_unseen) {
        return Err(Problem::invalid("`reason` is empty: the next reader will ask"));
    }
    Ok(text.trim())
}

/// Makes changes in somebody's name: they and what the log says of them are one commit.
async fn change(
    app: &App,
    caller: &Caller,
    kind: &str,
    subject: &str,
    body: Value,
    changes: impl IntoIterator<Item = Change>,
) -> Result<(), Problem> {
    let event = NewEvent { kind: kind.to_owned(), subject: subject.to_owned(), actor: caller.actor(), body };
    let changes = std::iter::once(Change::Event(event)).chain(changes).collect();
    app.store.commit(Commit { at: (app.now)(), changes }).await?;
    (app.wake)();
    Ok(())
}
