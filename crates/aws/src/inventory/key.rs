//! One key: the calls that are wanted and make sense for it, and what each tells or leaves unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::region::{Listing, Lists};
use super::resource::{Facts, date, null_or, sorted_by};
use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::needs::Needs;
use crate::operation::{
    DESCRIBE_KEY, GET_KEY_LAST_USAGE, GET_KEY_POLICY, GET_KEY_ROTATION_STATUS, LIST_GRANTS, LIST_KEY_ROTATIONS,
    LIST_RESOURCE_TAGS, Operation,
};
use crate::pages::{list, page};

/// What DescribeKey says that decides which other calls make sense.
pub(super) struct Described {
    metadata: Value,
}

impl Described {
    pub(super) fn text(&self, name: &str) -> &str {
        self.metadata.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_aws_managed(&self) -> bool {
        self.text("KeyManager") == "AWS"
    }

    fn is_symmetric(&self) -> bool {
        let spec = self.metadata.get("KeySpec").or_else(|| self.metadata.get("CustomerMasterKeySpec"));
        spec.and_then(Value::as_str).unwrap_or("SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    }

    /// Whether KMS can rotate it by itself: symmetric, with material of KMS's own. Asking about others is refused, or answered one
    /// way or the other, so it is decided here.
    fn can_rotate(&self) -> bool {
        self.is_symmetric() && self.text("Origin") == "AWS_KMS"
    }

    /// The region of the primary, of a replica.
    fn primary_region(&self) -> Option<&str> {
        let regions = self.metadata.get("MultiRegionConfiguration")?;
        let is_replica = regions.get("MultiRegionKeyType").and_then(Value::as_str) == Some("REPLICA");
        regions.get("PrimaryKey")?.get("Region")?.as_str().filter(|_| is_replica)
    }

    /// Whether it can have past rotations: imported material can be rotated on demand.
    fn can_have_rotated(&self) -> bool {
        self.is_symmetric() && matches!(self.text("Origin"), "AWS_KMS" | "EXTERNAL")
    }
}

/// A key as one line of JSON, whatever could be read of it.
pub(super) async fn read(client: &Client, scope: &Scope, needs: Needs, listing: &Listing, lists: &Lists) -> String {
    let described = describe(client, scope, listing).await;
    told(client, scope, needs, listing, lists, described).await
}

/// The same, of a key that was described already.
pub(super) async fn told(
    client: &Client,
    scope: &Scope,
    needs: Needs,
    listing: &Listing,
    lists: &Lists,
    described: Result<Described, Failure>,
) -> String {
    let mut facts = Facts::of_key(listing, &scope.account, &scope.region);
    match &described {
        Ok(described) => facts.described(&described.metadata),
        Err(failure) => facts.unknown(DESCRIBE_KEY.fields, failure),
    }
    match &lists.no_aliases {
        None => facts.set("Aliases", json!(lists.aliases(&listing.key_id))),
        Some(failure) => facts.unknown(&["Aliases"], failure),
    }
    match described {
        Ok(described) if described.is_aws_managed() => {
            // More would be refused by the key's policy, and raise the alarms of whoever watches for refusals.
            facts.set("KeyRotationEnabled", json!(true));
            facts.set("RotationPeriodInDays", json!(365));
        }
        Ok(described) => {
            Asking { client, scope, needs, id: &listing.key_id, facts: &mut facts }.all(&described, lists).await
        }
        Err(failure) => {
            let asking = Asking { client, scope, needs, id: &listing.key_id, facts: &mut facts };
            asking.of_undescribed(&failure, lists).await;
        }
    }
    facts.into_line()
}

/// What DescribeKey says.
pub(super) async fn describe(client: &Client, scope: &Scope, listing: &Listing) -> Result<Described, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        key_metadata: Value,
    }
    let answer: Answer = client.json(scope, &DESCRIBE_KEY, &json!({ "KeyId": listing.key_id })).await?;
    let described = Described { metadata: answer.key_metadata };
    // What the other calls, and most verdicts, hang on. Without it, or of another key, it is no answer.
    let told = ["KeyManager", "KeyState", "Origin"].iter().all(|name| !described.text(name).is_empty());
    match told && described.text("KeyId") == listing.key_id {
        true => Ok(described),
        false => Err(not_told(&DESCRIBE_KEY, "what this key is")),
    }
}

/// An answer that leaves out what was asked.
fn not_told(operation: &Operation, what: &str) -> Failure {
    Failure::new(operation, finding::refusal::NO_ANSWER, format!("the answer does not tell {what}"))
}

/// The calls beside DescribeKey.
struct Asking<'a> {
    client: &'a Client,
    scope: &'a Scope,
    needs: Needs,
    id: &'a str,
    facts: &'a mut Facts,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    #[serde(default)]
    tag_value: String,
}

page!(TagPage, Tag, "Tags", "NextMarker");
page!(GrantPage, Value, "Grants", "NextMarker");
page!(RotationPage, Value, "Rotations", "NextMarker");

