//! The part of OCSF's Compliance Finding that we write, under its own names.

use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Event<'a> {
    pub(super) activity_id: u32,
    pub(super) activity_name: &'static str,
    pub(super) category_uid: u32,
    pub(super) category_name: &'static str,
    pub(super) class_uid: u32,
    pub(super) class_name: &'static str,
    pub(super) type_uid: u32,
    pub(super) type_name: String,
    /// Milliseconds since 1970.
    pub(super) time: i64,
    pub(super) severity_id: u32,
    pub(super) severity: &'static str,
    pub(super) status_id: u32,
    pub(super) status: &'static str,
    pub(super) status_code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_detail: Option<String>,
    pub(super) message: String,
    pub(super) metadata: Metadata<'a>,
    pub(super) finding_info: FindingInfo,
    pub(super) compliance: Compliance,
    pub(super) resources: [Resource; 1],
    pub(super) cloud: Cloud,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) remediation: Option<Remediation>,
    pub(super) unmapped: Unmapped,
}

#[derive(Serialize)]
pub(super) struct Metadata<'a> {
    pub(super) version: &'static str,
    pub(super) product: Product<'a>,
    pub(super) profiles: [&'static str; 1],
    pub(super) uid: String,
    pub(super) event_code: String,
}

#[derive(Serialize)]
pub(super) struct Product<'a> {
    pub(super) name: &'static str,
    pub(super) vendor_name: &'static str,
    pub(super) version: &'a str,
}

#[derive(Serialize)]
pub(super) struct FindingInfo {
    pub(super) uid: String,
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desc: Option<String>,
    pub(super) last_seen_time: i64,
    pub(super) types: Vec<String>,
    pub(super) analytic: Analytic,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attacks: Vec<Attack>,
}

#[derive(Serialize)]
pub(super) struct Analytic {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) type_id: u32,
    pub(super) uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Attack {
    pub(super) tactic: Named,
    pub(super) technique: Named,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sub_technique: Option<Named>,
}

#[derive(Serialize)]
pub(super) struct Named {
    pub(super) uid: String,
}

#[derive(Serialize)]
pub(super) struct Compliance {
    pub(super) control: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desc: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) standards: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requirements: Vec<String>,
    pub(super) status_id: u32,
    pub(super) status: &'static str,
    pub(super) status_code: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) status_details: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Resource {
    pub(super) uid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cloud_partition: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Cloud {
    pub(super) provider: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<Account>,
}

#[derive(Serialize)]
pub(super) struct Account {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) type_id: u32,
}

#[derive(Serialize)]
pub(super) struct Remediation {
    pub(super) desc: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<String>,
}

#[derive(Serialize)]
pub(super) struct Unmapped {
    pub(super) severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) controls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) environment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) team: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suppressed_by: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) unknown_facts: Vec<UnmappedFact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<UnmappedLocation>,
}

#[derive(Serialize)]
pub(super) struct UnmappedFact {
    pub(super) field: String,
    pub(super) operation: String,
    pub(super) code: String,
}

#[derive(Serialize)]
pub(super) struct UnmappedLocation {
    pub(super) file: String,
    pub(super) line: u32,
    pub(super) column: u32,
}
