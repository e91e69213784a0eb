//! Stories: what happens outside, scene by scene, and how it ends.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use jiff::SignedDuration;
use respond::{Delivery, Engine};
use store::{FindingFilter, JobFilter, Page, Store, TicketFilter};
use triage::rules::Rules;

use super::life::Life;
use super::outside::{Hubbed, Stands};
use super::texts::{self, DEV, PROD};
use super::{World, block, options, poll, settings};

/// What happens in one scene.
pub type Act = fn(&World) -> Vec<Delivery>;

/// A story.
pub struct Story {
    pub name: &'static str,
    pub make: fn() -> World,
    /// What happens, and how long is waited after it.
    pub scenes: Vec<(Act, SignedDuration)>,
}

pub fn delivery(source: &str, id: &str, body: String) -> Delivery {
    Delivery { source: source.into(), id: Some(id.into()), at: None, body: body.into_bytes() }
}

fn event(world: &World, id: &str, call: &str, arn: &str) -> Vec<Delivery> {
    vec![delivery("sqs", id, texts::trail(id, call, arn, world.now()))]
}

/// A world with a production and a development account, and a key in each.
pub fn two_accounts() -> World {
    let world = World::with(options(), settings(), Rules::default());
    {
        let mut state = world.outside.state();
        state.accounts = vec![texts::account(PROD, "pay-prod", "PROD"), texts::account(DEV, "pay-dev", "DEV")];
        for account in [PROD, DEV] {
            let arn = texts::arn(account, "one");
            state.keys.insert(arn.clone(), texts::key(&arn));
        }
    }
    world
}

pub fn schedule(world: &World, account: &str) -> Vec<Delivery> {
    let arn = texts::arn(account, "one");
    let date = world.now().checked_add(SignedDuration::from_hours(7 * 24)).unwrap();
    world.outside.state().change_key(&arn, |key| {
        key.state = "PendingDeletion".into();
        key.deletion = Some(date);
    });
    event(world, &format!("schedule-{account}-{}", world.now()), "ScheduleKeyDeletion", &arn)
}

pub fn cancel(world: &World, account: &str) -> Vec<Delivery> {
    let arn = texts::arn(account, "one");
    world.outside.state().change_key(&arn, |key| {
        key.state = "Disabled".into();
        key.deletion = None;
    });
    event(world, &format!("cancel-{account}-{}", world.now()), "CancelKeyDeletion", &arn)
}

pub fn stop_rotation(world: &World) -> Vec<Delivery> {
    let arn = texts::arn(PROD, "one");
    world.outside.state().change_key(&arn, |key| key.rotation = None);
    event(world, &format!("stop-{}", world.now()), "DisableKeyRotation", &arn)
}

/// A multi-Region key beside the others: a primary here and a replica far away.
pub fn with_replica() -> World {
    let world = two_accounts();
    let (primary, replica) = (texts::arn(PROD, "mrk-one"), texts::far_arn(PROD, "mrk-one"));
    {
        let mut state = world.outside.state();
        let mut key = texts::key(&primary);
        key.replicas = vec![replica.clone()];
        state.keys.insert(primary.clone(), key);
        let mut key = texts::key(&replica);
        key.primary = Some(primary);
        state.keys.insert(replica, key);
    }
    world
}

/// The rotation of the multi-Region key is switched off, and events about both of its keys come in.
pub fn stop_shared_rotation(world: &World) -> Vec<Delivery> {
    let (primary, replica) = (texts::arn(PROD, "mrk-one"), texts::far_arn(PROD, "mrk-one"));
    world.outside.state().change_key(&primary, |key| key.rotation = None);
    world.advance(SignedDuration::from_secs(30));
    [
        event(world, "stop-primary", "DisableKeyRotation", &primary),
        event(world, "touch-replica", "TagResource", &replica),
    ]
    .concat()
}

