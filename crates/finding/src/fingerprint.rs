//! The stable id of a finding: what was judged by what, never how it came out.

use sha2::{Digest, Sha256};

/// Written into every fingerprint, so that another scheme can never give the same ones.
const SCHEME: &str = "keyreeve-fingerprint-1";

/// Bytes of the digest that are kept: 128 bits, so that even 10^12 findings have no two alike.
const KEPT: usize = 16;

/// The fingerprint of the finding of `detection_id` on `resource_id`; `distinguished_by` holds what tells several findings of that
/// detection on that resource apart (a statement's content, say), and is empty where there can be only one.
///
/// Never put in a status, a line, a time or a message: the fingerprint must outlive them.
#[must_use]
pub fn fingerprint(detection_id: &str, resource_id: &str, distinguished_by: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in [SCHEME, detection_id, resource_id].iter().chain(distinguished_by) {
        // The length first, so that no two lists of parts make the same bytes.
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..KEPT])
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These values are stored in tickets and baselines: they may never change.
    #[test]
    fn the_values_are_frozen() {
        let key = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let frozen = [
            (fingerprint("AWS.KMS.RotationEnabled", key, &[]), "ffe401bd9ea60184fa68f18065d2c5c3"),
            (fingerprint("AWS.CMK.KeyRotation", key, &[]), "c755c9923d79a02074fb0d6df4498fe6"),
            (fingerprint("KP020", key, &["statement"]), "707d84acf46965d6905c398bc71883ac"),
            (fingerprint("", "", &[]), "077fb31c3917b05272facd11da9e965f"),
        ];
        for (made, expected) in frozen {
            assert_eq!(made, expected);
        }
    }

    #[test]
    fn moving_a_character_from_one_part_to_the_next_makes_another() {
        let all = [
            fingerprint("ab", "c", &[]),
            fingerprint("a", "bc", &[]),
            fingerprint("a", "b", &["c"]),
            fingerprint("a", "b", &["c", ""]),
            fingerprint("a", "b", &["", "c"]),
            fingerprint("a", "b", &[""]),
        ];
        let mut distinct = all.to_vec();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), all.len());
    }
}
