//! Lowering: the Python source of a detection, with the helpers it reaches, into one closed [`Module`].
//!
//! What the tree cannot hold is refused with its name and its place ([`NotLowered`]); nothing is approximated. Two things
//! are taken for granted: that helper modules can be imported (only what is reached of them is lowered), and that
//! annotations are what they claim to be (names used in nothing else need not be known).

mod body;
mod call;
mod comprehension;
mod depth;
mod error;
mod expr;
mod known;
mod matching;
mod modules;
mod names;
mod nested;
mod outline;
mod place;
mod python;
mod stmt;
mod unit;

pub use depth::MAX_DEPTH;
pub use error::NotLowered;
pub use modules::{Helper, Helpers, NoHelpers, ParsedHelper};
pub use outline::{Outline, Signature, outline};
pub use python::{MAX_SOURCE, SyntaxError};

use logic::tree::{FunctionId, Module};

/// The functions that are called from outside, in the order in which they are asked.
pub const ENTRIES: &[&str] = &[
    "not_applicable",
    "policy",
    "rule",
    "reason",
    "title",
    "description",
    "reference",
    "severity",
    "runbook",
    "destinations",
    "dedup",
    "alert_context",
    "unique",
];

/// What a detection judges: it decides what its functions may do with their argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judges {
    /// A resource: a plain dictionary.
    Resources,
    /// An event: read-only, with keys in any case and methods of its own.
    Events,
}

/// A name of the detection's module that a unit test replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mock {
    /// The name.
    pub name: String,
    /// What it returns when called.
    pub value: MockValue,
}

/// What a mock returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MockValue {
    /// Text.
    Str(String),
    /// A truth value.
    Bool(bool),
}

/// What is lowered.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The path of the source, for messages.
    pub path: &'a str,
    /// The source.
    pub source: &'a str,
    /// What the detection judges.
    pub judges: Judges,
    /// Where imports come from.
    pub helpers: &'a dyn Helpers,
    /// The names that a unit test replaces.
    pub mocks: &'a [Mock],
}

impl Request<'_> {
    fn parsed(&self) -> ParsedHelper {
        ParsedHelper::new(Helper { path: self.path.to_owned(), source: self.source.to_owned() })
    }
}

/// Lowers a detection's source.
///
/// # Errors
/// The construct that does not lower, and its place.
pub fn lower(request: Request<'_>) -> Result<Module, Box<NotLowered>> {
    lower_parsed(request, &request.parsed())
}

/// Lowers a detection's source that is parsed already.
///
/// # Errors
/// As [`lower`].
pub fn lower_parsed(request: Request<'_>, own: &ParsedHelper) -> Result<Module, Box<NotLowered>> {
    let (modules, _) = modules::Loader::load(own, request.helpers, None)?;
    unit::lower(&modules, request, &[]).map(|(module, _)| module)
}

/// Lowers a detection's source together with methods of a data model; which functions of the module they are, where the
/// data model has them.
///
/// # Errors
/// The construct that does not lower, and its place.
pub fn with_model(
    request: Request<'_>,
    model: &ParsedHelper,
    methods: &[&str],
) -> Result<(Module, Vec<Option<FunctionId>>), Box<NotLowered>> {
    let (modules, model) = modules::Loader::load(&request.parsed(), request.helpers, Some(model))?;
    let methods: Vec<_> = methods.iter().filter_map(|name| Some((model?, *name))).collect();
    unit::lower(&modules, request, &methods)
}
