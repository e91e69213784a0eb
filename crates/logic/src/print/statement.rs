//! Statements as indented lines of Python.

use std::collections::BTreeSet;

use super::expression::{Printer, WALRUS, binary_sign};
use crate::tree::{Expr, Function, GlobalId, Handler, Stmt, Target};
use crate::walk;

/// The `global` line that the assignments of a function need.
pub(super) fn global_line(printer: &Printer<'_>, function: &Function) -> Option<String> {
    let mut assigned = BTreeSet::new();
    walk::statements(&function.body, &mut |stmt| globals_bound(stmt, &mut assigned));
    let names: Vec<_> = assigned.into_iter().map(|id| printer.names().global(id)).collect();
    (!names.is_empty()).then(|| format!("    global {}", names.join(", ")))
}

/// The lines of a function's body, one level in.
pub(super) fn body(printer: &Printer<'_>, function: &Function, lines: &mut Vec<String>) {
    block(printer, &function.body, 1, lines);
}

fn globals_bound(stmt: &Stmt, found: &mut BTreeSet<GlobalId>) {
    match stmt {
        Stmt::Assign { targets, .. } | Stmt::Delete(targets) => targets.iter().for_each(|t| globals_in(t, found)),
        Stmt::Augment { target, .. } | Stmt::For { target, .. } => globals_in(target, found),
        _ => {}
    }
}

fn globals_in(target: &Target, found: &mut BTreeSet<GlobalId>) {
    match target {
        Target::Global(id) => {
            found.insert(*id);
        }
        Target::Tuple(targets, _) => targets.iter().for_each(|inner| globals_in(inner, found)),
        Target::Star(inner) => globals_in(inner, found),
        Target::Local(_) | Target::Item { .. } => {}
    }
}

fn block(printer: &Printer<'_>, stmts: &[Stmt], level: usize, lines: &mut Vec<String>) {
    if stmts.is_empty() {
        lines.push(indented(level, "pass"));
    }
    stmts.iter().for_each(|stmt| statement(printer, stmt, level, lines));
}

fn indented(level: usize, text: &str) -> String {
    format!("{}{text}", "    ".repeat(level))
}

/// A header line and the block under it.
fn clause(printer: &Printer<'_>, header: &str, stmts: &[Stmt], level: usize, lines: &mut Vec<String>) {
    lines.push(indented(level, &format!("{header}:")));
    block(printer, stmts, level + 1, lines);
}

/// A clause that is left out when there is nothing in it.
fn optional_clause(printer: &Printer<'_>, header: &str, stmts: &[Stmt], level: usize, lines: &mut Vec<String>) {
    if !stmts.is_empty() {
        clause(printer, header, stmts, level, lines);
    }
}

fn statement(printer: &Printer<'_>, stmt: &Stmt, level: usize, lines: &mut Vec<String>) {
    match stmt {
        Stmt::If { test, then, otherwise } => if_chain(printer, (test, then, otherwise), level, lines),
        Stmt::For { target, iter, body, otherwise } => {
            let header = format!("for {} in {}", printer.bare_target(target), printer.expression(iter));
            clause(printer, &header, body, level, lines);
            optional_clause(printer, "else", otherwise, level, lines);
        }
        Stmt::While { test, body, otherwise } => {
            clause(printer, &format!("while {}", printer.at_least(WALRUS, test)), body, level, lines);
            optional_clause(printer, "else", otherwise, level, lines);
        }
        Stmt::Try { body, handlers, otherwise, finally } => {
            clause(printer, "try", body, level, lines);
            handlers.iter().for_each(|h| clause(printer, &handler_header(printer, h), &h.body, level, lines));
            optional_clause(printer, "else", otherwise, level, lines);
            optional_clause(printer, "finally", finally, level, lines);
        }
        _ => lines.push(indented(level, &simple(printer, stmt))),
    }
}

fn if_chain(
    printer: &Printer<'_>,
    (test, then, otherwise): (&Expr, &[Stmt], &[Stmt]),
    level: usize,
    lines: &mut Vec<String>,
) {
    clause(printer, &format!("if {}", printer.at_least(WALRUS, test)), then, level, lines);
    let mut rest = otherwise;
    while let [Stmt::If { test, then, otherwise }] = rest {
        clause(printer, &format!("elif {}", printer.at_least(WALRUS, test)), then, level, lines);
        rest = otherwise;
    }
    optional_clause(printer, "else", rest, level, lines);
}

fn handler_header(printer: &Printer<'_>, handler: &Handler) -> String {
    let classes: Vec<_> = handler.classes.iter().map(|class| printer.names().library(class)).collect();
    let classes = match classes.as_slice() {
        [] => String::new(),
        [only] => format!(" {only}"),
        several => format!(" ({})", several.join(", ")),
    };
    let name = handler.name.map(|slot| format!(" as {}", printer.local(slot))).unwrap_or_default();
    format!("except{classes}{name}")
}

/// A statement of one line.
fn simple(printer: &Printer<'_>, stmt: &Stmt) -> String {
    let text = |expr: &Expr| printer.expression(expr);
    match stmt {
        Stmt::Expr(value) => text(value),
        Stmt::Return(value) => format!("return {}", text(value)),
        Stmt::Assign { targets, value } => {
            let targets: String = targets.iter().map(|target| format!("{} = ", printer.bare_target(target))).collect();
            format!("{targets}{}", text(value))
        }
        Stmt::Augment { target, op, value, .. } => {
            format!("{} {}= {}", printer.target(target), binary_sign(*op).0, text(value))
        }
        Stmt::Break => "break".to_owned(),
        Stmt::Continue => "continue".to_owned(),
        Stmt::Raise { exception: None, .. } => "raise".to_owned(),
        Stmt::Raise { exception: Some(exception), .. } => format!("raise {}", text(exception)),
        Stmt::Assert { test, message: None, .. } => format!("assert {}", text(test)),
        Stmt::Assert { test, message: Some(message), .. } => format!("assert {}, {}", text(test), text(message)),
        Stmt::Delete(targets) => {
            let targets: Vec<_> = targets.iter().map(|target| printer.target(target)).collect();
            format!("del {}", targets.join(", "))
        }
        // The compound statements are printed clause by clause, never here.
        Stmt::Pass | Stmt::If { .. } | Stmt::For { .. } | Stmt::While { .. } | Stmt::Try { .. } => "pass".to_owned(),
    }
}
