//! `fnmatch`: shell patterns, translated to the very pattern that CPython 3.11 translates them to.

use super::pattern::{self, Pattern};
use super::{Failure, Steps};

/// A shell pattern made ready. On POSIX `fnmatch` and `fnmatchcase` are the same.
#[derive(Debug, Clone)]
pub struct Glob(Pattern);

impl Glob {
    /// Compiles a shell pattern.
    ///
    /// # Errors
    /// As [`Pattern::new`], which a translated pattern can fail with too.
    pub fn new(pattern: &str) -> Result<Self, Failure> {
        Pattern::new(&translate(pattern), 0).map(Self)
    }

    /// `fnmatch.fnmatch(name, pattern)`; `filter` keeps the names for which it is true.
    ///
    /// # Errors
    /// When the steps do not suffice.
    pub fn matches(&self, name: &str, steps: &mut Steps) -> Result<bool, Failure> {
        Ok(self.0.match_start(name, steps)?.is_some())
    }
}

enum Piece {
    Star,
    Text(String),
}

/// `fnmatch.translate(pattern)`.
pub fn translate(pattern: &str) -> String {
    let pieces = pieces(&pattern.chars().collect::<Vec<_>>());
    let mut out = String::from("(?s:");
    let mut runs = pieces.split(|piece| matches!(piece, Piece::Star)).map(joined);
    out.push_str(&runs.next().unwrap_or_default());
    let mut runs = runs.peekable();
    while let Some(fixed) = runs.next() {
        // Between two stars the first place will do, so nothing need ever be taken back.
        match runs.peek() {
            Some(_) => out.push_str(&format!("(?>.*?{fixed})")),
            None => out.push_str(&format!(".*{fixed}")),
        }
    }
    out.push_str(")\\Z");
    out
}

fn joined(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "" }).collect()
}

fn pieces(pattern: &[char]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut i = 0;
    while let Some(&c) = pattern.get(i) {
        i += 1;
        match c {
            '*' if matches!(out.last(), Some(Piece::Star)) => {}
            '*' => out.push(Piece::Star),
            '?' => out.push(Piece::Text(".".into())),
            '[' => match closing(pattern, i) {
                Some(end) => {
                    out.push(Piece::Text(set(&pattern[i..end])));
                    i = end + 1;
                }
                None => out.push(Piece::Text("\\[".into())),
            },
            c => out.push(Piece::Text(pattern::escape(c.encode_utf8(&mut [0; 4])))),
        }
    }
    out
}

/// Where the set that starts here ends. A bracket that comes first belongs to the set.
fn closing(pattern: &[char], start: usize) -> Option<usize> {
    let mut i = start;
    i += usize::from(pattern.get(i) == Some(&'!'));
    i += usize::from(pattern.get(i) == Some(&']'));
    (i..pattern.len()).find(|&i| pattern[i] == ']')
}

/// A set of a regular expression from what stands between the brackets.
fn set(inside: &[char]) -> String {
    let text =
        if inside.contains(&'-') { ranges(inside) } else { inside.iter().collect::<String>().replace('\\', "\\\\") };
    let mut body = String::new();
    for c in text.chars() {
        if matches!(c, '&' | '~' | '|') {
            body.push('\\');
        }
        body.push(c);
    }
    match body.as_str() {
        "" => "(?!)".into(),
        "!" => ".".into(),
        _ => match body.strip_prefix('!') {
            Some(rest) => format!("[^{rest}]"),
            None if body.starts_with(['^', '[']) => format!("[\\{body}]"),
            None => format!("[{body}]"),
        },
    }
}

/// Splits at the hyphens that make ranges, drops empty ranges, and escapes the other hyphens.
fn ranges(inside: &[char]) -> String {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    let mut from = 0;
    let mut next = if inside.first() == Some(&'!') { 2 } else { 1 };
    while let Some(hyphen) = (next..inside.len()).find(|&i| inside[i] == '-') {
        chunks.push(inside[from..hyphen].to_vec());
        from = hyphen + 1;
        next = hyphen + 3;
    }
    match (inside.get(from..).unwrap_or(&[]), chunks.last_mut()) {
        ([], Some(last)) => last.push('-'),
        (rest, _) => chunks.push(rest.to_vec()),
    }
    for k in (1..chunks.len()).rev() {
        if chunks[k - 1].last() > chunks[k].first() {
            let rest = chunks.remove(k);
            chunks[k - 1].pop();
            chunks[k - 1].extend(&rest[1..]);
        }
    }
    let escaped = chunks.iter().map(|chunk| {
        let text: String = chunk.iter().collect();
        text.replace('\\', "\\\\").replace('-', "\\-")
    });
    escaped.collect::<Vec<_>>().join("-")
}
