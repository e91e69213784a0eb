//! Reading single policies and requests, with errors that name file, line and column, and showing statements.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use keypolicy::decide::Place;
use keypolicy::policy::READ_LIMIT;
use keypolicy::setting::Origin;
use keypolicy::{Policy, Request, Setting};
use serde_json::{Value, json};
use source::{LineIndex, Span, SyntaxError};

use super::input;
use crate::cli::{PolicyContext, Terminal};
use crate::config::Loaded;
use crate::{disk, output};

/// A text with its name.
pub struct Text {
    /// The file, as the user named it.
    pub name: String,
    /// What it holds.
    pub text: String,
    lines: LineIndex,
}

impl Text {
    /// A file, or standard input where it is `-`; at most as much as a policy may hold, eight times over.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        const MOST: u64 = 8 * READ_LIMIT as u64;
        let name = disk::shown(path);
        let mut bytes = Vec::new();
        let read = match path == Path::new("-") {
            true => io::stdin().take(MOST + 1).read_to_end(&mut bytes),
            false => fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)),
        };
        read.with_context(|| format!("reading {name}"))?;
        if bytes.len() as u64 > MOST {
            bail!("{name} has more than {MOST} bytes");
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            anyhow!("{name}: byte {} is not UTF-8: save the file as UTF-8", error.utf8_error().valid_up_to())
        })?;
        let lines = LineIndex::new(&text);
        Ok(Self { name, text, lines })
    }

    /// `file:line:column`.
    pub fn place(&self, span: Span) -> String {
        let position = self.lines.position(span.start);
        format!("{}:{}:{}", self.name, position.line, position.column)
    }

    /// An error with its place and remedy.
    pub fn error(&self, error: &SyntaxError) -> anyhow::Error {
        let help = error.help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default();
        anyhow!("{}: {}{help}", self.place(error.span), error.message)
    }

    /// Its tree.
    pub fn tree(&self) -> anyhow::Result<source::Node> {
        let parsed = source::json::parse(&self.text).or_else(|error| match source::yaml::parse(&self.text) {
            Ok(node) if node.as_mapping().is_some() || node.as_sequence().is_some() => Ok(node),
            _ => Err(error),
        });
        parsed.map_err(|error| self.error(&error))
    }
}

/// A policy with its text.
pub struct Read {
    /// The text.
    pub text: Text,
    /// What it says.
    pub policy: Policy,
}

impl Read {
    /// Reads a policy, and says on standard error what in it does not follow the grammar.
    pub fn policy(path: &Path, terminal: &Terminal) -> anyhow::Result<Self> {
        let text = Text::read(path)?;
        let policy = keypolicy::parse(&text.text).map_err(|error| text.error(&error))?;
        for fault in &policy.faults {
            output::remark(terminal, &format!("{}: {}", text.place(fault.span), fault.message));
        }
        Ok(Self { text, policy })
    }

    /// A statement in words: `statement 2 "Allow use of the key" (policy.json:14:5)`.
    pub fn statement(&self, index: usize) -> String {
        let Some(statement) = self.policy.statements.get(index) else { return format!("statement {}", index + 1) };
        let sid = statement.sid.as_ref().map(|sid| format!(" \"{}\"", sid.raw)).unwrap_or_default();
        format!("statement {}{sid} ({})", index + 1, self.text.place(statement.span))
    }

    /// A statement for machines.
    pub fn statement_json(&self, index: usize) -> Value {
        let statement = self.policy.statements.get(index);
        let position = statement.map(|statement| self.text.lines.position(statement.span.start));
        json!({
            "index": index,
            "sid": statement.and_then(|it| it.sid.as_ref()).map(|sid| sid.raw.as_str()),
            "file": self.text.name,
            "line": position.map(|it| it.line),
            "column": position.map(|it| it.column),
        })
    }
}

/// A request, as the command line takes it.
pub fn request(path: &Path) -> anyhow::Result<Request> {
    let text = Text::read(path)?;
    let tree = text.tree()?;
    Request::read(&tree).map_err(|error| text.error(&error))
}

/// What is known beside the policies: what was said, and what they show; the first policy that shows it counts.
pub fn setting(about: &PolicyContext, loaded: &Loaded, policies: &[&Policy]) -> anyhow::Result<Setting> {
    let setting = input::context(about, loaded)?.key;
    Ok(policies.iter().fold(setting, |setting, policy| setting.completed(policy)))
}

/// Says how the account came to be known, where nobody said it.
pub fn account_remark(setting: &Setting) -> Option<String> {
    let account = setting.account.as_deref()?;
    match setting.account_origin {
        Origin::Given => None,
        Origin::Policy => Some(format!(
            "the key is taken to be in account {account}, whose root the policy gives kms:PutKeyPolicy (--account says otherwise)"
        )),
        Origin::Symbol => {
            Some(format!("${{AWS::AccountId}} is shown as {account}, an account that the policy does not mention"))
        }
    }
}

/// Where a permission comes from, in words.
pub fn place(place: Place, policy: &Read, ram: Option<&Read>) -> String {
    match (place, ram) {
        (Place::Policy(index), _) => policy.statement(index),
        (Place::Ram(index), Some(ram)) => format!("{} of AWS_RAM", ram.statement(index)),
        (Place::Ram(index), None) => format!("statement {} of AWS_RAM", index + 1),
        (Place::Grant(index), _) => format!("grant {}", index + 1),
    }
}

/// Indented JSON for a page, safe for a terminal.
pub fn shown(value: &Value, indent: &str) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.lines().map(|line| format!("{indent}{}\n", report::escape_terminal(line))).collect()
}
