//! What calls come to: statements, exceptions, state, unknown facts.

use crate::support::{judge, text};

fn value(body: &str, json: &str) -> String {
    text(&judge(&format!("def policy(resource):\n    return {body}\n"), json, &[]))
}

fn run(source: &str, json: &str) -> String {
    text(&judge(source, json, &[]))
}

fn unknown(source: &str, json: &str, fields: &[&str]) -> String {
    text(&judge(source, json, fields))
}

const ROTATION: &str = r#"
def policy(resource):
    if resource["Origin"] != "AWS_KMS" or resource["KeyManager"] != "CUSTOMER":
        return True
    return resource["KeyRotationEnabled"] is True and resource["KeyState"] == "Enabled"
"#;

#[test]
fn a_missing_key_raises() {
    assert_eq!(value("resource['Origin'] != 'AWS_KMS'", "{}"), "KeyError: 'Origin'");
    assert_eq!(value("resource.get('Origin')", "{}"), "None");
    assert_eq!(value("resource.get('Origin', 'x').upper()", "{}"), "'X'");
    assert_eq!(value("resource['Origin'] != 'AWS_KMS'", "{\"Origin\": \"AWS_KMS\"}"), "False");
}

#[test]
fn the_seed_judges_its_keys() {
    let key = r#"{"Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeyRotationEnabled": true, "KeyState": "Enabled"}"#;
    assert_eq!(run(ROTATION, key), "True");
    assert_eq!(run(ROTATION, &key.replace("true", "false")), "False");
    assert_eq!(run(ROTATION, &key.replace("\"Enabled\"", "\"Disabled\"")), "False");
    assert_eq!(run(ROTATION, &key.replace("CUSTOMER", "AWS").replace("true", "1")), "True");
}

#[test]
fn an_unknown_fact_matters_only_where_the_rest_does_not_settle_it() {
    let key = r#"{"Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeyRotationEnabled": true, "KeyState": "Enabled"}"#;
    assert_eq!(unknown(ROTATION, key, &["Origin"]), "True");
    assert_eq!(unknown(ROTATION, &key.replace("true", "false"), &["Origin"]), "differs [\"Origin\"]");
    assert_eq!(unknown(ROTATION, key, &["KeyRotationEnabled"]), "differs [\"KeyRotationEnabled\"]");
    assert_eq!(unknown(ROTATION, &key.replace("CUSTOMER", "AWS"), &["KeyRotationEnabled"]), "True");
    assert_eq!(
        unknown(ROTATION, key, &["Origin", "KeyManager", "KeyState"]),
        "differs [\"Origin\", \"KeyManager\", \"KeyState\"]"
    );
}

#[test]
fn tests_on_one_unknown_agree_with_each_other() {
    let body = |body: &str| {
        unknown(&format!("def policy(resource):\n    x = resource['X']\n    return {body}\n"), "{}", &["X"])
    };
    assert_eq!(body("x == 'a' and x == 'b'"), "False");
    assert_eq!(body("x is None and bool(x)"), "False");
    assert_eq!(body("x is True or x is not True"), "True");
    assert_eq!(body("x == 1 and x == True"), "differs [\"X\"]");
    assert_eq!(body("x is True and x != 1"), "False");
    assert_eq!(body("x in ('a', 'b') and x not in ('a', 'b', 'c')"), "False");
    assert_eq!(body("x not in ('a', 'b') and x == 'a'"), "False");
    assert_eq!(body("x in ('a', 'b') and x != 'a' and x != 'b'"), "False");
    assert_eq!(body("(not x) and x == 'a'"), "False");
    assert_eq!(body("isinstance(x, str) and x is None"), "False");
    assert_eq!(body("isinstance(x, (str, int)) and x == []"), "False");
    assert_eq!(body("x < 5 and x > 7"), "False");
    assert_eq!(body("x.startswith('a') and not x.startswith('a')"), "False");
    assert_eq!(body("x.startswith('a') and x == 'b'"), "False");
    assert_eq!(body("x.lower() == 'a' and x == 'B'"), "False");
    assert_eq!(body("x == x"), "True");
}

