//! The ports of the tests: each call may fail or be cut off on either side.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use respond::letter::{Block, Letter};
use respond::ports::*;
use respond::{Failure, Judge, Ports};
use serde_json::{Value, json};

use super::life::{Fault, Life};
use super::outside::{Outside, Stands};
use super::texts;

/// All ports of one engine.
pub fn ports(outside: &Arc<Outside>, life: &Arc<Life>) -> Ports {
    let port = |system: &str| Arc::new(Port { outside: outside.clone(), life: life.clone(), system: system.into() });
    Ports {
        clock: port("clock"),
        tickets: ["jira", "servicenow"].map(|name| (name.to_owned(), port(name) as Arc<dyn Tickets>)).into(),
        mailer: Some(port("mail")),
        hub: Some(port("hub")),
        keys: Some(port("kms")),
        directory: Some(port("directory")),
        judge: Some(Arc::new(Pack)),
    }
}

/// How long a call may take, as those of our clients.
const CALL: SignedDuration = SignedDuration::from_secs(30);

struct Port {
    outside: Arc<Outside>,
    life: Arc<Life>,
    system: String,
}

impl Clock for Port {
    fn now(&self) -> Timestamp {
        self.outside.now().checked_add(SignedDuration::from_millis(self.life.skew())).unwrap()
    }
}

impl Port {
    /// A call that changes something: cut off before it is sent, after it took effect, or not at all.
    async fn call<T>(&self, what: &str, effect: impl FnOnce(&Outside) -> Result<T, Failure>) -> Result<T, Failure> {
        let began = self.outside.now();
        self.life.step(&format!("before {what} is sent")).await;
        if self.outside.now().duration_since(began) > CALL {
            // Clients wait no longer, so nothing is sent after a lease is over.
            return Err(Failure::unknown("TimeoutError: not sent in time"));
        }
        if self.outside.state().down.contains(&self.system) {
            return Err(Failure::later("ServiceUnavailable 503", Some(Duration::from_secs(7))));
        }
        let fault = self.life.fault();
        let answer = match fault {
            Fault::None => effect(&self.outside),
            Fault::DoneUnknown => {
                // Whatever the other side says, it does not arrive.
                let _ = effect(&self.outside);
                Err(Failure::unknown("TimeoutError: no answer"))
            }
            Fault::NotDoneUnknown => Err(Failure::unknown("TimeoutError: no answer")),
            Fault::NotDone => Err(Failure::later("ThrottlingException: slow down", None)),
        };
        self.life.step(&format!("before the answer to {what}")).await;
        answer
    }

    /// A call that only looks.
    async fn ask<T>(&self, effect: impl FnOnce(&Outside) -> Result<T, Failure>) -> Result<T, Failure> {
        self.life.breathe().await;
        if self.outside.state().down.contains(&self.system) {
            return Err(Failure::later("ServiceUnavailable 503", None));
        }
        match self.life.fault() {
            Fault::None => effect(&self.outside),
            Fault::NotDone => Err(Failure::later("ThrottlingException: slow down", None)),
            _ => Err(Failure::unknown("TimeoutError: no answer")),
        }
    }
}

/// A letter as plain text.
pub fn plain(letter: &Letter) -> String {
    let mut text = letter.title.clone() + "\n";
    for block in &letter.body {
        match block {
            Block::Heading(it) | Block::Paragraph(it) | Block::Code(it) => text += it,
            Block::Facts(facts) => facts.iter().for_each(|(name, value)| text += &format!("{name}: {value}\n")),
            Block::List(lines) => lines.iter().for_each(|line| text += &format!("- {line}\n")),
            Block::Link { text: shown, address } => text += &format!("{shown} <{address}>"),
        }
        text.push('\n');
    }
    text
}

fn external(ticket: &super::outside::Ticket) -> External {
    External { id: ticket.id.clone(), name: ticket.name.clone(), address: Some(format!("https://t/{}", ticket.name)) }
}

fn seen(ticket: &super::outside::Ticket) -> Seen {
    let standing = match ticket.stands {
        Stands::Open => Standing::Open,
        Stands::Done => Standing::Done,
        Stands::Missing => Standing::Missing("404".into()),
    };
    Seen { external: external(ticket), standing }
}

