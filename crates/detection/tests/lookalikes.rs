//! The look-alikes of public policies: all of them lower, and between them they use every kind of node of the tree.

#![expect(clippy::unwrap_used, reason = "tests may")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use detection::{Helper, Helpers, Judges, Request, lower};
use logic::tree::{Access, ComprehensionKind, Expr, ExprKind, FormatPart, Module, ParamKind, Stmt, Target};
use logic::walk;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/lookalikes")
}

struct LookalikeHelpers;

impl Helpers for LookalikeHelpers {
    fn find(&self, module: &str) -> Option<Helper> {
        let path = folder().join("helpers").join(format!("{module}.py"));
        let source = std::fs::read_to_string(path).ok()?;
        Some(Helper { path: format!("helpers/{module}.py"), source })
    }
}

fn bodies() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|it| it == "py")).collect();
    found.sort();
    found
}

fn lowered(path: &Path) -> Result<Module, String> {
    let source = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy();
    let request =
        Request { path: &name, source: &source, judges: Judges::Resources, helpers: &LookalikeHelpers, mocks: &[] };
    lower(request).map_err(|error| error.to_string())
}

#[test]
fn every_lookalike_lowers() {
    let bodies = bodies();
    assert!(bodies.len() >= 45, "only {} look-alikes", bodies.len());
    let refused: Vec<String> = bodies.iter().filter_map(|path| lowered(path).err()).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn the_lookalikes_use_every_kind_of_node() {
    let mut seen = Seen::default();
    for module in bodies().iter().filter_map(|path| lowered(path).ok()) {
        seen.module(&module);
    }
    let missing: Vec<&&str> = EVERY_NODE.iter().filter(|name| !seen.0.contains(**name)).collect();
    assert!(missing.is_empty(), "no look-alike uses {missing:?}");
}

const EVERY_NODE: &[&str] = &[
    "And",
    "Assert",
    "Assign",
    "Attribute",
    "Augment Add",
    "Augment BitOr",
    "Augment Sub",
    "Binary Add",
    "Binary BitAnd",
    "Binary BitOr",
    "Binary BitXor",
    "Binary Div",
    "Binary FloorDiv",
    "Binary LShift",
    "Binary Mod",
    "Binary Mult",
    "Binary Pow",
    "Binary RShift",
    "Binary Sub",
    "Break",
    "Call",
    "Callable",
    "Class",
    "Compare Eq",
    "Compare Gt",
    "Compare GtE",
    "Compare In",
    "Compare Is",
    "Compare IsNot",
    "Compare Lt",
    "Compare LtE",
    "Compare NotEq",
    "Compare NotIn",
    "Compare chained",
    "Comprehension Dict",
    "Comprehension Generator",
    "Comprehension List",
    "Comprehension Set",
    "Const Bool",
    "Const Bytes",
    "Const Float",
    "Const Int",
    "Const None",
    "Const Str",
    "Continue",
    "Delete",
    "Dict",
    "Expr",
    "Field Contains",
    "Field Get",
    "Field Get default",
    "Field Subscript",
    "For",
    "For else",
    "Format",
    "Format conversion",
    "Format spec",
    "Function",
    "Global",
    "If",
    "IfElse",
    "Input",
    "Lambda",
    "List",
    "Local",
    "Method",
    "Not",
    "Or",
    "Param KeywordOnly",
    "Param KeywordRest",
    "Param Normal",
    "Param Rest",
    "Param default",
    "Pass",
    "Raise",
    "Raise again",
    "Return",
    "Set",
    "Slice",
    "Star",
    "Subscript",
    "Target Global",
    "Target Item",
    "Target Local",
    "Target Star",
    "Target Tuple",
    "Try",
    "Try else",
    "Try finally",
    "Try name",
    "Tuple",
    "Unary Invert",
    "Unary Minus",
    "Unary Plus",
    "Walrus",
    "While",
    "While else",
];

#[derive(Default)]
struct Seen(BTreeSet<String>);

impl Seen {
    fn note(&mut self, name: impl Into<String>) {
        self.0.insert(name.into());
    }

    fn module(&mut self, module: &Module) {
        module.globals.iter().filter_map(|global| global.value.as_ref()).for_each(|value| self.expression(value));
        for function in &module.functions {
            for param in &function.params {
                self.note(match param.kind {
                    ParamKind::Normal => "Param Normal",
                    ParamKind::KeywordOnly => "Param KeywordOnly",
                    ParamKind::Rest => "Param Rest",
                    ParamKind::KeywordRest => "Param KeywordRest",
                });
                if let Some(default) = &param.default {
                    self.note("Param default");
                    self.expression(default);
                }
            }
            self.block(&function.body);
        }
    }

    fn block(&mut self, block: &[Stmt]) {
        block.iter().for_each(|stmt| self.statement(stmt));
    }

    fn statement(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Expr(value) => {
                self.note("Expr");
                self.expression(value);
            }
            Stmt::Assign { targets, value } => {
                self.note("Assign");
                targets.iter().for_each(|target| self.target(target));
                self.expression(value);
            }
            Stmt::Augment { target, op, value, .. } => {
                self.note(format!("Augment {op:?}"));
                self.target(target);
                self.expression(value);
            }
            Stmt::If { test, then, otherwise } => {
                self.note("If");
                self.expression(test);
                self.block(then);
                self.block(otherwise);
            }
            Stmt::For { target, iter, body, otherwise } => {
                self.note(if otherwise.is_empty() { "For" } else { "For else" });
                self.target(target);
                self.expression(iter);
                self.block(body);
                self.block(otherwise);
            }
            Stmt::While { test, body, otherwise } => {
                self.note(if otherwise.is_empty() { "While" } else { "While else" });
                self.expression(test);
                self.block(body);
                self.block(otherwise);
            }
            Stmt::Return(value) => {
                self.note("Return");
                self.expression(value);
            }
            Stmt::Break => self.note("Break"),
            Stmt::Continue => self.note("Continue"),
            Stmt::Pass => self.note("Pass"),
            Stmt::Try { body, handlers, otherwise, finally } => {
                self.note("Try");
                self.block(body);
                for handler in handlers {
                    if handler.name.is_some() {
                        self.note("Try name");
                    }
                    self.block(&handler.body);
                }
                if !otherwise.is_empty() {
                    self.note("Try else");
                }
                if !finally.is_empty() {
                    self.note("Try finally");
                }
                self.block(otherwise);
                self.block(finally);
            }
            Stmt::Raise { exception, .. } => match exception {
                Some(exception) => {
                    self.note("Raise");
                    self.expression(exception);
                }
                None => self.note("Raise again"),
            },
            Stmt::Assert { test, message, .. } => {
                self.note("Assert");
                self.expression(test);
                message.iter().for_each(|message| self.expression(message));
            }
            Stmt::Delete(targets) => {
                self.note("Delete");
                targets.iter().for_each(|target| self.target(target));
            }
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Local(_) => self.note("Target Local"),
            Target::Global(_) => self.note("Target Global"),
            Target::Item { .. } => self.note("Target Item"),
            Target::Tuple(targets, _) => {
                self.note("Target Tuple");
                targets.iter().for_each(|inner| self.target(inner));
            }
            Target::Star(_) => self.note("Target Star"),
        }
        walk::in_target(target, &mut |inner| self.expression(inner));
    }

    fn expression(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Const(value) => {
                let debug = format!("{value:?}");
                self.note(format!("Const {}", debug.split('(').next().unwrap_or_default()));
            }
            ExprKind::Compare { rest, .. } => {
                rest.iter().for_each(|(op, _)| self.note(format!("Compare {op:?}")));
                if rest.len() > 1 {
                    self.note("Compare chained");
                }
            }
            ExprKind::Binary { op, .. } => self.note(format!("Binary {op:?}")),
            ExprKind::Unary { op, .. } => self.note(format!("Unary {op:?}")),
            ExprKind::Field { access, .. } => self.note(match access {
                Access::Subscript => "Field Subscript",
                Access::Get(None) => "Field Get",
                Access::Get(Some(_)) => "Field Get default",
                Access::Contains => "Field Contains",
            }),
            ExprKind::Comprehension { kind, clauses, .. } => {
                self.note(match kind {
                    ComprehensionKind::List => "Comprehension List",
                    ComprehensionKind::Set => "Comprehension Set",
                    ComprehensionKind::Dict(_) => "Comprehension Dict",
                    ComprehensionKind::Generator => "Comprehension Generator",
                });
                clauses.iter().for_each(|clause| self.target(&clause.target));
            }
            ExprKind::Format(parts) => self.format(parts),
            other => {
                let debug = format!("{other:?}");
                let end = debug.find(|it: char| !it.is_alphanumeric()).unwrap_or(debug.len());
                self.note(&debug[..end]);
            }
        }
        walk::children(expr, &mut |child| self.expression(child));
    }

    fn format(&mut self, parts: &[FormatPart]) {
        self.note("Format");
        for part in parts {
            if let FormatPart::Value { conversion, spec, .. } = part {
                if conversion.is_some() {
                    self.note("Format conversion");
                }
                if !spec.is_empty() {
                    self.note("Format spec");
                }
            }
        }
    }
}
