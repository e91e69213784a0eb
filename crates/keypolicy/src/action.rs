//! The actions of KMS: a dated, complete table, and sets of them as bits.

use crate::glob;

/// When the table was last compared with AWS's service authorisation reference.
pub const TABLE_DATE: &str = "2026-09-30";

/// What an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// Decides who may do what: the policy and grants.
    Permissions,
    /// The key's life: state, rotation, material, replicas, tags, aliases, deletion.
    Lifecycle,
    /// Cryptography.
    Use,
    /// Reading facts.
    Read,
    /// Judged by IAM policies only: it names no key, so a key policy cannot grant it.
    IamOnly,
}

/// Key usages in which an action makes sense, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Usages(u8);

impl Usages {
    /// `ENCRYPT_DECRYPT`.
    pub const ENCRYPT_DECRYPT: Self = Self(1);
    /// `SIGN_VERIFY`.
    pub const SIGN_VERIFY: Self = Self(2);
    /// `GENERATE_VERIFY_MAC`.
    pub const GENERATE_VERIFY_MAC: Self = Self(4);
    /// `KEY_AGREEMENT`.
    pub const KEY_AGREEMENT: Self = Self(8);
    /// `ENCAPSULATE_DECAPSULATE`.
    pub const ENCAPSULATE_DECAPSULATE: Self = Self(16);
    /// All of them.
    pub const ALL: Self = Self(31);

    /// The usage of that name, as in `KeyUsage`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ENCRYPT_DECRYPT" => Some(Self::ENCRYPT_DECRYPT),
            "SIGN_VERIFY" => Some(Self::SIGN_VERIFY),
            "GENERATE_VERIFY_MAC" => Some(Self::GENERATE_VERIFY_MAC),
            "KEY_AGREEMENT" => Some(Self::KEY_AGREEMENT),
            "ENCAPSULATE_DECAPSULATE" => Some(Self::ENCAPSULATE_DECAPSULATE),
            _ => None,
        }
    }

    /// Whether any usage is in both.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionInfo {
    /// Without the `kms:`.
    pub name: &'static str,
    /// What it is about.
    pub group: Group,
    /// The key usages in which it makes sense.
    pub usages: Usages,
    /// Whether it makes sense with symmetric encryption keys only (data keys).
    pub symmetric_only: bool,
    /// Whether it can be done with a key of another account; elsewhere a key policy's permission has no effect there.
    pub cross_account: bool,
}

const fn row(name: &'static str, group: Group, usages: Usages, cross_account: bool) -> ActionInfo {
    ActionInfo { name, group, usages, symmetric_only: false, cross_account }
}

const fn symmetric(name: &'static str, group: Group, cross_account: bool) -> ActionInfo {
    ActionInfo { name, group, usages: Usages::ENCRYPT_DECRYPT, symmetric_only: true, cross_account }
}

use Group::{IamOnly, Lifecycle, Permissions, Read, Use};

/// The public half exists for these.
const ASYMMETRIC: Usages =
    Usages::ENCRYPT_DECRYPT.or(Usages::SIGN_VERIFY).or(Usages::KEY_AGREEMENT).or(Usages::ENCAPSULATE_DECAPSULATE);

