//! What people say of changes of keys: written into the store as the API does it, with its event in one commit.

use serde_json::{Value, json};
use store::rows::RemediationRow;
use store::{BRAKE, Change, Commit, Expect, NewEvent, Store, Unfit};

use super::{World, block};

impl World {
    /// Agrees to the plan with this digest.
    pub fn approve(&self, key: &str, digest: &str) -> Result<(), Unfit> {
        let row = self.remediation(key).approved(digest, "token:alice".to_owned(), self.now())?;
        self.put(row, "approval.given", json!({ "digest": digest }));
        Ok(())
    }

    /// Wants what was done undone.
    pub fn undo(&self, key: &str) -> Result<(), Unfit> {
        let row = self.remediation(key).undoing()?;
        self.put(row, "remediation.undo", json!({}));
        Ok(())
    }

    /// Stops all changes for this reason, or lets them go on.
    pub fn stop_changes(&self, why: Option<&str>) {
        let kind = if why.is_some() { "remediation.stopped" } else { "remediation.released" };
        self.say(kind, "all", json!({ "reason": why }), Change::Value(BRAKE.to_owned(), why.map(str::to_owned)));
    }

    fn remediation(&self, key: &str) -> RemediationRow {
        block(self.store.remediation(key.to_owned())).unwrap().unwrap()
    }

    fn put(&self, row: RemediationRow, kind: &str, body: Value) {
        let (key, expect) = (row.key.clone(), Expect::Version(row.version));
        self.say(kind, &key, body, Change::Remediation(Box::new(row), expect));
    }

    fn say(&self, kind: &str, subject: &str, body: Value, change: Change) {
        let event =
            NewEvent { kind: kind.to_owned(), subject: subject.to_owned(), actor: "token:alice".to_owned(), body };
        block(self.store.commit(Commit { at: self.now(), changes: vec![Change::Event(event), change] })).unwrap();
    }
}
