//! `base64` and the hexadecimal part of `binascii`.

use super::PythonError;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a `str` argument.
///
/// # Errors
/// `ValueError` beyond ASCII.
pub fn ascii(text: &str) -> Result<&[u8], PythonError> {
    match text.is_ascii() {
        true => Ok(text.as_bytes()),
        false => Err(PythonError::value("string argument should contain only ASCII characters")),
    }
}

/// `base64.b64encode(data)`.
pub fn encode(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len().div_ceil(3) * 4);
    for group in data.chunks(3) {
        let bits = group.iter().fold(0, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for i in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * i)) as usize & 63];
            out.push(if i > group.len() { b'=' } else { digit });
        }
    }
    out
}

/// `base64.urlsafe_b64encode(data)`.
pub fn encode_urlsafe(data: &[u8]) -> Vec<u8> {
    replaced(&encode(data), *b"+/", *b"-_")
}

/// `base64.urlsafe_b64decode(data)`.
///
/// # Errors
/// As [`decode`].
pub fn decode_urlsafe(data: &[u8]) -> Result<Vec<u8>, PythonError> {
    decode(&replaced(data, *b"-_", *b"+/"), false)
}

/// The bytes with two characters exchanged for two others, as `altchars` asks.
pub fn replaced(data: &[u8], from: [u8; 2], to: [u8; 2]) -> Vec<u8> {
    let one = |&byte: &u8| match byte {
        // Python's table is filled in order, so that the second wins where both are the same.
        byte if byte == from[1] => to[1],
        byte if byte == from[0] => to[0],
        byte => byte,
    };
    data.iter().map(one).collect()
}

fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// `base64.b64decode(data, validate=strict)`.
///
/// # Errors
/// `binascii.Error` as CPython words it.
pub fn decode(data: &[u8], strict: bool) -> Result<Vec<u8>, PythonError> {
    if strict && data.first() == Some(&b'=') {
        return Err(error("Leading padding not allowed"));
    }
    let mut out = Vec::with_capacity(data.len() / 4 * 3);
    let (mut place, mut pads, mut left) = (0, 0, 0);
    let mut padding = false;
    for (i, &byte) in data.iter().enumerate() {
        if byte == b'=' {
            padding = true;
            if place >= 2 {
                pads += 1;
                if place + pads >= 4 {
                    // What follows a complete padding is not looked at.
                    return match strict && i + 1 < data.len() {
                        true => Err(error("Excess data after padding")),
                        false => Ok(out),
                    };
                }
            }
            continue;
        }
        let Some(value) = value(byte) else {
            if strict {
                return Err(error("Only base64 data is allowed"));
            }
            continue;
        };
        if strict && padding {
            return Err(error("Discontinuous padding not allowed"));
        }
        pads = 0;
        if place > 0 {
            out.push(left << (2 * place) | value >> (6 - 2 * place));
        }
        left = value;
        place = (place + 1) % 4;
    }
    match place {
        0 => Ok(out),
        1 => Err(error(&format!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            out.len() / 3 * 4 + 1
        ))),
        _ => Err(error("Incorrect padding")),
    }
}

/// `binascii.hexlify(data)`, `data.hex()`.
pub fn hexlify(data: &[u8]) -> String {
    data.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// `binascii.unhexlify(data)`.
///
/// # Errors
/// `binascii.Error` as CPython words it.
pub fn unhexlify(data: &[u8]) -> Result<Vec<u8>, PythonError> {
    if data.len() % 2 == 1 {
        return Err(error("Odd-length string"));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).ok_or_else(|| error("Non-hexadecimal digit found"));
    data.chunks_exact(2).map(|pair| Ok((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect()
}

fn error(message: &str) -> PythonError {
    PythonError::new("binascii.Error", message)
}
