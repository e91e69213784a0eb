//! The operations that are called: of which service, with which permission, how often AWS allows them, and what they tell.
//!
//! This is the only list of them. What is called, what the reader role is allowed, and how fast, all come from here.

/// A service of AWS that is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are AWS's")]
pub enum Service {
    Kms,
    Sts,
    Organizations,
    Account,
    SecurityHub,
    Sqs,
    SecretsManager,
    Ssm,
}

impl Service {
    /// All.
    pub const ALL: [Self; 8] = [
        Self::Kms,
        Self::Sts,
        Self::Organizations,
        Self::Account,
        Self::SecurityHub,
        Self::Sqs,
        Self::SecretsManager,
        Self::Ssm,
    ];

    /// The name that requests are signed for, which is also the prefix of its IAM actions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Kms => "kms",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
            Self::Account => "account",
            Self::SecurityHub => "securityhub",
            Self::Sqs => "sqs",
            Self::SecretsManager => "secretsmanager",
            Self::Ssm => "ssm",
        }
    }

    /// The service id of the shared configuration file and of `AWS_ENDPOINT_URL_…`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Kms => "KMS",
            Self::Sts => "STS",
            Self::Organizations => "Organizations",
            Self::Account => "Account",
            Self::SecurityHub => "SecurityHub",
            Self::Sqs => "SQS",
            Self::SecretsManager => "Secrets Manager",
            Self::Ssm => "SSM",
        }
    }
}

/// What an operation is asked about, and so how often it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Once a run, by the caller's own identity.
    Caller,
    /// The organisation, from its management account or a delegated administrator.
    Organization,
    /// Once an account.
    Account,
    /// Once an account and region, per page.
    Region,
    /// Once a key.
    Key,
    /// Findings, messages or secrets: as often as there are any.
    Work,
}

/// When an operation is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// In every run.
    Always,
    /// With `--org`, or when other accounts are read.
    Organization,
    /// Where a detection, or a snapshot, needs what it tells.
    Needed,
    /// Only where it is asked for by name: `--with grants,rotations`, or a detection that reads it.
    Asked,
    /// Never by an inventory: `serve` and `remediate` call it. It can be repeated without harm.
    Respond,
    /// As [`When::Respond`], and it changes a key: it is never repeated where it may have been done.
    Change,
}

/// One operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// AWS's name of it.
    pub name: &'static str,
    /// Whose it is.
    pub service: Service,
    /// Requests per second that AWS allows an account in a region.
    pub rate: u32,
    /// Whether AWS documents this rate; where it does not, the rate is a cautious guess.
    pub documented: bool,
    /// What it is asked about.
    pub about: About,
    /// When it is called.
    pub when: When,
    /// The fields of a resource that it tells; for an account or a list, none.
    pub fields: &'static [&'static str],
    /// Its place in [`OPERATIONS`].
    pub(crate) index: usize,
}

impl Operation {
    /// The IAM action that allows it: `kms:DescribeKey`.
    #[must_use]
    pub fn action(&self) -> String {
        format!("{}:{}", self.service.name(), self.name)
    }

    /// Whether it changes a key.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.when == When::Change
    }

    /// Whether its answer is a secret, of which nothing may be shown.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.service, Service::SecretsManager | Service::Ssm)
    }

    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().copied().find(|operation| operation.name == name)
    }
}

macro_rules! operations {
    ($($index:literal $constant:ident $name:literal $service:ident $about:ident $when:ident $rate:literal $documented:literal $fields:expr;)*) => {
        $(
            #[doc = concat!("`", $name, "`.")]
            pub static $constant: Operation = Operation {
                name: $name, service: Service::$service, rate: $rate, documented: $documented,
                about: About::$about, when: When::$when, fields: $fields, index: $index,
            };
        )*
        /// All operations, in the order in which a run comes to them.
        pub static OPERATIONS: [&Operation; [$($name),*].len()] = [$(&$constant),*];
    };
}

