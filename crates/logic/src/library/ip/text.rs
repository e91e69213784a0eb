//! The text forms of addresses: which are read, which are written, and what is said of the rest.

use crate::library::repr;
use std::fmt::Write;

/// Reads dotted decimal. The error is the message of `AddressValueError`.
pub(super) fn read_v4(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Err("Address cannot be empty".into());
    }
    let octets: Vec<&str> = text.split('.').collect();
    if octets.len() != 4 {
        return Err(format!("Expected 4 octets in {}", repr::string(text)));
    }
    octets
        .into_iter()
        .try_fold(0, |bits, octet| Ok((bits << 8) | u32::from(read_octet(octet)?)))
        .map_err(|why: String| format!("{why} in {}", repr::string(text)))
}

fn read_octet(text: &str) -> Result<u8, String> {
    if text.is_empty() {
        return Err("Empty octet not permitted".into());
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(format!("Only decimal digits permitted in {}", repr::string(text)));
    }
    if text.len() > 3 {
        return Err(format!("At most 3 characters permitted in {}", repr::string(text)));
    }
    if text != "0" && text.starts_with('0') {
        return Err(format!("Leading zeros are not permitted in {}", repr::string(text)));
    }
    text.parse().map_err(|_| format!("Octet {text} (> 255) not permitted"))
}

/// Reads hextets, without scope. The error is the message of `AddressValueError`.
pub(super) fn read_v6(text: &str) -> Result<u128, String> {
    if text.is_empty() {
        return Err("Address cannot be empty".into());
    }
    let quoted = || repr::string(text);
    let mut parts: Vec<&str> = text.split(':').collect();
    if parts.len() < 3 {
        return Err(format!("At least 3 parts expected in {}", quoted()));
    }
    let tail;
    if let Some(dotted) = parts.pop_if(|part| part.contains('.')) {
        let bits = read_v4(dotted).map_err(|why| format!("{why} in {}", quoted()))?;
        tail = [format!("{:x}", bits >> 16), format!("{:x}", bits & 0xffff)];
        parts.extend(tail.iter().map(String::as_str));
    }
    if parts.len() > 9 {
        return Err(format!("At most 8 colons permitted in {}", quoted()));
    }
    let (high, low) = split_at_gap(&parts).map_err(|why| format!("{why} in {}", quoted()))?;
    let missing = 8 - high.len() - low.len();
    let fold = |bits: u128, part: &&str| Ok((bits << 16) | u128::from(read_hextet(part)?));
    let named = |why: String| format!("{why} in {}", quoted());
    let bits = high.iter().try_fold(0, fold).map_err(named)?;
    let bits = if missing == 8 { 0 } else { bits << (16 * missing) };
    low.iter().try_fold(bits, fold).map_err(named)
}

/// The hextets before and after `::`, all before it where there is none.
fn split_at_gap<'p, 't>(parts: &'p [&'t str]) -> Result<(&'p [&'t str], &'p [&'t str]), &'static str> {
    const LEADING: &str = "Leading ':' only permitted as part of '::'";
    const TRAILING: &str = "Trailing ':' only permitted as part of '::'";
    let last = parts.len() - 1;
    let mut gaps = (1..last).filter(|&i| parts[i].is_empty());
    let gap = gaps.next();
    if gaps.next().is_some() {
        return Err("At most one '::' permitted");
    }
    let Some(gap) = gap else {
        return match parts {
            _ if parts.len() != 8 => Err("Exactly 8 parts expected without '::'"),
            ["", ..] => Err(LEADING),
            [.., ""] => Err(TRAILING),
            _ => Ok((parts, &[])),
        };
    };
    let (mut high, mut low) = (&parts[..gap], &parts[gap + 1..]);
    if parts[0].is_empty() {
        if high.len() > 1 {
            return Err(LEADING);
        }
        high = &[];
    }
    if parts[last].is_empty() {
        if low.len() > 1 {
            return Err(TRAILING);
        }
        low = &[];
    }
    if high.len() + low.len() > 7 {
        return Err("Expected at most 7 other parts with '::'");
    }
    Ok((high, low))
}

fn read_hextet(text: &str) -> Result<u16, String> {
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(format!("Only hex digits permitted in {}", repr::string(text)));
    }
    if text.len() > 4 {
        return Err(format!("At most 4 characters permitted in {}", repr::string(text)));
    }
    u16::from_str_radix(text, 16).map_err(|why| why.to_string())
}

/// Dotted decimal.
pub(super) fn write_v4(bits: u32) -> String {
    let [a, b, c, d] = bits.to_be_bytes();
    format!("{a}.{b}.{c}.{d}")
}

/// Hextets with the first longest run of two or more zeros shortened to `::`.
pub(super) fn write_v6(bits: u128) -> String {
    let hextets: Vec<u16> = (0..8).map(|i| (bits >> (112 - 16 * i)) as u16).collect();
    let (mut start, mut length) = (0, 0);
    for from in 0..8 {
        let run = hextets[from..].iter().take_while(|&&h| h == 0).count();
        if run > length {
            (start, length) = (from, run);
        }
    }
    if length < 2 {
        return joined(&hextets);
    }
    format!("{}::{}", joined(&hextets[..start]), joined(&hextets[start + length..]))
}

fn joined(hextets: &[u16]) -> String {
    let mut out = String::new();
    for (i, hextet) in hextets.iter().enumerate() {
        let colon = if i == 0 { "" } else { ":" };
        let _infallible = write!(out, "{colon}{hextet:x}");
    }
    out
}

/// Eight hextets of four digits.
pub(super) fn write_v6_exploded(bits: u128) -> String {
    let digits = format!("{bits:032x}");
    let hextets: Vec<&str> = (0..8).map(|i| &digits[4 * i..4 * i + 4]).collect();
    hextets.join(":")
}
