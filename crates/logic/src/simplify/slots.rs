//! What the slots of a function are: how often each is bound and read, and which never change under a reader.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use crate::tree::{Clause, ComprehensionKind, Expr, ExprKind, Function, Module, Slot, Stmt, Target};
use crate::{scope, walk};

/// The slots of a function, counted.
pub(super) struct Slots {
    /// How many statements and walruses bind each; a parameter counts one for itself.
    pub(super) bindings: Vec<usize>,
    /// How many slots are parameters.
    pub(super) params: usize,
    /// Slots of comprehensions and lambdas.
    pub(super) scoped: Vec<bool>,
    /// Slots that are bound wherever they are read, and hold one value while a reader of it can run.
    pub(super) fixed: Vec<bool>,
}

impl Slots {
    pub(super) fn of(function: &Function) -> Self {
        let count = function.locals.len();
        let mut slots = Self {
            bindings: vec![0; count],
            params: function.params.len().min(count),
            scoped: vec![false; count],
            fixed: vec![false; count],
        };
        let params = slots.params;
        slots.bindings[..params].fill(1);
        walk::statements(&function.body, &mut |stmt| {
            walk::bound_by_statement(stmt, &mut |slot| increment(&mut slots.bindings, slot));
        });
        walk::block_expressions(&function.body, &mut |expr| slots.count(expr));
        let mut cover = Cover::new(count);
        cover.block(&function.body);
        for index in 0..count {
            let bindings = slots.bindings[index];
            slots.fixed[index] = match index < params || slots.scoped[index] {
                true => bindings == usize::from(index < params),
                false => bindings > 0 && bindings == cover.binders[index] && !cover.astray[index],
            };
        }
        slots
    }

    fn count(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Walrus { slot, .. } => increment(&mut self.bindings, *slot),
            ExprKind::Lambda { params, .. } => params.iter().for_each(|(slot, _)| self.scope(*slot)),
            ExprKind::Comprehension { clauses, .. } => {
                clauses.iter().for_each(|clause| walk::slots_in_target(&clause.target, &mut |slot| self.scope(slot)));
            }
            _ => {}
        }
    }

    fn scope(&mut self, slot: Slot) {
        if let Some(scoped) = self.scoped.get_mut(slot.0 as usize) {
            *scoped = true;
        }
    }

    /// Whether it is a local whose every assignment has its own readers.
    pub(super) fn is_fixed_local(&self, slot: Slot) -> bool {
        let index = slot.0 as usize;
        self.fixed.get(index) == Some(&true) && self.scoped.get(index) == Some(&false) && index >= self.params
    }
}

/// Which reads of a local see one binding alone. A plain assignment covers the rest of its block, a loop its body: a read
/// under one of these, in which the name is not bound again at any depth, finds it bound to what that gave.
struct Cover {
    /// By slot: the assignments and loops that cover the place that is being gone through.
    active: Vec<usize>,
    /// How many cover some place.
    binders: Vec<usize>,
    /// Whether some read is under none, or some binding under another.
    astray: Vec<bool>,
}

impl Cover {
    fn new(count: usize) -> Self {
        Self { active: vec![0; count], binders: vec![0; count], astray: vec![false; count] }
    }

    fn block(&mut self, block: &[Stmt]) {
        let mut covered = Vec::new();
        for stmt in block {
            walk::statement_exprs(stmt, &mut |expr| self.expression(expr));
            match stmt {
                Stmt::For { target, body, otherwise, .. } => {
                    let mut own = Vec::new();
                    walk::slots_in_target(target, &mut |slot| own.push(slot));
                    own.iter().for_each(|slot| self.open(*slot));
                    self.block(body);
                    own.iter().for_each(|slot| self.close(*slot));
                    self.block(otherwise);
                }
                _ => walk::blocks(stmt).into_iter().for_each(|inner| self.block(inner)),
            }
            if let Stmt::Assign { targets, .. } = stmt
                && let [Target::Local(slot)] = targets.as_slice()
            {
                self.open(*slot);
                covered.push(*slot);
            }
        }
        covered.into_iter().for_each(|slot| self.close(slot));
    }

    fn expression(&mut self, expr: &Expr) {
        walk::expressions(expr, &mut |inner| {
            if let ExprKind::Local(slot) = inner.kind
                && let (Some(active), Some(astray)) =
                    (self.active.get(slot.0 as usize), self.astray.get_mut(slot.0 as usize))
            {
                *astray |= *active != 1;
            }
        });
    }

