//! The rules on trees built by hand; bodies in Python are simplified in the tests of `detection`.

use super::module;
use crate::build::*;
use crate::print;
use crate::tree::*;

/// The body of a policy over `resource` and these locals, simplified and printed.
fn simplified(locals: &[&str], body: Vec<Stmt>) -> String {
    let names: Vec<&str> = ["resource"].into_iter().chain(locals.iter().copied()).collect();
    let tree = Module { functions: vec![entry(&names, body)], ..Module::default() };
    let text = print::module(&module(tree));
    text.trim_start_matches("def policy(resource):\n").trim().to_owned()
}

fn of(expr: Expr) -> String {
    simplified(&[], vec![ret(expr)]).trim_start_matches("return ").to_owned()
}

#[test]
fn not_goes_into_a_comparison_only_where_the_opposite_is_exact() {
    let x = || get("X");
    assert_eq!(of(not(eq(x(), int(1)))), "resource.get(\"X\") != 1");
    assert_eq!(
        of(not(compare(x(), CompareOp::In, expr(ExprKind::Tuple(vec![int(1)]))))),
        "resource.get(\"X\") not in (1,)"
    );
    assert_eq!(of(not(compare(x(), CompareOp::Lt, int(1)))), "not resource.get(\"X\") < 1");
    assert_eq!(of(not(not(eq(x(), int(1))))), "resource.get(\"X\") == 1");
    assert_eq!(of(not(not(x()))), "not not resource.get(\"X\")");
}

#[test]
fn branches_of_truths_become_and_or() {
    let (a, b) = (|| get("A"), || eq(get("B"), int(1)));
    assert_eq!(of(if_else(b(), boolean(true), a())), "resource.get(\"B\") == 1 or resource.get(\"A\")");
    assert_eq!(of(if_else(b(), a(), boolean(false))), "resource.get(\"B\") == 1 and resource.get(\"A\")");
    assert_eq!(of(if_else(a(), boolean(true), boolean(false))), "bool(resource.get(\"A\"))");
    assert_eq!(of(if_else(a(), boolean(false), b())), "not resource.get(\"A\") and resource.get(\"B\") == 1");
    assert_eq!(of(if_else(a(), boolean(true), b())), "True if resource.get(\"A\") else resource.get(\"B\") == 1");
    assert_eq!(of(if_else(a(), a(), b())), "resource.get(\"A\") or resource.get(\"B\") == 1");
}

#[test]
fn constants_decide_what_they_can_without_hiding_an_exception() {
    let raises = || eq(field("A"), int(1));
    assert_eq!(of(and([boolean(true), raises()])), "resource[\"A\"] == 1");
    assert_eq!(of(and([raises(), boolean(false)])), "resource[\"A\"] == 1 and False");
    assert_eq!(of(and([eq(get("A"), int(1)), boolean(false)])), "False");
    assert_eq!(of(or([boolean(true), raises()])), "True");
    assert_eq!(of(and([get("A"), boolean(true)])), "resource.get(\"A\") and True");
    assert_eq!(
        of(and([raises(), and([get("B"), get("C")])])),
        "resource[\"A\"] == 1 and resource.get(\"B\") and resource.get(\"C\")"
    );
    assert_eq!(
        of(and([raises(), get("B"), raises()])),
        "resource[\"A\"] == 1 and resource.get(\"B\") and resource[\"A\"] == 1"
    );
    assert_eq!(of(and([raises(), not(get("B")), raises()])), "resource[\"A\"] == 1 and not resource.get(\"B\")");
}

#[test]
fn any_of_a_literal_list_short_circuits_only_where_nothing_after_can_raise() {
    let list = |items: Vec<Expr>| call(callable("any"), [expr(ExprKind::List(items))]);
    assert_eq!(
        of(list(vec![eq(field("A"), int(1)), eq(get("B"), int(2))])),
        "resource[\"A\"] == 1 or resource.get(\"B\") == 2"
    );
    assert_eq!(
        of(list(vec![eq(get("A"), int(1)), eq(field("B"), int(2))])),
        "any([resource.get(\"A\") == 1, resource[\"B\"] == 2])"
    );
    assert_eq!(of(list(vec![get("A"), get("B")])), "any([resource.get(\"A\"), resource.get(\"B\")])");
}

