//! The fields of `AWS.KMS.Key`.

use super::catalogue::AwsManaged::{Absent, Derived, Read};
use super::catalogue::GivenBy::{Account, Call, Scanner};
use super::catalogue::Shape::{Any, Bool, Date, Document, Int, List, Map, Object, Text};
use super::catalogue::Vocabulary::{Keyreeve, Panther};
use super::catalogue::{Field, ResourceType, Shape};

const WORD: Shape = Text(&[]);
const WORDS: Shape = List(&WORD);
const REPLICA: Shape = Object(&[("Arn", WORD), ("Region", WORD)]);

pub(super) const ACCOUNT: Shape = Object(&[
    ("Name", WORD),
    ("Email", WORD),
    ("OuPath", WORD),
    ("Environment", Text(&["production", "staging", "development", "unknown"])),
    ("Team", WORD),
    ("Tags", Map(&WORD)),
]);

const ROTATION: Shape = Object(&[
    ("RotationDate", Date),
    ("RotationType", Text(&["AUTOMATIC", "ON_DEMAND"])),
    ("KeyMaterialId", WORD),
    (
        "KeyMaterialState",
        Text(&["CURRENT", "NON_CURRENT", "PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"]),
    ),
    ("ImportState", Text(&["IMPORTED", "PENDING_IMPORT"])),
    ("ExpirationModel", Text(&["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"])),
    ("ValidTo", Date),
    ("KeyMaterialDescription", WORD),
]);

const GRANT: Shape = Object(&[
    ("GrantId", WORD),
    ("Name", WORD),
    ("CreationDate", Date),
    ("GranteePrincipal", WORD),
    ("RetiringPrincipal", WORD),
    ("IssuingAccount", WORD),
    ("Operations", WORDS),
    ("Constraints", Map(&Any)),
]);

const STATES: Shape = Text(&[
    "Creating",
    "Enabled",
    "Disabled",
    "PendingDeletion",
    "PendingImport",
    "PendingReplicaDeletion",
    "Unavailable",
    "Updating",
]);

/// All that `KeyUsage` can be.
pub const KEY_USAGES: [&str; 5] =
    ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE"];

const USAGES: Shape = Text(&KEY_USAGES);

/// All that `KeySpec` can be.
pub const KEY_SPECS: [&str; 20] = [
    "SYMMETRIC_DEFAULT",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "ECC_NIST_EDWARDS25519",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
];

const SPECS: Shape = Text(&KEY_SPECS);

const CONNECTIONS: Shape = Text(&["CONNECTED", "CONNECTING", "FAILED", "DISCONNECTED", "DISCONNECTING"]);

