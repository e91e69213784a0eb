//! The page of one detection: everything its files say and everything its body asks, as one document.
//!
//! The document is what `keyreeve explain --format json` prints; [`page`] lays it out for a terminal.

mod logic_text;
pub mod page;

use logic::reads::{self, FieldRead, Reads};
use logic::simplify;
use logic::tree::{FunctionId, Module};
use serde::{Serialize, Serializer, ser::SerializeMap};
use source::LineIndex;

use crate::condition::{Alerts, Condition, Exclusion, condition};
use crate::detection::ATTACK;
use crate::parameter::{Parameter, ParameterValue};
use crate::problem::Place;
use crate::{Code, Detection, Kind, attack};

pub use logic_text::{LogicError, lower_logic};

/// How a unit test ended, as whoever ran it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestVerdict {
    /// Its name.
    pub name: String,
    /// `PASS`, `FAIL`, `ERROR` or `SKIP`.
    pub status: String,
    /// What the matcher must return.
    pub expected: bool,
}

/// Everything there is to say of a detection.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Its id.
    pub id: String,
    /// Its display name, else its id.
    pub name: String,
    /// `policy`, `rule` …
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its severity, for those that judge.
    pub severity: Option<&'static str>,
    /// Whether it runs without being asked for.
    pub enabled: bool,
    /// The types of resources that it judges.
    pub resource_types: Vec<String>,
    /// The types of logs that it judges.
    pub log_types: Vec<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Where to read more.
    pub reference: Option<String>,
    /// What to do about a finding.
    pub runbook: Option<String>,
    /// The YAML file, relative to the pack.
    pub source: String,
    /// The YAML text.
    pub body: String,
    /// The Python file.
    pub python_source: Option<String>,
    /// The Python text.
    pub python: Option<String>,
    /// The fields that findings are grouped by: those that `dedup` reads.
    pub group_by: Vec<String>,
    /// The controls it stands for, by framework, in the order of the YAML.
    #[serde(serialize_with = "as_map")]
    pub compliance: Vec<(String, Vec<String>)>,
    /// The techniques of MITRE ATT&CK that it is about.
    pub attack: Vec<AttackRow>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Which tier runs it: `lowered` or `exact`.
    pub tier: Option<&'static str>,
    /// Why it does not run on the first tier.
    pub why_exact: Option<String>,
    /// When it alerts, in the catalogue's dialect.
    pub condition: Option<String>,
    /// Why there is no condition.
    pub why_no_condition: Option<String>,
    /// What runs, as Python: the single expression of the matcher, or the functions that it needs.
    pub logic: Option<String>,
    /// The single tests that keep it from alerting.
    pub exclusions: Vec<Exclusion>,
    /// When it does not alert, truthfully, in plain English.
    pub passes_when: Option<String>,
    /// When its body says that it cannot tell.
    pub unknown_when: Vec<String>,
    /// The fields of the input that it reads.
    pub fields: Vec<FieldRow>,
    /// Whether it looks at the input as a whole, too.
    pub reads_whole_input: bool,
    /// What the configuration may change.
    pub parameters: Vec<ParameterRow>,
    /// The number of its unit tests.
    pub tests: usize,
    /// How they ended.
    pub test_verdicts: Vec<TestVerdict>,
    /// What its sidecar says.
    pub sidecar: Option<SidecarText>,
}

/// A row of the ATT&CK table. Names are `None` for what the bundled edition does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttackRow {
    /// `TA0006`.
    pub tactic_id: String,
    /// `Credential Access`.
    pub tactic: Option<String>,
    /// `T1552`.
    pub technique_id: String,
    /// `Unsecured Credentials`.
    pub technique: Option<String>,
}

/// A field of the input that the body reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldRow {
    /// Its name.
    pub name: String,
    /// Its type, as the resource's description has it; else the kinds of value that the body takes it for.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the type is only what the body takes it for.
    pub inferred: bool,
    /// Whether it is read by `[…]`: a resource without it cannot be judged.
    pub required: bool,
    /// Whether it is computed when a resource is judged.
    pub computed: bool,
    /// The functions that read it.
    pub read_by: Vec<String>,
    /// What it means.
    pub description: Option<String>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParameterRow {
    /// The name of the constant.
    pub name: String,
    /// `int`, `bool`, `string`, `list`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it holds unless configured.
    pub default: serde_json::Value,
    /// What it holds now.
    pub value: serde_json::Value,
    /// The least number allowed.
    pub minimum: Option<serde_json::Value>,
    /// The greatest number allowed.
    pub maximum: Option<serde_json::Value>,
    /// The texts allowed.
    pub allowed: Option<Vec<String>>,
    /// What it means.
    pub description: String,
}

