//! Letters as Atlassian Document Format, for Jira Cloud: a typed document, in which text is never markup.

use serde::Serialize;
use serde_json::Value;

use super::fit::fit;
use super::{Block, Letter, clean};

/// A node of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Node {
    Heading { attrs: Level, content: Vec<Inline> },
    Paragraph { content: Vec<Inline> },
    BulletList { content: Vec<Item> },
    CodeBlock { content: Vec<Inline> },
    Table { content: Vec<Row> },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Level {
    level: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Inline {
    /// Its text is never empty.
    Text {
        text: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        marks: Vec<Mark>,
    },
    HardBreak,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Mark {
    Link { attrs: Target },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Target {
    href: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "listItem")]
struct Item {
    content: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "tableRow")]
struct Row {
    content: Vec<Cell>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum Cell {
    TableHeader { content: Vec<Node> },
    TableCell { content: Vec<Node> },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename = "doc")]
struct Document {
    version: u8,
    content: Vec<Node>,
}

/// The body of a letter as a document whose JSON has at most so many characters: what Jira counts is not documented, and this is
/// the most it can be.
#[must_use]
pub fn document(letter: &Letter, most: usize) -> Value {
    let empty = Document { version: 1, content: Vec::new() };
    let left = most.saturating_sub(length(&empty));
    // A comma after each.
    let content = fit(&letter.body, left, node, |node| length(node) + 1);
    serde_json::to_value(Document { version: 1, content }).unwrap_or_default()
}

fn length<T: Serialize>(part: &T) -> usize {
    serde_json::to_string(part).map_or(usize::MAX, |text| text.chars().count())
}

fn node(block: &Block) -> Node {
    match block {
        Block::Heading(text) => Node::Heading { attrs: Level { level: 3 }, content: line(text) },
        Block::Paragraph(text) => paragraph(text),
        Block::Facts(facts) => {
            let row = |(name, value): &(String, String)| Row {
                content: vec![
                    Cell::TableHeader { content: vec![Node::Paragraph { content: line(name) }] },
                    Cell::TableCell { content: vec![paragraph(value)] },
                ],
            };
            // A table without rows, a list without items are refused.
            if facts.is_empty() { paragraph("") } else { Node::Table { content: facts.iter().map(row).collect() } }
        }
        Block::List(items) => {
            let item = |item: &String| Item { content: vec![paragraph(item)] };
            if items.is_empty() {
                paragraph("")
            } else {
                Node::BulletList { content: items.iter().map(item).collect() }
            }
        }
        Block::Code(code) => Node::CodeBlock { content: text(clean::lines(code).trim_end_matches('\n'), Vec::new()) },
        Block::Link { text: shown, address } => match clean::address(address) {
            Some(href) => {
                let shown = if shown.trim().is_empty() { &href } else { shown };
                let marks = vec![Mark::Link { attrs: Target { href: href.clone() } }];
                Node::Paragraph { content: text(&clean::line(shown), marks) }
            }
            None => Node::Paragraph { content: line(&format!("{shown}: {address}")) },
        },
    }
}

fn paragraph(words: &str) -> Node {
    let words = clean::lines(words);
    let mut content = Vec::new();
    for (place, line) in words.trim_end().split('\n').enumerate() {
        if place > 0 {
            content.push(Inline::HardBreak);
        }
        content.extend(text(line, Vec::new()));
    }
    Node::Paragraph { content }
}

fn line(words: &str) -> Vec<Inline> {
    text(&clean::line(words), Vec::new())
}

fn text(words: &str, marks: Vec<Mark>) -> Vec<Inline> {
    if words.is_empty() { Vec::new() } else { vec![Inline::Text { text: words.to_owned(), marks }] }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::samples;
    use super::*;

    #[test]
    fn a_letter_is_a_document() {
        let text = |text: &str| json!({ "type": "text", "text": text });
        let paragraph = |content: Value| json!({ "type": "paragraph", "content": content });
        let row = |name: &str, value: Value| {
            json!({ "type": "tableRow", "content": [
                { "type": "tableHeader", "content": [paragraph(json!([text(name)]))] },
                { "type": "tableCell", "content": [paragraph(value)] },
            ] })
        };
        let expected = json!({ "type": "doc", "version": 1, "content": [
            { "type": "heading", "attrs": { "level": 3 }, "content": [text("What happened")] },
            paragraph(json!([text("The key will be deleted."), { "type": "hardBreak" }, text("Nobody can undo that.")])),
            { "type": "table", "content": [
                row("Key", json!([text("arn:aws:kms:eu-north-1:111111111111:key/abc")])),
                row("Policy", json!([text("a"), { "type": "hardBreak" }, text("b")])),
            ] },
            { "type": "bulletList", "content": [
                { "type": "listItem", "content": [paragraph(json!([text("one")]))] },
                { "type": "listItem", "content": [paragraph(json!([text("two")]))] },
            ] },
            { "type": "codeBlock", "content": [text("{\n  \"a\": 1\n}")] },
            paragraph(json!([{ "type": "text", "text": "The finding", "marks": [
                { "type": "link", "attrs": { "href": "https://keyreeve.example/findings/1" } }] }])),
            paragraph(json!([text("Not a link: javascript:alert(1)")])),
        ] });
        assert_eq!(document(&samples::letter(), 32_767), expected);
    }

    /// All texts of a document, and the types of all its nodes and marks.
    fn walk(node: &Value, texts: &mut Vec<String>, types: &mut Vec<String>) {
        texts.extend(node["text"].as_str().map(str::to_owned));
        types.extend(node["type"].as_str().map(str::to_owned));
        for part in node["content"].as_array().into_iter().chain(node["marks"].as_array()).flatten() {
            walk(part, texts, types);
        }
    }

    const KNOWN: [&str; 14] = [
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
        "link",
        "",
    ];

    fn check(letter: &Letter, most: usize) {
        let document = document(letter, most);
        assert!(document.to_string().chars().count() <= most);
        let (mut texts, mut types) = (Vec::new(), Vec::new());
        walk(&document, &mut texts, &mut types);
        assert!(texts.iter().all(|text| !text.is_empty()));
        assert!(types.iter().all(|kind| KNOWN.contains(&kind.as_str())), "{types:?}");
        assert!(types.iter().filter(|kind| *kind == "link").count() <= 2);
    }

    #[test]
    fn hostile_text_is_text() {
        for hostile in samples::HOSTILE {
            check(&samples::everywhere(hostile), 32_767);
        }
        check(&samples::everywhere(""), 32_767);
        check(&Letter { title: String::new(), body: vec![Block::Facts(Vec::new()), Block::List(Vec::new())] }, 32_767);
    }

    proptest! {
        #[test]
        fn a_document_is_valid_and_never_too_long(text in any::<String>(), times in 1_usize..200, most in 500_usize..40_000) {
            check(&samples::everywhere(&text.repeat(times)), most);
        }
    }
}
