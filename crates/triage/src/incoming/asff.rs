//! Findings in the AWS Security Finding Format, in both of Security Hub's dialects.

use std::collections::BTreeMap;

use finding::Severity;
use source::record::Raw;

use super::fields::{Bad, Object, loose};
use super::{Access, Affected, Compliance, Control, Form, Incoming, Product, Said, Workflow, normalized, severity_of};
use crate::control::ControlId;

/// Tags of one resource that are kept.
const MAX_TAGS: usize = 200;
/// Resources of one finding; AWS takes 32.
const MAX_RESOURCES: usize = 64;

pub(super) fn read<'a>(object: &Object<'a, '_>, raw: Raw<'a>) -> Result<Incoming, Bad<'a>> {
    let generator = object.loose("GeneratorId").unwrap_or_default();
    let fields = object.loose_object("ProductFields");
    let field = |name: &str| fields.and_then(|fields| loose(fields, name));
    let compliance = object.object("Compliance")?;
    let control = control(compliance.as_ref(), &generator, &field)?;
    let (severity, normalized) = severity(object)?;
    let resources = resources(object)?;
    let first = resources.first();
    let id = object.required("Id")?.into_owned();
    let product = match generator.strip_prefix("keyreeve/") {
        Some(_) => Product::Keyreeve,
        None => Product::of_arn(&object.loose("ProductArn").unwrap_or_default()),
    };
    let user_fields = object.loose_object("UserDefinedFields");
    let user_field = |name: &str| user_fields.and_then(|fields| loose(fields, name));
    Ok(Incoming {
        form: form(control.as_ref(), &generator, &id),
        region: first.and_then(|first| first.region.clone()).or_else(|| object.loose("Region")),
        account_id: account(object, first, field("ResourceOwnerAccount"))?,
        title: object.loose("Title").unwrap_or_default(),
        severity,
        normalized,
        compliance: compliance_status(compliance.as_ref())?,
        reasons: reasons(compliance.as_ref())?,
        workflow: workflow(object)?,
        archived: archived(object)?,
        first_observed: object.loose_time("FirstObservedAt").or_else(|| object.loose_time("CreatedAt")),
        updated: object.loose_time("UpdatedAt"),
        access: access(object, &product, &field, first),
        types: object.loose_list("Types"),
        noted_ticket: user_field("TicketOpen")
            .filter(|open| open == "Yes")
            .and_then(|_| user_field("TicketId"))
            .filter(|ticket| is_real_ticket(ticket)),
        domain: field("IncidentDomain"),
        says: Said {
            environment: field("keyreeve/Environment"),
            team: field("keyreeve/Team"),
            account_name: field("keyreeve/AccountName").or_else(|| object.loose("AwsAccountName")),
        },
        control,
        resources,
        generator,
        product,
        id,
        text: raw.text().to_owned(),
    })
}

/// The account whose resource it is: a finding of a delegated administrator's is about another account.
fn account<'a>(object: &Object<'a, '_>, first: Option<&Affected>, owner: Option<String>) -> Result<String, Bad<'a>> {
    let written = object.required("AwsAccountId")?.into_owned();
    let of_arn = || Some(first?.id.parse::<finding::Arn>().ok()?.account().to_owned());
    let is_account = |id: &String| finding::is_account_id(id);
    Ok(owner.filter(is_account).or_else(|| of_arn().filter(is_account)).unwrap_or(written))
}

/// The original writes made-up ids where opening a ticket failed.
fn is_real_ticket(ticket: &str) -> bool {
    !ticket.is_empty() && ticket != "N/A" && !ticket.starts_with("create-ticket-failed-")
}

