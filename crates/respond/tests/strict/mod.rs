//! Strict readers of what we write: each takes only what we may write ourselves, so that nothing a stranger wrote can be markup, a header or a query in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Whether a character does something without being seen: to a terminal, a line, the direction of reading.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// One line in which everything is seen.
pub fn line(text: &str, most: usize) -> Result<(), String> {
    match text.chars().find(|c| is_hidden(*c)) {
        Some(c) => Err(format!("hidden {c:?} in the line {text:?}")),
        None if text.chars().count() > most => {
            Err(format!("a line of {} characters: {text:.200?}", text.chars().count()))
        }
        None => Ok(()),
    }
}

/// Lines in which everything is seen.
pub fn lines(text: &str, most: usize) -> Result<(), String> {
    match text.chars().find(|c| is_hidden(*c) && !matches!(c, '\n' | '\t')) {
        Some(c) => Err(format!("hidden {c:?} in {text:?}")),
        None if text.chars().count() > most => Err(format!("a text of {} characters", text.chars().count())),
        None => Ok(()),
    }
}

const TAGS: [&str; 18] = [
    "html", "head", "meta", "title", "style", "body", "div", "h1", "h2", "p", "br", "table", "tr", "th", "td", "ul",
    "li", "pre",
];
const ATTRIBUTES: [&str; 7] = ["lang", "charset", "name", "content", "style", "class", "rel"];
const VOID: [&str; 2] = ["meta", "br"];

/// HTML as we write it: known tags with known attributes in quotation marks, well nested, links to the web only, text in which each sign
/// that could be markup is a reference.
pub fn html(page: &str) -> Result<(), String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no document type")?;
    let mut open: Vec<&str> = Vec::new();
    while !rest.is_empty() {
        let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        references(text)?;
        lines(text, usize::MAX)?;
        if after.is_empty() {
            break;
        }
        let (tag, next) = after[1..].split_once('>').ok_or_else(|| format!("a tag without an end: {after:.80}"))?;
        rest = next;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes what is not open"));
            }
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if !TAGS.contains(&name) && name != "a" {
            return Err(format!("a tag that we do not write: <{tag:.80}>"));
        }
        self::attributes(name, attributes)?;
        if !VOID.contains(&name) {
            open.push(name);
        }
        if name == "style" {
            let (style, next) = rest.split_once("</style>").ok_or("a style without an end")?;
            if style.contains(['<', '&', '@', '\\']) || style.contains("url(") {
                return Err(format!("a style that we do not write: {style}"));
            }
            (rest, _) = (next, open.pop());
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("not closed: {open:?}")) }
}

fn attributes(tag: &str, mut rest: &str) -> Result<(), String> {
    while !rest.is_empty() {
        let (name, after) =
            rest.split_once("=\"").ok_or_else(|| format!("an attribute without a value: {rest:.80}"))?;
        let (value, after) = after.split_once('"').ok_or_else(|| format!("a value without an end: {rest:.80}"))?;
        references(value)?;
        line(value, 3000)?;
        let is_link = tag == "a" && name == "href" && (value.starts_with("https://") || value.starts_with("http://"));
        let is_style =
            name != "style" || !(value.contains("url") || value.contains("expression") || value.contains('\\'));
        if !(is_link || ATTRIBUTES.contains(&name) && is_style) {
            return Err(format!("an attribute that we do not write: {name}={value:.80}"));
        }
        rest = after.trim_start();
    }
    Ok(())
}

/// Text of HTML: no sign but as a reference.
fn references(text: &str) -> Result<(), String> {
    if text.contains(['<', '>', '"']) {
        return Err(format!("a bare sign in {text:.200?}"));
    }
    let known = ["amp;", "lt;", "gt;", "quot;"];
    match text.split('&').skip(1).find(|part| !known.iter().any(|name| part.starts_with(name))) {
        Some(part) => Err(format!("a reference that we do not write: &{part:.20}")),
        None => Ok(()),
    }
}

