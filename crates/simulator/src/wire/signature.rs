//! Checks a version 4 signature against the secret it should be made with.

use sha2::{Digest, Sha256};

use super::{Credential, Request};

/// Whether the request was signed with this secret.
pub(crate) fn verify(request: &Request, credential: &Credential<'_>, secret: &str) -> bool {
    request.header("x-amz-date").is_some_and(|date| sign(request, credential, secret, date) == credential.signature)
}

/// The signature that belongs to a request, whatever its credential says.
pub(crate) fn sign(request: &Request, credential: &Credential<'_>, secret: &str, date: &str) -> String {
    let scope = format!("{}/{}/{}/aws4_request", credential.day, credential.region, credential.service);
    let hashed = hex(&Sha256::digest(canonical(request, credential).as_bytes()));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}");
    let mut key = hmac(format!("AWS4{secret}").as_bytes(), credential.day.as_bytes());
    for part in [credential.region, credential.service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    hex(&hmac(&key, text.as_bytes()))
}

/// The request in the form that is signed.
fn canonical(request: &Request, credential: &Credential<'_>) -> String {
    let mut query: Vec<&str> =
        request.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    query.sort_unstable();
    let mut headers = String::new();
    for name in credential.signed_headers.split(';') {
        let values = request.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let values: Vec<String> = values.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        headers.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    let payload = match request.header("x-amz-content-sha256") {
        Some("UNSIGNED-PAYLOAD") => "UNSIGNED-PAYLOAD".to_owned(),
        _ => hex(&Sha256::digest(&request.body)),
    };
    let Credential { signed_headers, .. } = credential;
    format!("{}\n{}\n{}\n{headers}\n{signed_headers}\n{payload}", request.method, request.uri.path(), query.join("&"))
}

/// HMAC-SHA256, in hexadecimal digits.
pub(crate) fn hmac_hex(key: &[u8], text: &[u8]) -> String {
    hex(&hmac(key, text))
}

/// HMAC-SHA256.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue, Method, Uri};

    use super::*;
    use crate::wire::credential;

    #[test]
    fn hmac_gives_what_rfc_4231_says() {
        let text = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(&text), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = hmac(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(hex(&long), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    /// The case `get-vanilla-query-order-key-case` of AWS's published test suite.
    #[test]
    fn the_signature_of_a_published_example_is_verified() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("example.amazonaws.com"));
        headers.insert("x-amz-date", HeaderValue::from_static("20150830T123600Z"));
        let authorization = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        headers.insert("authorization", HeaderValue::from_static(authorization));
        let uri = Uri::from_static("/?Param2=value2&Param1=value1");
        let request = Request { method: Method::GET, uri, headers, body: Bytes::new() };
        let credential = credential(&request).unwrap();
        assert!(verify(&request, &credential, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
        assert!(!verify(&request, &credential, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEZ"));
    }
}
