//! CloudTrail's events about KMS, as EventBridge delivers them: which key somebody changed.

use serde_json::Value;
use triage::key::CALLS;

/// The largest event that is looked at, in bytes; EventBridge delivers at most 256 KiB.
const MAX_EVENT: usize = 1 << 20;

/// What an event tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The event's own id.
    pub id: String,
    /// `ScheduleKeyDeletion`.
    pub call: String,
    /// The key, where the event says which.
    pub arn: Option<String>,
    /// Who called.
    pub by: Option<String>,
    /// When.
    pub at: Option<String>,
    /// The error code, where it was refused.
    pub failed: Option<String>,
}

/// Reads an event; `None` for anything else.
pub(crate) fn read(body: &[u8]) -> Option<Told> {
    if body.len() > MAX_EVENT || !contains(body, b"kms.amazonaws.com") || !contains(body, b"eventName") {
        return None;
    }
    let event: Value = serde_json::from_slice(body).ok()?;
    let record = match event.get("detail") {
        Some(detail) if detail.is_object() => detail,
        _ => &event,
    };
    let text = |name: &str| record.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    if text("eventSource").as_deref() != Some("kms.amazonaws.com") {
        return None;
    }
    let call = text("eventName")?;
    let id = text("eventID").or_else(|| Some(event.get("id")?.as_str()?.to_owned()))?;
    let is_of_interest = CALLS.contains(&call.as_str());
    Some(Told {
        arn: if is_of_interest { arn(record) } else { None },
        by: record.get("userIdentity").and_then(|who| who.get("arn")).and_then(Value::as_str).map(str::to_owned),
        at: text("eventTime"),
        failed: text("errorCode"),
        id,
        call,
    })
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

fn arn(record: &Value) -> Option<String> {
    let is_key = |text: &&str| text.starts_with("arn:") && text.contains(":kms:") && text.contains(":key/");
    let resources = record.get("resources").and_then(Value::as_array).into_iter().flatten();
    let named = resources.filter_map(|resource| resource.get("ARN")?.as_str()).find(is_key);
    let parameters = record.get("requestParameters");
    let parameter = |name: &str| parameters?.get(name)?.as_str();
    let asked = ["keyId", "targetKeyId"].into_iter().find_map(parameter);
    named.or(asked.filter(is_key)).map(str::to_owned).or_else(|| {
        let id = asked.filter(|id| !id.contains([':', '/']))?;
        let region = record.get("awsRegion")?.as_str()?;
        let account = record.get("recipientAccountId")?.as_str()?;
        Some(format!("arn:{}:kms:{region}:{account}:key/{id}", partition_of(region)))
    })
}

fn partition_of(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "aws-cn",
        Some("us") if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The account and region of an ARN.
pub(crate) fn place_of(arn: &str) -> (String, String) {
    let mut parts = arn.splitn(6, ':').skip(3);
    let region = parts.next().unwrap_or_default().to_owned();
    (parts.next().unwrap_or_default().to_owned(), region)
}

/// The region of an ARN.
pub(crate) fn region_of(arn: &str) -> String {
    place_of(arn).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_event_bridge_names_its_key() {
        let body = br#"{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.kms","detail":{
            "eventID":"id-1","eventSource":"kms.amazonaws.com","eventName":"ScheduleKeyDeletion","awsRegion":"eu-north-1",
            "recipientAccountId":"111122223333","eventTime":"2026-11-22T06:00:00Z",
            "userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/Dev/alice"},
            "requestParameters":{"keyId":"1234abcd-12ab-34cd-56ef-1234567890ab","pendingWindowInDays":7}}}"#;
        let told = read(body).unwrap();
        assert_eq!(told.call, "ScheduleKeyDeletion");
        let arn = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(told.arn.as_deref(), Some(arn));
        assert_eq!(place_of(arn), ("111122223333".to_owned(), "eu-north-1".to_owned()));
    }

    #[test]
    fn a_call_that_was_refused_says_so_and_a_finding_is_no_event() {
        let body = br#"{"detail":{"eventID":"x","eventSource":"kms.amazonaws.com","eventName":"DisableKey","errorCode":"AccessDenied"}}"#;
        assert_eq!(read(body).unwrap().failed.as_deref(), Some("AccessDenied"));
        assert_eq!(read(br#"{"SchemaVersion":"2018-10-08","Title":"kms.amazonaws.com eventName"}"#), None);
    }
}
