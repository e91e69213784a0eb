//! What a running evaluation holds: frames, globals, the input, and how much of its bounds is left.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use smol_str::SmolStr;

use super::code::Code;
use super::{Context, Fact, Facts};
use crate::class;
use crate::containers::{Dict, Entries, Key};
use crate::modules::Cached;
use crate::object::Home;
use crate::order::Judge;
use crate::stop::{R, Stop};
use crate::value::Value;
use crate::worlds::Worlds;

/// A module running on one input.
pub(crate) struct Machine<'a> {
    pub(crate) code: &'a Code,
    pub(crate) facts: &'a dyn Facts,
    pub(crate) context: &'a Context,
    pub(crate) state: &'a mut State,
}

/// What outlives a call.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The program whose globals these are.
    pub(crate) owner: Option<Arc<Code>>,
    pub(crate) stack: Vec<Option<Value>>,
    pub(crate) frame: Home,
    /// The activations under way, ascending.
    pub(crate) activations: Vec<u64>,
    pub(crate) next_activation: u64,
    pub(crate) fields: Vec<Field>,
    pub(crate) input: Option<Value>,
    pub(crate) globals: Vec<Option<Value>>,
    pub(crate) defaults: Vec<Option<Vec<Option<Value>>>>,
    pub(crate) globals_made: bool,
    pub(crate) steps: u64,
    pub(crate) memory: u64,
    pub(crate) depth: u32,
    /// The exceptions being handled, innermost last.
    pub(crate) handling: Vec<Value>,
    pub(crate) worlds: Worlds,
    /// Compiled patterns, by source and flags.
    pub(crate) cache: HashMap<(SmolStr, u32), Cached>,
}

/// What is known of a field, once asked.
#[derive(Debug, Clone, Default)]
pub(crate) enum Field {
    #[default]
    Unread,
    Absent,
    Value(Value),
    /// Not known: the symbol, or what it is in this world.
    Unknown(Value),
}

impl State {
    /// Forgets the input, and globals that may have been changed.
    pub(crate) fn forget_input(&mut self, code: &Code) {
        self.fields.clear();
        self.fields.resize(code.fields.len(), Field::Unread);
        self.input = None;
        if code.stateful {
            self.globals_made = false;
        }
    }

    /// Sets the bounds for a call, and clears what an earlier one may have left.
    pub(crate) fn refill(&mut self, context: &Context) {
        self.stack.clear();
        self.activations.clear();
        self.handling.clear();
        self.frame = Home { base: 0, function: u32::MAX, activation: 0 };
        self.steps = context.limits.steps;
        self.memory = context.limits.memory;
        self.depth = context.limits.depth.saturating_mul(DEPTH_UNIT);
    }
}

/// What the depth of a call is counted in: each call costs one unit and what its code nests.
pub(crate) const DEPTH_UNIT: u32 = 10;

impl<'a> Machine<'a> {
    /// Counts work done.
    pub(crate) fn tick(&mut self, steps: u64) -> R<()> {
        match self.state.steps.checked_sub(steps) {
            Some(left) => {
                self.state.steps = left;
                Ok(())
            }
            None => Err(Stop::exceeded("steps")),
        }
    }

    /// Counts memory used.
    pub(crate) fn charge(&mut self, bytes: usize) -> R<()> {
        match self.state.memory.checked_sub(bytes as u64) {
            Some(left) => {
                self.state.memory = left;
                Ok(())
            }
            None => Err(Stop::exceeded("memory")),
        }
    }

    /// Counts the memory of `count` values.
    pub(crate) fn charge_values(&mut self, count: usize) -> R<()> {
        self.charge(count.saturating_mul(size_of::<Value>()))
    }

    /// Does something within one more level of depth.
    pub(crate) fn deeper<T>(&mut self, cost: u32, run: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        let Some(left) = self.state.depth.checked_sub(cost) else { return Err(Stop::exceeded("depth of calls")) };
        self.state.depth = left;
        let result = run(self);
        self.state.depth += cost;
        result
    }

