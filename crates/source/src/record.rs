//! The fast path: one JSON object a time, wholly validated, its top-level members found, nothing built.
//!
//! A [`Scanner`] checks grammar, equal keys at every level, and depth, and keeps only where the members' values stand. Records of one
//! file mostly have the same keys in the same order, so it remembers the *shapes* it has met: where the text continues as the shape
//! says, key and separators are compared in one go, and a shape met before has no equal keys.
//!
//! What is refused is diagnosed by the strict parser of [`crate::json`], so that both say the same.

mod keys;
mod owned;
mod raw;
mod scanner;
mod shapes;
mod values;

pub use owned::OwnedRaw;
pub use raw::{Elements, Kind, LoneSurrogate, Members, Raw};
pub use scanner::{Record, Scanner};
pub use shapes::ShapeId;

/// How much a record may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text. 64 MiB by default; at most 1 GiB is accepted, whatever stands here.
    pub size: usize,
    /// Objects and arrays inside one another. 128 by default.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 64 << 20, depth: 128 }
    }
}

#[cfg(test)]
mod tests;
