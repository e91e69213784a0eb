//! Data models: where the unified fields of a log type come from, and the methods that compute some of them.

use std::collections::BTreeMap;
use std::rc::Rc;

use logic::DataModel;
use smol_str::SmolStr;
use source::Node;

use super::Document;
use crate::detection::{Code, UnitTest};
use crate::files::Files;
use crate::lower::{self, Helper, ParsedHelper, Request};

/// The enabled data models of a pack by the log types that they are for.
#[derive(Debug, Default)]
pub(super) struct Models(BTreeMap<String, Rc<ModelSource>>);

/// A data model as its files have it.
#[derive(Debug)]
struct ModelSource {
    id: String,
    paths: Vec<(SmolStr, Vec<SmolStr>)>,
    /// Fields with the functions that compute them.
    methods: Vec<(SmolStr, SmolStr)>,
    /// Fields at paths that are more than a chain of keys.
    beyond: Vec<SmolStr>,
    source: Option<ParsedHelper>,
}

impl Models {
    /// Adds the model of a document, unless it is switched off or its log types have one already.
    pub fn add(&mut self, files: &dyn Files, id: &str, document: &Document) {
        if document.node.get("Enabled").and_then(Node::as_bool) == Some(false) {
            return;
        }
        let model = Rc::new(ModelSource::new(files, id, document));
        for name in document.node.get("LogTypes").and_then(Node::as_sequence).unwrap_or_default() {
            if let Some(name) = name.as_str() {
                self.0.entry(name.to_owned()).or_insert_with(|| Rc::clone(&model));
            }
        }
    }

    /// Gives tests of a rule the data model of their event's log type, and the body that has its methods.
    pub fn attach(&self, request: Request<'_>, tests: &mut [UnitTest]) {
        let mut made: BTreeMap<String, (Code, DataModel)> = BTreeMap::new();
        for test in tests {
            let Some(model) = test.input.get("p_log_type").and_then(Node::as_str).and_then(|name| self.0.get(name))
            else {
                continue;
            };
            let mocks = std::mem::take(&mut test.mocks);
            let request = Request { mocks: &mocks, ..request };
            let (code, data_model) = match made.get(&model.id).filter(|_| mocks.is_empty()) {
                Some(known) => known.clone(),
                None => model.joined(request),
            };
            if mocks.is_empty() {
                made.entry(model.id.clone()).or_insert_with(|| (code.clone(), data_model.clone()));
            }
            test.mocks = mocks;
            test.own = Some(code);
            test.model = Some(data_model);
        }
    }
}

impl ModelSource {
    fn new(files: &dyn Files, id: &str, document: &Document) -> Self {
        let path = document.source_path();
        let source = path.and_then(|path| {
            let source = String::from_utf8(files.read(&path).ok()?).ok()?;
            Some(ParsedHelper::new(Helper { path, source }))
        });
        let mut model = Self { id: id.to_owned(), paths: Vec::new(), methods: Vec::new(), beyond: Vec::new(), source };
        for mapping in document.node.get("Mappings").and_then(Node::as_sequence).unwrap_or_default() {
            let text = |key: &str| mapping.get(key).and_then(Node::as_str).filter(|text| !text.is_empty());
            let Some(name) = text("Name").map(SmolStr::new) else { continue };
            match (text("Path"), text("Method")) {
                (Some(path), _) => match keys(path) {
                    Some(keys) => model.paths.push((name, keys)),
                    None => model.beyond.push(name),
                },
                (None, Some(method)) => model.methods.push((name, SmolStr::new(method))),
                (None, None) => {}
            }
        }
        model
    }

    /// The body with the methods that can be had; where one of them is beyond the tree, the others are still there.
    fn joined(&self, request: Request<'_>) -> (Code, DataModel) {
        let all: Vec<&str> = self.methods.iter().map(|(_, method)| method.as_str()).collect();
        let lowered = match &self.source {
            None => lower::lower(request).map(|module| (module, Vec::new())),
            Some(source) => lower::with_model(request, source, &all).or_else(|_| {
                let works = |name: &&str| lower::with_model(request, source, &[*name]).is_ok();
                // A name that is not there keeps its place in the list.
                let names: Vec<&str> = all.iter().map(|name| if works(name) { *name } else { "" }).collect();
                lower::with_model(request, source, &names)
            }),
        };
        let (code, functions) = match lowered {
            Ok((module, functions)) => (Code::Lowered(Box::new(module)), functions),
            Err(error) => (Code::NotLowered(error), Vec::new()),
        };
        let function = |index: usize| functions.get(index).copied().flatten();
        let methods = self.methods.iter().enumerate().map(|(index, (name, _))| (name.clone(), function(index)));
        let beyond = self.beyond.iter().map(|name| (name.clone(), None));
        let model =
            DataModel { id: self.id.clone(), paths: self.paths.clone(), methods: methods.chain(beyond).collect() };
        (code, model)
    }
}

/// The keys of a path such as `a`, `a.b` or `$.a.b`.
fn keys(path: &str) -> Option<Vec<SmolStr>> {
    let path = path.trim();
    let path = path.strip_prefix("$.").unwrap_or(path);
    let plain = |key: &str| {
        key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && key.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    path.split('.').all(plain).then(|| path.split('.').map(SmolStr::new).collect())
}

#[cfg(test)]
mod tests {
    use super::keys;

    #[test]
    fn a_path_is_a_chain_of_keys() {
        assert_eq!(keys("$.a.b_1").unwrap_or_default(), ["a", "b_1"]);
        assert_eq!(keys("a").unwrap_or_default(), ["a"]);
        for beyond in ["$.a[0]", "$..a", "a.*", "", "a b", "$.'x'"] {
            assert_eq!(keys(beyond), None, "{beyond}");
        }
    }
}