/// The control of one of our detections; else by the first that names one: `Compliance.SecurityControlId`, `ProductFields.ControlId`, `RuleId`, the tail
/// of `GeneratorId`.
fn control<'a>(
    compliance: Option<&Object<'a, '_>>,
    generator: &str,
    field: &impl Fn(&str) -> Option<String>,
) -> Result<Option<Control>, Bad<'a>> {
    if let Some(detection) = field("keyreeve/DetectionId") {
        let controls: Vec<String> =
            field("keyreeve/Controls").unwrap_or_default().split("; ").map(str::to_owned).collect();
        return Ok(Some(Control { id: ControlId::of_detection(&detection, &controls), written: detection }));
    }
    let security_control = match compliance {
        Some(compliance) => compliance.text("SecurityControlId")?.map(|id| id.into_owned()),
        None => None,
    };
    let standard =
        field("StandardsArn").unwrap_or_default() + field("StandardsGuideArn").as_deref().unwrap_or_default();
    let written = security_control
        .or_else(|| field("ControlId"))
        .or_else(|| field("RuleId"))
        .or_else(|| tail(generator).map(str::to_owned))
        .filter(|id| !id.trim().is_empty());
    Ok(written.map(|written| Control { id: ControlId::resolve(&written, &format!("{generator} {standard}")), written }))
}

/// The control that a generator ends in, where the generator is Security Hub's.
fn tail(generator: &str) -> Option<&str> {
    let standard = generator.starts_with("security-control/") || generator.contains("/v/");
    if standard { generator.rsplit('/').next() } else { None }
}

fn form(control: Option<&Control>, generator: &str, id: &str) -> Form {
    if control.is_none() {
        Form::Asff
    } else if generator.contains("/v/") || id.contains(":subscription/") {
        Form::AsffPerStandard
    } else {
        Form::AsffConsolidated
    }
}

/// `Severity`: an object, or just a label or a number; its numbers come as numbers or as strings.
fn severity<'a>(object: &Object<'a, '_>) -> Result<(Severity, u8), Bad<'a>> {
    let provider = object.loose_object("FindingProviderFields").and_then(|fields| fields.get("Severity"));
    let Some(value) = object.get("Severity").or(provider) else {
        return Err(object.bad("`Severity` is missing"));
    };
    let path = object.path().name("Severity");
    let (label, number) = match value.kind() {
        source::record::Kind::Object => (value.get("Label"), value.get("Normalized")),
        source::record::Kind::Number => (None, Some(value)),
        _ => (Some(value), None),
    };
    let number = number.filter(|number| !number.is_null());
    let normal = number.map(|number| match number_of(number) {
        Some(normal) => Ok(normal),
        None => Err(path.name("Normalized").bad(number, "expected a number from 0 to 100")),
    });
    let normal = normal.transpose()?;
    let Some(label) = label.filter(|label| !label.is_null()) else {
        let missing = || path.bad(value, "it has neither `Label` nor `Normalized`");
        return normal.map(|normal| (severity_of(normal), normal)).ok_or_else(missing);
    };
    let text = label.as_str().and_then(Result::ok).unwrap_or_default();
    match Severity::parse(text.trim()) {
        Some(severity) => Ok((severity, normal.unwrap_or_else(|| normalized(severity)))),
        None => Err(path.name("Label").bad(label, "expected INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL")),
    }
}

fn number_of(value: Raw<'_>) -> Option<u8> {
    let number = match value.as_str() {
        Some(text) => text.ok()?.trim().parse().ok()?,
        None => value.as_f64()?,
    };
    // In range, so that the cast only drops a fraction.
    (0.0..=100.0).contains(&number).then_some(number as u8)
}

fn compliance_status<'a>(compliance: Option<&Object<'a, '_>>) -> Result<Option<Compliance>, Bad<'a>> {
    let Some(compliance) = compliance else { return Ok(None) };
    let Some(status) = compliance.text("Status")? else { return Ok(None) };
    match status.as_ref() {
        "PASSED" => Ok(Some(Compliance::Passed)),
        "FAILED" => Ok(Some(Compliance::Failed)),
        "WARNING" => Ok(Some(Compliance::Warning)),
        "NOT_AVAILABLE" => Ok(Some(Compliance::NotAvailable)),
        _ => Err(compliance.bad("`Status` is none of PASSED, FAILED, WARNING, NOT_AVAILABLE")),
    }
}

