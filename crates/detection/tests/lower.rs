//! What bodies lower to, and what is refused.

use detection::{Helpers, Judges, NoHelpers, NotLowered, Request, lower};
use logic::tree::Module;

fn lower_with(source: &str, helpers: &dyn Helpers) -> Result<Module, Box<NotLowered>> {
    lower(Request { path: "policy.py", source, judges: Judges::Resources, helpers, mocks: &[] })
}

fn refusal(source: &str) -> String {
    lower_with(source, &NoHelpers).expect_err("lowers").to_string()
}

#[test]
fn the_seeds_body_lowers() {
    let source = "def policy(resource):\n    if resource['Origin'] != 'AWS_KMS':\n        return True\n    return resource['KeyRotationEnabled'] is True\n";
    let module = lower_with(source, &NoHelpers).unwrap();
    assert_eq!(module.functions.len(), 1);
    assert!(matches!(
        module.functions[0].body.as_slice(),
        [
            logic::tree::Stmt::If { .. },
            logic::tree::Stmt::Return(logic::tree::Expr { kind: logic::tree::ExprKind::Compare { .. }, .. })
        ]
    ));
}

#[test]
fn a_class_is_refused_with_its_place() {
    let source = "class A:\n    pass\n\ndef policy(resource):\n    return A() is None\n";
    assert_eq!(refusal(source), "policy.py:5:12: class definitions (the tree has no classes of its own)");
}
