//! Reads the organisation's accounts now and then. While that fails, what was read last is used, and its age is shown.

use store::rows::{AccountRow, FindingRow};
use store::{Change, Expect, FindingFilter, Page, StoreError};

use crate::engine::{Engine, Status, event, later};

/// Accounts of one commit.
const A_COMMIT: usize = 500;

impl Engine {
    pub(crate) async fn read_accounts(&self) -> Result<Status, StoreError> {
        let Some(directory) = self.ports.directory.clone() else {
            return Ok(Status::idle("no directory of accounts is configured"));
        };
        let now = self.now();
        if self.time("accounts.next").await?.is_some_and(|next| next > now) {
            return Ok(Status::default());
        }
        let next = |after| Change::Value("accounts.next".to_owned(), Some(later(now, after).to_string()));
        let accounts = match directory.accounts().await {
            Ok(accounts) => accounts,
            Err(failure) => {
                let read = self.store.value("accounts.read".to_owned()).await?;
                let age = read.map_or_else(|| "none are known".to_owned(), |read| format!("those of {read} are used"));
                let soon = self.options.accounts_every.min(jiff::SignedDuration::from_mins(1));
                let mut changes = vec![next(soon)];
                changes.extend(self.answered("accounts", Some(&failure)));
                self.commit(changes).await?;
                return Ok(Status { waiting: 1, ..Status::idle(&format!("{}; {age}", failure.what)) });
            }
        };
        let mut changed = Vec::new();
        let mut changes = Vec::new();
        for account in &accounts {
            let value = serde_json::to_value(account).unwrap_or_default();
            let id = account.id.as_str().to_owned();
            let before = self.store.account(id.clone()).await?;
            if before.is_some_and(|before| before.account != value) {
                changed.push(id.clone());
            }
            changes.push(Change::Account(Box::new(AccountRow { id, account: value, read: now })));
            if changes.len() >= A_COMMIT {
                self.commit(std::mem::take(&mut changes)).await?;
            }
        }
        for id in &changed {
            changes.push(event("account.changed", id, serde_json::json!({})));
        }
        changes.extend(self.answered("accounts", None));
        changes.push(Change::Value("accounts.read".to_owned(), Some(now.to_string())));
        changes.push(next(self.options.accounts_every));
        self.commit(changes).await?;
        for account_id in changed {
            let filter =
                FindingFilter { account_id: Some(account_id), settled: Some(false), ..FindingFilter::default() };
            self.decide_again(filter).await?;
        }
        Ok(Status { done: accounts.len() as u64, ..Status::default() })
    }

    /// Has what is open decided again, because something changed that decisions depend on.
    pub(crate) async fn decide_again(&self, filter: FindingFilter) -> Result<u64, StoreError> {
        let now = self.now();
        let mut page = Page { after: None, limit: 500 };
        let mut count = 0;
        loop {
            let rows = self.store.findings(filter.clone(), page.clone()).await?;
            let Some(last) = rows.last() else { return Ok(count) };
            page.after = Some(last.key.clone());
            let due: Vec<Change> = rows
                .into_iter()
                .filter(|row| row.decide_at.is_none_or(|at| at > now))
                .map(|row| {
                    let expect = Expect::Version(row.version);
                    Change::Finding(Box::new(FindingRow { decide_at: Some(now), ..row }), expect)
                })
                .collect();
            count += due.len() as u64;
            match self.commit(due.clone()).await {
                Err(StoreError::Conflict { .. }) => {
                    for change in due {
                        // Whoever changed it meanwhile has it decided.
                        match self.commit(vec![change]).await {
                            Ok(_) | Err(StoreError::Conflict { .. }) => {}
                            Err(other) => return Err(other),
                        }
                    }
                }
                other => drop(other?),
            }
        }
    }
}
