//! Opens tickets: looks for the mark first, writes down that it tries, and never opens twice what it cannot see.

use jiff::SignedDuration;
use serde_json::json;
use store::rows::{TicketRow, TicketState};
use store::{Change, Expect, StoreError};

use super::elapsed;
use crate::decider::{reopen_job, ticket_job};
use crate::engine::{Engine, event, later};
use crate::failure::Fate;
use crate::names;
use crate::options::Autofixed;
use crate::outbox::{End, Turn, job};
use crate::ports::{Draft, Seen, Standing, Tickets};

impl Engine {
    pub(crate) async fn open_ticket(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let key = turn.text("ticket");
        let Some(ticket) = self.store.ticket(key.clone()).await? else {
            return self.just_end(turn, End::Done("the ticket is forgotten".to_owned())).await;
        };
        if ticket.external.is_some() || !matches!(ticket.state, TicketState::Wanted | TicketState::Closing) {
            return self.just_end(turn, End::Done("nothing is to be opened any more".to_owned())).await;
        }
        if ticket.state == TicketState::Closing && !turn.may_be_done() {
            return self.never_needed(turn, &key).await;
        }
        let Some(system) = self.ports.tickets.get(&ticket.destination).cloned() else {
            let why = format!("no ticket system is configured by the name {}", ticket.destination);
            return self.just_end(turn, End::Held { due: later(self.now(), SignedDuration::from_mins(1)), why }).await;
        };
        if let Some(until) = self.resting(&ticket.destination) {
            return self.rest(turn, until).await;
        }
        let lag = SignedDuration::try_from(system.search_lag()).unwrap_or(SignedDuration::from_mins(5));
        if turn.may_be_done() && elapsed(turn, self.now()) < lag {
            let due = later(turn.sent().unwrap_or_else(|| self.now()), lag);
            return self
                .just_end(turn, End::Unknown { due, why: "it is not known whether it was opened".to_owned() })
                .await;
        }
        match system.find(&names::mark(&key), ticket.project.as_deref()).await {
            Err(failure) => {
                let episode = self.answered(&ticket.destination, Some(&failure));
                let end = self.after_look(turn, &failure);
                self.end(turn, &end, episode.into_iter().collect()).await?;
                Ok(Some(end))
            }
            Ok(found) if !found.is_empty() => self.adopt(turn, &key, found).await,
            Ok(_) if turn.may_be_done() => self.not_found(turn, &key, ticket.state, lag).await,
            Ok(_) => self.send_draft(turn, ticket, system.as_ref(), lag).await,
        }
    }

