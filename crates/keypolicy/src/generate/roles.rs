//! What managers, administrators, users and services need.

use super::{Draft, GenerateError, Principals, ServiceUser, Wanted};
use crate::action::Usages;

/// What lets AWS services use a key for somebody.
pub(super) const GRANTS: [&str; 3] = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"];

/// Reading, for auditors and tools.
const READING: [&str; 8] = [
    "kms:DescribeKey",
    "kms:GetKeyLastUsage",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
];

/// What the account's IAM policies may give: enough to mend the policy and to bring the key back.
pub(super) fn management(_wanted: &Wanted) -> Vec<String> {
    let managing = ["kms:PutKeyPolicy", "kms:EnableKey", "kms:CancelKeyDeletion"];
    managing.into_iter().chain(READING).map(str::to_owned).collect()
}

/// What administrators need: everything but cryptography and grants to themselves.
pub(super) fn administration(wanted: &Wanted) -> Vec<String> {
    let always = [
        "kms:PutKeyPolicy",
        "kms:EnableKey",
        "kms:DisableKey",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "kms:UpdateKeyDescription",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:CreateAlias",
        "kms:UpdateAlias",
        "kms:DeleteAlias",
        "kms:RevokeGrant",
    ];
    let rotation = ["kms:EnableKeyRotation", "kms:DisableKeyRotation", "kms:RotateKeyOnDemand"];
    let import = ["kms:ImportKeyMaterial", "kms:DeleteImportedKeyMaterial", "kms:GetParametersForImport"];
    let replicas = ["kms:ReplicateKey", "kms:UpdatePrimaryRegion"];
    let some = [(is_symmetric(wanted), &rotation[..]), (wanted.imported, &import), (wanted.multi_region, &replicas)];
    let more = some.into_iter().filter(|(wanted, _)| *wanted).flat_map(|(_, names)| names.iter().copied());
    always.into_iter().chain(more).chain(READING).map(str::to_owned).collect()
}

/// What users need, by the usage of the key.
pub(super) fn usage(wanted: &Wanted) -> Result<Vec<String>, GenerateError> {
    let usage = wanted.key_usage.as_deref().unwrap_or("ENCRYPT_DECRYPT");
    let actions: &[&str] = match Usages::named(usage) {
        Some(Usages::ENCRYPT_DECRYPT) if is_symmetric(wanted) => {
            &["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey*"]
        }
        Some(Usages::ENCRYPT_DECRYPT) => {
            &["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GetPublicKey"]
        }
        Some(Usages::SIGN_VERIFY) => &["kms:Sign", "kms:Verify", "kms:GetPublicKey"],
        Some(Usages::GENERATE_VERIFY_MAC) => &["kms:GenerateMac", "kms:VerifyMac"],
        Some(Usages::KEY_AGREEMENT) => &["kms:DeriveSharedSecret", "kms:GetPublicKey"],
        Some(Usages::ENCAPSULATE_DECAPSULATE) => &["kms:Encapsulate", "kms:Decapsulate", "kms:GetPublicKey"],
        _ => return Err(GenerateError::Usage(usage.to_owned())),
    };
    Ok(actions.iter().chain(&["kms:DescribeKey"]).map(|it| (*it).to_owned()).collect())
}

fn is_symmetric(wanted: &Wanted) -> bool {
    match (wanted.key_spec.as_deref(), wanted.key_usage.as_deref()) {
        (Some(spec), _) => spec == "SYMMETRIC_DEFAULT",
        (None, usage) => usage.is_none_or(|usage| usage == "ENCRYPT_DECRYPT"),
    }
}

/// What is known of a service that uses keys under its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// `cloudtrail`.
    pub name: &'static str,
    /// The host in front of `.amazonaws.com`, with `{region}` where it has one.
    host: &'static str,
    /// What it needs.
    actions: &'static [&'static str],
}

const SERVICES: [Service; 8] = [
    Service { name: "cloudtrail", host: "cloudtrail", actions: &["kms:GenerateDataKey*", "kms:Decrypt"] },
    Service { name: "config", host: "config", actions: &["kms:Decrypt", "kms:GenerateDataKey"] },
    Service { name: "delivery.logs", host: "delivery.logs", actions: &["kms:GenerateDataKey*", "kms:Decrypt"] },
    Service { name: "events", host: "events", actions: &["kms:GenerateDataKey", "kms:Decrypt"] },
    Service {
        name: "logs",
        host: "logs.{region}",
        actions: &["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey*"],
    },
    Service { name: "s3", host: "s3", actions: &["kms:GenerateDataKey", "kms:Decrypt"] },
    Service { name: "sns", host: "sns", actions: &["kms:GenerateDataKey*", "kms:Decrypt"] },
    Service { name: "sqs", host: "sqs", actions: &["kms:GenerateDataKey*", "kms:Decrypt"] },
];

/// The service of that name.
pub fn service(name: &str) -> Option<Service> {
    let name = name.strip_suffix(".amazonaws.com").unwrap_or(name);
    SERVICES.into_iter().find(|it| it.name == name)
}

/// The statements for a service: cryptography for its source, and reading the key's metadata.
pub(super) fn of_service(user: &ServiceUser, wanted: &Wanted) -> Result<Vec<Draft>, GenerateError> {
    let known = SERVICES.map(|it| it.name).join(", ");
    let service = service(&user.name).ok_or(GenerateError::Service { name: user.name.clone(), known })?;
    let region = match (service.host.contains("{region}"), &wanted.region) {
        (true, None) => return Err(GenerateError::Region),
        (_, region) => region.clone().unwrap_or_default(),
    };
    let host = format!("{}.amazonaws.com", service.host.replace("{region}", &region));
    let own_source = |arn: &String| super::own(arn, wanted);
    let conditions = if service.name == "logs" {
        // CloudWatch Logs names the log group in the encryption context, not in aws:SourceArn.
        let any = format!("arn:{{partition}}:logs:{region}:{{account}}:*");
        let source = user.source_arn.as_ref().map_or(any, own_source);
        vec![("ArnLike", "kms:EncryptionContext:aws:logs:arn".to_owned(), vec![source])]
    } else {
        let account = ("StringEquals", "aws:SourceAccount".to_owned(), vec!["{account}".to_owned()]);
        let source = user.source_arn.as_ref().map(|arn| ("ArnLike", "aws:SourceArn".to_owned(), vec![own_source(arn)]));
        std::iter::once(account).chain(source).collect()
    };
    let draft = |sid: String, actions: &[&str], conditions| Draft {
        sid,
        allow: true,
        principals: Principals::Service(host.clone()),
        actions: actions.iter().map(|it| (*it).to_owned()).collect(),
        conditions,
    };
    Ok(vec![
        draft(format!("Use by {}", service.name), service.actions, conditions),
        draft(format!("Look by {}", service.name), &["kms:DescribeKey"], Vec::new()),
    ])
}
