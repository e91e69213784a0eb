//! Rewriting of statements: what cannot be reached goes, assignments in both branches become one, and branches and loops
//! that only return become the value they return.

use super::effect::{Effect, Frame, any_within, depth, reads, size};
use super::rules::{self, boolean, constant_truth, made, negation, take};
use super::slots::{self, Slots};
use crate::tree::{Args, At, Clause, ComprehensionKind, Const, Expr, ExprKind, Function, Slot, Stmt, Target};
use crate::walk;

/// How large an expression may grow by the joining of branches: beyond that the statements read better.
const MAX_SIZE: usize = 400;

/// How deep an expression may nest by it.
const MAX_DEPTH: usize = 40;

/// How much larger than its parts a joined expression may be, where a part is needed in two branches.
const MAX_REPEATED: usize = 24;

/// Applies the rules for expressions to every expression of a block.
pub(super) fn rewrite_expressions(frame: &Frame<'_>, block: &mut [Stmt]) {
    walk::statements_mut(block, &mut |stmt| {
        let truth = matches!(stmt, Stmt::If { .. } | Stmt::While { .. } | Stmt::Assert { .. });
        let mut first = true;
        walk::statement_exprs_mut(stmt, &mut |expr| {
            // The test comes first; an assertion's message is a value.
            rules::rewrite(frame, expr, truth && first);
            first = false;
        });
    });
}

/// Tidies the block and those within.
pub(super) fn tidy(frame: &Frame<'_>, block: &mut Vec<Stmt>, has_try: bool) {
    for stmt in block.iter_mut() {
        walk::blocks_mut(stmt)
            .into_iter()
            .filter(|inner| !inner.is_empty())
            .for_each(|inner| tidy(frame, inner, has_try));
    }
    let mut tidied: Vec<Stmt> = Vec::with_capacity(block.len());
    for stmt in block.drain(..) {
        // What stands after a statement that never goes on is not reached. It stays where it alone makes a name local.
        if tidied.last().is_some_and(never_goes_on) && binds_nothing(&stmt) {
            continue;
        }
        tidied.extend(tidy_statement(frame, stmt));
        merge_assignment(frame, &mut tidied, has_try);
    }
    if tidied.is_empty() {
        tidied.push(Stmt::Pass);
    }
    *block = tidied;
}

fn tidy_statement(frame: &Frame<'_>, stmt: Stmt) -> Vec<Stmt> {
    match stmt {
        Stmt::Pass => Vec::new(),
        // Computed for nothing, and unable to raise.
        Stmt::Expr(value) if frame.effect(&value) <= Effect::Total => Vec::new(),
        Stmt::If { test, then, otherwise } => tidy_if(frame, test, then, otherwise),
        other => vec![other],
    }
}

fn tidy_if(frame: &Frame<'_>, test: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt>) -> Vec<Stmt> {
    let is_empty = |block: &[Stmt]| block.iter().all(|stmt| matches!(stmt, Stmt::Pass));
    match constant_truth(&test) {
        Some(true) if otherwise.iter().all(binds_nothing) => return then,
        Some(false) if then.iter().all(binds_nothing) => return otherwise,
        _ => {}
    }
    match (is_empty(&then), is_empty(&otherwise)) {
        (true, true) => tidy_statement(frame, Stmt::Expr(test)),
        (true, false) => vec![Stmt::If { test: negation(frame, test, true), then: otherwise, otherwise: Vec::new() }],
        (false, true) => vec![Stmt::If { test, then, otherwise: Vec::new() }],
        (false, false) => vec![Stmt::If { test, then, otherwise }],
    }
}

/// Whether the statement certainly leaves the block it stands in.
fn never_goes_on(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Return(_) | Stmt::Raise { .. } | Stmt::Break | Stmt::Continue => true,
        Stmt::If { then, otherwise, .. } => {
            then.last().is_some_and(never_goes_on) && otherwise.last().is_some_and(never_goes_on)
        }
        _ => false,
    }
}

