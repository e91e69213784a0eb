//! One file per output format: what was judged, written for a person, a build system or another program.
//!
//! Everything here is pure: it takes a [`Report`] and a writer, and asks neither the clock nor the environment.

pub mod asff;
mod aws;
mod concise;
mod csv;
mod escape;
mod format;
mod github;
mod gitlab;
mod html;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod model;
mod ocsf;
mod order;
mod place;
mod pretty;
mod sarif;
mod stream;
mod style;
mod table;
mod tally;
mod text;

use std::io;

pub use escape::terminal as escape_terminal;
pub use format::Format;
pub use model::{Coverage, Fix, Options, Report, Rule};
pub use stream::Stream;
pub use tally::{Counts, Group, GroupBy, MAX_GROUPS, Slot, Subject, Tally};

/// Writes the whole report in one format.
///
/// # Errors
/// Whatever the writer answers.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Pretty => pretty::write(report, out),
        Format::Concise => concise::write(report, out),
        Format::Json => json::write(report.document, out),
        Format::Jsonl => jsonl::write(report.document, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Asff => asff::write(report, out),
        Format::Ocsf => ocsf::write(report, out),
        Format::Csv => csv::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
    }
}
