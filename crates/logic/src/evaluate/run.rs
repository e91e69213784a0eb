//! A run: functions called one after the other on one input, and the worlds that its unknown facts allow.

use std::sync::Arc;

use smol_str::SmolStr;

use super::arguments::Call;
use super::code::Code;
use super::machine::{Machine, State};
use super::{Context, Exception, Facts, Outcome, glance};
use crate::class;
use crate::containers::Dict;
use crate::object::{Home, Object};
use crate::stop::{R, Stop};
use crate::tree::FunctionId;
use crate::value::Value;
use crate::worlds::{Fork, Region};

/// What evaluations need and can share one after the other: stacks, globals. Best kept per program and thread.
#[derive(Debug, Default)]
pub struct Session {
    state: State,
}

impl Session {
    /// A session.
    pub fn new() -> Self {
        Self::default()
    }
}

/// Functions called one after the other on one input.
pub struct Run<'a> {
    code: &'a Arc<Code>,
    session: &'a mut Session,
    facts: &'a dyn Facts,
    context: &'a Context,
    /// What was called so far, where calls can change what later ones see.
    called: Vec<FunctionId>,
    /// Whether an unknown was met: then every call is made in every world.
    exploring: bool,
    /// Whether the session knows that there is a new input. What is told at a glance needs none.
    begun: bool,
}

/// How one world ended.
enum End {
    Value(Value),
    Raised(Exception),
    Unsupported(String, crate::tree::At),
    Exceeded(&'static str),
    /// The value of an unknown was needed.
    Needs(Vec<SmolStr>),
}

/// The worlds as they were told apart.
enum Tree {
    End(End),
    Fork(Vec<SmolStr>, Vec<Self>),
}

impl<'a> Run<'a> {
    pub(super) fn begin(
        code: &'a Arc<Code>,
        session: &'a mut Session,
        facts: &'a dyn Facts,
        context: &'a Context,
    ) -> Self {
        Self { code, session, facts, context, called: Vec::new(), exploring: false, begun: false }
    }

    /// Calls a function with the input; it sees what the calls before it did.
    pub fn call(&mut self, function: FunctionId) -> Outcome {
        if let Some(value) = glance::call(self.code, function, self.facts, self.context) {
            return Outcome::Value(value);
        }
        if !self.begun {
            self.forget_input_before();
        }
        let outcome = if self.exploring { self.explore(function) } else { self.call_once(function) };
        if self.code.stateful {
            self.called.push(function);
        }
        outcome
    }

    fn forget_input_before(&mut self) {
        self.begun = true;
        let state = &mut self.session.state;
        if state.owner.as_ref().is_none_or(|owner| !Arc::ptr_eq(owner, self.code)) {
            *state = State { owner: Some(self.code.clone()), ..State::default() };
        }
        state.worlds.clear();
        state.forget_input(self.code);
    }

    fn call_once(&mut self, function: FunctionId) -> Outcome {
        let mut machine = self.machine();
        let result = match machine.enter_function(function) {
            Ok(value) if !machine.state.worlds.is_empty() => machine.settled(value),
            result => result,
        };
        match result {
            Ok(value) => Outcome::Value(value),
            Err(stop) => match *stop {
                Stop::Fork(Fork { begin: true, .. }) => {
                    self.exploring = true;
                    self.explore(function)
                }
                stop => outcome(self.end(Err(Box::new(stop)))),
            },
        }
    }

    fn machine(&mut self) -> Machine<'_> {
        Machine { code: self.code, facts: self.facts, context: self.context, state: &mut self.session.state }
    }

    /// Calls the function in every world, and says what they have in common.
    fn explore(&mut self, function: FunctionId) -> Outcome {
        let mut left = self.context.limits.worlds;
        self.session.state.worlds.clear();
        self.session.state.worlds.exploring = true;
        let tree = self.explore_region(function, Region::default(), &mut left);
        match tree {
            Some(tree) => summarise(tree),
            None => {
                let fields = self.session.state.worlds.all_fields();
                let worlds = self.context.limits.worlds;
                Outcome::Unknown { fields, why: format!("more than {worlds} cases would have to be told apart") }
            }
        }
    }

    /// `None` when there are more worlds than are looked at.
    fn explore_region(&mut self, function: FunctionId, region: Region, left: &mut u32) -> Option<Tree> {
        *left = left.checked_sub(1)?;
        let state = &mut self.session.state;
        state.worlds.region = region;
        state.forget_input(self.code);
        match self.call_in_world(function) {
            Err(stop) if matches!(*stop, Stop::Fork(_)) => {
                let Stop::Fork(fork) = *stop else { return None };
                let mut branches = Vec::with_capacity(fork.regions.len());
                for region in fork.regions {
                    branches.push(self.explore_region(function, region, left)?);
                }
                Some(Tree::Fork(fork.fields, branches))
            }
            result => Some(Tree::End(self.end(result))),
        }
    }

    fn call_in_world(&mut self, function: FunctionId) -> R<Value> {
        for earlier in self.called.clone() {
            match self.machine().enter_function(earlier) {
                Ok(_) => {}
                Err(stop) if matches!(*stop, Stop::Raised(..)) => {}
                Err(stop) => return Err(stop),
            }
        }
        let value = self.machine().enter_function(function)?;
        self.machine().settled(value)
    }

