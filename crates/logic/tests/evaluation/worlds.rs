//! Unknown facts: the outcome differs exactly when some values of the facts make it differ.

use proptest::prelude::*;
use smol_str::SmolStr;

use crate::support::{Resource, context, program, text};
use logic::{Outcome, Session, Value};

/// Values a fact may turn out to have: each constant the bodies mention, what is equal to it, and others.
const DOMAIN: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "1",
    "0.0",
    "1.0",
    "5",
    "5.0",
    "-3",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"fresh\"",
    "[]",
    "{}",
    "[1]",
    "{\"k\": 1}",
    "7.5",
];

fn atom() -> impl Strategy<Value = String> {
    let field = prop_oneof![Just("x"), Just("y")];
    let constant = prop_oneof![
        Just("None"),
        Just("True"),
        Just("False"),
        Just("0"),
        Just("1"),
        Just("5"),
        Just("1.0"),
        Just("''"),
        Just("'a'"),
        Just("'b'"),
        Just("[]"),
    ];
    let named = prop_oneof![Just("None"), Just("True"), Just("False")];
    let kind = prop_oneof![Just("str"), Just("bool"), Just("int"), Just("(list, dict)"), Just("(int, float)")];
    prop_oneof![
        (field.clone(), prop_oneof![Just("=="), Just("!=")], constant.clone())
            .prop_map(|(field, op, constant)| format!("{field} {op} {constant}")),
        (field.clone(), prop_oneof![Just("is"), Just("is not")], named)
            .prop_map(|(field, op, constant)| format!("{field} {op} {constant}")),
        (field.clone(), prop_oneof![Just("in"), Just("not in")], constant.clone(), constant.clone())
            .prop_map(|(field, op, a, b)| format!("{field} {op} ({a}, {b})")),
        field.clone().prop_map(str::to_owned),
        field.clone().prop_map(|field| format!("bool({field})")),
        (field, kind).prop_map(|(field, kind)| format!("isinstance({field}, {kind})")),
        prop_oneof![Just("x == y"), Just("x != y")].prop_map(str::to_owned),
    ]
}

fn body() -> impl Strategy<Value = String> {
    atom().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.clone().prop_map(|a| format!("(not {a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} if {b} else {c})")),
        ]
    })
}

/// What the function returns for each choice of the unknown fields' values.
fn outcomes(source: &str, unknown: &[&str]) -> Vec<String> {
    let program = program(source);
    let policy = program.function("policy").unwrap();
    let (mut session, context) = (Session::new(), context());
    let mut found = Vec::new();
    let second: &[&str] = if unknown.contains(&"Y") { DOMAIN } else { &["\"a\""] };
    for x in DOMAIN {
        for y in second {
            let resource = Resource::new(&program, &format!("{{\"X\": {x}, \"Y\": {y}}}"));
            let outcome = text(&program.call(&mut session, policy, &resource, &context));
            if !found.contains(&outcome) {
                found.push(outcome);
            }
        }
    }
    found
}

fn explored(source: &str, unknown: &[&str]) -> Outcome {
    let program = program(source);
    let resource = Resource::new(&program, "{\"Y\": \"a\"}").unknown(unknown);
    program.call(&mut Session::new(), program.function("policy").unwrap(), &resource, &context())
}

