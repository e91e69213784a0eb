//! The condition keys that a KMS request can carry: kinds, how many values, who carries them and with which actions.

use crate::action::{Action, ActionSet, GRANT_OPERATION_NAMES};
use std::cmp::Ordering;
use std::sync::LazyLock;

/// What the values of a key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// An ARN.
    Arn,
    /// Twelve digits.
    Account,
    /// `true` or `false`.
    Bool,
    /// A whole number in this range, ends included.
    Number(i64, i64),
    /// A point in time.
    Date,
    /// An IP address.
    Address,
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// Whether requests carry a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Presence {
    /// None does.
    Never,
    /// Some do, some do not.
    Sometimes,
    /// All do.
    Always,
}

use Presence::{Always, Never, Sometimes};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyInfo {
    /// As AWS writes it; ends with `/` or `:` where the rest is the user's: `aws:PrincipalTag/`.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// Whether a request can carry several values.
    pub multivalued: bool,
    /// Whether requests of users, roles and root users carry it.
    pub by_identity: Presence,
    /// Whether requests of AWS services under their own name carry it.
    pub by_service: Presence,
    /// The actions that carry it.
    pub actions: ActionSet,
}

impl KeyInfo {
    /// Whether the rest of its name is the user's.
    pub fn is_family(&self) -> bool {
        self.name.ends_with(['/', ':'])
    }

    /// Whether a request for this action can carry it.
    pub fn goes_with(&self, action: Action) -> bool {
        self.actions.has(action)
    }
}

const fn key(name: &'static str, kind: Kind, by_identity: Presence, by_service: Presence) -> KeyInfo {
    KeyInfo { name, kind, multivalued: false, by_identity, by_service, actions: ActionSet::ALL }
}

const fn many(name: &'static str, kind: Kind, by_identity: Presence, by_service: Presence) -> KeyInfo {
    KeyInfo { name, kind, multivalued: true, by_identity, by_service, actions: ActionSet::ALL }
}

