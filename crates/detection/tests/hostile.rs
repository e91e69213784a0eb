//! Whatever the files hold, loading ends with problems and not with a panic.

#![expect(clippy::unwrap_used, reason = "tests may")]

use std::path::Path;

use detection::{Judges, Memory, NoHelpers, Request, load, lower};
use proptest::prelude::*;

/// Pieces of Python that mean something, to be put together in ways that mostly mean nothing.
const PIECES: &[&str] = &[
    "def policy(resource):\n    ",
    "return ",
    "resource",
    "[\"X\"]",
    ".get('a', 1)",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    "\n",
    "\n    ",
    "\n        ",
    "if ",
    "else:",
    "elif 1:",
    "for x in ",
    "while x:",
    "try:",
    "except E as e:",
    "finally:",
    "lambda x: ",
    "x",
    " = ",
    " += ",
    " := ",
    "*",
    "**",
    " not in ",
    " is ",
    " and ",
    " or ",
    "not ",
    "f'{x!r:>{y}}'",
    "'\\ud800'",
    "b''",
    "1e999",
    "0x",
    "global x",
    "import re",
    "from a import b",
    "class A: pass",
    "yield ",
    "await ",
    "match x:\n        case ",
    "_",
    "|",
    "del ",
    "raise ",
    "assert ",
    "@",
    "é",
    "\u{feff}",
    "\0",
    "\t",
    "\\\n",
    "# c",
    "\"\"\"",
    "...",
    "->",
    "async ",
    "with ",
    "nonlocal x",
    "print",
];

fn fixtures() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths: Vec<_> = ["lower", "policies", "helpers"]
        .iter()
        .flat_map(|name| std::fs::read_dir(folder.join(name)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn lowers_or_not(source: &str) {
    for judges in [Judges::Resources, Judges::Events] {
        let _ = lower(Request { path: "p.py", source, judges, helpers: &NoHelpers, mocks: &[] });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_python(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        lowers_or_not(&pieces.concat());
    }

    #[test]
    fn fixtures_with_a_piece_replaced(
        which in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0usize..40,
        piece in prop::sample::select(PIECES),
    ) {
        let fixtures = fixtures();
        let text: Vec<char> = which.get(&fixtures).chars().collect();
        let start = from.index(text.len());
        let end = (start + length).min(text.len());
        let source: String = text[..start].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(&text[end..]).collect();
        lowers_or_not(&source);
    }

    #[test]
    fn yaml_of_a_policy_with_a_piece_replaced(from in 0usize..4000, length in 0usize..40, piece in "[ -~\n]{0,8}") {
        let yaml = include_str!("../../../detections/panther-kms/aws_cmk_key_rotation.yml");
        let python = include_str!("../../../detections/panther-kms/aws_cmk_key_rotation.py");
        let sidecar = include_str!("../../../detections/panther-kms/aws_cmk_key_rotation.keyreeve.yml");
        let replaced = |text: &str| {
            let text: Vec<char> = text.chars().collect();
            let start = from % text.len();
            let end = (start + length).min(text.len());
            text[..start].iter().copied().chain(piece.chars()).chain(text[end..].iter().copied()).collect::<String>()
        };
        for (yaml, sidecar) in [(replaced(yaml), sidecar.to_owned()), (yaml.to_owned(), replaced(sidecar))] {
            let files = Memory::new()
                .with("aws_cmk_key_rotation.yml", yaml)
                .with("aws_cmk_key_rotation.keyreeve.yml", sidecar)
                .with("aws_cmk_key_rotation.py", python);
            let pack = load("p", &files);
            for problem in pack.problems {
                prop_assert!(problem.place.is_none_or(|place| place.start.line > 0 && place.end >= place.start), "{problem}");
            }
        }
    }

    #[test]
    fn any_bytes_as_python_or_yaml(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        lowers_or_not(&String::from_utf8_lossy(&bytes));
        let files = Memory::new().with("p.yml", bytes.clone()).with("p.keyreeve.yml", bytes);
        let _ = load("p", &files);
    }
}
