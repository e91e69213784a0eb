//! What would change if a finding were put right: every call, why, how risky, how it is verified, and how it is undone.
//!
//! A plan is only data. Nobody is called, and a plan that lacks a fact says which, instead of guessing.

mod change;
mod code;
mod policy;
mod treatment;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;

use crate::control::{ControlId, Subject};
use crate::key::{Key, Sight};
use crate::settings::Settings;

use policy::Fault;

pub use change::{Change, Risk, Undo};
pub use code::{CodeOwner, Patch};
pub use keypolicy::setting::Trusted;
pub use treatment::{TREATMENTS, Treatment, TreatmentRow, treatment};

/// What somebody wants a key to have, and whom they trust with it, where the plan cannot know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The rotation period in days; 365 where nothing is said.
    pub rotation_period: Option<u16>,
    /// `alias/…`.
    pub alias: Option<String>,
    /// What the key is for.
    pub description: Option<String>,
    /// Tags to set.
    pub tags: Vec<(String, String)>,
    /// Who beside the key's own account may be given access: their grants are not in the way.
    pub trusted: Trusted,
}

/// A plan for one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The finding.
    pub finding_id: String,
    /// The control.
    pub control: String,
    /// The key that the finding is about.
    pub resource: String,
    /// The calls, in order.
    pub changes: Vec<Change>,
    /// Whether somebody must agree first.
    pub approval: bool,
    /// Why there is nothing to change, where there is not.
    pub refused: Option<String>,
    /// What must be known first.
    pub missing: Vec<String>,
    /// Who owns the key instead, and the patch for it.
    pub code: Option<CodeOwner>,
}

impl Plan {
    fn new(finding_id: &str, control: &ControlId, resource: &str) -> Self {
        Self {
            finding_id: finding_id.to_owned(),
            control: control.to_string(),
            resource: resource.to_owned(),
            changes: Vec::new(),
            approval: false,
            refused: None,
            missing: Vec::new(),
            code: None,
        }
    }

    fn refused(mut self, why: impl Into<String>) -> Self {
        self.refused = Some(why.into());
        self
    }

    fn missing(mut self, what: impl Into<String>) -> Self {
        self.missing.push(what.into());
        self
    }
}

/// The controls whose plan needs nothing but the key's facts, and changes nothing that worked: those that may be put right
/// without asking.
pub const UNASKED: [&str; 2] = ["KMS.4", "AWS.KMS.RotationPeriod"];

/// The periods that AWS takes, in days.
const PERIODS: std::ops::RangeInclusive<u16> = 90..=2560;

/// The plan that puts a control right on a key.
#[must_use]
pub fn plan(
    finding_id: &str,
    control: &ControlId,
    resource: &str,
    key: Sight<'_>,
    settings: &Settings,
    wishes: &Wishes,
) -> Plan {
    let plan = Plan::new(finding_id, control, resource);
    if let Some(why) = never(control) {
        return plan.refused(why);
    }
    let key = match key {
        Sight::Seen(key) => key,
        Sight::Gone => return plan.refused("the key is gone"),
        Sight::Unseen => return plan.missing("the key's own facts (DescribeKey): a finding says too little to act on"),
    };
    if key.manager.as_deref() == Some("AWS") {
        return plan.refused("AWS manages the key: nothing about it can be changed");
    }
    let mut plan = match control.reviewed().map(|known| known.subject) {
        Some(Subject::Rotation) => rotation(plan, key, wishes),
        Some(Subject::Deletion) => deletion(plan, key),
        _ => match control.as_str() {
            "AWS.KMS.RotationPeriod" => rotation(plan, key, wishes),
            "KMS.5" => policy::repair(plan, key, Fault::Public),
            "AWS.KMS.ConfusedDeputy" => policy::repair(plan, key, Fault::Deputy),
            "AWS.KMS.OrphanedPrincipal" => policy::repair(plan, key, Fault::Orphan),
            "AWS.KMS.Manageable" => policy::repair(plan, key, Fault::Fragile),
            "AWS.KMS.Grants" => policy::revoke(plan, key, &wishes.trusted),
            "AWS.KMS.Alias" => alias(plan, key, wishes),
            "AWS.KMS.Description" => description(plan, key, wishes),
            "AWS.KMS.RequiredTags" => tags(plan, key, wishes),
            other => plan.refused(format!("nobody has written a plan for {other}")),
        },
    };
    plan.approval = plan.changes.iter().any(|change| change.risk != Risk::Safe);
    if let Some(owner) = code::owner(key, settings, &plan.changes) {
        plan.changes.clear();
        plan.approval = false;
        plan.code = Some(owner);
    }
    plan
}

