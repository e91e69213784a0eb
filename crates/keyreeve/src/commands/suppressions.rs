//! `suppressions check` and `suppressions explain`: whether rules are right, and what they hit.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use finding::Account;
use serde_json::json;
use triage::explain::{Hits, hits};
use triage::rules::{Remark, Rule};
use triage::suppress::legacy;

use super::triage_input::{Known, read_accounts, rules, settings, text, vocabulary};
use crate::cli::{FindingFiles, Plain, Suppressions, TableOutput};
use crate::config::Loaded;
use crate::exit::Status;
use crate::{disk, output};

/// Does what was asked for.
pub fn run(asked: &Suppressions) -> anyhow::Result<Status> {
    match asked {
        Suppressions::Check { rules, account, output, config } => {
            let loaded = Loaded::find(config.config.as_deref())?;
            check(rules, account, output, &loaded)
        }
        Suppressions::Explain { rules, input, output, config } => {
            let loaded = Loaded::find(config.config.as_deref())?;
            explain(rules, input, output, &loaded)
        }
    }
}

fn check(path: &Path, account: &[PathBuf], output: &TableOutput, loaded: &Loaded) -> anyhow::Result<Status> {
    let vocabulary = vocabulary(&read_accounts(account)?, &[], &settings(loaded)?);
    let read = triage::rules::read(&text(path)?, &vocabulary);
    let status = if read.faults.is_empty() { Status::Clean } else { Status::Invalid };
    let marked = read.faults.iter().map(|fault| ("error", fault)).chain(read.remarks.iter().map(|it| ("warning", it)));
    if output.format == Plain::Pretty {
        let mut text: String = marked.map(|(level, remark)| line(path, level, remark)).collect();
        let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let _ = writeln!(
            text,
            "{}: {}, {}, {}",
            disk::shown(path),
            count(read.rules.len(), "rule"),
            count(read.faults.len(), "error"),
            count(read.remarks.len(), "warning")
        );
        output::print(&text)?;
        return Ok(status);
    }
    let list: Vec<_> = marked
        .map(|(level, remark)| {
            json!({
                "level": level,
                "rule": remark.rule,
                "message": remark.message,
                "help": remark.help,
                "line": remark.place.map(|place| place.line),
                "column": remark.place.map(|place| place.column),
            })
        })
        .collect();
    output::print_json(&json!({"file": disk::shown(path), "rules": read.rules.len(), "problems": list}))?;
    Ok(status)
}

fn line(path: &Path, level: &str, remark: &Remark) -> String {
    let place = remark.place.map(|place| format!("{}:{}:", place.line, place.column)).unwrap_or_default();
    let rule =
        remark.rule.as_deref().filter(|id| !id.is_empty()).map(|id| format!("rule `{id}`: ")).unwrap_or_default();
    let help = remark.help.as_deref().map(|help| format!(": {help}")).unwrap_or_default();
    let text = format!("{}:{place} {level}: {rule}{}{help}", disk::shown(path), remark.message);
    report::escape_terminal(&text).into_owned() + "\n"
}

