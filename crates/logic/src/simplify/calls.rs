//! Calls of helper functions that are one expression give way to that expression.

use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::effect::{Effect, Frame, any_within, reads, size};
use super::locals::{Place, Reach, Scan};
use super::slots::{self, generators_are_consumed, outer_name, scoped_within};
use crate::tree::{Access, Args, Expr, ExprKind, Function, FunctionId, Module, ParamKind, Slot, Stmt};
use crate::walk;

/// How large a helper may be to be put in place of its calls.
const MAX_HELPER: usize = 80;

/// How many calls of one function are replaced at most.
const MAX_CALLS: usize = 64;

/// Whether a call of the function can be replaced by what it returns: it is one expression without a name of its own but
/// its parameters, and nothing in it outlives the call, since it would then read the caller's names instead of its own.
pub(super) fn is_inlinable(function: &Function) -> bool {
    let [Stmt::Return(value)] = function.body.as_slice() else { return false };
    let scoped = scoped_within(value);
    let own = |slot: &Slot| (slot.0 as usize) < function.params.len() || scoped.contains(slot);
    let foreign = any_within(value, &mut |inner| match &inner.kind {
        ExprKind::Local(slot) => !own(slot),
        ExprKind::Walrus { .. } => true,
        _ => false,
    });
    let plain = function.params.iter().all(|param| matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly));
    plain && !foreign && size(value) <= MAX_HELPER && generators_are_consumed(value)
}

/// Replaces calls in one function.
pub(super) struct Caller<'a> {
    pub(super) module: &'a Module,
    pub(super) frame: Frame<'a>,
    /// By function: whether [`is_inlinable`], and not recursive.
    pub(super) inlinable: &'a [bool],
    pub(super) locals: Vec<SmolStr>,
    /// The name of the input in the caller.
    pub(super) input: SmolStr,
    /// Whether the caller reads the input by that name.
    pub(super) reads_input: bool,
    pub(super) replaced: usize,
}

impl Caller<'_> {
    /// Replaces what calls it can in the block.
    pub(super) fn replace_in(&mut self, block: &mut [Stmt]) {
        walk::statements_mut(block, &mut |stmt| walk::statement_exprs_mut(stmt, &mut |expr| self.replace(expr)));
    }

    fn replace(&mut self, expr: &mut Expr) {
        // The braces of an f-string hold names, not whole helpers.
        if matches!(expr.kind, ExprKind::Format(_)) {
            return;
        }
        walk::children_mut(expr, &mut |child| self.replace(child));
        let ExprKind::Call { callee, args } = &expr.kind else { return };
        let ExprKind::Function(id) = callee.kind else { return };
        if self.replaced < MAX_CALLS
            && let Some(value) = self.returned_by(id, args)
        {
            self.replaced += 1;
            *expr = value;
        }
    }

    /// What the function returns for these arguments, as an expression of the caller.
    fn returned_by(&mut self, id: FunctionId, args: &Args) -> Option<Expr> {
        if !self.inlinable.get(id.0 as usize).copied().unwrap_or_default() {
            return None;
        }
        let helper = self.module.functions.get(id.0 as usize)?;
        let [Stmt::Return(value)] = helper.body.as_slice() else { return None };
        let bound = bind(helper, args)?;
        // The input is the same in every function, but it has a name only in those that are given it.
        let is_input = |(slot, arg): &(Slot, Expr)| slot.0 == 0 && matches!(arg.kind, ExprKind::Input);
        if any_within(value, &mut reads_input) && !self.reads_input && !bound.iter().any(is_input) {
            return None;
        }
        let before = self.locals.len();
        let placed = self.place(helper, value, &bound);
        if placed.is_none() {
            self.locals.truncate(before);
        }
        placed
    }

    fn place(&mut self, helper: &Function, value: &Expr, bound: &[(Slot, Expr)]) -> Option<Expr> {
        // A name that the helper means to be the module's must not be a local of the caller.
        let outer = outer_names(self.module, value);
        if outer.iter().any(|name| self.locals.contains(name)) {
            return None;
        }
        let base = u32::try_from(self.locals.len()).ok()?;
        let renamed = |slot: Slot| Slot(slot.0 + base);
        self.add_names(helper, value, &outer);
        let mut value = value.clone();
        walk::slots_in_expression_mut(&mut value, &mut |slot| *slot = renamed(*slot));
        let mut fixed = self.frame.fixed.to_vec();
        fixed.resize(base as usize, false);
        fixed.resize(self.locals.len(), true);
        let frame = Frame { known: self.frame.known, fixed: &fixed };
        // From the last argument to the first: each is put where it is computed right before those after it.
        for (slot, arg) in bound.iter().rev() {
            let slot = renamed(*slot);
            if !may_be_placed(&frame, &value, slot, arg) {
                return None;
            }
            slots::substitute(&mut value, &|read| (read == slot).then(|| arg.clone()));
        }
        Some(value)
    }

    /// Gives the helper's slots names in the caller; those of its comprehensions are names that nothing else has.
    fn add_names(&mut self, helper: &Function, value: &Expr, outer: &BTreeSet<SmolStr>) {
        let scoped = scoped_within(value);
        for (index, name) in helper.locals.iter().enumerate() {
            let is_scoped = scoped.iter().any(|slot| slot.0 as usize == index);
            let taken = |name: &SmolStr| self.locals.contains(name) || outer.contains(name) || self.input == *name;
            let numbered = (2..).map(|n: u32| smol_str::format_smolstr!("{name}_{n}"));
            let mut candidates = std::iter::once(name.clone()).chain(numbered);
            let chosen = candidates.find(|name| !is_scoped || !taken(name)).unwrap_or_default();
            self.locals.push(chosen);
        }
    }
}

