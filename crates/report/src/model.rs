//! What a report is made from: the document, the rules behind it, the counts, and how it is to look.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use finding::{Document, Finding, Severity, Status};
use jiff::Timestamp;

use crate::tally::{GroupBy, Tally};

/// Everything a format may show.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The findings, in total order.
    pub document: &'a Document,
    /// The detections that ran, in the order they are to be listed.
    pub rules: &'a [Rule],
    /// The counts, of everything judged.
    pub tally: &'a Tally,
    /// How it is to look.
    pub options: &'a Options,
}

impl Report<'_> {
    /// The rule behind a finding.
    #[must_use]
    pub fn rule(&self, finding: &Finding) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == finding.detection_id)
    }

    /// FAIL and UNKNOWN, the worst first: for formats whose readers see only the beginning of a long report.
    pub(crate) fn worst_first(&self) -> Vec<&Finding> {
        let asking = |finding: &&Finding| matches!(finding.status, Status::Fail | Status::Unknown);
        let mut findings: Vec<_> = self.document.findings.iter().filter(asking).collect();
        findings.sort_by_key(|finding| (finding.status, Reverse(finding.severity)));
        findings
    }
}

/// How a report is to look, and what it has to admit.
#[derive(Debug, Clone)]
pub struct Options {
    /// Use colour (pretty and concise).
    pub color: bool,
    /// Columns of the terminal (pretty).
    pub width: u16,
    /// Put findings under headings (pretty, markdown).
    pub group_by: Option<GroupBy>,
    /// Findings at or above it fail the run; `None` for `--fail-on none`.
    pub fail_on: Option<Severity>,
    /// When the facts were collected: the snapshot's clock, never the machine's.
    pub generated_at: Timestamp,
    /// How much of what was asked for was judged.
    pub coverage: Coverage,
    /// What was judged, in a few words, for titles: `examples/acme`.
    pub subject: String,
    /// The texts of files that findings point into, by the file's name as in their locations (pretty).
    pub sources: BTreeMap<String, String>,
}

/// How much of what was asked for was judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Resources whose every verdict is known.
    pub judged: u64,
    /// Resources there are.
    pub total: u64,
    /// What is counted, in the plural: `keys`.
    pub unit: String,
    /// Facts that could not be read.
    pub unknown_facts: u64,
    /// Those of them that were expected.
    pub expected_facts: u64,
    /// Errors that hide resources, nobody knows how many: of accounts and regions that could not be listed.
    pub hidden: u64,
}

/// A detection, as far as a report shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// `AWS.KMS.RotationEnabled`.
    pub id: String,
    /// The display name.
    pub name: String,
    /// One sentence: what it checks.
    pub summary: String,
    /// What it checks and when, whole; plain text.
    pub description: String,
    /// Why a violation matters; plain text, one paragraph.
    pub risk: String,
    /// How bad a violation is, after overrides.
    pub severity: Option<Severity>,
    /// Free tags.
    pub tags: Vec<String>,
    /// `KMS.4`, `CIS-1.2.0/2.8` …
    pub controls: Vec<String>,
    /// `TA0006:T1552` …
    pub attack: Vec<String>,
    /// A page to read on; empty where there is none.
    pub reference: String,
    /// How to repair it, one way a tool.
    pub fixes: Vec<Fix>,
}

/// One way to repair what a rule found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fix {
    /// `Console`, `AWS CLI`, `CloudFormation`, `Terraform`.
    pub with: String,
    /// The steps or the code; shown as it stands.
    pub text: String,
}

impl Options {
    /// The last line of `pretty` and `concise`.
    ///
    /// Findings are FAIL verdicts here, of everything judged, whatever the document holds.
    #[must_use]
    pub fn last_line(&self, tally: &Tally) -> String {
        let below = match self.fail_on {
            Some(severity) => {
                let count = tally.failing_below(severity);
                let name = severity.name().to_ascii_lowercase();
                format!("{} below --fail-on {name}", crate::text::counted(count, "finding", "findings"))
            }
            None => {
                let count = tally.total().fail;
                format!("{} (--fail-on none)", crate::text::counted(count, "finding", "findings"))
            }
        };
        format!("{below}; {}; {}", self.coverage.facts(), self.coverage.sentence())
    }
}

impl Coverage {
    /// `99.2 % of 61,340 keys judged`; `at most` so many where more keys may be there than are known of.
    #[must_use]
    pub fn sentence(&self) -> String {
        let unit = crate::text::line(&self.unit);
        let total = crate::text::number(self.total);
        match crate::text::percent(self.judged, self.total) {
            Some(percent) if self.hidden > 0 => format!("at most {percent} of {total} {unit} judged"),
            Some(percent) => format!("{percent} of {total} {unit} judged"),
            None => format!("no {unit} to judge"),
        }
    }

    /// `3 facts could not be read, 2 of them expected`.
    #[must_use]
    pub fn facts(&self) -> String {
        let facts = crate::text::counted(self.unknown_facts, "fact", "facts");
        match self.expected_facts {
            0 => format!("{facts} could not be read"),
            all if all == self.unknown_facts => format!("{facts} could not be read, as expected"),
            some => format!("{facts} could not be read, {} of them expected", crate::text::number(some)),
        }
    }
}
