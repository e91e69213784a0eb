//! Finding the bytes that matter in a JSON string, sixteen at a time.

/// Bytes looked at together: what the narrowest vectors of today's processors hold.
const LANES: usize = 16;

/// The first byte from `at` on that ends or interrupts a run of string text: `"`, `\`, or a control character. The length if there is none.
#[inline]
pub(crate) fn string_stop(bytes: &[u8], at: usize) -> usize {
    let mut rest = bytes.get(at..).unwrap_or_default();
    while let Some((chunk, behind)) = rest.split_first_chunk::<LANES>() {
        if has_stop(chunk) {
            return bytes.len() - rest.len() + first_stop(chunk);
        }
        rest = behind;
    }
    bytes.len() - rest.len() + rest.iter().position(|&byte| stops(byte)).unwrap_or(rest.len())
}

/// The same where a stop is expected soon, as in text with many escapes: looks at eight bytes first.
#[inline]
pub(crate) fn string_stop_near(bytes: &[u8], at: usize) -> usize {
    let head = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
    match head.map(|head| stop_bits(u64::from_le_bytes(*head))) {
        None => string_stop(bytes, at),
        Some(0) => string_stop(bytes, at + 8),
        Some(bits) => at + bits.trailing_zeros() as usize / 8,
    }
}

#[inline]
fn stops(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Zero for bytes that stop a string. Written so that the compiler makes a handful of vector instructions of a loop over it: it does
/// so for differences and minima, and does not for comparisons.
#[inline]
fn distance(byte: u8) -> u8 {
    (byte ^ b'"').min(byte ^ b'\\').min(byte.saturating_sub(0x1F))
}

#[inline]
fn has_stop(chunk: &[u8; LANES]) -> bool {
    chunk.iter().fold(false, |found, &byte| found | (distance(byte) == 0))
}

/// Where the first stop of a chunk is that has one.
#[inline]
fn first_stop(chunk: &[u8; LANES]) -> usize {
    let both = u128::from_le_bytes(*chunk);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves are wanted")]
    let (low, high) = (stop_bits(both as u64), stop_bits((both >> 64) as u64));
    match low {
        0 => LANES / 2 + high.trailing_zeros() as usize / 8,
        _ => low.trailing_zeros() as usize / 8,
    }
}

/// The first byte of a word that stops a string, as its top bit; bits above the lowest may be wrong.
#[inline]
const fn stop_bits(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * b'"' as u64);
    let escape = word ^ (ONES * b'\\' as u64);
    // A byte below `n` borrows when `n` is taken from it, and the borrow shows in its top bit unless that was set before.
    let stops = (quote.wrapping_sub(ONES) & !quote)
        | (escape.wrapping_sub(ONES) & !escape)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    stops & TOPS
}

/// Past the white space that JSON knows.
#[inline]
pub(crate) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(bytes: &[u8], at: usize) -> usize {
        (at..bytes.len()).find(|&i| stops(bytes[i])).unwrap_or(bytes.len())
    }

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for length in 0..40 {
            for place in 0..length {
                for byte in 0..=255 {
                    let mut text = vec![b'x'; length];
                    text[place] = byte;
                    assert_eq!(string_stop(&text, 0), slow(&text, 0), "byte {byte} at {place} of {length}");
                    assert_eq!(string_stop_near(&text, 0), slow(&text, 0), "byte {byte} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn wrong_bits_never_hide_the_first_stop() {
        for byte in 0..=255_u8 {
            for (neighbour, place) in [(b'x', 0), (b' ', 3), (0x21, 5), (0x80, 7), (0xff, 1), (0x1f, 6), (b'"', 2)] {
                let mut text = [neighbour; 8];
                text[place] = byte;
                let found = stop_bits(u64::from_le_bytes(text)).trailing_zeros() as usize / 8;
                assert_eq!(found, slow(&text, 0), "byte {byte} among {neighbour}");
            }
        }
    }

    #[test]
    fn later_bytes_are_found_from_any_start() {
        let text: Vec<u8> = (0..100).map(|i| if i % 37 == 36 { b'"' } else { b'a' + i % 26 }).collect();
        for at in 0..=text.len() {
            assert_eq!(string_stop(&text, at), slow(&text, at));
            assert_eq!(string_stop_near(&text, at), slow(&text, at));
        }
    }
}
