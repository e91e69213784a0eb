//! The lines of a file that a finding points at, with the place underlined.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use finding::{Location, Position};
use source::LineIndex;

/// The excerpt, as rustc would show it.
pub(super) fn excerpt(text: &str, location: &Location, columns: usize, color: bool) -> String {
    let index = LineIndex::new(text);
    let start = offset(text, &index, location.start);
    let end = offset(text, &index, location.end).max(start);
    let snippet = Snippet::source(text)
        .path(crate::text::line(&location.file))
        .annotation(AnnotationKind::Primary.span(start..end));
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(columns).render(&[Group::with_level(Level::ERROR).element(snippet)])
}

/// The byte at a place; the end of the text where there is none.
fn offset(text: &str, index: &LineIndex, place: Position) -> usize {
    let Some(span) = index.line_span(place.line) else { return text.len() };
    let line = text.get(span.start..span.end).unwrap_or_default();
    let within = line.char_indices().nth(place.column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    span.start + within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_underlined() {
        let text = "{\n  \"ä\": 'kms>Delete*',\n}\n";
        let location = Location {
            file: "policy.json".to_owned(),
            start: Position { line: 2, column: 8 },
            end: Position { line: 2, column: 21 },
        };
        let shown = excerpt(text, &location, 100, false);
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(lines[0].trim(), "--> policy.json:2:8");
        assert!(lines.contains(&"2 |   \"ä\": 'kms>Delete*',"), "{shown}");
        assert!(lines.contains(&"  |        ^^^^^^^^^^^^^"), "{shown}");
    }

    #[test]
    fn a_place_behind_the_end_is_the_end() {
        let past = Position { line: 9, column: 9 };
        let location = Location { file: "x".to_owned(), start: past, end: past };
        assert!(excerpt("short", &location, 80, false).contains("short"));
        assert_eq!(offset("ab", &LineIndex::new("ab"), Position { line: 1, column: 9 }), 2);
    }

    #[test]
    fn what_a_stranger_wrote_cannot_steer_the_terminal() {
        let place = Position { line: 1, column: 1 };
        let location = Location { file: "x\u{1b}[31m".to_owned(), start: place, end: Position { line: 1, column: 3 } };
        assert!(!excerpt("\u{1b}[2Jabc\u{7}\u{202e}", &location, 80, false).contains(['\u{1b}', '\u{7}', '\u{202e}']));
    }
}
