//! Lets go what is held no longer, has decisions made again after rules or settings change, and forgets what is long over.

use jiff::SignedDuration;
use store::rows::{JobRow, JobState, TicketState};
use store::{Change, Expect, FindingFilter, JobFilter, Page, StoreError, TicketFilter};

use crate::decider::ticket_job;
use crate::engine::{Engine, Status, event, later};

impl Engine {
    pub(crate) async fn keep_house(&self) -> Result<Status, StoreError> {
        let mut status = Status::default();
        let known = self.store.value("settings.version".to_owned()).await?;
        if known.as_ref() != Some(&self.version) {
            if known.is_some() {
                // What is suppressed is settled, and the rule that did it may be gone.
                status.done +=
                    self.decide_again(FindingFilter { settled: Some(false), ..FindingFilter::default() }).await?;
                let suppressed = FindingFilter { action: Some("SUPPRESS".to_owned()), ..FindingFilter::default() };
                status.done += self.decide_again(suppressed).await?;
            }
            let told = event("settings.changed", &self.version, serde_json::json!({"before": known}));
            let value = Change::Value("settings.version".to_owned(), Some(self.version.clone()));
            self.commit(vec![told, value]).await?;
        }
        let now = self.now();
        if self.time("house.next").await?.is_none_or(|next| next <= now) {
            status.held = self.let_go().await?;
            self.end_roll_ups().await?;
            self.take_up_approved().await?;
            if self.time("house.forget").await?.is_none_or(|next| next <= now) {
                self.store.forget(now, later(now, -self.options.keep)).await?;
                let next = later(now, SignedDuration::from_hours(1)).to_string();
                self.commit(vec![Change::Value("house.forget".to_owned(), Some(next))]).await?;
            }
            let next = later(now, SignedDuration::from_secs(30)).to_string();
            self.commit(vec![Change::Value("house.next".to_owned(), Some(next))]).await?;
        }
        Ok(status)
    }

    /// Held jobs whose time has come are tried again: what held them is asked then. Gives how many still wait.
    async fn let_go(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let mut page = Page { after: None, limit: 1_000 };
        let mut waiting = 0;
        loop {
            let filter = JobFilter { state: Some(JobState::Held), ..JobFilter::default() };
            let jobs = self.store.jobs(filter, page.clone()).await?;
            let Some(last) = jobs.last() else { return Ok(waiting) };
            page.after = Some(last.id.clone());
            let (due, later): (Vec<JobRow>, Vec<JobRow>) = jobs.into_iter().partition(|job| job.due <= now);
            waiting += later.len() as u64;
            for job in due {
                let freed = JobRow { state: JobState::Pending, ..job };
                match self.commit(vec![Change::Finish(Box::new(freed))]).await {
                    Ok(_) | Err(StoreError::Conflict { .. }) => {}
                    Err(other) => return Err(other),
                }
            }
        }
    }

    /// A roll-up ticket is closed once nothing waits behind it.
    async fn end_roll_ups(&self) -> Result<(), StoreError> {
        let now = self.now();
        let filter =
            TicketFilter { kind: Some("ROLLUP".to_owned()), state: Some(TicketState::Open), ..TicketFilter::default() };
        for mut ticket in self.store.tickets(filter, Page { after: None, limit: 100 }).await? {
            let destination = format!("{}:{}", ticket.destination, ticket.project.as_deref().unwrap_or_default());
            let held =
                JobFilter { state: Some(JobState::Held), destination: Some(destination), ..JobFilter::default() };
            if !self.store.jobs(held, Page { after: None, limit: 1 }).await?.is_empty() {
                continue;
            }
            let expect = Expect::Version(ticket.version);
            (ticket.state, ticket.outcome) = (TicketState::Closing, Some("fixed".to_owned()));
            let closing = ticket_job("close", &ticket, "over", now);
            let changes = vec![Change::Job(Box::new(closing)), Change::Ticket(Box::new(ticket), expect)];
            match self.commit(changes).await {
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}
