//! Judging: what one detection says of one resource. `not_applicable`, then `policy`, then the texts.
//!
//! Nothing but `True` passes and nothing but `False` fails: an exception, a value of another type, an unknown fact that matters,
//! a body that does not lower are all UNKNOWN, with the reason.

use finding::resource::Small;
use finding::{FactContext, Resource, Severity, Status};
use logic::tree::FunctionId;
use logic::{Context, Outcome, Program, Session, Value};
use smol_str::SmolStr;

use crate::facts::{Fields, ResourceFacts, Slots};
use crate::{Code, Detection};

/// A detection made ready to judge, on one thread.
pub struct Judge<'d> {
    detection: &'d Detection,
    code: Option<Ready>,
    session: Session,
}

struct Ready {
    program: Program,
    slots: Slots,
    policy: FunctionId,
    not_applicable: Option<FunctionId>,
    texts: Texts,
}

/// The functions that say a verdict in words, in the order in which they are called.
struct Texts {
    title: Option<FunctionId>,
    dedup: Option<FunctionId>,
    severity: Option<FunctionId>,
    reason: Option<FunctionId>,
}

/// What a detection says of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// As it should be.
    Pass,
    /// It breaks the baseline.
    Fail,
    /// The question does not arise, because of this.
    NotApplicable(String),
    /// It cannot be told.
    Unknown(Why),
}

impl Verdict {
    /// The fields whose facts it depends on and that could not be read.
    #[must_use]
    pub fn unknown_fields(&self) -> &[SmolStr] {
        match self {
            Self::Unknown(Why::Facts(fields)) => fields,
            _ => &[],
        }
    }

    /// The status it stands for.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Pass => Status::Pass,
            Self::Fail => Status::Fail,
            Self::NotApplicable(_) => Status::NotApplicable,
            Self::Unknown(_) => Status::Unknown,
        }
    }
}

/// Why a verdict is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It depends on these facts, which could not be read.
    Facts(Vec<SmolStr>),
    /// Anything else, in words.
    Because(String),
}

/// The words for a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line: what is wrong with which thing.
    pub title: String,
    /// Why this verdict.
    pub reason: String,
    /// The dedup string.
    pub group: String,
    /// The severity, as the body or the file says it.
    pub severity: Severity,
}

impl<'d> Judge<'d> {
    /// Makes a detection ready; what it reads of a resource is added to `fields`.
    pub fn new(detection: &'d Detection, fields: &mut Fields) -> Self {
        let code = detection.module().and_then(|module| {
            let program = Program::new(module.clone());
            let policy = program.function("policy")?;
            Some(Ready {
                slots: fields.add(&program),
                policy,
                not_applicable: program.function("not_applicable"),
                texts: Texts {
                    title: program.function("title"),
                    dedup: program.function("dedup"),
                    severity: program.function("severity"),
                    reason: program.function("reason"),
                },
                program,
            })
        });
        Self { detection, code, session: Session::default() }
    }

    /// The detection.
    #[must_use]
    pub fn detection(&self) -> &'d Detection {
        self.detection
    }

    /// Whether the detection is about resources of this type.
    #[must_use]
    pub fn is_about(&self, kind: &str) -> bool {
        self.detection.resource_types.is_empty() || self.detection.resource_types.iter().any(|known| known == kind)
    }

    /// What the detection says of the resource. `context` is that of [`Context::new`].
    pub fn verdict(&mut self, resource: &Resource<'_>, facts: &FactContext<'_>, context: &Context) -> Verdict {
        let Some(ready) = &self.code else {
            return Verdict::Unknown(Why::Because(why_not_run(self.detection)));
        };
        let facts = ResourceFacts { resource, context: facts, slots: &ready.slots };
        let mut run = ready.program.run(&mut self.session, &facts, context);
        if let Some(function) = ready.not_applicable
            && let Some(verdict) = not_applicable(run.call(function))
        {
            return verdict;
        }
        policy(run.call(ready.policy))
    }

    /// The words for a verdict that [`Self::verdict`] gave.
    pub fn words(
        &mut self,
        verdict: &Verdict,
        resource: &Resource<'_>,
        facts: &FactContext<'_>,
        context: &Context,
    ) -> Words {
        let mut said = Said::default();
        if let Some(ready) = &self.code {
            let input = ResourceFacts { resource, context: facts, slots: &ready.slots };
            let describing = context.clone().describing();
            let mut run = ready.program.run(&mut self.session, &input, &describing);
            let mut text =
                |function: Option<FunctionId>| function.and_then(|function| settled_text(run.call(function)));
            let texts = &ready.texts;
            said.title = if matches!(verdict, Verdict::Fail) { text(texts.title) } else { None };
            said.group = text(texts.dedup);
            said.severity = text(texts.severity).and_then(|name| Severity::parse(&name));
            if matches!(verdict, Verdict::Pass | Verdict::Fail) {
                said.reason = text(texts.reason).or_else(|| Some(said_by_fields(&ready.program, &input)));
            }
        }
        let detection = self.detection;
        Words {
            title: said.title.unwrap_or_else(|| detection.name().to_owned()),
            group: said.group.unwrap_or_else(|| detection.id.clone()),
            severity: said.severity.unwrap_or_else(|| severity(detection)),
            reason: match verdict {
                Verdict::NotApplicable(reason) => reason.clone(),
                Verdict::Unknown(why) => unknown_words(why, resource, facts),
                Verdict::Pass | Verdict::Fail => said.reason.unwrap_or_default(),
            },
        }
    }
}

