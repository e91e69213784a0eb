//! Printing and simplifying the public Panther detections, on a checkout of panther-analysis that `PANTHER_ANALYSIS` names.
//!
//! Ignored by default: the corpus stays outside the repository. With `PRINTED=FOLDER`, what is printed is written there, as
//! `NAME.plain.py` and `NAME.simple.py`, for a comparison of the two by CPython.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use detection::lower::ENTRIES;
use detection::{Helper, Helpers, Judges, NoHelpers, Request, lower};
use logic::tree::{Expr, ExprKind, Global, Module, Stmt};
use logic::{print, simplify, walk};

struct GlobalHelpers(PathBuf);

impl Helpers for GlobalHelpers {
    fn find(&self, module: &str) -> Option<Helper> {
        let path = self.0.join("global_helpers").join(format!("{module}.py"));
        let source = std::fs::read_to_string(&path).ok()?;
        Some(Helper { path: format!("global_helpers/{module}.py"), source })
    }
}

fn python_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            python_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "py") && path.with_extension("yml").exists() {
            found.push(path);
        }
    }
}

/// The module as it lowers again from one file: names without the helper modules' prefixes.
fn in_one_file(mut module: Module) -> Module {
    let short = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    module.globals.iter_mut().for_each(|global: &mut Global| global.name = short(&global.name).into());
    module.functions.iter_mut().for_each(|function| function.name = short(&function.name).into());
    module.files.clear();
    sort_functions(&mut module);
    module
}

/// A helper that computes a module-level value is printed before it, out of its turn.
fn sort_functions(module: &mut Module) {
    let mut order: Vec<usize> = (0..module.functions.len()).collect();
    order.sort_by_key(|index| module.functions[*index].name.clone());
    let new = |old: u32| order.iter().position(|index| *index == old as usize).unwrap() as u32;
    let mut renumber = |expr: &mut Expr| {
        if let ExprKind::Function(id) = &mut expr.kind {
            id.0 = new(id.0);
        }
    };
    for value in module.globals.iter_mut().filter_map(|global| global.value.as_mut()) {
        walk::expressions_mut(value, &mut renumber);
    }
    for function in &mut module.functions {
        walk::statements_mut(&mut function.body, &mut |stmt| {
            walk::statement_exprs_mut(stmt, &mut |expr| walk::expressions_mut(expr, &mut renumber));
        });
    }
    module.functions.sort_by_key(|function| function.name.clone());
}

#[derive(Default, Debug)]
struct Tally {
    bodies: usize,
    differ: usize,
    one_expression: usize,
}

fn check(corpus: &Path, folder: &str, entry: &str, judges: Judges) -> Tally {
    let helpers = GlobalHelpers(corpus.to_owned());
    let mut files = Vec::new();
    python_files(&corpus.join(folder), &mut files);
    let mut tally = Tally::default();
    for path in &files {
        let source = std::fs::read_to_string(path).unwrap();
        let name = path.strip_prefix(corpus).unwrap().display().to_string();
        let request = Request { path: &name, source: &source, judges, helpers: &helpers, mocks: &[] };
        let Ok(plain) = lower(request) else { continue };
        tally.bodies += 1;
        let simple = simplify::reached_from(simplify::module(plain.clone()), ENTRIES);
        let is_entry = |function: &&logic::tree::Function| function.name == entry;
        let body = simple.functions.iter().find(is_entry).map(|function| function.body.as_slice());
        tally.one_expression += usize::from(matches!(body, Some([Stmt::Return(_)])));
        for (kind, module) in [("plain", plain), ("simple", simple)] {
            let text = print::module(&module);
            if let Ok(out) = std::env::var("PRINTED") {
                let file = name.replace('/', "__").replace(".py", "");
                std::fs::write(Path::new(&out).join(format!("{file}.{kind}.py")), &text).unwrap();
            }
            let again = lower(Request { path: &name, source: &text, judges, helpers: &NoHelpers, mocks: &[] });
            let expected = in_one_file(module);
            match again.map(in_one_file) {
                Ok(again) if again == expected => {}
                Ok(again) => {
                    tally.differ += 1;
                    println!("{name} {kind}: lowers to another tree");
                    for (a, b) in expected.functions.iter().zip(&again.functions).filter(|(a, b)| a != b).take(1) {
                        println!("  expected {a:?}\n  found    {b:?}");
                    }
                }
                Err(error) => {
                    tally.differ += 1;
                    println!("{name} {kind}: {error}");
                }
            }
        }
    }
    tally
}

#[test]
#[ignore = "needs a checkout of panther-analysis"]
fn public_bodies_print_back() {
    let corpus = PathBuf::from(std::env::var("PANTHER_ANALYSIS").expect("PANTHER_ANALYSIS names a checkout"));
    let policies = check(&corpus, "policies", "policy", Judges::Resources);
    let rules = check(&corpus, "rules", "rule", Judges::Events);
    println!("policies {policies:?}\nrules {rules:?}");
    assert_eq!(policies.differ + rules.differ, 0);
}
