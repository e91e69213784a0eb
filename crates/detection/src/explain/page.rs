//! The page of a detection for a terminal, in the order of the catalogue's page; colours are the caller's.

use super::{AttackRow, Explanation, FieldRow, ParameterRow, SidecarText, TestVerdict};
use crate::condition::Exclusion;

/// What a piece of text is, for the caller to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Running text.
    Plain,
    /// The detection's name.
    Title,
    /// The heading of a section.
    Heading,
    /// The name of a value, the head of a column.
    Label,
    /// What may be passed over.
    Muted,
    /// YAML, Python, a condition.
    Code,
    /// A test that passed.
    Good,
    /// A test that did not.
    Bad,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub style: Style,
    /// Its text, without line breaks.
    pub text: String,
}

/// A page of lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The lines; an empty one separates.
    pub lines: Vec<Vec<Span>>,
}

/// The narrowest width that text is wrapped at.
const MIN_WIDTH: usize = 40;

/// The widest: longer lines are hard to read.
const MAX_WIDTH: usize = 120;

impl Page {
    /// The page as text without styles.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            let text: String = line.iter().map(|span| span.text.as_str()).collect();
            out.push_str(text.trim_end());
            out.push('\n');
        }
        out
    }
}

/// Lays the page out for a terminal of that many columns.
#[must_use]
pub fn page(explanation: &Explanation, width: usize) -> Page {
    let mut writer = Writer { page: Page::default(), width: width.clamp(MIN_WIDTH, MAX_WIDTH) };
    writer.head(explanation);
    writer.attack(&explanation.attack);
    writer.body(explanation);
    writer.logic(explanation);
    writer.fields(&explanation.fields, explanation.reads_whole_input);
    writer.parameters(&explanation.parameters);
    writer.tests(explanation.tests, &explanation.test_verdicts);
    if let Some(sidecar) = &explanation.sidecar {
        writer.sidecar(sidecar);
    }
    writer.page
}

struct Writer {
    page: Page,
    width: usize,
}

impl Writer {
    fn line(&mut self, style: Style, text: impl Into<String>) {
        self.page.lines.push(vec![Span { style, text: text.into() }]);
    }

    fn blank(&mut self) {
        self.page.lines.push(Vec::new());
    }

    fn heading(&mut self, text: &str) {
        self.blank();
        self.line(Style::Heading, text);
    }

    /// Running text, wrapped and indented.
    fn text(&mut self, style: Style, indent: usize, text: &str) {
        for paragraph in text.lines() {
            for line in wrapped(paragraph, self.width.saturating_sub(indent)) {
                self.line(style, format!("{}{line}", " ".repeat(indent)));
            }
        }
    }

    /// Lines as they are: code is not wrapped, so that it can be copied.
    fn code(&mut self, text: &str) {
        text.trim_end().lines().for_each(|line| self.line(Style::Code, format!("  {line}")));
    }

    fn labelled(&mut self, label: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        let indent = 14;
        let mut lines = wrapped(text, self.width.saturating_sub(indent)).into_iter();
        let first = lines.next().unwrap_or_default();
        let label = Span { style: Style::Label, text: format!("{label:<indent$}") };
        self.page.lines.push(vec![label, Span { style: Style::Plain, text: first }]);
        lines.for_each(|line| self.line(Style::Plain, format!("{}{line}", " ".repeat(indent))));
    }

    fn head(&mut self, page: &Explanation) {
        self.text(Style::Muted, 0, &format!("Detections › {} › {}", page.kind, page.id));
        self.blank();
        self.text(Style::Title, 0, &page.name);
        self.blank();
        self.labelled("Severity", &page.severity.unwrap_or_default().to_lowercase());
        self.labelled("Group by", &page.group_by.join(", "));
        let compliance =
            page.compliance.iter().map(|(framework, numbers)| format!("{framework} {}", numbers.join(", ")));
        self.labelled("Compliance", &compliance.collect::<Vec<_>>().join("; "));
        self.labelled("Tags", &page.tags.join(", "));
        self.labelled("Reference", page.reference.as_deref().unwrap_or_default());
        self.labelled("Runbook", page.runbook.as_deref().unwrap_or_default());
        self.labelled("Source", &page.source);
        self.labelled("Judges", &[page.resource_types.as_slice(), &page.log_types].concat().join(", "));
        if !page.enabled {
            self.labelled("Enabled", "no: it runs only when asked for by its id");
        }
        if let Some(description) = &page.description {
            self.blank();
            self.text(Style::Plain, 0, description);
        }
    }