/// The controls of whose keys something can be changed.
const PLANNED: [&str; 12] = [
    "KMS.3",
    "KMS.4",
    "KMS.5",
    "AWS.KMS.Alias",
    "AWS.KMS.ConfusedDeputy",
    "AWS.KMS.Description",
    "AWS.KMS.Grants",
    "AWS.KMS.Manageable",
    "AWS.KMS.OrphanedPrincipal",
    "AWS.KMS.ReplicaDeletionPending",
    "AWS.KMS.RequiredTags",
    "AWS.KMS.RotationPeriod",
];

/// Whether the plans of a control depend on whom the key's owner trusts.
#[must_use]
pub fn depends_on_trust(control: &ControlId) -> bool {
    control.as_str() == "AWS.KMS.Grants"
}

/// Why nothing is ever changed for a control.
fn never(control: &ControlId) -> Option<String> {
    match control.as_str() {
        id if PLANNED.contains(&id) => None,
        id => Some(format!("nothing about {id} is changed automatically")),
    }
}

/// Leaves each change to the first plan that has it: the rotation of a multi-Region key is set once, on its primary.
pub fn leave_out_repeats<'p>(plans: impl IntoIterator<Item = &'p mut Plan>) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for plan in plans {
        let (mut first, resource) = (None, plan.resource.clone());
        plan.changes.retain(|change| {
            // A map of strings always has a JSON text.
            let parameters = serde_json::to_string(&change.parameters).unwrap_or_default();
            let call = format!("{} {} {parameters}", change.operation, change.region);
            match seen.entry(call) {
                Entry::Vacant(entry) => drop(entry.insert(resource.clone())),
                Entry::Occupied(entry) => {
                    first = Some(entry.get().clone());
                    return false;
                }
            }
            true
        });
        if let Some(resource) = first.filter(|_| plan.changes.is_empty()) {
            plan.approval = false;
            plan.refused = Some(format!("the same change is planned for {resource}"));
        }
    }
}

fn state(key: &Key) -> &str {
    key.state.as_deref().unwrap_or("unknown")
}

