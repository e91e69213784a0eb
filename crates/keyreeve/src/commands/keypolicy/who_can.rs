//! `keypolicy who-can`: principals against what they can do, as a table, for machines, or as a graph.

use keypolicy::decide::Place;
use keypolicy::policy::{Effect, Policy};
use keypolicy::prove::Assumptions;
use keypolicy::prove::who::{self, Access, Given, Holder, Subject, who_can};
use keypolicy::{Action, ActionSet, Setting, action, glob, rules};
use serde_json::{Value, json};

use super::grants::grants;
use super::read::{Read, account_remark, place, setting};
use super::{graph, input};
use crate::cli::{PolicyWho, WhoFormat};
use crate::config::Loaded;
use crate::exit::Status;
use crate::output;

/// The kinds of power, in the order of the columns.
pub const POWERS: [&str; 4] = ["administer", "use", "grant", "destroy"];

/// The actions of a kind of power.
pub fn actions_of(power: &str) -> ActionSet {
    match power {
        "administer" => who::administering(),
        "use" => who::using(),
        "grant" => who::granting(),
        _ => action::DESTRUCTIVE,
    }
}

/// Shows who can do what.
pub fn run(asked: &PolicyWho) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.about.config.config.as_deref())?;
    let policy = Read::policy(&asked.policy, &asked.terminal)?;
    let ram = asked.access.ram.as_deref().map(|path| Read::policy(path, &asked.terminal)).transpose()?;
    let grants = asked.access.grants.as_deref().map(grants).transpose()?.unwrap_or_default();
    let setting = setting(&asked.about, &loaded, &[&policy.policy])?;
    let context = input::context(&asked.about, &loaded)?;
    if let Some(remark) = account_remark(&setting) {
        output::remark(&asked.terminal, &remark);
    }
    let now = asked.time.now.map(|now| now.to_string());
    let existing = context.existing.as_ref();
    let assumptions = Assumptions { now: now.as_deref(), existing, root_usable: context.root_usable };
    let compiled = rules::compile(&policy.policy, &setting);
    let shared = ram.as_ref().map(|ram| rules::compile(&ram.policy, &setting));
    let given = Given { policy: &compiled, ram: shared.as_ref(), grants: &grants };
    let access = who_can(&given, &setting, &assumptions);
    let shown = Shown { access: &access, policy: &policy, ram: ram.as_ref(), setting: &setting };
    let wildcards = shown.wildcards(existing);
    match asked.format {
        WhoFormat::Pretty => output::print(&shown.page(&wildcards))?,
        WhoFormat::Json => output::print_json(&shown.document(&wildcards))?,
        WhoFormat::Jsonl => output::print(&format!("{}\n", shown.document(&wildcards)))?,
        WhoFormat::Mermaid => output::print(&graph::mermaid(&access, &setting))?,
        WhoFormat::Dot => output::print(&graph::dot(&access, &setting))?,
    }
    Ok(Status::Clean)
}

/// A principal as policies write it.
pub fn name(subject: &Subject, setting: &Setting) -> String {
    match subject {
        Subject::OwnAccount(account) | Subject::Account(account) => {
            format!("arn:{}:iam::{account}:root", setting.partition_name())
        }
        Subject::Everybody(_) => "*".to_owned(),
        Subject::Identity(name) | Subject::Service(name) | Subject::Unknown(name) => name.clone(),
    }
}

fn kind(subject: &Subject) -> &'static str {
    match subject {
        Subject::OwnAccount(_) => "own account",
        Subject::Account(_) => "account",
        Subject::Everybody(_) => "everybody",
        Subject::Identity(_) => "identity",
        Subject::Service(_) => "service",
        Subject::Unknown(_) => "unknown",
    }
}

/// All conditions of a holder in one sentence.
pub fn conditions(holder: &Holder) -> String {
    let but = match &holder.subject {
        Subject::Everybody(but) if !but.is_empty() => vec![format!("the caller is none of {}", but.join(", "))],
        _ => Vec::new(),
    };
    but.iter().chain(&holder.conditions).chain(&holder.exceptions).map(String::as_str).collect::<Vec<_>>().join("; ")
}

/// A wildcard, where it stands, and what it stands for.
struct Wildcard {
    at: Place,
    text: String,
    /// `None` where nobody knows what there is.
    stands_for: Option<Vec<String>>,
    words: String,
}

struct Shown<'a> {
    access: &'a Access,
    policy: &'a Read,
    ram: Option<&'a Read>,
    setting: &'a Setting,
}

