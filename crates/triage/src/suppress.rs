//! `suppress_when`: the little language that says for which accounts and resources a finding is suppressed.
//!
//! A text has lines; it holds where any line holds, and a line holds where all its clauses do. The *strict* dialect
//! ([`Condition`]) is what rules are written in. The *legacy* dialect ([`legacy`]) is what OpenSecOps SOAR does with the
//! same text; it exists only to be compared with.

mod condition;
mod dimension;
mod fault;
pub mod legacy;
mod parse;
mod vocabulary;

pub use condition::{Clause, Condition, Line, Operator, Word};
pub use dimension::{Dimension, Facts};
pub use fault::{Fault, place_of};
pub use parse::{MAX_LINES, MAX_TEXT, MAX_VALUES, Parsed, parse};
pub use vocabulary::Vocabulary;
