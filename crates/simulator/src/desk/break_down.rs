//! What goes wrong with calls to the desk, before or after they were done.

use std::time::Duration;

use super::{DeskReply, MAX_WAIT};

/// Something that goes wrong with the calls it fits.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskFault {
    /// `POST`; `None` fits all.
    pub method: Option<String>,
    /// What the path ends with: `/issue`. An empty text fits all.
    pub path: String,
    /// How often; `None` is always.
    pub times: Option<u32>,
    /// What happens.
    pub what: Breakdown,
}

impl DeskFault {
    /// A fault of the calls with this method and ending of the path, that happens once.
    #[must_use]
    pub fn once(method: &str, path: &str, what: Breakdown) -> Self {
        Self { method: Some(method.to_owned()), path: path.to_owned(), times: Some(1), what }
    }
}

/// What happens to a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Breakdown {
    /// The connection is reset before anything was done.
    ResetBefore,
    /// It is done, and the connection is reset in the place of an answer.
    ResetAfter,
    /// It is refused with this status, these headers and this body, and not done.
    Refuse {
        /// `429`.
        status: u16,
        /// `("retry-after", "7")`.
        headers: Vec<(&'static str, String)>,
        /// What is said, as JSON or HTML.
        body: String,
    },
    /// It is done, and something in between answers with this status and a page of HTML.
    StatusAfter(u16),
    /// It is done, and the answer comes late.
    Slow(Duration),
    /// It is done, and the answer is not what it should be: half of it, as if it were all.
    Malformed,
    /// It is done, and the connection ends in the middle of the answer.
    Truncated,
    /// It is done, and the answer is a page of HTML with status 200.
    Html,
}

/// How a reply is delivered.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Delivery {
    pub(super) wait: Duration,
    pub(super) reset: bool,
    pub(super) half: bool,
}

#[derive(Debug, Default)]
pub(super) struct Faults(Vec<DeskFault>);

impl Faults {
    pub(super) fn new(faults: Vec<DeskFault>) -> Self {
        Self(faults)
    }

    /// The first fault that fits; it is used up by that.
    pub(super) fn strike(&mut self, method: &str, path: &str) -> Option<Breakdown> {
        let fault = self.0.iter_mut().find(|fault| {
            fault.method.as_deref().is_none_or(|wanted| wanted == method)
                && path.ends_with(&fault.path)
                && fault.times != Some(0)
        })?;
        fault.times = fault.times.map(|times| times - 1);
        Some(fault.what.clone())
    }
}

impl Breakdown {
    /// Whether the call is done all the same.
    pub(super) fn is_after(&self) -> bool {
        !matches!(self, Self::ResetBefore | Self::Refuse { .. })
    }

    /// The answer to a call that is not done.
    pub(super) fn refusal(self) -> (DeskReply, Delivery) {
        let Self::Refuse { status, headers, body } = self else {
            return (DeskReply::empty(500), Delivery { reset: true, ..Delivery::default() });
        };
        let content_type = if body.starts_with('{') { "application/json" } else { "text/html" };
        (DeskReply { status, content_type, headers, body: body.into() }, Delivery::default())
    }

    /// What becomes of the answer to a call that was done.
    pub(super) fn spoil(self, reply: DeskReply) -> (DeskReply, Delivery) {
        let usual = Delivery::default();
        match self {
            Self::ResetBefore | Self::ResetAfter | Self::Refuse { .. } => (reply, Delivery { reset: true, ..usual }),
            Self::StatusAfter(status) => (DeskReply::html(status, "<html><h1>Bad Gateway</h1></html>"), usual),
            Self::Slow(wait) => (reply, Delivery { wait: wait.min(MAX_WAIT), ..usual }),
            Self::Malformed => {
                let body = reply.body.slice(..reply.body.len() / 2);
                (DeskReply { body, ..reply }, usual)
            }
            Self::Truncated => (reply, Delivery { half: true, ..usual }),
            Self::Html => (DeskReply::html(200, "<html><h1>Log in</h1></html>"), usual),
        }
    }
}
