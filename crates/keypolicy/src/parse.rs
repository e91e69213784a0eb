//! From text to [`Policy`]: strict JSON, else YAML, so that what people paste (single quotes, trailing commas, `!Sub`) is read too.

use crate::policy::{Fault, FaultKind, Policy, READ_LIMIT, Spanned, Version};
use crate::text::Text;
use source::{Node, Span, SyntaxError};

mod intrinsic;
mod statement;

/// Reads a key policy. What does not follow the grammar of policies becomes [`Policy::faults`].
///
/// # Errors
/// Where the text is neither JSON nor YAML, is no mapping, or has more than [`READ_LIMIT`] bytes.
pub fn parse(text: &str) -> Result<Policy, SyntaxError> {
    policy_of(&tree(text)?, text.len())
}

/// As [`parse`], from bytes, which must be UTF-8.
///
/// # Errors
/// As [`parse`], and where the bytes are not UTF-8.
pub fn parse_bytes(bytes: &[u8]) -> Result<Policy, SyntaxError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(error) => {
            Err(SyntaxError::new(Span::at(error.valid_up_to()), "the policy is not UTF-8")
                .help("save the file as UTF-8"))
        }
    }
}

/// The policy that a tree holds: of a file, or of a place inside a template.
///
/// # Errors
/// Where the node is no mapping.
pub fn policy_of(root: &Node, size: usize) -> Result<Policy, SyntaxError> {
    let Some(entries) = root.as_mapping() else {
        return Err(SyntaxError::new(root.span, format!("a key policy is an object, this is {}", root.describe())));
    };
    let mut reader = Reader { faults: Vec::new(), statement: None };
    let mut policy =
        Policy { span: root.span, version: None, id: None, statements: Vec::new(), faults: Vec::new(), size };
    reader.repeated(entries);
    let mut seen_statements = false;
    for entry in entries {
        match entry.key.text().unwrap_or_default() {
            "Version" => policy.version = reader.version(&entry.value),
            "Id" => policy.id = reader.text(&entry.value, "Id"),
            "Statement" => {
                seen_statements = true;
                policy.statements.extend(statement::statements(&mut reader, &entry.value));
            }
            name => reader.unknown(name, entry.key.span, &["Version", "Id", "Statement"]),
        }
    }
    if !seen_statements {
        return Err(SyntaxError::new(root.span, "a key policy needs a `Statement`, and there is none here")
            .help("pass the policy itself: `aws kms get-key-policy --key-id … --query Policy --output text`"));
    }
    for (index, statement) in policy.statements.iter_mut().enumerate() {
        statement.index = index;
    }
    if policy.statements.is_empty() {
        reader.fault(FaultKind::Missing, root.span, "the policy has no statement".to_owned());
    }
    policy.faults = reader.faults;
    Ok(policy)
}

/// The tree of a text: as JSON, else as YAML. When it is neither, the error that lies further behind is the one that helps.
fn tree(text: &str) -> Result<Node, SyntaxError> {
    if text.len() > READ_LIMIT {
        let message = format!("the policy has {} bytes, more than the {READ_LIMIT} that are read", text.len());
        return Err(SyntaxError::new(Span::new(0, 0), message).help("AWS accepts 32,768 bytes"));
    }
    let json_limits = source::json::Limits { size: READ_LIMIT, depth: 32, nodes: 100_000 };
    let error = match source::json::parse_repeating(text, json_limits) {
        Ok(node) => return Ok(node),
        Err(error) => error,
    };
    let yaml_limits = source::yaml::Limits { size: READ_LIMIT, depth: 32, nodes: 100_000, expanded: 10_000 };
    match source::yaml::parse_repeating(text, yaml_limits) {
        // YAML takes almost any text for a string; then what JSON says is the better help.
        Ok(node) if node.as_mapping().is_some() => Ok(node),
        Ok(_) => Err(error),
        Err(other) if other.span.start > error.span.start => Err(other),
        Err(_) => Err(error),
    }
}

/// Collects what is wrong on the way.
struct Reader {
    faults: Vec<Fault>,
    statement: Option<usize>,
}

impl Reader {
    fn fault(&mut self, kind: FaultKind, span: Span, message: String) {
        self.faults.push(Fault { kind, message, span, statement: self.statement });
    }

    fn unknown(&mut self, name: &str, span: Span, known: &[&str]) {
        let hint = known.iter().find(|it| it.eq_ignore_ascii_case(name) || strsim::levenshtein(it, name) <= 2);
        let hint = hint.map(|it| format!(", did you mean `{it}`? names are case-sensitive")).unwrap_or_default();
        self.fault(FaultKind::Unknown, span, format!("no element is called `{name}`{hint}"));
    }

    /// Reports keys that stand twice in one object.
    fn repeated(&mut self, entries: &[source::Entry]) {
        let mut names: Vec<(&str, Span)> =
            entries.iter().map(|entry| (entry.key.text().unwrap_or_default(), entry.key.span)).collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            if let [(first, _), (second, span)] = pair
                && first == second
            {
                self.fault(FaultKind::Repeated, *span, format!("`{second}` stands here a second time"));
            }
        }
    }

    fn version(&mut self, node: &Node) -> Option<Spanned<Version>> {
        let version = match node.text() {
            Some("2012-10-17") => Version::V2012,
            Some("2008-10-17") => Version::V2008,
            _ => {
                let message = "`Version` must be `2012-10-17` (or the old `2008-10-17`)".to_owned();
                self.fault(FaultKind::WrongValue, node.span, message);
                Version::Unknown
            }
        };
        Some(Spanned::new(node.span, version))
    }

    /// A string, which an intrinsic function may make.
    fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        let text = intrinsic::text(node);
        if text.is_none() {
            self.fault(
                FaultKind::WrongValue,
                node.span,
                format!("`{what}` must be a string, this is {}", node.describe()),
            );
        }
        text
    }

    /// A string or a list of strings.
    fn texts(&mut self, node: &Node, what: &str) -> Vec<Text> {
        match node.as_sequence() {
            Some(items) if node.tag.is_none() => items.iter().filter_map(|item| self.text(item, what)).collect(),
            _ => self.text(node, what).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests;
