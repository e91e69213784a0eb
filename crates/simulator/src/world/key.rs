//! One KMS key: what AWS keeps about it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// A KMS key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) id: Box<str>,
    pub(crate) created: Option<Time>,
    pub(crate) description: Box<str>,
    pub(crate) state: KeyState,
    pub(crate) manager: Manager,
    pub(crate) spec: Box<str>,
    pub(crate) usage: Box<str>,
    pub(crate) origin: Origin,
    pub(crate) deletion: Option<Time>,
    /// The waiting period that was asked for, while the key is scheduled for deletion.
    pub(crate) window: Option<u16>,
    pub(crate) material: Option<Box<str>>,
    pub(crate) imported: Option<Box<Imported>>,
    pub(crate) store: Option<Box<InStore>>,
    pub(crate) multi: Option<Box<Multi>>,
    pub(crate) rotation: Rotation,
    pub(crate) rotations: Vec<PastRotation>,
    /// Whether the rotations are all key material that KMS lists; if not, the first of it comes to them.
    pub(crate) rotations_are_all: bool,
    pub(crate) tags: Vec<(Box<str>, Box<str>)>,
    pub(crate) policy: Arc<str>,
    pub(crate) ram_policy: Option<Arc<str>>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) last_use: Option<Box<LastUse>>,
    pub(crate) tracked_since: Option<Time>,
    /// Calls that are refused on this key, and how.
    pub(crate) refusals: Vec<KeyRefusal>,
}

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeyState {
    Creating,
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    PendingReplicaDeletion,
    Unavailable,
    Updating,
}

/// Who manages a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Manager {
    Aws,
    Customer,
}

/// Where key material comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Origin {
    AwsKms,
    External,
    AwsCloudhsm,
    ExternalKeyStore,
}

impl Origin {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AwsKms => "AWS_KMS",
            Self::External => "EXTERNAL",
            Self::AwsCloudhsm => "AWS_CLOUDHSM",
            Self::ExternalKeyStore => "EXTERNAL_KEY_STORE",
        }
    }
}

/// What is known about imported key material.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    pub(crate) model: Box<str>,
    pub(crate) valid_to: Option<Time>,
}

/// Where a key of a custom key store is.
#[derive(Debug, Clone)]
pub(crate) struct InStore {
    pub(crate) id: Option<Box<str>>,
    pub(crate) cluster: Option<Box<str>>,
    pub(crate) xks_key: Option<Box<str>>,
}

/// The family of a multi-Region key. All its keys have the same id and account.
#[derive(Debug, Clone)]
pub(crate) struct Multi {
    pub(crate) is_primary: bool,
    pub(crate) primary: Box<str>,
    pub(crate) replicas: Vec<Box<str>>,
}

/// Automatic rotation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rotation {
    pub(crate) enabled: bool,
    pub(crate) period: Option<u16>,
    pub(crate) next: Option<Time>,
    pub(crate) on_demand_since: Option<Time>,
}

/// A rotation that was done, or key material that waits for one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PastRotation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_material_id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_material_description: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) import_state: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key_material_state: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expiration_model: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) valid_to: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotation_date: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotation_type: Option<Box<str>>,
}

/// A grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Grant {
    pub(crate) grant_id: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) creation_date: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) grantee_principal: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retiring_principal: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) issuing_account: Option<Box<str>>,
    #[serde(default)]
    pub(crate) operations: Vec<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) constraints: Option<Box<Constraints>>,
}

/// What a grant demands of the encryption context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Constraints {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption_context_subset: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) encryption_context_equals: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source_arn: Option<String>,
}

/// The last cryptographic use of a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LastUse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) operation: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cloud_trail_event_id: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kms_request_id: Option<Box<str>>,
}

/// A call that is refused on one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRefusal {
    pub(crate) operation: Box<str>,
    /// Only for the key policy of this name.
    pub(crate) policy_name: Option<&'static str>,
    pub(crate) code: Box<str>,
    pub(crate) message: Box<str>,
}

impl Key {
    /// Whether its material is for encrypting with one shared key.
    pub(crate) fn is_symmetric(&self) -> bool {
        &*self.spec == "SYMMETRIC_DEFAULT"
    }

    pub(crate) fn is_replica(&self) -> bool {
        self.multi.as_ref().is_some_and(|multi| !multi.is_primary)
    }

    pub(crate) fn is_aws_managed(&self) -> bool {
        self.manager == Manager::Aws
    }

    pub(crate) fn is_pending_deletion(&self) -> bool {
        matches!(self.state, KeyState::PendingDeletion | KeyState::PendingReplicaDeletion)
    }

