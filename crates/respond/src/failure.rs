//! How a call to somebody else failed, and above all whether it may have been done all the same.

use std::time::Duration;

/// A call that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Failure {
    /// What is known of its effect.
    pub fate: Fate,
    /// What happened, in words: which call, which answer. Never a secret, never a whole body.
    pub what: String,
}

/// What is known of the effect of a call that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was certainly not done, and trying again later can help: 429, 503 with nothing accepted, a refused connection.
    Later(Option<Duration>),
    /// It was certainly not done because of our credentials: 401. They are read again before the next try.
    Login,
    /// It was certainly not done, and trying again cannot help: a person must look. 400, 403, 404, 422.
    Never,
    /// Nobody knows: a time-out, a reset, a 5xx after the request was sent, an answer that cannot be read. It is reconciled, never repeated.
    Unknown,
}

impl Failure {
    /// One that is tried again, after as long as the other side asked for.
    #[must_use]
    pub fn later(what: impl Into<String>, after: Option<Duration>) -> Self {
        Self { fate: Fate::Later(after), what: what.into() }
    }

    /// One that a person must look at.
    #[must_use]
    pub fn never(what: impl Into<String>) -> Self {
        Self { fate: Fate::Never, what: what.into() }
    }

    /// One of credentials.
    #[must_use]
    pub fn login(what: impl Into<String>) -> Self {
        Self { fate: Fate::Login, what: what.into() }
    }

    /// One whose effect nobody knows.
    #[must_use]
    pub fn unknown(what: impl Into<String>) -> Self {
        Self { fate: Fate::Unknown, what: what.into() }
    }
}