/// A key that comes with a parameter of certain calls.
const fn with(name: &'static str, kind: Kind, presence: Presence, actions: &'static [&'static str]) -> KeyInfo {
    KeyInfo {
        name,
        kind,
        multivalued: false,
        by_identity: presence,
        by_service: presence,
        actions: ActionSet::of(actions),
    }
}

const fn many_with(name: &'static str, kind: Kind, presence: Presence, actions: &'static [&'static str]) -> KeyInfo {
    KeyInfo {
        name,
        kind,
        multivalued: true,
        by_identity: presence,
        by_service: presence,
        actions: ActionSet::of(actions),
    }
}

const CONTEXT: &[&str] = &[
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "CreateGrant",
    "RetireGrant",
];
const ENCLAVE: &[&str] = &["Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"];
const GRANT: &[&str] = &["CreateGrant"];
const GRANTS: &[&str] = &["CreateGrant", "ListGrants", "RevokeGrant"];
const SIGN: &[&str] = &["Sign", "Verify"];
const PAIRS: &[&str] = &["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"];
const RE_ENCRYPT: &[&str] = &["ReEncryptFrom", "ReEncryptTo"];
const IMPORT: &[&str] = &["ImportKeyMaterial"];
const WRAP: &[&str] = &["GetParametersForImport"];
const TAGGING: &[&str] = &["TagResource", "UntagResource", "CreateKey", "ReplicateKey"];
const BY_ALIAS: &[&str] = &[
    "Encrypt",
    "Decrypt",
    "ReEncryptFrom",
    "ReEncryptTo",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "Sign",
    "Verify",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
    "GetPublicKey",
    "DescribeKey",
];

const PRINCIPAL_TYPES: Kind = Kind::OneOf(&["Account", "User", "AssumedRole", "FederatedUser"]);
const SPECS: Kind = Kind::OneOf(&finding::KEY_SPECS);
const USAGES: Kind = Kind::OneOf(&finding::KEY_USAGES);
const GRANT_OPERATIONS: Kind = Kind::OneOf(&GRANT_OPERATION_NAMES);
/// From the year 2000 to the year 2100, in seconds.
const SECONDS: Kind = Kind::Number(946_684_800, 4_102_444_800);

/// Every key that is known; what is not here is taken for a mistake, or for newer than this table.
pub const TABLE: &[KeyInfo] = &[
    key("aws:PrincipalArn", Kind::Arn, Always, Never),
    key("aws:PrincipalAccount", Kind::Account, Always, Never),
    key("aws:PrincipalOrgID", Kind::Text, Sometimes, Never),
    many("aws:PrincipalOrgPaths", Kind::Text, Sometimes, Never),
    key("aws:PrincipalOrgMasterAccount", Kind::Account, Sometimes, Never),
    key("aws:PrincipalTag/", Kind::Text, Sometimes, Never),
    key("aws:PrincipalType", PRINCIPAL_TYPES, Always, Never),
    key("aws:PrincipalIsAWSService", Kind::Bool, Always, Always),
    key("aws:PrincipalServiceName", Kind::Text, Never, Always),
    many("aws:PrincipalServiceNamesList", Kind::Text, Never, Always),
    key("aws:userid", Kind::Text, Always, Never),
    key("aws:username", Kind::Text, Sometimes, Never),
    key("aws:FederatedProvider", Kind::Text, Sometimes, Never),
    key("aws:TokenIssueTime", Kind::Date, Sometimes, Never),
    key("aws:MultiFactorAuthPresent", Kind::Bool, Sometimes, Never),
    key("aws:MultiFactorAuthAge", Kind::Number(0, 129_600), Sometimes, Never),
    key("aws:SourceIdentity", Kind::Text, Sometimes, Never),
    key("aws:AssumedRoot", Kind::Bool, Sometimes, Never),
    key("aws:Ec2InstanceSourceVpc", Kind::Text, Sometimes, Never),
    key("aws:Ec2InstanceSourcePrivateIPv4", Kind::Address, Sometimes, Never),
    key("ec2:RoleDelivery", Kind::Text, Sometimes, Never),
    key("ec2:SourceInstanceArn", Kind::Arn, Sometimes, Never),
    key("lambda:SourceFunctionArn", Kind::Arn, Sometimes, Never),
    key("aws:SourceIp", Kind::Address, Sometimes, Never),
    key("aws:SourceVpc", Kind::Text, Sometimes, Never),
    key("aws:SourceVpce", Kind::Text, Sometimes, Never),
    key("aws:SourceVpcArn", Kind::Arn, Sometimes, Never),
    key("aws:VpcSourceIp", Kind::Address, Sometimes, Never),
    key("aws:VpceAccount", Kind::Account, Sometimes, Never),
    key("aws:VpceOrgID", Kind::Text, Sometimes, Never),
    many("aws:VpceOrgPaths", Kind::Text, Sometimes, Never),
    key("aws:ViaAWSService", Kind::Bool, Always, Always),
    many("aws:CalledVia", Kind::Text, Sometimes, Never),
    key("aws:CalledViaFirst", Kind::Text, Sometimes, Never),
    key("aws:CalledViaLast", Kind::Text, Sometimes, Never),
    key("aws:SourceArn", Kind::Arn, Never, Sometimes),
    key("aws:SourceAccount", Kind::Account, Never, Sometimes),
    key("aws:SourceOrgID", Kind::Text, Never, Sometimes),
    many("aws:SourceOrgPaths", Kind::Text, Never, Sometimes),
    key("aws:CurrentTime", Kind::Date, Always, Always),
    key("aws:EpochTime", SECONDS, Always, Always),
    key("aws:SecureTransport", Kind::Bool, Always, Always),
    key("aws:RequestedRegion", Kind::Text, Always, Always),
    key("aws:UserAgent", Kind::Text, Sometimes, Sometimes),
    key("aws:Referer", Kind::Text, Sometimes, Never),
    key("aws:ResourceAccount", Kind::Account, Always, Always),
    key("aws:ResourceOrgID", Kind::Text, Sometimes, Sometimes),
    many("aws:ResourceOrgPaths", Kind::Text, Sometimes, Sometimes),
    key("aws:ResourceTag/", Kind::Text, Sometimes, Sometimes),
    with("aws:RequestTag/", Kind::Text, Sometimes, TAGGING),
    many_with("aws:TagKeys", Kind::Text, Sometimes, TAGGING),
    with("kms:BypassPolicyLockoutSafetyCheck", Kind::Bool, Sometimes, &["CreateKey", "PutKeyPolicy", "ReplicateKey"]),
    key("kms:CallerAccount", Kind::Account, Always, Never),
    key("kms:CustomerMasterKeySpec", SPECS, Always, Always),
    key("kms:CustomerMasterKeyUsage", USAGES, Always, Always),
    with("kms:DataKeyPairSpec", Kind::Text, Always, PAIRS),
    with("kms:EncryptionAlgorithm", Kind::Text, Sometimes, &["Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"]),
    with("kms:EncryptionContext:", Kind::Text, Sometimes, CONTEXT),
    many_with("kms:EncryptionContextKeys", Kind::Text, Sometimes, CONTEXT),
    with(
        "kms:ExpirationModel",
        Kind::OneOf(&["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"]),
        Sometimes,
        IMPORT,
    ),
    with(
        "kms:GrantConstraintType",
        Kind::OneOf(&["EncryptionContextEquals", "EncryptionContextSubset"]),
        Sometimes,
        &["CreateGrant", "RetireGrant"],
    ),
    with("kms:GrantConstraintSourceArn", Kind::Arn, Sometimes, GRANT),
    with("kms:GrantIsForAWSResource", Kind::Bool, Always, GRANTS),
    many_with("kms:GrantOperations", GRANT_OPERATIONS, Always, GRANT),
    with("kms:GranteePrincipal", Kind::Text, Sometimes, GRANT),
    with("kms:GranteeServicePrincipal", Kind::Text, Sometimes, GRANT),
    with("kms:KeyAgreementAlgorithm", Kind::Text, Always, &["DeriveSharedSecret"]),
    key("kms:KeyOrigin", Kind::OneOf(&["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]), Always, Always),
    key("kms:KeySpec", SPECS, Always, Always),
    key("kms:KeyUsage", USAGES, Always, Always),
    with("kms:MacAlgorithm", Kind::Text, Always, &["GenerateMac", "VerifyMac"]),
    with("kms:MessageType", Kind::OneOf(&["RAW", "DIGEST", "EXTERNAL_MU"]), Sometimes, SIGN),
    key("kms:MultiRegion", Kind::Bool, Always, Always),
    key("kms:MultiRegionKeyType", Kind::OneOf(&["PRIMARY", "REPLICA"]), Sometimes, Sometimes),
    with("kms:PolicyName", Kind::Text, Sometimes, &["GetKeyPolicy", "PutKeyPolicy"]),
    with("kms:PrimaryRegion", Kind::Text, Always, &["UpdatePrimaryRegion"]),
    with("kms:ReEncryptOnSameKey", Kind::Bool, Always, RE_ENCRYPT),
    with("kms:RecipientAttestation:", Kind::Text, Sometimes, ENCLAVE),
    with("kms:ReplicaRegion", Kind::Text, Always, &["ReplicateKey"]),
    with("kms:RequestAlias", Kind::Text, Sometimes, BY_ALIAS),
    many("kms:ResourceAliases", Kind::Text, Never, Never),
    with("kms:RetiringPrincipal", Kind::Text, Sometimes, GRANT),
    with("kms:RetiringServicePrincipal", Kind::Text, Sometimes, GRANT),
    with("kms:RotationPeriodInDays", Kind::Number(90, 2560), Sometimes, &["EnableKeyRotation"]),
    with("kms:ScheduleKeyDeletionPendingWindowInDays", Kind::Number(7, 30), Sometimes, &["ScheduleKeyDeletion"]),
    with("kms:SigningAlgorithm", Kind::Text, Always, SIGN),
    with("kms:ValidTo", Kind::Date, Sometimes, IMPORT),
    key("kms:ViaService", Kind::Text, Sometimes, Never),
    with("kms:WrappingAlgorithm", Kind::Text, Always, WRAP),
    with("kms:WrappingKeySpec", Kind::Text, Always, WRAP),
];

/// The rows of keys that are no families, by name without regard to case; and the families.
static INDEX: LazyLock<(Vec<&'static KeyInfo>, Vec<&'static KeyInfo>)> = LazyLock::new(|| {
    let (families, mut keys): (Vec<&KeyInfo>, Vec<&KeyInfo>) = TABLE.iter().partition(|info| info.is_family());
    keys.sort_by(|a, b| order(a.name, b.name));
    (keys, families)
});

/// An order of names without regard to case: by length first, which tells most of them apart.
fn order(a: &str, b: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.len().cmp(&b.len()).then_with(|| a.bytes().map(lower).cmp(b.bytes().map(lower)))
}

/// The row of a key, whatever its case; `kms:EncryptionContext:Team` finds its family.
pub fn find(name: &str) -> Option<&'static KeyInfo> {
    let (keys, families) = &*INDEX;
    if let Ok(at) = keys.binary_search_by(|info| order(info.name, name)) {
        return keys.get(at).copied();
    }
    let begins = |family: &str| name.get(..family.len()).is_some_and(|start| start.eq_ignore_ascii_case(family));
    families.iter().find(|info| name.len() > info.name.len() && begins(info.name)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_whatever_their_case() {
        assert_eq!(find("AWS:principalarn").map(|info| info.name), Some("aws:PrincipalArn"));
        assert_eq!(find("kms:encryptioncontext:Team").map(|info| info.name), Some("kms:EncryptionContext:"));
        assert_eq!(find("kms:EncryptionContextKeys").map(|info| info.name), Some("kms:EncryptionContextKeys"));
        assert_eq!(find("aws:PrincipalTag/"), None, "a tag needs a name");
        assert_eq!(find("aws:PrincipalArm"), None);
    }

    #[test]
    fn names_are_unique_and_each_finds_its_row() {
        let mut names: Vec<_> = TABLE.iter().map(|info| info.name.to_lowercase()).collect();
        for info in TABLE {
            let name = if info.is_family() { format!("{}x", info.name) } else { info.name.to_owned() };
            assert_eq!(find(&name), Some(info));
            assert_eq!(find(&name.to_uppercase()), Some(info));
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
    }
}