#[test]
fn handlers_do_not_see_unknowns() {
    let source = "def policy(resource):\n    try:\n        return len([a for a in resource['Tags']]) > 3\n    except:\n        return True\n";
    assert_eq!(unknown(source, "{}", &["Tags"]), "differs [\"Tags\"]");
    let source = "def policy(resource):\n    try:\n        for tag in resource['Tags']:\n            pass\n    except Exception:\n        pass\n    return True\n";
    assert_eq!(unknown(source, "{}", &["Tags"]), "unknown [\"Tags\"]");
}

#[test]
fn exceptions_go_to_the_handler_of_their_class() {
    let source = r#"
def policy(resource):
    out = []
    for action in (lambda: {}["k"], lambda: [][1], lambda: int("x"), lambda: None.a, lambda: 1 / 0, lambda: "a" + 1):
        try:
            action()
        except KeyError as e:
            out.append("key " + str(e) + repr(e.args))
        except LookupError as e:
            out.append(f"lookup {e}")
        except (ValueError, AttributeError) as e:
            out.append(f"{type(e).__name__} {e}")
        except ArithmeticError:
            out.append("arithmetic")
        except Exception as e:
            out.append(str(e))
        else:
            out.append("none")
        finally:
            out.append("f")
    return out
"#;
    assert_eq!(
        run(source, "{}"),
        "[\"key 'k'('k',)\", 'f', 'lookup list index out of range', 'f', \"ValueError invalid literal for int() with \
         base 10: 'x'\", 'f', \"AttributeError 'NoneType' object has no attribute 'a'\", 'f', 'arithmetic', 'f', \
         'can only concatenate str (not \"int\") to str', 'f']"
    );
}

#[test]
fn bounds_end_what_would_not_end() {
    let endless =
        "def f(n):\n    return [f(n + 1) for x in [1]][0] if n >= 0 else 0\ndef policy(resource):\n    return f(0)\n";
    assert_eq!(run(endless, "{}"), "exceeded depth of calls");
    let nested = "def f(n):\n    try:\n        for x in sorted([1], key=lambda v: f(n + 1)):\n            if x:\n                return any(f(n + 1) for y in [1])\n    finally:\n        pass\ndef policy(resource):\n    return f(0)\n";
    assert_eq!(run(nested, "{}"), "exceeded depth of calls");
    assert_eq!(run("def policy(resource):\n    while True:\n        pass\n", "{}"), "exceeded steps");
    assert_eq!(
        run("def policy(resource):\n    x = 'a' * 1000\n    while True:\n        x = x + x\n", "{}"),
        "exceeded memory"
    );
    assert_eq!(
        run(
            "def policy(resource):\n    x = []\n    y = []\n    x.append(x)\n    y.append(y)\n    return x == y\n",
            "{}"
        ),
        "exceeded depth of a comparison"
    );
    let iterators = "def policy(resource):\n    x = [1]\n    for n in range(100000):\n        x = map(str, x)\n    return list(x)\n";
    assert_eq!(run(iterators, "{}"), "exceeded depth of iterators");
    let lists =
        "def policy(resource):\n    x = []\n    for n in range(100000):\n        x = [x]\n    return x is None\n";
    assert_eq!(run(lists, "{}"), "False");
    let deep = format!("def policy(resource):\n    return {}1{}\n", "(1 + ".repeat(150), ")".repeat(150));
    assert_eq!(run(&deep, "{}"), "unsupported code nested more than 120 deep");
    assert_eq!(run("def policy(resource):\n    return r(resource)\ndef r(x):\n    return 1\n", "{}"), "1");
}

#[test]
fn containers_that_hold_and_change_themselves_behave_as_in_cpython() {
    let expected = r#"[16, "{'a': 1, 'me': {...}}", True, set(), '[[...], [...]]', True, 0, 2, 1, 'dictionary changed size during iteration', 'Set changed size during iteration', [3, 3, 2], [3, 3, 2], [3, 3, 2], '[[[...]]]', 1, [2, 3], [], [], "{'k': [{...}]}", [1, 2], [1, 2], [1, 2], ('a', ['b', 'c']), 6, 'not enough values to unpack (expected 2, got 1)', 1, [0, 2, 4], 120, 10]"#;
    assert_eq!(run(include_str!("../data/aliases.py"), "{}"), expected);
}
