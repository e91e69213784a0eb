//! Simplifying changes no value and no exception: random bodies on random inputs, before and after.

#![expect(clippy::expect_used, reason = "a test that cannot be set up fails")]

mod support;

use logic::tree::{Module, Stmt};
use logic::{Outcome, Program, Session, print, simplify};
use proptest::prelude::*;
use support::{Resource, context, module, text};

const HELPERS: &str = r#"
def is_one(x):
    if x == 1:
        return True
    return False

def pick(x, y=None):
    return x if y is None else y

def shorter(x, y):
    return len(x) < len(y)

def has_none(items):
    for item in items:
        if item is None:
            return True
    return False

"#;

/// Makes Python out of a string of choices, so that a failing case shrinks with it.
struct Maker<'a> {
    choices: std::slice::Iter<'a, u8>,
    out: String,
    /// Names of loops that may be read here.
    items: usize,
}

impl Maker<'_> {
    fn choose(&mut self, among: u8) -> u8 {
        self.choices.next().copied().unwrap_or(0) % among
    }

    fn line(&mut self, level: usize, text: &str) {
        self.out.push_str(&"    ".repeat(level));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn policy(&mut self) {
        self.line(0, "def policy(resource):");
        for name in ["a", "b"] {
            let value = self.expr(2);
            self.line(1, &format!("{name} = {value}"));
        }
        self.block(1, 3);
        let value = self.expr(3);
        self.line(1, &format!("return {value}"));
    }

    fn block(&mut self, level: usize, depth: usize) {
        let count = 1 + self.choose(3);
        for _ in 0..count {
            self.statement(level, depth);
        }
    }

    fn statement(&mut self, level: usize, depth: usize) {
        match self.choose(if depth == 0 { 3 } else { 8 }) {
            0 => {
                let value = self.expr(2);
                self.line(level, &format!("return {value}"));
            }
            1 => {
                let value = ["True", "False", "None"][usize::from(self.choose(3))];
                self.line(level, &format!("return {value}"));
            }
            2 => {
                let value = self.expr(2);
                self.line(level, &format!("b = {value}"));
            }
            3 => {
                let (item, list) = (self.items, self.list());
                self.line(level, &format!("for v{item} in {list}:"));
                self.items += 1;
                self.block(level + 1, depth - 1);
                if self.choose(2) == 0 {
                    self.line(level + 1, "continue");
                }
                self.items -= 1;
            }
            choice => {
                let test = self.expr(2);
                self.line(level, &format!("if {test}:"));
                self.block(level + 1, depth - 1);
                if choice > 5 {
                    self.line(level, "else:");
                    self.block(level + 1, depth - 1);
                }
            }
        }
    }

    fn list(&mut self) -> String {
        ["resource['A']", "resource.get('B') or []", "[1, None, 'x']", "a"][usize::from(self.choose(4))].to_owned()
    }

    fn atom(&mut self) -> String {
        const ATOMS: [&str; 14] = [
            "resource['A']",
            "resource.get('A')",
            "resource['B']",
            "resource.get('B', 'x')",
            "resource.get('C')",
            "'C' in resource",
            "a",
            "b",
            "1",
            "0",
            "'x'",
            "None",
            "True",
            "False",
        ];
        let choice = usize::from(self.choose(16));
        match ATOMS.get(choice) {
            Some(atom) => (*atom).to_owned(),
            None if self.items > 0 => format!("v{}", self.items - 1),
            None => "''".to_owned(),
        }
    }

    fn expr(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.atom();
        }
        let choice = self.choose(18);
        let mut part = || self.expr(depth - 1);
        match choice {
            0..=2 => self.atom(),
            3 => format!("({} and {})", part(), part()),
            4 => format!("({} or {})", part(), part()),
            5 => format!("(not {})", part()),
            6 => format!("({} == {})", part(), part()),
            7 => format!("({} != {})", part(), part()),
            8 => format!("({} is None)", part()),
            9 => format!("({} in ('x', 1, None))", part()),
            10 => format!("({} if {} else {})", part(), part(), part()),
            11 => format!("({} < {})", part(), part()),
            12 => format!("is_one({})", part()),
            13 => format!("pick({}, {})", part(), part()),
            14 => format!("shorter({}, {})", part(), part()),
            15 => format!("has_none({})", part()),
            16 => {
                let (item, list) = (self.items, self.list());
                self.items += 1;
                let test = self.expr(depth - 1);
                self.items -= 1;
                let word = if self.choose(2) == 0 { "any" } else { "all" };
                format!("{word}({test} for v{item} in {list})")
            }
            _ => format!("any([{}, {}])", part(), part()),
        }
    }
}