/// Whether what stands after the block can be reached through it.
fn goes_on(block: &[Stmt]) -> bool {
    !block.iter().any(never_goes_on)
}

/// Whether a function with this body never falls off its end.
pub(super) fn always_leaves(block: &[Stmt]) -> bool {
    !goes_on(block)
}

/// Whether nothing in the statement makes a name local to the function, or rebinds one of the module.
fn binds_nothing(stmt: &Stmt) -> bool {
    let mut nothing = true;
    walk::statements(std::slice::from_ref(stmt), &mut |inner| {
        nothing &= !matches!(
            inner,
            Stmt::Assign { .. } | Stmt::Augment { .. } | Stmt::For { .. } | Stmt::Delete(_) | Stmt::Try { .. }
        );
    });
    walk::block_expressions(std::slice::from_ref(stmt), &mut |expr| {
        nothing &= !matches!(expr.kind, ExprKind::Walrus { .. });
    });
    nothing
}

/// `x = a` in one branch and `x = b` in the other is `x = a if test else b`; and `x = k` followed by `if test: x = a` is
/// `x = a if test else k` where k is a mere name or constant, which can be read later as well, and test and a read no x.
/// An exception in the test would leave x unbound, so that is not done in a function that could catch it.
fn merge_assignment(frame: &Frame<'_>, block: &mut Vec<Stmt>, has_try: bool) {
    let Some(Stmt::If { test, then, otherwise }) = block.last_mut() else { return };
    let Some((slot, value)) = only_assignment(then) else { return };
    let at = test.at;
    if let Some((other, second)) = only_assignment(otherwise)
        && other == slot
    {
        let kind = ExprKind::IfElse {
            test: Box::new(take(test)),
            then: Box::new(take(value)),
            otherwise: Box::new(take(second)),
        };
        let merged = Stmt::Assign { targets: vec![Target::Local(slot)], value: made(kind, at) };
        block.pop();
        block.push(merged);
        return;
    }
    if has_try || !otherwise.is_empty() || reads(test, slot) + reads(value, slot) > 0 {
        return;
    }
    let (test, value) = (test.clone(), value.clone());
    let Some(before) = block.len().checked_sub(2) else { return };
    let earlier = only_assignment(&mut block[before..=before]);
    if let Some((first, default)) = earlier
        && first == slot
        && frame.effect(default) == Effect::Atom
    {
        let otherwise = Box::new(take(default));
        let kind = ExprKind::IfElse { test: Box::new(test), then: Box::new(value), otherwise };
        block.truncate(before);
        block.push(Stmt::Assign { targets: vec![Target::Local(slot)], value: made(kind, at) });
    }
}

/// The local and the value of a block that is a single assignment of it.
fn only_assignment(block: &mut [Stmt]) -> Option<(Slot, &mut Expr)> {
    let [Stmt::Assign { targets, value }] = block else { return None };
    match targets.as_slice() {
        [Target::Local(slot)] => Some((*slot, value)),
        _ => None,
    }
}

/// Turns the end of a function's body, and of blocks within it that always return, into a single `return`.
pub(super) fn join_returns(frame: &Frame<'_>, slots: &Slots, function: &mut Function) {
    let mut body = std::mem::take(&mut function.body);
    let mut joiner = Joiner { frame, slots, locals: &mut function.locals };
    joiner.within(&mut body);
    // Falling off the end of a function returns None.
    joiner.suffix(&mut body, Some(made(ExprKind::Const(Const::None), function.at)));
    function.body = body;
}

struct Joiner<'a> {
    frame: &'a Frame<'a>,
    slots: &'a Slots,
    locals: &'a mut Vec<smol_str::SmolStr>,
}

