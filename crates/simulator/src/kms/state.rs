//! The states of a key: on, off, going to be deleted.

use serde::Serialize;

use super::write::{check_not_pending_deletion, invalid_state, nothing};
use super::{Answer, Input, Kms, body};
use crate::error::ServiceError;
use crate::time::Time;
use crate::world::{KeyState, Origin};

/// How long a key waits to be deleted, in days: what is given, the least, the most.
const WINDOW: (u16, usize, usize) = (30, 7, 30);

/// A reply that names the key only.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OfKey {
    pub(super) key_id: String,
}

impl Kms<'_> {
    pub(super) fn enable_key(&mut self, input: &Input) -> Answer {
        let (mut key, arn) = self.writable(input)?;
        match key.state {
            KeyState::Enabled | KeyState::Disabled => key.state = KeyState::Enabled,
            // Its store must be connected first.
            KeyState::Unavailable => return nothing(),
            state => return Err(invalid_state(&arn, state)),
        }
        // A rotation that fell due while the key was off is made up for at once.
        if key.rotation.enabled && key.rotation.next.is_some_and(|next| next <= self.time()) {
            self.rotate(&mut key, "AUTOMATIC");
            key.rotation.next = key.rotation.period.map(|period| self.time().plus_days(i64::from(period)));
        }
        self.put(key);
        nothing()
    }

    pub(super) fn disable_key(&mut self, input: &Input) -> Answer {
        let (mut key, arn) = self.writable(input)?;
        match key.state {
            KeyState::Enabled | KeyState::Disabled => key.state = KeyState::Disabled,
            KeyState::Unavailable => return nothing(),
            state => return Err(invalid_state(&arn, state)),
        }
        self.put(key);
        nothing()
    }

    pub(super) fn schedule_key_deletion(&mut self, input: &Input) -> Answer {
        let (default, least, most) = WINDOW;
        let window = input.integer("PendingWindowInDays", 1, 365)?.unwrap_or(usize::from(default));
        if !(least..=most).contains(&window) {
            let message = format!("PendingWindowInDays must be between {least} and {most}, was {window}");
            return Err(ServiceError::validation(message));
        }
        let (mut key, arn) = self.writable(input)?;
        if key.is_pending_deletion() || key.state == KeyState::Updating {
            return Err(invalid_state(&arn, key.state));
        }
        let window = u16::try_from(window).unwrap_or(default);
        let waits = key.multi.as_ref().is_some_and(|multi| multi.is_primary && !multi.replicas.is_empty());
        if waits {
            // The days are counted from when the last replica is gone.
            key.state = KeyState::PendingReplicaDeletion;
        } else {
            key.state = KeyState::PendingDeletion;
            key.deletion = Some(self.time().plus_days(i64::from(window)));
        }
        key.window = Some(window);
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Reply {
            key_id: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            deletion_date: Option<Time>,
            key_state: KeyState,
            pending_window_in_days: u16,
        }
        let reply =
            Reply { key_id: arn, deletion_date: key.deletion, key_state: key.state, pending_window_in_days: window };
        self.put(key);
        body(&reply)
    }

    pub(super) fn cancel_key_deletion(&mut self, input: &Input) -> Answer {
        let (mut key, arn) = self.writable(input)?;
        if !key.is_pending_deletion() {
            let message = format!("{arn} is not pending deletion.");
            return Err(ServiceError::new("KMSInvalidStateException", message));
        }
        let has_no_material = key.origin == Origin::External && key.material.is_none();
        key.state = if has_no_material { KeyState::PendingImport } else { KeyState::Disabled };
        (key.deletion, key.window) = (None, None);
        self.put(key);
        body(&OfKey { key_id: arn })
    }

    pub(super) fn update_key_description(&mut self, input: &Input) -> Answer {
        let description = input.required("Description", 0, 8192)?;
        let (mut key, arn) = self.writable(input)?;
        check_not_pending_deletion(&key, &arn)?;
        key.description = description.into();
        self.put(key);
        nothing()
    }
}