fn source(choices: &[u8]) -> String {
    let mut maker = Maker { choices: choices.iter(), out: HELPERS.to_owned(), items: 0 };
    maker.policy();
    maker.out
}

fn outcome(module: Module, json: &str, unknown: &[&str]) -> Outcome {
    let program = Program::new(module);
    let resource = Resource::new(&program, json).unknown(unknown);
    let policy = program.function("policy").expect("a policy");
    program.call(&mut Session::new(), policy, &resource, &context())
}

const VALUES: [&str; 13] =
    ["null", "true", "false", "0", "1", "1.5", "\"\"", "\"x\"", "[]", "[1]", "[null, 0]", "[\"x\", [1]]", "{\"x\": 1}"];

fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(VALUES.to_vec())
}

fn input() -> impl Strategy<Value = String> {
    let field = || prop::option::weighted(0.8, value());
    (field(), field(), field()).prop_map(|(a, b, c)| {
        let named = [("A", a), ("B", b), ("C", c)];
        let members = named.iter().filter_map(|(name, value)| value.map(|value| format!("\"{name}\": {value}")));
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_simplified_body_returns_and_raises_the_same(
        choices in prop::collection::vec(any::<u8>(), 0..160),
        inputs in prop::collection::vec(input(), 6),
    ) {
        let source = source(&choices);
        let plain = module(&source);
        let simple = simplify::module(plain.clone());
        for json in &inputs {
            let (before, after) = (outcome(plain.clone(), json, &[]), outcome(simple.clone(), json, &[]));
            prop_assert_eq!(text(&before), text(&after), "{}\n{}\n{}", source, print::module(&simple), json);
        }
    }

    #[test]
    fn an_unknown_fact_settles_as_much_after_as_before(
        choices in prop::collection::vec(any::<u8>(), 0..80),
        others in (value(), value()),
    ) {
        let source = source(&choices);
        let plain = module(&source);
        let simple = simplify::module(plain.clone());
        let json = |a: &str| format!("{{\"A\": {a}, \"B\": {}, \"C\": {}}}", others.0, others.1);
        let (before, after) = (outcome(plain.clone(), &json("0"), &["A"]), outcome(simple.clone(), &json("0"), &["A"]));
        let shown_source = || format!("{source}\n{}\n{}", print::module(&simple), json("unknown"));
        // What was settled stays so. What is settled only now must be so whatever the fact is.
        if let Outcome::Value(_) = before {
            prop_assert_eq!(text(&before), text(&after), "{}", shown_source());
        } else if let Outcome::Value(_) = after {
            for a in VALUES {
                if let Outcome::Value(value) = outcome(plain.clone(), &json(a), &[]) {
                    prop_assert_eq!(text(&Outcome::Value(value)), text(&after), "{} {}", shown_source(), a);
                }
            }
        }
    }

    #[test]
    fn simplifying_twice_is_simplifying_once(choices in prop::collection::vec(any::<u8>(), 0..160)) {
        let once = simplify::module(module(&source(&choices)));
        prop_assert_eq!(simplify::module(once.clone()), once);
    }
}

#[test]
fn many_random_bodies_become_one_expression() {
    let mut state = 7u32;
    let mut bytes = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u8
    };
    let joined = (0..200).filter(|_| {
        let choices: Vec<u8> = (0..14).map(|_| bytes()).collect();
        let simple = simplify::module(module(&source(&choices)));
        let policy = simple.functions.iter().find(|function| function.name == "policy");
        matches!(policy.map(|policy| policy.body.as_slice()), Some([Stmt::Return(_)]))
    });
    // Guards against rules that never fire: what is tested above would then be nothing.
    let joined = joined.count();
    assert!(joined >= 15, "{joined} of 200");
}
