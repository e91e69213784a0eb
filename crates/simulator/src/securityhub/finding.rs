//! Findings in Security Hub's format (ASFF): those of its own controls, and what changes them.

use serde_json::{Value, json};

use super::control::Control;
use crate::events::whole_seconds;
use crate::random::Random;
use crate::time::Time;
use crate::world::{Key, Partition};

/// Where a key is, and when it is looked at.
pub(crate) struct Place<'a> {
    pub(crate) partition: Partition,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) now: Time,
}

impl Place<'_> {
    pub(crate) fn key_arn(&self, id: &str) -> String {
        format!("arn:{}:kms:{}:{}:key/{id}", self.partition.name(), self.region, self.account)
    }

    /// The product that Security Hub's own findings are of.
    pub(crate) fn product(&self) -> String {
        format!("arn:{}:securityhub:{}::product/aws/securityhub", self.partition.name(), self.region)
    }

    pub(crate) fn finding_id(&self, control: &Control, key: &str) -> String {
        let id = Random::of_text(&format!("{} {}", control.id, self.key_arn(key))).uuid();
        let (partition, region, account) = (self.partition.name(), self.region, self.account);
        format!("arn:{partition}:securityhub:{region}:{account}:security-control/{}/finding/{id}", control.id)
    }
}

/// Severities as numbers.
fn normalized(label: &str) -> u8 {
    match label {
        "LOW" => 1,
        "MEDIUM" => 40,
        "HIGH" => 70,
        "CRITICAL" => 90,
        _ => 0,
    }
}

/// What a control says of a key.
pub(crate) fn of_control(control: &Control, key: &Key, passes: bool, place: &Place<'_>) -> Value {
    let now = whole_seconds(place.now);
    let (arn, id) = (place.key_arn(&key.id), place.finding_id(control, &key.id));
    let label = if passes { "INFORMATIONAL" } else { control.severity };
    let types = ["Software and Configuration Checks/Industry and Regulatory Standards"];
    let mut details = json!({
        "AWSAccountId": place.account,
        "KeyId": &*key.id,
        "KeyManager": key.manager,
        "KeyRotationStatus": key.rotation.enabled,
        "KeyState": key.state,
        "Origin": key.origin,
    });
    // Empty texts have no place in a finding.
    if !key.description.trim().is_empty() {
        details["Description"] = json!(&*key.description);
    }
    if let Some(created) = key.created {
        details["CreationDate"] = json!(created);
    }
    let url = format!("https://docs.aws.amazon.com/console/securityhub/{}/remediation", control.id);
    let standards: Vec<Value> = control.standards().map(|id| json!({ "StandardsId": id })).collect();
    let mut finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": place.product(),
        "ProductName": "Security Hub",
        "CompanyName": "AWS",
        "Region": place.region,
        "GeneratorId": format!("security-control/{}", control.id),
        "AwsAccountId": place.account,
        "Types": types,
        "FirstObservedAt": now,
        "LastObservedAt": now,
        "CreatedAt": now,
        "UpdatedAt": now,
        "Severity": { "Label": label, "Normalized": normalized(label), "Original": label },
        "Title": control.title,
        "Description": control.description,
        "Remediation": { "Recommendation": {
            "Text": "For information on how to correct this issue, consult the AWS Security Hub controls documentation.",
            "Url": url,
        } },
        "ProductFields": {
            "Resources:0/Id": arn,
            "aws/securityhub/ProductName": "Security Hub",
            "aws/securityhub/CompanyName": "AWS",
            "aws/securityhub/FindingId": format!("{}/{id}", place.product()),
        },
        "Resources": [{
            "Type": "AwsKmsKey", "Id": arn, "Partition": place.partition.name(), "Region": place.region,
            "Details": { "AwsKmsKey": details },
        }],
        "Compliance": {
            "Status": if passes { "PASSED" } else { "FAILED" },
            "SecurityControlId": control.id,
            "RelatedRequirements": control.requirements,
            "AssociatedStandards": standards,
        },
        "WorkflowState": "NEW",
        "Workflow": { "Status": if passes { "RESOLVED" } else { "NEW" } },
        "RecordState": "ACTIVE",
        "FindingProviderFields": { "Severity": { "Label": label, "Original": label }, "Types": types },
        "ProcessedAt": now,
    });
    if control.requirements.is_empty()
        && let Some(compliance) = finding["Compliance"].as_object_mut()
    {
        compliance.shift_remove("RelatedRequirements");
    }
    finding
}

