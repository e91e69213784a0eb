//! `jsonl`: one finding of the document a line.

use std::io;

use finding::{Document, Finding};

/// Writes every finding of the document.
pub(crate) fn write(document: &Document, out: &mut dyn io::Write) -> io::Result<()> {
    document.findings.iter().try_for_each(|finding| write_finding(finding, out))
}

/// Writes one line.
pub(crate) fn write_finding(finding: &Finding, out: &mut dyn io::Write) -> io::Result<()> {
    crate::json::compact(finding, out)
}