    fn open(&mut self, slot: Slot) {
        if self.active.get(slot.0 as usize).is_some_and(|active| *active > 0) {
            self.astray[slot.0 as usize] = true;
        }
        increment(&mut self.active, slot);
        increment(&mut self.binders, slot);
    }

    fn close(&mut self, slot: Slot) {
        if let Some(active) = self.active.get_mut(slot.0 as usize) {
            *active = active.saturating_sub(1);
        }
    }
}

fn increment(counts: &mut [usize], slot: Slot) {
    if let Some(count) = counts.get_mut(slot.0 as usize) {
        *count += 1;
    }
}

/// How often a block reads a slot.
pub(super) fn reads_in(block: &[Stmt], slot: Slot) -> usize {
    let mut count = 0;
    walk::block_expressions(block, &mut |expr| {
        count += usize::from(matches!(expr.kind, ExprKind::Local(read) if read == slot));
    });
    count
}

/// A new slot of that name.
pub(super) fn add(locals: &mut Vec<SmolStr>, name: SmolStr) -> Slot {
    locals.push(name);
    Slot(u32::try_from(locals.len() - 1).unwrap_or(u32::MAX))
}

/// Numbers the slots as lowering does (parameters, then names that statements and walruses bind in the order in which
/// they do, then those of comprehensions and lambdas) and drops those that nothing names any more.
pub fn renumber(function: &mut Function) {
    separate_scopes(function);
    let mut order = Order::default();
    let params = u32::try_from(function.params.len()).unwrap_or(u32::MAX);
    (0..params).for_each(|slot| order.add(Slot(slot)));
    walk::statements(&function.body, &mut |stmt| {
        let mut walruses = Vec::new();
        walk::statement_exprs(stmt, &mut |expr| {
            walk::expressions(expr, &mut |inner| {
                if let ExprKind::Walrus { slot, .. } = inner.kind {
                    walruses.push(slot);
                }
            });
        });
        walruses.into_iter().for_each(|slot| order.add(slot));
        walk::bound_by_statement(stmt, &mut |slot| order.add(slot));
    });
    walk::statements(&function.body, &mut |stmt| walk::statement_exprs(stmt, &mut |expr| order.add_scoped(expr)));
    // A name that is read but bound nowhere keeps its slot: reading it raises.
    walk::block_expressions(&function.body, &mut |expr| {
        if let ExprKind::Local(slot) = expr.kind {
            order.add(slot);
        }
    });
    let name = |slot: &Slot| function.locals.get(slot.0 as usize).cloned().unwrap_or_default();
    let locals = order.slots.iter().map(name).collect();
    walk::slots_in_function_mut(function, &mut |slot| {
        if let Some(new) = order.numbers.get(slot) {
            *slot = *new;
        }
    });
    function.locals = locals;
}

/// Gives each comprehension and lambda slots of its own, where the copying of an expression made two share them.
fn separate_scopes(function: &mut Function) {
    let mut seen = BTreeSet::new();
    let locals = &mut function.locals;
    walk::statements_mut(&mut function.body, &mut |stmt| {
        walk::statement_exprs_mut(stmt, &mut |expr| separate_scopes_in(expr, &mut seen, locals));
    });
}

fn separate_scopes_in(expr: &mut Expr, seen: &mut BTreeSet<Slot>, locals: &mut Vec<SmolStr>) {
    let mut own = Vec::new();
    match &expr.kind {
        ExprKind::Lambda { params, .. } => own.extend(params.iter().map(|(slot, _)| *slot)),
        ExprKind::Comprehension { clauses, .. } => {
            clauses.iter().for_each(|clause| walk::slots_in_target(&clause.target, &mut |slot| own.push(slot)));
        }
        _ => {}
    }
    for slot in own {
        if seen.insert(slot) {
            continue;
        }
        let name = locals.get(slot.0 as usize).cloned().unwrap_or_default();
        let new = add(locals, name);
        seen.insert(new);
        walk::slots_in_expression_mut(expr, &mut |used| {
            if *used == slot {
                *used = new;
            }
        });
    }
    walk::children_mut(expr, &mut |child| separate_scopes_in(child, seen, locals));
}

#[derive(Default)]
struct Order {
    slots: Vec<Slot>,
    numbers: BTreeMap<Slot, Slot>,
}