impl Asking<'_> {
    /// Everything that is wanted of a key that the customer manages.
    async fn all(mut self, described: &Described, lists: &Lists) {
        self.connection_state(described, lists);
        if self.needs.rotation {
            match described.can_rotate() {
                true => self.rotation_status().await,
                false => self.no_rotation(),
            }
        }
        if self.needs.rotations {
            match described.can_have_rotated() {
                true => self.rotations().await,
                false => self.facts.set("Rotations", json!([])),
            }
        }
        self.independent().await;
        if self.needs.primary_policy {
            self.primary_policy(described, lists).await;
        }
    }

    /// What can be asked without knowing what kind of key it is. If it may be one of AWS's, or that cannot be told, nothing is.
    async fn of_undescribed(mut self, failure: &Failure, lists: &Lists) {
        let depends: &[(bool, &[&str])] = &[
            (self.needs.rotation, GET_KEY_ROTATION_STATUS.fields),
            (self.needs.rotations, LIST_KEY_ROTATIONS.fields),
            (self.needs.stores, &["CustomKeyStoreConnectionState"]),
        ];
        for (_, fields) in depends.iter().filter(|(wanted, _)| *wanted) {
            self.facts.unknown(fields, failure);
        }
        if lists.no_aliases.is_none() && !lists.is_aws_managed(self.id) {
            if self.needs.primary_policy {
                self.facts.unknown(&["PrimaryPolicy"], failure);
            }
            return self.independent().await;
        }
        let skipped: &[(bool, &[&str])] = &[
            (self.needs.policy, &["Policy"]),
            (self.needs.ram_policy, &["RamPolicy"]),
            (self.needs.primary_policy, &["PrimaryPolicy"]),
            (self.needs.tags, LIST_RESOURCE_TAGS.fields),
            (self.needs.last_usage, GET_KEY_LAST_USAGE.fields),
            (self.needs.grants, LIST_GRANTS.fields),
        ];
        for (_, fields) in skipped.iter().filter(|(wanted, _)| *wanted) {
            self.facts.unknown(fields, failure);
        }
    }

    async fn independent(&mut self) {
        if self.needs.policy {
            self.policy("default", "Policy").await;
        }
        if self.needs.ram_policy {
            self.policy("AWS_RAM", "RamPolicy").await;
        }
        if self.needs.tags {
            self.tags().await;
        }
        if self.needs.last_usage {
            self.last_usage().await;
        }
        if self.needs.grants {
            self.grants().await;
        }
    }

    fn connection_state(&mut self, described: &Described, lists: &Lists) {
        const FIELD: &str = "CustomKeyStoreConnectionState";
        if !self.needs.stores {
            return;
        }
        match (described.text("CustomKeyStoreId"), &lists.no_stores) {
            ("", _) => self.facts.set(FIELD, Value::Null),
            (_, Some(failure)) => self.facts.unknown(&[FIELD], failure),
            (store, None) => self.facts.set(FIELD, lists.stores.get(store).cloned().unwrap_or_default()),
        }
    }

    async fn ask(&self, operation: &'static Operation, request: Value) -> Result<Value, Failure> {
        self.client.json(self.scope, operation, &request).await
    }

    /// A replica answers with what its primary has.
    async fn rotation_status(&mut self) {
        match self.ask(&GET_KEY_ROTATION_STATUS, json!({ "KeyId": self.id })).await {
            Ok(status) if !status.get("KeyRotationEnabled").is_some_and(Value::is_boolean) => {
                let failure = not_told(&GET_KEY_ROTATION_STATUS, "whether the key rotates");
                self.facts.unknown(GET_KEY_ROTATION_STATUS.fields, &failure);
            }
            Ok(status) => {
                self.facts.set("KeyRotationEnabled", null_or(&status, "KeyRotationEnabled"));
                self.facts.set("RotationPeriodInDays", null_or(&status, "RotationPeriodInDays"));
                self.facts.set("NextRotationDate", date(status.get("NextRotationDate")));
                self.facts.set("OnDemandRotationStartDate", date(status.get("OnDemandRotationStartDate")));
            }
            // It says that rotation is not for this key.
            Err(failure) if failure.code == "UnsupportedOperationException" => self.no_rotation(),
            Err(failure) => self.facts.unknown(GET_KEY_ROTATION_STATUS.fields, &failure),
        }
    }

    fn no_rotation(&mut self) {
        self.facts.set("KeyRotationEnabled", json!(false));
        for field in ["RotationPeriodInDays", "NextRotationDate", "OnDemandRotationStartDate"] {
            self.facts.set(field, Value::Null);
        }
    }

    async fn policy(&mut self, name: &str, field: &'static str) {
        match self.ask(&GET_KEY_POLICY, json!({ "KeyId": self.id, "PolicyName": name })).await {
            Ok(answer) if answer.get("Policy").is_some_and(Value::is_string) => {
                self.facts.set(field, null_or(&answer, "Policy"));
            }
            Ok(_) => self.facts.unknown(&[field], &not_told(&GET_KEY_POLICY, "the policy")),
            // Every key has the policy `default`; only of the other one it is an answer that there is none.
            Err(failure) if name != "default" && failure.code == "NotFoundException" => {
                self.facts.set(field, Value::Null)
            }
            Err(failure) => self.facts.unknown(&[field], &failure),
        }
    }

    /// A replica carries its primary's policy, which is in another region, so that it can be judged by itself.
    async fn primary_policy(&mut self, described: &Described, lists: &Lists) {
        const FIELD: &str = "PrimaryPolicy";
        let Some(region) = described.primary_region() else { return self.facts.set(FIELD, Value::Null) };
        let scope = lists.scope_of(region).cloned().unwrap_or_else(|| {
            let credentials = Arc::clone(&self.scope.credentials);
            Arc::new(Scope::new(&self.scope.account, region, credentials, &self.client.shares))
        });
        let request = json!({ "KeyId": self.id, "PolicyName": "default" });
        match self.client.json::<Value>(&scope, &GET_KEY_POLICY, &request).await {
            Ok(answer) if answer.get("Policy").is_some_and(Value::is_string) => {
                self.facts.set(FIELD, null_or(&answer, "Policy"));
            }
            Ok(_) => self.facts.unknown(&[FIELD], &not_told(&GET_KEY_POLICY, "the policy")),
            Err(failure) => self.facts.unknown(&[FIELD], &failure),
        }
    }

    async fn tags(&mut self) {
        let tags =
            list::<TagPage>(self.client, self.scope, &LIST_RESOURCE_TAGS, json!({ "KeyId": self.id, "Limit": 50 }));
        match tags.await.whole() {
            Ok(tags) => {
                let tags: BTreeMap<String, String> = tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect();
                self.facts.set("Tags", json!(tags));
            }
            Err(failure) => self.facts.unknown(LIST_RESOURCE_TAGS.fields, &failure),
        }
    }

    async fn last_usage(&mut self) {
        match self.ask(&GET_KEY_LAST_USAGE, json!({ "KeyId": self.id })).await {
            Ok(answer) if date(answer.get("TrackingStartDate")).is_null() => {
                let failure = not_told(&GET_KEY_LAST_USAGE, "since when the use is tracked");
                self.facts.unknown(GET_KEY_LAST_USAGE.fields, &failure);
            }
            Ok(answer) => {
                let used =
                    answer.get("KeyLastUsage").filter(|used| used.get("Timestamp").is_some_and(|at| !at.is_null()));
                let usage = used.map(|used| {
                    json!({
                        "Operation": null_or(used, "Operation"),
                        "Timestamp": date(used.get("Timestamp")),
                        "CloudTrailEventId": null_or(used, "CloudTrailEventId"),
                        "KmsRequestId": null_or(used, "KmsRequestId"),
                    })
                });
                self.facts.set("KeyLastUsage", usage.unwrap_or_default());
                self.facts.set("TrackingStartDate", date(answer.get("TrackingStartDate")));
            }
            Err(failure) => self.facts.unknown(GET_KEY_LAST_USAGE.fields, &failure),
        }
    }

    async fn rotations(&mut self) {
        let request = json!({ "KeyId": self.id, "Limit": 1000, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" });
        match list::<RotationPage>(self.client, self.scope, &LIST_KEY_ROTATIONS, request).await.whole() {
            Ok(rotations) => {
                let rotations = rotations.into_iter().map(|it| without(it, "KeyId", &["RotationDate", "ValidTo"]));
                self.facts.set("Rotations", sorted_by(rotations, &["RotationDate", "KeyMaterialId"]));
            }
            Err(failure) if failure.code == "UnsupportedOperationException" => self.facts.set("Rotations", json!([])),
            Err(failure) => self.facts.unknown(LIST_KEY_ROTATIONS.fields, &failure),
        }
    }

    async fn grants(&mut self) {
        let grants =
            list::<GrantPage>(self.client, self.scope, &LIST_GRANTS, json!({ "KeyId": self.id, "Limit": 100 }));
        match grants.await.whole() {
            Ok(grants) => {
                let grants = grants.into_iter().map(|it| without(it, "KeyId", &["CreationDate"]));
                self.facts.set("Grants", sorted_by(grants, &["GrantId"]));
            }
            Err(failure) => self.facts.unknown(LIST_GRANTS.fields, &failure),
        }
    }
}

/// An entry of a list without what the key says itself, its dates as we write them.
fn without(mut entry: Value, member: &str, dates: &[&str]) -> Value {
    if let Some(entry) = entry.as_object_mut() {
        entry.shift_remove(member);
        for name in dates {
            if let Some(value) = entry.get_mut(*name) {
                *value = date(Some(value));
            }
        }
    }
    entry
}
