//! Findings in the Open Cybersecurity Schema Framework: class 2003, Compliance Finding.

use std::collections::BTreeMap;

use finding::Severity;
use source::record::{Kind, Raw};

use super::fields::{Bad, Object, loose};
use super::{Affected, Compliance, Control, Form, Incoming, Product, Said, Workflow, normalized};
use crate::control::ControlId;

pub(super) fn read<'a>(object: &Object<'a, '_>, raw: Raw<'a>) -> Result<Incoming, Bad<'a>> {
    let class = object.get("class_uid").and_then(|class| class.as_i64());
    if class != Some(2003) {
        return Err(object.bad("only class 2003 (Compliance Finding) of OCSF is understood"));
    }
    let Some(info) = object.object("finding_info")? else { return Err(object.bad("`finding_info` is missing")) };
    let Some(compliance) = object.object("compliance")? else { return Err(object.bad("`compliance` is missing")) };
    let cloud = object.object("cloud")?;
    let account = match &cloud {
        Some(cloud) => cloud.object("account")?,
        None => None,
    };
    let resources = resources(object)?;
    let generator = info.loose_object("analytic").and_then(|it| loose(it, "uid")).unwrap_or_default();
    let product = product(object, &generator);
    let written = compliance.text("control")?.map(|control| control.into_owned());
    let written = written.or_else(|| generator.rsplit('/').next().map(str::to_owned)).filter(|it| !it.is_empty());
    let status = status(object)?;
    let account_id = match &account {
        Some(account) => account.text("uid")?,
        None => None,
    };
    let Some(account_id) = account_id else { return Err(object.bad("`cloud.account.uid` is missing")) };
    let severity = severity(object)?;
    let unmapped = object.loose_object("unmapped");
    let said = |name: &str| unmapped.and_then(|unmapped| loose(unmapped, name));
    Ok(Incoming {
        form: Form::Ocsf,
        id: info.required("uid")?.into_owned(),
        region: resources
            .first()
            .and_then(|first| first.region.clone())
            .or_else(|| cloud.as_ref().and_then(|cloud| cloud.loose("region"))),
        account_id: account_id.into_owned(),
        title: info.loose("title").or_else(|| object.loose("message")).unwrap_or_default(),
        severity,
        normalized: normalized(severity),
        control: match unmapped.and_then(|unmapped| unmapped.get("controls")) {
            Some(controls) if product == Product::Keyreeve => {
                let controls: Vec<String> =
                    controls.elements().filter_map(|id| id.as_str()?.ok().map(|id| id.into_owned())).collect();
                Some(Control { id: ControlId::of_detection(&generator, &controls), written: generator.clone() })
            }
            _ => written.map(|written| Control { id: ControlId::resolve(&written, &generator), written }),
        },
        compliance: Some(verdict(&compliance)?),
        reasons: compliance.loose_list("status_details"),
        workflow: if status == 3 { Workflow::Suppressed } else { Workflow::New },
        archived: matches!(status, 4 | 5) || object.get("activity_id").and_then(|it| it.as_i64()) == Some(3),
        first_observed: info.loose_time("first_seen_time_dt").or_else(|| info.loose_time("created_time_dt")),
        updated: info.loose_time("modified_time_dt").or_else(|| object.loose_time("time_dt")),
        types: info.loose_list("types"),
        access: None,
        noted_ticket: None,
        domain: None,
        says: Said {
            environment: said("environment"),
            team: said("team"),
            account_name: account.as_ref().and_then(|account| account.loose("name")),
        },
        generator,
        product,
        resources,
        text: raw.text().to_owned(),
    })
}

