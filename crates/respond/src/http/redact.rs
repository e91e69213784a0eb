//! Secrets taken out of what others said, however they wrote them: as they are, in JSON, percent-encoded, in base64, in hexadecimal digits.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::secret::Secret;

/// The shortest text that is taken out: shorter ones are in every other word.
const SHORTEST: usize = 4;

/// The text without secrets, in any of their shapes.
pub(crate) fn redacted(text: &str, secrets: &[Secret]) -> String {
    let mut shapes: Vec<String> = secrets.iter().flat_map(|secret| shapes(secret.reveal())).collect();
    // The longer first, so that nothing is left of one that has a shorter in it.
    shapes.sort_by_key(|shape| std::cmp::Reverse(shape.len()));
    let mut text = text.to_owned();
    for shape in shapes.iter().filter(|shape| shape.len() >= SHORTEST) {
        if text.contains(shape.as_str()) {
            text = text.replace(shape.as_str(), "***");
        }
    }
    text
}

fn shapes(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST {
        return Vec::new();
    }
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let mut shapes = vec![secret.to_owned(), quoted.trim_matches('"').to_owned()];
    shapes.extend(["-_.~", "-_.~/", "*-_.", ""].map(|kept| percent(secret, kept)));
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    shapes.extend([hex.to_uppercase(), hex]);
    for before in 0..3 {
        let padded = [" ".repeat(before).as_bytes(), secret.as_bytes()].concat();
        // The characters that are the secret's alone, whatever stands before and after it.
        let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        shapes.extend([STANDARD.encode(&padded), URL_SAFE.encode(&padded)].map(|all| all[first..end].to_owned()));
    }
    shapes
}

fn percent(secret: &str, kept: &str) -> String {
    secret.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_is_found_in_all_its_shapes() {
        let secret = Secret::new("s3cr\"t/+ &%");
        for shape in [
            "s3cr\"t/+ &%",
            "s3cr\\\"t/+ &%",
            "s3cr%22t%2F%2B%20%26%25",
            "s3cr%22t/%2B%20%26%25",
            "7333637222742f2b202625",
            "7333637222742F2B202625",
        ] {
            assert_eq!(redacted(&format!("<{shape}>"), std::slice::from_ref(&secret)), "<***>", "{shape}");
        }
        assert_eq!(redacted("abc is abc", &[Secret::new("abc")]), "abc is abc");
    }

    proptest! {
        #[test]
        fn nothing_of_a_secret_is_left_in_base64(secret in "[ -~]{8,40}", before in "[ -~]{0,9}", after in "[ -~]{0,9}") {
            let text = format!("{before}{secret}{after}");
            for encoded in [STANDARD.encode(&text), URL_SAFE.encode(&text)] {
                let shown = redacted(&encoded, &[Secret::new(secret.clone())]);
                prop_assert!(shown.contains("***"), "{secret} in {encoded}: {shown}");
                prop_assert!(!STANDARD.decode(&shown).or_else(|_| URL_SAFE.decode(&shown)).is_ok_and(|bytes| bytes == text.as_bytes()));
            }
        }
    }
}
