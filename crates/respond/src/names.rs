//! Keys, marks and ids of jobs: the same intent always has the same name.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use triage::Incoming;

use crate::letter::clean;
use crate::ports::Mark;

/// 32 hex digits of these parts; no two different lists of parts are one text.
pub(crate) fn key(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut text = String::with_capacity(32);
    for byte in hash.finalize().iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// 16 hex digits of a text: says whether it is still the same.
pub(crate) fn digest(text: &str) -> String {
    let mut digest = key(&["digest", text]);
    digest.truncate(16);
    digest
}

/// A finding's key.
pub(crate) fn finding(finding: &Incoming) -> String {
    let region = finding.region.as_deref().unwrap_or_default();
    key(&["finding", &finding.account_id, region, finding.product.name(), &finding.id])
}

/// The key of the n-th ticket of a group in a system.
pub(crate) fn ticket(kind: &str, group: &str, ordinal: u32, destination: &str) -> String {
    key(&["ticket", kind, group, &ordinal.to_string(), destination])
}

/// The key of the n-th remediation of a resource for a control.
pub(crate) fn remediation(resource: &str, control: &str, number: u32) -> String {
    key(&["remediation", resource, control, &number.to_string()])
}

/// What a ticket is known by in its own system.
pub(crate) fn mark(ticket: &str) -> Mark {
    Mark(format!("keyreeve-{ticket}"))
}

/// What a comment is known by.
pub(crate) fn comment_mark(job: &str) -> Mark {
    Mark(format!("keyreeve-{}", key(&["comment", job])))
}

/// A number from 0 to 999 that depends on nothing but these: what jitter is made of.
pub(crate) fn spread(seed: u64, of: &str, attempt: u32) -> u32 {
    let text = key(&["jitter", &seed.to_string(), of, &attempt.to_string()]);
    let head = text.get(..6).unwrap_or_default();
    u32::from_str_radix(head, 16).unwrap_or_default() % 1000
}

/// Text in which nothing is hidden, at most so many characters: what may stand in one line.
pub(crate) fn line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean::line(&clean);
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.chars().count() <= most {
        return clean;
    }
    let mut cut: String = clean.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_not_run_together() {
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_eq!(key(&["a"]).len(), 32);
    }

    #[test]
    fn a_line_hides_nothing_and_is_cut_by_characters() {
        assert_eq!(line("a\r\nBcc: x\u{7}", 100), "a Bcc: x");
        assert_eq!(line("a\u{2028}b \u{202e}c", 100), "a b \\u{202e}c");
        assert_eq!(line("ääää", 3), "ää…");
    }
}
