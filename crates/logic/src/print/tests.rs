//! Trees built by hand, and the text they must print as.

use super::{expression, function, module, string};
use crate::build::*;
use crate::tree::*;

fn shown(expr: Expr) -> String {
    let function = entry(&["resource", "x", "y", "z"], vec![]);
    expression(&Module::default(), &function, &expr)
}

#[test]
fn parentheses_stand_only_where_python_needs_them() {
    let (x, y, z) = (|| local(1), || local(2), || local(3));
    assert_eq!(shown(and([or([x(), y()]), not(z())])), "(x or y) and not z");
    assert_eq!(shown(or([and([x(), y()]), z()])), "x and y or z");
    assert_eq!(shown(and([and([x(), y()]), z()])), "(x and y) and z");
    assert_eq!(shown(not(or([x(), y()]))), "not (x or y)");
    assert_eq!(shown(not(eq(x(), y()))), "not x == y");
    assert_eq!(shown(eq(not(x()), y())), "(not x) == y");
    assert_eq!(shown(eq(eq(x(), y()), z())), "(x == y) == z");
    assert_eq!(shown(binary(BinaryOp::Sub, x(), binary(BinaryOp::Sub, y(), z()))), "x - (y - z)");
    assert_eq!(shown(binary(BinaryOp::Sub, binary(BinaryOp::Sub, x(), y()), z())), "x - y - z");
    assert_eq!(shown(binary(BinaryOp::Pow, int(-2), x())), "(-2) ** x");
    assert_eq!(shown(binary(BinaryOp::Pow, x(), int(-2))), "x ** -2");
    assert_eq!(shown(binary(BinaryOp::Pow, x(), binary(BinaryOp::Pow, y(), z()))), "x ** y ** z");
    assert_eq!(shown(if_else(x(), if_else(y(), int(1), int(2)), z())), "(1 if y else 2) if x else z");
    assert_eq!(shown(if_else(x(), int(1), if_else(y(), int(2), z()))), "1 if x else 2 if y else z");
    assert_eq!(shown(method(int(5), "bit_length", [])), "(5).bit_length()");
    assert_eq!(shown(method(x(), "get", [string_const("a")])), "x.get(\"a\")");
}

#[test]
fn fields_print_as_the_access_they_are() {
    assert_eq!(shown(field("Origin")), "resource[\"Origin\"]");
    assert_eq!(shown(get("Origin")), "resource.get(\"Origin\")");
    assert_eq!(shown(get_or("Origin", string_const("x"))), "resource.get(\"Origin\", \"x\")");
    assert_eq!(shown(contains("Origin")), "\"Origin\" in resource");
    assert_eq!(shown(not(contains("Origin"))), "\"Origin\" not in resource");
}

