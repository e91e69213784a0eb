//! Dropping what nothing reaches, once helpers have given way to their expressions.

use std::collections::BTreeSet;

use super::effect::any_within;
use crate::tree::{Expr, ExprKind, Function, FunctionId, GlobalId, Module, Stmt, Target};
use crate::walk;

/// The module with only the functions that these entry functions reach, and the module-level names that those use or
/// whose computing could raise: a module that cannot be loaded stays one.
#[must_use]
pub fn reached_from(mut module: Module, entries: &[&str]) -> Module {
    let mut reached = Reached::default();
    for (index, global) in module.globals.iter().enumerate() {
        if global.value.as_ref().is_some_and(|value| any_within(value, &mut |inner| !is_inert(inner))) {
            reached.global(&module, index);
        }
    }
    for (index, function) in module.functions.iter().enumerate() {
        if entries.contains(&function.name.as_str()) {
            reached.function(&module, index);
        }
    }
    let functions = Numbers::of(module.functions.len(), &reached.functions);
    let globals = Numbers::of(module.globals.len(), &reached.globals);
    functions.keep(&mut module.functions);
    globals.keep(&mut module.globals);
    let mut renumber = |expr: &mut Expr| match &mut expr.kind {
        ExprKind::Function(FunctionId(id)) => *id = functions.renumbered(*id),
        ExprKind::Global(GlobalId(id)) => *id = globals.renumbered(*id),
        ExprKind::Comprehension { clauses, .. } => {
            clauses.iter_mut().for_each(|clause| renumber_target(&mut clause.target, &globals));
        }
        _ => {}
    };
    for global in &mut module.globals {
        global.value.iter_mut().for_each(|value| walk::expressions_mut(value, &mut renumber));
    }
    for function in &mut module.functions {
        let defaults = function.params.iter_mut().filter_map(|param| param.default.as_mut());
        defaults.for_each(|default| walk::expressions_mut(default, &mut renumber));
        walk::statements_mut(&mut function.body, &mut |stmt| {
            for_each_target(stmt, &mut |target| renumber_target(target, &globals));
            walk::statement_exprs_mut(stmt, &mut |expr| walk::expressions_mut(expr, &mut renumber));
        });
    }
    module
}

/// Whether computing it can neither raise nor do anything, its parts aside. Members of sets and keys are constants then,
/// which can be hashed.
fn is_inert(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_)
        | ExprKind::List(_)
        | ExprKind::Tuple(_)
        | ExprKind::Function(_)
        | ExprKind::Callable(_)
        | ExprKind::Class(_) => true,
        ExprKind::Set(items) => items.iter().all(|item| matches!(item.kind, ExprKind::Const(_))),
        ExprKind::Dict(entries) => {
            entries.iter().all(|(key, _)| key.as_ref().is_some_and(|key| matches!(key.kind, ExprKind::Const(_))))
        }
        _ => false,
    }
}

#[derive(Default)]
struct Reached {
    functions: BTreeSet<usize>,
    globals: BTreeSet<usize>,
}

impl Reached {
    fn function(&mut self, module: &Module, index: usize) {
        let mut waiting = vec![index];
        while let Some(index) = waiting.pop() {
            let Some(function) = module.functions.get(index) else { continue };
            if !self.functions.insert(index) {
                continue;
            }
            let (functions, globals) = named_by(function);
            waiting.extend(functions);
            globals.into_iter().for_each(|global| self.global(module, global));
        }
    }

    fn global(&mut self, module: &Module, index: usize) {
        let Some(global) = module.globals.get(index) else { return };
        if !self.globals.insert(index) {
            return;
        }
        let (functions, globals) = global.value.as_ref().map(named_in).unwrap_or_default();
        functions.into_iter().for_each(|function| self.function(module, function));
        globals.into_iter().for_each(|other| self.global(module, other));
    }
}

type Named = (BTreeSet<usize>, BTreeSet<usize>);

fn named_in(expr: &Expr) -> Named {
    let mut named = Named::default();
    walk::expressions(expr, &mut |inner| note(inner, &mut named));
    named
}

fn note(expr: &Expr, (functions, globals): &mut Named) {
    match &expr.kind {
        ExprKind::Function(id) => {
            functions.insert(id.0 as usize);
        }
        ExprKind::Global(id) => {
            globals.insert(id.0 as usize);
        }
        ExprKind::Comprehension { clauses, .. } => {
            clauses.iter().for_each(|clause| note_target(&clause.target, globals));
        }
        _ => {}
    }
}

fn note_target(target: &Target, globals: &mut BTreeSet<usize>) {
    match target {
        Target::Global(id) => {
            globals.insert(id.0 as usize);
        }
        Target::Tuple(targets, _) => targets.iter().for_each(|inner| note_target(inner, globals)),
        Target::Star(inner) => note_target(inner, globals),
        Target::Local(_) | Target::Item { .. } => {}
    }
}

fn named_by(function: &Function) -> Named {
    let mut named = Named::default();
    let defaults = function.params.iter().filter_map(|param| param.default.as_ref());
    defaults.for_each(|default| walk::expressions(default, &mut |inner| note(inner, &mut named)));
    walk::statements(&function.body, &mut |stmt| match stmt {
        Stmt::Assign { targets, .. } | Stmt::Delete(targets) => {
            targets.iter().for_each(|target| note_target(target, &mut named.1));
        }
        Stmt::Augment { target, .. } | Stmt::For { target, .. } => note_target(target, &mut named.1),
        _ => {}
    });
    walk::block_expressions(&function.body, &mut |expr| note(expr, &mut named));
    named
}

fn for_each_target(stmt: &mut Stmt, visit: &mut dyn FnMut(&mut Target)) {
    match stmt {
        Stmt::Assign { targets, .. } | Stmt::Delete(targets) => targets.iter_mut().for_each(visit),
        Stmt::Augment { target, .. } | Stmt::For { target, .. } => visit(target),
        _ => {}
    }
}

fn renumber_target(target: &mut Target, globals: &Numbers) {
    match target {
        Target::Global(GlobalId(id)) => *id = globals.renumbered(*id),
        Target::Tuple(targets, _) => targets.iter_mut().for_each(|inner| renumber_target(inner, globals)),
        Target::Star(inner) => renumber_target(inner, globals),
        Target::Local(_) | Target::Item { .. } => {}
    }
}

/// Old numbers and the new ones of what is kept.
struct Numbers(Vec<Option<u32>>);

impl Numbers {
    fn of(count: usize, kept: &BTreeSet<usize>) -> Self {
        let mut next = 0;
        let number = |index: usize| {
            kept.contains(&index).then(|| {
                next += 1;
                next - 1
            })
        };
        Self((0..count).map(number).collect())
    }

    fn renumbered(&self, old: u32) -> u32 {
        self.0.get(old as usize).copied().flatten().unwrap_or(u32::MAX)
    }

    fn keep<T>(&self, all: &mut Vec<T>) {
        let mut kept = self.0.iter();
        all.retain(|_| kept.next().is_some_and(Option::is_some));
    }
}
