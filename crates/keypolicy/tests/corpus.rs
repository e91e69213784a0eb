//! The seeds of the fuzz target, and mutations of them, on the stable compiler.

#![expect(clippy::unwrap_used, reason = "a test")]

mod checks;
#[path = "../../../fuzz/mutate.rs"]
mod mutate;

use mutate::{Dice, mutate};
use std::path::PathBuf;

const WORDS: [&[u8]; 26] = [
    b"\"*\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"\"Deny\"",
    b"\"NotPrincipal\"",
    b"\"NotAction\"",
    b"ForAllValues:",
    b"IfExists",
    b"StringNotLike",
    b"ArnLike",
    b"Null",
    b"${aws:PrincipalTag/a}",
    b"${AWS::AccountId}",
    b"!Sub ",
    b"*",
    b"?",
    b"111122223333",
    b"arn:aws:iam::",
    b"aws:PrincipalOrgID",
    b"kms:ViaService",
    b"\xc3\xa9",
    b"\xff",
    b"\"Fn::Join\"",
];

fn seeds() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/keypolicy");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "the seeds are there");
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn seeds_keep_what_must_hold_wherever_they_are_cut() {
    for seed in seeds() {
        checks::policy_text(&seed);
        for end in (0..seed.len()).step_by(1 + seed.len() / 25) {
            checks::policy_text(&seed[..end]);
        }
    }
}

#[test]
fn mutated_seeds_keep_what_must_hold() {
    let seeds = seeds();
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    for _ in 0..1500 {
        let mut data = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(4) {
            mutate(&mut data, &WORDS, &mut dice);
        }
        checks::policy_text(&data);
    }
}
