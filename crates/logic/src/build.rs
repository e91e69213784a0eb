//! Short constructors of trees, for tests.

use crate::tree::*;

pub fn expr(kind: ExprKind) -> Expr {
    Expr { kind, at: At::default() }
}

pub fn constant(value: Const) -> Expr {
    expr(ExprKind::Const(value))
}

pub fn int(value: i128) -> Expr {
    constant(Const::Int(value))
}

pub fn boolean(value: bool) -> Expr {
    constant(Const::Bool(value))
}

pub fn string_const(value: &str) -> Expr {
    constant(Const::Str(value.into()))
}

pub fn local(slot: u32) -> Expr {
    expr(ExprKind::Local(Slot(slot)))
}

pub fn global(id: u32) -> Expr {
    expr(ExprKind::Global(GlobalId(id)))
}

pub fn callable(path: &str) -> Expr {
    expr(ExprKind::Callable(path.into()))
}

pub fn class(path: &str) -> Expr {
    expr(ExprKind::Class(path.into()))
}

pub fn field(name: &str) -> Expr {
    expr(ExprKind::Field { name: name.into(), access: Access::Subscript })
}

pub fn get(name: &str) -> Expr {
    expr(ExprKind::Field { name: name.into(), access: Access::Get(None) })
}

pub fn get_or(name: &str, default: Expr) -> Expr {
    expr(ExprKind::Field { name: name.into(), access: Access::Get(Some(Box::new(default))) })
}

pub fn contains(name: &str) -> Expr {
    expr(ExprKind::Field { name: name.into(), access: Access::Contains })
}

pub fn and(operands: impl Into<Vec<Expr>>) -> Expr {
    expr(ExprKind::And(operands.into()))
}

pub fn or(operands: impl Into<Vec<Expr>>) -> Expr {
    expr(ExprKind::Or(operands.into()))
}

pub fn not(operand: Expr) -> Expr {
    expr(ExprKind::Not(Box::new(operand)))
}

pub fn compare(first: Expr, op: CompareOp, second: Expr) -> Expr {
    expr(ExprKind::Compare { first: Box::new(first), rest: vec![(op, second)] })
}

pub fn eq(first: Expr, second: Expr) -> Expr {
    compare(first, CompareOp::Eq, second)
}

pub fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    expr(ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) })
}

pub fn if_else(test: Expr, then: Expr, otherwise: Expr) -> Expr {
    expr(ExprKind::IfElse { test: Box::new(test), then: Box::new(then), otherwise: Box::new(otherwise) })
}

pub fn args(positional: impl Into<Vec<Expr>>) -> Args {
    Args { positional: positional.into(), keyword: vec![] }
}

pub fn call(callee: Expr, positional: impl Into<Vec<Expr>>) -> Expr {
    expr(ExprKind::Call { callee: Box::new(callee), args: args(positional) })
}

pub fn method(receiver: Expr, name: &str, positional: impl Into<Vec<Expr>>) -> Expr {
    expr(ExprKind::Method { receiver: Box::new(receiver), name: name.into(), args: args(positional) })
}

pub fn subscript(value: Expr, index: Expr) -> Expr {
    expr(ExprKind::Subscript { value: Box::new(value), index: Box::new(index) })
}

pub fn comprehension(kind: ComprehensionKind, element: Expr, slot: u32, iter: Expr, conditions: Vec<Expr>) -> Expr {
    let clauses = vec![Clause { target: Target::Local(Slot(slot)), iter, conditions }];
    expr(ExprKind::Comprehension { kind, element: Box::new(element), clauses })
}

pub fn param(name: &str) -> Param {
    Param { name: name.into(), default: None, kind: ParamKind::Normal }
}

/// `def policy(first, …)` where the other names are locals.
pub fn entry(names: &[&str], body: Vec<Stmt>) -> Function {
    Function {
        name: "policy".into(),
        params: vec![param(names[0])],
        locals: names.iter().map(|name| (*name).into()).collect(),
        body,
        at: At::default(),
    }
}

pub fn ret(value: Expr) -> Stmt {
    Stmt::Return(value)
}

pub fn assign(slot: u32, value: Expr) -> Stmt {
    Stmt::Assign { targets: vec![Target::Local(Slot(slot))], value }
}

pub fn if_(test: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt>) -> Stmt {
    Stmt::If { test, then, otherwise }
}
