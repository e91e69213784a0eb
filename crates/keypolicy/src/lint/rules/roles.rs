//! Which rights make an administrator and which a user of a key.

use crate::action::{Action, ActionSet, Group};

/// Rights of those who administer a key: its policy, its state, its material, its end.
pub fn administration() -> ActionSet {
    [
        "PutKeyPolicy",
        "EnableKey",
        "DisableKey",
        "ScheduleKeyDeletion",
        "CancelKeyDeletion",
        "EnableKeyRotation",
        "DisableKeyRotation",
        "RotateKeyOnDemand",
        "ImportKeyMaterial",
        "DeleteImportedKeyMaterial",
        "ReplicateKey",
        "UpdatePrimaryRegion",
    ]
    .into_iter()
    .filter_map(Action::named)
    .collect()
}

/// Rights of those who use a key: cryptography.
pub fn usage() -> ActionSet {
    ActionSet::group(Group::Use)
}

/// Whether somebody with these rights administers, and not just does one thing.
pub fn administers(actions: ActionSet) -> bool {
    let held = actions.meet(administration());
    Action::named("PutKeyPolicy").is_some_and(|put| held.has(put)) || held.len() >= 3
}

/// Whether it is everything.
pub fn is_everything(actions: ActionSet) -> bool {
    ActionSet::governed().is_within(actions)
}
