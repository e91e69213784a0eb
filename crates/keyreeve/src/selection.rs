//! Which detections run: packs, `--select` and `--ignore`, parameters and severities of the configuration.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, bail};
use detection::{Detection, Pack, ParameterValue, Problem, builtin};
use finding::{ErrorRecord, Severity};
use report::{Fix, Rule};

use crate::cli::Detections;
use crate::config::Loaded;
use crate::exit::NothingSelected;
use crate::{disk, glob};

/// The pack that is used when nobody names one.
pub const DEFAULT_PACK: &str = "kms";

/// The detections that run, configured.
#[derive(Debug, Default)]
pub struct Selected {
    /// In order of their id.
    pub detections: Vec<Detection>,
    /// What is wrong with packs: detections that cannot be used, and why.
    pub problems: Vec<ErrorRecord>,
    severities: BTreeMap<String, Severity>,
}

/// The detections that judge resources and that were asked for.
pub fn load(asked: &Detections, loaded: &Loaded) -> anyhow::Result<Selected> {
    let mut selected = Selected::default();
    for name in names(&asked.pack, loaded) {
        let pack = builtin::pack_for_judging(&name).map_or_else(|| pack(&name), Ok)?;
        let broken = pack.problems.iter().filter(|problem| problem.code.severity >= Severity::High);
        selected.problems.extend(broken.map(|problem| ErrorRecord {
            message: format!("{} {}", problem.code.id, problem.message),
            file: Some(file_of(&name, problem)),
            ..ErrorRecord::default()
        }));
        selected.detections.extend(pack.detections.into_iter().filter(|it| it.kind == detection::Kind::Policy));
    }
    configure(&mut selected, loaded)?;
    let before = selected.detections.len();
    selected.detections.retain(|detection| is_asked_for(detection, asked));
    selected.detections.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(twice) = selected.detections.windows(2).find(|pair| pair[0].id == pair[1].id) {
        let files = [&twice[0].yaml.path, &twice[1].yaml.path];
        bail!("two detections have the id {}: {} and {}", twice[0].id, files[0], files[1]);
    }
    if selected.detections.is_empty() && selected.problems.is_empty() {
        return Err(NothingSelected(format!(
            "no detection is selected: {before} are there, and --select, --ignore and `Enabled` leave none (`keyreeve explain` lists them)"
        ))
        .into());
    }
    Ok(selected)
}

/// Whether the configuration fits the packs that it names.
pub fn check(loaded: &Loaded) -> anyhow::Result<()> {
    crate::accounts::configured(&loaded.config)?;
    load(&Detections { pack: Vec::new(), select: Vec::new(), ignore: Vec::new() }, loaded).map(|_| ())
}

/// The packs that are meant.
pub fn names(asked: &[String], loaded: &Loaded) -> Vec<String> {
    match (asked, loaded.config.packs.as_slice()) {
        ([], []) => vec![DEFAULT_PACK.to_owned()],
        ([], configured) => configured.to_vec(),
        (asked, _) => asked.to_vec(),
    }
}

/// A built-in pack by name, else a folder, or one detection's YAML file.
pub fn pack(name: &str) -> anyhow::Result<Pack> {
    if let Some(pack) = builtin::pack(name) {
        return Ok(pack);
    }
    let path = Path::new(name);
    if !path.exists() {
        bail!(
            "no pack is called `{name}`: built in are {}, anything else is a folder",
            builtin::names().collect::<Vec<_>>().join(", ")
        );
    }
    Ok(detection::load(name, &disk::Folder::new(path)?))
}

/// The file of a problem, with the pack's own place in front.
pub fn file_of(pack: &str, problem: &Problem) -> String {
    format!("{}/{}", pack.trim_end_matches('/'), problem.file)
}

fn is_asked_for(detection: &Detection, asked: &Detections) -> bool {
    let named = |patterns: &[String]| patterns.iter().any(|pattern| glob::matches(pattern, &detection.id));
    // A pattern that selects everything does not ask for what is switched off; an id, or a part of it, does.
    let asked_for = asked.select.iter().any(|pattern| pattern != "*" && glob::matches(pattern, &detection.id));
    (asked.select.is_empty() || named(&asked.select)) && !named(&asked.ignore) && (detection.enabled || asked_for)
}

