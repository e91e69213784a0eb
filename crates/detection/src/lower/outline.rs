//! What a source file offers to those outside: its functions with how they can be called, and its names.

use std::collections::BTreeSet;

use source::Span;

use super::names::Bound;
use super::python::ast::{self, Stmt};
use super::python::{self, Ranged, SyntaxError};

/// What a module offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// The functions defined at its top, in order.
    pub functions: Vec<Signature>,
    /// Every name bound at its top: functions, classes, values, imports.
    pub names: BTreeSet<String>,
}

/// How a function can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Its name.
    pub name: String,
    /// Its parameters as written.
    pub parameters: String,
    /// Whether it can be called with one argument by position.
    pub takes_one: bool,
    /// Where its name stands.
    pub span: Span,
}

impl Outline {
    /// The function of that name; the last, where there are several.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<&Signature> {
        self.functions.iter().rev().find(|function| function.name == name)
    }
}

/// The outline of a source text.
///
/// # Errors
/// The first syntax error.
pub fn outline(source: &str) -> Result<Outline, SyntaxError> {
    Ok(of_suite(&python::parse(source)?, source))
}

/// The outline of a source text that is parsed.
pub(super) fn of_suite(suite: &[Stmt], source: &str) -> Outline {
    let mut outline = Outline::default();
    for stmt in suite {
        match stmt {
            Stmt::FunctionDef(function) => outline.functions.push(signature(function, source)),
            Stmt::ClassDef(class) => {
                outline.names.insert(class.name.to_string());
            }
            _ => {}
        }
    }
    let bound = Bound::of(suite);
    outline.names.extend(bound.assigned.iter().map(ToString::to_string));
    for stmt in bound.imports {
        let aliases = match stmt {
            Stmt::Import(import) => &import.names,
            Stmt::ImportFrom(import) => &import.names,
            _ => continue,
        };
        for alias in aliases {
            let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
            outline.names.insert(name.split('.').next().unwrap_or(name).to_owned());
        }
    }
    outline
}

fn signature(function: &ast::StmtFunctionDef, source: &str) -> Signature {
    let parameters = function.parameters.as_ref();
    let positional = parameters.posonlyargs.iter().chain(&parameters.args);
    let required = positional.clone().filter(|parameter| parameter.default.is_none()).count();
    let accepts_one = positional.count() > 0 || parameters.vararg.is_some();
    let named_required = parameters.kwonlyargs.iter().any(|parameter| parameter.default.is_none());
    let range = parameters.range();
    Signature {
        name: function.name.to_string(),
        parameters: source.get(range.start().to_usize()..range.end().to_usize()).unwrap_or_default().to_owned(),
        takes_one: required <= 1 && accepts_one && !named_required,
        span: Span::new(function.name.start().to_usize(), function.name.end().to_usize()),
    }
}
