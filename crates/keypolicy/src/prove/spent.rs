//! What a proof may cost, counted in steps, so that it gives up at the same point on every machine.

use std::cell::Cell;

/// How many steps one proof may take: an atom looked at, a word of an automaton's state, a value tried are one or a few each.
/// Each takes some 20 to 40 nanoseconds where they are slowest.
pub const MOST_STEPS: u64 = 500_000;

/// How many of them one search may take, so that the other statements are looked at too.
const MOST_IN_SEARCH: u64 = MOST_STEPS / 4 * 3;

/// How many of them one walk through automata may take.
pub(super) const MOST_IN_WALK: u64 = MOST_STEPS / 2;

/// How many of them many proofs of one question may take together: who can, for each principal.
const MOST_TOGETHER: u64 = 10 * MOST_STEPS;

/// Why nothing is found out of what would take too long.
pub(super) const TOO_MUCH: &str = "so many statements and values that not all combinations were looked at";

/// What all searches of one proof have spent, so that many searches together take no longer than a few.
#[derive(Debug, Default)]
pub(super) struct Spent {
    steps: Cell<u64>,
    began: Cell<u64>,
    /// By earlier proofs of the same question.
    earlier: Cell<u64>,
}

impl Spent {
    /// Another proof of the same question begins; when all together have taken long enough, the rest gets no more.
    pub(super) fn forget(&self) {
        self.earlier.set(self.earlier.get() + self.steps.get());
        let rest = MOST_TOGETHER.saturating_sub(self.earlier.get());
        self.steps.set(MOST_STEPS.saturating_sub(rest));
        self.began.set(self.steps.get());
    }

    /// The proof with which another one follows on this question.
    pub(super) fn follow(&self, other: &Self) {
        self.earlier.set(other.earlier.get() + other.steps.get());
        self.steps.set(0);
        self.forget();
    }

    /// Another search of the proof begins.
    pub(super) fn begin(&self) {
        self.began.set(self.steps.get());
    }

    /// So many steps more.
    pub(super) fn add(&self, steps: usize) {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// All steps so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// Whether the search, or its proof, has taken as long as it may.
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() > MOST_STEPS || self.steps.get() - self.began.get() > MOST_IN_SEARCH
    }

    /// Whether the whole proof has.
    pub(super) fn is_over(&self) -> bool {
        self.steps.get() > MOST_STEPS
    }
}
