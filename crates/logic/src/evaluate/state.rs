//! Whether what a module's functions do can outlive a call: then its globals are made anew for every resource.

use crate::known;
use crate::tree::{Args, ComprehensionKind, Expr, ExprKind, FormatPart, Function, Module, Slot, Stmt, Target};

/// Whether a function assigns a global, or changes a container that it did not make itself. Errs towards true.
pub(crate) fn is_stateful(module: &Module) -> bool {
    module.functions.iter().any(changes_shared)
        || module.globals.iter().any(|global| global.value.as_ref().is_some_and(makes_iterator))
}

/// A generator or other iterator held by a global is used up by whoever goes through it first.
fn makes_iterator(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Comprehension { kind, .. } => *kind == ComprehensionKind::Generator,
        ExprKind::Call { callee, .. } => match &callee.kind {
            ExprKind::Class(name) | ExprKind::Callable(name) => {
                matches!(name.as_str(), "map" | "filter" | "zip" | "iter" | "enumerate" | "reversed")
            }
            ExprKind::Function(_) => true,
            _ => false,
        },
        _ => false,
    }
}

fn changes_shared(function: &Function) -> bool {
    let mut finder = Finder { fresh: fresh_locals(function), found: false };
    finder.stmts(&function.body);
    // What a walrus binds is known only after the first pass.
    finder.stmts(&function.body);
    finder.found
}

/// The locals that only ever hold containers made in this function.
fn fresh_locals(function: &Function) -> Vec<bool> {
    let mut bindings = vec![Binding::None; function.locals.len()];
    for slot in bindings.iter_mut().take(function.params.len()) {
        *slot = Binding::Shared;
    }
    note_bindings(&function.body, &mut bindings);
    bindings.into_iter().map(|binding| binding == Binding::Fresh).collect()
}

/// What the statements of a function bind a local to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Binding {
    /// Nothing: a variable of a comprehension or lambda, bound elsewhere.
    None,
    Fresh,
    Shared,
}

fn note_bindings(stmts: &[Stmt], bindings: &mut [Binding]) {
    for stmt in stmts {
        match stmt {
            Stmt::Assign { targets, value } => {
                if let ([Target::Local(slot)], true) = (&targets[..], is_fresh(value)) {
                    mark(*slot, Binding::Fresh, bindings);
                } else {
                    targets.iter().for_each(|target| taint(target, bindings));
                }
            }
            Stmt::If { then, otherwise, .. } => {
                note_bindings(then, bindings);
                note_bindings(otherwise, bindings);
            }
            Stmt::For { target, body, otherwise, .. } => {
                taint(target, bindings);
                note_bindings(body, bindings);
                note_bindings(otherwise, bindings);
            }
            Stmt::While { body, otherwise, .. } => {
                note_bindings(body, bindings);
                note_bindings(otherwise, bindings);
            }
            Stmt::Try { body, handlers, otherwise, finally } => {
                for stmts in [body, otherwise, finally] {
                    note_bindings(stmts, bindings);
                }
                for handler in handlers {
                    note_bindings(&handler.body, bindings);
                }
            }
            _ => {}
        }
    }
}

fn mark(slot: Slot, binding: Binding, bindings: &mut [Binding]) {
    if let Some(known) = bindings.get_mut(slot.0 as usize)
        && *known != Binding::Shared
    {
        *known = binding;
    }
}

fn taint(target: &Target, bindings: &mut [Binding]) {
    match target {
        Target::Local(slot) => mark(*slot, Binding::Shared, bindings),
        Target::Tuple(targets, _) => targets.iter().for_each(|target| taint(target, bindings)),
        Target::Star(target) => taint(target, bindings),
        Target::Global(_) | Target::Item { .. } => {}
    }
}

/// Whether the value is a container made here (its elements need not be) or cannot change.
fn is_fresh(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::List(_) | ExprKind::Set(_) | ExprKind::Dict(_) | ExprKind::Comprehension { .. } => true,
        ExprKind::Const(_) | ExprKind::Format(_) | ExprKind::Compare { .. } | ExprKind::Not(_) => true,
        ExprKind::Call { callee, .. } => match &callee.kind {
            ExprKind::Class(name) | ExprKind::Callable(name) => known::makes_fresh(name),
            _ => false,
        },
        ExprKind::Binary { left, right, .. } => is_fresh(left) || is_fresh(right),
        _ => false,
    }
}

struct Finder {
    fresh: Vec<bool>,
    found: bool,
}

impl Finder {
    fn is_own(&self, value: &Expr) -> bool {
        match &value.kind {
            ExprKind::Local(Slot(slot)) => self.fresh.get(*slot as usize).copied().unwrap_or(false),
            _ => is_fresh(value),
        }
    }

