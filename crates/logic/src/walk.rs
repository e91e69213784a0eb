//! Going through a tree: the direct parts of an expression or a statement, in the order in which Python computes them.

use crate::tree::{
    Access, Args, Clause, ComprehensionKind, Expr, ExprKind, FormatPart, Function, GlobalId, Slot, Stmt, Target,
};

/// Each walk is written once and made twice: to read (`children`), and to change (`children_mut`).
macro_rules! walks {
    ($children:ident, $arguments:ident, $format_parts:ident, $in_target:ident, $statement_exprs:ident $(, $mutable:ident)?) => {
        /// Calls `visit` on each direct sub-expression.
        pub fn $children<'a>(expr: &'a $($mutable)? Expr, visit: &mut dyn FnMut(&'a $($mutable)? Expr)) {
            match &$($mutable)? expr.kind {
                ExprKind::Const(_)
                | ExprKind::Local(_)
                | ExprKind::Global(_)
                | ExprKind::Function(_)
                | ExprKind::Callable(_)
                | ExprKind::Class(_)
                | ExprKind::Input => {}
                ExprKind::Field { access, .. } => {
                    if let Access::Get(Some(default)) = access {
                        visit(default);
                    }
                }
                ExprKind::And(operands)
                | ExprKind::Or(operands)
                | ExprKind::List(operands)
                | ExprKind::Tuple(operands)
                | ExprKind::Set(operands) => operands.into_iter().for_each(visit),
                ExprKind::Not(operand)
                | ExprKind::Unary { operand, .. }
                | ExprKind::Star(operand)
                | ExprKind::Attribute { value: operand, .. }
                | ExprKind::Walrus { value: operand, .. } => visit(operand),
                ExprKind::Compare { first, rest } => {
                    visit(first);
                    rest.into_iter().for_each(|(_, operand)| visit(operand));
                }
                ExprKind::Binary { left, right, .. } => {
                    visit(left);
                    visit(right);
                }
                ExprKind::IfElse { test, then, otherwise } => {
                    visit(test);
                    visit(then);
                    visit(otherwise);
                }
                ExprKind::Call { callee, args } => {
                    visit(callee);
                    $arguments(args, visit);
                }
                ExprKind::Method { receiver, args, .. } => {
                    visit(receiver);
                    $arguments(args, visit);
                }
                ExprKind::Subscript { value, index } => {
                    visit(value);
                    visit(index);
                }
                ExprKind::Slice { lower, upper, step } => {
                    [lower, upper, step].into_iter().flatten().for_each(|bound| visit(bound));
                }
                ExprKind::Dict(entries) => {
                    for (key, value) in entries {
                        key.into_iter().for_each(&mut *visit);
                        visit(value);
                    }
                }
                ExprKind::Comprehension { kind, element, clauses } => {
                    for Clause { target, iter, conditions } in clauses {
                        visit(iter);
                        $in_target(target, visit);
                        conditions.into_iter().for_each(&mut *visit);
                    }
                    visit(element);
                    if let ComprehensionKind::Dict(value) = kind {
                        visit(value);
                    }
                }
                ExprKind::Format(parts) => $format_parts(parts, visit),
                ExprKind::Lambda { params, body } => {
                    params.into_iter().for_each(|(_, default)| default.into_iter().for_each(&mut *visit));
                    visit(body);
                }
            }
        }

        fn $arguments<'a>(args: &'a $($mutable)? Args, visit: &mut dyn FnMut(&'a $($mutable)? Expr)) {
            let Args { positional, keyword } = args;
            positional.into_iter().for_each(&mut *visit);
            keyword.into_iter().for_each(|(_, value)| visit(value));
        }

        fn $format_parts<'a>(parts: &'a $($mutable)? [FormatPart], visit: &mut dyn FnMut(&'a $($mutable)? Expr)) {
            for part in parts {
                if let FormatPart::Value { value, spec, .. } = part {
                    visit(value);
                    $format_parts(spec, visit);
                }
            }
        }

        /// Calls `visit` on each expression within an assignment's target.
        pub fn $in_target<'a>(target: &'a $($mutable)? Target, visit: &mut dyn FnMut(&'a $($mutable)? Expr)) {
            match target {
                Target::Local(_) | Target::Global(_) => {}
                Target::Item { container, index, .. } => {
                    visit(container);
                    visit(index);
                }
                Target::Tuple(targets, _) => targets.into_iter().for_each(|inner| $in_target(inner, visit)),
                Target::Star(inner) => $in_target(inner, visit),
            }
        }

        /// Calls `visit` on each expression that stands directly in a statement, not in a statement within it.
        pub fn $statement_exprs<'a>(stmt: &'a $($mutable)? Stmt, visit: &mut dyn FnMut(&'a $($mutable)? Expr)) {
            match stmt {
                Stmt::Expr(value) | Stmt::Return(value) => visit(value),
                Stmt::Assign { targets, value } => {
                    visit(value);
                    targets.into_iter().for_each(|target| $in_target(target, visit));
                }
                Stmt::Augment { target, value, .. } => {
                    $in_target(target, visit);
                    visit(value);
                }
                Stmt::If { test, .. } | Stmt::While { test, .. } => visit(test),
                Stmt::For { target, iter, .. } => {
                    visit(iter);
                    $in_target(target, visit);
                }
                Stmt::Raise { exception, .. } => exception.into_iter().for_each(visit),
                Stmt::Assert { test, message, .. } => {
                    visit(test);
                    message.into_iter().for_each(visit);
                }
                Stmt::Delete(targets) => targets.into_iter().for_each(|target| $in_target(target, visit)),
                Stmt::Try { .. } | Stmt::Break | Stmt::Continue | Stmt::Pass => {}
            }
        }
    };
}

