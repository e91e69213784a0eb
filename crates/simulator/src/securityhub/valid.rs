//! What Security Hub takes of a finding that is imported: the required members, their lengths and their words, as its API says.

use serde_json::Value;

use super::finding::text;

/// The members that every finding has.
const REQUIRED: [&str; 9] = [
    "SchemaVersion",
    "Id",
    "ProductArn",
    "GeneratorId",
    "AwsAccountId",
    "CreatedAt",
    "UpdatedAt",
    "Title",
    "Description",
];
/// The longest texts, in characters.
const LONGEST: [(&str, usize); 8] = [
    ("/Id", 512),
    ("/GeneratorId", 512),
    ("/Title", 256),
    ("/Description", 1024),
    ("/ProductArn", 2048),
    ("/CompanyName", 128),
    ("/ProductName", 128),
    ("/Remediation/Recommendation/Text", 512),
];
/// Where only certain words may stand.
const WORDS: [(&str, &[&str]); 4] = [
    ("/Severity/Label", &["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]),
    ("/Compliance/Status", &["PASSED", "WARNING", "FAILED", "NOT_AVAILABLE"]),
    ("/RecordState", &["ACTIVE", "ARCHIVED"]),
    ("/Workflow/Status", &["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]),
];
/// Times.
const TIMES: [&str; 4] = ["/CreatedAt", "/UpdatedAt", "/FirstObservedAt", "/LastObservedAt"];
/// Resources of a finding, types of it, and members of its product's own fields.
const MOST: (usize, usize, usize) = (32, 50, 50);

/// What is wrong with a finding, in the words that Security Hub begins with.
pub(super) fn fault(finding: &Value) -> Option<String> {
    let begins = "Finding does not adhere to Amazon Finding Format.";
    if let Some(missing) = REQUIRED.iter().find(|name| text(finding, &format!("/{name}")).is_empty()) {
        return Some(format!("{begins} data should have required property '{missing}'."));
    }
    if text(finding, "/SchemaVersion") != "2018-10-08" {
        return Some(format!("{begins} data.SchemaVersion should be equal to one of the allowed values."));
    }
    if let Some((path, most)) = LONGEST.iter().find(|(path, most)| text(finding, path).chars().count() > *most) {
        return Some(format!("{begins} data{} should NOT be longer than {most} characters.", path.replace('/', ".")));
    }
    let odd = |(path, words): &&(&str, &[&str])| {
        finding.pointer(path).is_some_and(|value| !value.as_str().is_some_and(|word| words.contains(&word)))
    };
    if let Some((path, _)) = WORDS.iter().find(odd) {
        return Some(format!("{begins} data{} should be equal to one of the allowed values.", path.replace('/', ".")));
    }
    let no_time = |path: &&&str| {
        finding.pointer(path).is_some_and(|at| at.as_str().is_none_or(|at| at.parse::<jiff::Timestamp>().is_err()))
    };
    if let Some(path) = TIMES.iter().find(no_time) {
        return Some(format!("{begins} data{} should match format \"date-time\".", path.replace('/', ".")));
    }
    lists(finding).map(|wrong| format!("{begins} {wrong}"))
}

fn lists(finding: &Value) -> Option<String> {
    let severity = finding.get("Severity");
    if !severity.is_some_and(|it| it.get("Label").is_some() || it.get("Normalized").is_some_and(Value::is_u64)) {
        return Some("data.Severity should have a Label or a Normalized value.".to_owned());
    }
    let resources = finding.get("Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if !(1..=MOST.0).contains(&resources.len()) {
        return Some(format!("data.Resources should have 1 to {} items.", MOST.0));
    }
    let whole = |resource: &Value| ["/Type", "/Id"].iter().all(|path| !text(resource, path).is_empty());
    if !resources.iter().all(whole) {
        return Some("data.Resources should have required properties 'Type' and 'Id'.".to_owned());
    }
    let types = finding.get("Types").map(Value::as_array);
    if types.is_some_and(|types| types.is_none_or(|types| types.len() > MOST.1 || !types.iter().all(Value::is_string)))
    {
        return Some(format!("data.Types should be at most {} texts.", MOST.1));
    }
    let fields = finding.get("ProductFields").and_then(Value::as_object);
    let too_much = |(name, value): (&String, &Value)| {
        name.chars().count() > 128 || value.as_str().is_none_or(|value| value.chars().count() > 2048)
    };
    if fields.is_some_and(|fields| fields.len() > MOST.2 || fields.iter().any(too_much)) {
        return Some(format!("data.ProductFields should be at most {} texts of 2048 characters.", MOST.2));
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding() -> Value {
        json!({
            "SchemaVersion": "2018-10-08", "Id": "i", "ProductArn": "arn:aws:securityhub:eu-north-1:111122223333:product/111122223333/default",
            "GeneratorId": "g", "AwsAccountId": "111122223333", "CreatedAt": "2026-11-22T06:00:00Z", "UpdatedAt": "2026-11-22T06:00:00Z",
            "Title": "t", "Description": "d", "Severity": {"Label": "HIGH"}, "Resources": [{"Type": "AwsKmsKey", "Id": "k"}],
        })
    }

    #[test]
    fn a_finding_that_security_hub_would_refuse_is_refused_with_the_member_that_is_wrong() {
        assert_eq!(fault(&finding()), None);
        let table = [
            ("/Title", json!("")),
            ("/Title", json!("x".repeat(257))),
            ("/Description", json!("x".repeat(1025))),
            ("/SchemaVersion", json!("2018-10-09")),
            ("/Severity", json!({})),
            ("/Severity", json!({"Label": "SEVERE"})),
            ("/UpdatedAt", json!("yesterday")),
            ("/Resources", json!([])),
            ("/Resources", json!([{"Type": "AwsKmsKey"}])),
        ];
        for (path, value) in table {
            let mut wrong = finding();
            *wrong.pointer_mut(path).unwrap() = value.clone();
            let told = fault(&wrong).unwrap_or_default();
            assert!(told.contains(&path.replace('/', ".")) || told.contains(&path[1..]), "{path} {value}: {told}");
        }
        let mut wrong = finding();
        wrong["RecordState"] = json!("GONE");
        assert!(fault(&wrong).unwrap().contains("RecordState"));
    }
}