    fn end(&mut self, result: R<Value>) -> End {
        let stop = match result {
            Ok(value) => return End::Value(value),
            Err(stop) => *stop,
        };
        match stop {
            Stop::Raised(value, at) => {
                let class = value.type_name().into();
                let message = self.machine().message(&value);
                End::Raised(Exception { class, message, at: at.unwrap_or_default() })
            }
            Stop::Unsupported(what, at) => End::Unsupported(what, at.unwrap_or_default()),
            Stop::Exceeded(limit) => End::Exceeded(limit),
            Stop::Needs(symbol) => match self.session.state.worlds.refusal(symbol) {
                Some(why) => End::Unsupported(why, crate::tree::At::default()),
                None => End::Needs(self.session.state.worlds.fields(symbol).to_vec()),
            },
            Stop::Fork(fork) => End::Needs(fork.fields),
        }
    }
}

fn outcome(end: End) -> Outcome {
    match end {
        End::Value(value) => Outcome::Value(value),
        End::Raised(exception) => Outcome::Raised(exception),
        End::Unsupported(what, at) => Outcome::Unsupported { what, at },
        End::Exceeded(limit) => Outcome::Exceeded { limit: limit.to_owned() },
        End::Needs(fields) => needs(fields),
    }
}

fn needs(fields: Vec<SmolStr>) -> Outcome {
    let names: Vec<_> = fields.iter().map(|field| format!("'{field}'")).collect();
    Outcome::Unknown { why: format!("the value of {} is needed", names.join(", ")), fields }
}

/// No input.
struct Nothing;

impl Facts for Nothing {
    fn field(&self, _: usize) -> super::Fact {
        super::Fact::Absent
    }

    fn whole(&self) -> Vec<(SmolStr, super::Fact)> {
        Vec::new()
    }
}

/// Does something with values outside of any run.
pub(crate) fn alone<T>(act: impl FnOnce(&mut Machine<'_>) -> R<T>) -> Option<T> {
    let (code, context, mut state) = (Code::default(), Context::new(jiff::Timestamp::UNIX_EPOCH), State::default());
    state.refill(&context);
    act(&mut Machine { code: &code, facts: &Nothing, context: &context, state: &mut state }).ok()
}

/// What all worlds have in common.
fn summarise(tree: Tree) -> Outcome {
    let tree = collapse(tree);
    let (mut ends, mut fields) = (Vec::new(), Vec::new());
    flatten(tree, &mut ends, &mut fields);
    if let Some(index) = ends.iter().position(|end| matches!(end, End::Unsupported(..) | End::Exceeded(_))) {
        return outcome(ends.swap_remove(index));
    }
    for end in &ends {
        if let End::Needs(needed) = end {
            add_fields(&mut fields, needed);
        }
    }
    if ends.iter().any(|end| matches!(end, End::Needs(_))) {
        return needs(fields);
    }
    let mut ends = ends.into_iter();
    let Some(first) = ends.next() else {
        return Outcome::Unknown { fields, why: "the unknown facts contradict each other".to_owned() };
    };
    let rest: Vec<_> = ends.collect();
    if rest.iter().all(|end| end.agrees(&first)) {
        return outcome(first);
    }
    let mut values: Vec<Value> = Vec::new();
    let mut complete = true;
    for end in std::iter::once(first).chain(rest) {
        complete &= matches!(end, End::Value(_));
        if let End::Value(value) = end
            && !values.iter().any(|known| strictly_equal(known, &value))
        {
            values.push(value);
        }
    }
    Outcome::Differs { values, complete, fields }
}

/// Forks whose branches all come to the same are no forks.
fn collapse(tree: Tree) -> Tree {
    match tree {
        Tree::End(_) => tree,
        Tree::Fork(fields, branches) => {
            let mut branches: Vec<_> = branches.into_iter().map(collapse).collect();
            let alike = branches.windows(2).all(|pair| pair[0].agrees(&pair[1]));
            match branches.pop() {
                Some(last) if alike => last,
                Some(last) => {
                    branches.push(last);
                    Tree::Fork(fields, branches)
                }
                None => Tree::Fork(fields, branches),
            }
        }
    }
}

fn flatten(tree: Tree, ends: &mut Vec<End>, fields: &mut Vec<SmolStr>) {
    match tree {
        Tree::End(end) => ends.push(end),
        Tree::Fork(here, branches) => {
            add_fields(fields, &here);
            branches.into_iter().for_each(|branch| flatten(branch, ends, fields));
        }
    }
}

fn add_fields(fields: &mut Vec<SmolStr>, more: &[SmolStr]) {
    for field in more {
        if !fields.contains(field) {
            fields.push(field.clone());
        }
    }
}

impl Tree {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::End(a), Self::End(b)) => a.agrees(b),
            (Self::Fork(fields, a), Self::Fork(others, b)) => {
                fields == others && a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.agrees(b))
            }
            _ => false,
        }
    }
}