pub fn hubbed(world: &World, id: &str, control: &str, compliance: &str) -> Hubbed {
    Hubbed {
        id: id.into(),
        arn: texts::arn(PROD, "one"),
        account: PROD.into(),
        region: "eu-north-1".into(),
        control: control.into(),
        compliance: compliance.into(),
        workflow: "NEW".into(),
        by_person: false,
        archived: false,
        updated: world.now(),
        fields: BTreeMap::new(),
        note: None,
    }
}

pub fn in_hub(world: &World, id: &str, control: &str, compliance: &str) -> Vec<Delivery> {
    let old = world.outside.state().hub.get(id).cloned();
    let mut finding = old.unwrap_or_else(|| hubbed(world, id, control, compliance));
    finding.compliance = compliance.into();
    finding.updated = world.now();
    let body = texts::asff(&finding);
    world.outside.state().hub.insert(id.into(), finding);
    vec![delivery("webhook", &format!("{id}-{}", world.now()), body)]
}

/// What Security Hub finds about both keys of the multi-Region key.
fn family_in_hub(world: &World, compliance: &str) -> Vec<Delivery> {
    let keys = [("hub-primary", texts::arn(PROD, "mrk-one")), ("hub-replica", texts::far_arn(PROD, "mrk-one"))];
    let mut texts = Vec::new();
    for (id, arn) in keys {
        let old = world.outside.state().hub.get(id).cloned();
        let mut finding = old.unwrap_or_else(|| hubbed(world, id, "KMS.4", compliance));
        (finding.arn, finding.compliance, finding.updated) = (arn, compliance.into(), world.now());
        texts.push(texts::asff(&finding));
        world.outside.state().hub.insert(id.into(), finding);
    }
    vec![delivery("webhook", &format!("family-{}", world.now()), format!("[{}]", texts.join(",")))]
}

fn nothing(_: &World) -> Vec<Delivery> {
    Vec::new()
}

/// The seed's stories.
pub fn stories() -> Vec<Story> {
    let hour = SignedDuration::from_hours(1);
    vec![
        Story {
            name: "a production key is scheduled for deletion, reminded of, and cancelled",
            make: two_accounts,
            scenes: vec![(|w| schedule(w, PROD), hour), (nothing, hour * 4), (|w| cancel(w, PROD), hour)],
        },
        Story {
            name: "a development key is scheduled for deletion",
            make: two_accounts,
            scenes: vec![(|w| schedule(w, DEV), hour)],
        },
        Story { name: "rotation is switched off", make: two_accounts, scenes: vec![(stop_rotation, hour)] },
        Story {
            name: "rotation is switched off, and code owns the key",
            make: || {
                let world = two_accounts();
                let tags = [("aws:cloudformation:stack-name", "keys"), ("aws:cloudformation:logical-id", "MainKey")];
                let arn = texts::arn(PROD, "one");
                let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
                world.outside.state().keys.get_mut(&arn).unwrap().tags = tags;
                world
            },
            scenes: vec![(stop_rotation, hour)],
        },
        Story {
            name: "rotation is switched off, and the key's policy keeps us out",
            make: || {
                let world = two_accounts();
                world.outside.state().keys.get_mut(&texts::arn(PROD, "one")).unwrap().denied = true;
                world
            },
            scenes: vec![(stop_rotation, hour)],
        },
        Story {
            name: "an incident",
            make: two_accounts,
            scenes: vec![(|w| vec![delivery("webhook", "guard", texts::guard_duty("g-1", w.now()))], hour)],
        },
        Story {
            name: "a finding that comes back",
            make: two_accounts,
            scenes: vec![
                (|w| in_hub(w, "hub-1", "KMS.1", "FAILED"), hour),
                (|w| in_hub(w, "hub-1", "KMS.1", "PASSED"), hour),
                (|w| in_hub(w, "hub-1", "KMS.1", "FAILED"), hour),
            ],
        },
        Story {
            name: "two findings that share a ticket",
            make: two_accounts,
            scenes: vec![
                (|w| in_hub(w, "hub-1", "KMS.1", "FAILED"), hour),
                (|w| in_hub(w, "hub-2", "KMS.1", "FAILED"), hour),
                (|w| in_hub(w, "hub-1", "KMS.1", "PASSED"), hour),
                (|w| in_hub(w, "hub-2", "KMS.1", "PASSED"), hour),
            ],
        },
        Story {
            name: "a ticket that is closed by hand, in a system that opens nothing again",
            make: || {
                let world = two_accounts();
                world.outside.state().no_reopen = true;
                world
            },
            scenes: vec![
                (|w| in_hub(w, "hub-1", "KMS.1", "FAILED"), hour),
                (close_by_hand, hour * 26),
                (|w| in_hub(w, "hub-1", "KMS.1", "PASSED"), hour),
            ],
        },
        Story {
            name: "the rotation of a multi-Region key is switched off",
            make: with_replica,
            scenes: vec![
                (
                    |w| {
                        w.outside.state().change_key(&texts::arn(PROD, "mrk-one"), |key| key.rotation = None);
                        w.advance(SignedDuration::from_secs(30));
                        family_in_hub(w, "FAILED")
                    },
                    hour,
                ),
                (|w| family_in_hub(w, "PASSED"), hour),
            ],
        },
    ]
}

