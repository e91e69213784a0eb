//! A string of a policy: literal pieces, policy variables, and what a template fills in later.

use source::Span;

/// A string with its place and its pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its bytes, quotes included; of `{"Fn::Sub": "…"}` the whole mapping.
    pub span: Span,
    /// As written, escapes undone; of an intrinsic function a short form: `!GetAtt Role.Arn`.
    pub raw: String,
    /// Its pieces.
    pub pieces: Vec<Piece>,
    /// Whether it was written as a number or another plain YAML scalar that is not a string: `012345678901`.
    pub not_a_string: bool,
}

/// A piece of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is; `*` and `?` are wildcards where the operator knows them.
    Literal(String),
    /// Text in which nothing is a wildcard: `${*}`.
    Verbatim(String),
    /// A policy variable: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`.
    Variable {
        /// The key it stands for.
        key: String,
        /// What stands there when the request lacks the key.
        default: Option<String>,
        /// As written, for old policies, in which it means itself.
        raw: String,
    },
    /// Something that a template fills in.
    Template(Template),
}

/// What a template fills in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// The account of the key.
    Account,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    Partition,
    /// The region of the key.
    Region,
    /// `amazonaws.com` or `amazonaws.com.cn`.
    UrlSuffix,
    /// Something that cannot be known here, as written.
    Unknown(String),
}

impl Text {
    /// A string without intrinsic functions around it.
    pub fn plain(span: Span, raw: &str) -> Self {
        Self { span, raw: raw.to_owned(), pieces: pieces(raw, &|_| None, false), not_a_string: false }
    }

    /// The text, if it has neither variables nor templates.
    pub fn literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text) | Piece::Verbatim(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it holds a wildcard, a policy variable aside.
    pub fn has_wildcard(&self) -> bool {
        self.pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains(['*', '?'])))
    }

    /// The policy variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            _ => None,
        })
    }

    /// The first thing in it that nobody can know here.
    pub fn unknown(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Template(Template::Unknown(what)) => Some(what.as_str()),
            _ => None,
        })
    }
}

/// The pieces of a string. `named` says what `${Name}` means where a template defines it; `substituted` is whether a template looks
/// at it at all: then `${!x}` means `${x}`, and a name that is not defined is unknown.
pub(crate) fn pieces(raw: &str, named: &dyn Fn(&str) -> Option<Vec<Piece>>, substituted: bool) -> Vec<Piece> {
    let mut made = Vec::new();
    let mut rest = raw;
    while let Some((at, end)) = opening(rest) {
        let (before, from) = rest.split_at(at);
        let (whole, behind) = from.split_at(end);
        push_literal(&mut made, before);
        if !whole.starts_with('$') {
            made.push(Piece::Template(Template::Unknown(whole.to_owned())));
            rest = behind;
            continue;
        }
        let inside = whole.get(2..whole.len() - 1).unwrap_or_default();
        let filled = named(inside.trim());
        match filled {
            Some(pieces) => made.extend(pieces),
            None => made.push(piece(inside, whole, substituted)),
        }
        rest = behind;
    }
    push_literal(&mut made, rest);
    made
}

/// Where the first thing begins that stands for something else, and its length: `${…}`, `{{…}}` of CloudFormation's dynamic references and of
/// other templates, or a place to fill in: `<account-id>`.
fn opening(text: &str) -> Option<(usize, usize)> {
    for (at, _) in text.match_indices(['$', '{', '<']) {
        let from = text.get(at..)?;
        let end = match from.as_bytes() {
            [b'$', b'{', ..] => from.find('}').map(|end| end + 1),
            [b'{', b'{', ..] => from.find("}}").map(|end| end + 2),
            [b'<', rest @ ..] => {
                let name = rest.iter().take_while(|it| it.is_ascii_alphanumeric() || b"-_. ".contains(it)).count();
                (name > 0 && rest.get(name) == Some(&b'>')).then_some(name + 2)
            }
            _ => None,
        };
        if let Some(end) = end {
            return Some((at, end));
        }
    }
    None
}