#[test]
fn a_local_moves_to_its_only_reader_when_nothing_that_matters_lies_between() {
    let raises = field("A");
    assert_eq!(
        simplified(&["x"], vec![assign(1, raises.clone()), ret(eq(local(1), get("B")))]),
        "return resource[\"A\"] == resource.get(\"B\")"
    );
    // The comparison would compute `B` first, which can raise.
    assert_eq!(
        simplified(&["x"], vec![assign(1, raises.clone()), ret(eq(field("B"), local(1)))]),
        "x = resource[\"A\"]\n    return resource[\"B\"] == x"
    );
    // `or` may leave it out, and with it the exception.
    assert_eq!(
        simplified(&["x"], vec![assign(1, raises), ret(or([get("B"), local(1)]))]),
        "x = resource[\"A\"]\n    return resource.get(\"B\") or x"
    );
    // What cannot raise may be left out.
    assert_eq!(
        simplified(&["x"], vec![assign(1, eq(get("A"), int(1))), ret(or([field("B"), local(1)]))]),
        "return resource[\"B\"] or resource.get(\"A\") == 1"
    );
    assert_eq!(simplified(&["x"], vec![assign(1, field("A")), ret(int(1))]), "resource[\"A\"]\n    return 1");
}

#[test]
fn loops_that_return_become_any_and_all() {
    let loop_over = |body: Vec<Stmt>, after: Expr| {
        vec![
            Stmt::For {
                target: Target::Local(Slot(1)),
                iter: get_or("L", expr(ExprKind::List(vec![]))),
                body,
                otherwise: vec![],
            },
            ret(after),
        ]
    };
    let bad = || eq(local(1), int(1));
    assert_eq!(
        simplified(&["x"], loop_over(vec![if_(bad(), vec![ret(boolean(false))], vec![])], boolean(true))),
        "return all(x != 1 for x in resource.get(\"L\", []))"
    );
    assert_eq!(
        simplified(
            &["x"],
            loop_over(
                vec![if_(not(local(1)), vec![Stmt::Continue], vec![]), if_(bad(), vec![ret(boolean(true))], vec![])],
                boolean(false)
            )
        ),
        "return any(x and x == 1 for x in resource.get(\"L\", []))"
    );
    // What is returned is the item: no truth.
    assert_eq!(
        simplified(&["x"], loop_over(vec![if_(bad(), vec![ret(local(1))], vec![])], boolean(false))),
        "for x in resource.get(\"L\", []):\n        if x == 1:\n            return x\n    return False"
    );
}

#[test]
fn a_helper_gives_way_to_its_expression_when_its_arguments_are_computed_as_before() {
    let helper = Function {
        name: "helpers.is_state".into(),
        params: vec![param("state"), Param { default: Some(string_const("Enabled")), ..param("wanted") }],
        locals: vec!["state".into(), "wanted".into()],
        body: vec![ret(eq(local(0), local(1)))],
        at: At::default(),
    };
    let called = |args: Vec<Expr>| {
        let callee = expr(ExprKind::Function(FunctionId(1)));
        let tree = Module {
            functions: vec![entry(&["resource"], vec![ret(call(callee, args))]), helper.clone()],
            ..Module::default()
        };
        print::function(&module(tree), FunctionId(0))
            .trim_start_matches("def policy(resource):\n    return ")
            .to_owned()
    };
    assert_eq!(called(vec![field("KeyState")]), "resource[\"KeyState\"] == \"Enabled\"");
    assert_eq!(called(vec![field("A"), field("B")]), "resource[\"A\"] == resource[\"B\"]");
    // Too many arguments raise, and go on raising.
    assert_eq!(
        called(vec![get("A"), get("B"), get("C")]),
        "is_state(resource.get(\"A\"), resource.get(\"B\"), resource.get(\"C\"))"
    );
}

#[test]
fn a_binding_within_the_reach_of_another_is_left_alone() {
    let body = vec![
        assign(1, boolean(false)),
        Stmt::For {
            target: Target::Local(Slot(2)),
            iter: get("L"),
            body: vec![if_(local(2), vec![assign(1, boolean(true))], vec![])],
            otherwise: vec![],
        },
        ret(local(1)),
    ];
    assert_eq!(
        simplified(&["found", "x"], body),
        "found = False\n    for x in resource.get(\"L\"):\n        if x:\n            found = True\n    return found"
    );
}
