//! Says in a ticket what changed: once per change, known by its mark.

use store::StoreError;
use store::rows::TicketState;

use super::{LOOK_AGAIN, SETTLED, elapsed, external_of};
use crate::engine::{Engine, later};
use crate::failure::Fate;
use crate::names;
use crate::outbox::{End, Turn};

impl Engine {
    pub(crate) async fn comment_on_ticket(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let key = turn.text("ticket");
        let ticket = self.store.ticket(key.clone()).await?.filter(|ticket| ticket.state != TicketState::Closed);
        let Some(ticket) = ticket else {
            return self.just_end(turn, End::Done("the ticket is closed".to_owned())).await;
        };
        let system = self.ports.tickets.get(&ticket.destination).cloned();
        let (Some(system), Some(external)) = (system, external_of(&ticket)) else {
            return self.just_end(turn, End::Done("there is no ticket to comment on".to_owned())).await;
        };
        if let Some(until) = self.resting(&ticket.destination) {
            return self.rest(turn, until).await;
        }
        let mark = names::comment_mark(&turn.job.id);
        if turn.may_be_done() {
            let end = match system.commented(&external, &mark).await {
                Ok(true) => End::Done("said".to_owned()),
                Ok(false) if elapsed(turn, self.now()) < SETTLED => {
                    let why = "it is not known whether it was said".to_owned();
                    End::Unknown { due: later(self.now(), LOOK_AGAIN), why }
                }
                Ok(false) => End::Again { due: self.now(), why: "it was certainly not said: tried again".to_owned() },
                Err(failure) => self.after_look(turn, &failure),
            };
            return self.just_end(turn, end).await;
        }
        let told = self.told_of(&ticket, "").await?;
        let letter = if turn.text("reminder").is_empty() {
            crate::words::changed(&told)
        } else {
            crate::words::overdue(&told, self.now())
        };
        if !self.begin(turn, Vec::new()).await? {
            return Ok(None);
        }
        let (end, episode) = match system.comment(&external, &mark, &letter).await {
            Ok(()) => (End::Done("said".to_owned()), self.answered(&ticket.destination, None)),
            Err(failure) => {
                let episode = self.answered(&ticket.destination, Some(&failure));
                let end = match failure.fate {
                    Fate::Unknown => End::Unknown { due: later(self.now(), LOOK_AGAIN), why: failure.what },
                    _ => self.after_failure(turn, &failure),
                };
                (end, episode)
            }
        };
        self.end(turn, &end, episode.into_iter().collect()).await?;
        Ok(Some(end))
    }
}