/// Every action of KMS, 58 of them; the position is the bit in an [`ActionSet`].
pub const TABLE: [ActionInfo; 58] = [
    row("PutKeyPolicy", Permissions, Usages::ALL, false),
    row("CreateGrant", Permissions, Usages::ALL, true),
    row("RevokeGrant", Permissions, Usages::ALL, true),
    row("RetireGrant", Permissions, Usages::ALL, true),
    row("EnableKey", Lifecycle, Usages::ALL, false),
    row("DisableKey", Lifecycle, Usages::ALL, false),
    row("ScheduleKeyDeletion", Lifecycle, Usages::ALL, false),
    row("CancelKeyDeletion", Lifecycle, Usages::ALL, false),
    symmetric("EnableKeyRotation", Lifecycle, false),
    symmetric("DisableKeyRotation", Lifecycle, false),
    symmetric("RotateKeyOnDemand", Lifecycle, false),
    row("ImportKeyMaterial", Lifecycle, Usages::ALL, false),
    row("DeleteImportedKeyMaterial", Lifecycle, Usages::ALL, false),
    row("GetParametersForImport", Lifecycle, Usages::ALL, false),
    row("ReplicateKey", Lifecycle, Usages::ALL, false),
    row("UpdatePrimaryRegion", Lifecycle, Usages::ALL, false),
    row("SynchronizeMultiRegionKey", Lifecycle, Usages::ALL, false),
    row("UpdateKeyDescription", Lifecycle, Usages::ALL, false),
    row("TagResource", Lifecycle, Usages::ALL, false),
    row("UntagResource", Lifecycle, Usages::ALL, false),
    row("CreateAlias", Lifecycle, Usages::ALL, false),
    row("UpdateAlias", Lifecycle, Usages::ALL, false),
    row("DeleteAlias", Lifecycle, Usages::ALL, false),
    row("Encrypt", Use, Usages::ENCRYPT_DECRYPT, true),
    row("Decrypt", Use, Usages::ENCRYPT_DECRYPT, true),
    row("ReEncryptFrom", Use, Usages::ENCRYPT_DECRYPT, true),
    row("ReEncryptTo", Use, Usages::ENCRYPT_DECRYPT, true),
    symmetric("GenerateDataKey", Use, true),
    symmetric("GenerateDataKeyWithoutPlaintext", Use, true),
    symmetric("GenerateDataKeyPair", Use, true),
    symmetric("GenerateDataKeyPairWithoutPlaintext", Use, true),
    row("Sign", Use, Usages::SIGN_VERIFY, true),
    row("Verify", Use, Usages::SIGN_VERIFY, true),
    row("GenerateMac", Use, Usages::GENERATE_VERIFY_MAC, true),
    row("VerifyMac", Use, Usages::GENERATE_VERIFY_MAC, true),
    row("DeriveSharedSecret", Use, Usages::KEY_AGREEMENT, true),
    row("Encapsulate", Use, Usages::ENCAPSULATE_DECAPSULATE, true),
    row("Decapsulate", Use, Usages::ENCAPSULATE_DECAPSULATE, true),
    row("GetPublicKey", Read, ASYMMETRIC, true),
    row("DescribeKey", Read, Usages::ALL, true),
    row("GetKeyPolicy", Read, Usages::ALL, false),
    row("GetKeyRotationStatus", Read, Usages::ALL, true),
    row("GetKeyLastUsage", Read, Usages::ALL, false),
    row("ListGrants", Read, Usages::ALL, true),
    row("ListKeyPolicies", Read, Usages::ALL, false),
    row("ListKeyRotations", Read, Usages::ALL, false),
    row("ListResourceTags", Read, Usages::ALL, false),
    row("CreateKey", IamOnly, Usages::ALL, false),
    row("ListKeys", IamOnly, Usages::ALL, false),
    row("ListAliases", IamOnly, Usages::ALL, false),
    row("GenerateRandom", IamOnly, Usages::ALL, false),
    row("ListRetirableGrants", IamOnly, Usages::ALL, false),
    row("ConnectCustomKeyStore", IamOnly, Usages::ALL, false),
    row("CreateCustomKeyStore", IamOnly, Usages::ALL, false),
    row("DeleteCustomKeyStore", IamOnly, Usages::ALL, false),
    row("DescribeCustomKeyStores", IamOnly, Usages::ALL, false),
    row("DisconnectCustomKeyStore", IamOnly, Usages::ALL, false),
    row("UpdateCustomKeyStore", IamOnly, Usages::ALL, false),
];