impl Shown<'_> {
    fn document(&self, wildcards: &[Wildcard]) -> Value {
        let names = |set: ActionSet| set.iter().map(Action::qualified).collect::<Vec<_>>();
        let principals = self.access.holders.iter().map(|holder| {
            let mut made = json!({
                "principal": name(&holder.subject, self.setting),
                "kind": kind(&holder.subject),
                "conditions": conditions(holder),
                "read": names(holder.rights.meet(ActionSet::group(action::Group::Read))),
                "not_found_out": names(holder.open),
                "denied": names(holder.denied),
                "iam_decides": needs_iam(&holder.subject),
                "by": holder.places.iter().map(|it| self.place(*it)).collect::<Vec<_>>(),
            });
            if let Some(members) = made.as_object_mut() {
                for power in POWERS {
                    members.insert(power.to_owned(), json!(names(holder.rights.meet(actions_of(power)))));
                }
            }
            made
        });
        let expanded = wildcards.iter().map(|it| {
            json!({"wildcard": it.text, "by": self.place(it.at), "stands_for": it.stands_for, "meaning": it.words})
        });
        let nobody = self.access.idle.iter().map(|(at, why)| json!({"by": self.place(*at), "why": why}));
        json!({
            "principals": principals.collect::<Vec<_>>(),
            "wildcards": expanded.collect::<Vec<_>>(),
            "nobody": nobody.collect::<Vec<_>>(),
            "notes": self.notes(),
        })
    }

    fn place(&self, at: Place) -> String {
        place(at, self.policy, self.ram)
    }

    fn page(&self, wildcards: &[Wildcard]) -> String {
        let width = usize::from(output::width()).max(60);
        let safe = |text: &str| report::escape_terminal(text).to_string();
        let mut text = self.table(width);
        let mut section = |title: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                text.push_str(&format!("\n{title}\n"));
                lines.iter().for_each(|line| text.push_str(&wrapped(&safe(line), width, "  ", "    ")));
            }
        };
        section(
            "What the wildcards stand for",
            wildcards.iter().map(|it| format!("{} in {}: {}", it.text, self.place(it.at), it.words)).collect(),
        );
        section(
            "What gives nobody anything",
            self.access.idle.iter().map(|(at, why)| format!("{}: {why}", self.place(*at))).collect(),
        );
        section("To be known", self.notes());
        text
    }

    fn table(&self, width: usize) -> String {
        const COLUMN: usize = 12;
        let cells: Vec<String> = POWERS.iter().map(|power| format!("{power:<COLUMN$}")).collect();
        let room = width.saturating_sub(POWERS.len() * COLUMN);
        let mut text = format!("{:<room$}{}\n", "principal", cells.concat().trim_end());
        for holder in &self.access.holders {
            let name = report::escape_terminal(&self.title(&holder.subject)).to_string();
            let cells: Vec<String> =
                POWERS.iter().map(|power| format!("{:<COLUMN$}", cell(holder, actions_of(power)))).collect();
            let cells = cells.concat();
            match name.chars().count() + 2 <= room {
                true => text.push_str(&format!("{name:<room$}{}\n", cells.trim_end())),
                false => text.push_str(&format!("{name}\n{:room$}{}\n", "", cells.trim_end())),
            }
            for line in self.details(holder) {
                text.push_str(&wrapped(&report::escape_terminal(&line), width, "    ", "      "));
            }
        }
        text
    }

    fn title(&self, subject: &Subject) -> String {
        match subject {
            Subject::OwnAccount(account) => format!("account {account} (the key's own), as its IAM policies say"),
            Subject::Account(account) => format!("account {account}, as its IAM policies say"),
            Subject::Everybody(but) if but.is_empty() => "everybody".to_owned(),
            Subject::Everybody(_) => "everybody else".to_owned(),
            Subject::Service(service) => format!("service {service}"),
            other => name(other, self.setting),
        }
    }

    fn details(&self, holder: &Holder) -> Vec<String> {
        let mut lines = Vec::new();
        let named = |set: ActionSet| set.iter().map(Action::name).collect::<Vec<_>>().join(", ");
        let parts = |power: &&str| {
            let (held, all) = (holder.rights.meet(actions_of(power)), actions_of(power));
            (!held.is_empty() && held != all).then(|| format!("{power}: {}", named(held)))
        };
        lines.extend(POWERS.iter().filter_map(parts));
        let reading = holder.rights.meet(ActionSet::group(action::Group::Read));
        if !reading.is_empty() && reading == holder.rights {
            lines.push(format!("only reads: {}", named(reading)));
        }
        let plain = Holder { exceptions: Vec::new(), ..holder.clone() };
        let conditions = conditions(&plain);
        if !conditions.is_empty() {
            lines.push(format!("where {conditions}"));
        }
        lines.extend(holder.exceptions.iter().cloned());
        if !holder.denied.is_empty() {
            lines.push(format!("allowed, but denied by another statement: {}", named(holder.denied)));
        }
        if !holder.open.is_empty() {
            lines.push(format!("perhaps, because not everything is known: {}", named(holder.open)));
        }
        let by: Vec<String> = holder.places.iter().map(|it| self.place(*it)).collect();
        lines.push(format!("by {}", by.join(", ")));
        lines
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let has = |wanted: fn(&Subject) -> bool| self.access.holders.iter().any(|it| wanted(&it.subject));
        if has(|it| matches!(it, Subject::OwnAccount(_))) {
            notes.push(
                "the account principal (`:root`) is not the root user alone: it lets the account's IAM policies give these actions to any of its \
                 users and roles, and gives them to the root user at once"
                    .to_owned(),
            );
        }
        if has(|it| matches!(it, Subject::Account(_))) {
            let unknown = self.setting.account.is_none();
            let more =
                if unknown { " Which account is the key's own is not known; give it with --account" } else { "" };
            notes.push(format!(
                "for callers of another account, that account's IAM policies must allow it too, and only what crosses accounts has an effect.{more}"
            ));
        }
        notes.push(
            "SCPs, RCPs, permission boundaries and session policies were not seen: they only take away".to_owned(),
        );
        notes
    }

    /// The wildcards of the statements that give something.
    fn wildcards(&self, existing: Option<&std::collections::BTreeSet<String>>) -> Vec<Wildcard> {
        let own = wildcards_of(&self.policy.policy, Place::Policy, existing);
        let ram = self.ram.map(|ram| wildcards_of(&ram.policy, Place::Ram, existing));
        own.into_iter().chain(ram.into_iter().flatten()).collect()
    }
}