    /// It was settled before it was ever opened.
    async fn never_needed(&self, turn: &mut Turn, key: &str) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let end = End::Done("settled before it was opened".to_owned());
        self.end_with_ticket(turn, key, end, move |ticket, changes| {
            if ticket.external.is_none() && ticket.state == TicketState::Closing {
                (ticket.state, ticket.closed) = (TicketState::Closed, Some(now));
                changes.push(event("ticket.not-needed", &ticket.key, json!({"outcome": ticket.outcome})));
            }
        })
        .await
    }

    /// Nobody has found it. Absence is believed only after the longest time that a search may lag behind.
    async fn not_found(
        &self,
        turn: &mut Turn,
        key: &str,
        state: TicketState,
        lag: SignedDuration,
    ) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let gone = elapsed(turn, now);
        let belief = &self.options.belief;
        let next = belief.iter().copied().chain([lag]).filter(|after| *after > gone).min();
        if let Some(next) = next {
            let due = later(turn.sent().unwrap_or(now), next);
            let why = "it is not known whether it was opened, and it is not found yet".to_owned();
            return self.just_end(turn, End::Unknown { due, why }).await;
        }
        if state == TicketState::Closing {
            return self.never_needed(turn, key).await;
        }
        let why = "it was certainly not opened: tried again".to_owned();
        self.just_end(turn, End::Again { due: now, why }).await
    }

    async fn send_draft(
        &self,
        turn: &mut Turn,
        ticket: TicketRow,
        system: &dyn Tickets,
        lag: SignedDuration,
    ) -> Result<Option<End>, StoreError> {
        let key = ticket.key.clone();
        let draft = self.draft(&ticket, &turn.text("after")).await?;
        let expect = Expect::Version(ticket.version);
        let destination = ticket.destination.clone();
        // The ticket is written unchanged: who wants it closed meanwhile is noticed before anything is sent.
        if !self.begin(turn, vec![Change::Ticket(Box::new(ticket), expect)]).await? {
            return Ok(None);
        }
        match system.open(&draft).await {
            Ok(external) => {
                self.is_open(turn, &key, Seen { external, standing: Standing::Open }, "ticket.opened", None).await
            }
            Err(failure) => {
                let episode = self.answered(&destination, Some(&failure));
                let now = self.now();
                let end = match failure.fate {
                    Fate::Unknown => End::Unknown { due: later(now, lag), why: failure.what.clone() },
                    _ => self.after_failure(turn, &failure),
                };
                let dead = matches!(end, End::Dead(_));
                self.end_with_ticket(turn, &key, end, move |ticket, changes| {
                    changes.extend(episode.clone());
                    if dead && ticket.state == TicketState::Wanted {
                        ticket.state = TicketState::Failed;
                        changes.push(event("ticket.failed", &ticket.key, json!({"why": failure.what})));
                    }
                })
                .await
            }
        }
    }

    /// A ticket with our mark is there: it is ours.
    async fn adopt(&self, turn: &mut Turn, key: &str, found: Vec<Seen>) -> Result<Option<End>, StoreError> {
        let open: Vec<&Seen> = found.iter().filter(|seen| seen.standing == Standing::Open).collect();
        let Some(seen) = open.first().copied().or(found.last()).cloned() else { return Ok(None) };
        let twice = (open.len() > 1).then(|| {
            let names: Vec<&str> = open.iter().map(|seen| seen.external.name.as_str()).collect();
            event("ticket.duplicates", key, json!({"tickets": names}))
        });
        let how = if turn.may_be_done() { "ticket.opened" } else { "ticket.adopted" };
        self.is_open(turn, key, seen, how, twice).await
    }

    /// It has a number: that is written, and the others are told.
    async fn is_open(
        &self,
        turn: &mut Turn,
        key: &str,
        seen: Seen,
        how: &str,
        more: Option<Change>,
    ) -> Result<Option<End>, StoreError> {
        let now = self.now();
        let Some(ticket) = self.store.ticket(key.to_owned()).await? else { return Ok(None) };
        let episode = self.answered(&ticket.destination, None);
        let findings = self.store.findings_by_key(ticket.findings.clone()).await?;
        let ordinal = turn.number("ordinal");
        // An external always has a JSON value.
        let external = serde_json::to_value(&seen.external).unwrap_or_default();
        let end = End::Done(seen.external.name.clone());
        self.end_with_ticket(turn, key, end, move |ticket, changes| {
            changes.extend(episode.iter().chain(&more).cloned());
            changes.push(event(how, &ticket.key, json!({"external": external, "destination": ticket.destination})));
            ticket.external = Some(external.clone());
            ticket.opened = ticket.opened.or(Some(now));
            if matches!(ticket.state, TicketState::Wanted | TicketState::Failed) {
                ticket.state = TicketState::Open;
                ticket.look_at = Some(later(now, self.options.look_every));
                if seen.standing == Standing::Done {
                    let intent = format!("found-{}", ticket.version);
                    changes.push(Change::Job(Box::new(reopen_job(ticket, &intent, now))));
                }
            }
            if ticket.kind == "AUTOFIXED" {
                if self.options.autofixed == Autofixed::OpenAndClose && ticket.state == TicketState::Open {
                    (ticket.state, ticket.outcome) = (TicketState::Closing, Some("fixed".to_owned()));
                    changes.push(Change::Job(Box::new(ticket_job("close", ticket, "told", now))));
                }
                return;
            }
            for finding in findings.iter().flatten() {
                let intent = format!("open/{}/{}", ticket.key, ticket.version);
                changes.extend(super::hub_job(self, finding, &intent, now).map(|job| Change::Job(Box::new(job))));
            }
            if self.ports.mailer.is_some() && ticket.kind != "ROLLUP" {
                let id = names::key(&["open", &ticket.kind, &ticket.group, &ordinal.to_string()]);
                let task = json!({"do": "mail", "kind": ticket.kind, "ticket": ticket.key});
                changes.push(Change::Job(Box::new(job(
                    format!("mail/open/{id}"),
                    "mail",
                    "mail".to_owned(),
                    task,
                    now,
                ))));
            }
        })
        .await
    }

    /// The draft of a ticket, from what the store says now.
    async fn draft(&self, ticket: &TicketRow, after: &str) -> Result<Draft, StoreError> {
        let told = self.told_of(ticket, after).await?;
        let severity = finding::Severity::parse(&ticket.severity).unwrap_or(finding::Severity::Medium);
        Ok(Draft {
            mark: names::mark(&ticket.key),
            project: ticket.project.clone(),
            severity,
            letter: crate::words::ticket(&told),
            labels: vec!["keyreeve".to_owned(), label(&ticket.kind)],
            due: ticket.due,
        })
    }
}

fn label(text: &str) -> String {
    text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect()
}
