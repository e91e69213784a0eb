//! Loading a pack: every YAML file below a folder, its Python and its sidecar, and all that is wrong with them.

mod body;
mod model;
mod typed;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use source::{Node, yaml};

use crate::check;
use crate::detection::{Detection, Kind, SourceFile};
use crate::files::{Files, ReadError, folder_of, join};
use crate::format::{DERIVED, FORMATS, Format};
use crate::helpers::HelperCache;
use crate::parameter::{ParameterError, ParameterValue, set_constant};
use crate::problem::{
    BAD_SCHEDULE, Code as ProblemCode, DUPLICATE_ID, EXCLUSIVE_KEYS, INVALID_YAML, MISSING_KEY, ORPHAN_SIDECAR,
    OUTSIDE, Problem, Reporter, UNKNOWN_ID, UNKNOWN_TYPE, UNREADABLE, did_you_mean,
};
use crate::sidecar::{self, Sidecar};

/// A set of detections that are loaded together.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// Its name: that of a built-in pack, or of its folder.
    pub name: String,
    /// Its detections, by the path of their YAML.
    pub detections: Vec<Detection>,
    /// What is wrong with its files, by file and place.
    pub problems: Vec<Problem>,
    /// The sources of its global detections, by their id.
    pub globals: BTreeMap<String, String>,
}

impl Pack {
    /// The detection with that id.
    #[must_use]
    pub fn detection(&self, id: &str) -> Option<&Detection> {
        self.detections.iter().find(|detection| detection.id == id)
    }

    /// Whether something is wrong that the peer would reject, or that makes verdicts wrong.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.problems.iter().any(|problem| problem.code.severity >= finding::Severity::High)
    }

    /// Sets a parameter of a detection to something else than its default.
    ///
    /// # Errors
    /// When it has no such parameter, or the value does not fit it.
    pub fn set_parameter(&mut self, id: &str, name: &str, value: &ParameterValue) -> Result<(), ParameterError> {
        let Some(detection) = self.detections.iter_mut().find(|detection| detection.id == id) else {
            return Err(ParameterError::NoDetection { id: id.to_owned() });
        };
        detection.set_parameter(name, value)
    }
}

impl Detection {
    /// Sets a parameter to something else than its default.
    ///
    /// # Errors
    /// When the detection has no such parameter, or the value does not fit it.
    pub fn set_parameter(&mut self, name: &str, value: &ParameterValue) -> Result<(), ParameterError> {
        let parameters = self.sidecar.as_ref().map(|sidecar| sidecar.parameters.as_slice()).unwrap_or_default();
        let Some(parameter) = parameters.iter().find(|parameter| parameter.name == name) else {
            let known = parameters.iter().map(|parameter| parameter.name.clone()).collect();
            return Err(ParameterError::Unknown { name: name.to_owned(), known });
        };
        parameter.check(value)?;
        match &mut self.code {
            crate::detection::Code::Lowered(module) => set_constant(module, name, value),
            _ => Err(ParameterError::NoConstant { name: name.to_owned() }),
        }
    }
}

/// Loads a pack. What is wrong is in its problems; what can be loaded is loaded.
#[must_use]
pub fn load(name: &str, files: &dyn Files) -> Pack {
    let mut pack = Pack { name: name.to_owned(), ..Pack::default() };
    let paths = walk::yaml_files(files, &mut pack.problems);
    let mut documents = Vec::new();
    let mut sidecars = BTreeMap::new();
    for path in paths {
        let (reporter, document) = Document::read(files, &path);
        match document {
            Some(document) if sidecar::stem(&path).is_some() => {
                sidecars.insert(path, (reporter, document));
            }
            Some(document) => documents.push((reporter, document)),
            None => pack.problems.extend(reporter.finish()),
        }
    }
    let documents: Vec<Recognised> = documents.into_iter().filter_map(|it| recognise(it, &mut pack.problems)).collect();
    for it in &documents {
        if it.format.kind == Kind::Global
            && let Some(path) = it.document.source_path()
        {
            pack.globals.insert(it.id.clone(), path);
        }
    }
    duplicate_ids(&documents, &mut pack.problems);
    let mut models = model::Models::default();
    for it in documents.iter().filter(|it| it.format.kind == Kind::DataModel) {
        models.add(files, &it.id, &it.document);
    }
    let cache = HelperCache::default();
    for it in documents {
        let sidecar = take_sidecar(&mut sidecars, &it.document.path, &mut pack.problems);
        let place = Place { files, globals: &pack.globals, cache: &cache, models: &models };
        let (detection, problems) = assemble(place, it, sidecar);
        pack.problems.extend(problems);
        pack.detections.push(detection);
    }
    for (_, (mut reporter, document)) in sidecars {
        let help = "it belongs beside the YAML of the same name without `.keyreeve`".to_owned();
        reporter.report(&ORPHAN_SIDECAR, check::head(&document.node), "no detection has this sidecar", Some(help));
        pack.problems.extend(reporter.finish());
    }
    pack_references(&mut pack);
    pack.problems.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
    pack.problems.dedup();
    pack
}