/// Reveals plaintext or key material, or forges signatures and MACs.
pub const REVEALING: ActionSet = ActionSet::of(&[
    "Decrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "ReEncryptFrom",
    "DeriveSharedSecret",
    "Decapsulate",
    "Sign",
    "GenerateMac",
]);

/// Lets its holder get more rights than it was given.
pub const ESCALATING: ActionSet = ActionSet::of(&[
    "PutKeyPolicy",
    "CreateGrant",
    "TagResource",
    "UntagResource",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "ImportKeyMaterial",
    "ReplicateKey",
    "UpdatePrimaryRegion",
]);

/// Takes the key, or the way to it, from its users.
pub const DESTRUCTIVE: ActionSet =
    ActionSet::of(&["ScheduleKeyDeletion", "DisableKey", "DeleteImportedKeyMaterial", "PutKeyPolicy", "DeleteAlias"]);

/// The names of the operations that a grant can give.
pub(crate) const GRANT_OPERATION_NAMES: [&str; 19] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
];

/// Operations that a grant can give.
pub const GRANTABLE: ActionSet = ActionSet::of(&GRANT_OPERATION_NAMES);

/// One action of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Action(u8);

impl Action {
    /// The action of that name, with or without `kms:`, whatever its case.
    pub fn named(name: &str) -> Option<Self> {
        let bare = match name.split_once(':') {
            Some((service, action)) if service.eq_ignore_ascii_case("kms") => action,
            Some(_) => return None,
            None => name,
        };
        let at = TABLE.iter().position(|row| row.name.eq_ignore_ascii_case(bare))?;
        u8::try_from(at).ok().map(Self)
    }

    /// Every action.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).filter_map(|at| u8::try_from(at).ok().map(Self))
    }

    /// Its row of the table.
    pub fn info(self) -> &'static ActionInfo {
        // The number is a position in the table by construction; the first row stands in for what cannot be.
        TABLE.get(usize::from(self.0)).unwrap_or(&TABLE[0])
    }

    /// Without the `kms:`.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// As in a policy: `kms:Decrypt`.
    pub fn qualified(self) -> String {
        format!("kms:{}", self.name())
    }
}

impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "kms:{}", self.name())
    }
}

/// A set of actions, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ActionSet(u64);

impl ActionSet {
    /// No action.
    pub const EMPTY: Self = Self(0);
    /// Every action.
    pub const ALL: Self = Self((1 << TABLE.len()) - 1);

    /// The actions of these names; a name that is not in the table stops the compilation of a constant.
    pub(crate) const fn of(names: &[&str]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < names.len() {
            bits |= 1 << position(names[at]);
            at += 1;
        }
        Self(bits)
    }

    /// The set of one.
    pub const fn only(action: Action) -> Self {
        Self(1 << action.0)
    }

    /// The actions that a pattern such as `kms:Describe*` fits, whatever its case.
    pub fn matching(pattern: &str) -> Self {
        if matches!(pattern, "*" | "kms:*") {
            return Self::ALL;
        }
        if !pattern.contains(['*', '?']) {
            return match pattern.contains(':') {
                true => Action::named(pattern).map_or(Self::EMPTY, Self::only),
                false => Self::EMPTY,
            };
        }
        let rest = match pattern.split_once(':') {
            Some((service, rest)) if glob::fits_ignoring_case(service, "kms") => rest,
            Some(_) => return Self::EMPTY,
            // Without a colon only wildcards can cover it: `*`, `k*`.
            None => return Action::all().filter(|it| glob::fits_ignoring_case(pattern, &it.qualified())).collect(),
        };
        // Most patterns are a beginning and one `*`.
        match rest.strip_suffix('*').filter(|start| !start.contains(['*', '?'])) {
            Some(start) => Action::all().filter(|action| begins(action.name(), start)).collect(),
            None => Action::all().filter(|action| glob::fits_ignoring_case(rest, action.name())).collect(),
        }
    }

