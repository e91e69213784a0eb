//! Runs a module's functions on one input, with exact Python semantics and three-valued truth.
//!
//! [`Program`] is a module made ready and can be shared between threads. A [`Session`] holds what a run needs and is
//! used again for the next input. [`Program::run`] begins with one input; the functions called in that [`Run`] see what
//! the earlier ones did to globals and to the input, as in the peer. [`Program::call`] is a run of one function.

pub(crate) mod arguments;
pub(crate) mod calls;
pub(crate) mod code;
pub(crate) mod comprehension;
pub(crate) mod expressions;
mod glance;
pub(crate) mod machine;
pub(crate) mod prepare;
mod run;
pub(crate) mod state;
mod statements;

use std::sync::Arc;

use smol_str::SmolStr;

pub use glance::Glance;
pub(crate) use run::alone;
pub use run::{Run, Session};

use crate::tree::{At, FunctionId, Module};
use crate::value::Value;

/// A module made ready to run.
#[derive(Debug, Clone)]
pub struct Program {
    module: Arc<Module>,
    code: Arc<code::Code>,
}

/// Names of the functions that are called with the input.
pub const ENTRY_FUNCTIONS: &[&str] = &[
    "policy",
    "rule",
    "title",
    "description",
    "reference",
    "severity",
    "runbook",
    "destinations",
    "dedup",
    "alert_context",
    "unique",
    "not_applicable",
    "reason",
];

impl Program {
    /// Makes `module` ready.
    pub fn new(module: Module) -> Self {
        let code = Arc::new(prepare::prepare(&module));
        Self { module: Arc::new(module), code }
    }

    /// Makes `module` ready to judge events: its functions get one that is read-only and has keys in any case. The data
    /// model is that of the event's log type; its methods are functions of the module.
    pub fn for_events(module: Module, model: Option<DataModel>) -> Self {
        let code = code::Code { events: true, model, ..prepare::prepare(&module) };
        Self { module: Arc::new(module), code: Arc::new(code) }
    }

    /// The module it was made from.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The function of that name.
    pub fn function(&self, name: &str) -> Option<FunctionId> {
        let index = self.code.functions.iter().position(|function| function.name == name)?;
        u32::try_from(index).ok().map(FunctionId)
    }

    /// The top-level fields of the input that are read by a constant name; [`Facts::field`] is asked by index into this.
    pub fn fields(&self) -> &[SmolStr] {
        &self.code.fields
    }

    /// Whether an entry function uses the input as a whole.
    pub fn reads_whole_input(&self) -> bool {
        self.code.functions.iter().any(|function| {
            ENTRY_FUNCTIONS.contains(&function.name.as_str()) && (function.reads_first || function.reads_input)
        })
    }

    /// Whether calls can change what later calls see: globals are then made anew for every [`Run`].
    pub fn is_stateful(&self) -> bool {
        self.code.stateful
    }

    /// Begins with one input: globals that calls can change are as the module made them.
    pub fn run<'a>(&'a self, session: &'a mut Session, facts: &'a dyn Facts, context: &'a Context) -> Run<'a> {
        Run::begin(&self.code, session, facts, context)
    }

    /// A run of one function. To call several on one input, use [`Self::run`].
    pub fn call(&self, session: &mut Session, function: FunctionId, facts: &dyn Facts, context: &Context) -> Outcome {
        Run::begin(&self.code, session, facts, context).call(function)
    }
}

/// Where the unified fields of a log type come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataModel {
    /// Its id.
    pub id: String,
    /// Fields that are read at a path of keys.
    pub paths: Vec<(SmolStr, Vec<SmolStr>)>,
    /// Fields that a function of the module computes; `None` where that function is beyond the tree.
    pub methods: Vec<(SmolStr, Option<FunctionId>)>,
}

/// What is known of the input.
pub trait Facts {
    /// The field of that index into [`Program::fields`].
    fn field(&self, index: usize) -> Fact;
    /// The same, as far as it can be said without making a value; [`Glance::Other`] is always right.
    fn glance(&self, _index: usize) -> Glance<'_> {
        Glance::Other
    }
    /// Every key of the input, in order.
    fn whole(&self) -> Vec<(SmolStr, Fact)>;
}

/// What is known of one field.
#[derive(Debug, Clone)]
pub enum Fact {
    /// The input has no such key.
    Absent,
    /// Its value.
    Value(Value),
    /// It has a value that could not be read.
    Unknown,
    /// Its value is one that is not held exactly; why.
    Unsupported(String),
}

/// What evaluation depends on besides code and input.
#[derive(Debug, Clone)]
pub struct Context {
    /// What `datetime.now` says.
    pub now: jiff::Timestamp,
    /// The bounds.
    pub limits: Limits,
    /// Whether an unknown reads `unknown` in text, as suits a title or a reason.
    pub describe_unknown: bool,
}

impl Context {
    /// The context for that time, with default limits; unknowns do not read as text.
    pub fn new(now: jiff::Timestamp) -> Self {
        Self { now, limits: Limits::default(), describe_unknown: false }
    }

    /// The same where unknowns read `unknown` in text.
    #[must_use]
    pub fn describing(self) -> Self {
        Self { describe_unknown: true, ..self }
    }
}

/// The bounds of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Statements, iterations, calls and regular-expression steps.
    pub steps: u64,
    /// Bytes of text and containers made, not counting what was freed meanwhile.
    pub memory: u64,
    /// Calls within calls.
    pub depth: u32,
    /// Ways in which unknown facts may turn out that are looked at before giving up.
    pub worlds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 2_000_000, memory: 256 << 20, depth: 60, worlds: 256 }
    }
}

/// How a call ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With that value, whatever the unknown facts are.
    Value(Value),
    /// The unknown facts named do not settle it; the values it may have, as far as they are known.
    Differs {
        /// Each possible value once. An exception in some cases adds none.
        values: Vec<Value>,
        /// Whether it ends with a value in every case.
        complete: bool,
        /// The unknown facts that matter.
        fields: Vec<SmolStr>,
    },
    /// It cannot be said what it depends on unknown facts for.
    Unknown {
        /// The unknown facts that were consulted.
        fields: Vec<SmolStr>,
        /// What was asked of them.
        why: String,
    },
    /// With an exception, whatever the unknown facts are.
    Raised(Exception),
    /// It needs something that this evaluator does not hold exactly.
    Unsupported {
        /// What.
        what: String,
        /// Where.
        at: At,
    },
    /// A bound was reached.
    Exceeded {
        /// Which.
        limit: String,
    },
}

/// A Python exception that nothing caught.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The name of its class: `KeyError`.
    pub class: SmolStr,
    /// `str(exception)`: `'Origin'`.
    pub message: String,
    /// Where it was raised.
    pub at: At,
}