/// What a sidecar says for the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SidecarText {
    /// Why it matters.
    pub why: Option<String>,
    /// The operating procedure: `3 Enable Automatic Key Rotation`.
    pub procedure: Option<String>,
    /// The controls, by version of their framework.
    pub controls: Vec<String>,
    /// Where judged resources come from.
    pub surfaces: Vec<&'static str>,
    /// Why planned resources are not judged.
    pub not_planned: Option<String>,
    /// How to fix a finding: the tool and the text.
    #[serde(serialize_with = "fixes_as_map")]
    pub fixes: Vec<(&'static str, String)>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// The functions that take part in the verdict or the finding, in the order in which they are asked.
const READERS: &[&str] = crate::lower::ENTRIES;

/// Explains a detection. The verdicts of its unit tests come from whoever runs them.
#[must_use]
pub fn explain(detection: &Detection, test_verdicts: Vec<TestVerdict>) -> Explanation {
    let simplified = detection.module().map(|module| simplify::module(module.clone()));
    let matcher = if detection.kind == Kind::Policy { "policy" } else { "rule" };
    let alerts = if detection.kind == Kind::Policy { Alerts::OnFalse } else { Alerts::OnTrue };
    let said = detection.module().and_then(|module| condition(module, matcher, alerts)).unwrap_or_default();
    let (fields, reads_whole_input) = simplified.as_ref().map(|module| fields(detection, module)).unwrap_or_default();
    Explanation {
        id: detection.id.clone(),
        name: detection.name().to_owned(),
        kind: detection.kind.name(),
        severity: detection.severity.map(finding::Severity::name),
        enabled: detection.enabled,
        resource_types: detection.resource_types.clone(),
        log_types: detection.log_types.clone(),
        description: trimmed(detection.description.as_deref()),
        reference: trimmed(detection.reference.as_deref()),
        runbook: trimmed(detection.runbook.as_deref()),
        source: detection.yaml.path.clone(),
        body: detection.yaml.text.to_string(),
        python_source: detection.python.as_ref().map(|file| file.path.clone()),
        python: detection.python.as_ref().map(|file| file.text.to_string()),
        group_by: simplified.as_ref().map(group_by).unwrap_or_default(),
        compliance: compliance(detection),
        attack: detection.report(ATTACK).map(attack_row).collect(),
        tags: detection.tags.clone(),
        tier: detection.code.tier(),
        why_exact: match &detection.code {
            Code::NotLowered(why) => Some(why.to_string()),
            Code::None | Code::Lowered(_) => None,
        },
        logic: simplified.as_ref().and_then(|module| logic_text::logic(module, matcher)),
        fields,
        reads_whole_input,
        parameters: parameters(detection),
        tests: detection.tests.len(),
        test_verdicts,
        sidecar: detection.sidecar.as_ref().map(sidecar),
        why_no_condition: why_no_condition(detection, &said),
        condition: said.condition,
        exclusions: said.exclusions,
        passes_when: said.passes_when,
        unknown_when: said.unknown_when,
    }
}

fn trimmed(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn function_id(module: &Module, name: &str) -> Option<FunctionId> {
    let index = module.functions.iter().position(|function| function.name == name)?;
    u32::try_from(index).ok().map(FunctionId)
}

fn reads_of(module: &Module, name: &str) -> Option<Reads> {
    function_id(module, name).map(|id| reads::of(module, &[id]))
}

fn group_by(module: &Module) -> Vec<String> {
    let reads = reads_of(module, "dedup").unwrap_or_default();
    reads.fields.iter().map(|field| field.name.to_string()).collect()
}

fn compliance(detection: &Detection) -> Vec<(String, Vec<String>)> {
    let others = detection.reports.iter().filter(|report| report.framework != ATTACK);
    others.map(|report| (report.framework.clone(), report.values.clone())).collect()
}

fn attack_row(value: &str) -> AttackRow {
    let (tactic_id, technique_id) = value.split_once(':').unwrap_or((value, ""));
    AttackRow {
        tactic_id: tactic_id.to_owned(),
        tactic: attack::tactic(tactic_id).map(|tactic| tactic.name.to_owned()),
        technique_id: technique_id.to_owned(),
        technique: attack::technique(technique_id).map(|technique| technique.full_name()),
    }
}

fn why_no_condition(detection: &Detection, said: &Condition) -> Option<String> {
    if let Some((what, at)) = &said.why_no_condition {
        let place = match (&detection.python, at.file) {
            (Some(file), 0) => {
                let span = source::Span::new(at.start as usize, at.end as usize);
                let start = Place::of(span, &LineIndex::new(file.text.as_bytes())).start;
                format!("{}:{}:{}: ", file.path, start.line, start.column)
            }
            _ => String::new(),
        };
        return Some(format!("{place}the dialect has no words for {what}"));
    }
    match (&said.condition, &detection.code) {
        (Some(_), _) => None,
        (None, Code::NotLowered(_)) => Some("the body does not run on the first tier".to_owned()),
        (None, Code::None) => Some("it has no Python body".to_owned()),
        (None, Code::Lowered(_)) => Some("the module has no matcher".to_owned()),
    }
}

/// The fields that the functions read, and whether one of them looks at the whole input.
fn fields(detection: &Detection, module: &Module) -> (Vec<FieldRow>, bool) {
    let mut rows: Vec<FieldRow> = Vec::new();
    let mut whole = false;
    let mut kinds: Vec<Vec<reads::FieldKind>> = Vec::new();
    for name in READERS {
        let Some(reads) = reads_of(module, name) else { continue };
        whole |= reads.whole;
        for field in &reads.fields {
            let index = rows.iter().position(|row| row.name == field.name.as_str()).unwrap_or_else(|| {
                rows.push(field_row(detection, field));
                kinds.push(Vec::new());
                rows.len() - 1
            });
            rows[index].required |= field.required;
            rows[index].read_by.push((*name).to_owned());
            kinds[index].extend(&field.kinds);
        }
    }
    for (row, kinds) in rows.iter_mut().zip(&mut kinds) {
        if row.inferred {
            kinds.sort_unstable();
            kinds.dedup();
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            row.kind = if names.is_empty() { "any".to_owned() } else { names.join(" or ") };
        }
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    (rows, whole)
}

/// A row with what the resource's description says of the field, if one of the judged types has it.
fn field_row(detection: &Detection, field: &FieldRead) -> FieldRow {
    let types = detection.resource_types.iter().filter_map(|name| finding::resource::catalogue::resource_type(name));
    let known = types.filter_map(|kind| kind.field(&field.name)).next();
    let kind = known.map(|known| {
        let null = if known.nullable { " or null" } else { "" };
        format!("{}{null}", known.shape.words())
    });
    FieldRow {
        name: field.name.to_string(),
        inferred: kind.is_none(),
        kind: kind.unwrap_or_default(),
        required: false,
        computed: known.is_some_and(finding::resource::catalogue::Field::is_computed),
        read_by: Vec::new(),
        description: known.map(|known| known.doc.to_owned()),
    }
}

fn parameters(detection: &Detection) -> Vec<ParameterRow> {
    let declared = detection.sidecar.as_ref().map(|sidecar| sidecar.parameters.as_slice()).unwrap_or_default();
    declared.iter().map(|parameter| parameter_row(detection, parameter)).collect()
}

fn parameter_row(detection: &Detection, parameter: &Parameter) -> ParameterRow {
    let now = detection.module().and_then(|module| crate::parameter::constant(module, &parameter.name));
    ParameterRow {
        name: parameter.name.clone(),
        kind: parameter.kind.name(),
        default: json_of(&parameter.default),
        value: json_of(now.as_ref().unwrap_or(&parameter.default)),
        minimum: parameter.minimum.map(json_int),
        maximum: parameter.maximum.map(json_int),
        allowed: parameter.allowed.clone(),
        description: parameter.description.trim().to_owned(),
    }
}

fn json_of(value: &ParameterValue) -> serde_json::Value {
    match value {
        ParameterValue::Int(value) => json_int(*value),
        ParameterValue::Bool(value) => (*value).into(),
        ParameterValue::Text(value) => value.as_str().into(),
        ParameterValue::List(values) => values.as_slice().into(),
    }
}

/// An integer; beyond what JSON libraries read exactly it is text.
fn json_int(value: i128) -> serde_json::Value {
    i64::try_from(value).map_or_else(|_| value.to_string().into(), Into::into)
}

fn sidecar(sidecar: &crate::Sidecar) -> SidecarText {
    SidecarText {
        why: trimmed(sidecar.why.as_deref()),
        procedure: sidecar.sop.as_ref().map(|sop| format!("{} {}", sop.section, sop.title)),
        controls: sidecar.controls.clone(),
        surfaces: sidecar.surfaces.iter().map(|surface| surface.name()).collect(),
        not_planned: trimmed(sidecar.not_planned.as_deref()),
        fixes: sidecar.fixes.each().map(|(tool, fix)| (tool, fix.trim_end().to_owned())).collect(),
        references: sidecar.references.clone(),
    }
}

fn as_map<S: Serializer>(pairs: &[(String, Vec<String>)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (key, values) in pairs {
        map.serialize_entry(key, values)?;
    }
    map.end()
}

fn fixes_as_map<S: Serializer>(pairs: &[(&'static str, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(pairs.len()))?;
    for (tool, fix) in pairs {
        map.serialize_entry(tool, fix)?;
    }
    map.end()
}
