//! The little of MIME that showing a mail takes: its parts as text, and words of headers that are not ASCII.

/// The most parts of a mail that are looked at.
const MAX_PARTS: usize = 8;

/// What a mail says, in its two forms.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) text: String,
    pub(crate) html: Option<String>,
}

/// The parts of a message, headers and body as they came.
pub(crate) fn parts(message: &str) -> Parts {
    let (head, body) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
    let mut parts = Parts::default();
    let kind = header(head, "content-type");
    let Some(boundary) = boundary(&kind) else {
        take(&mut parts, &kind, decoded(head, body));
        return parts;
    };
    let edge = format!("--{boundary}");
    for part in body.split(&edge).skip(1).take(MAX_PARTS) {
        if part.starts_with("--") {
            break;
        }
        let (head, body) = part.trim_start().split_once("\r\n\r\n").unwrap_or((part, ""));
        take(&mut parts, &header(head, "content-type"), decoded(head, body));
    }
    parts
}

fn take(parts: &mut Parts, kind: &str, text: String) {
    match kind.to_ascii_lowercase().starts_with("text/html") {
        true => parts.html = Some(text),
        false => parts.text = text,
    }
}

/// The value of a header, unfolded; empty where there is none.
fn header(head: &str, name: &str) -> String {
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let value = head.split("\r\n").find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    });
    value.unwrap_or_default()
}

fn boundary(kind: &str) -> Option<String> {
    let (_, rest) = kind.split_once("boundary=")?;
    let name = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split(';').next()?.trim(),
    };
    (!name.is_empty()).then(|| name.to_owned())
}

fn decoded(head: &str, body: &str) -> String {
    let bytes = match header(head, "content-transfer-encoding").to_ascii_lowercase().as_str() {
        "quoted-printable" => quoted_printable(body.as_bytes()),
        "base64" => base64(body.as_bytes()),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let soft = text.get(at + 1..at + 3) == Some(b"\r\n");
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'=', ..) if soft => at += 3,
            (b'=', Some(high), Some(low)) => {
                out.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            (plain, ..) => {
                out.push(*plain);
                at += 1;
            }
        }
    }
    out
}

fn base64(text: &[u8]) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut bits) = (0_u32, 0);
    for six in text.iter().copied().filter_map(value) {
        held = held << 6 | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.extend(u8::try_from(held >> bits & 0xff));
        }
    }
    out
}

/// A header with its encoded words (RFC 2047, UTF-8 only) as what they mean.
pub(crate) fn words(value: &str) -> String {
    let mut out = String::new();
    let mut was_encoded = false;
    for word in value.split(' ') {
        let meant = encoded(word);
        // The space between two encoded words is not part of the text.
        if !(out.is_empty() || was_encoded && meant.is_some()) {
            out.push(' ');
        }
        was_encoded = meant.is_some();
        out.push_str(&meant.unwrap_or_else(|| word.to_owned()));
    }
    out
}

fn encoded(word: &str) -> Option<String> {
    let rest = word.strip_prefix("=?")?.strip_suffix("?=")?;
    let (charset, rest) = rest.split_once('?')?;
    let (form, text) = rest.split_once('?')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let bytes = match form {
        "B" | "b" => base64(text.as_bytes()),
        "Q" | "q" => quoted_printable(text.replace('_', " ").as_bytes()),
        _ => return None,
    };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_mail_are_read_whatever_they_are_encoded_in() {
        let mail = "Subject: x\r\nContent-Type: multipart/alternative;\r\n boundary=\"edge\"\r\n\r\n--edge\r\n\
                    Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nein Schl=C3=BC=\r\nssel\r\n\
                    --edge\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--edge--\r\n";
        let parts = parts(mail);
        assert_eq!((parts.text.trim_end(), parts.html.as_deref()), ("ein Schlüssel", Some("<b>hi</b>")));
        assert_eq!(super::parts("Subject: x\r\n\r\nplain = 1").text, "plain = 1");
        assert_eq!(super::parts("no end of its head"), Parts::default());
    }

    #[test]
    fn words_of_a_header_are_read_as_what_they_mean() {
        assert_eq!(words("TEAM FIX: =?utf-8?b?U2NobMO8?= =?utf-8?b?c3NlbA==?= here"), "TEAM FIX: Schlüssel here");
        for plain in ["=?latin1?q?x?=", "a =? b", "1 + 1 = 2", ""] {
            assert_eq!(words(plain), plain);
        }
    }
}
