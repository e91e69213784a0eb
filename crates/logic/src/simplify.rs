//! Rewriting a module into fewer and plainer expressions without changing what any function returns or raises.
//!
//! The simplified tree is what runs and what is printed. Where it can be done exactly, a function becomes a single
//! `return`: early returns become `and`, `or` and `… if … else …`, loops that only return become `any` and `all`, locals
//! and helpers give way to what they stand for. Exact means: for every input the same value or the same exception, and
//! the same effects in the same order. Each rule states why it is. What is taken for granted: values are Python's own (a
//! comparison gives a truth value, `!=` is the opposite of `==`), and nobody replaces a function or module-level name
//! from outside after this. (Mocked names of a unit test must be put into the tree before it is simplified.)

mod blocks;
mod calls;
mod effect;
mod locals;
mod prune;
mod rules;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::tree::{ExprKind, Function, Module, Stmt, Target};
use crate::{scope, walk};
use calls::{Caller, called_by, is_inlinable};
use effect::{Effect, Frame, FunctionFacts, Known};
use locals::Inliner;
use slots::Slots;

pub use prune::reached_from;
pub use slots::renumber;

/// How often a function is gone through; each round finds what the one before made possible.
const ROUNDS: usize = 12;

/// How many locals of a function are inlined at most.
const MAX_INLINED: usize = 400;

/// Beyond this many nodes a function is left as it is: it is a table rather than logic.
const MAX_FUNCTION: usize = 6_000;

/// How deep a simplified function may nest, unless it did before.
const MAX_NESTING: usize = 64;

/// The module with every function simplified. Names, parameters and the order of functions stay.
#[must_use]
pub fn module(mut module: Module) -> Module {
    let recursive = calls::recursive(&module);
    let mut known = Known {
        fixed_globals: fixed_globals(&module),
        functions: vec![FunctionFacts::default(); module.functions.len()],
        may_stop: may_stop(&module),
        bool_is_hidden: hides_bool(&module),
        judges_resources: judges_resources(&module),
    };
    let mut inlinable = vec![false; module.functions.len()];
    for index in callees_first(&module) {
        let simplified = simplify_function(&module, &known, &inlinable, index);
        known.functions[index] = facts(&known, &simplified);
        inlinable[index] = !recursive[index] && is_inlinable(&simplified);
        module.functions[index] = simplified;
    }
    module
}

/// Puts the operands of `and` and `or` into one order, where any order gives the same: all are truth values, none can
/// raise. Of use for comparing only, since the order written is the one that people understand.
pub(crate) fn sort_operands(module: &mut Module) {
    let known = Known {
        fixed_globals: fixed_globals(module),
        functions: vec![FunctionFacts::default(); module.functions.len()],
        judges_resources: judges_resources(module),
        ..Known::default()
    };
    for function in &mut module.functions {
        let slots = Slots::of(function);
        let frame = Frame { known: &known, fixed: &slots.fixed };
        walk::statements_mut(&mut function.body, &mut |stmt| {
            walk::statement_exprs_mut(stmt, &mut |expr| {
                walk::expressions_mut(expr, &mut |inner| sort_chain(&frame, inner));
            });
        });
    }
}

fn sort_chain(frame: &Frame<'_>, expr: &mut crate::tree::Expr) {
    if let ExprKind::And(operands) | ExprKind::Or(operands) = &mut expr.kind
        && operands.iter().all(|operand| frame.is_bool(operand) && frame.effect(operand) <= Effect::Total)
    {
        operands.sort_by_cached_key(effect::shape);
    }
}

/// The functions in an order in which each comes after those it calls, as far as they do not call each other.
fn callees_first(module: &Module) -> Vec<usize> {
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for start in 0..module.functions.len() {
        // (function, whether its callees have been put in already)
        let mut waiting = vec![(start, false)];
        while let Some((index, ready)) = waiting.pop() {
            if ready {
                order.push(index);
            } else if seen.insert(index) {
                waiting.push((index, true));
                let callees = module.functions.get(index).map(called_by).unwrap_or_default();
                let inside = callees.into_iter().filter(|callee| *callee < module.functions.len());
                waiting.extend(inside.map(|callee| (callee, false)));
            }
        }
    }
    order
}

