//! A body in both of its forms, the tree and its printed logic, and their outcomes as the JSON that `oracles/bodies.py` writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use detection::lower::ENTRIES;
use detection::{Helper, Helpers, Judges, NoHelpers, Request, lower};
use logic::Value;
use logic::tree::Module;
use logic::{Context, Fact, Facts, Glance, Outcome, Program, Session};
use serde_json::{Map, Value as Json, json};
use smol_str::SmolStr;

/// Helper modules: the files of some folders.
pub struct Folders(pub Vec<PathBuf>);

impl Helpers for Folders {
    fn find(&self, module: &str) -> Option<Helper> {
        self.0.iter().find_map(|folder| {
            let path = folder.join(format!("{module}.py"));
            let source = std::fs::read_to_string(&path).ok()?;
            Some(Helper { path: path.display().to_string(), source })
        })
    }
}

/// A body made ready to run.
pub struct Body {
    tree: Program,
    printed: Program,
    /// The logic that is printed.
    pub text: String,
    /// Its entry functions, in the order in which they are called.
    pub functions: Vec<&'static str>,
}

impl Body {
    /// Lowers a body as detections do, prints it and lowers what was printed.
    pub fn load(path: &Path, folders: &[PathBuf]) -> Result<Self, String> {
        let source = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let beside = path.parent().map(Path::to_owned);
        let helpers = Folders(beside.into_iter().chain(folders.iter().cloned()).collect());
        let module = lowered(&path.display().to_string(), &source, &helpers)?;
        let text = logic::print::module(&module);
        let again = lowered("the printed logic", &text, &NoHelpers)?;
        let tree = Program::new(module);
        let functions = ENTRIES.iter().copied().filter(|name| tree.function(name).is_some()).collect();
        Ok(Self { tree, printed: Program::new(again), text, functions })
    }

    /// Whether calls can change what later calls see.
    pub fn is_stateful(&self) -> bool {
        self.tree.is_stateful()
    }

    /// What every function of the tree gives for an input, and those of the printed logic that give something else.
    pub fn answer(&self, session: &mut (Session, Session), input: &str, context: &Context) -> Result<Json, String> {
        let tree = self.outcomes(&self.tree, &mut session.0, input, context)?;
        let mut printed = self.outcomes(&self.printed, &mut session.1, input, context)?;
        printed.retain(|name, outcome| tree.get(name) != Some(outcome));
        Ok(json!({"tree": tree, "printed": printed}))
    }

    fn outcomes(
        &self,
        program: &Program,
        session: &mut Session,
        input: &str,
        context: &Context,
    ) -> Result<Map<String, Json>, String> {
        let input = Input::read(input, program)?;
        let mut run = program.run(session, &input, context);
        let mut outcomes = Map::new();
        for name in &self.functions {
            let outcome = match program.function(name) {
                // A panic is a difference like any other: it must not end the comparison.
                Some(function) => match catch_unwind(AssertUnwindSafe(|| run.call(function))) {
                    Ok(outcome) => encode_outcome(&outcome),
                    Err(_) => json!({"raised": "a panic of ours"}),
                },
                None => json!({"raised": "the function is missing"}),
            };
            outcomes.insert((*name).to_owned(), outcome);
        }
        Ok(outcomes)
    }
}

/// The module as detections run it.
fn lowered(path: &str, source: &str, helpers: &dyn Helpers) -> Result<Module, String> {
    let request = Request { path, source, judges: Judges::Resources, helpers, mocks: &[] };
    lower(request).map(logic::simplify::module).map_err(|error| error.to_string())
}

/// An input whose facts are all known.
struct Input {
    entries: Vec<(SmolStr, Value)>,
    fields: Vec<SmolStr>,
}

impl Input {
    fn read(text: &str, program: &Program) -> Result<Self, String> {
        let value = Value::from_json_text(text).map_err(|error| error.to_string())?;
        let Value::Dict(dict) = received(&value) else { return Err("an input is not an object".to_owned()) };
        let entries = dict.entries();
        let entries =
            entries.iter().filter_map(|(key, value)| Some((SmolStr::new(key.value().as_str()?), value.clone())));
        Ok(Self { entries: entries.collect(), fields: program.fields().to_vec() })
    }
}

impl Input {
    fn value(&self, index: usize) -> Option<&Value> {
        let name = self.fields.get(index)?;
        self.entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl Facts for Input {
    fn field(&self, index: usize) -> Fact {
        self.value(index).map_or(Fact::Absent, |value| Fact::Value(value.clone()))
    }

    fn glance(&self, index: usize) -> Glance<'_> {
        self.value(index).map_or(Glance::Absent, Glance::of)
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        self.entries.iter().map(|(key, value)| (key.clone(), Fact::Value(value.clone()))).collect()
    }
}

/// Floats that JSON has no text for come as `{"__float__": "nan"}`.
fn received(value: &Value) -> Value {
    match value {
        Value::List(list) => Value::list(list.items().iter().map(received).collect()),
        Value::Dict(dict) => match dict.get("__float__").as_ref().and_then(Value::as_str) {
            Some(text) => Value::Float(text.parse().unwrap_or(f64::NAN)),
            None => {
                let entries = dict.entries();
                let entries: Vec<(SmolStr, Value)> = entries
                    .iter()
                    .filter_map(|(key, value)| Some((SmolStr::new(key.value().as_str()?), received(value))))
                    .collect();
                Value::dict(entries)
            }
        },
        other => other.clone(),
    }
}

fn encode_outcome(outcome: &Outcome) -> Json {
    match outcome {
        Outcome::Value(value) => json!({"value": encode(value, 0)}),
        Outcome::Raised(exception) => json!({"raised": exception.class.as_str()}),
        Outcome::Unsupported { what, .. } => json!({"declined": what}),
        Outcome::Exceeded { limit } => json!({"declined": format!("the limit on {limit}")}),
        Outcome::Differs { .. } | Outcome::Unknown { .. } => json!({"raised": "unknown without an unknown fact"}),
    }
}

/// How deep a value is written.
const DEPTH: usize = 60;

fn encode(value: &Value, depth: usize) -> Json {
    let all = |values: &mut dyn Iterator<Item = Value>| Json::Array(values.map(|it| encode(&it, depth + 1)).collect());
    let kind = value.type_name().rsplit('.').next().unwrap_or_default();
    match value {
        _ if depth > DEPTH => json!({"object": "deeper than is written"}),
        Value::None => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!({"int": number.to_string()}),
        Value::Float(_) => json!({"float": value.repr()}),
        Value::Str(text) => json!({"str": text.as_str()}),
        Value::List(list) => json!({kind: all(&mut list.items().iter().cloned())}),
        Value::Tuple(tuple) => json!({kind: all(&mut tuple.items().iter().cloned())}),
        Value::Set(set) | Value::FrozenSet(set) => {
            json!({kind: all(&mut set.members().iter().map(|key| key.value().clone()))})
        }
        Value::Dict(dict) => {
            let entries = dict.entries();
            let pairs =
                entries.iter().map(|(key, value)| json!([encode(key.value(), depth + 1), encode(value, depth + 1)]));
            json!({kind: pairs.collect::<Vec<_>>()})
        }
        _ => json!({"object": kind, "repr": value.repr()}),
    }
}
