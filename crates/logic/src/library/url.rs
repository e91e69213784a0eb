//! `urllib.parse`, as Debian 12's CPython 3.11.2 has it.

use super::ip::{Source, Version, ip_address};
use super::{Failure, PythonError, repr};

const USES_PARAMS: &[&str] = &[
    "", "ftp", "hdl", "prospero", "http", "imap", "https", "shttp", "rtsp", "rtspu", "sip", "sips", "mms", "sftp",
    "tel",
];
const USES_NETLOC: &[&str] = &[
    "", "ftp", "http", "gopher", "nntp", "telnet", "imap", "wais", "file", "mms", "https", "shttp", "snews",
    "prospero", "rtsp", "rtspu", "rsync", "svn", "svn+ssh", "sftp", "nfs", "git", "git+ssh", "ws", "wss",
];

/// `urllib.parse.ParseResult`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the attributes")]
pub struct Url {
    pub scheme: String,
    pub netloc: String,
    pub path: String,
    pub params: String,
    pub query: String,
    pub fragment: String,
}

impl Url {
    /// `urlparse(url)`.
    ///
    /// # Errors
    /// `ValueError` for broken brackets; a host beyond ASCII is refused, because CPython normalizes it.
    pub fn parse(url: &str) -> Result<Self, Failure> {
        let mut url = Self::split(url)?;
        if USES_PARAMS.contains(&url.scheme.as_str()) {
            let last = url.path.rfind('/').unwrap_or(0);
            if let Some(i) = url.path[last..].find(';') {
                url.params = url.path.split_off(last + i + 1);
                url.path.pop();
            }
        }
        Ok(url)
    }

    /// `urlsplit(url)`: as [`Self::parse`], parameters left in the path.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn split(url: &str) -> Result<Self, Failure> {
        let url = url.trim_start_matches(|c: char| c <= ' ');
        let url: String = url.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
        let (scheme, rest) = split_scheme(&url);
        let (netloc, rest) = match rest.strip_prefix("//") {
            Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
            None => ("", rest),
        };
        check_brackets(netloc)?;
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !netloc.is_ascii() {
            return Err(Failure::unsupported("urlparse: a host beyond ASCII"));
        }
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            netloc: netloc.to_owned(),
            path: path.to_owned(),
            params: String::new(),
            query: query.to_owned(),
            fragment: fragment.to_owned(),
        })
    }

    /// `.geturl()`, `urlunparse(parts)`.
    pub fn unparse(&self) -> String {
        let mut out = self.path.clone();
        if !self.params.is_empty() {
            out = format!("{out};{}", self.params);
        }
        let takes_netloc = !self.scheme.is_empty() && USES_NETLOC.contains(&self.scheme.as_str());
        if !self.netloc.is_empty() || takes_netloc && !out.starts_with("//") {
            let slash = if out.is_empty() || out.starts_with('/') { "" } else { "/" };
            out = format!("//{}{slash}{out}", self.netloc);
        }
        let with = |mark: &str, part: &str| if part.is_empty() { String::new() } else { format!("{mark}{part}") };
        let scheme = if self.scheme.is_empty() { String::new() } else { format!("{}:", self.scheme) };
        format!("{scheme}{out}{}{}", with("?", &self.query), with("#", &self.fragment))
    }

    /// The parts in order, as `tuple(result)` gives them.
    pub fn parts(&self) -> [&str; 6] {
        [&self.scheme, &self.netloc, &self.path, &self.params, &self.query, &self.fragment]
    }

    /// `repr(result)`.
    pub fn repr(&self) -> String {
        let names = ["scheme", "netloc", "path", "params", "query", "fragment"];
        let shown: Vec<String> =
            names.iter().zip(self.parts()).map(|(name, part)| format!("{name}={}", repr::string(part))).collect();
        format!("ParseResult({})", shown.join(", "))
    }

    fn user_info(&self) -> Option<&str> {
        self.netloc.rsplit_once('@').map(|(user, _)| user)
    }

    /// `.username`.
    pub fn username(&self) -> Option<&str> {
        self.user_info().map(|user| user.split_once(':').map_or(user, |(name, _)| name))
    }

    /// `.password`.
    pub fn password(&self) -> Option<&str> {
        self.user_info().and_then(|user| user.split_once(':')).map(|(_, password)| password)
    }

    fn host_info(&self) -> (&str, &str) {
        let host = self.netloc.rsplit_once('@').map_or(self.netloc.as_str(), |(_, host)| host);
        match host.split_once('[') {
            Some((_, bracketed)) => {
                let (host, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
                (host, rest.split_once(':').map_or("", |(_, port)| port))
            }
            None => host.split_once(':').unwrap_or((host, "")),
        }
    }

    /// `.hostname`, in lower case but for the zone of an IPv6 address.
    pub fn hostname(&self) -> Option<String> {
        let (host, _) = self.host_info();
        if host.is_empty() {
            return None;
        }
        let zone = host.find('%').unwrap_or(host.len());
        Some(host[..zone].to_ascii_lowercase() + &host[zone..])
    }

    /// `.port`.
    ///
    /// # Errors
    /// `ValueError` as CPython words it.
    pub fn port(&self) -> Result<Option<u16>, PythonError> {
        let (_, port) = self.host_info();
        if port.is_empty() {
            return Ok(None);
        }
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            let shown = repr::string(port);
            return Err(PythonError::value(format!("Port could not be cast to integer value as {shown}")));
        }
        let digits = port.trim_start_matches('0');
        match if digits.is_empty() { Ok(0) } else { digits.parse() } {
            Ok(port) => Ok(Some(port)),
            Err(_) => Err(PythonError::value("Port out of range 0-65535")),
        }
    }
}

