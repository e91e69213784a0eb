//! What runs, as one text that lowers back to what runs.

use logic::tree::{Const, Expr, ExprKind, Function, Module, Stmt};
use logic::{print, simplify, walk};

use crate::lower::ENTRIES;
use crate::{Judges, NoHelpers, NotLowered, Request, lower};

/// How many items a module-level list may have to be shown in place of its name.
const MAX_SHOWN: usize = 12;

/// The matcher of a simplified module: its expression, where it is a single one that needs nothing else; else the Python
/// of all that it needs. Small constants of the module stand in place of their names.
pub(super) fn logic(module: &Module, matcher: &str) -> Option<String> {
    let module = simplify::reached_from(module.clone(), &[matcher]);
    let function = module.functions.iter().find(|function| function.name == matcher)?;
    if let Some(expr) = single_expression(&module, function) {
        return Some(print::expression(&module, function, &expr));
    }
    Some(print::module(&module).trim_end().to_owned())
}

fn single_expression(module: &Module, function: &Function) -> Option<Expr> {
    let [Stmt::Return(value)] = function.body.as_slice() else { return None };
    let mut value = value.clone();
    walk::expressions_mut(&mut value, &mut |inner| {
        if let Some(constant) = small_constant(module, inner) {
            *inner = constant;
        }
    });
    let mut alone = function.params.len() == 1;
    walk::expressions(&value, &mut |inner| match &inner.kind {
        ExprKind::Global(_) | ExprKind::Function(_) => alone = false,
        // An import would have to be shown, too.
        ExprKind::Callable(name) | ExprKind::Class(name) => alone &= !name.contains('.'),
        _ => {}
    });
    alone.then_some(value)
}

/// The value behind a module-level name that no function binds again.
fn small_constant(module: &Module, expr: &Expr) -> Option<Expr> {
    let ExprKind::Global(id) = expr.kind else { return None };
    let value = module.globals.get(id.0 as usize)?.value.as_ref()?;
    let constant = |item: &Expr| matches!(item.kind, ExprKind::Const(_));
    let small = match &value.kind {
        ExprKind::Const(Const::Str(text)) => text.len() <= 100,
        ExprKind::Const(_) => true,
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.len() <= MAX_SHOWN && items.iter().all(constant)
        }
        _ => false,
    };
    (small && !is_rebound(module, id)).then(|| value.clone())
}

fn is_rebound(module: &Module, id: logic::tree::GlobalId) -> bool {
    let mut rebound = false;
    for function in &module.functions {
        walk::statements(&function.body, &mut |stmt| rebound |= walk::binds_global(stmt, id));
    }
    rebound
}

/// Why a text of [`super::Explanation::logic`] does not lower.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("reading the printed logic: {0}")]
pub struct LogicError(#[from] Box<NotLowered>);

/// Reads what [`super::Explanation::logic`] says back into a module whose matcher is of that name. The input's name is the
/// one that the detection's own matcher gives it: `resource`, `event`.
///
/// # Errors
/// When the text is neither an expression nor a module that lowers.
pub fn lower_logic(text: &str, matcher: &str, input: &str) -> Result<Module, LogicError> {
    let is_module = text.lines().any(|line| ENTRIES.iter().any(|name| line.starts_with(&format!("def {name}("))));
    let source = match is_module {
        true => text.to_owned(),
        false => format!("def {matcher}({input}):\n    return {text}\n"),
    };
    let judges = if matcher == "policy" { Judges::Resources } else { Judges::Events };
    let request = Request { path: "logic.py", source: &source, judges, helpers: &NoHelpers, mocks: &[] };
    lower(request).map_err(LogicError)
}