fn piece(inside: &str, whole: &str, substituted: bool) -> Piece {
    if substituted && let Some(inner) = inside.strip_prefix('!') {
        return piece(inner, &format!("${{{inner}}}"), false);
    }
    if let Some(template) = pseudo(inside.trim()) {
        return Piece::Template(template);
    }
    match inside {
        "*" | "?" | "$" => Piece::Verbatim(inside.to_owned()),
        _ if substituted || !inside.contains(':') => Piece::Template(terraform(inside.trim(), whole)),
        _ => variable(inside, whole),
    }
}

/// What Terraform's usual data sources mean.
fn terraform(inside: &str, whole: &str) -> Template {
    let parts: Vec<&str> = inside.split('.').collect();
    match parts.as_slice() {
        ["data", "aws_caller_identity", _, "account_id"] => Template::Account,
        ["data", "aws_partition", _, "partition"] => Template::Partition,
        ["data", "aws_partition", _, "dns_suffix"] => Template::UrlSuffix,
        ["data", "aws_region", _, "name" | "region" | "id"] => Template::Region,
        _ => Template::Unknown(whole.to_owned()),
    }
}

/// What CloudFormation's pseudo parameters mean.
pub(crate) fn pseudo(name: &str) -> Option<Template> {
    Some(match name {
        "AWS::AccountId" => Template::Account,
        "AWS::Partition" => Template::Partition,
        "AWS::Region" => Template::Region,
        "AWS::URLSuffix" => Template::UrlSuffix,
        _ => return None,
    })
}

fn variable(inside: &str, whole: &str) -> Piece {
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let bare = default.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(default);
            (key.trim(), Some(bare.to_owned()))
        }
        None => (inside.trim(), None),
    };
    Piece::Variable { key: key.to_owned(), default, raw: whole.to_owned() }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if text.is_empty() {
        return;
    }
    if let Some(Piece::Literal(last)) = pieces.last_mut() {
        last.push_str(text);
    } else {
        pieces.push(Piece::Literal(text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str, substituted: bool) -> Vec<Piece> {
        pieces(raw, &|_| None, substituted)
    }

    #[test]
    fn strings_fall_into_pieces() {
        let literal = |text: &str| Piece::Literal(text.to_owned());
        assert_eq!(read("plain*", false), [literal("plain*")]);
        assert_eq!(
            read("a/${aws:username}/b", false),
            [
                literal("a/"),
                Piece::Variable { key: "aws:username".into(), default: None, raw: "${aws:username}".into() },
                literal("/b")
            ]
        );
        assert_eq!(read("${AWS::AccountId}", false), [Piece::Template(Template::Account)]);
        assert_eq!(read("${Role}", true), [Piece::Template(Template::Unknown("${Role}".into()))]);
        assert_eq!(read("${data.aws_caller_identity.me.account_id}", false), [Piece::Template(Template::Account)]);
        assert_eq!(read("${*}", false), [Piece::Verbatim("*".into())]);
        assert_eq!(read("open ${aws:x", false), [literal("open ${aws:x")]);
        let unknown = |text: &str| Piece::Template(Template::Unknown(text.to_owned()));
        assert_eq!(read("{{resolve:ssm:/a/role}}", false), [unknown("{{resolve:ssm:/a/role}}")]);
        assert_eq!(
            read("arn:aws:iam::<account-id>:root", false),
            [literal("arn:aws:iam::"), unknown("<account-id>"), literal(":root")]
        );
        assert_eq!(read("a<b and {c} {{d", false), [literal("a<b and {c} {{d")]);
        assert!(matches!(&read("${!aws:username}", true)[..], [Piece::Variable { key, .. }] if key == "aws:username"));
        let with_default = read("${aws:PrincipalTag/team, 'none'}", false);
        assert!(matches!(&with_default[..], [Piece::Variable { default: Some(text), .. }] if text == "none"));
    }
}
