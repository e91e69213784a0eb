//! The fields of `AWS.KMS.CustomKeyStore`.

use super::catalogue::GivenBy::{Account, Call, Scanner};
use super::catalogue::Shape::{Date, Int, Object, Text};
use super::catalogue::Vocabulary::Keyreeve;
use super::catalogue::{AwsManaged, Field, ResourceType, Shape};
use super::key::ACCOUNT;

const WORD: Shape = Text(&[]);

/// A field that DescribeCustomKeyStores gives.
const fn described(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field::new(name, shape, Keyreeve, Call("DescribeCustomKeyStores"), doc)
}

/// A custom key store: a CloudHSM cluster or an external key manager that KMS keeps keys in.
pub static CUSTOM_KEY_STORE: ResourceType = ResourceType {
    name: "AWS.KMS.CustomKeyStore",
    doc: "A custom key store: a CloudHSM cluster, or an external key manager behind a proxy.",
    fields: &[
        Field::new(
            "ResourceType",
            WORD,
            Keyreeve,
            Scanner("always `AWS.KMS.CustomKeyStore`"),
            "The type of the resource.",
        ),
        Field::new("ResourceId", WORD, Keyreeve, Scanner("the id of the store"), "The id of the resource."),
        Field::new("AccountId", WORD, Keyreeve, Scanner("the account asked"), "The account that owns the store."),
        Field::new("Region", WORD, Keyreeve, Scanner("the region asked"), "The region the store is in."),
        described("CustomKeyStoreId", WORD, "The id of the store."),
        described("CustomKeyStoreName", WORD, "The name its owner gave it."),
        described("CustomKeyStoreType", Text(&["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]), "What keeps the keys."),
        described(
            "ConnectionState",
            Text(&["CONNECTED", "CONNECTING", "FAILED", "DISCONNECTED", "DISCONNECTING"]),
            "Whether KMS is connected to it: the keys of a store that is not are unavailable.",
        ),
        described("ConnectionErrorCode", WORD, "Why connecting failed; null where it did not.").or_null(),
        described("CloudHsmClusterId", WORD, "The CloudHSM cluster; null for an external key store.").or_null(),
        described("CreationDate", Date, "When the store was made.").or_null(),
        described(
            "XksProxyConfiguration",
            Object(&[
                ("Connectivity", Text(&["PUBLIC_ENDPOINT", "VPC_ENDPOINT_SERVICE"])),
                ("AccessKeyId", WORD),
                ("UriEndpoint", WORD),
                ("UriPath", WORD),
                ("VpcEndpointServiceName", WORD),
                ("VpcEndpointServiceOwner", WORD),
            ]),
            "How KMS reaches the external key manager; null for a CloudHSM cluster.",
        )
        .or_null(),
        Field::new("Account", ACCOUNT, Keyreeve, Account, "What is known about the account.").or_null(),
        Field::computed(
            "Environment",
            Text(&["production", "staging", "development", "unknown"]),
            &["Account"],
            AwsManaged::Absent,
            "The class of environment that the store belongs to.",
        ),
        Field::computed(
            "DaysSinceCreation",
            Int,
            &["CreationDate"],
            AwsManaged::Absent,
            "Whole days since the store was made.",
        )
        .or_null(),
    ],
};