/// A document of Atlassian's: known nodes with known members, links to the web only, everything seen.
pub fn adf(node: &Value) -> Result<(), String> {
    let known = [
        "doc",
        "heading",
        "paragraph",
        "bulletList",
        "listItem",
        "codeBlock",
        "table",
        "tableRow",
        "tableHeader",
        "tableCell",
        "text",
        "hardBreak",
    ];
    let object = node.as_object().ok_or("a node that is none")?;
    let kind = node["type"].as_str().unwrap_or_default();
    if !known.contains(&kind)
        || !object.keys().all(|key| ["type", "version", "content", "attrs", "marks", "text"].contains(&key.as_str()))
    {
        return Err(format!("a node that we do not write: {kind}"));
    }
    if object.contains_key("attrs") && (kind != "heading" || node["attrs"] != serde_json::json!({"level": 3})) {
        return Err(format!("attributes that we do not write: {node}"));
    }
    if let Some(text) = object.get("text") {
        lines(text.as_str().filter(|text| !text.is_empty()).ok_or("an empty text")?, usize::MAX)?;
    }
    for mark in node["marks"].as_array().into_iter().flatten() {
        let target = mark["attrs"]["href"].as_str().unwrap_or_default();
        if mark["type"] != "link" || !(target.starts_with("https://") || target.starts_with("http://")) {
            return Err(format!("a mark that we do not write: {mark}"));
        }
    }
    node["content"].as_array().into_iter().flatten().try_for_each(adf)
}