fn simplify_function(module: &Module, known: &Known, inlinable: &[bool], index: usize) -> Function {
    let original = &module.functions[index];
    let mut function = original.clone();
    if block_size(&function.body) > MAX_FUNCTION {
        return function;
    }
    for _ in 0..ROUNDS {
        let before = function.body.clone();
        round(module, known, inlinable, &mut function);
        if function.body == before {
            break;
        }
    }
    if nesting(&function.body) > nesting(&original.body).max(MAX_NESTING) {
        return original.clone();
    }
    renumber(&mut function);
    function
}

fn round(module: &Module, known: &Known, inlinable: &[bool], function: &mut Function) {
    let has_try = contains_try(&function.body);
    let slots = Slots::of(function);
    let frame = || Frame { known, fixed: &slots.fixed };
    blocks::rewrite_expressions(&frame(), &mut function.body);
    blocks::tidy(&frame(), &mut function.body, has_try);
    replace_calls(module, known, inlinable, function);
    inline_locals(module, known, function);
    let slots = Slots::of(function);
    blocks::join_returns(&Frame { known, fixed: &slots.fixed }, &slots, function);
}

fn replace_calls(module: &Module, known: &Known, inlinable: &[bool], function: &mut Function) {
    if block_size(&function.body) > MAX_FUNCTION / 2 {
        return;
    }
    let slots = Slots::of(function);
    let mut reads_input = false;
    walk::block_expressions(&function.body, &mut |expr| reads_input |= calls::reads_input(expr));
    let mut body = std::mem::take(&mut function.body);
    let mut caller = Caller {
        module,
        frame: Frame { known, fixed: &slots.fixed },
        inlinable,
        locals: std::mem::take(&mut function.locals),
        input: scope::input_name(module, function),
        reads_input,
        replaced: 0,
    };
    caller.replace_in(&mut body);
    function.locals = caller.locals;
    function.body = body;
}

fn inline_locals(module: &Module, known: &Known, function: &mut Function) {
    if function.locals.len() <= function.params.len() {
        return;
    }
    for _ in 0..MAX_INLINED {
        let slots = Slots::of(function);
        let mut body = std::mem::take(&mut function.body);
        let frame = Frame { known, fixed: &slots.fixed };
        let inlined = Inliner { module, frame, slots: &slots, function }.inline_one(&mut body);
        function.body = body;
        if !inlined {
            return;
        }
    }
}

fn facts(known: &Known, function: &Function) -> FunctionFacts {
    let slots = Slots::of(function);
    let frame = Frame { known, fixed: &slots.fixed };
    let mut pure = true;
    let mut returns_bool = blocks::always_leaves(&function.body);
    walk::statements(&function.body, &mut |stmt| {
        pure &= changes_locals_only(stmt);
        walk::statement_exprs(stmt, &mut |expr| pure &= frame.effect(expr) <= Effect::Pure);
        if let Stmt::Return(value) = stmt {
            returns_bool &= frame.is_bool(value);
        }
    });
    FunctionFacts { pure, returns_bool }
}

/// Whether a statement itself changes nothing outside the function. `x += y` may change the object that x names.
fn changes_locals_only(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Assign { targets, .. } | Stmt::Delete(targets) => targets.iter().all(is_local),
        Stmt::For { target, .. } => is_local(target),
        Stmt::Augment { .. } => false,
        _ => true,
    }
}

fn is_local(target: &Target) -> bool {
    match target {
        Target::Local(_) => true,
        Target::Tuple(targets, _) => targets.iter().all(is_local),
        Target::Star(inner) => is_local(inner),
        Target::Global(_) | Target::Item { .. } => false,
    }
}

