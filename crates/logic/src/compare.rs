//! Whether two modules' functions give the same for every input: by their normal form, else by a search for an input that
//! tells them apart.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use crate::evaluate::{Context, Fact, Facts, Outcome, Program, Session};
use crate::tree::{Const, Expr, ExprKind, Function, Module};
use crate::value::Value;
use crate::{reads, simplify, walk};

/// How two functions relate.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// They are the same but for names, places, and the order of tests that cannot raise.
    Same,
    /// An input tells them apart.
    Different(Witness),
    /// Neither was found.
    Unknown {
        /// How many inputs were tried.
        tried: usize,
    },
}

/// An input on which two functions differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// Its fields; all others are absent.
    pub fields: Vec<(SmolStr, Const)>,
    /// What the first function comes to: a value as Python shows it, or an exception.
    pub left: String,
    /// What the second comes to.
    pub right: String,
}

/// How many inputs are tried.
const MAX_INPUTS: usize = 10_000;

/// How many constants of the modules are tried in each field.
const MAX_CONSTANTS: usize = 12;

/// Compares the functions of that name of two modules; a module without it is unlike one with it.
#[must_use]
pub fn functions(left: &Module, right: &Module, name: &str, context: &Context) -> Relation {
    let [left, right] = [left, right].map(|module| simplify::reached_from(simplify::module(module.clone()), &[name]));
    if normal(left.clone(), name) == normal(right.clone(), name) {
        return Relation::Same;
    }
    search(left, right, name, context)
}

/// The module without what makes no difference: names, files, and the order of operands that any order would do for.
fn normal(mut module: Module, entry: &str) -> Module {
    simplify::sort_operands(&mut module);
    module.files.clear();
    for (index, global) in module.globals.iter_mut().enumerate() {
        global.name = smol_str::format_smolstr!("global_{index}");
    }
    for (index, function) in module.functions.iter_mut().enumerate() {
        // Others call it by its number; arguments by name still need the names of parameters, but for the input's.
        anonymise(function, function.name == entry);
        function.name = smol_str::format_smolstr!("function_{index}");
    }
    module
}

fn anonymise(function: &mut Function, is_entry: bool) {
    let params = function.params.len();
    for (index, local) in function.locals.iter_mut().enumerate().skip(params) {
        *local = smol_str::format_smolstr!("local_{index}");
    }
    if let ([only], Some(local)) = (function.params.as_mut_slice(), function.locals.first_mut())
        && is_entry
    {
        only.name = SmolStr::new_static("input");
        *local = SmolStr::new_static("input");
    }
}

fn search(left: Module, right: Module, name: &str, context: &Context) -> Relation {
    let fields = fields_of([&left, &right], name);
    let values = values_of([&left, &right]);
    let programs = [Program::new(left), Program::new(right)];
    let [Some(first), Some(second)] = [&programs[0], &programs[1]].map(|program| program.function(name)) else {
        return Relation::Unknown { tried: 0 };
    };
    let mut session = [Session::new(), Session::new()];
    let inputs = Inputs::new(fields.len(), values.len());
    let mut tried = 0;
    for choice in inputs {
        let input: Vec<(SmolStr, Const)> = fields
            .iter()
            .zip(choice)
            .filter_map(|(field, index)| Some((field.clone(), values.get(index)?.clone()?)))
            .collect();
        tried += 1;
        let mut run = |which: usize, function| {
            let facts = Given { names: programs[which].fields(), input: &input };
            shown(&programs[which].call(&mut session[which], function, &facts, context))
        };
        let (left, right) = (run(0, first), run(1, second));
        // What this evaluator cannot tell, it cannot tell apart.
        if let (Some(left), Some(right)) = (left, right)
            && left != right
        {
            return Relation::Different(Witness { fields: input, left, right });
        }
    }
    Relation::Unknown { tried }
}

fn fields_of(modules: [&Module; 2], name: &str) -> Vec<SmolStr> {
    let mut fields = BTreeSet::new();
    for module in modules {
        let entries = module.functions.iter().zip(0..).filter(|(function, _)| function.name == name);
        let entries: Vec<_> = entries.map(|(_, index)| crate::tree::FunctionId(index)).collect();
        fields.extend(reads::of(module, &entries).fields.into_iter().map(|field| field.name));
    }
    fields.into_iter().collect()
}

/// What is tried in every field: the constants that the modules mention, some that they do not, and nothing (`None`).
fn values_of(modules: [&Module; 2]) -> Vec<Option<Const>> {
    let mut mentioned: Vec<Const> = Vec::new();
    let mut note = |expr: &Expr| {
        if let ExprKind::Const(value) = &expr.kind
            && mentioned.len() < MAX_CONSTANTS
            && !mentioned.contains(value)
        {
            mentioned.push(value.clone());
        }
    };
    for module in modules {
        module.globals.iter().filter_map(|global| global.value.as_ref()).for_each(|v| walk::expressions(v, &mut note));
        module.functions.iter().for_each(|function| walk::block_expressions(&function.body, &mut note));
    }
    let others = [Const::None, Const::Bool(true), Const::Bool(false), Const::Int(0), Const::Str("other".into())];
    for other in others {
        if !mentioned.contains(&other) {
            mentioned.push(other);
        }
    }
    mentioned.into_iter().map(Some).chain([None]).collect()
}

