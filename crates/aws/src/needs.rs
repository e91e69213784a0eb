//! Which facts are wanted, and so which calls are made.

use crate::operation::{OPERATIONS, Operation, When};

/// The facts that are wanted. Rotation alone needs two calls a key; everything, six.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// GetKeyRotationStatus.
    pub rotation: bool,
    /// GetKeyPolicy, of the policy `default`.
    pub policy: bool,
    /// GetKeyPolicy, of the policy `AWS_RAM`.
    pub ram_policy: bool,
    /// GetKeyPolicy of a replica's primary, in the primary's region.
    pub primary_policy: bool,
    /// ListResourceTags.
    pub tags: bool,
    /// GetKeyLastUsage.
    pub last_usage: bool,
    /// ListKeyRotations.
    pub rotations: bool,
    /// ListGrants.
    pub grants: bool,
    /// DescribeCustomKeyStores: the state of the store that a key is in, and the stores themselves.
    pub stores: bool,
}

impl Needs {
    /// Everything that is read without being asked for by name: what a snapshot holds. Grants and past rotations cost most.
    pub const SNAPSHOT: Self = Self {
        rotation: true,
        policy: true,
        ram_policy: true,
        primary_policy: true,
        tags: true,
        last_usage: true,
        rotations: false,
        grants: false,
        stores: true,
    };

    /// Nothing but what DescribeKey and the lists tell.
    pub const LISTS: Self = Self {
        rotation: false,
        policy: false,
        ram_policy: false,
        primary_policy: false,
        tags: false,
        last_usage: false,
        rotations: false,
        grants: false,
        stores: false,
    };

    /// What is needed to know these fields of a key. Fields that are computed must have been replaced by those that they are made of.
    pub fn of_fields<'f>(fields: impl IntoIterator<Item = &'f str>) -> Self {
        let mut needs = Self::default();
        for field in fields {
            match field {
                "KeyRotationEnabled" | "RotationPeriodInDays" | "NextRotationDate" | "OnDemandRotationStartDate" => {
                    needs.rotation = true;
                }
                "Policy" => needs.policy = true,
                "RamPolicy" => needs.ram_policy = true,
                "PrimaryPolicy" => needs.primary_policy = true,
                "Tags" => needs.tags = true,
                "KeyLastUsage" | "TrackingStartDate" => needs.last_usage = true,
                "Rotations" => needs.rotations = true,
                "Grants" => needs.grants = true,
                "CustomKeyStoreConnectionState" => needs.stores = true,
                _ => {}
            }
        }
        needs
    }

    /// What either needs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            rotation: self.rotation || other.rotation,
            policy: self.policy || other.policy,
            ram_policy: self.ram_policy || other.ram_policy,
            primary_policy: self.primary_policy || other.primary_policy,
            tags: self.tags || other.tags,
            last_usage: self.last_usage || other.last_usage,
            rotations: self.rotations || other.rotations,
            grants: self.grants || other.grants,
            stores: self.stores || other.stores,
        }
    }

    /// The operations that are called then, organisation or not.
    pub fn operations(self, organization: bool) -> impl Iterator<Item = &'static Operation> {
        OPERATIONS.into_iter().filter(move |operation| match operation.when {
            When::Always => true,
            When::Organization => organization,
            When::Needed | When::Asked => operation.fields.iter().any(|field| self != self.without(field)),
            When::Respond | When::Change => false,
        })
    }

    fn without(self, field: &str) -> Self {
        let told = Self::of_fields([field]);
        Self {
            rotation: self.rotation && !told.rotation,
            policy: self.policy && !told.policy,
            ram_policy: self.ram_policy && !told.ram_policy,
            primary_policy: self.primary_policy && !told.primary_policy,
            tags: self.tags && !told.tags,
            last_usage: self.last_usage && !told.last_usage,
            rotations: self.rotations && !told.rotations,
            grants: self.grants && !told.grants,
            stores: self.stores && !told.stores,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(needs: Needs) -> Vec<&'static str> {
        needs.operations(false).map(|operation| operation.name).collect()
    }

    #[test]
    fn rotation_alone_needs_two_calls_a_key() {
        let needs = Needs::of_fields(["KeyRotationEnabled", "KeyManager", "Origin"]);
        let per_key: Vec<&str> = needs
            .operations(false)
            .filter(|operation| operation.about == crate::operation::About::Key)
            .map(|operation| operation.name)
            .collect();
        assert_eq!(per_key, ["DescribeKey", "GetKeyRotationStatus"]);
    }

    #[test]
    fn a_snapshot_holds_all_but_grants_and_past_rotations() {
        let called = names(Needs::SNAPSHOT);
        assert!(!called.contains(&"ListGrants") && !called.contains(&"ListKeyRotations"));
        assert!(called.contains(&"GetKeyLastUsage") && called.contains(&"DescribeCustomKeyStores"));
        let all = Needs::SNAPSHOT.and(Needs::of_fields(["Grants", "Rotations"]));
        assert!(names(all).contains(&"ListGrants") && names(all).contains(&"ListKeyRotations"));
    }

    #[test]
    fn nothing_but_the_lists_is_read_for_what_describe_key_tells() {
        assert_eq!(
            names(Needs::of_fields(["KeyState"])),
            ["GetCallerIdentity", "ListRegions", "ListKeys", "ListAliases", "DescribeKey"]
        );
    }
}
