//! Lints: what is wrong with a key policy, each with its page, its examples and its check in one file.
//!
//! A lint is one [`Lint`]; [`ALL`] lists them in the order of their ids. A lint reads what is written through a [`Case`], and says what it
//! found to a [`Report`]. Nothing here decides who may do what: that is `decide` and `prove`.

use finding::Severity;
use source::Span;

use crate::context::Context;
use crate::policy::{Policy, Statement};

pub mod bounds;
mod case;
mod rules;
mod words;

pub use case::{Case, Facts};
pub use rules::ALL;

/// One lint.
#[derive(Debug, Clone, Copy)]
pub struct Lint {
    /// `KP001`.
    pub id: &'static str,
    /// What it is called: `malformed-action`.
    pub name: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// What the default profile makes of it, where that is less.
    pub relaxed: Option<Severity>,
    /// How sure a finding is.
    pub confidence: Confidence,
    /// In one line.
    pub title: &'static str,
    /// Why it matters and what to do, in Markdown.
    pub page: &'static str,
    /// Policies that it is about; `«…»` marks what it points at.
    pub bad: &'static [Example],
    /// Policies that are right.
    pub good: &'static [Example],
    /// Policies that look wrong and are not.
    pub near: &'static [Example],
    /// Looks for it.
    pub check: fn(&Case<'_>, &mut Report<'_>),
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It may be meant.
    Possible,
    /// It is seldom meant.
    Likely,
    /// It follows from what is written.
    Certain,
}

/// A policy in the documentation of a lint, which its test reads too.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The policy, with marks.
    pub policy: &'static str,
    /// What is known beside it.
    pub with: fn(&mut Context),
}

/// An example of which nothing else is known.
pub const fn example(policy: &'static str) -> Example {
    Example { policy, with: |_| {} }
}

/// An example of which something else is known.
pub const fn example_with(policy: &'static str, with: fn(&mut Context)) -> Example {
    Example { policy, with }
}

/// How strict to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Nothing above INFO on what AWS and the operating procedure recommend.
    #[default]
    Default,
    /// Everything at its own severity.
    Strict,
}

/// Something that a lint found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Which lint.
    pub id: &'static str,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is wrong, naming the thing.
    pub message: String,
    /// What to do.
    pub help: String,
    /// The bytes that it is about.
    pub span: Span,
    /// The position of the statement, from 0.
    pub statement: Option<usize>,
    /// What would mend it.
    pub fix: Option<Fix>,
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether it changes nothing of who may do what.
    pub safe: bool,
    /// What stands instead of what; places do not overlap.
    pub edits: Vec<(Span, String)>,
}

/// Collects what one lint finds.
#[derive(Debug)]
pub struct Report<'r> {
    lint: &'r Lint,
    profile: Profile,
    found: &'r mut Vec<Found>,
}

impl Report<'_> {
    /// Something found, at the severity of the lint.
    pub fn add(&mut self, at: (Span, Option<&Statement>), message: impl Into<String>, help: impl Into<String>) {
        self.add_as(self.lint.severity, at, message, help);
    }

    /// Something found, at another severity.
    pub fn add_as(
        &mut self,
        severity: Severity,
        (span, statement): (Span, Option<&Statement>),
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let severity = match (self.profile, self.lint.relaxed) {
            (Profile::Default, Some(relaxed)) => severity.min(relaxed),
            _ => severity,
        };
        self.found.push(Found {
            id: self.lint.id,
            severity,
            confidence: self.lint.confidence,
            message: message.into(),
            help: help.into(),
            span,
            statement: statement.map(|it| it.index),
            fix: None,
        });
    }

    /// Adds a change to what was found last.
    pub fn fix(&mut self, safe: bool, edits: Vec<(Span, String)>) {
        if let Some(last) = self.found.last_mut() {
            last.fix = Some(Fix { safe, edits });
        }
    }
}

/// Everything that the lints find in a policy, by place.
pub fn run(text: &str, policy: &Policy, context: &Context, profile: Profile) -> Vec<Found> {
    found_by(ALL.iter(), &Case::new(text, policy, context), profile)
}

/// What one lint finds in a policy, by place.
pub fn run_one(id: &str, text: &str, policy: &Policy, context: &Context) -> Vec<Found> {
    found_by(ALL.iter().filter(|lint| lint.id == id), &Case::new(text, policy, context), Profile::Strict)
}

/// The grants that give too much, by id, each with the first reason.
pub fn risky_grants(context: &Context) -> Vec<(String, String)> {
    rules::risky_grants(context)
}

fn found_by<'l>(lints: impl Iterator<Item = &'l Lint>, case: &Case<'_>, profile: Profile) -> Vec<Found> {
    let mut found = Vec::new();
    for lint in lints {
        (lint.check)(case, &mut Report { lint, profile, found: &mut found });
    }
    found.sort_by(|a, b| {
        (a.span.start, a.span.end, a.id, &a.message).cmp(&(b.span.start, b.span.end, b.id, &b.message))
    });
    found.dedup();
    found
}

/// The text after all the fixes, or after the safe ones; where two overlap the first one counts.
pub fn fixed(text: &str, found: &[Found], unsafe_too: bool) -> String {
    let mut edits: Vec<&(Span, String)> = found
        .iter()
        .filter_map(|it| it.fix.as_ref())
        .filter(|fix| fix.safe || unsafe_too)
        .flat_map(|fix| &fix.edits)
        .collect();
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let mut made = String::with_capacity(text.len());
    let mut done = 0;
    for (span, instead) in edits {
        if span.start < done {
            continue;
        }
        made.push_str(text.get(done..span.start).unwrap_or_default());
        made.push_str(instead);
        done = span.end;
    }
    made.push_str(text.get(done..).unwrap_or_default());
    made
}