impl End {
    fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(a), Self::Value(b)) => strictly_equal(a, b),
            (Self::Raised(a), Self::Raised(b)) => a.class == b.class,
            (Self::Unsupported(a, _), Self::Unsupported(b, _)) => a == b,
            (Self::Exceeded(a), Self::Exceeded(b)) => a == b,
            (Self::Needs(a), Self::Needs(b)) => a == b,
            _ => false,
        }
    }
}

/// Equal in type too: `True` is not `1` here.
fn strictly_equal(a: &Value, b: &Value) -> bool {
    if a.class() != b.class() {
        return false;
    }
    match (a, b) {
        (Value::List(a), Value::List(b)) => all_equal(&a.items(), &b.items()),
        (Value::Tuple(a), Value::Tuple(b)) => all_equal(a.items(), b.items()),
        (Value::Dict(a), Value::Dict(b)) => {
            let (a, b) = (a.entries(), b.entries());
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|((key, value), (other_key, other))| {
                    strictly_equal(key.value(), other_key.value()) && strictly_equal(value, other)
                })
        }
        _ => crate::order::equal_known(a, b),
    }
}

fn all_equal(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| strictly_equal(a, b))
}

impl Machine<'_> {
    /// Calls an entry function with the input, after the module's globals are made.
    fn enter_function(&mut self, id: FunctionId) -> R<Value> {
        self.state.refill(self.context);
        if !self.state.globals_made {
            self.make_globals()?;
        }
        let Some(function) = self.code.functions.get(id.0 as usize) else {
            return Err(Stop::unsupported("a function that does not exist"));
        };
        let input = match function.params.first() {
            Some(_) if function.reads_first => Some(self.input()?),
            // The body reads the input by field only.
            Some(_) => Some(Value::None),
            None => None,
        };
        if function.plain && function.params.len() == usize::from(input.is_some()) {
            return self.enter_with(id, input);
        }
        self.call_function(id, Call::of(input.into_iter().collect()))
    }

    fn make_globals(&mut self) -> R<()> {
        self.state.globals.clear();
        self.state.globals.resize(self.code.globals.len(), None);
        self.state.defaults.clear();
        self.state.defaults.resize(self.code.functions.len(), None);
        self.state.frame = Home { base: 0, function: u32::MAX, activation: 0 };
        for index in 0..self.code.globals.len() {
            if let Some(node) = &self.code.globals[index].value {
                self.state.stack.clear();
                self.state.stack.resize(self.code.global_slots, None);
                let value = self.eval(node)?;
                self.state.globals[index] = Some(value);
            }
        }
        self.state.stack.clear();
        self.state.globals_made = true;
        Ok(())
    }

    /// A result that no unknown is left in: a truth is decided, text says `unknown` where that is wanted.
    fn settled(&mut self, value: Value) -> R<Value> {
        if let Value::Unknown(symbol) = &value {
            if self.context.describe_unknown {
                return Ok(Value::str("unknown"));
            }
            self.split(*symbol)?;
            if self.state.worlds.is_truth(*symbol) {
                return self.decide_truth(&value).map(Value::Bool);
            }
            return Err(Stop::needs(*symbol));
        }
        match self.unknown_within(&value, 0) {
            None => Ok(value),
            Some(_) if self.context.describe_unknown => Ok(described(&value, 0)),
            Some(symbol) => Err(Stop::needs(symbol)),
        }
    }

    /// The first unknown within a value.
    fn unknown_within(&self, value: &Value, depth: u32) -> Option<crate::worlds::Symbol> {
        if depth > 50 {
            return None;
        }
        match value {
            Value::Unknown(symbol) => Some(*symbol),
            Value::List(list) => list.items().iter().find_map(|item| self.unknown_within(item, depth + 1)),
            Value::Tuple(tuple) => tuple.items().iter().find_map(|item| self.unknown_within(item, depth + 1)),
            Value::Dict(dict) => dict.entries().values().find_map(|item| self.unknown_within(item, depth + 1)),
            Value::Object(object) => match &**object {
                Object::Exception(raised) => raised.args.iter().find_map(|item| self.unknown_within(item, depth + 1)),
                _ => None,
            },
            _ => None,
        }
    }

    /// `str(exception)`, as far as it can be said.
    fn message(&mut self, exception: &Value) -> String {
        match self.text(exception) {
            Ok(text) => text.to_string(),
            Err(_) => exception.class().unwrap_or(&class::EXCEPTION).name().to_owned(),
        }
    }
}

/// A value whose unknowns read `unknown`.
fn described(value: &Value, depth: u32) -> Value {
    if depth > 50 {
        return value.clone();
    }
    let inner = |item: &Value| described(item, depth + 1);
    match value {
        Value::Unknown(_) => Value::str("unknown"),
        Value::List(list) => Value::list(list.items().iter().map(inner).collect()),
        Value::Tuple(tuple) => Value::tuple(tuple.items().iter().map(inner).collect()),
        Value::Dict(dict) => {
            let described = dict.entries().iter().map(|(key, item)| (key.clone(), inner(item))).collect();
            Value::Dict(Dict::new(described).into())
        }
        other => other.clone(),
    }
}
