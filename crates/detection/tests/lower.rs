//! What bodies lower to, and what is refused.

#![expect(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests may")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use common::Disk;
use detection::{Helpers, Judges, NoHelpers, NotLowered, PackHelpers, Request, lower};
use logic::tree::Module;

fn lower_with(source: &str, helpers: &dyn Helpers) -> Result<Module, Box<NotLowered>> {
    lower(Request { path: "policy.py", source, judges: Judges::Resources, helpers, mocks: &[] })
}

fn fixtures() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut paths: Vec<_> = std::fs::read_dir(fixtures().join(folder)).unwrap().map(|it| it.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "py"));
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// Every fixture's tree, printed; the print lowers to itself.
fn snapshots(folder: &str) {
    let disk = Disk(fixtures());
    let globals = BTreeMap::new();
    let helpers = PackHelpers::new(&disk, "helpers/policy.py", &globals);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path(format!("snapshots/{folder}"));
    settings.set_omit_expression(true);
    let _guard = settings.bind_to_scope();
    for (name, source) in sources(folder) {
        let module = lower_with(&source, &helpers).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = logic::print::module(&module);
        let again = lower_with(&text, &NoHelpers).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        assert_eq!(logic::print::module(&again), text, "{name}");
        if module.files.len() == 1 && !module.functions.iter().any(|function| function.name.contains('.')) {
            assert_eq!(Module { files: Vec::new(), ..again }, Module { files: Vec::new(), ..module }, "{name}");
        }
        insta::assert_snapshot!(name, text);
    }
}

#[test]
fn every_construct_lowers_to_what_it_says() {
    snapshots("lower");
}

#[test]
fn look_alikes_of_public_policies_lower() {
    snapshots("policies");
}

fn refusal(source: &str) -> String {
    lower_with(source, &NoHelpers).expect_err("lowers").to_string()
}

#[test]
fn what_the_tree_cannot_hold_is_refused_with_its_place() {
    let body = |body: &str| format!("def policy(resource):\n    {body}\n");
    for (source, message) in [
        (
            "class A:\n    pass\n\ndef policy(resource):\n    return A() is None\n".to_owned(),
            "policy.py:5:12: class definitions (the tree has no classes of its own)",
        ),
        (
            "import policyuniverse.policy\ndef policy(resource):\n    return policyuniverse.policy.Policy(resource)\n"
                .to_owned(),
            "policy.py:3:12: import of policyuniverse.policy (it is not among the supported library modules)",
        ),
        (
            "from boto3 import client\nX = client('kms')\ndef policy(resource):\n    return True\n".to_owned(),
            "policy.py:2:5: import of boto3 (it is not among the supported library modules)",
        ),
        (
            "from os import *\ndef policy(resource):\n    return True\n".to_owned(),
            "policy.py:1:1: star imports (the names are not visible)",
        ),
        (body("yield 1"), "policy.py:2:5: `yield` (the tree has no such thing)"),
        (body("with open('x') as f: return True"), "policy.py:2:10: `with` (the tree has no such thing)"),
        (body("return open('x')"), "policy.py:2:12: `open` (it is neither bound here nor a supported builtin)"),
        (body("return eval('1')"), "policy.py:2:12: `eval` (it is neither bound here nor a supported builtin)"),
        (body("nonlocal x"), "policy.py:2:5: `nonlocal` (the tree has no such thing)"),
        (
            body("return 340282366920938463463374607431768211456"),
            "policy.py:2:12: integers beyond 128 bits (the tree holds 128)",
        ),
        (body("return 1j"), "policy.py:2:12: complex numbers (the tree has none)"),
        (body("return a @ b"), "policy.py:2:12: matrix multiplication (no value of the tree has it)"),
        (
            body("return (x for x in resource)"),
            "policy.py:2:12: a generator that is kept (it reads the function's variables when it is used, not when it is made)",
        ),
        (
            body("n = 1\n    return next(iter([]), lambda: n)"),
            "policy.py:3:35: a nested function that uses a variable of the enclosing one (`n` would have to outlive its function)",
        ),
        (
            body("return next(iter([]), (x for x in resource))"),
            "policy.py:2:27: a generator that is kept (it reads the function's variables when it is used, not when it is made)",
        ),
        (
            body("return map(lambda x: resource[x], (x for x in resource))"),
            "policy.py:2:39: a generator that is kept (it reads the function's variables when it is used, not when it is made)",
        ),
        (
            body("n = 1\n    def inner():\n        return n\n    return inner()"),
            "policy.py:4:16: a nested function that uses a variable of the enclosing one (`n` would have to outlive its function)",
        ),
        (
            body("if resource:\n        def inner(): return 1\n    return inner()"),
            "policy.py:3:13: a function defined conditionally or twice (which is meant depends on time)",
        ),
        (
            "X = later()\ndef later():\n    return 1\ndef policy(resource):\n    return X\n".to_owned(),
            "policy.py:1:1: the value of `X` (`later` is defined below)",
        ),
        (
            "def f(a=X):\n    return a\nX = 1\ndef policy(resource):\n    return f()\n".to_owned(),
            "policy.py:1:9: a default that names `X` (the name is bound later, or again)",
        ),
        (
            body("x = json.loads('1')\n    import json\n    return x"),
            "policy.py:2:9: `json` used before its import (it has no value yet)",
        ),
        (
            body("if resource:\n        import json\n    return json"),
            "policy.py:3:9: conditional imports (whether the name is bound depends on time)",
        ),
        (
            "import re\ndef policy(resource):\n    return re.match('(?<=a)b', resource['X'])\n".to_owned(),
            "policy.py:3:21: regular expression: look-behind (the evaluator's regular expressions do not have it)",
        ),
        (
            "def policy(resource):\n    return 1\ndef policy(resource):\n    return 2\n".to_owned(),
            "policy.py:3:5: `policy` bound twice (which of the two is meant depends on time)",
        ),
        (
            "def f(x, /):\n    return x\ndef policy(resource):\n    return f(1)\n".to_owned(),
            "policy.py:1:7: positional-only parameters (the tree has none)",
        ),
        (
            "import functools\n@functools.cache\ndef policy(resource):\n    return True\n".to_owned(),
            "policy.py:2:1: decorators (what they return is not visible)",
        ),
        (body("break"), "policy.py:2:5: `break` or `continue` outside a loop (Python refuses it)"),
        (
            body("resource.attribute = 1"),
            "policy.py:2:5: assignment to attributes (no value of the tree has any to assign)",
        ),
        (body("return resource.frobnicate()"), "policy.py:2:21: the method `frobnicate` (no supported value has it)"),
        (body("x = 1\n    global x\n    return x"), "policy.py:3:12: `global x` (the name is used before it)"),
        (
            body("match resource:\n        case {'a': 1}: return True"),
            "policy.py:3:14: patterns of structures (only literals, alternatives and captures are matched)",
        ),
        (body("return '\\ud800'"), "policy.py:2:12: lone surrogates (text of the tree is valid Unicode)"),
        (body("return len(*resource, **resource, x=1, x=2)"), "policy.py:2:44: `x` given twice (Python refuses it)"),
    ] {
        assert_eq!(refusal(&source), message, "{source}");
    }
}