    fn attack(&mut self, rows: &[AttackRow]) {
        if rows.is_empty() {
            return;
        }
        self.heading("MITRE ATT&CK coverage");
        let mut table: Vec<Vec<String>> = Vec::new();
        for row in rows {
            let tactic = row.tactic.clone().unwrap_or_else(|| row.tactic_id.clone());
            let technique = format!("{} {}", row.technique_id, row.technique.as_deref().unwrap_or_default());
            match table.iter_mut().find(|cells| cells[0] == tactic) {
                Some(cells) => cells[1] = format!("{}, {}", cells[1], technique.trim_end()),
                None => table.push(vec![tactic, technique.trim_end().to_owned()]),
            }
        }
        self.table(&["Tactic", "Techniques"], &table);
    }

    fn body(&mut self, page: &Explanation) {
        self.heading("Rule body");
        self.text(Style::Muted, 2, &page.source);
        self.code(&page.body);
        if let (Some(path), Some(text)) = (&page.python_source, &page.python) {
            self.blank();
            self.text(Style::Muted, 2, path);
            self.code(text);
        }
    }

    fn logic(&mut self, page: &Explanation) {
        self.heading("Detection logic");
        self.blank();
        self.line(Style::Heading, "Condition");
        match (&page.condition, &page.why_no_condition) {
            (Some(condition), _) => self.text(Style::Code, 2, condition),
            (None, Some(why)) => self.text(Style::Muted, 2, &format!("none: {why}")),
            (None, None) => {}
        }
        self.exclusions(&page.exclusions);
        if let Some(passes) = &page.passes_when {
            self.heading("Passes when");
            self.text(Style::Plain, 2, passes);
        }
        if !page.unknown_when.is_empty() {
            self.heading("Unknown when");
            page.unknown_when.iter().for_each(|when| self.text(Style::Plain, 2, when));
        }
        if let Some(logic) = &page.logic {
            self.heading("Logic");
            self.code(logic);
        }
        self.heading("Tier");
        match (page.tier, &page.why_exact) {
            (Some("lowered"), _) => self.text(Style::Plain, 2, "lowered: it runs on the expression tree shown above"),
            (Some(tier), Some(why)) => self.text(Style::Plain, 2, &format!("{tier}: {why}")),
            (Some(tier), None) => self.text(Style::Plain, 2, tier),
            (None, _) => self.text(Style::Muted, 2, "none: there is no Python body to run"),
        }
    }

    fn exclusions(&mut self, rows: &[Exclusion]) {
        if rows.is_empty() {
            return;
        }
        self.heading("Exclusions");
        let note = "Tests under a NOT of the condition, which keep it from alerting. How they are joined is not shown here: see “Passes when”.";
        self.text(Style::Muted, 2, note);
        let table = rows.iter().map(|row| vec![row.field.clone(), row.kind.clone(), row.values.join(", ")]);
        self.table(&["Field", "Kind", "Excluded values"], &table.collect::<Vec<_>>());
    }

    fn fields(&mut self, rows: &[FieldRow], whole: bool) {
        if rows.is_empty() && !whole {
            return;
        }
        self.heading("Fields");
        let row = |row: &FieldRow| {
            let needed = match (row.computed, row.required) {
                (true, _) => ", computed",
                (false, true) => ", must be there",
                (false, false) => "",
            };
            vec![row.name.clone(), format!("{}{needed}; read by {}", row.kind, row.read_by.join(", "))]
        };
        let table: Vec<_> = rows.iter().map(row).collect();
        self.table(&["Field", "Type and use"], &table);
        if whole {
            self.text(Style::Muted, 2, "The input is also used as a whole.");
        }
    }