/// A KMS key, in Panther's shape and with what that shape cannot say.
pub static KEY: ResourceType = ResourceType {
    name: "AWS.KMS.Key",
    doc: "A KMS key: customer managed, or managed by AWS on the customer's behalf.",
    fields: &[
        Field::new("ResourceType", WORD, Panther, Scanner("always `AWS.KMS.Key`"), "The type of the resource.")
            .aws_managed(Read),
        Field::new("ResourceId", WORD, Panther, Scanner("the ARN"), "The id of the resource.").aws_managed(Read),
        Field::described("AccountId", WORD, Panther, "The account that owns the key: DescribeKey's `AWSAccountId`."),
        Field::new("Region", WORD, Panther, Scanner("the region of the ARN"), "The region the key is in.")
            .aws_managed(Read),
        Field::described("Arn", WORD, Panther, "The key's ARN."),
        Field::described("KeyId", WORD, Panther, "The key's id; starts with `mrk-` for a multi-Region key."),
        Field::described("CreationDate", Date, Panther, "When the key was made.").or_null(),
        Field::new(
            "TimeCreated",
            Date,
            Panther,
            Scanner("`CreationDate`"),
            "The same, under the name that all of Panther's resources have.",
        )
        .or_null()
        .aws_managed(Read),
        Field::described(
            "DeletionDate",
            Date,
            Panther,
            "When KMS will delete the key; only while it is `PendingDeletion`.",
        )
        .or_null(),
        Field::described("Description", WORD, Panther, "What the key is for, in its owner's words.").or_null(),
        Field::described("Enabled", Bool, Panther, "Whether the state is `Enabled`."),
        Field::described(
            "ExpirationModel",
            Text(&["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"]),
            Panther,
            "Whether imported key material expires; null for other keys.",
        )
        .or_null(),
        Field::described("KeyManager", Text(&["CUSTOMER", "AWS"]), Panther, "Who manages the key."),
        Field::described("KeyState", STATES, Panther, "What state the key is in."),
        Field::described("KeyUsage", USAGES, Panther, "What the key is made to do."),
        Field::described(
            "Origin",
            Text(&["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]),
            Panther,
            "Where the key material comes from.",
        ),
        Field::described("ValidTo", Date, Panther, "When imported key material expires.").or_null(),
        Field::described("CloudHsmClusterId", WORD, Panther, "The CloudHSM cluster that holds the key material.")
            .or_null(),
        Field::described("CustomKeyStoreId", WORD, Panther, "The custom key store that the key is in.").or_null(),
        Field::new(
            "KeyRotationEnabled",
            Bool,
            Panther,
            Call("GetKeyRotationStatus"),
            "Whether automatic rotation is on; null where it was never set. A multi-Region replica has \
             its primary's.",
        )
        .or_null()
        .aws_managed(Derived("true: AWS rotates it every year")),
        Field::new(
            "Policy",
            Document,
            Panther,
            Call("GetKeyPolicy"),
            "The key policy `default`, as the text that KMS keeps.",
        )
        .or_null(),
        Field::new("Tags", Map(&WORD), Panther, Call("ListResourceTags"), "The key's tags, from name to value.")
            .or_null(),
        Field::described("KeySpec", SPECS, Keyreeve, "The kind of key material; absent means `SYMMETRIC_DEFAULT`."),
        Field::described("EncryptionAlgorithms", WORDS, Keyreeve, "The algorithms to encrypt with.").or_null(),
        Field::described("SigningAlgorithms", WORDS, Keyreeve, "The algorithms to sign with.").or_null(),
        Field::described("MacAlgorithms", WORDS, Keyreeve, "The algorithms to authenticate messages with.").or_null(),
        Field::described("KeyAgreementAlgorithms", WORDS, Keyreeve, "The algorithms to agree on a secret with.")
            .or_null(),
        Field::described("MultiRegion", Bool, Keyreeve, "Whether the key is a multi-Region key."),
        Field::described(
            "MultiRegionConfiguration",
            Object(&[
                ("MultiRegionKeyType", Text(&["PRIMARY", "REPLICA"])),
                ("PrimaryKey", REPLICA),
                ("ReplicaKeys", List(&REPLICA)),
            ]),
            Keyreeve,
            "Which key is the primary, and which are its replicas; null for a single-Region key.",
        )
        .or_null(),
        Field::described(
            "XksKeyConfiguration",
            Object(&[("Id", WORD)]),
            Keyreeve,
            "The key in the external key store.",
        )
        .or_null(),
        Field::described("CurrentKeyMaterialId", WORD, Keyreeve, "The key material in use.").or_null(),
        Field::new(
            "RotationPeriodInDays",
            Int,
            Keyreeve,
            Call("GetKeyRotationStatus"),
            "Days from one automatic rotation to the next; null where rotation is off.",
        )
        .or_null()
        .aws_managed(Derived("365: AWS rotates it every year")),
        Field::new(
            "NextRotationDate",
            Date,
            Keyreeve,
            Call("GetKeyRotationStatus"),
            "When KMS will rotate the key next.",
        )
        .or_null(),
        Field::new(
            "OnDemandRotationStartDate",
            Date,
            Keyreeve,
            Call("GetKeyRotationStatus"),
            "When an on-demand rotation that is still running began.",
        )
        .or_null(),
        Field::new(
            "Rotations",
            List(&ROTATION),
            Keyreeve,
            Call("ListKeyRotations"),
            "Past rotations and waiting key material, as KMS lists them.",
        )
        .or_null(),
        Field::described(
            "PendingDeletionWindowInDays",
            Int,
            Keyreeve,
            "The waiting period that begins when the last replica is deleted; only while the key is \
             `PendingReplicaDeletion`.",
        )
        .or_null(),
        Field::new(
            "Aliases",
            WORDS,
            Keyreeve,
            Call("ListAliases"),
            "The names of its aliases, with `alias/`, sorted. One list a region, so no call for the key \
             itself.",
        )
        .aws_managed(Read),
        Field::new("Grants", List(&GRANT), Keyreeve, Call("ListGrants"), "The grants on the key.").or_null(),
        Field::new(
            "RamPolicy",
            Document,
            Keyreeve,
            Call("GetKeyPolicy"),
            "The key policy `AWS_RAM` that resource shares make; null where there is none.",
        )
        .or_null(),
        Field::new(
            "PrimaryPolicy",
            Document,
            Keyreeve,
            Call("GetKeyPolicy"),
            "The key policy `default` of a replica's primary, so that the two can be compared where the replica is judged; null for \
             other keys.",
        )
        .or_null(),
        Field::new(
            "KeyLastUsage",
            Object(&[("Operation", WORD), ("Timestamp", Date), ("CloudTrailEventId", WORD), ("KmsRequestId", WORD)]),
            Keyreeve,
            Call("GetKeyLastUsage"),
            "The last cryptographic use of the key; null where none was seen since tracking began.",
        )
        .or_null(),
        Field::new(
            "TrackingStartDate",
            Date,
            Keyreeve,
            Call("GetKeyLastUsage"),
            "Since when KMS has tracked the use of the key.",
        )
        .or_null(),
        Field::new(
            "CustomKeyStoreConnectionState",
            CONNECTIONS,
            Keyreeve,
            Call("DescribeCustomKeyStores"),
            "Whether the custom key store that the key is in is connected; null for other keys.",
        )
        .or_null(),
        Field::new("Account", ACCOUNT, Keyreeve, Account, "What is known about the account.")
            .or_null()
            .aws_managed(Read),
        Field::computed(
            "Environment",
            Text(&["production", "staging", "development", "unknown"]),
            &["Account", "Tags"],
            Read,
            "The class of environment that the key belongs to.",
        ),
        Field::computed(
            "DaysUntilDeletion",
            Int,
            &["DeletionDate"],
            Read,
            "Whole days until KMS deletes the key; null where no date is set.",
        )
        .or_null(),
        Field::computed(
            "LastUse",
            Text(&["USED", "NEVER", "UNTRACKED"]),
            &["KeyLastUsage", "TrackingStartDate", "CreationDate"],
            Derived("`UNTRACKED`: the last use is not read"),
            "Used; never used since it was made; or not used since tracking began, which was after it \
             was made.",
        ),
        Field::computed(
            "DaysSinceLastUse",
            Int,
            &["KeyLastUsage"],
            Derived("null: the last use is not read"),
            "Whole days since the last use; null where none was seen.",
        )
        .or_null(),
        Field::computed("DaysSinceCreation", Int, &["CreationDate"], Read, "Whole days since the key was made.")
            .or_null(),
        Field::computed(
            "DaysUntilMaterialExpires",
            Int,
            &["ValidTo"],
            Read,
            "Whole days until imported key material expires; null where it does not.",
        )
        .or_null(),
        Field::computed(
            "DaysUntilNextRotation",
            Int,
            &["NextRotationDate"],
            Derived("null: the date is not read"),
            "Whole days until the next rotation, below zero where it is overdue; null where no date is \
             set.",
        )
        .or_null(),
        Field::computed(
            "PublicAccess",
            WORDS,
            &["Policy", "RamPolicy"],
            Absent,
            "How anybody at all can do something with the key, in sentences; empty where it is proved that nobody can whom the policies do not name.",
        ),
        Field::computed(
            "ExternalAccess",
            WORDS,
            &["Policy", "RamPolicy"],
            Absent,
            "How somebody can who belongs neither to the key's own account nor to a trusted account or organisation; empty where it is proved that nobody can.",
        ),
        Field::computed(
            "ManagementRisks",
            WORDS,
            &["Policy"],
            Absent,
            "Why nobody can change the policy, or soon nobody may; empty where the account or two principals can.",
        ),
        Field::computed(
            "MixedDuties",
            WORDS,
            &["Policy"],
            Absent,
            "Who may both administer the key and use it, beside the account as a whole; empty where it is proved that nobody may.",
        ),
        Field::computed(
            "OrphanedPrincipals",
            WORDS,
            &["Policy"],
            Absent,
            "The principals of the policy that were deleted, of which only the unique id is left.",
        ),
        Field::computed(
            "ConfusedDeputies",
            WORDS,
            &["Policy"],
            Absent,
            "The services that may use the key for whomever they act.",
        ),
        Field::computed(
            "RiskyGrants",
            WORDS,
            &["Grants"],
            Absent,
            "The grants that give too much; those that AWS services issue for themselves are not among them.",
        ),
        Field::computed(
            "ReplicaDrift",
            WORDS,
            &["Policy", "PrimaryPolicy"],
            Absent,
            "Where a replica's policy allows something else than its primary's; null for other keys.",
        ).or_null(),
    ],
};
