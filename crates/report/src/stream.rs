//! Formats that are written finding by finding, before the last one is known.

use std::io;

use finding::Finding;

use crate::model::Options;
use crate::style::Paint;
use crate::tally::Tally;
use crate::{Format, concise, jsonl};

/// Writes findings as they come, in the order they come.
#[derive(Debug, Clone)]
pub struct Stream {
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Concise(Paint),
    Jsonl(jsonl::Line),
}

impl Stream {
    /// `None` for a format that needs the whole document: see [`Format::streams`].
    #[must_use]
    pub fn new(format: Format, color: bool) -> Option<Self> {
        let kind = match format {
            Format::Concise => Kind::Concise(Paint::new(color)),
            Format::Jsonl => Kind::Jsonl(jsonl::Line::default()),
            _ => return None,
        };
        Some(Self { kind })
    }

    /// Writes one finding.
    ///
    /// # Errors
    /// Whatever the writer answers.
    pub fn finding(&mut self, finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
        match &mut self.kind {
            Kind::Concise(paint) => concise::write_finding(finding, *paint, out),
            Kind::Jsonl(line) => line.write(finding, out),
        }
    }

    /// Writes what comes after the last finding.
    ///
    /// # Errors
    /// Whatever the writer answers.
    pub fn finish(&self, options: &Options, tally: &Tally, out: &mut dyn io::Write) -> io::Result<()> {
        match self.kind {
            Kind::Concise(_) => writeln!(out, "{}", options.last_line(tally)),
            Kind::Jsonl(_) => Ok(()),
        }
    }
}
