//! The tree as Python text that lowers back to an equal tree.
//!
//! Parentheses stand only where Python's grammar needs them. The text is Python 3.11, with one exception: an f-string
//! whose braces hold a backslash or all four quotes has no spelling before 3.12, and gets the one of 3.12. A NaN constant
//! has no literal: it prints as `float("nan")`, which lowers to the call. Helper modules' functions lose the module's
//! prefix, since the text is one file; where that would make two names equal, the prefix stays, with `_` for the dot.

mod expression;
mod literal;
mod names;
mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::tree::{Expr, ExprKind, Function, FunctionId, Global, GlobalId, Module, ParamKind};
use crate::{scope, walk};
use expression::Printer;
use literal::Allowed;
use names::Names;

/// An expression of a function as Python text.
#[must_use]
pub fn expression(module: &Module, function: &Function, expr: &Expr) -> String {
    let names = Names::new(module);
    Printer::new(module, &names, Some(function)).expression(expr)
}

/// A string as a Python literal.
#[must_use]
pub fn string(text: &str) -> String {
    literal::string(text, Allowed::ALL).unwrap_or_default()
}

/// One function with its `def` line.
#[must_use]
pub fn function(module: &Module, id: FunctionId) -> String {
    let names = Names::new(module);
    let lines = module.functions.get(id.0 as usize).map(|function| function_lines(module, &names, id, function));
    lines.unwrap_or_default().join("\n")
}

/// The whole module: imports, module-level names, functions.
#[must_use]
pub fn module(module: &Module) -> String {
    let mut writer = ModuleWriter {
        module,
        names: Names::new(module),
        done_globals: BTreeSet::new(),
        done_functions: BTreeSet::new(),
        parts: Vec::new(),
    };
    let imports = writer.names.import_lines();
    (0..module.globals.len()).for_each(|index| writer.global(index));
    (0..module.functions.len()).for_each(|index| writer.function(index));
    writer.text(&imports)
}

/// A top-level piece of a module.
enum Part {
    Global(String),
    Function(String),
}

/// Writes each piece after those that it needs when the module is loaded.
struct ModuleWriter<'a> {
    module: &'a Module,
    names: Names,
    done_globals: BTreeSet<usize>,
    done_functions: BTreeSet<usize>,
    parts: Vec<Part>,
}

impl ModuleWriter<'_> {
    fn global(&mut self, index: usize) {
        let Some(Global { value: Some(value), .. }) = self.module.globals.get(index) else { return };
        if !self.done_globals.insert(index) {
            return;
        }
        self.functions_called_by(value);
        let name = self.names.global(GlobalId(u32::try_from(index).unwrap_or(u32::MAX)));
        let text = Printer::new(self.module, &self.names, None).expression(value);
        self.parts.push(Part::Global(format!("{name} = {text}")));
    }

    fn function(&mut self, index: usize) {
        let Some(function) = self.module.functions.get(index) else { return };
        if !self.done_functions.insert(index) {
            return;
        }
        if let Some(outer) = scope::ancestors(self.module, index).last() {
            return self.function(outer);
        }
        for default in function.params.iter().filter_map(|param| param.default.as_ref()) {
            self.globals_read_by(default);
            self.functions_called_by(default);
        }
        let id = function_id(index);
        self.parts.push(Part::Function(function_lines(self.module, &self.names, id, function).join("\n")));
    }

    /// A module-level value computed by a function needs that function, and what it calls, first.
    fn functions_called_by(&mut self, value: &Expr) {
        let mut waiting = functions_in(value);
        while let Some(index) = waiting.pop() {
            if self.done_functions.contains(&index) {
                continue;
            }
            self.function(index);
            if let Some(function) = self.module.functions.get(index) {
                walk::block_expressions(&function.body, &mut |expr| waiting.extend(function_index(expr)));
            }
        }
    }

    fn globals_read_by(&mut self, value: &Expr) {
        let mut read = Vec::new();
        walk::expressions(value, &mut |expr| {
            if let ExprKind::Global(id) = expr.kind {
                read.push(id.0 as usize);
            }
        });
        read.into_iter().for_each(|index| self.global(index));
    }

    fn text(&self, imports: &[String]) -> String {
        let mut out = imports.join("\n");
        let mut after_function = false;
        for (index, part) in self.parts.iter().enumerate() {
            let (text, is_function) = match part {
                Part::Global(text) => (text, false),
                Part::Function(text) => (text, true),
            };
            if !out.is_empty() {
                out.push('\n');
            }
            if !out.is_empty() && (is_function || after_function) {
                out.push_str("\n\n");
            } else if !out.is_empty() && index == 0 {
                out.push('\n');
            }
            out.push_str(text);
            after_function = is_function;
        }
        out.push('\n');
        out
    }
}

fn function_index(expr: &Expr) -> Option<usize> {
    match expr.kind {
        ExprKind::Function(id) => Some(id.0 as usize),
        _ => None,
    }
}

fn functions_in(expr: &Expr) -> Vec<usize> {
    let mut found = Vec::new();
    walk::expressions(expr, &mut |inner| found.extend(function_index(inner)));
    found
}

/// The `def` with its body; the functions that were defined within it open the body, as they have to be before their use.
fn function_lines(module: &Module, names: &Names, id: FunctionId, function: &Function) -> Vec<String> {
    let printer = Printer::new(module, names, Some(function));
    let mut lines = vec![format!("def {}({}):", names.function(id), parameters(&printer, function))];
    lines.extend(statement::global_line(&printer, function));
    for (index, inner) in module.functions.iter().enumerate() {
        if scope::parent(module, index) == Some(id.0 as usize) {
            let inner = function_lines(module, names, function_id(index), inner);
            lines.extend(inner.into_iter().map(|line| format!("    {line}")));
        }
    }
    statement::body(&printer, function, &mut lines);
    lines
}

fn parameters(printer: &Printer<'_>, function: &Function) -> String {
    let mut params = Vec::new();
    let mut keyword_only = false;
    for param in &function.params {
        let stars = match param.kind {
            ParamKind::Rest => "*",
            ParamKind::KeywordRest => "**",
            ParamKind::Normal | ParamKind::KeywordOnly => "",
        };
        if param.kind == ParamKind::KeywordOnly && !keyword_only {
            params.push("*".to_owned());
        }
        keyword_only |= matches!(param.kind, ParamKind::KeywordOnly | ParamKind::Rest);
        let default = param.default.as_ref().map(|default| format!("={}", printer.expression(default)));
        params.push(format!("{stars}{}{}", param.name, default.unwrap_or_default()));
    }
    params.join(", ")
}

fn function_id(index: usize) -> FunctionId {
    FunctionId(u32::try_from(index).unwrap_or(u32::MAX))
}