/// What the customer owns, and a provider's new version leaves as it is.
pub(crate) const OF_CUSTOMERS: [&str; 5] =
    ["Note", "UserDefinedFields", "VerificationState", "Workflow", "WorkflowState"];

/// The text at a path of members.
pub(crate) fn text<'f>(finding: &'f Value, path: &str) -> &'f str {
    finding.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A provider's new version of a finding: its own members, and the customer's as they were; the workflow begins anew where the finding
/// comes back. `controls` says that Security Hub itself is the provider, which resolves what passes. What is suppressed stays so.
pub(crate) fn renewed(before: &Value, mut after: Value, controls: bool) -> Value {
    for member in OF_CUSTOMERS {
        match before.get(member) {
            Some(value) => after[member] = value.clone(),
            None => drop(after.as_object_mut().and_then(|after| after.shift_remove(member))),
        }
    }
    for member in ["CreatedAt", "FirstObservedAt"] {
        if let Some(value) = before.get(member) {
            after[member] = value.clone();
        }
    }
    let passed = |finding: &Value| text(finding, "/Compliance/Status") == "PASSED";
    let archived = |finding: &Value| text(finding, "/RecordState") == "ARCHIVED";
    let workflow = text(&after, "/Workflow/Status").to_owned();
    let fails_again = passed(before) && !passed(&after) && after.pointer("/Compliance/Status").is_some();
    let comes_back = archived(before) && !archived(&after);
    if workflow == "SUPPRESSED" {
        return after;
    }
    if controls && passed(&after) && !passed(before) {
        after["Workflow"] = json!({ "Status": "RESOLVED" });
    } else if (fails_again || comes_back) && matches!(workflow.as_str(), "NOTIFIED" | "RESOLVED") {
        after["Workflow"] = json!({ "Status": "NEW" });
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(status: &str, workflow: &str, record: &str) -> Value {
        json!({ "Compliance": { "Status": status }, "Workflow": { "Status": workflow }, "RecordState": record })
    }

    #[test]
    fn a_workflow_begins_anew_where_the_finding_comes_back_but_never_what_is_suppressed() {
        let table = [
            // before: status, workflow, record; after: status, record; who resolves; then
            (("FAILED", "NOTIFIED", "ACTIVE"), ("PASSED", "ACTIVE"), true, "RESOLVED"),
            (("FAILED", "NOTIFIED", "ACTIVE"), ("PASSED", "ACTIVE"), false, "NOTIFIED"),
            (("PASSED", "NOTIFIED", "ACTIVE"), ("FAILED", "ACTIVE"), true, "NEW"),
            (("PASSED", "RESOLVED", "ACTIVE"), ("WARNING", "ACTIVE"), true, "NEW"),
            (("PASSED", "SUPPRESSED", "ACTIVE"), ("FAILED", "ACTIVE"), true, "SUPPRESSED"),
            (("FAILED", "RESOLVED", "ACTIVE"), ("FAILED", "ACTIVE"), true, "RESOLVED"),
            (("FAILED", "RESOLVED", "ARCHIVED"), ("FAILED", "ACTIVE"), true, "NEW"),
            (("FAILED", "SUPPRESSED", "ARCHIVED"), ("FAILED", "ACTIVE"), true, "SUPPRESSED"),
            (("FAILED", "SUPPRESSED", "ACTIVE"), ("PASSED", "ACTIVE"), true, "SUPPRESSED"),
        ];
        for ((status, workflow, record), (later, later_record), controls, then) in table {
            let after = renewed(&finding(status, workflow, record), finding(later, "NEW", later_record), controls);
            assert_eq!(
                text(&after, "/Workflow/Status"),
                then,
                "{status} {workflow} {record} -> {later} {later_record}"
            );
        }
    }
}