walks!(children, arguments, format_parts, in_target, statement_exprs);
walks!(children_mut, arguments_mut, format_parts_mut, in_target_mut, statement_exprs_mut, mut);

/// The statement lists within a statement, in order.
#[must_use]
pub fn blocks(stmt: &Stmt) -> Vec<&[Stmt]> {
    match stmt {
        Stmt::If { then, otherwise, .. } => vec![then, otherwise],
        Stmt::For { body, otherwise, .. } | Stmt::While { body, otherwise, .. } => vec![body, otherwise],
        Stmt::Try { body, handlers, otherwise, finally } => std::iter::once(body.as_slice())
            .chain(handlers.iter().map(|handler| handler.body.as_slice()))
            .chain([otherwise.as_slice(), finally.as_slice()])
            .collect(),
        _ => Vec::new(),
    }
}

/// As [`blocks`], to change them.
pub fn blocks_mut(stmt: &mut Stmt) -> Vec<&mut Vec<Stmt>> {
    match stmt {
        Stmt::If { then, otherwise, .. } => vec![then, otherwise],
        Stmt::For { body, otherwise, .. } | Stmt::While { body, otherwise, .. } => vec![body, otherwise],
        Stmt::Try { body, handlers, otherwise, finally } => std::iter::once(body)
            .chain(handlers.iter_mut().map(|handler| &mut handler.body))
            .chain([otherwise, finally])
            .collect(),
        _ => Vec::new(),
    }
}

/// Calls `visit` on every statement of a block and of the blocks within, outer before inner.
pub fn statements<'a>(block: &'a [Stmt], visit: &mut dyn FnMut(&'a Stmt)) {
    for stmt in block {
        visit(stmt);
        blocks(stmt).into_iter().for_each(|inner| statements(inner, visit));
    }
}

/// Calls `visit` on every statement of a block and of the blocks within, inner before outer, to change them.
pub fn statements_mut(block: &mut [Stmt], visit: &mut dyn FnMut(&mut Stmt)) {
    for stmt in block {
        blocks_mut(stmt).into_iter().for_each(|inner| statements_mut(inner, visit));
        visit(stmt);
    }
}

/// Calls `visit` on an expression and all within it, outer before inner.
pub fn expressions<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    children(expr, &mut |child| expressions(child, visit));
}

/// Calls `visit` on an expression and all within it, inner before outer, to change them.
pub fn expressions_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Expr)) {
    children_mut(expr, &mut |child| expressions_mut(child, visit));
    visit(expr);
}

