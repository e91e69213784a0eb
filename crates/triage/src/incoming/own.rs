//! Findings of Keyreeve itself: of the findings document and its lines.

use finding::Status;
use source::record::Raw;

use super::fields::{Bad, Object};
use super::{Affected, Compliance, Control, Form, Incoming, Product, Said, Workflow, normalized};
use crate::control::ControlId;

pub(super) fn read<'a>(object: &Object<'a, '_>, raw: Raw<'a>) -> Result<Incoming, Bad<'a>> {
    let finding: finding::Finding = match serde_json::from_str(raw.text()) {
        Ok(finding) => finding,
        Err(error) => return Err(object.bad(format!("not a finding of Keyreeve's: {error}"))),
    };
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let resource = finding.resource;
    Ok(Incoming {
        form: Form::Keyreeve,
        id: finding.fingerprint,
        product: Product::Keyreeve,
        account_id: resource.account_id,
        region: said(&resource.region),
        title: finding.title,
        severity: finding.severity,
        normalized: normalized(finding.severity),
        control: Some(Control {
            id: ControlId::of_detection(&finding.detection_id, &finding.controls),
            written: finding.detection_id.clone(),
        }),
        compliance: Some(match finding.status {
            Status::Pass | Status::NotApplicable => Compliance::Passed,
            Status::Fail | Status::Suppressed => Compliance::Failed,
            Status::Unknown => Compliance::NotAvailable,
        }),
        reasons: vec![finding.reason],
        workflow: if finding.status == Status::Suppressed { Workflow::Suppressed } else { Workflow::New },
        archived: false,
        first_observed: None,
        updated: None,
        resources: vec![Affected {
            kind: if resource.kind == "AWS.KMS.Key" { "AwsKmsKey".to_owned() } else { resource.kind },
            id: resource.id,
            region: said(&resource.region),
            ..Affected::default()
        }],
        types: Vec::new(),
        access: None,
        noted_ticket: None,
        domain: None,
        says: Said {
            environment: said(&resource.environment),
            team: said(&resource.team),
            account_name: said(&resource.account_name),
        },
        generator: finding.detection_id,
        text: raw.text().to_owned(),
    })
}