pub(super) fn reads_input(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Input | ExprKind::Field { .. })
}

fn outer_names(module: &Module, value: &Expr) -> BTreeSet<SmolStr> {
    let mut names = BTreeSet::new();
    walk::expressions(value, &mut |inner| names.extend(outer_name(module, inner)));
    names
}

/// The arguments by parameter, in the order in which they are computed, then the defaults of those not given. `None`
/// where the call is not simply that, or raises.
fn bind(helper: &Function, args: &Args) -> Option<Vec<(Slot, Expr)>> {
    let mut bound: Vec<(Slot, Expr)> = Vec::new();
    let slot = |index: usize| u32::try_from(index).ok().map(Slot);
    for (index, arg) in args.positional.iter().enumerate() {
        let takes_position = helper.params.get(index).is_some_and(|param| param.kind == ParamKind::Normal);
        if !takes_position || matches!(arg.kind, ExprKind::Star(_)) {
            return None;
        }
        bound.push((slot(index)?, arg.clone()));
    }
    for (name, arg) in &args.keyword {
        let index = helper.params.iter().position(|param| Some(&param.name) == name.as_ref())?;
        let slot = slot(index)?;
        if bound.iter().any(|(taken, _)| *taken == slot) {
            return None;
        }
        bound.push((slot, arg.clone()));
    }
    for (index, param) in helper.params.iter().enumerate() {
        let slot = slot(index)?;
        if !bound.iter().any(|(taken, _)| *taken == slot) {
            // A default is computed once for all calls, so only a constant can be repeated.
            let default = param.default.as_ref().filter(|default| matches!(default.kind, ExprKind::Const(_)))?;
            bound.push((slot, default.clone()));
        }
    }
    Some(bound)
}

/// Whether the argument may be computed where the parameter is read instead of before the call: the rules of
/// [`super::locals`] for a local that is assigned right before an expression.
fn may_be_placed(frame: &Frame<'_>, value: &Expr, slot: Slot, arg: &Expr) -> bool {
    let effect = frame.effect(arg);
    let reads = reads(value, slot);
    let place = Place::of(std::slice::from_ref(&Stmt::Return(value.clone())), slot);
    if reads == 0 {
        return effect <= Effect::Total;
    }
    if !place.suits(arg) {
        return false;
    }
    if effect == Effect::Atom {
        return true;
    }
    if place.repeated || place.delayed {
        return false;
    }
    if effect == Effect::Total && reads == 1 && frame.is_stable(arg) {
        return true;
    }
    let once = reads == 1 || matches!(arg.kind, ExprKind::Field { access: Access::Subscript, .. });
    once && Scan { frame, slot, moved: effect }.reaches(value) == Reach::Found
}

/// By function: whether it can come to call itself.
pub(super) fn recursive(module: &Module) -> Vec<bool> {
    let calls: Vec<BTreeSet<usize>> = module.functions.iter().map(called_by).collect();
    (0..calls.len()).map(|start| reaches_itself(&calls, start)).collect()
}

/// The functions that a function names.
pub(super) fn called_by(function: &Function) -> BTreeSet<usize> {
    let mut called = BTreeSet::new();
    walk::block_expressions(&function.body, &mut |expr| {
        if let ExprKind::Function(id) = expr.kind {
            called.insert(id.0 as usize);
        }
    });
    called
}

fn reaches_itself(calls: &[BTreeSet<usize>], start: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<usize> = calls.get(start).into_iter().flatten().copied().collect();
    while let Some(next) = waiting.pop() {
        if next == start {
            return true;
        }
        if seen.insert(next) {
            waiting.extend(calls.get(next).into_iter().flatten());
        }
    }
    false
}