impl Order {
    fn add(&mut self, slot: Slot) {
        let next = Slot(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.numbers.entry(slot) {
            vacant.insert(next);
            self.slots.push(slot);
        }
    }

    /// The slots of comprehensions and lambdas, in the order in which lowering comes to them: the first iterable and
    /// the defaults of parameters still belong to what is around.
    fn add_scoped(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Lambda { params, body } => {
                params.iter().filter_map(|(_, default)| default.as_ref()).for_each(|default| self.add_scoped(default));
                params.iter().for_each(|(slot, _)| self.add(*slot));
                self.add_scoped(body);
            }
            ExprKind::Comprehension { clauses, .. } => {
                let outermost = clauses.first().map(|clause| &clause.iter);
                outermost.into_iter().for_each(|iter| self.add_scoped(iter));
                clauses.iter().for_each(|clause| walk::slots_in_target(&clause.target, &mut |slot| self.add(slot)));
                // Coming to the first iterable again would double the work with every level of nesting.
                walk::children(expr, &mut |child| {
                    if !outermost.is_some_and(|iter| std::ptr::eq(iter, child)) {
                        self.add_scoped(child);
                    }
                });
            }
            _ => walk::children(expr, &mut |child| self.add_scoped(child)),
        }
    }
}

/// Replaces reads of slots within an expression; what replaces a read is made anew each time.
pub(super) fn substitute(expr: &mut Expr, with: &dyn Fn(Slot) -> Option<Expr>) {
    if let ExprKind::Local(slot) = expr.kind {
        if let Some(new) = with(slot) {
            *expr = new;
        }
        return;
    }
    walk::children_mut(expr, &mut |child| substitute(child, with));
}

/// As [`substitute`], in every expression of a block.
pub(super) fn substitute_in_block(block: &mut [Stmt], with: &dyn Fn(Slot) -> Option<Expr>) {
    walk::statements_mut(block, &mut |stmt| walk::statement_exprs_mut(stmt, &mut |expr| substitute(expr, with)));
}

/// The names by which an expression reaches what its own comprehensions do not bind: locals, module-level names, library
/// modules, builtins. A scope that binds such a name must not be put around it.
pub(super) fn free_names(module: &Module, function: &Function, expr: &Expr) -> Vec<SmolStr> {
    let mut names = Vec::new();
    walk::expressions(expr, &mut |inner| {
        names.extend(match &inner.kind {
            ExprKind::Local(slot) => function.locals.get(slot.0 as usize).cloned(),
            ExprKind::Input | ExprKind::Field { .. } => Some(scope::input_name(module, function)),
            _ => outer_name(module, inner),
        });
    });
    names
}

/// The name of what an expression is, where that is something outside the function.
pub(super) fn outer_name(module: &Module, expr: &Expr) -> Option<SmolStr> {
    let last = |name: &SmolStr| SmolStr::new(name.rsplit('.').next().unwrap_or(name));
    match &expr.kind {
        ExprKind::Global(id) => module.globals.get(id.0 as usize).map(|global| last(&global.name)),
        ExprKind::Function(id) => module.functions.get(id.0 as usize).map(|function| last(&function.name)),
        ExprKind::Callable(path) | ExprKind::Class(path) => Some(SmolStr::new(path.split('.').next().unwrap_or(path))),
        _ => None,
    }
}

/// The slots that comprehensions and lambdas within an expression bind.
pub(super) fn scoped_within(expr: &Expr) -> Vec<Slot> {
    let mut order = Order::default();
    order.add_scoped(expr);
    order.slots
}

/// Whether each lazily computed generator within is used up where it stands, so that what it reads is read at once.
pub(super) fn generators_are_consumed(expr: &Expr) -> bool {
    let lazy = |expr: &Expr| {
        matches!(
            expr.kind,
            ExprKind::Lambda { .. } | ExprKind::Comprehension { kind: ComprehensionKind::Generator, .. }
        )
    };
    let consumed = |callee: &Expr| match &callee.kind {
        ExprKind::Callable(name) => ["all", "any", "max", "min", "sorted", "sum"].contains(&name.as_str()),
        ExprKind::Class(name) => ["dict", "frozenset", "list", "set", "tuple"].contains(&name.as_str()),
        _ => false,
    };
    if lazy(expr) {
        return false;
    }
    if let ExprKind::Call { callee, args } = &expr.kind
        && let [Expr { kind: ExprKind::Comprehension { kind: ComprehensionKind::Generator, element, clauses }, .. }] =
            args.positional.as_slice()
        && args.keyword.is_empty()
        && consumed(callee)
    {
        let of_clause = |clause: &Clause| {
            generators_are_consumed(&clause.iter) && clause.conditions.iter().all(generators_are_consumed)
        };
        return generators_are_consumed(element) && clauses.iter().all(of_clause);
    }
    let mut all = true;
    walk::children(expr, &mut |child| all = all && generators_are_consumed(child));
    all
}
