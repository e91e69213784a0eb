//! `triage`: what to do about each finding, and why, without asking or changing anything anywhere.

use anyhow::bail;
use triage::{Decision, Incoming, Triage};

use super::triage_input::{Known, ready_rules, settings};
use super::triage_view::page;
use crate::cli::{self, Plain};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// Decides every finding.
pub fn run(asked: &cli::Triage) -> anyhow::Result<Status> {
    if asked.input.findings.is_empty() {
        bail!("name a file of findings, or `-` for standard input (`keyreeve scan … -f json | keyreeve triage -`)");
    }
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let triage = Triage::new(settings(&loaded)?, ready_rules(asked.rules.as_deref())?);
    let known = Known::read(&asked.input, asked.ticket.as_deref(), &loaded)?;
    let is_known = |finding: &Incoming| known.accounts.contains_key(&finding.account_id);
    if !asked.input.account.is_empty() && !known.findings.is_empty() && !known.findings.iter().any(is_known) {
        let account = &known.findings[0].account_id;
        let text = format!("none of the accounts given is a finding's: nothing is known of {account}, for one");
        output::remark(&asked.output.terminal, &text);
    }
    let decisions: Vec<Decision> = known.findings.iter().map(|finding| triage.decide(&known.case(finding))).collect();
    match asked.output.format {
        Plain::Pretty => output::print(&page(&decisions, output::use_color(asked.output.terminal.color)))?,
        Plain::Json => output::print_json(&decisions)?,
        Plain::Jsonl => {
            for decision in &decisions {
                output::print(&(serde_json::to_string(decision)? + "\n"))?;
            }
        }
    }
    Ok(known.status)
}