/// Module-level names that have their value before any function can run, and keep it: none where a module-level value or a
/// default is computed by a function, which might run before the names after it are bound.
fn fixed_globals(module: &Module) -> Vec<bool> {
    let mut fixed: Vec<bool> = module.globals.iter().map(|global| global.value.is_some()).collect();
    let values = module.globals.iter().filter_map(|global| global.value.as_ref());
    let params = module.functions.iter().flat_map(|function| &function.params);
    let mut at_load = values.chain(params.filter_map(|param| param.default.as_ref()));
    let runs_code = |inner: &crate::tree::Expr| matches!(inner.kind, ExprKind::Function(_) | ExprKind::Lambda { .. });
    if at_load.any(|value| effect::any_within(value, &mut |inner| runs_code(inner))) {
        fixed.fill(false);
    }
    for function in &module.functions {
        walk::statements(&function.body, &mut |stmt| match stmt {
            Stmt::Assign { targets, .. } | Stmt::Delete(targets) => targets.iter().for_each(|t| unfix(t, &mut fixed)),
            Stmt::Augment { target, .. } | Stmt::For { target, .. } => unfix(target, &mut fixed),
            _ => {}
        });
        walk::block_expressions(&function.body, &mut |expr| {
            if let ExprKind::Comprehension { clauses, .. } = &expr.kind {
                clauses.iter().for_each(|clause| unfix(&clause.target, &mut fixed));
            }
        });
    }
    fixed
}

fn unfix(target: &Target, fixed: &mut [bool]) {
    match target {
        Target::Global(id) => {
            if let Some(fixed) = fixed.get_mut(id.0 as usize) {
                *fixed = false;
            }
        }
        Target::Tuple(targets, _) => targets.iter().for_each(|inner| unfix(inner, fixed)),
        Target::Star(inner) => unfix(inner, fixed),
        Target::Local(_) | Target::Item { .. } => {}
    }
}

fn may_stop(module: &Module) -> bool {
    let mut found = false;
    let mut look = |expr: &crate::tree::Expr| {
        found |= match &expr.kind {
            ExprKind::Callable(name) => name == "next",
            ExprKind::Class(name) => name == "StopIteration",
            _ => false,
        };
    };
    module.globals.iter().filter_map(|global| global.value.as_ref()).for_each(|v| walk::expressions(v, &mut look));
    module.functions.iter().for_each(|function| walk::block_expressions(&function.body, &mut look));
    found
}

fn hides_bool(module: &Module) -> bool {
    let globals = module.globals.iter().map(|global| &global.name);
    let functions = module.functions.iter().map(|function| &function.name);
    let locals = module.functions.iter().flat_map(|function| &function.locals);
    globals.chain(functions).chain(locals).any(|name| name.rsplit('.').next() == Some("bool"))
}

/// Whether the input is a resource, whose fields are plain keys; those of an event are found in any case.
fn judges_resources(module: &Module) -> bool {
    let defines = |name: &str| module.functions.iter().any(|function| function.name == name);
    defines("policy") && !defines("rule")
}

fn contains_try(block: &[Stmt]) -> bool {
    let mut found = false;
    walk::statements(block, &mut |stmt| found |= matches!(stmt, Stmt::Try { .. }));
    found
}

fn block_size(block: &[Stmt]) -> usize {
    let mut nodes = 0;
    walk::statements(block, &mut |_| nodes += 1);
    walk::block_expressions(block, &mut |_| nodes += 1);
    nodes
}

/// How deep blocks and expressions nest.
fn nesting(block: &[Stmt]) -> usize {
    let of_statement = |stmt: &Stmt| {
        let mut deepest = walk::blocks(stmt).into_iter().map(nesting).max().unwrap_or_default();
        walk::statement_exprs(stmt, &mut |expr| deepest = deepest.max(effect::depth(expr)));
        deepest + 1
    };
    block.iter().map(of_statement).max().unwrap_or_default()
}
