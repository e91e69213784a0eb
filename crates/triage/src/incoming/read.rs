//! A text of findings in whatever envelope: one, a list, a batch, an event, a document, lines.

use source::record::{Kind, Limits, Raw};

use super::fields::{Object, Path, Problem, described, offset_in};
use super::{Incoming, asff, ocsf, own};

/// The largest text, in bytes.
pub const MAX_TEXT: usize = 1 << 30;
/// The largest finding, in bytes: AWS takes 240 KB.
pub const MAX_FINDING: usize = 1 << 20;
/// The most findings of one text.
pub const MAX_FINDINGS: usize = 5_000_000;
/// How deep envelopes are opened: a list of events of batches.
const MAX_ENVELOPES: usize = 4;
/// How deep values nest.
const MAX_DEPTH: usize = 64;
/// Problems that are kept of one text; a text of which nothing can be read need not say so a million times.
const MAX_PROBLEMS: usize = 1_000;

/// What a text holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The findings, in the order of the text.
    pub findings: Vec<Incoming>,
    /// What could not be read; every other finding was.
    pub problems: Vec<Problem>,
}

/// Reads all findings of a text: ASFF (alone, in lists, in `{"Findings": […]}`, in EventBridge events), OCSF class 2003,
/// our own findings document, or any of them one a line.
#[must_use]
pub fn read(text: &[u8]) -> Batch {
    let mut batch = Batch::default();
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            batch.problem("", error.valid_up_to(), "the text is not UTF-8: save it as UTF-8");
            return batch;
        }
    };
    match Raw::parse(text, Limits { size: MAX_TEXT, depth: MAX_DEPTH }) {
        Ok(value) => batch.value(text, value, &Path::TOP, 0),
        Err(error) => match lines(text) {
            Some(values) => batch.lines(text, values),
            None if text.trim().is_empty() => batch.problem("", 0, "the text is empty: it holds no finding"),
            None => batch.problem("", error.span.start, &error.message),
        },
    }
    batch
}

/// The lines that are not blank, where the first is a whole object or list.
fn lines(text: &str) -> Option<impl Iterator<Item = (usize, &str)>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let (_, first) = lines.peek()?;
    let whole = first.trim_start().starts_with(['{', '[']) && parsed(first).is_ok();
    whole.then_some(lines)
}

fn parsed(line: &str) -> Result<Raw<'_>, source::SyntaxError> {
    Raw::parse(line, Limits { size: MAX_TEXT, depth: MAX_DEPTH })
}

impl Batch {
    fn problem(&mut self, path: &str, offset: usize, message: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { path: path.to_owned(), offset, message: message.to_owned() });
        }
    }

    fn lines<'t>(&mut self, text: &str, lines: impl Iterator<Item = (usize, &'t str)>) {
        for (_, line) in lines {
            match parsed(line) {
                Ok(value) => self.value(text, value, &Path::TOP, 0),
                Err(error) => self.problem("", offset_in(text, line) + error.span.start, &error.message),
            }
        }
    }

    fn value(&mut self, text: &str, value: Raw<'_>, path: &Path<'_>, depth: usize) {
        if depth > MAX_ENVELOPES {
            let message = format!("findings lie more than {MAX_ENVELOPES} envelopes deep");
            return self.problem(&path.text(), offset_in(text, value.text()), &message);
        }
        match value.kind() {
            Kind::Array => self.list(text, value, path, depth),
            Kind::Object => self.object(text, value, path, depth),
            other => {
                let message = format!("expected a finding, not {}", described(other));
                self.problem(&path.text(), offset_in(text, value.text()), &message);
            }
        }
    }

    fn list(&mut self, text: &str, list: Raw<'_>, path: &Path<'_>, depth: usize) {
        for (index, item) in list.elements().enumerate() {
            if self.findings.len() >= MAX_FINDINGS {
                let message = format!("more than {MAX_FINDINGS} findings in one text: split it");
                return self.problem(&path.text(), offset_in(text, item.text()), &message);
            }
            self.value(text, item, &path.index(index), depth + 1);
        }
    }

    fn object(&mut self, text: &str, value: Raw<'_>, path: &Path<'_>, depth: usize) {
        let object = match Object::new(value, *path) {
            Ok(object) => object,
            Err(bad) => return self.problems.push(bad.in_text(text)),
        };
        let list_of = |name: &str| object.get(name).filter(|list| list.kind() == Kind::Array);
        if let Some(list) = list_of("Findings") {
            return self.list(text, list, &path.name("Findings"), depth);
        }
        if let Some(list) = list_of("findings").filter(|_| object.get("fingerprint").is_none()) {
            return self.list(text, list, &path.name("findings"), depth);
        }
        if let Some(detail) = object.loose_object("detail") {
            return self.value(text, detail, &path.name("detail"), depth + 1);
        }
        if value.text().len() > MAX_FINDING {
            let message = format!("the finding has more than {MAX_FINDING} bytes");
            return self.problem(&path.text(), offset_in(text, value.text()), &message);
        }
        let read = if object.get("class_uid").is_some() {
            ocsf::read(&object, value)
        } else if object.get("detection_id").is_some() {
            own::read(&object, value)
        } else if ["SchemaVersion", "ProductArn", "AwsAccountId"].iter().any(|name| object.get(name).is_some()) {
            asff::read(&object, value)
        } else {
            Err(object.bad(
                "this is no finding: expected ASFF (`SchemaVersion`), OCSF (`class_uid`) or Keyreeve's (`detection_id`)",
            ))
        };
        match read {
            Ok(finding) => self.findings.push(finding),
            Err(_) if self.problems.len() >= MAX_PROBLEMS => {}
            Err(bad) => self.problems.push(bad.in_text(text)),
        }
    }
}
