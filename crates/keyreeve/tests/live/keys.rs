//! Worlds of a few keys with which all is well, but for what a test says.

use serde_json::{Value, json};
use simulator::World;

use super::cloud::REGION;

/// The caller's own account.
pub const OWN: &str = "111111111111";
pub const PRODUCTION: &str = "222222222222";
pub const DEVELOPMENT: &str = "333333333333";

pub fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

pub fn arn(account: &str, number: u32) -> String {
    format!("arn:aws:kms:{REGION}:{account}:key/{}", id(number))
}

/// A key that rotates and is a team's, but for these members.
pub fn key(account: &str, number: u32, but: &Value) -> Value {
    let arn = arn(account, number);
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") }, "Action": "kms:*", "Resource": "*",
    }] });
    let mut key = json!({
        "kind": "resource", "ResourceType": "AWS.KMS.Key", "ResourceId": arn, "Arn": arn, "AccountId": account, "Region": REGION,
        "KeyId": id(number), "KeyManager": "CUSTOMER", "KeyState": "Enabled", "Enabled": true, "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "KeyRotationEnabled": true, "Description": "a key",
        "Tags": { "soar:team": "platform" }, "CreationDate": "2025-01-01T00:00:00Z", "Aliases": [format!("alias/key-{number}")],
        "MultiRegion": false, "DeletionDate": null, "Policy": policy.to_string(),
    });
    but.as_object().unwrap().iter().for_each(|(name, value)| key[name] = value.clone());
    key
}

/// The own account, one of production and one of development.
pub fn accounts() -> [Value; 3] {
    [(OWN, "PROD"), (PRODUCTION, "PROD"), (DEVELOPMENT, "DEV")].map(|(id, environment)| {
        json!({ "kind": "account", "id": id, "name": format!("account {id}"), "email": format!("{id}@acme.example"), "ou": "Root",
                "joined": "2021-02-01T00:00:00Z", "tags": { "soar:environment": environment, "soar:team": "platform" } })
    })
}

/// What there is by these lines of a snapshot.
pub fn world(accounts: &[Value], keys: &[Value]) -> World {
    let header = json!({ "kind": "header", "format_version": 1, "tool": { "name": "test", "version": "1" }, "collected_at": "2026-11-22T06:00:00Z" });
    let end = json!({ "kind": "end", "accounts": accounts.len(), "resources": keys.len(), "errors": 0 });
    let lines = [&header].into_iter().chain(accounts).chain(keys).chain([&end]);
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    World::from_snapshot(text.as_bytes()).unwrap()
}
