//! The Python of a detection: read, outlined, lowered, and compared with what the YAML and the sidecar say of it.

use std::sync::Arc;

use source::{Node, Span};

use super::{Document, Place, source_file};
use crate::detection::{Code, Detection, Kind};
use crate::files::{Files, ReadError};
use crate::helpers::PackHelpers;
use crate::lower::{self, ENTRIES, Helper, Judges, NotLowered, Outline, ParsedHelper, Request};
use crate::parameter::constant;
use crate::problem::{
    DEFAULT_DIFFERS, INVALID_PYTHON, NO_CONSTANT, NO_FUNCTION, NO_MOCKED_NAME, NO_SOURCE, NOT_LOWERED, Problem,
    Reporter, UNREADABLE, did_you_mean,
};

/// Reads the source of a detection and gives the detection its code.
pub(super) fn attach(
    yaml: &mut Reporter,
    place: Place<'_>,
    detection: &mut Detection,
    document: &Document,
    path: &str,
) -> Vec<Problem> {
    let filename = document.node.get("Filename").map_or(document.node.span, |node| node.span);
    let Some(text) = read(yaml, place.files, path, filename) else { return Vec::new() };
    detection.python = Some(source_file(path, &text));
    let mut reporter = Reporter::new(path, text.as_bytes());
    reporter.detection = Some(detection.id.clone());
    let parsed = ParsedHelper::new(Helper { path: path.to_owned(), source: text.to_string() });
    match parsed.outline() {
        Ok(outline) => {
            mocked_names(yaml, document, &outline);
            if functions(&mut reporter, detection.kind, &outline) {
                lower_body(&mut reporter, place, detection, &text, &parsed);
            }
        }
        Err(error) => {
            let span = Span::new(error.start as usize, error.end as usize);
            reporter.report(&INVALID_PYTHON, span, error.message, None);
        }
    }
    reporter.finish()
}

fn read(yaml: &mut Reporter, files: &dyn Files, path: &str, filename: Span) -> Option<Arc<str>> {
    match files.read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Some(Arc::from(text)),
            Err(_) => {
                let help = "save it as UTF-8".to_owned();
                yaml.report(&UNREADABLE, filename, format!("{path} is not UTF-8"), Some(help));
                None
            }
        },
        Err(ReadError::Missing) => {
            let help = "create it, or correct `Filename`".to_owned();
            yaml.report(&NO_SOURCE, filename, format!("there is no file {path}"), Some(help));
            None
        }
        Err(error) => {
            yaml.report(&UNREADABLE, filename, format!("{path} cannot be read: {error}"), None);
            None
        }
    }
}

/// The function that gives the verdict.
fn matcher(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Policy => Some("policy"),
        Kind::Rule | Kind::ScheduledRule => Some("rule"),
        _ => None,
    }
}

/// Whether the functions that are called are there and take one argument.
fn functions(reporter: &mut Reporter, kind: Kind, outline: &Outline) -> bool {
    let Some(matcher) = matcher(kind) else { return false };
    let argument = if kind == Kind::Policy { "resource" } else { "event" };
    let mut runs = true;
    if outline.function(matcher).is_none() {
        let names = outline.functions.iter().map(|function| function.name.as_str());
        let help = did_you_mean(matcher, names).unwrap_or_else(|| format!("add `def {matcher}({argument}):`"));
        reporter.report(&NO_FUNCTION, Span::new(0, 0), format!("the module has no function `{matcher}`"), Some(help));
        runs = false;
    }
    let called = ENTRIES.iter().filter_map(|name| outline.function(name));
    for function in called.filter(|function| !function.takes_one) {
        let message = format!("`{}{}` cannot be called with one argument", function.name, function.parameters);
        let help = format!("write `def {}({argument}):`", function.name);
        reporter.report(&NO_FUNCTION, function.span, message, Some(help));
        runs = runs && function.name != matcher;
    }
    runs
}

/// A mock replaces a name of the detection's own module, which must be there.
fn mocked_names(yaml: &mut Reporter, document: &Document, outline: &Outline) {
    for test in document.node.get("Tests").and_then(Node::as_sequence).unwrap_or_default() {
        for mock in test.get("Mocks").and_then(Node::as_sequence).unwrap_or_default() {
            let Some(node) = mock.get("objectName") else { continue };
            let Some(name) = node.as_str().filter(|name| !outline.names.contains(*name)) else { continue };
            let help = did_you_mean(name, outline.names.iter().map(String::as_str));
            let message = format!("the module has no name `{name}` that could be mocked");
            yaml.report(&NO_MOCKED_NAME, node.span, message, help);
        }
    }
}

fn lower_body(reporter: &mut Reporter, place: Place<'_>, detection: &mut Detection, text: &str, parsed: &ParsedHelper) {
    let path = parsed.path();
    let judges = if detection.kind == Kind::Policy { Judges::Resources } else { Judges::Events };
    let helpers = PackHelpers { cache: Some(place.cache), ..PackHelpers::new(place.files, path, place.globals) };
    let request = Request { path, source: text, judges, helpers: &helpers, mocks: &[] };
    for test in detection.tests.iter_mut().filter(|test| !test.mocks.is_empty()) {
        test.own = Some(match lower::lower_parsed(Request { mocks: &test.mocks, ..request }, parsed) {
            Ok(module) => Code::Lowered(Box::new(module)),
            Err(error) => Code::NotLowered(error),
        });
    }
    if detection.kind == Kind::Rule {
        place.models.attach(request, &mut detection.tests);
    }
    match lower::lower_parsed(request, parsed) {
        Ok(module) => {
            // What runs is what `explain` prints: the simplified tree.
            detection.code = Code::Lowered(Box::new(logic::simplify::module(module)));
            parameters(reporter, detection);
        }
        Err(error) => {
            not_lowered(reporter, &error);
            detection.code = Code::NotLowered(error);
        }
    }
}

fn not_lowered(reporter: &mut Reporter, error: &NotLowered) {
    let message = format!("the body needs the exact tier because of {}: {}", error.construct, error.why);
    reporter.problems.push(Problem {
        code: &NOT_LOWERED,
        message,
        file: error.file.clone(),
        place: Some(error.place),
        help: None,
        detection: reporter.detection.clone(),
    });
}

/// Each parameter of the sidecar is a constant of the module with the default as its value.
fn parameters(reporter: &mut Reporter, detection: &Detection) {
    let (Some(module), Some(sidecar)) = (detection.module(), &detection.sidecar) else { return };
    for parameter in &sidecar.parameters {
        let name = &parameter.name;
        match constant(module, name) {
            None => {
                let message = format!(
                    "{} declares the parameter `{name}`, but no function uses a constant of that name",
                    sidecar.path
                );
                let help = format!("add `{name} = {}` and use it", parameter.default);
                reporter.report(&NO_CONSTANT, Span::new(0, 0), message, Some(help));
            }
            Some(value) if value != parameter.default => {
                let at =
                    module.globals.iter().find(|global| global.name == *name).and_then(|global| global.value.as_ref());
                let span =
                    at.map_or(Span::new(0, 0), |value| Span::new(value.at.start as usize, value.at.end as usize));
                let message = format!("`{name}` is {value} here and {} in {}", parameter.default, sidecar.path);
                reporter.report(&DEFAULT_DIFFERS, span, message, Some("make them equal".to_owned()));
            }
            Some(_) => {}
        }
    }
}