#[test]
fn nesting_beyond_the_bound_is_an_error_and_not_the_end_of_the_stack() {
    let nested = |open: &str, close: &str| {
        format!("def policy(resource):\n    return {}1{}\n", open.repeat(10_000), close.repeat(10_000))
    };
    let sum = format!("def policy(resource):\n    return {}1\n", "1 + ".repeat(10_000));
    let chain = format!("def policy(resource):\n    return resource{}\n", ".get('a')".repeat(10_000));
    let blocks: String = (0..500).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    let branches =
        format!("def policy(resource):\n    if 1:\n        pass\n{}", "    elif 1:\n        pass\n".repeat(10_000));
    let f_string = nested("f'{", "}'");
    for source in [
        nested("(", ")"),
        nested("[", "]"),
        nested("{1:", "}"),
        nested("not ", ""),
        nested("-", ""),
        nested("lambda a, b: ", ""),
        nested("a if b else ", ""),
        nested("x := ", ""),
        nested("2 ** ", ""),
        nested("(]", ""),
        sum,
        chain,
        format!("{blocks}{}pass\n", " ".repeat(500)),
        branches,
        f_string,
    ] {
        let message = refusal(&source);
        assert!(message.contains("deeper than 200 levels"), "{message}");
    }
}

#[test]
fn long_flat_code_is_no_nesting() {
    let list = format!("X = [{}]\n", "'a', ".repeat(20_000));
    let branches: String = (0..500)
        .map(|n| format!("    if resource['X'] == {n}:\n        return {n}\n    elif 1:\n        pass\n"))
        .collect();
    let source = format!("{list}def policy(resource):\n{branches}    return resource['X'] in X\n");
    assert_eq!(lower_with(&source, &NoHelpers).unwrap().functions.len(), 1);
}

#[test]
fn the_place_of_too_deep_code_is_found() {
    let source = format!("A = 1\ndef policy(resource):\n    return {}1\n", "(".repeat(300));
    assert_eq!(refusal(&source), "policy.py:3:210: a syntax error (the code nests deeper than 200 levels here)");
}

#[test]
fn the_input_is_read_in_place_unless_something_may_change_it() {
    let disk = Disk(fixtures());
    let globals = BTreeMap::new();
    let helpers = PackHelpers::new(&disk, "helpers/policy.py", &globals);
    let tree = |name: &str| {
        let source = std::fs::read_to_string(fixtures().join("lower").join(format!("{name}.py"))).unwrap();
        let module = lower_with(&source, &helpers).unwrap();
        module.functions.iter().map(|it| (it.name.to_string(), format!("{:?}", it.body))).collect::<BTreeMap<_, _>>()
    };
    let reads_in_place = |body: &str| body.contains("Input") || body.contains("Field");
    assert!(reads_in_place(&tree("fields")["policy"]));
    assert!(tree("helpers")["policy"].contains("Input"), "helpers get the whole input");
    assert!(!reads_in_place(&tree("changed_input")["policy"]), "`tags` may be part of the input");
    let rebound = tree("rebound_input");
    assert!(!reads_in_place(&rebound["policy"]) && reads_in_place(&rebound["title"]));
    let entries = tree("entry_calls_entry");
    assert!(reads_in_place(&entries["not_applicable"]), "called with the input itself");
    assert!(!reads_in_place(&entries["severity"]), "called with something else");
    assert!(tree("shadowed_input")["policy"].contains("Field"));
}