fn sort_key(problem: &Problem) -> (&str, usize, &str, &str) {
    let start = problem.place.map_or(0, |place| place.span.start);
    (&problem.file, start, problem.code.id, &problem.message)
}

/// A parsed YAML file.
struct Document {
    path: String,
    text: Arc<str>,
    node: Node,
}

impl Document {
    fn read(files: &dyn Files, path: &str) -> (Reporter, Option<Self>) {
        let bytes = match files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let mut reporter = Reporter::new(path, b"");
                reporter.report_file(&UNREADABLE, format!("the file cannot be read: {error}"), None);
                return (reporter, None);
            }
        };
        let mut reporter = Reporter::new(path, &bytes);
        let parsed = yaml::parse_bytes(&bytes).map_err(|error| {
            reporter.report(&INVALID_YAML, error.span, error.message, error.help);
        });
        let document = match (parsed, String::from_utf8(bytes)) {
            (Ok(node), Ok(text)) => Some(Self { path: path.to_owned(), text: Arc::from(text), node }),
            _ => None,
        };
        (reporter, document)
    }

    fn text_of(&self, key: &str) -> Option<&str> {
        self.node.get(key).and_then(Node::as_str)
    }

    /// The path of the Python file, when `Filename` stays within the pack.
    fn source_path(&self) -> Option<String> {
        let name = self.text_of("Filename")?;
        let name = name.strip_prefix("./").unwrap_or(name);
        let plain = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        (plain && !name.contains('\\')).then(|| join(folder_of(&self.path), name))
    }
}

/// A file that says what type of analysis it is.
struct Recognised {
    reporter: Reporter,
    document: Document,
    format: &'static Format,
    id: String,
}

/// The type of a document. Files that are nobody's analysis are passed over, as the peer does.
fn recognise((mut reporter, document): (Reporter, Document), problems: &mut Vec<Problem>) -> Option<Recognised> {
    let Some(kind) = document.node.get("AnalysisType") else {
        let ids = FORMATS.iter().map(|format| format.id);
        if let Some(entry) = ids.filter(|id| *id != "QueryName").find_map(|id| document.node.entry(id)) {
            let message = "the file has no `AnalysisType`, so it is passed over";
            let help = format!("add one of {}", names_of_types().join(", "));
            reporter.report(&MISSING_KEY, entry.key.span, message, Some(help));
        }
        problems.extend(reporter.finish());
        return None;
    };
    let format = match kind.as_str() {
        Some("rule") if document.node.get("BaseDetection").is_some() => Some(&DERIVED),
        Some(name) => FORMATS.iter().find(|format| format.name == name),
        None => None,
    };
    let Some(format) = format else {
        let written = kind.text().unwrap_or("something else");
        let names = names_of_types();
        let help = did_you_mean(written, names.iter().copied())
            .unwrap_or_else(|| format!("it is one of {}", names.join(", ")));
        reporter.report(&UNKNOWN_TYPE, kind.span, format!("there is no analysis type `{written}`"), Some(help));
        problems.extend(reporter.finish());
        return None;
    };
    // Without an id the file's name has to do; that it is missing is reported with the other keys.
    let id = document.text_of(format.id).map_or_else(|| document.path.clone(), str::to_owned);
    reporter.detection = Some(id.clone());
    Some(Recognised { reporter, document, format, id })
}

fn names_of_types() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

fn duplicate_ids(documents: &[Recognised], problems: &mut Vec<Problem>) {
    let mut first: BTreeMap<&str, &Recognised> = BTreeMap::new();
    for it in documents {
        let Some(earlier) = first.get(it.id.as_str()) else {
            first.insert(&it.id, it);
            continue;
        };
        let span = it.document.node.get(it.format.id).map_or(it.document.node.span, |node| node.span);
        let mut reporter = Reporter::new(&it.document.path, it.document.text.as_bytes());
        reporter.detection = Some(it.id.clone());
        let message = format!("the id `{}` is taken by {}", it.id, earlier.document.path);
        reporter.report(&DUPLICATE_ID, span, message, Some("give one of them another id".to_owned()));
        problems.extend(reporter.finish());
    }
}

fn take_sidecar(
    sidecars: &mut BTreeMap<String, (Reporter, Document)>,
    path: &str,
    problems: &mut Vec<Problem>,
) -> Option<Sidecar> {
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    let name =
        sidecar::SUFFIXES.iter().map(|suffix| format!("{stem}{suffix}")).find(|name| sidecars.contains_key(name))?;
    let (mut reporter, document) = sidecars.remove(&name)?;
    let sidecar = sidecar::read(&mut reporter, &document.node, &name);
    problems.extend(reporter.finish());
    Some(sidecar)
}

/// Where sources and helpers come from.
#[derive(Clone, Copy)]
struct Place<'a> {
    files: &'a dyn Files,
    globals: &'a BTreeMap<String, String>,
    cache: &'a HelperCache,
    models: &'a model::Models,
}