fn reasons<'a>(compliance: Option<&Object<'a, '_>>) -> Result<Vec<String>, Bad<'a>> {
    let Some(compliance) = compliance else { return Ok(Vec::new()) };
    let texts = compliance.list("StatusReasons")?.into_iter().filter_map(|reason| {
        let code = loose(reason, "ReasonCode")?;
        Some(match loose(reason, "Description") {
            Some(description) => format!("{code}: {description}"),
            None => code,
        })
    });
    Ok(texts.take(32).collect())
}

/// `Workflow.Status`; without it the older `WorkflowState`; without both it is new.
fn workflow<'a>(object: &Object<'a, '_>) -> Result<Workflow, Bad<'a>> {
    let Some(workflow) = object.object("Workflow")? else {
        return Ok(match object.loose("WorkflowState").as_deref() {
            Some("RESOLVED") => Workflow::Resolved,
            _ => Workflow::New,
        });
    };
    match workflow.text("Status")?.as_deref() {
        None | Some("NEW") => Ok(Workflow::New),
        Some("NOTIFIED") => Ok(Workflow::Notified),
        Some("RESOLVED") => Ok(Workflow::Resolved),
        Some("SUPPRESSED") => Ok(Workflow::Suppressed),
        Some(_) => Err(workflow.bad("`Status` is none of NEW, NOTIFIED, RESOLVED, SUPPRESSED")),
    }
}

fn archived<'a>(object: &Object<'a, '_>) -> Result<bool, Bad<'a>> {
    match object.text("RecordState")?.as_deref() {
        None | Some("ACTIVE") => Ok(false),
        Some("ARCHIVED") => Ok(true),
        Some(_) => Err(object.bad("`RecordState` is neither ACTIVE nor ARCHIVED")),
    }
}

fn resources<'a>(object: &Object<'a, '_>) -> Result<Vec<Affected>, Bad<'a>> {
    let path = object.path().name("Resources");
    let mut resources = Vec::new();
    for (index, item) in object.list("Resources")?.into_iter().enumerate().take(MAX_RESOURCES) {
        let resource = Object::new(item, path.index(index))?;
        let details = resource.loose_object("Details");
        let detail = |kind: &str, name: &str| details.and_then(|it| loose(it.get(kind)?, name));
        resources.push(Affected {
            kind: resource.loose("Type").unwrap_or_default(),
            id: resource.required("Id")?.into_owned(),
            region: resource.text("Region")?.map(|region| region.into_owned()).filter(|region| !region.is_empty()),
            tags: resource.loose_object("Tags").map(tags).unwrap_or_default(),
            policy_name: detail("AwsIamPolicy", "PolicyName"),
            key_state: detail("AwsKmsKey", "KeyState"),
        });
    }
    Ok(resources)
}

fn tags(raw: Raw<'_>) -> BTreeMap<String, String> {
    let tag = |(name, value): (std::borrow::Cow<'_, str>, Raw<'_>)| {
        Some((name.into_owned(), value.as_str()?.ok()?.into_owned()))
    };
    raw.members().filter_map(tag).take(MAX_TAGS).collect()
}

/// Who outside may use the resource: from structured fields. A title can only make it worse, never better.
fn access(
    object: &Object<'_, '_>,
    product: &Product,
    field: &impl Fn(&str) -> Option<String>,
    first: Option<&Affected>,
) -> Option<Access> {
    if *product != Product::AccessAnalyzer {
        return None;
    }
    let other = object
        .get("Resources")
        .and_then(|list| list.elements().next())
        .and_then(|resource| resource.get("Details")?.get("Other"));
    let said = |name: &str| other.and_then(|other| loose(other, name)).or_else(|| field(name));
    let principal = said("External Principal").or_else(|| said("externalPrincipal"));
    let flag = said("isPublic").is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
        || other.and_then(|other| other.get("isPublic")?.as_bool()).unwrap_or(false);
    let title = object.loose("Title").unwrap_or_default().to_ascii_lowercase();
    let titled = title.contains("allows public access") && first.is_some();
    let public = flag || principal.as_deref() == Some("*") || titled;
    Some(Access { public, principal: principal.filter(|principal| principal != "*") })
}