impl Tickets for Port {
    fn open<'a>(&'a self, draft: &'a Draft) -> Reply<'a, External> {
        Box::pin(self.call("open", |outside| {
            let mut state = outside.state();
            let (id, name) = state.open(&self.system, &draft.mark.0, &draft.letter.title, &plain(&draft.letter));
            Ok(External { address: Some(format!("https://t/{name}")), id, name })
        }))
    }

    fn find<'a>(&'a self, mark: &'a Mark, _: Option<&'a str>) -> Reply<'a, Vec<Seen>> {
        Box::pin(self.ask(|outside| {
            let state = outside.state();
            let shown = state.tickets.iter().filter(|ticket| {
                ticket.system == self.system
                    && ticket.mark == mark.0
                    && ticket.shown <= state.now
                    && ticket.stands != Stands::Missing
            });
            Ok(shown.map(seen).collect())
        }))
    }

    fn look<'a>(&'a self, external: &'a External) -> Reply<'a, Seen> {
        Box::pin(self.ask(|outside| {
            let mut state = outside.state();
            match state.ticket(&self.system, &external.id) {
                Some(ticket) => Ok(seen(ticket)),
                None => Ok(Seen { external: external.clone(), standing: Standing::Missing("404".into()) }),
            }
        }))
    }

    fn comment<'a>(&'a self, external: &'a External, mark: &'a Mark, _: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.call("comment", |outside| {
            let mut state = outside.state();
            let Some(ticket) = state.ticket(&self.system, &external.id) else { return Err(Failure::never("404")) };
            let twice = ticket.comments.contains(&mark.0);
            ticket.comments.push(mark.0.clone());
            if twice {
                state.wrongs.push(format!("the comment {} twice", mark.0));
            }
            Ok(())
        }))
    }

    fn commented<'a>(&'a self, external: &'a External, mark: &'a Mark) -> Reply<'a, bool> {
        Box::pin(self.ask(|outside| {
            let mut state = outside.state();
            Ok(state.ticket(&self.system, &external.id).is_some_and(|ticket| ticket.comments.contains(&mark.0)))
        }))
    }

    fn close<'a>(&'a self, external: &'a External, _: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.call("close", |outside| {
            let mut state = outside.state();
            match state.ticket(&self.system, &external.id) {
                Some(ticket) if ticket.stands != Stands::Missing => ticket.stands = Stands::Done,
                _ => return Err(Failure::never("404 not found")),
            }
            Ok(())
        }))
    }

    fn reopen<'a>(&'a self, external: &'a External, _: &'a Letter) -> Reply<'a, ()> {
        Box::pin(self.call("reopen", |outside| {
            let mut state = outside.state();
            if state.no_reopen {
                return Err(Failure::never("no transition leads back"));
            }
            match state.ticket(&self.system, &external.id) {
                Some(ticket) => ticket.stands = Stands::Open,
                None => return Err(Failure::never("404")),
            }
            Ok(())
        }))
    }

    fn search_lag(&self) -> Duration {
        Duration::from_secs(self.outside.state().lag as u64)
    }
}

impl Mailer for Port {
    fn send<'a>(&'a self, mail: &'a Mail) -> Reply<'a, ()> {
        Box::pin(self.call("mail", |outside| {
            let mut state = outside.state();
            state.mails.entry(mail.id.clone()).or_insert((mail.letter.title.clone(), 0)).1 += 1;
            if !mail.copy.is_empty() {
                state.copies.insert(mail.letter.title.clone());
            }
            Ok(())
        }))
    }
}

impl Hub for Port {
    fn read<'a>(&'a self, since: Option<Timestamp>, next: Option<&'a str>) -> Reply<'a, HubPage> {
        Box::pin(self.ask(move |outside| {
            let state = outside.state();
            let wanted = state.hub.values().filter(|finding| since.is_none_or(|since| finding.updated >= since));
            let at: usize = next.map_or(0, |next| next.parse().unwrap());
            let all: Vec<String> = wanted.map(texts::asff).collect();
            let findings: Vec<String> = all.iter().skip(at).take(2).cloned().collect();
            let next = (at + 2 < all.len()).then(|| (at + 2).to_string());
            Ok(HubPage { findings, next })
        }))
    }