pub fn close_by_hand(world: &World) -> Vec<Delivery> {
    for ticket in &mut world.outside.state().tickets {
        ticket.stands = Stands::Done;
    }
    Vec::new()
}

/// The next moment at which something is due, but not past `end`.
pub fn next_due(world: &World, end: jiff::Timestamp) -> jiff::Timestamp {
    let store = &world.store;
    let mut next = end;
    for queue in ["ticket", "hub", "mail", "remediation", "read"] {
        next = next.min(block(store.next_due(queue.into())).unwrap().unwrap_or(end));
    }
    let due = block(store.findings_due(end, 1)).unwrap();
    next = next.min(due.first().and_then(|row| row.decide_at).unwrap_or(end));
    for row in block(store.tickets_due(end, 1)).unwrap() {
        next = next.min(row.look_at.into_iter().chain(row.remind_at).min().unwrap_or(end));
    }
    for name in ["hub.next", "accounts.next"] {
        let value = block(store.value(name.into())).unwrap();
        next = next.min(value.and_then(|text| text.parse().ok()).unwrap_or(end));
    }
    next
}

/// What a story came to.
pub struct Told {
    pub steps: u64,
    pub died_of: Option<String>,
}

/// Tells a story; the engine dies at that step, and another takes over.
pub fn tell(story: &Story, world: &World, dies_at: Option<u64>) -> Told {
    let life = dies_at.map_or_else(Life::endless, Life::until);
    let mut teller = Teller { world, engine: world.engine(&life, "first"), life: life.clone(), died_of: None };
    for (act, wait) in &story.scenes {
        let deliveries = act(world);
        teller.take(&deliveries);
        let end = world.now().checked_add(*wait).unwrap();
        teller.go_on_until(end);
    }
    Told { steps: life.steps(), died_of: teller.died_of }
}

struct Teller<'w> {
    world: &'w World,
    engine: Engine,
    life: Arc<Life>,
    died_of: Option<String>,
}

