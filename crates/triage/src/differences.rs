//! What OpenSecOps SOAR does with a case, what we do, and why where that differs: the data of a page and of tests.

mod controls;
mod decisions;
mod incidents;
mod kms;
mod outcomes;
mod penalties;

use std::fmt::Write as _;

/// One thing that the original does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its number: `D2`.
    pub id: &'static str,
    /// The case.
    pub case: &'static str,
    /// What the original does, or for a requirement what it demands.
    pub original: &'static str,
    /// What we do.
    pub ours: &'static str,
    /// Why that differs on purpose; `None` where it is the same.
    pub why: Option<&'static str>,
    /// Who does it.
    pub standing: Standing,
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This crate; a test of the same number shows it.
    Here,
    /// Another part of Keyreeve that exists.
    Elsewhere(&'static str),
    /// Nobody yet: what is needed for it.
    Later(&'static str),
}

const fn known(id: &'static str, case: &'static str, original: &'static str, ours: &'static str) -> Known {
    Known { id, case, original, ours, why: None, standing: Standing::Here }
}

impl Known {
    const fn because(mut self, why: &'static str) -> Self {
        self.why = Some(why);
        self
    }

    const fn elsewhere(mut self, place: &'static str) -> Self {
        self.standing = Standing::Elsewhere(place);
        self
    }

    const fn later(mut self, needs: &'static str) -> Self {
        self.standing = Standing::Later(needs);
        self
    }
}

/// A table of the page.
pub struct Table {
    /// Its heading.
    pub title: &'static str,
    /// What stands under the heading.
    pub about: &'static str,
    /// Its rows.
    pub rows: &'static [Known],
}

/// All tables.
pub const TABLES: [Table; 6] = [
    Table { title: "Deciding", about: "What happens to a finding at all.", rows: decisions::ROWS },
    Table { title: "Failed controls", about: "The way of a control that fails.", rows: controls::ROWS },
    Table { title: "Incidents", about: "What is no control.", rows: incidents::ROWS },
    Table {
        title: "Penalty scores",
        about: "((normalised severity + 60) / 100)² × the environment's factor: development 1, staging 2, production 10.",
        rows: penalties::ROWS,
    },
    Table {
        title: "Answers to EnableKeyRotation",
        about: "What an error code means. No answer ever suppresses a finding.",
        rows: outcomes::ROWS,
    },
    Table {
        title: "The KMS operating procedure",
        about: "What the SOP demands (K1 to K30), and which part of Keyreeve sees to it.",
        rows: kms::ROWS,
    },
];

/// The page.
#[must_use]
pub fn page() -> String {
    let mut text = String::from(
        "# Triage: what OpenSecOps SOAR does, and what Keyreeve does instead\n\n\
         <!-- Generated: KEYREEVE_WRITE_DOCS=1 cargo test -p triage --test original -->\n\n\
         The original is OpenSecOps SOAR 3.1.9, read and run with stubs. Every row with a ● has a test of its number in \
         `crates/triage/tests/original`; ○ is seen to by another part of Keyreeve; a row with – is not done yet, and says \
         what it waits for. A row without a reason is the same in both.\n",
    );
    for table in &TABLES {
        // Writing to a string cannot fail.
        let _ = section(table, &mut text);
    }
    let _ = decision_table(&mut text);
    let _ = treatments(&mut text);
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn section(table: &Table, text: &mut String) -> std::fmt::Result {
    write!(text, "\n## {}\n\n{}\n\n", table.title, table.about)?;
    text.push_str("| | | case | the original | Keyreeve | why it differs |\n|---|---|---|---|---|---|\n");
    for row in table.rows {
        let (mark, note) = match row.standing {
            Standing::Here => ("●", String::new()),
            Standing::Elsewhere(place) => ("○", format!(" ({place})")),
            Standing::Later(needs) => ("–", format!(" (waits for {needs})")),
        };
        writeln!(
            text,
            "| {} | {mark} | {} | {} | {}{} | {} |",
            row.id,
            cell(row.case),
            cell(row.original),
            cell(row.ours),
            cell(&note),
            cell(row.why.unwrap_or_default())
        )?;
    }
    Ok(())
}

fn decision_table(text: &mut String) -> std::fmt::Result {
    write!(
        text,
        "\n## Keyreeve's decision table\n\nVersion {}. The first row that fits decides; the last always fits.\n\n",
        crate::decision::TABLE_VERSION
    )?;
    text.push_str("| row | when | unless | decision | because |\n|---|---|---|---|---|\n");
    let words = |truths: &[crate::Is]| truths.iter().map(|truth| truth.words()).collect::<Vec<_>>().join("; ");
    for row in crate::table::ROWS {
        let action = match row.ticket {
            Some(step) => format!("{}, ticket: {}", row.action, step.name()),
            None => row.action.to_string(),
        };
        let escalated = if row.escalate { ", escalated" } else { "" };
        writeln!(
            text,
            "| {} | {} | {} | {action}{escalated} | {} |",
            row.id,
            cell(&words(row.when)),
            cell(&words(row.unless)),
            cell(row.because)
        )?;
    }
    Ok(())
}

fn treatments(text: &mut String) -> std::fmt::Result {
    text.push_str(
        "\n## What the answer to a call means\n\nThe first row that fits decides.\n\n\
         | calls | answers | key's state | treatment | because |\n|---|---|---|---|---|\n",
    );
    for row in crate::plan::TREATMENTS {
        let list = |names: &[&str], none: &str| {
            if names.is_empty() { none.to_owned() } else { names.join(", ") }
        };
        let codes = if row.codes == ["*"] { "anything else".to_owned() } else { list(row.codes, "success") };
        let (calls, states) = (list(row.operations, "all"), list(row.states, "any"));
        writeln!(text, "| {calls} | {codes} | {states} | {} | {} |", row.treatment.name(), cell(row.because))?;
    }
    Ok(())
}
