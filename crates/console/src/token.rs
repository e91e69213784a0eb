//! Who may do what: roles, and tokens of which only digests are kept.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a caller may do; each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Look at everything.
    Viewer,
    /// Hand findings in, snooze tickets, try jobs again.
    Responder,
    /// Approve, refuse and undo changes of keys.
    Approver,
    /// Everything.
    Administrator,
}

impl Role {
    /// All, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Responder, Self::Approver, Self::Administrator];

    /// The name in documents and configurations.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Approver => "approver",
            Self::Administrator => "administrator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's name; `local` where none was asked for.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

impl Caller {
    /// How the log names it.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("token:{}", self.name)
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenDigest([u8; 32]);

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenDigest")
    }
}

impl TokenDigest {
    /// Of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// From 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut digest = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(digest))
    }

    /// As 64 hexadecimal digits.
    #[must_use]
    pub fn text(&self) -> String {
        hex(&self.0)
    }
}

/// A token that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Whose it is.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Its digest.
    pub digest: TokenDigest,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// All tokens that are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens(Vec<Token>);

impl Tokens {
    /// These.
    #[must_use]
    pub fn new(tokens: Vec<Token>) -> Self {
        Self(tokens)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whose token this is. All are compared, each in constant time, so that the time it takes tells nothing.
    #[must_use]
    pub fn holder(&self, token: &str, now: Timestamp) -> Option<Caller> {
        let presented = TokenDigest::of(token);
        let mut found = None;
        for known in &self.0 {
            let is_it = bool::from(known.digest.0.ct_eq(&presented.0));
            if is_it && known.expires.is_none_or(|end| now < end) {
                found = Some(known);
            }
        }
        found.map(|token| Caller { name: token.name.clone(), role: token.role })
    }
}

/// How every token begins, so that scanners of source code can find one that leaked.
pub const PREFIX: &str = "keyreeve_";

/// A new token: 256 random bits.
///
/// # Errors
/// Where the system has no random numbers.
pub fn fresh() -> Result<String, getrandom::Error> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits)?;
    Ok(PREFIX.to_owned() + &hex(&bits))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or_default());
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_is_known_by_its_digest_until_it_ends() {
        let token = fresh().unwrap();
        assert!(token.starts_with(PREFIX) && token.len() == PREFIX.len() + 64, "{token}");
        assert_ne!(token, fresh().unwrap());
        let digest = TokenDigest::of(&token);
        assert_eq!(TokenDigest::parse(&digest.text()), Some(digest));
        let known =
            Token { name: "alice".into(), role: Role::Approver, digest, expires: Some(at("2027-01-01T00:00:00Z")) };
        let tokens = Tokens::new(vec![known]);
        let caller = tokens.holder(&token, at("2026-12-31T23:59:59Z")).unwrap();
        assert_eq!((caller.actor().as_str(), caller.role), ("token:alice", Role::Approver));
        assert_eq!(tokens.holder(&token, at("2027-01-01T00:00:00Z")), None);
        assert_eq!(tokens.holder(&token[..token.len() - 1], at("2026-12-31T00:00:00Z")), None);
        assert_eq!(tokens.holder("", at("2026-12-31T00:00:00Z")), None);
    }

    #[test]
    fn a_digest_shows_itself_to_nobody_and_is_read_strictly() {
        assert_eq!(format!("{:?}", TokenDigest::of("x")), "TokenDigest");
        for wrong in ["", "ab", &"g".repeat(64), &"é".repeat(32), &"0".repeat(63), &"0".repeat(65)] {
            assert_eq!(TokenDigest::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn roles_are_ordered_and_named() {
        assert!(Role::ALL.is_sorted());
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
        }
        assert_eq!(Role::named("root"), None);
    }
}