fn product(object: &Object<'_, '_>, generator: &str) -> Product {
    let product = object.loose_object("metadata").and_then(|metadata| metadata.get("product"));
    let name = product.and_then(|product| loose(product, "name")).unwrap_or_default();
    let uid = product.and_then(|product| loose(product, "uid")).unwrap_or_default();
    match name.as_str() {
        "Keyreeve" => Product::Keyreeve,
        "Security Hub" | "Security Hub CSPM" | "AWS Security Hub" => Product::SecurityHub,
        _ if generator.starts_with("security-control/") => Product::SecurityHub,
        _ if uid.contains(":product/") => Product::of_arn(&uid),
        _ => Product::Other(name),
    }
}

/// 1 informational … 5 critical; 6 is fatal.
fn severity<'a>(object: &Object<'a, '_>) -> Result<Severity, Bad<'a>> {
    match object.get("severity_id").and_then(|id| id.as_i64()) {
        Some(1) => Ok(Severity::Info),
        Some(2) => Ok(Severity::Low),
        Some(3) => Ok(Severity::Medium),
        Some(4) => Ok(Severity::High),
        Some(5 | 6) => Ok(Severity::Critical),
        _ => match object.text("severity")?.as_deref().and_then(Severity::parse) {
            Some(severity) => Ok(severity),
            None => Err(object.bad("`severity_id` is none of 1 to 6")),
        },
    }
}

/// 1 new, 2 in progress, 3 suppressed, 4 resolved, 5 archived. Without it, new.
fn status<'a>(object: &Object<'a, '_>) -> Result<i64, Bad<'a>> {
    match object.get("status_id") {
        None => Ok(1),
        Some(id) => id.as_i64().ok_or_else(|| object.path().name("status_id").bad(id, "expected a number")),
    }
}

fn verdict<'a>(compliance: &Object<'a, '_>) -> Result<Compliance, Bad<'a>> {
    match compliance.get("status_id").and_then(|id| id.as_i64()) {
        Some(1) => return Ok(Compliance::Passed),
        Some(2) => return Ok(Compliance::Warning),
        Some(3) => return Ok(Compliance::Failed),
        Some(0) => return Ok(Compliance::NotAvailable),
        _ => {}
    }
    let status = compliance.text("status")?.unwrap_or_default().to_ascii_uppercase();
    match status.as_str() {
        "PASS" | "PASSED" | "NOT_APPLICABLE" => Ok(Compliance::Passed),
        "WARNING" => Ok(Compliance::Warning),
        "FAIL" | "FAILED" => Ok(Compliance::Failed),
        "UNKNOWN" | "NOT_AVAILABLE" => Ok(Compliance::NotAvailable),
        _ => Err(compliance.bad("`status_id` is none of 0 (unknown), 1 (pass), 2 (warning), 3 (fail)")),
    }
}

fn resources<'a>(object: &Object<'a, '_>) -> Result<Vec<Affected>, Bad<'a>> {
    let path = object.path().name("resources");
    let mut resources = Vec::new();
    for (index, item) in object.list("resources")?.into_iter().enumerate().take(64) {
        let resource = Object::new(item, path.index(index))?;
        resources.push(Affected {
            kind: security_hub_type(&resource.loose("type").unwrap_or_default()),
            id: resource.required("uid")?.into_owned(),
            region: resource.text("region")?.map(|region| region.into_owned()).filter(|region| !region.is_empty()),
            tags: tags(resource.get("tags")),
            ..Affected::default()
        });
    }
    Ok(resources)
}

/// `AWS::KMS::Key` as ASFF has it.
fn security_hub_type(kind: &str) -> String {
    if kind.starts_with("AWS::") || kind.starts_with("AWS.") {
        kind.replacen("AWS", "Aws", 1).replace("::", "").replace('.', "").replace("KMS", "Kms").replace("IAM", "Iam")
    } else {
        kind.to_owned()
    }
}

/// `[{"name": …, "value": …}]`.
fn tags(raw: Option<Raw<'_>>) -> BTreeMap<String, String> {
    let Some(raw) = raw.filter(|raw| raw.kind() == Kind::Array) else { return BTreeMap::new() };
    raw.elements().filter_map(|tag| Some((loose(tag, "name")?, loose(tag, "value")?))).take(200).collect()
}
