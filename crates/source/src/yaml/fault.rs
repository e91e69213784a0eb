//! The messages for texts that are not YAML, or not the YAML that is wanted.

use crate::tree::{Node, Tag};
use crate::{Span, SyntaxError};
use granit_parser::{ErrorKind, ScanError};

pub(super) fn too_large(size: usize, limit: usize) -> SyntaxError {
    SyntaxError::new(Span::at(0), format!("the text has {size} bytes, more than the {limit} allowed"))
        .help("split it into several files")
}

pub(super) fn too_many(span: Span, limit: usize) -> SyntaxError {
    SyntaxError::new(span, format!("the text holds more than {limit} values")).help("split it into several files")
}

pub(super) fn too_deep(span: Span, limit: usize) -> SyntaxError {
    SyntaxError::new(span, format!("mappings and lists are nested more than {limit} deep")).help("flatten the value")
}

pub(super) fn too_expanded(span: Span, limit: usize) -> SyntaxError {
    SyntaxError::new(span, format!("aliases and merge keys expand to more than {limit} values"))
        .help("write the values out, or use fewer aliases")
}

pub(super) fn unknown_alias(span: Span, name: &str) -> SyntaxError {
    SyntaxError::new(span, format!("nothing above is anchored as `&{name}`"))
        .help("write the anchor in front of its value, or quote the text if it is no alias")
}

pub(super) fn alias_inside_itself(span: Span, written: &str) -> SyntaxError {
    SyntaxError::new(span, format!("the alias `{written}` stands inside the value that it names"))
        .help("write the value out")
}

pub(super) fn duplicate_key(key: &Node, first: Span) -> SyntaxError {
    let name = key.text().unwrap_or_default();
    let message = match name {
        "<<" => "the merge key `<<` occurs twice in one mapping".to_owned(),
        _ => format!("the key `{name}` occurs twice in one mapping"),
    };
    let help = match name {
        "<<" => "merge a list: `<<: [*first, *second]`",
        _ => "remove one of the two: most programs silently take the last",
    };
    SyntaxError::new(key.span, message).help(help).related(first, "first here")
}

pub(super) fn key_is_collection(key: &Node) -> SyntaxError {
    let what = key.describe();
    SyntaxError::new(key.span, format!("{what} cannot be a key"))
        .help("quote the text if it is a template such as \"{{ name }}\"")
}

pub(super) fn not_mergeable(value: &Node) -> SyntaxError {
    SyntaxError::new(value.span, format!("`<<` merges mappings, but this is {}", value.describe()))
        .help("name a mapping, or quote the key: \"<<\"")
}

pub(super) fn unfit_for_tag(span: Span, text: &str, tag: Option<&Tag>) -> SyntaxError {
    let tag = tag.map(|tag| tag.name.as_str()).unwrap_or_default();
    let name = tag.rsplit(':').next().unwrap_or_default();
    SyntaxError::new(span, format!("`{text}` is no value for the tag `!!{name}`"))
        .help("remove the tag, or correct the value")
}

/// What the parser found, in our words.
pub(super) fn from_parser(text: &str, error: &ScanError) -> SyntaxError {
    let at = error.marker().byte_offset().unwrap_or_default().min(text.len());
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    let span = Span::new(at, at + character.map_or(0, char::len_utf8));
    let (message, help) = explain(error.kind(), character);
    let error = SyntaxError::new(span, if message.is_empty() { plainly(&error.info()) } else { message.to_owned() });
    if help.is_empty() { error } else { error.help(help) }
}

/// Message and remedy for what people run into; empty for the rest.
fn explain(kind: &ErrorKind, character: Option<char>) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => ("a tab is used for indentation", "indent with spaces"),
        ErrorKind::UnclosedQuotedScalar => {
            ("the quoted text that starts here never ends", "close it with the same quote")
        }
        ErrorKind::UnclosedFlowCollection { .. } => {
            ("the bracket opened here is never closed", "close it; is the file complete?")
        }
        ErrorKind::MappingValueNotAllowed => {
            ("a `:` stands where no value can start", "quote the text that holds the colon, or correct the indentation")
        }
        ErrorKind::UnknownAnchor => (
            "the alias names nothing that is anchored above",
            "write the anchor in front of its value, or quote the text if it is no alias",
        ),
        ErrorKind::ExpectedBlockSequenceEntry => {
            ("expected the next item of the list: `- `", "correct the indentation")
        }
        ErrorKind::ExpectedBlockMappingKey => {
            ("expected the next key of the mapping", "correct the indentation, or quote the whole value")
        }
        ErrorKind::SimpleKeyExpected => {
            ("expected a `:` behind this key", "write `key: value`, or indent the text if it continues a value")
        }
        ErrorKind::UnexpectedCharacter { character: '@' | '`' | '%' } => {
            ("a value cannot start with this character", "quote the value")
        }
        ErrorKind::UnexpectedCharacter { .. } if character.is_some_and(char::is_control) => (
            "the text holds a control character, which YAML does not allow",
            "remove it, or write it in double quotes as \\x01",
        ),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => ("a lone `-` cannot be a value here", "quote it: \"-\""),
        ErrorKind::UnknownQuotedScalarEscape => {
            ("this text holds an escape that YAML does not know", "write a backslash as \\\\, or use single quotes")
        }
        ErrorKind::CommentInterceptedScalar => (
            "a comment stands inside a text of several lines",
            "quote the text if `#` belongs to it, or move the comment",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", "remove it, or quote the value"),
        ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            ("the bracket opened here is closed by one of another kind", "correct the bracket")
        }
        ErrorKind::UndeclaredTagHandle => {
            ("the tag's prefix was never declared", "write `!Name` with one exclamation mark, or quote the value")
        }
        ErrorKind::RecursionLimitExceeded => ("mappings and lists are nested too deep", "flatten the value"),
        ErrorKind::BomInsideDocument => ("a byte order mark stands inside the text", "remove it"),
        _ => ("", ""),
    }
}

/// The parser's own words, in our style.
fn plainly(info: &str) -> String {
    info.replace('\n', " ").trim_end_matches('.').to_owned()
}