/// Sets parameters and severities. A name in the configuration that fits no detection is a mistake worth hearing of.
fn configure(selected: &mut Selected, loaded: &Loaded) -> anyhow::Result<()> {
    for (id, severity) in &loaded.config.severity {
        must_exist(id, &selected.detections)?;
        selected.severities.insert(id.clone(), severity.0);
    }
    for id in loaded.config.parameters.keys() {
        must_exist(id, &selected.detections)?;
    }
    selected.detections.iter_mut().try_for_each(|detection| set_parameters(detection, loaded))
}

/// A detection of that name must be in use, or in a built-in pack that is not in use this time.
fn must_exist(id: &str, detections: &[Detection]) -> anyhow::Result<()> {
    let has = |detections: &[Detection]| detections.iter().any(|detection| detection.id == id);
    let elsewhere = || builtin::names().filter_map(builtin::pack).any(|pack| has(&pack.detections));
    if has(detections) || elsewhere() {
        return Ok(());
    }
    bail!("the configuration names detection {id}, which no pack has{}", did_you_mean(id, detections))
}

/// `; did you mean X?`, where one id is near.
pub fn did_you_mean(id: &str, detections: &[Detection]) -> String {
    let likeness = |detection: &Detection| strsim::jaro_winkler(&detection.id.to_lowercase(), &id.to_lowercase());
    let near = detections.iter().map(|it| (likeness(it), &it.id)).max_by(|a, b| a.0.total_cmp(&b.0));
    near.filter(|(likeness, _)| *likeness > 0.8).map(|(_, id)| format!("; did you mean {id}?")).unwrap_or_default()
}

/// Sets the parameters that the configuration gives the detection.
pub fn set_parameters(detection: &mut Detection, loaded: &Loaded) -> anyhow::Result<()> {
    let id = detection.id.clone();
    for (name, value) in loaded.config.parameters.get(&id).into_iter().flatten() {
        let setting = || format!("setting parameters.\"{id}\".{name}");
        let value = parameter_value(value).with_context(setting)?;
        detection.set_parameter(name, &value).with_context(setting)?;
    }
    Ok(())
}

fn parameter_value(value: &toml::Value) -> anyhow::Result<ParameterValue> {
    Ok(match value {
        toml::Value::Integer(value) => ParameterValue::Int((*value).into()),
        toml::Value::String(value) => ParameterValue::Text(value.clone()),
        toml::Value::Boolean(value) => ParameterValue::Bool(*value),
        toml::Value::Array(values) => {
            let texts = values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
            ParameterValue::List(texts.context("a list takes strings only")?)
        }
        other => {
            bail!("a parameter takes a number, a string, a list of strings, true or false, not {}", other.type_str())
        }
    })
}

impl Selected {
    /// The severity that the configuration gives the detection.
    pub fn override_of(&self, detection: &Detection) -> Option<Severity> {
        self.severities.get(&detection.id).copied()
    }

    /// The detection's severity, unless its body says otherwise.
    pub fn severity(&self, detection: &Detection) -> Severity {
        self.override_of(detection).unwrap_or_else(|| detection.severity.unwrap_or(Severity::Medium))
    }

    /// The detections as reports show them.
    pub fn rules(&self) -> Vec<Rule> {
        self.detections.iter().map(|detection| self.rule(detection)).collect()
    }

    fn rule(&self, detection: &Detection) -> Rule {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
        let description = text(&detection.description);
        let sidecar = detection.sidecar.as_ref();
        let fixes = sidecar.map(|sidecar| sidecar.fixes.each().collect::<Vec<_>>()).unwrap_or_default();
        Rule {
            id: detection.id.clone(),
            name: detection.name().to_owned(),
            summary: first_sentence(&description).to_owned(),
            risk: sidecar.and_then(|sidecar| sidecar.why.as_deref()).unwrap_or_default().trim().to_owned(),
            severity: Some(self.severity(detection)),
            tags: detection.tags.clone(),
            controls: detection.controls(),
            attack: detection.report(detection::ATTACK).map(str::to_owned).collect(),
            reference: text(&detection.reference),
            fixes: fixes
                .into_iter()
                .map(|(with, text)| Fix { with: tool_name(with).to_owned(), text: text.trim().to_owned() })
                .collect(),
            description,
        }
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_once(". ").map_or(text, |(first, _)| first)
}

fn tool_name(key: &str) -> &str {
    if key == "CommandLine" { "AWS CLI" } else { key }
}