    fn update<'a>(&'a self, updates: &'a [HubUpdate]) -> Reply<'a, Vec<(usize, Failure)>> {
        Box::pin(self.call("update", |outside| {
            let mut state = outside.state();
            if updates.len() > 100 {
                state.wrongs.push("more than 100 updates in one call".into());
            }
            let mut failures = Vec::new();
            for (index, update) in updates.iter().enumerate() {
                let mut wrong = None;
                match state.hub.get_mut(&update.finding_id) {
                    // GuardDuty's are not kept here.
                    None if update.finding_id.starts_with("g-") => {}
                    None => failures.push((index, Failure::never("FindingNotFound"))),
                    Some(finding) => {
                        if let Some(workflow) = &update.workflow {
                            if finding.by_person && finding.workflow == "SUPPRESSED" {
                                wrong = Some(format!("a person's SUPPRESSED of {} became {workflow}", finding.id));
                            }
                            finding.workflow.clone_from(workflow);
                        }
                        finding.fields.extend(update.fields.clone());
                        finding.note = update.note.clone();
                    }
                }
                state.wrongs.extend(wrong);
            }
            Ok(failures)
        }))
    }
}

impl Keys for Port {
    fn read<'a>(&'a self, arn: &'a str) -> Reply<'a, Option<String>> {
        Box::pin(self.ask(move |outside| Ok(outside.state().shown(arn).map(|key| texts::resource(&key)))))
    }

    fn change<'a>(&'a self, call: &'a KeyCall) -> Reply<'a, ()> {
        Box::pin(self.call("change", |outside| {
            let mut state = outside.state();
            let arn = call.parameters["KeyId"].as_str().unwrap().to_owned();
            let Some(key) = state.keys.get(&arn).filter(|key| !key.gone) else {
                return Err(Failure::never("NotFoundException"));
            };
            if key.denied {
                return Err(Failure::never("AccessDeniedException: the key's policy says no"));
            }
            if key.primary.is_some() && call.operation.ends_with("KeyRotation") {
                return Err(Failure::never("UnsupportedOperationException: a replica rotates with its primary"));
            }
            let dying = key.state == "PendingDeletion";
            let days = call.parameters.get("RotationPeriodInDays").and_then(Value::as_i64);
            let (same, rotation, next) = match call.operation.as_str() {
                "EnableKeyRotation" => (key.rotation == days, days, key.state.clone()),
                "DisableKeyRotation" => (key.rotation.is_none(), None, key.state.clone()),
                "CancelKeyDeletion" if !dying => return Err(Failure::never("KMSInvalidStateException")),
                "CancelKeyDeletion" => (false, key.rotation, "Disabled".to_owned()),
                "EnableKey" if dying => return Err(Failure::never("KMSInvalidStateException")),
                "EnableKey" => (key.state == "Enabled", key.rotation, "Enabled".to_owned()),
                other => return Err(Failure::never(format!("UnsupportedOperationException {other}"))),
            };
            if same {
                state.wrongs.push(format!("{} on {arn}, which was so already", call.operation));
            }
            *state.changed.entry((arn.clone(), call.operation.clone())).or_default() += 1;
            state.change_key(&arn, |key| {
                key.rotation = rotation;
                key.state = next;
                if key.state != "PendingDeletion" {
                    key.deletion = None;
                }
            });
            Ok(())
        }))
    }
}

impl Directory for Port {
    fn accounts(&self) -> Reply<'_, Vec<finding::Account>> {
        Box::pin(self.ask(|outside| Ok(outside.state().accounts.clone())))
    }
}

/// Two detections of ours.
pub struct Pack;

impl Judge for Pack {
    fn judge(&self, resource: &str, _: Timestamp) -> Vec<String> {
        let key: Value = serde_json::from_str(resource).unwrap();
        // As ours does where keys may be deleted; Security Hub's control fails there too.
        let may_die = key["Tags"]["may-die"] == json!("yes");
        let dying = key["KeyState"] == json!("PendingDeletion") && !may_die;
        let rotates = key["KeyRotationEnabled"] == json!(true);
        let status = |passes: bool| if passes { "PASS" } else { "FAIL" };
        vec![
            texts::own("AWS.KMS.ScheduledForDeletion", "KMS.3", "CRITICAL", status(!dying), &key),
            texts::own("AWS.KMS.RotationEnabled", "KMS.4", "MEDIUM", status(rotates), &key),
        ]
    }
}