/// Jira's wiki text as we write it: our own headings, tables, lists, links and blocks, and in them nothing but letters and references.
pub fn wiki(text: &str) -> Result<(), String> {
    lines(text, 32_767)?;
    let mut verbatim = false;
    for written in text.lines() {
        if written == "{noformat}" {
            verbatim = !verbatim;
            continue;
        }
        if verbatim {
            if written.to_ascii_lowercase().contains("{noformat") {
                return Err(format!("a macro within {written:?}"));
            }
            continue;
        }
        // The mark of a comment, which is ours.
        if written
            .strip_prefix("Reference: keyreeve-")
            .is_some_and(|mark| mark.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        {
            continue;
        }
        let line = written.strip_prefix("h3. ").or_else(|| written.strip_prefix("* ")).unwrap_or(written);
        if let Some((shown, address)) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')?.split_once('|'))
        {
            let is_web = address.starts_with("https://") || address.starts_with("http://");
            if !is_web || address.contains(['|', '[', ']', '{', '}', '!', '"', '<', '>', '\\', '^']) {
                return Err(format!("a link that we do not write: {written:?}"));
            }
            plain(shown)?;
            continue;
        }
        line.strip_prefix("||").unwrap_or(line).split('|').try_for_each(plain)?;
    }
    if verbatim { Err("a block without an end".to_owned()) } else { Ok(()) }
}

/// Letters, digits, references, and signs that mean nothing.
fn plain(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(place) = rest.find(|c: char| c.is_ascii_punctuation()) {
        let found = &rest[place..];
        let reference = found.strip_prefix('&').and_then(|found| found.split_once(';'));
        rest = match reference {
            Some(("amp" | "lt" | "gt" | "nbsp", after)) => after,
            Some((name, after)) if name.strip_prefix('#').is_some_and(|digits| digits.parse::<u8>().is_ok()) => after,
            _ if found.starts_with([',', '/', '\'', '"', '$', ';']) => &found[1..],
            _ => return Err(format!("wiki markup in {text:?}")),
        };
    }
    Ok(())
}

/// The report in Markdown: tables of our own columns, and in their cells no sign that means anything.
pub fn markdown(text: &str) -> Result<(), String> {
    let mut columns = None;
    for written in text.lines() {
        line(written, usize::MAX)?;
        if !written.starts_with('|') {
            columns = None;
            if written.contains(['<', '`', '[', ']', '!', '\\', '&']) {
                return Err(format!("markup outside of tables: {written:?}"));
            }
            continue;
        }
        let bare = written.replace("\\\\", "").replace("\\|", "");
        let count = bare.matches('|').count();
        if *columns.get_or_insert(count) != count {
            return Err(format!("a row of {count} columns: {written:?}"));
        }
        let mut before = ' ';
        for c in bare.chars() {
            if matches!(c, '<' | '>')
                || (matches!(c, '`' | '*' | '_' | '[' | ']' | '!' | '~' | '@' | '#') && !matches!(before, '\\' | '&'))
            {
                return Err(format!("bare {c:?} in {written:?}"));
            }
            before = c;
        }
    }
    Ok(())
}

/// A mail as we write it: each header once, by its grammar, then text and HTML, both strict.
pub fn mail(text: &str) -> Result<(), String> {
    if text.replace("\r\n", "").contains(['\r', '\n']) {
        return Err("a line that is not ended by CR LF".to_owned());
    }
    let (head, body) = text.split_once("\r\n\r\n").ok_or("no body")?;
    let headers = headers(
        head,
        &[
            "From",
            "To",
            "Cc",
            "Reply-To",
            "Subject",
            "Message-ID",
            "Date",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type",
        ],
    )?;
    let kind =
        headers.iter().find(|(name, _)| name == "Content-Type").map(|(_, value)| value.as_str()).unwrap_or_default();
    let boundary = kind.split_once("boundary=\"").and_then(|(_, rest)| rest.split_once('"')).ok_or("no boundary")?.0;
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    let [_, plain, page, end] = parts.as_slice() else { return Err(format!("{} parts", parts.len())) };
    if end.trim() != "--" {
        return Err(format!("after the last part: {end:?}"));
    }
    for (part, kind) in [(plain, "text/plain; charset=utf-8"), (page, "text/html; charset=utf-8")] {
        let (head, body) = part.trim_start().split_once("\r\n\r\n").ok_or("a part without a body")?;
        let headers = self::headers(head, &["Content-Type", "Content-Transfer-Encoding"])?;
        let value = |wanted: &str| {
            headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        if value("Content-Type") != kind {
            return Err(format!("a part of {}", value("Content-Type")));
        }
        let decoded = match value("Content-Transfer-Encoding") {
            "7bit" | "8bit" => body.to_owned(),
            "quoted-printable" => quoted_printable(body)?,
            "base64" => {
                String::from_utf8(STANDARD.decode(body.replace("\r\n", "")).map_err(|error| error.to_string())?)
                    .map_err(|error| error.to_string())?
            }
            other => return Err(format!("encoded by {other}")),
        };
        let decoded = decoded.replace("\r\n", "\n");
        if kind.starts_with("text/html") { html(decoded.trim_end())? } else { lines(&decoded, 200_000)? }
    }
    Ok(())
}

/// Each header once, of those we write, ASCII, folded only by a space.
fn headers(head: &str, known: &[&str]) -> Result<Vec<(String, String)>, String> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in head.split("\r\n") {
        if !line.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(format!("a header that is not plain: {line:?}"));
        }
        if let Some(more) = line.strip_prefix(' ') {
            let (_, value) = headers.last_mut().ok_or("a head that begins folded")?;
            value.push(' ');
            value.push_str(more);
            continue;
        }
        let (name, value) = line.split_once(": ").ok_or_else(|| format!("no header: {line:?}"))?;
        if !known.contains(&name) || headers.iter().any(|(other, _)| other == name) {
            return Err(format!("a header that we do not write, or not twice: {line:?}"));
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(headers)
}

fn quoted_printable(text: &str) -> Result<String, String> {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('=');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let digits = part.get(..2).ok_or("a short escape")?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|error| error.to_string())?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[test]
fn the_readers_are_strict() {
    for page in [
        "<!DOCTYPE html><p><script>x</script></p>",
        "<!DOCTYPE html><p onclick=\"x\">y</p>",
        "<!DOCTYPE html><p><a href=\"javascript:x\">y</a></p>",
        "<!DOCTYPE html><p>a & b</p>",
        "<!DOCTYPE html><p>a \u{202e} b</p>",
        "<!DOCTYPE html><p>a",
        "<!DOCTYPE html></p>",
        "<!DOCTYPE html><p>\"</p>",
    ] {
        assert!(html(page).is_err(), "{page}");
    }
    html("<!DOCTYPE html><p style=\"margin:0\">a &amp; b<br><a href=\"https://x\" rel=\"noopener\">y</a></p>").unwrap();
    for text in ["{html}", "[a|javascript:x]", "[~admin]", "a *b*", "||a|[x]|", "!x.png!", "{noformat}\nx"] {
        assert!(wiki(text).is_err(), "{text}");
    }
    for text in ["| a | <b> |", "[x](y)", "| a |\n| a | b |", "| *a* |"] {
        assert!(markdown(text).is_err(), "{text}");
    }
    assert!(adf(&serde_json::json!({"type": "mention"})).is_err());
    assert!(mail("From: a\r\nBcc: b\r\n\r\nx").is_err());
}