    /// The entry of the material that the key was made with, if it is still in use and stands in no entry: it came without a rotation.
    pub(crate) fn first_material(&self) -> Option<PastRotation> {
        let material = self.material.as_ref()?;
        if self.rotations.iter().any(|past| past.key_material_id.as_ref() == Some(material)) {
            return None;
        }
        let imported = self.imported.as_deref();
        Some(PastRotation {
            key_material_id: Some(material.clone()),
            key_material_description: None,
            import_state: (self.origin == Origin::External).then(|| "IMPORTED".into()),
            key_material_state: Some("CURRENT".into()),
            expiration_model: imported.map(|imported| imported.model.clone()),
            valid_to: imported.and_then(|imported| imported.valid_to),
            rotation_date: None,
            rotation_type: None,
        })
    }

    /// The material in use is so no longer.
    pub(crate) fn retire_material(&mut self) {
        let first = self.first_material();
        self.rotations.splice(0..0, first);
        for past in &mut self.rotations {
            if past.key_material_state.as_deref() == Some("CURRENT") {
                past.key_material_state = Some("NON_CURRENT".into());
            }
        }
    }

    /// A member of the key's metadata: which algorithms it can be used with.
    pub(crate) fn algorithms(&self) -> Algorithms {
        Algorithms::of(&self.spec, &self.usage)
    }
}

/// The algorithms of a key, under the name of the member that lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithms {
    Encryption(&'static [&'static str]),
    Signing(&'static [&'static str]),
    Mac(&'static [&'static str]),
    Agreement(&'static [&'static str]),
    None,
}

impl Algorithms {
    /// The algorithms of a key spec that is used so; `None` where the two do not go together.
    pub(crate) fn of(spec: &str, usage: &str) -> Self {
        match (spec, usage) {
            ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT") => Self::Encryption(&["SYMMETRIC_DEFAULT"]),
            ("RSA_2048" | "RSA_3072" | "RSA_4096", "ENCRYPT_DECRYPT") => {
                Self::Encryption(&["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"])
            }
            ("RSA_2048" | "RSA_3072" | "RSA_4096", "SIGN_VERIFY") => Self::Signing(&[
                "RSASSA_PKCS1_V1_5_SHA_256",
                "RSASSA_PKCS1_V1_5_SHA_384",
                "RSASSA_PKCS1_V1_5_SHA_512",
                "RSASSA_PSS_SHA_256",
                "RSASSA_PSS_SHA_384",
                "RSASSA_PSS_SHA_512",
            ]),
            ("ECC_NIST_P256" | "ECC_SECG_P256K1", "SIGN_VERIFY") => Self::Signing(&["ECDSA_SHA_256"]),
            ("ECC_NIST_P384", "SIGN_VERIFY") => Self::Signing(&["ECDSA_SHA_384"]),
            ("ECC_NIST_P521", "SIGN_VERIFY") => Self::Signing(&["ECDSA_SHA_512"]),
            ("ECC_NIST_EDWARDS25519", "SIGN_VERIFY") => Self::Signing(&["ED25519_SHA_512", "ED25519_PH_SHA_512"]),
            ("ML_DSA_44" | "ML_DSA_65" | "ML_DSA_87", "SIGN_VERIFY") => Self::Signing(&["ML_DSA_SHAKE_256"]),
            ("SM2", "SIGN_VERIFY") => Self::Signing(&["SM2DSA"]),
            ("SM2", "ENCRYPT_DECRYPT") => Self::Encryption(&["SM2PKE"]),
            ("ECC_NIST_P256" | "ECC_NIST_P384" | "ECC_NIST_P521" | "SM2", "KEY_AGREEMENT") => {
                Self::Agreement(&["ECDH"])
            }
            ("HMAC_224", "GENERATE_VERIFY_MAC") => Self::Mac(&["HMAC_SHA_224"]),
            ("HMAC_256", "GENERATE_VERIFY_MAC") => Self::Mac(&["HMAC_SHA_256"]),
            ("HMAC_384", "GENERATE_VERIFY_MAC") => Self::Mac(&["HMAC_SHA_384"]),
            ("HMAC_512", "GENERATE_VERIFY_MAC") => Self::Mac(&["HMAC_SHA_512"]),
            _ => Self::None,
        }
    }

    /// Whether a key of that spec may be used so.
    pub(crate) fn fits(spec: &str, usage: &str) -> bool {
        Self::of(spec, usage) != Self::None || (spec.starts_with("ML_KEM_") && usage == "ENCAPSULATE_DECAPSULATE")
    }
}
