//! A detection's unit tests, with the peer's meaning of pass.
//!
//! The matcher must return exactly `bool`. The other functions run always, in the peer's order, and see what the matcher
//! did to globals and to the input: policies a plain resource, rules an event that is read-only and has the data model of
//! its log type. Where an alert is expected, a test passes when the matcher says so and no function
//! fails; where none is, only the matcher counts. One thing differs: each test begins with the module as it was written,
//! where the peer lets globals that a test changed live on in the next.

mod returned;

use finding::{FactContext, Projection, Resource};
use logic::{Context, DataModel, Fact, Facts, Outcome, Program, Session, Value};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use smol_str::SmolStr;
use source::record::{Limits, Record, Scanner};

use crate::detection::{Code, Detection, Kind, UnitTest};
use crate::facts::{Fields, ResourceFacts};
use crate::input;
use crate::lower::ENTRIES;

/// How a test ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestStatus {
    /// As expected.
    Pass,
    /// Not as expected, or with an exception where none is allowed.
    Fail,
    /// It could not be run to its end.
    Error,
    /// It was not run.
    Skip,
}

impl TestStatus {
    /// The name as it is written in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Error => "ERROR",
            Self::Skip => "SKIP",
        }
    }
}

/// What the tests of a detection came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DetectionResult {
    /// The detection.
    pub id: String,
    /// Its YAML.
    pub file: String,
    /// What runs it: `lowered` or `exact`; null for types without a body.
    pub tier: Option<&'static str>,
    /// The tests, in the order of the YAML.
    pub tests: Vec<TestResult>,
}

/// What a test came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: TestStatus,
    /// What the matcher should return.
    pub expected: bool,
    /// What it returned; null when it returned no boolean.
    pub actual: Option<bool>,
    /// Every function that ran, in order.
    pub functions: Functions,
    /// Why it did not pass.
    pub error: Option<String>,
}

/// Functions with what they returned, in the order in which they ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Functions(pub Vec<(&'static str, FunctionResult)>);

impl Serialize for Functions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, result) in &self.0 {
            map.serialize_entry(name, result)?;
        }
        map.end()
    }
}

/// What a function returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FunctionResult {
    /// `str()` of what it returned.
    pub output: Option<String>,
    /// The exception that it raised, or what is wrong with what it returned.
    pub error: Option<String>,
}

/// Runs the tests of a detection that are wanted. `facts` has the clock and the accounts for computed fields that the
/// inputs do not give themselves.
#[must_use]
pub fn run(detection: &Detection, facts: &FactContext<'_>, wanted: impl Fn(&UnitTest) -> bool) -> DetectionResult {
    let own = Ready::of(detection, &detection.code, None);
    let tests = detection.tests.iter().filter(|test| wanted(test)).map(|test| match &test.own {
        None => one(detection, own.as_ref(), test, facts),
        Some(code) => one(detection, Ready::of(detection, code, test.model.as_ref()).as_ref(), test, facts),
    });
    DetectionResult {
        id: detection.id.clone(),
        file: detection.yaml.path.clone(),
        tier: detection.code.tier(),
        tests: tests.collect(),
    }
}

/// A program with its matcher's name.
struct Ready {
    program: Program,
    matcher: &'static str,
}

impl Ready {
    /// The program of a code that can be run here.
    fn of(detection: &Detection, code: &Code, model: Option<&DataModel>) -> Result<Self, (TestStatus, String)> {
        match (detection.kind, code) {
            (Kind::Policy, Code::Lowered(module)) => {
                Ok(Self { program: Program::new(module.as_ref().clone()), matcher: "policy" })
            }
            (Kind::Rule | Kind::ScheduledRule, Code::Lowered(module)) => {
                Ok(Self { program: Program::for_events(module.as_ref().clone(), model.cloned()), matcher: "rule" })
            }
            (Kind::Policy | Kind::Rule | Kind::ScheduledRule, Code::NotLowered(refused)) => {
                Err((TestStatus::Skip, format!("it needs the exact tier: {refused}")))
            }
            (Kind::Policy, Code::None) => Err((TestStatus::Error, "it has no policy() that can be run".to_owned())),
            (Kind::Rule | Kind::ScheduledRule, Code::None) if detection.python.is_some() => {
                Err((TestStatus::Error, "it has no rule() that can be run".to_owned()))
            }
            (Kind::Rule, Code::None) => Err((TestStatus::Skip, "a rule without Python is not run".to_owned())),
            (kind, _) => Err((TestStatus::Skip, format!("tests of a {kind} are not run"))),
        }
    }
}

type Unready<'r> = &'r (TestStatus, String);

fn one(
    detection: &Detection,
    ready: Result<&Ready, Unready<'_>>,
    test: &UnitTest,
    facts: &FactContext<'_>,
) -> TestResult {
    let mut result = TestResult {
        name: test.name.clone(),
        status: TestStatus::Error,
        expected: test.expected,
        actual: None,
        functions: Functions::default(),
        error: None,
    };
    match ready {
        Ok(ready) => {
            if let Err(error) = evaluate(ready, test, facts, &mut result) {
                result.error = Some(format!("{} cannot be tested: {error}", detection.id));
            }
        }
        Err((status, why)) => {
            result.status = *status;
            result.error = Some(why.clone());
        }
    }
    result
}

