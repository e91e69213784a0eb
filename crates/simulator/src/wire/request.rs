//! Which service and operation a request is for.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};

use crate::service::Service;

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    /// A header, if it is there and readable.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Where a request goes: the service, and the operation as it was written.
pub(crate) fn route(request: &Request) -> Option<(Service, String)> {
    if let Some(target) = request.header("x-amz-target") {
        let (prefix, operation) = target.split_once('.')?;
        let service = match prefix {
            "TrentService" => Service::Kms,
            "AWSOrganizationsV20161128" => Service::Organizations,
            "AmazonSQS" => Service::Sqs,
            "secretsmanager" => Service::SecretsManager,
            "AmazonSSM" => Service::Ssm,
            _ => return None,
        };
        return Some((service, operation.to_owned()));
    }
    let path = request.uri.path();
    match (&request.method, path) {
        (&Method::GET, "/federation/credentials") => Some((Service::Sso, "GetRoleCredentials".to_owned())),
        (&Method::POST, "/listRegions") => Some((Service::Account, "ListRegions".to_owned())),
        (&Method::POST, "/getRegionOptStatus") => Some((Service::Account, "GetRegionOptStatus".to_owned())),
        (&Method::POST, "/findings") => Some((Service::SecurityHub, "GetFindings".to_owned())),
        (&Method::PATCH, "/findings/batchupdate") => Some((Service::SecurityHub, "BatchUpdateFindings".to_owned())),
        (&Method::POST, "/findings/import") => Some((Service::SecurityHub, "BatchImportFindings".to_owned())),
        (&Method::POST, "/") => {
            let form = decode_form(&request.body);
            let action = form.iter().find(|(name, _)| name == "Action").map(|(_, action)| action.clone());
            action.map(|action| (Service::Sts, action))
        }
        _ => None,
    }
}

/// The pairs of a form or a query string. What is not valid is taken as it stands.
pub(crate) fn decode_form(text: &[u8]) -> Vec<(String, String)> {
    text.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
            (decode(name), decode(value))
        })
        .collect()
}

/// Undoes percent signs and plus signs.
fn decode(text: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let hex = |place: usize| tail.get(place).and_then(|digit| char::from(*digit).to_digit(16));
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', ..) => decoded.push(b' '),
            _ => decoded.push(first),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_and_broken_escapes_are_kept() {
        let pairs = decode_form(b"Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam&x=a+b%2&y");
        let expected = [("Action", "AssumeRole"), ("RoleArn", "arn:aws:iam"), ("x", "a b%2"), ("y", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