    /// The actions of a group.
    pub fn group(group: Group) -> Self {
        Action::all().filter(|action| action.info().group == group).collect()
    }

    /// The actions that work with keys of other accounts.
    pub fn cross_account() -> Self {
        Action::all().filter(|action| action.info().cross_account).collect()
    }

    /// The actions that a key policy can give at all.
    pub fn governed() -> Self {
        Self::group(IamOnly).complement()
    }

    /// Whether the action is in it.
    pub const fn has(self, action: Action) -> bool {
        self.0 & (1 << action.0) != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many are in it.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn meet(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is not in it.
    #[must_use]
    pub const fn complement(self) -> Self {
        Self(Self::ALL.0 & !self.0)
    }

    /// Whether all of this is in the other.
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Its parts that none of some sets tells apart, that of the first action first.
    pub fn parted(self, by: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut parts = vec![self];
        for set in by {
            parts = parts
                .into_iter()
                .flat_map(|part| [part.meet(set), part.without(set)])
                .filter(|part| !part.is_empty())
                .collect();
        }
        parts.retain(|part| !part.is_empty());
        parts.sort_unstable_by_key(|part| part.0.trailing_zeros());
        parts
    }

    /// The first action in it.
    pub fn first(self) -> Option<Action> {
        u8::try_from(self.0.trailing_zeros()).ok().filter(|_| !self.is_empty()).map(Action)
    }

    /// The actions in it, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::all().filter(move |action| self.has(*action))
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        actions.into_iter().fold(Self::EMPTY, |set, action| set.union(Self::only(action)))
    }
}

impl std::fmt::Debug for ActionSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(Action::name)).finish()
    }
}

fn begins(name: &str, start: &str) -> bool {
    name.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start))
}

#[expect(clippy::panic, reason = "runs in constants only, where it stops the compilation")]
const fn position(name: &str) -> usize {
    let mut at = 0;
    while at < TABLE.len() {
        if same(TABLE[at].name.as_bytes(), name.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("no such action")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_actions_whatever_their_case() {
        let names = |pattern| ActionSet::matching(pattern).iter().map(Action::name).collect::<Vec<_>>();
        assert_eq!(names("kms:Delete*"), ["DeleteImportedKeyMaterial", "DeleteAlias", "DeleteCustomKeyStore"]);
        assert_eq!(names("KMS:decrypt"), ["Decrypt"]);
        assert_eq!(names("kms:reencrypt*"), ["ReEncryptFrom", "ReEncryptTo"]);
        assert_eq!(names("kms:ReEncrypt"), [""; 0]);
        assert_eq!(names("kms:?ign"), ["Sign"]);
        assert_eq!(names("Decrypt"), [""; 0], "a service is needed");
        assert_eq!(names("kms>Delete*"), [""; 0]);
        assert_eq!(names("s3:*"), [""; 0]);
        assert_eq!(ActionSet::matching("*"), ActionSet::ALL);
        assert_eq!(ActionSet::matching("kms:*").len(), 58);
    }

    #[test]
    fn the_table_says_what_crosses_accounts() {
        let crossing: Vec<&str> =
            ActionSet::cross_account().without(ActionSet::group(Use)).iter().map(Action::name).collect();
        let documented = [
            "CreateGrant",
            "RevokeGrant",
            "RetireGrant",
            "GetPublicKey",
            "DescribeKey",
            "GetKeyRotationStatus",
            "ListGrants",
        ];
        assert_eq!(crossing, documented);
        assert!(ActionSet::group(Use).is_within(ActionSet::cross_account()));
        assert_eq!(ActionSet::group(IamOnly).len(), 11);
    }

    #[test]
    fn names_are_unique_and_sets_are_sets() {
        for action in Action::all() {
            assert_eq!(Action::named(&action.qualified()), Some(action));
        }
        assert!(REVEALING.is_within(GRANTABLE));
        assert!(ESCALATING.union(ESCALATING.complement()) == ActionSet::ALL);
    }
}
