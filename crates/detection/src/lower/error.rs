//! Why a body does not lower.

use source::{LineIndex, Span};

use super::python::TextRange;
use crate::problem::Place;

/// The construct that the expression tree cannot hold, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {construct} ({why})", place.start.line, place.start.column)]
pub struct NotLowered {
    /// What it is, in the plural or as a name: `class definitions`, `import of policyuniverse`.
    pub construct: String,
    /// The file that it stands in.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is in the way.
    pub why: String,
}

/// The result of lowering something.
pub(crate) type Lowered<T> = Result<T, Box<NotLowered>>;

impl NotLowered {
    /// `construct` at `range` of the file `file`, whose text is `text`.
    pub(crate) fn new(
        construct: impl Into<String>,
        why: impl Into<String>,
        file: &str,
        text: &str,
        range: TextRange,
    ) -> Box<Self> {
        let span = Span::new(range.start().to_usize(), range.end().to_usize());
        let place = Place::of(span, &LineIndex::new(text));
        Box::new(Self { construct: construct.into(), file: file.to_owned(), place, why: why.into() })
    }
}