fn explain(path: &Path, input: &FindingFiles, output: &TableOutput, loaded: &Loaded) -> anyhow::Result<Status> {
    let (settings, rules) = (settings(loaded)?, rules(path)?);
    let known = Known::read(input, None, loaded)?;
    let accounts: Vec<Account> = known.accounts.values().cloned().collect();
    let cases: Vec<_> = known.findings.iter().map(|finding| known.case(finding)).collect();
    let explained: Vec<(&Rule, Hits)> =
        rules.iter().map(|rule| (rule, hits(rule, &settings, &accounts, &cases, known.now))).collect();
    let over = |rule: &Rule| rule.expires.is_some_and(|expiry| expiry.is_over(known.now));
    if output.format == Plain::Pretty {
        let mut text = String::new();
        for (rule, hits) in &explained {
            // Writing to a string cannot fail.
            let _ = paragraph(rule, over(rule), hits, &accounts, &known, &mut text);
        }
        output::print(&text)?;
        return Ok(known.status);
    }
    let account = |place: &usize| accounts.get(*place).map(|account| account.id.as_str().to_owned());
    let list: Vec<_> = explained
        .iter()
        .map(|(rule, hits)| {
            json!({
                "id": rule.id,
                "suppress_when": rule.suppress_when,
                "version": rule.version,
                "line": rule.line,
                "owner": rule.owner,
                "reason": rule.reason,
                "expires": rule.expires.map(|expires| expires.to_string()),
                "expired": over(rule),
                "accounts": hits.accounts.iter().filter_map(account).collect::<Vec<_>>(),
                "findings": hits.findings.iter().filter_map(|place| known.findings.get(*place)).map(|it| &it.id).collect::<Vec<_>>(),
                "legacy_differs": hits.differs.iter().filter_map(|(place, verdict)| {
                    Some(json!({"account_id": account(place)?, "legacy": verdict_name(*verdict)}))
                }).collect::<Vec<_>>(),
            })
        })
        .collect();
    output::print_json(&list)?;
    Ok(known.status)
}

fn verdict_name(verdict: legacy::Verdict) -> &'static str {
    match verdict {
        legacy::Verdict::Suppress => "suppress",
        legacy::Verdict::Keep => "keep",
        legacy::Verdict::Raises => "raises",
    }
}

/// Names in a list that are shown; the rest is counted.
const SHOWN: usize = 10;

fn listed(names: Vec<String>, of: usize, what: &str) -> String {
    if of == 0 {
        return format!("  {what}: none given\n");
    }
    let more = names.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    let list: Vec<String> = names.iter().take(SHOWN).map(|name| report::escape_terminal(name).into_owned()).collect();
    let separator = if list.is_empty() { "" } else { ": " };
    format!("  {what}: {} of {of}{separator}{}{rest}\n", names.len(), list.join(", "))
}

fn paragraph(
    rule: &Rule,
    over: bool,
    hits: &Hits,
    accounts: &[Account],
    known: &Known,
    text: &mut String,
) -> std::fmt::Result {
    let said = |what: &str, value: &Option<String>| value.as_deref().map(|value| format!("{what} {value}"));
    let expires = rule.expires.map(|expires| format!("{} {expires}", if over { "EXPIRED" } else { "expires" }));
    let about: Vec<String> =
        [said("owner", &rule.owner), said("reason:", &rule.reason), expires].into_iter().flatten().collect();
    writeln!(text, "{}  (line {}, version {})", report::escape_terminal(&rule.id), rule.line, rule.version)?;
    for line in rule.condition.to_string().lines() {
        writeln!(text, "  | {}", report::escape_terminal(line))?;
    }
    if !about.is_empty() {
        writeln!(text, "  {}", report::escape_terminal(&about.join(" · ")))?;
    }
    let name = |place: &usize| {
        accounts.get(*place).map(|account| format!("{} {}", account.id.as_str(), account.name).trim().to_owned())
    };
    text.push_str(&listed(hits.accounts.iter().filter_map(name).collect(), accounts.len(), "accounts"));
    let finding = |place: &usize| known.findings.get(*place).map(|finding| finding.id.clone());
    text.push_str(&listed(hits.findings.iter().filter_map(finding).collect(), known.findings.len(), "findings"));
    for verdict in [legacy::Verdict::Suppress, legacy::Verdict::Keep, legacy::Verdict::Raises] {
        let names: Vec<String> =
            hits.differs.iter().filter(|(_, it)| *it == verdict).filter_map(|(place, _)| name(place)).collect();
        if !names.is_empty() {
            let what = match verdict {
                legacy::Verdict::Suppress => "SOAR would suppress too",
                legacy::Verdict::Keep => "SOAR would keep",
                legacy::Verdict::Raises => "SOAR would crash",
            };
            text.push_str(&listed(names, accounts.len(), what));
        }
    }
    text.push('\n');
    Ok(())
}