/// What the body itself says about a verdict.
#[derive(Default)]
struct Said {
    title: Option<String>,
    group: Option<String>,
    severity: Option<Severity>,
    reason: Option<String>,
}

/// The severity that the YAML gives; a policy without one is refused when it is loaded.
#[must_use]
pub fn severity(detection: &Detection) -> Severity {
    detection.severity.unwrap_or(Severity::Medium)
}

fn why_not_run(detection: &Detection) -> String {
    match &detection.code {
        Code::NotLowered(refused) => format!("the detection cannot be run: {refused}"),
        _ => "the detection has no policy() that can be run".to_owned(),
    }
}

/// A verdict, where the answer of `not_applicable` is one.
fn not_applicable(outcome: Outcome) -> Option<Verdict> {
    match outcome {
        Outcome::Value(Value::None) => None,
        Outcome::Value(value) => Some(match value.as_str() {
            Some(reason) => Verdict::NotApplicable(reason.to_owned()),
            None => wrong_type("not_applicable()", "a string or None", &value),
        }),
        // Whatever the unknown facts are, the question does not arise: only the reason differs.
        Outcome::Differs { values, complete: true, .. } if values.iter().all(|value| value.as_str().is_some()) => {
            let reasons: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            Some(Verdict::NotApplicable(reasons.join("; or: ")))
        }
        other => Some(unsettled("not_applicable()", other)),
    }
}

fn policy(outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Value(Value::Bool(true)) => Verdict::Pass,
        Outcome::Value(Value::Bool(false)) => Verdict::Fail,
        Outcome::Value(value) => wrong_type("policy()", "True or False", &value),
        other => unsettled("policy()", other),
    }
}

fn wrong_type(function: &str, expected: &str, value: &Value) -> Verdict {
    Verdict::Unknown(Why::Because(format!("{function} returned {}, not {expected}", value.type_name())))
}

fn unsettled(function: &str, outcome: Outcome) -> Verdict {
    Verdict::Unknown(match outcome {
        Outcome::Differs { fields, .. } => Why::Facts(fields),
        Outcome::Unknown { fields, why } if fields.is_empty() => Why::Because(format!("{function}: {why}")),
        Outcome::Unknown { fields, .. } => Why::Facts(fields),
        Outcome::Raised(exception) => {
            Why::Because(format!("{function} raised {}: {}", exception.class, exception.message))
        }
        Outcome::Unsupported { what, .. } => Why::Because(format!("{function} cannot be judged exactly: {what}")),
        Outcome::Exceeded { limit } => Why::Because(format!("{function} went over the limit of {limit}")),
        Outcome::Value(value) => Why::Because(format!("{function} returned {}", value.type_name())),
    })
}

/// The text of an outcome that is one; in the texts of a finding an exception counts for nothing.
fn settled_text(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Value(value) => value.as_str().filter(|text| !text.is_empty()).map(str::to_owned),
        _ => None,
    }
}

/// The most characters of one value in a reason that is made from the fields.
const MOST_SHOWN: usize = 60;

/// A reason for a body that gives none: what it looked at, and what it found there.
fn said_by_fields(program: &Program, input: &ResourceFacts<'_>) -> String {
    let mut said = String::with_capacity(32 * program.fields().len());
    for (index, name) in program.fields().iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        said.extend([separator, name, " is "]);
        match input.fact(index) {
            finding::Fact::Json(raw) => push_shortened(&mut said, raw.text()),
            finding::Fact::Computed(small) => push_small(&mut said, small),
            finding::Fact::Absent => said += "not there",
            finding::Fact::Listed(found) => push_shortened(&mut said, &found.join("; ")),
            finding::Fact::Unknown(_) | finding::Fact::Invalid(_) | finding::Fact::Open(_) => said += "unknown",
        }
    }
    said
}

fn push_shortened(said: &mut String, text: &str) {
    // Most texts are short, and no text has more characters than bytes.
    let cut = if text.len() > MOST_SHOWN { text.char_indices().nth(MOST_SHOWN) } else { None };
    match cut {
        Some((end, _)) => said.extend([&text[..end], "…"]),
        None => *said += text,
    }
}

fn push_small(said: &mut String, small: Small) {
    match small {
        Small::Null => *said += "null",
        Small::Bool(value) => *said += if value { "true" } else { "false" },
        Small::Int(value) => *said += &value.to_string(),
        Small::Text(text) => *said += text,
    }
}

fn unknown_words(why: &Why, resource: &Resource<'_>, context: &FactContext<'_>) -> String {
    let fields = match why {
        Why::Because(reason) => return reason.clone(),
        Why::Facts(fields) => fields,
    };
    let told = |field: &SmolStr| match resource.fact(field, context) {
        finding::Fact::Unknown(fact) if fact.field == *field => {
            format!("{field} could not be read: {} failed with {}", fact.operation, fact.code)
        }
        finding::Fact::Unknown(fact) => {
            format!(
                "{field} needs {}, which could not be read: {} failed with {}",
                fact.field, fact.operation, fact.code
            )
        }
        _ => format!("{field} is not known"),
    };
    let parts: Vec<String> = fields.iter().map(told).collect();
    format!("the verdict depends on what could not be read: {}", parts.join("; "))
}
