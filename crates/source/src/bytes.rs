//! Finding the bytes that matter in a JSON string, eight at a time.

/// The first byte from `at` on that ends or interrupts a run of string text: `"`, `\`, or a control character. The length if there is none.
#[inline]
pub(crate) fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(chunk) = rest.first_chunk::<8>() else {
            return at + rest.iter().position(|&byte| stops(byte)).unwrap_or(rest.len());
        };
        let bits = stop_bits(u64::from_le_bytes(*chunk));
        if bits != 0 {
            return at + bits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
}

fn stops(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
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
        }
    }
}