    pub(crate) fn slot(&self, slot: u32) -> Option<&Value> {
        self.state.stack.get(self.state.frame.base + slot as usize)?.as_ref()
    }

    pub(crate) fn local(&self, slot: u32) -> R<Value> {
        self.slot(slot).cloned().ok_or_else(|| self.unbound(slot))
    }

    #[cold]
    pub(crate) fn unbound_free(&self, slot: u32) -> Box<Stop> {
        let name = self.local_name(slot);
        let message =
            format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        Stop::raise(&class::NAME_ERROR, message)
    }

    #[cold]
    pub(crate) fn unbound(&self, slot: u32) -> Box<Stop> {
        let name = self.local_name(slot);
        let message = format!("cannot access local variable '{name}' where it is not associated with a value");
        Stop::raise(&class::UNBOUND_LOCAL_ERROR, message)
    }

    fn local_name(&self, slot: u32) -> &str {
        let function = self.code.functions.get(self.state.frame.function as usize);
        function.and_then(|function| function.locals.get(slot as usize)).map_or("?", SmolStr::as_str)
    }

    pub(crate) fn bind(&mut self, slot: u32, value: Value) {
        if let Some(place) = self.state.stack.get_mut(self.state.frame.base + slot as usize) {
            *place = Some(value);
        }
    }

    pub(crate) fn global(&self, index: u32) -> R<Value> {
        match self.state.globals.get(index as usize) {
            Some(Some(value)) => Ok(value.clone()),
            _ => {
                let name = self.code.globals.get(index as usize).map_or("?", |global| global.name.as_str());
                let name = name.rsplit('.').next().unwrap_or(name);
                Err(Stop::raise(&class::NAME_ERROR, format!("name '{name}' is not defined")))
            }
        }
    }

    /// What is known of a field, asked once a run.
    pub(crate) fn field(&mut self, index: u32) -> R<&Field> {
        let unread = matches!(self.state.fields.get(index as usize), None | Some(Field::Unread));
        if unread || self.state.input.is_some() {
            self.load_field(index)?;
        }
        Ok(&self.state.fields[index as usize])
    }

    fn load_field(&mut self, index: u32) -> R<()> {
        let name = &self.code.fields[index as usize];
        let field = match &self.state.input {
            // The whole input exists, and may have been changed: it is the one truth from then on.
            Some(Value::Dict(input)) => match input.get(name) {
                None => Field::Absent,
                Some(value) if self.is_input_unknown(&value, name) => Field::Unknown(value),
                Some(value) => Field::Value(value),
            },
            _ => self.known(name, self.facts.field(index as usize))?,
        };
        self.state.fields[index as usize] = field;
        Ok(())
    }

    fn known(&mut self, name: &SmolStr, fact: Fact) -> R<Field> {
        Ok(match fact {
            Fact::Absent => Field::Absent,
            Fact::Value(value) => Field::Value(value),
            Fact::Unknown => Field::Unknown(self.unknown_field(name)?),
            Fact::Unsupported(why) => Field::Value(self.unsupported_field(name, &why)),
        })
    }

    /// The whole input as a dict, made once a run.
    pub(crate) fn input(&mut self) -> R<Value> {
        if let Some(input) = &self.state.input {
            return Ok(input.clone());
        }
        let mut entries = Entries::new();
        for (name, fact) in self.facts.whole() {
            let index = self.code.fields.iter().position(|field| *field == name);
            let field = match index.map(|index| self.state.fields[index].clone()) {
                None | Some(Field::Unread) => self.known(&name, fact)?,
                Some(read) => read,
            };
            if let Field::Value(value) | Field::Unknown(value) = field {
                entries.insert(Key::text(name), value);
            }
        }
        let input = Value::Dict(Rc::new(Dict::new(entries)));
        let input = if self.code.events { crate::sealed::event(input) } else { input };
        self.state.input = Some(input.clone());
        Ok(input)
    }
}

impl Judge for Machine<'_> {
    fn unknown_equal(&mut self, a: &Value, b: &Value) -> R<bool> {
        self.decide_equal(a, b)
    }
}
