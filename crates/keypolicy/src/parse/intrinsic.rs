//! Strings as templates write them: `Fn::Sub`, `!Sub`, `Fn::Join`, `Ref`, and functions whose value nobody knows yet.

use crate::text::{Piece, Template, Text, pieces, pseudo};
use source::{Node, NodeKind, Resolved};

/// The string that a node stands for; `None` where it can be none.
pub(super) fn text(node: &Node) -> Option<Text> {
    if let Some(tag) = &node.tag
        && let Some(short) = tag.name.strip_prefix('!')
    {
        return Some(function(node, short, node));
    }
    match &node.kind {
        NodeKind::Scalar(scalar) => match scalar.resolved {
            Resolved::Null => None,
            Resolved::String => Some(Text::plain(node.span, &scalar.text)),
            _ => Some(Text { not_a_string: true, ..Text::plain(node.span, &scalar.text) }),
        },
        NodeKind::Mapping(entries) => match entries.as_slice() {
            [only] => {
                let name = only.key.text()?;
                let short = name.strip_prefix("Fn::").or_else(|| (name == "Ref").then_some(name))?;
                Some(function(node, short, &only.value))
            }
            _ => None,
        },
        NodeKind::Sequence(_) => None,
    }
}

fn function(node: &Node, name: &str, argument: &Node) -> Text {
    let made = match name {
        "Sub" => substitution(argument),
        "Join" => join(argument),
        "Ref" => argument.text().and_then(pseudo).map(|template| vec![Piece::Template(template)]),
        _ => None,
    };
    let described = argument.text().map(str::to_owned).unwrap_or_else(|| "…".to_owned());
    let raw = match (name, argument.text()) {
        ("Sub", Some(text)) => text.to_owned(),
        _ => format!("!{name} {described}"),
    };
    let unknown = || vec![Piece::Template(Template::Unknown(format!("!{name} {described}")))];
    Text { span: node.span, raw, pieces: merged(made.unwrap_or_else(unknown)), not_a_string: false }
}

/// `"…${Name}…"`, or that and a mapping of names.
fn substitution(argument: &Node) -> Option<Vec<Piece>> {
    match argument.as_sequence() {
        None => Some(pieces(argument.text()?, &|_| None, true)),
        Some([pattern, names]) => {
            let named = |name: &str| text(names.get(name)?).map(|it| it.pieces);
            Some(pieces(pattern.text()?, &named, true))
        }
        Some(_) => None,
    }
}

fn join(argument: &Node) -> Option<Vec<Piece>> {
    let [delimiter, items] = argument.as_sequence()? else { return None };
    let delimiter = delimiter.as_str()?;
    let mut joined = Vec::new();
    for (at, item) in items.as_sequence()?.iter().enumerate() {
        if at > 0 {
            joined.push(Piece::Literal(delimiter.to_owned()));
        }
        joined.extend(text(item)?.pieces);
    }
    Some(joined)
}

/// Neighbouring literals become one, empty ones none.
fn merged(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut made: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (made.last_mut(), piece) {
            (_, Piece::Literal(text)) if text.is_empty() => {}
            (Some(Piece::Literal(last)), Piece::Literal(text)) => last.push_str(&text),
            (_, piece) => made.push(piece),
        }
    }
    made
}
