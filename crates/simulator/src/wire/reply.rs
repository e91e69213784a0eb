//! Replies in the form that each service has.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::error::ServiceError;
use crate::service::Service;

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Account's protocol names the error in a header.
    pub(crate) error_type: Option<String>,
    /// What time it is said to be, where that is not so.
    pub(crate) date: Option<String>,
    pub(crate) body: Bytes,
}

impl Reply {
    /// An answer that says nothing.
    pub(crate) fn empty() -> Self {
        Self { status: 200, content_type: "text/plain", error_type: None, date: None, body: Bytes::new() }
    }
}

/// A right answer of a service that speaks JSON.
pub(crate) fn json(service: Service, body: impl Into<Bytes>) -> Reply {
    let content_type = match service {
        Service::Kms | Service::Organizations | Service::SecretsManager | Service::Ssm => "application/x-amz-json-1.1",
        Service::Sqs => "application/x-amz-json-1.0",
        Service::Sts | Service::Account | Service::Sso | Service::SecurityHub => "application/json",
    };
    Reply { status: 200, content_type, error_type: None, date: None, body: body.into() }
}

/// A right answer of STS: what stands between `<OPERATIONResponse>` and its end.
pub(crate) fn xml(operation: &str, result: &str, request_id: &str) -> Reply {
    let body = format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <{operation}Result>\n{result}  </{operation}Result>\n  \
         <ResponseMetadata>\n    <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</{operation}Response>\n"
    );
    Reply { status: 200, content_type: "text/xml", error_type: None, date: None, body: body.into() }
}

/// An error, as the service writes errors.
pub(crate) fn error(service: Service, error: &ServiceError, request_id: &str) -> Reply {
    let ServiceError { status, code, message } = error;
    match service {
        Service::Kms | Service::Organizations | Service::Sqs | Service::SecretsManager | Service::Ssm => {
            // KMS writes `message`, or `Message` where the refusal comes from in front of it.
            let member = if code == "AccessDeniedException" && service == Service::Organizations {
                "Message"
            } else {
                "message"
            };
            let body = serde_json::json!({ "__type": code, member: message }).to_string();
            Reply { status: *status, ..json(service, body) }
        }
        Service::Account | Service::Sso | Service::SecurityHub => {
            let member = if service == Service::SecurityHub { "Message" } else { "message" };
            let body = serde_json::json!({ member: message }).to_string();
            Reply { status: *status, error_type: Some(code.to_string()), ..json(service, body) }
        }
        Service::Sts => {
            let kind = if *status < 500 { "Sender" } else { "Receiver" };
            let body = format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>{kind}</Type>\n    \
                 <Code>{code}</Code>\n    <Message>{}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
                escape(message)
            );
            Reply { status: *status, content_type: "text/xml", error_type: None, date: None, body: body.into() }
        }
    }
}

/// The answer to what is no request of any service here.
pub(crate) fn unparsable() -> Reply {
    Reply {
        status: 404,
        content_type: "text/xml",
        error_type: None,
        date: None,
        body: Bytes::from_static(b"<UnknownOperationException/>\n"),
    }
}

/// Text as it may stand in XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A body that may end too early.
#[derive(Debug)]
pub(crate) struct Body {
    left: Option<Bytes>,
    /// What the header promises.
    length: u64,
    breaks: bool,
}

/// Why a body ends too early: because it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("the connection is broken off, as asked")]
pub(crate) struct Broken;

impl Body {
    pub(crate) fn whole(body: Bytes) -> Self {
        let length = body.len() as u64;
        Self { left: Some(body), length, breaks: false }
    }

    /// Half of it, then the end of the connection.
    pub(crate) fn half(body: &Bytes) -> Self {
        Self { left: Some(body.slice(..body.len() / 2)), length: body.len() as u64, breaks: true }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.left.take() {
            Some(bytes) if !bytes.is_empty() => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            _ if self.breaks => Poll::Ready(Some(Err(Broken))),
            _ => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.breaks && self.left.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
