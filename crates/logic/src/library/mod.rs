//! What CPython 3.11's standard library does on text and numbers, for detections, without any of it running.
//!
//! Everything here answers exactly as Debian 12's CPython 3.11.2 does, exception class and message included, or
//! refuses: [`Failure::Unsupported`] names what is not reproduced, [`Failure::Exceeded`] the limit that was reached.

pub mod base64;
pub mod glob;
pub mod ip;
pub mod jsontext;
pub mod pattern;
pub mod repr;
pub mod time;
pub mod unicode;
pub mod url;

/// An exception that CPython would raise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct PythonError {
    /// The class by its canonical name: builtins bare (`ValueError`), others with their module (`re.error`).
    pub class: &'static str,
    /// What `str(exception)` gives.
    pub message: String,
}

impl PythonError {
    /// An exception of a class with a message.
    pub fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    /// A `ValueError`.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new("ValueError", message)
    }

    /// A `TypeError`.
    pub fn type_error(message: impl Into<String>) -> Self {
        Self::new("TypeError", message)
    }

    /// An `OverflowError`.
    pub fn overflow(message: impl Into<String>) -> Self {
        Self::new("OverflowError", message)
    }
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// CPython raises.
    #[error(transparent)]
    Raised(#[from] PythonError),
    /// CPython may answer, we do not: what is not reproduced.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// CPython may answer, given more time or memory than we grant: which limit was reached.
    #[error("limit reached: {0}")]
    Exceeded(&'static str),
}

impl Failure {
    /// A refusal that names what is not reproduced.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(what.into())
    }
}

/// The exception classes of the library that are not builtins, each with its parent.
pub const CLASSES: &[(&str, &str)] = &[
    ("re.error", "Exception"),
    ("ipaddress.AddressValueError", "ValueError"),
    ("ipaddress.NetmaskValueError", "ValueError"),
    ("binascii.Error", "ValueError"),
    ("json.decoder.JSONDecodeError", "ValueError"),
];

/// How much work is still granted. One step is about a nanosecond or a few.
#[derive(Debug, Clone)]
pub struct Steps(u64);

impl Steps {
    /// What one judgement is granted unless something else is said: well under a second.
    pub const DEFAULT: u64 = 50_000_000;

    /// A grant of so many steps.
    pub fn new(steps: u64) -> Self {
        Self(steps)
    }

    /// Uses up steps.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, steps: u64) -> Result<(), Failure> {
        match self.0.checked_sub(steps) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                self.0 = 0;
                Err(Failure::Exceeded("steps"))
            }
        }
    }

    /// The steps left.
    pub fn left(&self) -> u64 {
        self.0
    }
}

impl Default for Steps {
    fn default() -> Self {
        Self(Self::DEFAULT)
    }
}
