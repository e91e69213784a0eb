//! What is told at a glance is what the machine says, whatever the fields hold and however narrow the bounds are.

use logic::{Context, Fact, Facts, Session};
use smol_str::SmolStr;

use crate::support::{Resource, context, program};

/// The same resource for a machine that has to look at everything.
struct Unseen(Resource);

impl Facts for Unseen {
    fn field(&self, index: usize) -> Fact {
        self.0.field(index)
    }

    fn whole(&self) -> Vec<(SmolStr, Fact)> {
        self.0.whole()
    }
}

const BODIES: &[&str] = &[
    "return resource['A'] != 'x' or resource['B'] is True and resource['C'] == 'y'",
    "return resource['A'] or resource['B']",
    "return resource['A'] and resource['B'] and resource.get('C', 'none')",
    "return not resource.get('A')",
    "return resource['A'] in ('x', 'y', None) or resource['B'] not in ['', True]",
    "return resource['A'] in (1, 'x')",
    "return resource['A'] == 1 or resource['B'] != 0",
    "return 'A' in resource and 'D' not in resource",
    "return resource.get('A', resource['B'])",
    "return 'yes' if resource['A'] is None else resource['B']",
    "if resource['A'] == 'x':\n        return True\n    elif resource['B']:\n        return resource['C']\n    return False",
    "if resource['A'] == 'x':\n        pass\n    if other(resource):\n        return LIMIT\n    return other(resource)",
    "x = resource['A']\n    return x == 'x'",
];

fn values() -> [&'static str; 9] {
    ["null", "true", "false", "\"x\"", "\"y\"", "\"\"", "1", "[\"x\"]", "{}"]
}

fn check(body: &str, json: &str, unknown: &[&str], context: &Context) {
    let source = format!(
        "LIMIT = 'x'\nNAMES = ['x', 1]\ndef dedup(resource):\n    return resource['B'] == 'y'\n\
         def policy(resource):\n    {}\n",
        body.replace("other(", "dedup(")
    );
    let program = program(&source);
    let policy = program.function("policy").unwrap();
    let seen = Resource::new(&program, json).unknown(unknown);
    let unseen = Unseen(seen.clone());
    let by_glance = program.call(&mut Session::new(), policy, &seen, context);
    let by_machine = program.call(&mut Session::new(), policy, &unseen, context);
    assert_eq!(format!("{by_glance:?}"), format!("{by_machine:?}"), "{source}{json} {unknown:?}");
}

#[test]
fn a_glance_gives_what_the_machine_gives() {
    for body in BODIES {
        for a in values() {
            for b in values() {
                check(body, &format!("{{\"A\": {a}, \"B\": {b}}}"), &[], &context());
                check(body, &format!("{{\"C\": {a}, \"B\": {b}, \"A\": \"x\"}}"), &[], &context());
            }
        }
    }
}

#[test]
fn what_is_unknown_is_left_to_the_machine() {
    for body in BODIES {
        for a in values() {
            for unknown in ["A", "B", "C"] {
                check(body, &format!("{{\"A\": {a}, \"B\": {a}, \"C\": \"y\"}}"), &[unknown], &context());
            }
        }
    }
}

#[test]
fn bounds_hold_at_a_glance() {
    for body in BODIES {
        for (steps, depth, memory) in [
            (0, 60, 1 << 28),
            (1, 60, 1 << 28),
            (2, 60, 1 << 28),
            (3, 60, 1 << 28),
            (9, 0, 1 << 28),
            (9, 1, 1 << 28),
            (9, 2, 1 << 28),
            (9, 60, 10),
        ] {
            let mut narrow = context();
            (narrow.limits.steps, narrow.limits.depth, narrow.limits.memory) = (steps, depth, memory);
            check(body, "{\"A\": \"y\", \"B\": false, \"C\": \"y\"}", &[], &narrow);
        }
    }
}
