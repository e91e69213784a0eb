//! The tree from the parser's events.

use super::{Keys, Limits, fault, merge, resolve};
use crate::tree::{Entry, Node, NodeKind, Scalar, Style, Tag};
use crate::{Span, SyntaxError};
use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};
use std::collections::BTreeMap;

/// A value that aliases can name.
struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// A collection that is not complete.
struct Open {
    span: Span,
    flow: bool,
    anchor: usize,
    tag: Option<Tag>,
    inside: Inside,
}

enum Inside {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<Node> },
}

struct Builder<'t> {
    text: &'t str,
    limits: Limits,
    keys: Keys,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    nodes: usize,
    /// What aliases have added, and anchored values, which are kept twice.
    expanded: usize,
    documents: Vec<Node>,
}

type Done = Result<(), SyntaxError>;

/// All documents of a text.
pub(super) fn documents(text: &str, limits: Limits, keys: Keys) -> Result<Vec<Node>, SyntaxError> {
    let options = granit_parser::options! { emit_comments: false };
    let mut builder = Builder {
        text,
        limits,
        keys,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
        expanded: 0,
        documents: Vec::new(),
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| fault::from_parser(text, &error))?;
        builder.event(event, &span)?;
    }
    Ok(builder.documents)
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, at: &granit_parser::Span) -> Done {
        let span = span(at);
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.scalar(span, &text, style, anchor, tag.map(|tag| own(&tag, at)))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start(span, style, anchor, tag.map(|tag| own(&tag, at)), Inside::Sequence(Vec::new()))
            }
            Event::MappingStart(style, anchor, tag) => {
                let inside = Inside::Mapping { entries: Vec::new(), key: None };
                self.start(span, style, anchor, tag.map(|tag| own(&tag, at)), inside)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(id) => self.alias(span, id),
            Event::UnresolvedAlias(name) => Err(fault::unknown_alias(span, &name)),
            _ => Ok(()),
        }
    }

    fn count(&mut self, span: Span) -> Done {
        self.nodes += 1;
        if self.nodes > self.limits.nodes { Err(fault::too_many(span, self.limits.nodes)) } else { Ok(()) }
    }

    fn scalar(&mut self, at: Span, text: &str, style: ScalarStyle, anchor: usize, tag: Option<Tag>) -> Done {
        self.count(at)?;
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        // The parser writes `~` for a value that is not there.
        let text = if style == Style::Plain && at.is_empty() { "" } else { text };
        let block = matches!(style, Style::Literal | Style::Folded);
        // It also ends a block at the very end of the text with a line break that is not written.
        let unended = block && at.end == self.text.len() && !self.text.ends_with(['\n', '\r']);
        let text = if unended { text.strip_suffix('\n').unwrap_or(text) } else { text };
        let resolved = resolve::scalar(text, style, tag.as_ref().map(|tag| tag.name.as_str()))
            .ok_or_else(|| fault::unfit_for_tag(at, text, tag.as_ref()))?;
        let span = if block { self.without_space(at) } else { at };
        let kind = NodeKind::Scalar(Scalar { text: text.to_owned(), style, resolved });
        self.place(Node { span, tag, kind }, anchor)
    }

    /// A block scalar's bytes without the line breaks behind it.
    fn without_space(&self, span: Span) -> Span {
        Span::new(span.start, span.start + span.slice(self.text).trim_end().len())
    }

    fn start(&mut self, span: Span, style: StructureStyle, anchor: usize, tag: Option<Tag>, inside: Inside) -> Done {
        self.count(span)?;
        if self.open.len() >= self.limits.depth {
            return Err(fault::too_deep(span, self.limits.depth));
        }
        let flow = style == StructureStyle::Flow;
        let span = if flow { span } else { Span::at(self.dash(span.start, &inside)) };
        self.open.push(Open { span, flow, anchor, tag, inside });
        Ok(())
    }

    /// Where a block collection starts: the parser tells the first item of a list that is not indented, not its dash.
    fn dash(&self, start: usize, inside: &Inside) -> usize {
        let (before, behind) = self.text.split_at_checked(start).unwrap_or_default();
        let before = before.trim_end_matches(' ');
        let at_dash =
            behind.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        let sequence = matches!(inside, Inside::Sequence(_));
        if sequence && !at_dash && before.ends_with('-') { before.len() - 1 } else { start }
    }

    fn end(&mut self, end: Span) -> Done {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let Open { mut span, flow, anchor, tag, inside } = open;
        if flow {
            span = span.to(end);
        }
        let kind = match inside {
            Inside::Sequence(items) => NodeKind::Sequence(items),
            Inside::Mapping { entries, .. } => {
                let merged = merge::mapping(entries, self.limits.expanded.saturating_sub(self.expanded), self.keys)?;
                self.expand(span, merged.added)?;
                NodeKind::Mapping(merged.entries)
            }
        };
        self.place(Node { span, tag, kind }, anchor)
    }

    fn alias(&mut self, span: Span, id: usize) -> Done {
        let Some(target) = self.anchors.get(&id) else {
            return Err(fault::alias_inside_itself(span, span.slice(self.text)));
        };
        if self.open.len() + target.depth > self.limits.depth {
            return Err(fault::too_deep(span, self.limits.depth));
        }
        let size = target.size;
        self.expand(span, size)?;
        let Some(target) = self.anchors.get(&id) else { return Ok(()) };
        self.place(Node { span, ..target.node.clone() }, 0)
    }

    fn expand(&mut self, span: Span, count: usize) -> Done {
        self.expanded += count;
        if self.expanded > self.limits.expanded { Err(fault::too_expanded(span, self.limits.expanded)) } else { Ok(()) }
    }

    /// Puts a complete node where it belongs.
    fn place(&mut self, node: Node, anchor: usize) -> Done {
        if anchor != 0 {
            let (size, depth) = (node.size(), node.depth());
            self.expand(node.span, size)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        if !open.flow {
            open.span = open.span.to(node.span);
        }
        match &mut open.inside {
            Inside::Sequence(items) => items.push(node),
            Inside::Mapping { entries, key } => match key.take() {
                Some(key) => entries.push(Entry { key, value: node }),
                None if node.as_scalar().is_some() => *key = Some(node),
                None => return Err(fault::key_is_collection(&node)),
            },
        }
        Ok(())
    }
}

fn own(tag: &granit_parser::Tag, at: &granit_parser::Span) -> Tag {
    let (handle, suffix) = tag.parts();
    let place = at.tag_span().map_or_else(|| Span::at(span(at).start), |tag| span(&tag));
    Tag { name: format!("{handle}{suffix}"), span: place }
}

fn span(at: &granit_parser::Span) -> Span {
    at.byte_range().map_or(Span::at(0), |range| Span::new(range.start, range.end))
}
