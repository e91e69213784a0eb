//! The shipped example with a few bytes changed, cut, doubled or moved: read or refused, and alike however it comes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../../fuzz/mutate.rs"]
mod mutate;

use finding::snapshot::{Entry, MAX_PROBLEMS, Reader, SnapshotWriter, open_with};
use finding::{Accounts, FactContext};
use mutate::{Dice, mutate};
use source::split::Limits;

const ACME: &str = include_str!("../../../examples/acme/snapshot.jsonl");

/// What means something to the readers, and what looks as if it did.
const WORDS: [&[u8]; 28] = [
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"\\ud800",
    b"\\u0041",
    b"\xff",
    b"\xc3\xa9",
    b"\xef\xbb\xbf",
    b"1e999",
    b"-",
    b"0",
    b"\"kind\":\"end\",",
    b"\"kind\":\"account\",",
    b"\"Unknown\":{},",
    b"\"Unknown\":{\"Tags\":{\"operation\":\"o\",\"code\":\"c\",\"message\":\"m\"}},",
    b"\"Account\":[],",
    b"\"Tags\":{\"a\":1},",
    b"\"CreationDate\":\"-009999-01-01T00:00:00Z\",",
    b"\"ValidTo\":\"9999-12-31T23:59:60Z\",",
    b"\0",
];

/// Everything that is found, in words; asks every fact of every resource.
fn seen(bytes: &[u8], block: usize) -> Vec<String> {
    let limits = Limits { block, ..Limits::default() };
    let (prologue, batches) = match open_with(bytes, Accounts::default(), limits) {
        Ok(opened) => opened,
        Err(error) => return vec![error.to_string()],
    };
    let context = FactContext::new("2026-06-01T00:00:00Z".parse().unwrap(), &prologue.accounts);
    let mut seen: Vec<String> = prologue.problems.iter().map(ToString::to_string).collect();
    assert!(seen.len() as u64 <= MAX_PROBLEMS + 1);
    let mut reader = Reader::new(["Environment", "LastUse", "DaysUntilDeletion", "Account", "KeyState"]);
    for batch in batches {
        let Ok(batch) = batch.map_err(|problem| seen.push(problem.to_string())) else { continue };
        reader.read(&batch, |entry| match entry {
            Entry::Resource(resource, text) => {
                let facts = (0..5).map(|index| resource.fact_at(index, &context)).collect::<Vec<_>>();
                let all = resource.facts(&context).len();
                assert!(all + 2 >= resource.record().len());
                seen.push(format!("{}: {all} {:?} {facts:?}", text.line, resource.reference(&context)));
                if resource.kind().is_ok() && resource.id().is_ok() {
                    let header = prologue.header.clone();
                    header.into_iter().for_each(|it| SnapshotWriter::new(it).add_resource(text.text).unwrap());
                }
            }
            Entry::Error(error) => seen.push(error.message),
            Entry::Problem(problem) => seen.push(problem.to_string()),
        });
    }
    let mut tally = prologue.tally;
    tally.add(reader.tally());
    seen.extend(tally.missing(prologue.header.as_ref()).iter().map(ToString::to_string));
    seen
}

#[test]
fn a_mutated_snapshot_is_read_alike_however_it_comes() {
    let lines: Vec<&str> = ACME.lines().collect();
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let whole = seen(ACME.as_bytes(), 4096).len();
    assert!(whole > 150);
    // More with `KEYREEVE_ROUNDS=1000000 cargo test -p finding --test mutated`.
    let rounds = std::env::var("KEYREEVE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200);
    for round in 0..rounds {
        let first = dice.below(lines.len() - 6);
        let mut bytes =
            [&lines[..2], &lines[first..first + 5], &lines[lines.len() - 1..]].concat().join("\n").into_bytes();
        for _ in 0..=dice.below(4) {
            mutate(&mut bytes, &WORDS, &mut dice);
        }
        let (small, large) = (seen(&bytes, 64), seen(&bytes, 256 << 10));
        assert_eq!(small, large, "round {round}: {}", String::from_utf8_lossy(&bytes));
    }
}