    fn parameters(&mut self, rows: &[ParameterRow]) {
        if rows.is_empty() {
            return;
        }
        self.heading("Parameters");
        for row in rows {
            let mut bounds = Vec::new();
            bounds.extend(row.minimum.as_ref().map(|least| format!("at least {least}")));
            bounds.extend(row.maximum.as_ref().map(|most| format!("at most {most}")));
            bounds.extend(row.allowed.as_ref().map(|allowed| format!("one of {}", allowed.join(", "))));
            let bounds = if bounds.is_empty() { String::new() } else { format!(", {}", bounds.join(", ")) };
            let changed = if row.value == row.default { String::new() } else { format!(" (default {})", row.default) };
            self.line(Style::Code, format!("  {} = {}{changed}", row.name, row.value));
            self.text(Style::Muted, 4, &format!("{}{bounds}", row.kind));
            self.text(Style::Plain, 4, &row.description);
        }
    }

    fn tests(&mut self, count: usize, verdicts: &[TestVerdict]) {
        self.heading("Tests");
        match (count, verdicts) {
            (0, _) => self.text(Style::Muted, 2, "none"),
            (count, []) => self.text(Style::Plain, 2, &format!("{count}, not run")),
            (_, verdicts) => {
                for verdict in verdicts {
                    let style = if verdict.status == "PASS" { Style::Good } else { Style::Bad };
                    let text = format!("{} (expects {})", verdict.name, verdict.expected);
                    let mut lines = wrapped(&text, self.width.saturating_sub(8)).into_iter();
                    let status = Span { style, text: format!("  {:<6}", verdict.status) };
                    let first = Span { style: Style::Plain, text: lines.next().unwrap_or_default() };
                    self.page.lines.push(vec![status, first]);
                    lines.for_each(|line| self.line(Style::Plain, format!("        {line}")));
                }
            }
        }
    }

    fn sidecar(&mut self, sidecar: &SidecarText) {
        if let Some(why) = &sidecar.why {
            self.heading("Why it matters");
            self.text(Style::Plain, 2, why);
        }
        if !sidecar.fixes.is_empty() {
            self.heading("Fixes");
            for (tool, fix) in &sidecar.fixes {
                self.line(Style::Label, format!("  {tool}"));
                match *tool {
                    "Console" => self.text(Style::Plain, 4, fix),
                    _ => fix.lines().for_each(|line| self.line(Style::Code, format!("    {line}"))),
                }
            }
        }
        self.blank();
        self.labelled("Controls", &sidecar.controls.join(", "));
        self.labelled("Procedure", sidecar.procedure.as_deref().unwrap_or_default());
        self.labelled("Surfaces", &sidecar.surfaces.join(", "));
        self.labelled("Not planned", sidecar.not_planned.as_deref().unwrap_or_default());
        self.labelled("References", &sidecar.references.join(" "));
    }

    /// Columns as wide as their widest cell, the last one wrapped.
    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let wide = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([head[column].chars().count()]).max().unwrap_or_default()
        };
        let last = head.len().saturating_sub(1);
        let widths: Vec<usize> = (0..last).map(wide).collect();
        let before = 2 + widths.iter().map(|width| width + 2).sum::<usize>();
        let room = self.width.saturating_sub(before).max(20);
        let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
        self.row(Style::Label, &head, &widths, room);
        rows.iter().for_each(|row| self.row(Style::Plain, row, &widths, room));
    }

    fn row(&mut self, style: Style, cells: &[String], widths: &[usize], room: usize) {
        let mut text = "  ".to_owned();
        for (cell, width) in cells.iter().zip(widths) {
            text.push_str(cell);
            text.push_str(&" ".repeat(width.saturating_sub(cell.chars().count()) + 2));
        }
        let indent = text.chars().count();
        let last = cells.last().map(String::as_str).unwrap_or_default();
        let mut lines = wrapped(last, room).into_iter();
        self.line(style, format!("{text}{}", lines.next().unwrap_or_default()));
        lines.for_each(|line| self.line(style, format!("{}{line}", " ".repeat(indent))));
    }
}

/// The text in lines of at most that many characters, broken at spaces; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