impl Joiner<'_> {
    fn within(&mut self, block: &mut [Stmt]) {
        for stmt in block {
            for inner in walk::blocks_mut(stmt) {
                self.within(inner);
                self.suffix(inner, None);
            }
        }
    }

    /// Replaces the longest end of the block that can be said as one value by its `return`.
    fn suffix(&mut self, block: &mut Vec<Stmt>, after: Option<Expr>) {
        let mut value = after;
        let mut from = block.len();
        for (index, stmt) in block.iter().enumerate().rev() {
            let before = self.locals.len();
            match self.value_from(stmt, value.as_ref()) {
                Some(joined) => {
                    value = Some(joined);
                    from = index;
                }
                None => {
                    self.locals.truncate(before);
                    break;
                }
            }
        }
        if let Some(value) = value
            && from < block.len()
        {
            block.truncate(from);
            block.push(Stmt::Return(value));
        }
    }

    /// What the function returns when it goes on from this statement; `after` is what it returns from the next one.
    fn value_from(&mut self, stmt: &Stmt, after: Option<&Expr>) -> Option<Expr> {
        match stmt {
            Stmt::Return(value) => Some(value.clone()),
            Stmt::Pass => after.cloned(),
            Stmt::If { test, then, otherwise } => {
                let repeated = if goes_on(then) && goes_on(otherwise) { after.map_or(0, size) } else { 0 };
                let then = self.value_of(then, after)?;
                let otherwise = self.value_of(otherwise, after)?;
                self.join(test, then, otherwise, repeated)
            }
            Stmt::For { target, iter, body, otherwise } => {
                let after = self.value_of(otherwise, after)?;
                self.value_of_loop(target, iter, body, after)
            }
            _ => None,
        }
    }

    fn value_of(&mut self, block: &[Stmt], after: Option<&Expr>) -> Option<Expr> {
        let mut value = after.cloned();
        for stmt in block.iter().rev() {
            value = Some(self.value_from(stmt, value.as_ref())?);
        }
        value
    }

    /// `then if test else otherwise`: the test is computed once, then what its truth leads to, as the statements do.
    /// `repeated` is the size of what both branches end with.
    fn join(&self, test: &Expr, then: Expr, otherwise: Expr, repeated: usize) -> Option<Expr> {
        let parts = size(test) + size(&then) + size(&otherwise);
        let (at, test) = (test.at, Box::new(test.clone()));
        let kind = ExprKind::IfElse { test, then: Box::new(then), otherwise: Box::new(otherwise) };
        let mut joined = made(kind, at);
        rules::rewrite(self.frame, &mut joined, false);
        let size = size(&joined);
        let repeats = repeated > 0 && size > parts.saturating_sub(repeated) + MAX_REPEATED;
        (!repeats && size <= MAX_SIZE && depth(&joined) <= MAX_DEPTH).then_some(joined)
    }

    /// `for x in y: if c: return k` returns k if `any(c for x in y)`, which goes through the same items and stops at the
    /// same one. Nothing may outlive the loop but the answer, and every local read in it must be bound: in a generator an
    /// unbound one would raise another exception.
    fn value_of_loop(&mut self, target: &Target, iter: &Expr, body: &[Stmt], after: Expr) -> Option<Expr> {
        let mut returned = None;
        let hit = self.hit(body, boolean_at(false, iter.at), &mut returned)?;
        let any = self.any(target, iter, hit)?;
        let returned = returned?;
        let of_params = |expr: &Expr| match expr.kind {
            ExprKind::Local(slot) => self.frame.is_fixed(slot) && (slot.0 as usize) < self.slots.params,
            _ => true,
        };
        if any_within(&returned, &mut |inner| !of_params(inner)) {
            return None;
        }
        self.join(&any, returned, after, 0)
    }

    /// Whether the loop's body returns from the function, as an expression whose truth says so; `after` says it of what
    /// comes next. All `return`s must be of one expression, kept in `returned`.
    fn hit(&mut self, body: &[Stmt], after: Expr, returned: &mut Option<Expr>) -> Option<Expr> {
        let mut hit = after;
        for stmt in body.iter().rev() {
            hit = match stmt {
                Stmt::Pass => hit,
                Stmt::Continue => boolean_at(false, hit.at),
                Stmt::Return(value) => {
                    if *returned.get_or_insert_with(|| value.clone()) != *value {
                        return None;
                    }
                    boolean_at(true, value.at)
                }
                Stmt::If { test, then, otherwise } => {
                    let repeated = if goes_on(then) && goes_on(otherwise) { size(&hit) } else { 0 };
                    let then = self.hit(then, hit.clone(), returned)?;
                    let otherwise = self.hit(otherwise, hit.clone(), returned)?;
                    let mut joined = self.join(test, then, otherwise, repeated)?;
                    rules::rewrite(self.frame, &mut joined, true);
                    joined
                }
                Stmt::For { target, iter, body, otherwise } if otherwise.is_empty() => {
                    let inner = self.hit(body, boolean_at(false, hit.at), returned)?;
                    let at = iter.at;
                    let mut all = made(ExprKind::Or(vec![self.any(target, iter, inner)?, hit]), at);
                    rules::rewrite(self.frame, &mut all, true);
                    all
                }
                _ => return None,
            };
        }
        Some(hit)
    }

    /// `any(hit for target in iter)`, with slots of its own.
    fn any(&mut self, target: &Target, iter: &Expr, mut hit: Expr) -> Option<Expr> {
        let mut fresh = Vec::new();
        let mut plain = true;
        walk::slots_in_target(target, &mut |slot| {
            plain &= self.slots.fixed.get(slot.0 as usize).copied().unwrap_or_default();
            fresh.push((slot, slot));
        });
        let walrus = |expr: &Expr| any_within(expr, &mut |inner| matches!(inner.kind, ExprKind::Walrus { .. }));
        let refused = !plain || !only_locals(target) || self.frame.known.may_stop || walrus(&hit) || walrus(iter);
        if refused || !self.is_bound(&hit) || !self.is_bound(iter) {
            return None;
        }
        for (old, new) in &mut fresh {
            let name = self.locals.get(old.0 as usize).cloned().unwrap_or_default();
            *new = slots::add(self.locals, name);
        }
        let renamed = |slot: Slot| fresh.iter().find(|(old, _)| *old == slot).map(|(_, new)| *new);
        slots::substitute(&mut hit, &|slot| renamed(slot).map(|new| made(ExprKind::Local(new), iter.at)));
        let mut target = target.clone();
        walk::slots_in_target_mut(&mut target, &mut |slot| *slot = renamed(*slot).unwrap_or(*slot));
        let clause = Clause { target, iter: iter.clone(), conditions: Vec::new() };
        let kind = ComprehensionKind::Generator;
        let generator = ExprKind::Comprehension { kind, element: Box::new(hit), clauses: vec![clause] };
        let args = Args { positional: vec![made(generator, iter.at)], keyword: Vec::new() };
        let callee = Box::new(made(ExprKind::Callable("any".into()), iter.at));
        Some(made(ExprKind::Call { callee, args }, iter.at))
    }

    /// Whether every local read in the expression is certainly bound there.
    fn is_bound(&self, expr: &Expr) -> bool {
        !any_within(expr, &mut |inner| match inner.kind {
            // Slots past the counted ones belong to comprehensions made here.
            ExprKind::Local(slot) => (slot.0 as usize) < self.slots.fixed.len() && !self.frame.is_fixed(slot),
            _ => false,
        })
    }
}

fn only_locals(target: &Target) -> bool {
    match target {
        Target::Local(_) => true,
        Target::Tuple(targets, _) => targets.iter().all(only_locals),
        Target::Global(_) | Target::Item { .. } | Target::Star(_) => false,
    }
}

fn boolean_at(value: bool, at: At) -> Expr {
    made(boolean(value), at)
}