/// The outcome as text; `None` where it is neither a value that can be shown nor an exception.
fn shown(outcome: &Outcome) -> Option<String> {
    match outcome {
        Outcome::Value(value) => value.repr(),
        Outcome::Raised(exception) => Some(format!("{}: {}", exception.class, exception.message)),
        _ => None,
    }
}

/// A choice of a value for every field: all of them, where they are few; else spread evenly over all.
struct Inputs {
    fields: usize,
    values: usize,
    next: u128,
    step: u128,
    all: u128,
    left: usize,
}

impl Inputs {
    fn new(fields: usize, values: usize) -> Self {
        let exponent = u32::try_from(fields).unwrap_or(u32::MAX);
        let all = (values as u128).saturating_pow(exponent).max(1);
        let few = all <= MAX_INPUTS as u128;
        // A step without a common divisor would come by every input; an odd one of this size comes by most kinds.
        let step = if few { 1 } else { (all / MAX_INPUTS as u128) | 1 };
        let left = if few { usize::try_from(all).unwrap_or(MAX_INPUTS) } else { MAX_INPUTS };
        Self { fields, values, next: 0, step, all, left }
    }
}

impl Iterator for Inputs {
    type Item = Vec<usize>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut number = self.next;
        self.next = (self.next + self.step) % self.all;
        let values = self.values as u128;
        let digit = |_| {
            let digit = usize::try_from(number % values).unwrap_or_default();
            number /= values;
            digit
        };
        Some((0..self.fields).map(digit).collect())
    }
}

/// An input that consists of constants.
struct Given<'a> {
    names: &'a [SmolStr],
    input: &'a [(SmolStr, Const)],
}

impl Facts for Given<'_> {
    fn field(&self, index: usize) -> Fact {
        let named = self.names.get(index).and_then(|name| self.input.iter().find(|(field, _)| field == name));
        named.map_or(Fact::Absent, |(_, value)| Fact::Value(Value::from_const(value)))
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        self.input.iter().map(|(name, value)| (name.clone(), Fact::Value(Value::from_const(value)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::*;
    use crate::tree::{CompareOp, Stmt};

    fn policy(body: Vec<Stmt>) -> Module {
        Module { functions: vec![entry(&["resource", "x"], body)], ..Module::default() }
    }

    fn compared(left: Vec<Stmt>, right: Vec<Stmt>) -> Relation {
        let context = Context::new(jiff::Timestamp::UNIX_EPOCH);
        functions(&policy(left), &policy(right), "policy", &context)
    }

    fn origin() -> Expr {
        eq(get("Origin"), string_const("AWS_KMS"))
    }

    fn manager() -> Expr {
        eq(get("KeyManager"), string_const("CUSTOMER"))
    }

    #[test]
    fn early_returns_and_one_expression_are_the_same() {
        let returns = vec![if_(origin(), vec![ret(manager())], vec![]), ret(boolean(false))];
        assert_eq!(compared(returns, vec![ret(and([origin(), manager()]))]), Relation::Same);
    }

    #[test]
    fn the_order_of_tests_that_cannot_raise_makes_no_difference() {
        let relation = compared(vec![ret(or([origin(), manager()]))], vec![ret(or([manager(), origin()]))]);
        assert_eq!(relation, Relation::Same);
    }

    #[test]
    fn the_order_of_tests_that_can_raise_does() {
        let (a, b) = (|| eq(field("A"), int(1)), || eq(field("B"), int(1)));
        let Relation::Different(witness) = compared(vec![ret(and([a(), b()]))], vec![ret(and([b(), a()]))]) else {
            panic!("told apart by an input without a field");
        };
        assert_ne!(witness.left, witness.right);
    }

    #[test]
    fn a_witness_tells_two_policies_apart() {
        let truthy = compare(get("KeyRotationEnabled"), CompareOp::Is, boolean(true));
        let equal = eq(get("KeyRotationEnabled"), boolean(true));
        let one = vec![ret(or([truthy, eq(get("X"), int(1))]))];
        let two = vec![ret(or([equal, eq(get("X"), int(1))]))];
        let Relation::Different(witness) = compared(one, two) else { panic!("1 is equal to True and not True") };
        assert!(witness.fields.contains(&("KeyRotationEnabled".into(), Const::Int(1))), "{witness:?}");
        assert_eq!((witness.left.as_str(), witness.right.as_str()), ("False", "True"));
    }

    #[test]
    fn what_is_equal_only_by_reasoning_is_unknown() {
        let one = vec![ret(not(and([origin(), manager()])))];
        let two = vec![ret(or([not(origin()), not(manager())]))];
        assert!(matches!(compared(one, two), Relation::Unknown { tried } if tried > 0));
    }
}