fn split_scheme(url: &str) -> (&str, &str) {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    };
    url.split_once(':').filter(|(scheme, _)| is_scheme(scheme)).unwrap_or(("", url))
}

/// Brackets hold an IPv6 address or one of a version to come, and nothing stands beside them.
fn check_brackets(netloc: &str) -> Result<(), Failure> {
    let invalid = || Err(PythonError::value("Invalid IPv6 URL").into());
    match (netloc.contains('['), netloc.contains(']')) {
        (false, false) => return Ok(()),
        (true, true) => {}
        _ => return invalid(),
    }
    let host = netloc.rsplit_once('@').map_or(netloc, |(_, host)| host);
    let name = match host.split_once('[') {
        Some((before, bracketed)) => {
            let (name, after) = bracketed.split_once(']').unwrap_or((bracketed, ""));
            if !before.is_empty() || !after.is_empty() && !after.starts_with(':') {
                return invalid();
            }
            name
        }
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    if let Some(future) = name.strip_prefix('v') {
        let digits = future.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        let valid = digits.len() < future.len() && digits.starts_with('.') && digits.len() > 1;
        return if valid { Ok(()) } else { Err(PythonError::value("IPvFuture address is invalid").into()) };
    }
    match ip_address(Source::Text(name))?.version() {
        Version::V4 => Err(PythonError::value("An IPv4 address cannot be in brackets").into()),
        Version::V6 => Ok(()),
    }
}

/// `unquote(text)`.
pub fn unquote(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    // CPython decodes each run of ASCII by itself.
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let ascii = rest.bytes().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        out.push_str(&String::from_utf8_lossy(&unquote_to_bytes(&rest[..ascii])));
        rest = &rest[ascii..];
        let other = rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len());
        out.push_str(&rest[..other]);
        rest = &rest[other..];
    }
    out
}

/// `unquote_plus(text)`.
pub fn unquote_plus(text: &str) -> String {
    unquote(&text.replace('+', " "))
}

/// `unquote_to_bytes(text)`.
pub fn unquote_to_bytes(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|&byte| char::from(byte).to_digit(16));
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(&byte) = bytes.get(i) {
        let value = if byte == b'%' { digit(bytes.get(i + 1)).zip(digit(bytes.get(i + 2))) } else { None };
        match value {
            Some((high, low)) => {
                out.push((high << 4 | low) as u8);
                i += 3;
            }
            None => {
                out.push(byte);
                i += 1;
            }
        }
    }
    out
}

/// `quote_from_bytes(data, safe)`, which `quote(text, safe)` is for the text's bytes; `safe` is `/` by default.
pub fn quote(data: &[u8], safe: &str) -> String {
    let mut out = String::with_capacity(data.len());
    for &byte in data {
        let kept = byte.is_ascii_alphanumeric() || b"_.-~".contains(&byte) || safe.as_bytes().contains(&byte);
        if kept && byte.is_ascii() {
            out.push(byte.into());
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}

/// `quote_plus(text, safe)`; `safe` is empty by default.
pub fn quote_plus(data: &[u8], safe: &str) -> String {
    if !data.contains(&b' ') {
        return quote(data, safe);
    }
    quote(data, &format!("{safe} ")).replace(' ', "+")
}

/// `parse_qsl(query, keep_blank_values, strict_parsing)`.
///
/// # Errors
/// `ValueError` for a field without `=` when strict.
pub fn parse_qsl(query: &str, keep_blank: bool, strict: bool) -> Result<Vec<(String, String)>, PythonError> {
    let mut pairs = Vec::new();
    if query.is_empty() {
        return Ok(pairs);
    }
    for field in query.split('&') {
        if field.is_empty() && !strict {
            continue;
        }
        let (name, value) = match field.split_once('=') {
            Some(pair) => pair,
            None if strict => {
                return Err(PythonError::value(format!("bad query field: {}", repr::string(field))));
            }
            None if keep_blank => (field, ""),
            None => continue,
        };
        if !value.is_empty() || keep_blank {
            pairs.push((unquote_plus(name), unquote_plus(value)));
        }
    }
    Ok(pairs)
}

/// `parse_qs(query, keep_blank_values, strict_parsing)`: names in the order of their first field.
///
/// # Errors
/// As [`parse_qsl`].
pub fn parse_qs(query: &str, keep_blank: bool, strict: bool) -> Result<Vec<(String, Vec<String>)>, PythonError> {
    let mut places = std::collections::HashMap::new();
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in parse_qsl(query, keep_blank, strict)? {
        let place = *places.entry(name.clone()).or_insert(out.len());
        match out.get_mut(place) {
            Some((_, values)) => values.push(value),
            None => out.push((name, vec![value])),
        }
    }
    Ok(out)
}