/// Calls `visit` on every expression of a block, at every depth.
pub fn block_expressions<'a>(block: &'a [Stmt], visit: &mut dyn FnMut(&'a Expr)) {
    statements(block, &mut |stmt| statement_exprs(stmt, &mut |expr| expressions(expr, visit)));
}

/// Calls `visit` on every slot that is named in an expression, reads and bindings alike, to renumber them.
pub fn slots_in_expression_mut(expr: &mut Expr, visit: &mut dyn FnMut(&mut Slot)) {
    match &mut expr.kind {
        ExprKind::Local(slot) | ExprKind::Walrus { slot, .. } => visit(slot),
        ExprKind::Lambda { params, .. } => params.iter_mut().for_each(|(slot, _)| visit(slot)),
        ExprKind::Comprehension { clauses, .. } => {
            clauses.iter_mut().for_each(|clause| slots_in_target_mut(&mut clause.target, visit));
        }
        _ => {}
    }
    children_mut(expr, &mut |child| slots_in_expression_mut(child, visit));
}

/// The slots that a target binds, without those read within its items.
pub fn slots_in_target_mut(target: &mut Target, visit: &mut dyn FnMut(&mut Slot)) {
    match target {
        Target::Local(slot) => visit(slot),
        Target::Global(_) | Target::Item { .. } => {}
        Target::Tuple(targets, _) => targets.iter_mut().for_each(|inner| slots_in_target_mut(inner, visit)),
        Target::Star(inner) => slots_in_target_mut(inner, visit),
    }
}

/// As [`slots_in_target_mut`], to read them.
pub fn slots_in_target(target: &Target, visit: &mut dyn FnMut(Slot)) {
    match target {
        Target::Local(slot) => visit(*slot),
        Target::Global(_) | Target::Item { .. } => {}
        Target::Tuple(targets, _) => targets.iter().for_each(|inner| slots_in_target(inner, visit)),
        Target::Star(inner) => slots_in_target(inner, visit),
    }
}

/// The slots that a statement itself binds or unbinds: assignment, loop, `except … as`, `del`.
pub fn bound_by_statement(stmt: &Stmt, visit: &mut dyn FnMut(Slot)) {
    match stmt {
        Stmt::Assign { targets, .. } | Stmt::Delete(targets) => {
            targets.iter().for_each(|target| slots_in_target(target, visit));
        }
        Stmt::Augment { target, .. } | Stmt::For { target, .. } => slots_in_target(target, visit),
        Stmt::Try { handlers, .. } => handlers.iter().filter_map(|handler| handler.name).for_each(visit),
        _ => {}
    }
}

/// Calls `visit` on every slot that a function's body names, to renumber them.
pub fn slots_in_function_mut(function: &mut Function, visit: &mut dyn FnMut(&mut Slot)) {
    statements_mut(&mut function.body, &mut |stmt| {
        match stmt {
            Stmt::Assign { targets, .. } | Stmt::Delete(targets) => {
                targets.iter_mut().for_each(|target| slots_in_target_mut(target, visit));
            }
            Stmt::Augment { target, .. } | Stmt::For { target, .. } => slots_in_target_mut(target, visit),
            Stmt::Try { handlers, .. } => handlers.iter_mut().filter_map(|h| h.name.as_mut()).for_each(&mut *visit),
            _ => {}
        }
        statement_exprs_mut(stmt, &mut |expr| slots_in_expression_mut(expr, visit));
    });
}

/// Whether a statement itself binds or unbinds a module-level name.
#[must_use]
pub fn binds_global(stmt: &Stmt, id: GlobalId) -> bool {
    match stmt {
        Stmt::Assign { targets, .. } | Stmt::Delete(targets) => targets.iter().any(|target| names_global(target, id)),
        Stmt::Augment { target, .. } | Stmt::For { target, .. } => names_global(target, id),
        _ => false,
    }
}

fn names_global(target: &Target, id: GlobalId) -> bool {
    match target {
        Target::Global(global) => *global == id,
        Target::Tuple(targets, _) => targets.iter().any(|inner| names_global(inner, id)),
        Target::Star(inner) => names_global(inner, id),
        Target::Local(_) | Target::Item { .. } => false,
    }
}