impl Teller<'_> {
    fn take(&mut self, deliveries: &[Delivery]) {
        // Who dies has acknowledged nothing, and it is delivered again.
        loop {
            let deliveries = deliveries.to_vec();
            if self.try_one(|engine| Box::pin(async move { engine.take(&deliveries).await.map(drop) })).is_some() {
                return;
            }
        }
    }

    fn go_on_until(&mut self, end: jiff::Timestamp) {
        let mut rounds = 0;
        loop {
            while self.try_one(|engine| Box::pin(async move { engine.turn().await.map(drop) })).is_none() {}
            let now = self.world.now();
            if now >= end {
                return;
            }
            let next = next_due(self.world, end).max(now.checked_add(SignedDuration::from_millis(500)).unwrap());
            self.world.advance(next.min(end).duration_since(now));
            rounds += 1;
            assert!(rounds < 2_000, "it does not come to rest: {:?}", block(self.world.store.job_counts()));
        }
    }

    fn try_one<F>(&mut self, start: F) -> Option<()>
    where
        F: for<'e> FnOnce(&'e Engine) -> Pin<Box<dyn Future<Output = Result<(), store::StoreError>> + 'e>>,
    {
        let mut future = start(&self.engine);
        for _ in 0..100_000 {
            if let Some(result) = poll(&mut future) {
                result.unwrap();
                return Some(());
            }
            if self.life.is_dead() {
                break;
            }
        }
        assert!(self.life.is_dead(), "it waits for ever");
        drop(future);
        self.world.store.die(self.life.death());
        self.died_of = Some(self.life.last_words());
        self.life = Life::endless();
        self.engine = self.world.engine(&self.life, "second");
        None
    }
}

/// How a world ended, without the times at which it came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    pub tickets: Vec<String>,
    pub findings: Vec<String>,
    pub rows: Vec<String>,
    pub remediations: Vec<String>,
    pub jobs: Vec<String>,
    pub hub: Vec<String>,
    pub mails: Vec<String>,
    pub changed: BTreeMap<(String, String), u32>,
    pub wrongs: Vec<String>,
}

pub fn end(world: &World) -> End {
    let page = || Page { after: None, limit: 1000 };
    let store = &world.store;
    let rows = block(store.findings(FindingFilter::default(), page())).unwrap();
    let findings = rows.iter().map(|row| {
        format!(
            "{} {} #{} {:?} settled {} tickets {}",
            row.finding_id,
            row.control,
            row.incarnation,
            row.action,
            row.settled,
            row.tickets.len()
        )
    });
    let tickets = block(store.tickets(TicketFilter::default(), page())).unwrap();
    let shown = tickets.iter().map(|row| {
        format!(
            "{} {} {:?} by hand {} {:?} reminders {} findings {}",
            row.destination,
            row.kind,
            row.state,
            row.closed_by_hand,
            row.outcome,
            row.reminders,
            row.findings.len()
        )
    });
    let remediations = block(store.remediations(None, page())).unwrap();
    let jobs = block(store.jobs(JobFilter::default(), page())).unwrap();
    let state = world.outside.state();
    let mut outside: Vec<String> = state
        .tickets
        .iter()
        .map(|ticket| {
            format!("{} {} {:?} {} comments", ticket.system, ticket.title, ticket.stands, ticket.comments.len())
        })
        .collect();
    outside.sort();
    let mut rows: Vec<String> = shown.collect();
    rows.sort();
    let mut findings: Vec<String> = findings.collect();
    findings.sort();
    let mut mails: Vec<String> = state.mails.values().map(|(title, _)| title.clone()).collect();
    mails.sort();
    End {
        tickets: outside,
        findings,
        rows,
        remediations: remediations
            .iter()
            // Whether a replica waited for its primary or found nothing left to do depends on which of them came first.
            .filter(|row| row.resource != texts::far_arn(PROD, "mrk-one"))
            .map(|row| format!("{} {:?} done {} undo {}", row.control, row.state, row.done, row.undo.len()))
            .collect(),
        jobs: jobs
            .iter()
            .filter(|job| job.state != store::rows::JobState::Done)
            .map(|job| format!("{} {:?} {:?}", job.id, job.state, job.note))
            .collect(),
        hub: state
            .hub
            .values()
            .map(|it| format!("{} {} {:?}", it.id, it.workflow, it.fields.get("TicketOpen")))
            .collect(),
        mails,
        changed: state.changed.clone(),
        wrongs: state.wrongs.clone(),
    }
}
