//! How a call fails, and whether it is worth another try: every answer that is none is told apart here.

use std::fmt;

use finding::refusal::{self, Refusal};
use finding::{ErrorRecord, UnknownFact};

use crate::operation::Operation;

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `ListKeys`.
    pub operation: &'static str,
    /// AWS's code, or ours where AWS was not reached: see [`refusal`].
    pub code: String,
    /// AWS's message, or ours.
    pub message: String,
    /// Whether it is certain that AWS never got the request.
    pub unsent: bool,
}

/// What to do after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Wait, and ask again, more slowly from now on.
    SlowDown,
    /// Ask again: it may have been bad luck.
    Again,
    /// Fetch new credentials, and ask once more.
    Renew,
    /// That was the answer.
    GiveUp,
}

/// The most characters of a message that are kept; AWS's are shorter, a proxy's page is not.
const MAX_MESSAGE: usize = 1_000;

impl Failure {
    pub(crate) fn new(operation: &Operation, code: impl Into<String>, message: impl AsRef<str>) -> Self {
        let message = message.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            operation: operation.name,
            code: code.into(),
            unsent: false,
            message: match message.char_indices().nth(MAX_MESSAGE) {
                Some((end, _)) => message[..end].to_owned() + "…",
                None => message,
            },
        }
    }

    /// It, where AWS never got the request.
    pub(crate) fn unsent(self) -> Self {
        Self { unsent: true, ..self }
    }

    /// It is not even asked for, because AWS has throttled everybody before.
    pub(crate) fn still_throttled(operation: &Operation) -> Self {
        let message = "AWS has throttled every request for this in a row, so it is not asked for each time";
        Self::new(operation, "ThrottlingException", message).unsent()
    }

    /// Whether what was asked for may have been done all the same: the request went out, and what came back tells nothing.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        !self.unsent && matches!(self.refusal(), Refusal::Endpoint | Refusal::Interrupted)
    }

    /// What kind of refusal it is.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal::of(self.operation, &self.code, &self.message)
    }

    /// Whether asking again can help.
    pub(crate) fn next(&self) -> Next {
        match self.refusal() {
            Refusal::Throttled => Next::SlowDown,
            Refusal::Endpoint => Next::Again,
            Refusal::ExpiredCredentials => Next::Renew,
            _ => Next::GiveUp,
        }
    }

    /// The fact that is unknown because of it.
    #[must_use]
    pub fn unknown(&self, field: &str) -> UnknownFact {
        UnknownFact {
            field: field.to_owned(),
            operation: self.operation.to_owned(),
            code: self.code.clone(),
            message: self.message.clone(),
            expected: None,
        }
    }

    /// It as an error of a run: something of this account, and region, was not read.
    #[must_use]
    pub fn record(&self, account: Option<&str>, region: Option<&str>) -> ErrorRecord {
        ErrorRecord {
            message: self.message.clone(),
            account_id: account.map(str::to_owned),
            region: region.map(str::to_owned),
            operation: Some(self.operation.to_owned()),
            code: Some(self.code.clone()),
            class: Some(self.refusal().name().to_owned()),
            ..ErrorRecord::default()
        }
    }

    /// The failure that an answer with an error status is.
    pub(crate) fn of_reply(operation: &Operation, status: u16, body: &[u8], header: Option<&str>) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(64 << 10)]);
        let (code, message) = json_error(&text).or_else(|| xml_error(&text)).unwrap_or_default();
        // `x-amzn-errortype: AccessDeniedException:http://internal.amazon.com/…` is how Account says it.
        let code = [Some(code.as_str()), header].into_iter().flatten().map(bare_code).find(|code| !code.is_empty());
        match code {
            Some(code) => Self::new(operation, code, message),
            None => Self::new(operation, format!("Http{status}"), format!("{status}: {}", page_text(&text))),
        }
    }

    /// The failure that an answer is that says 200 but is not what AWS says.
    pub(crate) fn not_an_answer(operation: &Operation, why: impl fmt::Display, body: &[u8]) -> Self {
        if operation.is_secret() {
            return Self::new(operation, refusal::NO_ANSWER, "the answer is not AWS's");
        }
        let text = String::from_utf8_lossy(&body[..body.len().min(4 << 10)]);
        Self::new(operation, refusal::NO_ANSWER, format!("the answer is not AWS's ({why}): {}", page_text(&text)))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}): {}", self.operation, self.refusal(), self.code, self.message)
    }
}