fn rotation(plan: Plan, key: &Key, wishes: &Wishes) -> Plan {
    if let Some(why) = key.no_rotation() {
        return plan.refused(format!("automatic rotation does not apply: {why}"));
    }
    match state(key) {
        "Enabled" => {}
        "Disabled" => return plan.refused("a disabled key's rotation cannot be changed: enable it or let it go"),
        "PendingDeletion" | "PendingReplicaDeletion" => {
            return plan.refused("the key is scheduled for deletion: decide first whether it lives (KMS.3)");
        }
        "Creating" | "Updating" => return plan.refused(format!("the key is {}: plan again later", state(key))),
        "unknown" => return plan.missing("KeyState"),
        other => return plan.refused(format!("the key is {other}, in which rotation cannot be changed")),
    }
    let missing = ["Origin", "KeySpec"].into_iter().zip([&key.origin, &key.spec]).find(|(_, fact)| fact.is_none());
    if let Some((field, _)) = missing {
        return plan.missing(format!("{field}: without it nobody can say whether the key rotates by itself"));
    }
    let period = wishes.rotation_period.unwrap_or(365);
    if !PERIODS.contains(&period) {
        return plan.refused(format!("a period of {period} days is not one that AWS takes (90 to 2560)"));
    }
    let before = match (key.rotates, key.rotation_period) {
        (Some(true), Some(days)) => Some(days),
        (Some(true), None) => return plan.missing("RotationPeriodInDays: without it the change cannot be undone"),
        (Some(false), _) => None,
        (None, _) => return plan.missing("KeyRotationEnabled: without it the change cannot be undone"),
    };
    if before == Some(i64::from(period)) {
        return plan.refused(format!("the key rotates every {period} days already"));
    }
    let place = match (key.is_replica, &key.primary) {
        (Some(true), Some(primary)) => Some(primary),
        (Some(true), None) => return plan.missing("the primary key: a replica's rotation is set there"),
        (Some(false), _) => None,
        (None, _) => return plan.missing("MultiRegion: a replica's rotation is set on its primary"),
    };
    let mut plan = plan;
    plan.changes.push(Change::enable_rotation(key, place, period, before));
    plan
}

fn deletion(plan: Plan, key: &Key) -> Plan {
    if !key.is_dying() {
        return plan.refused(format!("the key is {}: no deletion is pending", state(key)));
    }
    let mut plan = plan;
    plan.changes.push(Change::cancel_deletion(key));
    if key.origin.as_deref() == Some("EXTERNAL") {
        return plan.missing(
            "whether the imported material is still there: without it the key becomes PendingImport, and only \
                             importing it again makes the key usable",
        );
    }
    plan.changes.push(Change::enable_key(key));
    plan
}

fn alias(plan: Plan, key: &Key, wishes: &Wishes) -> Plan {
    match &wishes.alias {
        None => plan.missing("a name: say it with --alias"),
        Some(name) if !is_alias(name) => plan.refused(format!(
            "`{name}` is no alias: it begins with `alias/`, not with `alias/aws/`, and has letters, digits and :/_- only"
        )),
        Some(_) if key.is_dying() => plan.refused("the key is scheduled for deletion: it takes no alias"),
        Some(name) => {
            let mut plan = plan;
            plan.changes.push(Change::create_alias(key, name));
            plan
        }
    }
}

fn is_alias(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("alias/") else { return false };
    let legal = |c: char| c.is_ascii_alphanumeric() || ":/_-".contains(c);
    !rest.is_empty() && !rest.starts_with("aws/") && name.len() <= 256 && rest.chars().all(legal)
}

fn description(plan: Plan, key: &Key, wishes: &Wishes) -> Plan {
    match &wishes.description {
        None => plan.missing("what the key is for: say it with --description"),
        Some(text) if text.trim().is_empty() || text.chars().count() > 8192 => {
            plan.refused("a description has 1 to 8192 characters")
        }
        Some(_) if key.is_dying() => {
            plan.refused("the key is scheduled for deletion: its description cannot be changed")
        }
        Some(text) => {
            let mut plan = plan;
            plan.changes.push(Change::describe(key, text));
            plan
        }
    }
}

fn tags(plan: Plan, key: &Key, wishes: &Wishes) -> Plan {
    if wishes.tags.is_empty() {
        return plan.missing("the tags' values: say them with --tag NAME=VALUE");
    }
    if let Some((name, _)) = wishes.tags.iter().find(|(name, _)| name.starts_with("aws:")) {
        return plan.refused(format!("tags beginning with `aws:` are AWS's own: {name}"));
    }
    if key.is_dying() {
        return plan.refused("the key is scheduled for deletion: its tags cannot be changed");
    }
    let Some(own) = &key.tags else { return plan.missing("Tags: without them the change cannot be undone") };
    let mut plan = plan;
    plan.changes.push(Change::tag(key, own, &wishes.tags));
    plan
}
