//! How long one call of a small policy takes, facts included: `cargo run --release -p logic --example eval_speed`.

use std::hint::black_box;
use std::time::Instant;

use logic::tree::{Access, At, CompareOp, Const, Expr, ExprKind, Function, Module, Param, ParamKind, Stmt};
use logic::{Context, Fact, Facts, Outcome, Program, Session, Value};
use smol_str::SmolStr;

const CALLS: u32 = 2_000_000;

struct Key(Vec<(SmolStr, Value)>, Vec<SmolStr>);

impl Facts for Key {
    fn field(&self, index: usize) -> Fact {
        let name = &self.1[index];
        self.0.iter().find(|(known, _)| known == name).map_or(Fact::Absent, |(_, value)| Fact::Value(value.clone()))
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        self.0.iter().map(|(name, value)| (name.clone(), Fact::Value(value.clone()))).collect()
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, at: At::default() }
}

fn compare(field: &str, op: CompareOp, constant: Const) -> Expr {
    let first = expr(ExprKind::Field { name: SmolStr::new(field), access: Access::Subscript });
    expr(ExprKind::Compare { first: Box::new(first), rest: vec![(op, expr(ExprKind::Const(constant)))] })
}

fn text(text: &str) -> Const {
    Const::Str(SmolStr::new(text))
}

/// The seed's detection.
fn rotation() -> Module {
    let excluded = ExprKind::Or(vec![
        compare("Origin", CompareOp::NotEq, text("AWS_KMS")),
        compare("KeyManager", CompareOp::NotEq, text("CUSTOMER")),
    ]);
    let rotates = ExprKind::And(vec![
        compare("KeyRotationEnabled", CompareOp::Is, Const::Bool(true)),
        compare("KeyState", CompareOp::Eq, text("Enabled")),
    ]);
    let passes = Stmt::Return(expr(ExprKind::Const(Const::Bool(true))));
    let body =
        vec![Stmt::If { test: expr(excluded), then: vec![passes], otherwise: Vec::new() }, Stmt::Return(expr(rotates))];
    let resource = SmolStr::new_static("resource");
    let params = vec![Param { name: resource.clone(), default: None, kind: ParamKind::Normal }];
    let policy = Function { name: "policy".into(), params, locals: vec![resource], body, at: At::default() };
    Module { files: vec!["policy.py".to_owned()], globals: Vec::new(), functions: vec![policy] }
}

fn main() {
    let program = Program::new(rotation());
    let fields = [
        ("Origin", Value::str("AWS_KMS")),
        ("KeyManager", Value::str("CUSTOMER")),
        ("KeyRotationEnabled", Value::Bool(true)),
        ("KeyState", Value::str("Enabled")),
    ];
    let key = Key(fields.map(|(name, value)| (SmolStr::new(name), value)).into(), program.fields().to_vec());
    let (mut session, context) = (Session::new(), Context::new(jiff::Timestamp::UNIX_EPOCH));
    let Some(policy) = program.function("policy") else { return };
    let start = Instant::now();
    let mut passed = 0;
    for _ in 0..CALLS {
        let outcome = black_box(&program).call(&mut session, policy, black_box(&key), &context);
        passed += u32::from(matches!(outcome, Outcome::Value(Value::Bool(true))));
    }
    let each = start.elapsed() / CALLS;
    println!("{} fields compared, {passed} of {CALLS} pass: {each:?} a call", program.fields().len());
}