impl std::error::Error for Failure {}

/// `com.amazonaws.kms#NotFoundException`, `AccessDeniedException:http://…`: the code alone.
fn bare_code(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or_default();
    code.split(':').next().unwrap_or_default().trim()
}

/// Code and message of an error in JSON.
fn json_error(text: &str) -> Option<(String, String)> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let member =
        |names: &[&str]| names.iter().find_map(|name| value.get(name)?.as_str()).map(str::to_owned).unwrap_or_default();
    value.is_object().then(|| (member(&["__type", "code", "Code"]), member(&["message", "Message"])))
}

/// Code and message of an error in STS's XML.
fn xml_error(text: &str) -> Option<(String, String)> {
    let code = crate::xml::element(text, "Code")?;
    Some((code, crate::xml::element(text, "Message").unwrap_or_default()))
}

/// What a page says, without its tags, as far as one line.
fn page_text(text: &str) -> String {
    let mut inside = false;
    let shown: String = text
        .chars()
        .filter_map(|c| match c {
            '<' => {
                inside = true;
                Some(' ')
            }
            '>' if inside => {
                inside = false;
                None
            }
            _ => (!inside).then_some(c),
        })
        .collect();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    shown.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{ASSUME_ROLE, LIST_KEYS, LIST_REGIONS};

    #[test]
    fn errors_of_all_three_protocols_are_read() {
        let kms = Failure::of_reply(
            &LIST_KEYS,
            400,
            br#"{"__type":"com.amazonaws.kms#AccessDeniedException","Message":"no"}"#,
            None,
        );
        assert_eq!((kms.code.as_str(), kms.message.as_str()), ("AccessDeniedException", "no"));
        let body = b"<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
            <Code>AccessDenied</Code><Message>not &amp; never</Message></Error></ErrorResponse>";
        let sts = Failure::of_reply(&ASSUME_ROLE, 403, body, None);
        assert_eq!((sts.code.as_str(), sts.message.as_str()), ("AccessDenied", "not & never"));
        assert_eq!(sts.refusal(), Refusal::RoleMissing);
        let header = Some("AccessDeniedException:http://internal.amazon.com/coral/com.amazon.coral.service/");
        let account = Failure::of_reply(&LIST_REGIONS, 403, br#"{"message":"no"}"#, header);
        assert_eq!((account.code.as_str(), account.message.as_str()), ("AccessDeniedException", "no"));
    }

    #[test]
    fn a_page_of_a_proxy_is_an_endpoint_failure_and_its_tags_are_not_shown() {
        let page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad\n Gateway</h1></body></html>";
        let failure = Failure::of_reply(&LIST_KEYS, 502, page, None);
        assert_eq!(failure.code, "Http502");
        assert_eq!(failure.message, "502: 502 Bad Gateway Bad Gateway");
        assert_eq!(failure.next(), Next::Again);
        assert_eq!(Failure::of_reply(&LIST_KEYS, 404, page, None).next(), Next::GiveUp);
        let captive = Failure::not_an_answer(&LIST_KEYS, "expected value", page);
        assert_eq!((captive.refusal(), captive.next()), (Refusal::Endpoint, Next::Again));
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let failure = Failure::new(&LIST_KEYS, "X", "ä".repeat(5_000));
        assert_eq!(failure.message.chars().count(), MAX_MESSAGE + 1);
    }
}
