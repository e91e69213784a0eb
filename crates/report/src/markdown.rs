//! `markdown`: a comment for a pull request, never longer than GitHub and GitLab take.

use std::io;

use finding::{Finding, Severity, Status};

use crate::escape::{markdown, markdown_code, markdown_html};
use crate::model::Report;
use crate::style::symbol;
use crate::tally::GroupBy;
use crate::text::{counted, cut, number};

/// GitHub takes so many characters; counted in bytes, so that no way of counting finds more.
const LONGEST: usize = 65_536;
/// Kept free for the notice that something was left out, and for the end.
const RESERVE: usize = 2_000;
/// Columns of one text of a finding.
const TEXT: usize = 600;

/// Writes the comment.
pub(crate) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let findings = report.worst_first();
    let mut page = Page { text: head(report, &findings) };
    let rows = page.table(&findings);
    let details = page.details(report, &findings);
    page.rates(report);
    if rows < findings.len() || details < findings.len() {
        page.text.push_str(&notice(findings.len(), rows, details));
    }
    page.text.push_str(&format!("\n{}\n", markdown(&report.options.last_line(report.tally))));
    out.write_all(page.text.as_bytes())
}

struct Page {
    text: String,
}

impl Page {
    fn fits(&self, more: &str) -> bool {
        self.text.len() + more.len() + RESERVE <= LONGEST
    }

    /// Rows that fit into half of the room, so that the worst get their details too.
    fn table(&mut self, findings: &[&Finding]) -> usize {
        if findings.is_empty() {
            return 0;
        }
        self.text.push_str("\n| | severity | where | finding | detection |\n|---|---|---|---|---|\n");
        for (index, finding) in findings.iter().enumerate() {
            let row = row(finding);
            if self.text.len() + row.len() > LONGEST / 2 {
                return index;
            }
            self.text.push_str(&row);
        }
        findings.len()
    }

    fn details(&mut self, report: &Report<'_>, findings: &[&Finding]) -> usize {
        for (index, finding) in findings.iter().enumerate() {
            let block = block(report, finding);
            if !self.fits(&block) {
                return index;
            }
            self.text.push_str(&block);
        }
        findings.len()
    }

    fn rates(&mut self, report: &Report<'_>) {
        let by = report.options.group_by.unwrap_or(GroupBy::Detection);
        let mut table = format!("\n<details><summary>Pass rate by {}</summary>\n\n", by.name());
        table.push_str(
            "| | pass rate | fail | unknown | pass | suppressed | not applicable |\n|---|--:|--:|--:|--:|--:|--:|\n",
        );
        for group in report.tally.groups(by).iter().take(100) {
            let key = if group.key.is_empty() { by.nameless() } else { &group.key };
            let name = [markdown(&cut(key, 200)), markdown(&cut(&group.label, 200))].join(" ");
            let counts = group.counts;
            let numbers = [counts.fail, counts.unknown, counts.pass, counts.suppressed, counts.not_applicable];
            let rate = counts.pass_rate().unwrap_or_else(|| "–".to_owned());
            table.push_str(&format!("| {} | {rate} | {} |\n", name.trim(), numbers.map(number).join(" | ")));
        }
        table.push_str("\n</details>\n");
        if self.fits(&table) {
            self.text.push_str(&table);
        }
    }
}