fn assemble(place: Place<'_>, it: Recognised, sidecar: Option<Sidecar>) -> (Detection, Vec<Problem>) {
    let Recognised { mut reporter, document, format, id } = it;
    check::keys(&mut reporter, &document.node, format.keys, "");
    alternatives(&mut reporter, &document.node, format);
    schedule(&mut reporter, &document.node);
    let mut detection = typed::detection(&mut reporter, &document, format, id);
    detection.sidecar = sidecar;
    let mut problems = Vec::new();
    if detection.kind != Kind::LookupTable && document.node.get("Filename").is_some() {
        match document.source_path() {
            Some(path) => problems.extend(body::attach(&mut reporter, place, &mut detection, &document, &path)),
            None => {
                let span = document.node.get("Filename").map_or(document.node.span, |node| node.span);
                let help = "name a file in the same folder".to_owned();
                reporter.report(&OUTSIDE, span, "`Filename` leads out of the pack", Some(help));
            }
        }
    }
    problems.extend(reporter.finish());
    (detection, problems)
}

/// Keys of which one must be there, or only one may.
fn alternatives(reporter: &mut Reporter, node: &Node, format: &Format) {
    for keys in format.any_of {
        let query = keys.contains(&"Filename") && format.kind == Kind::LookupTable && node.get("Query").is_some();
        if !query && !keys.iter().any(|key| node.get(key).is_some()) {
            let message = format!("the file has none of `{}`", keys.join("`, `"));
            reporter.report(
                &MISSING_KEY,
                check::head(node),
                message,
                Some(format!("add one of them: `{}: …`", keys.first().copied().unwrap_or_default())),
            );
        }
    }
    for keys in format.one_of {
        let there: Vec<_> = keys.iter().filter_map(|key| node.entry(key)).collect();
        if let [_, second, ..] = there.as_slice() {
            let message = format!("only one of `{}` may be there", keys.join("`, `"));
            reporter.report(&EXCLUSIVE_KEYS, second.key.span, message, Some("leave out the other".to_owned()));
        }
    }
    if format.kind == Kind::DataModel {
        for mapping in node.get("Mappings").and_then(Node::as_sequence).unwrap_or_default() {
            let there = ["Method", "Path"].iter().filter(|key| mapping.get(key).is_some()).count();
            if mapping.as_mapping().is_some() && there != 1 {
                let message = "a mapping has either `Method` or `Path`";
                reporter.report(&EXCLUSIVE_KEYS, check::head(mapping), message, None);
            }
        }
    }
}

/// A scheduled query must have time to finish before it starts again.
fn schedule(reporter: &mut Reporter, node: &Node) {
    let Some(schedule) = node.get("Schedule").filter(|schedule| schedule.as_mapping().is_some()) else { return };
    let (cron, rate) = (schedule.get("CronExpression"), schedule.entry("RateMinutes"));
    let report = |reporter: &mut Reporter, span, message: &str| {
        reporter.report(&BAD_SCHEDULE, span, message, None);
    };
    match (cron, rate) {
        (None, None) => {
            report(reporter, check::head(schedule), "`Schedule` has neither `CronExpression` nor `RateMinutes`")
        }
        (Some(_), Some(rate)) => {
            report(reporter, rate.key.span, "`Schedule` has both `CronExpression` and `RateMinutes`")
        }
        (None, Some(rate)) => {
            let Some(minutes) = rate.value.as_int() else { return };
            if minutes <= 1 {
                report(reporter, rate.value.span, "`RateMinutes` must be more than 1");
            } else if schedule.get("TimeoutMinutes").and_then(Node::as_int).is_some_and(|timeout| minutes < timeout) {
                report(reporter, rate.value.span, "`RateMinutes` must not be less than `TimeoutMinutes`");
            }
        }
        (Some(_), None) => {}
    }
}

/// What packs list must exist.
fn pack_references(pack: &mut Pack) {
    let ids: BTreeSet<&str> = pack.detections.iter().map(|detection| detection.id.as_str()).collect();
    let mut problems = Vec::new();
    for detection in pack.detections.iter().filter(|detection| detection.kind == Kind::Pack) {
        let Ok(node) = yaml::parse(&detection.yaml.text) else { continue };
        let mut reporter = Reporter::new(&detection.yaml.path, detection.yaml.text.as_bytes());
        reporter.detection = Some(detection.id.clone());
        let listed =
            node.get("PackDefinition").and_then(|definition| definition.get("IDs")).and_then(Node::as_sequence);
        for item in listed.unwrap_or_default() {
            let Some(id) = item.as_str().filter(|id| !ids.contains(id)) else { continue };
            let help = did_you_mean(id, ids.iter().copied());
            reporter.report(&UNKNOWN_ID, item.span, format!("the pack lists `{id}`, which is not there"), help);
        }
        problems.extend(reporter.finish());
    }
    pack.problems.extend(problems);
}

/// A problem of a file that cannot even be opened.
fn unreadable(path: &str, error: &ReadError, code: &'static ProblemCode) -> Problem {
    let message = format!("it cannot be read: {error}");
    Problem { code, message, file: path.to_owned(), place: None, help: None, detection: None }
}

/// A text file of a pack.
fn source_file(path: &str, text: &Arc<str>) -> SourceFile {
    SourceFile { path: path.to_owned(), text: Arc::clone(text) }
}
