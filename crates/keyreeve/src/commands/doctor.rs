//! `doctor`: what works at AWS, what does not, and what to do about it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws::doctor::{self, Ask, Check, RETRY, State};
use aws::identity::Options;
use aws::inventory::{Plan, Which};
use aws::{Session, Stop, Tape};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cli::{Doctor, Plain};
use crate::config::Loaded;
use crate::exit::Status;
use crate::{live, output};

/// Looks at everything, and prints what it saw.
pub fn run(asked: &Doctor) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let (needs, _) = super::aws::wanted(&asked.detections, &asked.with, &loaded)?;
    let (options, plan) = live::wishes(&asked.live, &loaded, needs)?;
    let tape = Arc::new(Tape::new(asked.record.is_some()));
    let options = Options { retry: RETRY, tape: Some(Arc::clone(&tape)), ..options };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.context("starting the threads that ask AWS")?;
    let within = Duration::from_secs(asked.timeout.into());
    let checks = runtime.block_on(examined(&options, ask(plan, asked), &tape, within));
    // A name that is still being looked up would hold us up beyond the time that was given.
    runtime.shutdown_background();
    if let Some(path) = &asked.record {
        record(path, &tape)?;
        let text = format!(
            "wrote {}: names and types of what was asked and answered, ids replaced; read it before you send it",
            path.display()
        );
        output::remark(&asked.output.terminal, &text);
    }
    print(asked, &checks)?;
    Ok(status(&checks))
}

fn ask(plan: Plan, asked: &Doctor) -> Ask {
    let (organization, accounts) = match plan.accounts {
        Which::Own => (false, Vec::new()),
        Which::Named(accounts) => (false, accounts),
        Which::Organization(accounts) => (true, accounts),
    };
    let Plan { needs, regions, role, external_id, .. } = plan;
    Ask { needs, regions, organization, accounts, role, external_id, sample: asked.sample.into() }
}

async fn examined(options: &Options, ask: Ask, tape: &Tape, within: Duration) -> Vec<Check> {
    let began = Instant::now();
    match tokio::time::timeout_at(began + within, Session::connect(options, Stop::default())).await {
        Ok(Ok(session)) => doctor::examine(&session, &ask, tape, began, within).await,
        Ok(Err(error)) => vec![doctor::nobody(&error)],
        Err(_) => vec![doctor::nobody_in_time(within)],
    }
}

/// Without an identity nothing can be tried, and that is a matter of configuration.
fn status(checks: &[Check]) -> Status {
    if !checks.iter().any(|check| check.subject == doctor::Subject::Identity) {
        Status::Invalid
    } else if checks.iter().any(|check| check.state == State::Failed) {
        Status::Incomplete
    } else {
        Status::Clean
    }
}

fn record(path: &Path, tape: &Tape) -> anyhow::Result<()> {
    let document = json!({ "record_version": 1, "tool": output::tool(), "operations": tape.shapes() });
    let text = serde_json::to_string_pretty(&document)? + "\n";
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

fn print(asked: &Doctor, checks: &[Check]) -> anyhow::Result<()> {
    match asked.output.format {
        Plain::Pretty => output::print(&pretty(checks, output::use_color(asked.output.terminal.color))),
        Plain::Json => output::print_json(&json!({
            "schema_version": 1,
            "tool": output::tool(),
            "summary": {
                "ok": count(checks, State::Ok), "note": count(checks, State::Note), "failed": count(checks, State::Failed),
            },
            "checks": checks.iter().map(shown).collect::<Vec<_>>(),
        })),
        Plain::Jsonl => output::print(&checks.iter().map(|check| shown(check).to_string() + "\n").collect::<String>()),
    }
}

fn count(checks: &[Check], state: State) -> usize {
    checks.iter().filter(|check| check.state == state).count()
}

fn shown(check: &Check) -> Value {
    json!({
        "check": check.subject.name(), "place": check.place, "state": check.state.name(), "message": check.message,
        "class": check.class.map(finding::Refusal::name), "remedy": check.remedy,
    })
}

/// The text in lines that fit beside the names of the checks.
fn wrapped(text: &str) -> String {
    const INDENT: usize = 16;
    let columns = usize::from(output::width()).min(120).saturating_sub(INDENT).max(40);
    let text = report::escape_terminal(text);
    let (mut lines, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        let width = word.chars().count();
        if used > 0 && used + 1 + width > columns {
            lines.push('\n');
            lines.push_str(&" ".repeat(INDENT));
            used = 0;
        } else if used > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used += width;
    }
    lines
}

fn pretty(checks: &[Check], color: bool) -> String {
    let mut text = String::new();
    for check in checks {
        let (symbol, look) = match check.state {
            State::Ok => ('✓', anstyle::AnsiColor::Green),
            State::Note => ('!', anstyle::AnsiColor::Yellow),
            State::Failed => ('✗', anstyle::AnsiColor::Red),
        };
        let style = if color { anstyle::Style::new().fg_color(Some(look.into())) } else { anstyle::Style::new() };
        let class = check.class.map(|class| format!("{class}: ")).unwrap_or_default();
        let place = if check.place.is_empty() { String::new() } else { format!("{}  ", check.place) };
        let line = wrapped(&format!("{place}{class}{}", check.message));
        text.push_str(&format!("{style}{symbol}{style:#} {:<13} {line}\n", check.subject.name()));
        if let Some(remedy) = check.remedy.as_ref().filter(|_| check.state != State::Ok) {
            text.push_str(&format!("  {:<13} {}\n", "", wrapped(&format!("→ {remedy}"))));
        }
    }
    let [ok, notes, failed] = [State::Ok, State::Note, State::Failed].map(|state| count(checks, state));
    text.push_str(&format!("\n{ok} ok, {notes} worth knowing, {failed} failed\n"));
    text
}
