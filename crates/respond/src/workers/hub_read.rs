//! Reads Security Hub without waiting for its events: what is new every few minutes, everything once a day.

use jiff::Timestamp;
use serde_json::json;
use store::{Change, StoreError};

use crate::engine::{Engine, Status, event, later};
use crate::intake::{DOUBT, Delivery, HUB};
use crate::ports::Hub;

/// Pages of one reading; with 100 findings each that is ten million.
const MAX_PAGES: usize = 100_000;

impl Engine {
    pub(crate) async fn read_hub(&self) -> Result<Status, StoreError> {
        let Some(hub) = self.ports.hub.clone() else { return Ok(Status::idle("no Security Hub is configured")) };
        let now = self.now();
        let next = self.time("hub.next").await?;
        if next.is_some_and(|next| next > now) || self.resting("hub-reader").is_some() {
            return Ok(Status::default());
        }
        let whole = self.time("hub.whole").await?;
        let reads_all = whole.is_none_or(|whole| now >= later(whole, self.options.hub_full_every));
        let doubt = self.time(DOUBT).await?;
        let since = match self.time("hub.cursor").await? {
            Some(cursor) if !reads_all => {
                let since = later(cursor, -self.options.hub_overlap);
                Some(doubt.map_or(since, |doubt| doubt.min(since)))
            }
            _ => None,
        };
        match self.read_since(hub.as_ref(), since).await? {
            Ok(mut status) => {
                let mut changes = vec![
                    Change::Value("hub.cursor".to_owned(), Some(now.to_string())),
                    Change::Value("hub.next".to_owned(), Some(later(now, self.options.hub_every).to_string())),
                ];
                if doubt.is_some() && self.time(DOUBT).await? == doubt {
                    changes.push(Change::Value(DOUBT.to_owned(), None));
                }
                if reads_all {
                    changes.push(Change::Value("hub.whole".to_owned(), Some(now.to_string())));
                    changes.push(event("hub.read", "all", json!({"findings": status.done})));
                }
                changes.extend(self.answered("hub-reader", None));
                self.commit(changes).await?;
                status.note = None;
                Ok(status)
            }
            Err(failure) => {
                let mut changes = vec![Change::Value(
                    "hub.next".to_owned(),
                    Some(later(now, self.options.hub_every.min(jiff::SignedDuration::from_mins(1))).to_string()),
                )];
                changes.extend(self.answered("hub-reader", Some(&failure)));
                self.commit(changes).await?;
                Ok(Status { waiting: 1, ..Status::idle(&failure.what) })
            }
        }
    }

    async fn read_since(
        &self,
        hub: &dyn Hub,
        since: Option<Timestamp>,
    ) -> Result<Result<Status, crate::Failure>, StoreError> {
        let mut status = Status::default();
        let mut next: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = match hub.read(since, next.as_deref()).await {
                Ok(page) => page,
                Err(failure) => return Ok(Err(failure)),
            };
            let deliveries: Vec<Delivery> = page
                .findings
                .into_iter()
                .map(|text| Delivery { source: HUB.to_owned(), id: None, at: None, body: text.into_bytes() })
                .collect();
            status.done += self.take(&deliveries).await?.findings;
            next = page.next;
            if next.is_none() {
                return Ok(Ok(status));
            }
        }
        Ok(Err(crate::Failure::later(format!("Security Hub gives more than {MAX_PAGES} pages"), None)))
    }

    /// A time that is remembered by name.
    pub(crate) async fn time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.store.value(name.to_owned()).await?.and_then(|text| text.parse().ok()))
    }
}