    fn change(&mut self, container: &Expr) {
        self.found |= !self.is_own(container);
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr(value) | Stmt::Return(value) => self.expr(value),
            Stmt::Assign { targets, value } => {
                targets.iter().for_each(|target| self.target(target));
                self.expr(value);
            }
            Stmt::Augment { target, value, .. } => {
                if let Target::Local(slot) = target {
                    self.found |= !self.fresh.get(slot.0 as usize).copied().unwrap_or(false) && !is_immutable(value);
                }
                self.target(target);
                self.expr(value);
            }
            Stmt::If { test, then, otherwise } | Stmt::While { test, body: then, otherwise } => {
                self.expr(test);
                self.stmts(then);
                self.stmts(otherwise);
            }
            Stmt::For { target, iter, body, otherwise } => {
                self.target(target);
                self.expr(iter);
                self.stmts(body);
                self.stmts(otherwise);
            }
            Stmt::Try { body, handlers, otherwise, finally } => {
                self.stmts(body);
                handlers.iter().for_each(|handler| self.stmts(&handler.body));
                self.stmts(otherwise);
                self.stmts(finally);
            }
            Stmt::Raise { exception, .. } => exception.iter().for_each(|value| self.expr(value)),
            Stmt::Assert { test, message, .. } => {
                self.expr(test);
                message.iter().for_each(|message| self.expr(message));
            }
            Stmt::Delete(targets) => targets.iter().for_each(|target| self.target(target)),
            Stmt::Break | Stmt::Continue | Stmt::Pass => {}
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Global(_) => self.found = true,
            Target::Item { container, index, .. } => {
                self.change(container);
                self.expr(container);
                self.expr(index);
            }
            Target::Tuple(targets, _) => targets.iter().for_each(|target| self.target(target)),
            Target::Star(target) => self.target(target),
            Target::Local(_) => {}
        }
    }

    fn args(&mut self, args: &Args) {
        args.positional.iter().chain(args.keyword.iter().map(|(_, value)| value)).for_each(|arg| self.expr(arg));
    }

    fn exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Method { receiver, name, args } => {
                if known::mutates(name) || name == "__next__" {
                    self.change(receiver);
                }
                self.expr(receiver);
                self.args(args);
            }
            ExprKind::Attribute { value, name } => {
                self.found |= known::mutates(name);
                self.expr(value);
            }
            ExprKind::Call { callee, args } => {
                if matches!(&callee.kind, ExprKind::Callable(name) if name == "next") {
                    self.found |= args.positional.first().is_some_and(|first| !is_fresh(first));
                }
                self.expr(callee);
                self.args(args);
            }
            ExprKind::And(operands)
            | ExprKind::Or(operands)
            | ExprKind::List(operands)
            | ExprKind::Tuple(operands)
            | ExprKind::Set(operands) => self.exprs(operands),
            ExprKind::Not(operand) | ExprKind::Unary { operand, .. } | ExprKind::Star(operand) => self.expr(operand),
            ExprKind::Walrus { slot, value } => {
                if let Some(fresh) = self.fresh.get_mut(slot.0 as usize) {
                    *fresh = false;
                }
                self.expr(value);
            }
            ExprKind::Compare { first, rest } => {
                self.expr(first);
                self.exprs(rest.iter().map(|(_, operand)| operand));
            }
            ExprKind::Binary { left, right, .. } => self.exprs([&**left, right]),
            ExprKind::IfElse { test, then, otherwise } => self.exprs([&**test, then, otherwise]),
            ExprKind::Subscript { value, index } => self.exprs([&**value, index]),
            ExprKind::Slice { lower, upper, step } => {
                self.exprs([lower, upper, step].into_iter().flatten().map(|part| &**part));
            }
            ExprKind::Dict(entries) => {
                self.exprs(entries.iter().flat_map(|(key, value)| key.iter().chain([value])));
            }
            ExprKind::Comprehension { kind, element, clauses } => {
                if let ComprehensionKind::Dict(value) = kind {
                    self.expr(value);
                }
                self.expr(element);
                for clause in clauses {
                    self.target(&clause.target);
                    self.expr(&clause.iter);
                    self.exprs(&clause.conditions);
                }
            }
            ExprKind::Format(parts) => self.format(parts),
            ExprKind::Lambda { body, .. } => self.expr(body),
            ExprKind::Field { access: crate::tree::Access::Get(Some(default)), .. } => self.expr(default),
            _ => {}
        }
    }

    fn format(&mut self, parts: &[FormatPart]) {
        for part in parts {
            if let FormatPart::Value { value, spec, .. } = part {
                self.expr(value);
                self.format(spec);
            }
        }
    }
}

/// Whether `x op= value` cannot change what `x` holds, because `x` then is a number or text.
fn is_immutable(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Const(_) | ExprKind::Format(_))
}
