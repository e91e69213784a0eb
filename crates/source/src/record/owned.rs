//! A JSON value with its text: checked once, read any number of times.

use super::{Limits, Raw};
use crate::SyntaxError;

/// One valid JSON value that keeps its own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRaw {
    text: Box<str>,
    escaped: bool,
}

impl OwnedRaw {
    /// Checks a text that is one JSON value, with the same rules as a record.
    ///
    /// # Errors
    /// Where the text is not one JSON value within the limits.
    pub fn parse(text: &str, limits: Limits) -> Result<Self, SyntaxError> {
        let raw = Raw::parse(text, limits)?;
        Ok(Self { text: raw.text().into(), escaped: raw.is_escaped() })
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self { text: "null".into(), escaped: false }
    }

    /// The value.
    #[must_use]
    pub fn raw(&self) -> Raw<'_> {
        Raw::new(&self.text, self.escaped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owned_value_reads_as_the_borrowed_one() {
        for text in [r#" {"a": [1, "\u0041"]} "#, r#""\u0041b""#, "null", "-1.5e3", r#""plain""#] {
            let owned = OwnedRaw::parse(text, Limits::default()).unwrap();
            assert_eq!(owned.raw(), Raw::parse(text, Limits::default()).unwrap());
        }
        assert!(OwnedRaw::parse("{", Limits::default()).is_err());
    }
}