// KMS's rates are those of its page of request quotas, where they stand for each account and region. Of GetKeyLastUsage and
// ListKeyRotations no figure was found. Organizations gives none either: people report throttling from some 10 requests a second, so the
// figure is such that the usual share of it, 8, stays below that. Whatever the truth is, a throttled operation slows down.
// Security Hub's are those of its page of limits (bursts of 6 and 30 are not used: requests are spaced). SQS has no limit for standard
// queues, and Secrets Manager's is 10,000: what stands here is enough.
operations! {
    0 GET_CALLER_IDENTITY "GetCallerIdentity" Sts Caller Always 600 true &[];
    1 ASSUME_ROLE "AssumeRole" Sts Account Organization 600 true &[];
    2 DESCRIBE_ORGANIZATION "DescribeOrganization" Organizations Organization Organization 40 false &[];
    3 LIST_ACCOUNTS "ListAccounts" Organizations Organization Organization 40 false &[];
    4 LIST_ROOTS "ListRoots" Organizations Organization Organization 40 false &[];
    5 LIST_ORGANIZATIONAL_UNITS_FOR_PARENT "ListOrganizationalUnitsForParent" Organizations Organization Organization 40 false &[];
    6 LIST_ACCOUNTS_FOR_PARENT "ListAccountsForParent" Organizations Organization Organization 40 false &[];
    7 LIST_TAGS_FOR_RESOURCE "ListTagsForResource" Organizations Organization Organization 40 false &[];
    8 LIST_REGIONS "ListRegions" Account Account Always 5 true &[];
    9 LIST_KEYS "ListKeys" Kms Region Always 500 true &[];
    10 LIST_ALIASES "ListAliases" Kms Region Always 500 true &["Aliases"];
    11 DESCRIBE_CUSTOM_KEY_STORES "DescribeCustomKeyStores" Kms Region Needed 5 true &["CustomKeyStoreConnectionState"];
    12 DESCRIBE_KEY "DescribeKey" Kms Key Always 2000 true &[
        "CreationDate", "TimeCreated", "DeletionDate", "Description", "Enabled", "ExpirationModel", "ValidTo", "KeyManager", "KeyState",
        "KeyUsage", "KeySpec", "EncryptionAlgorithms", "SigningAlgorithms", "MacAlgorithms", "KeyAgreementAlgorithms", "Origin",
        "CustomKeyStoreId", "CloudHsmClusterId", "XksKeyConfiguration", "MultiRegion", "MultiRegionConfiguration",
        "CurrentKeyMaterialId", "PendingDeletionWindowInDays",
    ];
    13 GET_KEY_ROTATION_STATUS "GetKeyRotationStatus" Kms Key Needed 1000 true
        &["KeyRotationEnabled", "RotationPeriodInDays", "NextRotationDate", "OnDemandRotationStartDate"];
    14 GET_KEY_POLICY "GetKeyPolicy" Kms Key Needed 1000 true &["Policy", "RamPolicy", "PrimaryPolicy"];
    15 LIST_RESOURCE_TAGS "ListResourceTags" Kms Key Needed 2000 true &["Tags"];
    16 GET_KEY_LAST_USAGE "GetKeyLastUsage" Kms Key Needed 500 false &["KeyLastUsage", "TrackingStartDate"];
    17 LIST_KEY_ROTATIONS "ListKeyRotations" Kms Key Asked 100 false &["Rotations"];
    18 LIST_GRANTS "ListGrants" Kms Key Asked 100 true &["Grants"];
    19 GET_FINDINGS "GetFindings" SecurityHub Work Respond 3 true &[];
    20 BATCH_UPDATE_FINDINGS "BatchUpdateFindings" SecurityHub Work Respond 10 true &[];
    21 BATCH_IMPORT_FINDINGS "BatchImportFindings" SecurityHub Work Respond 10 true &[];
    22 RECEIVE_MESSAGE "ReceiveMessage" Sqs Work Respond 300 false &[];
    23 DELETE_MESSAGE_BATCH "DeleteMessageBatch" Sqs Work Respond 300 false &[];
    24 CHANGE_MESSAGE_VISIBILITY "ChangeMessageVisibility" Sqs Work Respond 300 false &[];
    25 GET_SECRET_VALUE "GetSecretValue" SecretsManager Work Respond 100 false &[];
    26 GET_PARAMETER "GetParameter" Ssm Work Respond 40 true &[];
    27 ENABLE_KEY_ROTATION "EnableKeyRotation" Kms Key Change 15 true &[];
    28 DISABLE_KEY_ROTATION "DisableKeyRotation" Kms Key Change 5 true &[];
    29 CANCEL_KEY_DELETION "CancelKeyDeletion" Kms Key Change 5 true &[];
    30 ENABLE_KEY "EnableKey" Kms Key Change 5 true &[];
    31 DISABLE_KEY "DisableKey" Kms Key Change 5 true &[];
    32 CREATE_ALIAS "CreateAlias" Kms Key Change 5 true &[];
    33 DELETE_ALIAS "DeleteAlias" Kms Key Change 15 true &[];
    34 UPDATE_KEY_DESCRIPTION "UpdateKeyDescription" Kms Key Change 5 true &[];
    35 TAG_RESOURCE "TagResource" Kms Key Change 10 true &[];
    36 UNTAG_RESOURCE "UntagResource" Kms Key Change 5 true &[];
    37 PUT_KEY_POLICY "PutKeyPolicy" Kms Key Change 15 true &[];
    38 REVOKE_GRANT "RevokeGrant" Kms Key Change 30 true &[];
}

#[cfg(test)]
mod tests {
    use finding::resource::catalogue::{GivenBy, resource_type};

    use super::*;

    #[test]
    fn every_operation_stands_at_its_index() {
        for (index, operation) in OPERATIONS.iter().enumerate() {
            assert_eq!(operation.index, index, "{}", operation.name);
            assert!(operation.rate > 0);
        }
    }

    #[test]
    fn every_fact_of_the_catalogue_is_told_by_the_operation_that_the_catalogue_names() {
        let key = resource_type("AWS.KMS.Key").unwrap();
        for field in key.fields {
            let GivenBy::Call(name) = field.given_by else { continue };
            // Known from ListKeys already, or from the account and region that were asked.
            if matches!(field.name, "AccountId" | "Arn" | "KeyId") {
                continue;
            }
            let operation = Operation::named(name).unwrap_or_else(|| panic!("{name} is not in the table"));
            assert!(operation.fields.contains(&field.name), "{} is not among the fields of {name}", field.name);
        }
        for field in OPERATIONS.iter().flat_map(|operation| operation.fields) {
            assert!(key.field(field).is_some(), "{field} is no field of a key");
        }
    }

    #[test]
    fn no_inventory_changes_anything() {
        let everything = crate::Needs::SNAPSHOT.and(crate::Needs::of_fields(["Grants", "Rotations"]));
        let called: Vec<&Operation> = everything.operations(true).collect();
        assert!(called.iter().all(|operation| !matches!(operation.when, When::Respond | When::Change)));
        assert_eq!(OPERATIONS.iter().filter(|operation| operation.changes()).count(), 12);
    }

    #[test]
    fn an_action_is_service_and_name() {
        assert_eq!(DESCRIBE_KEY.action(), "kms:DescribeKey");
        assert_eq!(Operation::named("ListRegions").unwrap().action(), "account:ListRegions");
    }
}