/// Whether IAM policies have the last word.
fn needs_iam(subject: &Subject) -> bool {
    matches!(subject, Subject::OwnAccount(_) | Subject::Account(_))
}

fn cell(holder: &Holder, all: ActionSet) -> String {
    let held = holder.rights.meet(all);
    match (held.is_empty(), held == all, holder.open.meet(all).is_empty()) {
        (true, _, true) => "–".to_owned(),
        (true, _, false) => "perhaps".to_owned(),
        (_, true, _) => "all".to_owned(),
        _ => format!("{} of {}", held.len(), all.len()),
    }
}

fn wildcards_of(
    policy: &Policy,
    at: fn(usize) -> Place,
    existing: Option<&std::collections::BTreeSet<String>>,
) -> Vec<Wildcard> {
    let mut made = Vec::new();
    for statement in &policy.statements {
        if !statement.effect.is_some_and(|effect| effect.value == Effect::Allow) {
            continue;
        }
        let at = at(statement.index);
        let actions = statement.actions.iter().flat_map(|it| &it.items);
        for item in actions.filter(|item| item.text.raw.contains(['*', '?'])) {
            let set = item.set.meet(ActionSet::governed());
            let names: Vec<String> = set.iter().map(Action::qualified).collect();
            let words = match set == ActionSet::governed() {
                true => format!("all {} actions that a key policy governs", set.len()),
                false if names.is_empty() => "no action of KMS".to_owned(),
                false => names.join(", "),
            };
            made.push(Wildcard { at, text: item.text.raw.clone(), stands_for: Some(names), words });
        }
        let everybody =
            statement.principals.iter().any(|it| !it.negated && it.items.iter().any(|it| it.is_everybody()));
        if everybody {
            let words = "every identity of every AWS account whose own IAM policies allow it, and every AWS service, where the conditions hold";
            made.push(Wildcard { at, text: "Principal *".to_owned(), stands_for: None, words: words.to_owned() });
        }
        for condition in &statement.conditions {
            let arns = condition.key.value.eq_ignore_ascii_case("aws:PrincipalArn")
                && condition.operator.is_some_and(|it| it.has_wildcards() && !it.negated);
            for value in condition.values.iter().filter(|value| arns && value.raw.contains(['*', '?'])) {
                made.push(principals(at, &value.raw, existing));
            }
        }
    }
    made
}

/// What a pattern of callers' ARNs stands for.
fn principals(at: Place, pattern: &str, existing: Option<&std::collections::BTreeSet<String>>) -> Wildcard {
    let found = existing
        .map(|existing| existing.iter().filter(|arn| glob::fits_arn(pattern, arn)).cloned().collect::<Vec<String>>());
    let words = match &found {
        Some(found) if found.is_empty() => "none of the principals that exist".to_owned(),
        Some(found) => found.join(", "),
        None => "whichever roles and users fit; --existing FILE tells which there are".to_owned(),
    };
    Wildcard { at, text: pattern.to_owned(), stands_for: found, words }
}

/// A line broken at spaces, each part indented.
fn wrapped(line: &str, width: usize, first: &str, rest: &str) -> String {
    let mut text = String::new();
    let mut current = first.to_owned();
    let mut empty = true;
    for word in line.split(' ') {
        if !empty && current.chars().count() + 1 + word.chars().count() > width {
            text.push_str(current.trim_end());
            text.push('\n');
            current = rest.to_owned();
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    text.push_str(current.trim_end());
    text.push('\n');
    text
}
