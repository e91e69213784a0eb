//! Comments: each ends with its mark, by which it is found again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Dialect, Jira, MAX_TEXT};
use crate::failure::Failure;
use crate::letter::{Block, Letter};
use crate::ports::External;

/// How many comments are read at a time, and how often: the newest come first where Jira can do that.
const PAGE: usize = 100;
const MAX_PAGES: usize = 50;

impl Jira {
    /// Adds a comment.
    pub(super) async fn say(&self, external: &External, mark: &str, letter: &Letter) -> Result<(), Failure> {
        let url = self.at_issue(&external.id, &["comment"])?;
        self.change(Method::POST, url, &json!({ "body": self.words(mark, letter) })).await?;
        Ok(())
    }

    fn words(&self, mark: &str, letter: &Letter) -> Value {
        let mut body = Vec::with_capacity(letter.body.len() + 2);
        if !letter.title.trim().is_empty() {
            body.push(Block::Heading(letter.title.clone()));
        }
        body.extend(letter.body.iter().cloned());
        let letter = Letter { title: String::new(), body };
        let last = format!("Reference: {mark}");
        match self.options.dialect {
            Dialect::Cloud => {
                let mut document = self.rendered(&letter, MAX_TEXT - 400);
                if let Some(content) = document["content"].as_array_mut() {
                    content.push(json!({ "type": "paragraph", "content": [{ "type": "text", "text": last }] }));
                }
                document
            }
            // A mark has no character that means anything where it stands within a word.
            Dialect::DataCenter => match self.rendered(&letter, MAX_TEXT - 400) {
                Value::String(text) => format!("{text}\n\n{last}").into(),
                other => other,
            },
        }
    }

    /// Whether a comment with that mark is there.
    pub(super) async fn has_comment(&self, external: &External, mark: &str) -> Result<bool, Failure> {
        let mut start = 0_u64;
        for _ in 0..MAX_PAGES {
            let url = self.at_issue(&external.id, &["comment"])?;
            let (from, most) = (start.to_string(), PAGE.to_string());
            let query = [("startAt", from.as_str()), ("maxResults", most.as_str()), ("orderBy", "-created")];
            let page = self.get(url, &query).await?;
            let comments = page["comments"].as_array();
            let Some(comments) = comments else {
                return Err(Failure::later("reading comments: the answer has no list of them", None));
            };
            if comments.iter().any(|comment| says(&comment["body"], mark)) {
                return Ok(true);
            }
            start += comments.len() as u64;
            if comments.is_empty() || page["total"].as_u64().is_none_or(|total| start >= total) {
                return Ok(false);
            }
        }
        Err(Failure::later(format!("reading comments of {}: there are too many", external.name), None))
    }
}

/// Whether the mark stands in a text or a document.
fn says(body: &Value, mark: &str) -> bool {
    match body {
        Value::String(text) => text.contains(mark),
        Value::Array(parts) => parts.iter().any(|part| says(part, mark)),
        Value::Object(parts) => parts.values().any(|part| says(part, mark)),
        _ => false,
    }
}
