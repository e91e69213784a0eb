//! `explain`: the page of one detection, or the list of all.

use std::path::Path;

use anyhow::bail;
use detection::explain::page::{Page, Style, page};
use detection::explain::{self, Explanation, TestVerdict};
use detection::{Detection, Pack, unit};
use finding::{Accounts, FactContext};
use jiff::Timestamp;

use super::keys_view::table;
use crate::cli::{Explain, Plain};
use crate::config::Loaded;
use crate::exit::{NothingSelected, Status};
use crate::{output, selection};

/// Explains the detection that was named.
pub fn run(asked: &Explain) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let Some(name) = &asked.detection else { return list(asked, &loaded) };
    let found = if Path::new(name).is_file() { in_file(name)? } else { by_id(name, asked, &loaded)? };
    let explanation = explained(&found);
    match asked.format {
        Plain::Json => output::print_json(&explanation)?,
        Plain::Jsonl => output::print(&(serde_json::to_string(&explanation)? + "\n"))?,
        Plain::Pretty => {
            let page = page(&explanation, usize::from(output::width()));
            output::print(&rendered(&page, output::use_color(asked.terminal.color)))?;
        }
    }
    Ok(Status::Clean)
}

/// The explanation, with how the detection's own tests end.
fn explained(detection: &Detection) -> Explanation {
    let accounts = Accounts::default();
    let policies = keypolicy::reader::Reader::default();
    let facts = FactContext::new(Timestamp::now(), &accounts).reading(&policies);
    let tests = unit::run(detection, &facts, |_| true).tests.into_iter();
    let verdict = |test: unit::TestResult| TestVerdict {
        name: test.name,
        status: test.status.name().to_owned(),
        expected: test.expected,
    };
    explain::explain(detection, tests.map(verdict).collect())
}

/// The page as text, with colours where they are wanted; nothing of the detection's own text reaches the terminal unescaped.
fn rendered(page: &Page, color: bool) -> String {
    let mut text = String::new();
    for line in &page.lines {
        for span in line {
            let safe = report::escape_terminal(&span.text);
            let style = style(span.style);
            if color && style != anstyle::Style::new() {
                text.push_str(&format!("{style}{safe}{style:#}"));
            } else {
                text.push_str(&safe);
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

fn style(style: Style) -> anstyle::Style {
    use anstyle::AnsiColor::{Cyan, Green, Red};
    let plain = anstyle::Style::new();
    match style {
        Style::Title | Style::Heading => plain.bold(),
        Style::Label | Style::Muted => plain.dimmed(),
        Style::Code => plain.fg_color(Some(Cyan.into())),
        Style::Good => plain.fg_color(Some(Green.into())),
        Style::Bad => plain.fg_color(Some(Red.into())).bold(),
        Style::Plain => plain,
    }
}

/// The packs in which a detection is looked for: those in use, then all built-in ones.
fn packs(asked: &Explain, loaded: &Loaded) -> anyhow::Result<Vec<(String, Pack)>> {
    let mut names = selection::names(&asked.detections.pack, loaded);
    if asked.detections.pack.is_empty() {
        names.extend(detection::builtin::names().map(str::to_owned));
    }
    let mut packs: Vec<(String, Pack)> = Vec::new();
    for name in names {
        if !packs.iter().any(|(known, _)| *known == name) {
            let pack = selection::pack(&name)?;
            packs.push((name, pack));
        }
    }
    Ok(packs)
}

fn by_id(id: &str, asked: &Explain, loaded: &Loaded) -> anyhow::Result<Detection> {
    let packs = packs(asked, loaded)?.into_iter();
    let mut all: Vec<Detection> = packs.flat_map(|(_, pack)| pack.detections).filter(|it| it.kind.judges()).collect();
    if let Some(index) = all.iter().position(|detection| detection.id.eq_ignore_ascii_case(id)) {
        let mut detection = all.swap_remove(index);
        selection::set_parameters(&mut detection, loaded)?;
        return Ok(detection);
    }
    let hint = selection::did_you_mean(id, &all);
    Err(NothingSelected(format!("no detection `{id}`{hint} (`keyreeve explain` lists them)")).into())
}

/// The detection of a YAML file: its folder is the pack, so that its Python and its helpers are found.
fn in_file(path: &str) -> anyhow::Result<Detection> {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let pack = selection::pack(&folder.display().to_string())?;
    let problems: Vec<String> =
        pack.problems.iter().filter(|problem| problem.file == name).map(ToString::to_string).collect();
    match pack.detections.into_iter().find(|detection| detection.yaml.path == name) {
        Some(detection) => Ok(detection),
        None if problems.is_empty() => bail!("{path} holds no detection: it has no AnalysisType"),
        None => bail!("{path} cannot be explained: {}", problems.join("; ")),
    }
}

fn list(asked: &Explain, loaded: &Loaded) -> anyhow::Result<Status> {
    let mut rows = Vec::new();
    for (name, pack) in packs(asked, loaded)? {
        for detection in pack.detections.iter().filter(|detection| detection.kind.judges()) {
            let severity = detection.severity.map(|severity| severity.name().to_owned()).unwrap_or_default();
            rows.push(vec![detection.id.clone(), severity, name.clone(), detection.name().to_owned()]);
        }
    }
    rows.sort();
    output::print(&table(&["Detection", "Severity", "Pack", "Name"], &rows))?;
    Ok(Status::Clean)
}