/// Runs every function on the test's input.
fn evaluate(ready: &Ready, test: &UnitTest, facts: &FactContext<'_>, result: &mut TestResult) -> Result<(), String> {
    let text = input::json(&test.input).map_err(|error| error.to_string())?;
    let mut scanner = Scanner::new(Limits::default());
    let record = scanner.scan_str(&text).map_err(|error| error.to_string())?;
    let context = Context::new(facts.now);
    if ready.matcher == "rule" {
        call_all(ready, &Event { program: &ready.program, record }, &context, result);
        return Ok(());
    }
    let mut fields = Fields::default();
    let slots = fields.add(&ready.program);
    let mut projection = Projection::new(fields.names());
    let view = projection.view(&record);
    let resource = Resource::new(record, view).map_err(|error| error.to_string())?;
    call_all(ready, &ResourceFacts { resource: &resource, context: facts, slots: &slots }, &context, result);
    Ok(())
}

/// An event as it stands in the YAML: nothing in it is unknown, and nothing is computed.
struct Event<'r> {
    program: &'r Program,
    record: Record<'r>,
}

impl Event<'_> {
    fn fact(&self, index: usize) -> Fact {
        match Value::from_json(self.record.value(index)) {
            Ok(value) => Fact::Value(value),
            Err(unsupported) => Fact::Unsupported(unsupported.to_string()),
        }
    }
}

impl Facts for Event<'_> {
    fn field(&self, index: usize) -> Fact {
        let name = self.program.fields().get(index);
        name.and_then(|name| self.record.index_of(name)).map_or(Fact::Absent, |index| self.fact(index))
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        (0..self.record.len()).map(|index| (SmolStr::new(self.record.key(index)), self.fact(index))).collect()
    }
}

fn call_all(ready: &Ready, input: &dyn Facts, context: &Context, result: &mut TestResult) {
    let mut session = Session::new();
    let mut run = ready.program.run(&mut session, input, context);
    let mut troubles = Vec::new();
    for name in order(ready.matcher) {
        let Some(function) = ready.program.function(name) else { continue };
        let (function, trouble) = outcome(name, run.call(function), &mut result.actual);
        result.functions.0.push((name, function));
        troubles.extend(trouble.map(|trouble| (name, trouble)));
    }
    judge(ready.matcher, &troubles, result);
}

/// The functions in the order in which they run: what decides first, then the peer's order.
fn order(matcher: &'static str) -> impl Iterator<Item = &'static str> {
    ENTRIES.iter().copied().filter(move |name| !matches!(*name, "policy" | "rule") || *name == matcher)
}

/// What went wrong in a function.
enum Trouble {
    /// An exception or a value of a wrong type: the peer would see it too.
    Python(String),
    /// Something that is not evaluated here.
    Engine(String),
}

fn outcome(name: &'static str, outcome: Outcome, actual: &mut Option<bool>) -> (FunctionResult, Option<Trouble>) {
    let mut output = None;
    let trouble = match outcome {
        Outcome::Value(value) => {
            output = value.text().map(|text| text.to_string());
            if matches!(name, "policy" | "rule") {
                *actual = value.as_bool();
            }
            returned::check(name, &value).err().map(Trouble::Python)
        }
        Outcome::Raised(exception) => Some(Trouble::Python(format!("{}: {}", exception.class, exception.message))),
        Outcome::Differs { fields, .. } | Outcome::Unknown { fields, .. } => {
            let fields: Vec<&str> = fields.iter().map(|field| field.as_str()).collect();
            Some(Trouble::Python(format!("it depends on unknown facts: {}", fields.join(", "))))
        }
        Outcome::Unsupported { what, .. } => Some(Trouble::Engine(format!("not evaluated here: {what}"))),
        Outcome::Exceeded { limit } => Some(Trouble::Engine(format!("it goes over the limit of {limit}"))),
    };
    let error = trouble.as_ref().map(|trouble| match trouble {
        Trouble::Python(error) | Trouble::Engine(error) => error.clone(),
    });
    (FunctionResult { output, error }, trouble)
}

/// The verdict on a test, once its functions have run.
fn judge(matcher: &'static str, troubles: &[(&'static str, Trouble)], result: &mut TestResult) {
    let expects_alert = result.expected == (matcher == "rule");
    // Our own `not_applicable` decides as much as the matcher: without it there is no verdict.
    let counts = |name: &str| expects_alert || name == matcher || name == "not_applicable";
    let counted: Vec<_> = troubles.iter().filter(|(name, _)| counts(name)).collect();
    let said = |(name, trouble): &&(&'static str, Trouble)| match trouble {
        Trouble::Python(error) | Trouble::Engine(error) => format!("{name}: {error}"),
    };
    if counted.iter().any(|(_, trouble)| matches!(trouble, Trouble::Engine(_))) {
        result.status = TestStatus::Error;
    } else if counted.is_empty() && result.actual == Some(result.expected) {
        result.status = TestStatus::Pass;
        return;
    } else {
        result.status = TestStatus::Fail;
    }
    let mut errors: Vec<String> = counted.iter().map(said).collect();
    if let Some(actual) = result.actual.filter(|actual| *actual != result.expected) {
        errors.insert(0, format!("{matcher} returned {}, not {}", python(actual), python(result.expected)));
    }
    result.error = Some(errors.join("; "));
}

fn python(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}