#[test]
fn strings_are_literals_that_show_what_they_hold() {
    assert_eq!(string("plain"), r#""plain""#);
    assert_eq!(string("say \"no\""), r#"'say "no"'"#);
    assert_eq!(string("it's \"no\""), r#""it's \"no\"""#);
    assert_eq!(string("a\\b\n\t\0\u{7f}\u{202e}\u{e9}\u{1f511}"), "\"a\\\\b\\n\\t\\x00\\x7f\\u202e\u{e9}\u{1f511}\"");
}

#[test]
fn numbers_read_back_as_the_same_number() {
    for (value, text) in [
        (1.0, "1.0"),
        (0.1, "0.1"),
        (-0.0, "-0.0"),
        (1e16, "1e+16"),
        (1e15, "1000000000000000.0"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.5e300, "1.5e+300"),
        (f64::INFINITY, "1e999"),
        (f64::NEG_INFINITY, "-1e999"),
        (f64::NAN, "float(\"nan\")"),
    ] {
        assert_eq!(shown(constant(Const::Float(value))), text);
    }
    assert_eq!(shown(int(i128::MAX)), "170141183460469231731687303715884105727");
    assert_eq!(shown(int(i128::MIN)), "-170141183460469231731687303715884105728");
    assert_eq!(shown(constant(Const::Bytes(vec![b'a', 0, b'"', 0xff]))), r#"b'a\x00"\xff'"#);
}

#[test]
fn an_f_string_takes_the_first_quotes_that_hold_all_of_it() {
    let value = |value: Expr| FormatPart::Value { value, conversion: None, spec: vec![] };
    let text = |text: &str| FormatPart::Text(text.into());
    let format = |parts| expr(ExprKind::Format(parts));
    assert_eq!(shown(format(vec![text("{a} "), value(local(1))])), r#"f"{{a}} {x}""#);
    assert_eq!(shown(format(vec![value(field("Arn"))])), r#"f"{resource['Arn']}""#);
    assert_eq!(shown(format(vec![text("\"\n"), value(field("it's"))])), r#"f"""\"\n{resource["it's"]}""""#);
    let inner = format(vec![text("!"), value(field("A"))]);
    assert_eq!(shown(format(vec![value(inner)])), r#"f"{f'''!{resource['A']}'''}""#);
    let newline = method(string_const("\n"), "join", [local(1)]);
    assert_eq!(shown(format(vec![value(newline)])), "f\"{\"\\n\".join(x)}\"");
    let spec = FormatPart::Value { value: local(1), conversion: Some('r'), spec: vec![text(">"), value(local(2))] };
    assert_eq!(shown(format(vec![spec])), "f\"{x!r:>{y}}\"");
    assert_eq!(shown(format(vec![value(expr(ExprKind::Set(vec![local(1)])))])), "f\"{ {x}}\"");
}

#[test]
fn calls_comprehensions_and_slices() {
    let over = |kind, element| comprehension(kind, element, 2, local(1), vec![not(local(2)), local(3)]);
    let any = call(callable("any"), [over(ComprehensionKind::Generator, local(2))]);
    assert_eq!(shown(any), "any(y for y in x if not y if z)");
    let two = call(callable("sum"), [over(ComprehensionKind::Generator, local(2)), int(1)]);
    assert_eq!(shown(two), "sum((y for y in x if not y if z), 1)");
    let pairs = over(ComprehensionKind::Dict(Box::new(int(1))), local(2));
    assert_eq!(shown(pairs), "{y: 1 for y in x if not y if z}");
    let ternary = comprehension(ComprehensionKind::List, local(2), 2, if_else(local(3), local(1), int(1)), vec![]);
    assert_eq!(shown(ternary), "[y for y in (x if z else 1)]");
    let slice = expr(ExprKind::Slice { lower: Some(Box::new(int(1))), upper: None, step: Some(Box::new(int(-1))) });
    assert_eq!(shown(subscript(local(1), slice)), "x[1::-1]");
    assert_eq!(shown(expr(ExprKind::Tuple(vec![int(1)]))), "(1,)");
    assert_eq!(
        shown(expr(ExprKind::Lambda { params: vec![(Slot(2), None)], body: Box::new(local(2)) })),
        "lambda y: y"
    );
}

#[test]
fn a_module_prints_imports_values_and_functions_in_the_order_they_are_needed() {
    let helper = Function {
        name: "helpers.find".into(),
        params: vec![param("items"), Param { default: Some(global(0)), ..param("limit") }],
        locals: vec!["items".into(), "limit".into(), "error".into()],
        body: vec![Stmt::Try {
            body: vec![Stmt::Return(call(callable("json.loads"), [local(0)]))],
            handlers: vec![Handler {
                classes: vec!["json.JSONDecodeError".into(), "TypeError".into()],
                name: Some(Slot(2)),
                body: vec![Stmt::Raise { exception: Some(call(class("ValueError"), [local(2)])), at: At::default() }],
            }],
            otherwise: vec![],
            finally: vec![Stmt::Pass],
        }],
        at: At::default(),
    };
    let body = vec![
        Stmt::If {
            test: field("A"),
            then: vec![Stmt::Assign { targets: vec![Target::Global(GlobalId(1))], value: int(1) }],
            otherwise: vec![Stmt::If {
                test: field("B"),
                then: vec![Stmt::Return(constant(Const::Bool(true)))],
                otherwise: vec![Stmt::Pass],
            }],
        },
        Stmt::Return(call(expr(ExprKind::Function(FunctionId(0))), [field("C")])),
    ];
    let tree = Module {
        files: vec![],
        globals: vec![
            Global { name: "LIMIT".into(), value: Some(int(3)) },
            Global { name: "FOUND".into(), value: Some(call(expr(ExprKind::Function(FunctionId(0))), [int(1)])) },
        ],
        functions: vec![helper, entry(&["resource"], body)],
    };
    insta::assert_snapshot!(module(&tree), @r#"
    import json

    LIMIT = 3


    def find(items, limit=LIMIT):
        try:
            return json.loads(items)
        except (json.JSONDecodeError, TypeError) as error:
            raise ValueError(error)
        finally:
            pass


    FOUND = find(1)


    def policy(resource):
        global FOUND
        if resource["A"]:
            FOUND = 1
        elif resource["B"]:
            return True
        else:
            pass
        return find(resource["C"])
    "#);
    assert!(function(&tree, FunctionId(0)).starts_with("def find(items, limit=LIMIT):\n    try:"));
}

#[test]
fn a_library_module_gives_way_to_a_local_of_its_name() {
    let body = vec![
        Stmt::Assign {
            targets: vec![Target::Local(Slot(1))],
            value: call(callable("re.compile"), [string_const("a")]),
        },
        Stmt::Return(local(1)),
    ];
    let mut policy = entry(&["resource"], body);
    policy.locals.push("re".into());
    let tree = Module { functions: vec![policy], ..Module::default() };
    insta::assert_snapshot!(module(&tree), @r#"
    import re as re_module


    def policy(resource):
        re = re_module.compile("a")
        return re
    "#);
}