fn check(body: &str, unknown: &[&str]) {
    let source = format!(
        "def policy(resource):\n    x = resource['X']\n    y = resource['Y']\n    return True if {body} else False\n"
    );
    let found = outcomes(&source, unknown);
    let outcome = explored(&source, unknown);
    match &found[..] {
        [only] => assert_eq!(text(&outcome), *only, "{body}"),
        _ => {
            let Outcome::Differs { values, .. } = &outcome else { panic!("{body}: {found:?} but {}", text(&outcome)) };
            assert_eq!(values.len(), found.len(), "{body}: {found:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_unknown_differs_exactly_when_its_values_do(body in body()) {
        check(&body, &["X"]);
    }

    #[test]
    fn two_unknowns_differ_exactly_when_their_values_do(body in body()) {
        check(&body, &["X", "Y"]);
    }
}

fn fields(outcome: &Outcome) -> Vec<SmolStr> {
    match outcome {
        Outcome::Differs { fields, .. } | Outcome::Unknown { fields, .. } => fields.clone(),
        _ => Vec::new(),
    }
}

#[test]
fn only_the_fields_that_matter_are_named() {
    let source = "def policy(resource):\n    if resource['A'] == 1:\n        pass\n    return resource['B'] == 2\n";
    let program = program(source);
    let resource = Resource::new(&program, "{}").unknown(&["A", "B", "C"]);
    let outcome = program.call(&mut Session::new(), program.function("policy").unwrap(), &resource, &context());
    assert_eq!(fields(&outcome), ["B"]);
}

#[test]
fn a_function_sees_what_the_one_before_it_did_in_the_same_world() {
    let source = "SEEN = []\ndef policy(resource):\n    if resource['A'] == 1:\n        SEEN.append('one')\n    return True\n\
                  def title(resource):\n    return len(SEEN)\n";
    let program = program(source);
    assert!(program.is_stateful());
    let (policy, title) = (program.function("policy").unwrap(), program.function("title").unwrap());
    let (mut session, context) = (Session::new(), context());
    let known = Resource::new(&program, "{\"A\": 1}");
    let mut run = program.run(&mut session, &known, &context);
    assert_eq!(text(&run.call(policy)), "True");
    assert_eq!(text(&run.call(title)), "1");
    assert_eq!(text(&program.call(&mut session, title, &known, &context)), "0", "a new run begins anew");
    let unknown = known.clone().unknown(&["A"]);
    let mut run = program.run(&mut session, &unknown, &context);
    assert_eq!(text(&run.call(policy)), "True");
    assert_eq!(text(&run.call(title)), "differs [\"A\"]");
}

#[test]
fn text_says_unknown_only_where_that_is_wanted() {
    let source = "def reason(resource):\n    return f\"{resource['A']} since {resource['B']}\"\n";
    let program = program(source);
    let reason = program.function("reason").unwrap();
    let resource = Resource::new(&program, "{\"B\": 5}").unknown(&["A"]);
    let plain = program.call(&mut Session::new(), reason, &resource, &context());
    assert_eq!(fields(&plain), ["A"]);
    let described = program.call(&mut Session::new(), reason, &resource, &context().describing());
    assert_eq!(text(&described), "'unknown since 5'");
}

#[test]
fn an_exception_in_some_worlds_only_is_a_difference() {
    let source =
        "def policy(resource):\n    if resource['A'] is None:\n        raise ValueError('x')\n    return True\n";
    assert!(matches!(explored(&source.replace("'A'", "'X'"), &["X"]), Outcome::Differs { .. }));
    let source = "def policy(resource):\n    if resource['X'] is None:\n        raise ValueError('x')\n    raise ValueError('y')\n";
    assert!(matches!(explored(source, &["X"]), Outcome::Raised(exception) if exception.class == "ValueError"));
}

#[test]
fn many_unknowns_end_in_unknown_and_not_in_an_endless_search() {
    let tests: Vec<_> =
        (0..20).map(|index| format!("    n += 1 if resource['F{index}'] == {index} else 0\n")).collect();
    let source = format!("def policy(resource):\n    n = 0\n{}    return n\n", tests.concat());
    let program = program(&source);
    let names: Vec<_> = (0..20).map(|index| format!("F{index}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let resource = Resource::new(&program, "{}").unknown(&names);
    let outcome = program.call(&mut Session::new(), program.function("policy").unwrap(), &resource, &context());
    assert!(matches!(outcome, Outcome::Unknown { .. }));
}

#[test]
fn a_value_that_is_not_held_exactly_is_refused_only_when_it_is_asked_for() {
    struct Big(Resource);
    impl logic::Facts for Big {
        fn field(&self, index: usize) -> logic::Fact {
            match self.0.names[index].as_str() {
                "Big" => logic::Fact::Unsupported("an integer of more than 128 bits".to_owned()),
                _ => self.0.field(index),
            }
        }
        fn whole(&self) -> Vec<(SmolStr, logic::Fact)> {
            let big = logic::Fact::Unsupported("an integer of more than 128 bits".to_owned());
            vec![("Big".into(), big), ("A".into(), logic::Fact::Value(Value::Int(1)))]
        }
    }
    let judge = |body: &str| {
        let program = program(&format!("def helper(r):\n    return r\ndef policy(resource):\n    return {body}\n"));
        let facts = Big(Resource::new(&program, "{\"A\": 1}"));
        text(&program.call(&mut Session::new(), program.function("policy").unwrap(), &facts, &context()))
    };
    let refusal = "unsupported the field 'Big': an integer of more than 128 bits";
    assert_eq!(judge("resource['A'] == 1 or resource['Big'] == 2"), "True");
    assert_eq!(judge("resource['Big'] == 2"), refusal);
    assert_eq!(judge("helper(resource)['A']"), "1");
    assert_eq!(judge("helper(resource)['Big'] + 1"), refusal);
    assert_eq!(judge("resource['Big']"), refusal);
}