fn head(report: &Report<'_>, findings: &[&Finding]) -> String {
    let subject = markdown(&cut(&report.options.subject, 200));
    let failing = findings.iter().filter(|finding| finding.status == Status::Fail).count() as u64;
    let unknown = findings.len() as u64 - failing;
    let verdict = match (failing, unknown) {
        (0, 0) => "✓ no findings".to_owned(),
        (0, _) => format!("? {}", counted(unknown, "verdict is unknown", "verdicts are unknown")),
        (_, 0) => format!("✗ {}", counted(failing, "finding", "findings")),
        _ => format!("✗ {}, {} unknown", counted(failing, "finding", "findings"), number(unknown)),
    };
    let severities = Severity::ALL.into_iter().rev().filter_map(|severity| {
        let count = findings.iter().filter(|it| it.status == Status::Fail && it.severity == severity).count() as u64;
        (count > 0).then(|| format!("{} {severity}", number(count)))
    });
    let severities = severities.collect::<Vec<_>>().join(" · ");
    let mut text = format!("### Keyreeve: {verdict}{}{subject}\n", if subject.is_empty() { "" } else { " in " });
    if !severities.is_empty() {
        text.push_str(&format!("\n**{severities}**\n"));
    }
    let errors = report.document.errors.len() as u64;
    if errors > 0 {
        let errors = counted(errors, "thing", "things");
        text.push_str(&format!(
            "\n> **Incomplete:** {errors} could not be read or run, so a clean result cannot be trusted.\n"
        ));
    }
    text
}

fn row(finding: &Finding) -> String {
    let status = format!("{} {}", symbol(finding.status), finding.status);
    format!(
        "| {status} | {} | {} | {} | {} |\n",
        finding.severity,
        place(finding),
        markdown(&cut(&finding.title, 200)),
        markdown_code(&cut(&finding.detection_id, 200))
    )
}

fn place(finding: &Finding) -> String {
    let resource = &finding.resource;
    match &finding.location {
        Some(location) => markdown_code(&format!("{}:{}", cut(&location.file, 200), location.start.line)),
        None => {
            let name = if resource.name.is_empty() { &resource.id } else { &resource.name };
            let account = if resource.account_name.is_empty() { &resource.account_id } else { &resource.account_name };
            let place = crate::text::joined([account, &*resource.region], ", ");
            format!("{} {}", markdown_code(&cut(name, 100)), markdown(&cut(&place, 100)))
        }
    }
}

fn block(report: &Report<'_>, finding: &Finding) -> String {
    let name = if finding.resource.name.is_empty() { &finding.resource.id } else { &finding.resource.name };
    let title =
        format!("{} {}: {}", symbol(finding.status), finding.severity, markdown_html(&cut(&finding.title, 200)));
    let mut block = format!("\n<details><summary>{title}</summary>\n\n");
    let risk = report.rule(finding).map_or("", |rule| rule.risk.trim());
    let why = [risk, &crate::text::context(&finding.resource)].join(" ");
    let facts = finding.unknown_facts.iter().map(|fact| {
        let expected = fact.expected.as_deref().map(crate::text::expected).unwrap_or_default();
        crate::text::joined([&*fact.field, &fact.operation, &fact.code, &fact.message, &expected], " · ")
    });
    let facts = facts.collect::<Vec<_>>().join("\n");
    let texts = [("Fact", &*finding.reason), ("Not read", &facts), ("Why", why.trim()), ("Fix", &finding.remediation)];
    block.push_str(&format!(
        "- **Key** {} {}\n",
        markdown_code(&cut(name, 200)),
        markdown_code(&cut(&finding.resource.id, 300))
    ));
    for (label, text) in texts.into_iter().filter(|(_, text)| !text.trim().is_empty()) {
        block.push_str(&format!("- **{label}** {}\n", paragraphs(text)));
    }
    block.push_str("\n</details>\n");
    block
}

/// A text of several lines inside one list item.
fn paragraphs(text: &str) -> String {
    let text = cut(text.trim(), TEXT);
    text.split('\n').map(|line| markdown(line.trim())).collect::<Vec<_>>().join("<br>")
}

fn notice(findings: usize, rows: usize, details: usize) -> String {
    let (all, rows, details) = (number(findings as u64), number(rows as u64), number(details as u64));
    format!(
        "\n> **Shortened:** a comment holds {} characters. Of {all} findings {rows} are in the table and {details} have their \
         details; `--format json` or `html` has all.\n",
        number(LONGEST as u64)
    )
}
