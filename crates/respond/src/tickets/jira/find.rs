//! Finds issues by their label, in all projects.

use reqwest::Url;
use serde_json::{Value, json};

use super::{Dialect, Jira};
use crate::failure::Failure;
use crate::http::Call;
use crate::ports::{Mark, Seen};

/// The most pages of a search: a mark is on one issue, or on very few.
const MAX_PAGES: usize = 50;

/// How many issues a page has at most.
const PAGE: usize = 50;

impl Jira {
    pub(super) async fn search(&self, mark: &Mark) -> Result<Vec<Seen>, Failure> {
        let mark = super::super::plain(mark)?;
        let jql = format!("labels = {} ORDER BY created ASC", quoted(mark));
        let mut asked = json!({ "jql": jql, "fields": ["status", "labels", "created"], "maxResults": PAGE });
        let url = match self.options.dialect {
            Dialect::Cloud => self.at(&["search", "jql"])?,
            Dialect::DataCenter => self.at(&["search"])?,
        };
        let mut found: Vec<(String, u64, Seen)> = Vec::new();
        for _ in 0..MAX_PAGES {
            let (issues, next) = self.page(&url, &asked).await?;
            for issue in &issues {
                let labels = issue["fields"]["labels"].as_array().into_iter().flatten();
                // Whatever the query was taken for: only what has the label counts.
                if !labels.into_iter().any(|label| label == mark) {
                    continue;
                }
                let seen = self
                    .seen(issue)
                    .ok_or_else(|| Failure::later("searching for issues: one has no id, key or status", None))?;
                let created = issue["fields"]["created"].as_str().unwrap_or_default().to_owned();
                found.push((created, seen.external.id.parse().unwrap_or(u64::MAX), seen));
            }
            let Some((name, value)) = next else {
                found.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
                found.dedup_by(|one, other| one.2.external.id == other.2.external.id);
                return Ok(found.into_iter().map(|(_, _, seen)| seen).collect());
            };
            asked[name] = value;
        }
        Err(Failure::later(format!("searching for issues with label {mark}: the list does not end"), None))
    }

    /// A page of issues, and what the next is asked for with.
    async fn page(&self, url: &Url, asked: &Value) -> Result<(Vec<Value>, Option<(&'static str, Value)>), Failure> {
        let answer = self.call(Call::ask(url.clone()).json(asked)).await?.accepted()?;
        let mut page = answer.json()?;
        let Some(Value::Array(issues)) = page.get_mut("issues").map(Value::take) else {
            return Err(answer.lacks("list of issues"));
        };
        let next = match self.options.dialect {
            Dialect::Cloud => {
                let is_last = page["isLast"] == true || page["nextPageToken"].is_null();
                (!is_last).then(|| ("nextPageToken", page["nextPageToken"].clone()))
            }
            Dialect::DataCenter => {
                let start = asked["startAt"].as_u64().unwrap_or(0) + issues.len() as u64;
                let total = page["total"].as_u64().ok_or_else(|| answer.lacks("total"))?;
                (start < total && !issues.is_empty()).then(|| ("startAt", start.into()))
            }
        };
        Ok((issues, next))
    }
}

/// A text as JQL takes it, whatever is in it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn nothing_ends_a_quoted_text_early() {
        assert_eq!(quoted("x\" OR project = SEC OR labels = \"\\"), "\"x\\\" OR project = SEC OR labels = \\\"\\\\\"");
    }
}
