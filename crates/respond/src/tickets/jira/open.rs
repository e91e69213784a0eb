//! Creates an issue. Fields that a project's screen lacks are left out, and what they would have said is written into the text.

use std::sync::PoisonError;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Dialect, Jira, MAX_SUMMARY, MAX_TEXT, named};
use crate::failure::Failure;
use crate::http::{Answer, Call};
use crate::letter::{Block, Letter, adf, text, wiki};
use crate::ports::{Draft, External};

/// What an issue can do without.
const DISPENSABLE: [&str; 2] = ["priority", "duedate"];

impl Jira {
    pub(super) async fn create(&self, draft: &Draft) -> Result<External, Failure> {
        let project = draft.project.as_deref().unwrap_or(&self.options.project);
        // A refusal names all fields at once; more rounds than fields cannot be needed.
        for _ in 0..=DISPENSABLE.len() {
            let fields = self.fields(draft, project)?;
            let call = Call::change(Method::POST, self.at(&["issue"])?).json(&json!({ "fields": fields }));
            let answer = self.call(call).await?;
            if answer.status.as_u16() == 400 && self.learn(project, &answer, &fields) {
                // It was certainly not created, so that it is not created twice.
                continue;
            }
            if !answer.status.is_success() {
                return Err(remedied(&answer, project));
            }
            let created = answer.json()?;
            let (id, key) = (created["id"].as_str(), created["key"].as_str());
            let (Some(id), Some(key)) = (id.filter(|id| super::is_name(id)), key) else {
                return Err(answer.lacks("id and key of the new issue"));
            };
            return Ok(self.external(id, key));
        }
        Err(Failure::never(format!("creating an issue in {project}: its fields are refused one after the other")))
    }

    /// All fields of the new issue.
    fn fields(&self, draft: &Draft, project: &str) -> Result<Map<String, Value>, Failure> {
        let mut labels = vec![super::super::plain(&draft.mark)?.to_owned()];
        for label in &draft.labels {
            let label: String =
                label.chars().map(|character| if is_plain(character) { character } else { '-' }).collect();
            if !label.is_empty() && !labels.contains(&label) {
                labels.push(label.chars().take(255).collect());
            }
        }
        let mut body = draft.letter.body.clone();
        let mut fields = Map::new();
        let mut give = |name: &str, what: &str, said: &str, value: Value| {
            if self.lacks(project, name) {
                body.push(Block::Paragraph(format!("{what}: {said} (this project has no field for it)")));
            } else {
                fields.insert(name.to_owned(), value);
            }
        };
        if let Some(priority) = self.options.priorities.get(&draft.severity) {
            give("priority", "Priority", priority, named(priority, "name"));
        }
        if let Some(due) = draft.due {
            let day = due.strftime("%Y-%m-%d").to_string();
            give("duedate", "Due", &day, day.as_str().into());
        }
        let summary = text::title(&draft.letter, MAX_SUMMARY);
        let summary = if summary.is_empty() { "Keyreeve".to_owned() } else { summary };
        let letter = Letter { title: String::new(), body };
        fields.insert("project".to_owned(), named(project, "key"));
        fields.insert("issuetype".to_owned(), named(&self.options.issue_type, "name"));
        fields.insert("summary".to_owned(), summary.into());
        fields.insert("description".to_owned(), self.rendered(&letter, MAX_TEXT));
        fields.insert("labels".to_owned(), labels.into());
        Ok(fields)
    }

    /// A letter's body as this Jira takes it.
    pub(super) fn rendered(&self, letter: &Letter, most: usize) -> Value {
        match self.options.dialect {
            Dialect::Cloud => adf::document(letter, most),
            Dialect::DataCenter => wiki::body(letter, most).into(),
        }
    }

    fn lacks(&self, project: &str, field: &str) -> bool {
        let off_screen = self.off_screen.lock().unwrap_or_else(PoisonError::into_inner);
        off_screen.contains(&(project.to_owned(), field.to_owned()))
    }

    /// Whether a refusal is only about fields that an issue can do without. They are not tried again in that project.
    fn learn(&self, project: &str, answer: &Answer, fields: &Map<String, Value>) -> bool {
        let refusal = answer.maybe_json();
        let Some(errors) = refusal["errors"].as_object().filter(|errors| !errors.is_empty()) else { return false };
        let has_sentences = refusal["errorMessages"].as_array().is_some_and(|sentences| !sentences.is_empty());
        let is_dispensable = |name: &String| DISPENSABLE.contains(&name.as_str()) && fields.contains_key(name);
        if has_sentences || !errors.keys().all(is_dispensable) {
            return false;
        }
        let mut off_screen = self.off_screen.lock().unwrap_or_else(PoisonError::into_inner);
        off_screen.extend(errors.keys().map(|name| (project.to_owned(), name.clone())));
        true
    }
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

/// The refusal, with what to do about it.
fn remedied(answer: &Answer, project: &str) -> Failure {
    let mut failure = answer.failure();
    let refusal = answer.maybe_json();
    let about = |field: &str| refusal["errors"].get(field).is_some();
    if about("labels") {
        failure.what.push_str(&format!(
            "; put the field Labels on the create screen of project {project}: tickets are found again by it"
        ));
    } else if about("project") {
        failure.what.push_str(&format!("; does project {project} exist, and may this user create issues in it?"));
    }
    failure
}
