//! What the engine does beside the seed's stories: it only watches at first, keeps its caps, respects people, and can be stopped.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what is wrong in a test ends the test")]

mod world;

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use respond::ports::{Hub, HubPage, HubUpdate, Reply};
use respond::{Engine, Failure, Mode, Options, Ports};
use serde_json::json;
use store::rows::{JobState, RemediationState};
use store::{FindingFilter, JobFilter, Page, Store, TicketFilter, Unfit};
use triage::rules::Rules;
use triage::suppress::Vocabulary;
use world::life::Life;
use world::outside::{Hubbed, Stands};
use world::scenes::{self, delivery, in_hub, next_due, schedule, stop_rotation, two_accounts};
use world::texts::{self, DEV, PROD};
use world::{World, block, options};

fn page() -> Page {
    Page { after: None, limit: 1000 }
}

/// Turns until that time.
fn go_on(world: &World, engine: &Engine, by: SignedDuration) {
    let end = world.now().checked_add(by).unwrap();
    for _ in 0..2_000 {
        block(engine.turn()).unwrap();
        let now = world.now();
        if now >= end {
            return;
        }
        let next = next_due(world, end).max(now.checked_add(SignedDuration::from_millis(500)).unwrap());
        world.advance(next.duration_since(now));
    }
    panic!("it does not come to rest");
}

fn engine(world: &World) -> Engine {
    world.engine(&Life::endless(), "one")
}

fn hour() -> SignedDuration {
    SignedDuration::from_hours(1)
}

#[test]
fn observing_decides_and_records_what_it_would_do_and_does_nothing() {
    let mut world = two_accounts();
    world.options = Options { mode: Mode::Observe, ..options() };
    let engine = engine(&world);
    block(engine.take(&schedule(&world, PROD))).unwrap();
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour());
    assert!(world.outside.state().tickets.is_empty());
    assert!(world.outside.state().mails.is_empty());
    let rows = block(world.store.findings(FindingFilter::default(), page())).unwrap();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!(
            row.decision.as_ref().unwrap()["would"],
            json!(["open a ticket in jira", "open a ticket in servicenow"])
        );
    }
    let preview = block(engine.preview()).unwrap();
    assert_eq!((preview.tickets["jira"], preview.by_team["Platform"], preview.by_severity["CRITICAL"]), (2, 2, 1));
    assert!(preview.text().contains("Tickets, by system"), "{}", preview.text());
}

#[test]
fn what_was_observed_is_done_once_the_mode_changes() {
    let mut world = two_accounts();
    world.options = Options { mode: Mode::Observe, ..options() };
    block(engine(&world).take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine(&world), hour());
    world.options = options();
    go_on(&world, &engine(&world), hour());
    assert_eq!(world.outside.state().tickets.len(), 2);
}

#[test]
fn above_the_cap_one_ticket_stands_for_those_that_wait() {
    let mut world = two_accounts();
    world.options = Options { tickets_an_hour: 3, destinations: vec!["jira".into()], ..options() };
    let engine = engine(&world);
    for number in 0..8 {
        let mut finding = scenes::hubbed(&world, &format!("hub-{number}"), "KMS.1", "FAILED");
        finding.arn = texts::arn(PROD, &format!("key-{number}"));
        let text = texts::asff(&finding);
        world.outside.state().hub.insert(finding.id.clone(), finding);
        block(engine.take(&[delivery("webhook", &format!("d-{number}"), text)])).unwrap();
    }
    go_on(&world, &engine, SignedDuration::from_mins(20));
    let titles = world.outside.state().open_titles("jira");
    assert_eq!(titles.iter().filter(|title| title.contains("KMS.1")).count(), 3, "{titles:?}");
    assert_eq!(titles.iter().filter(|title| title.contains("many findings")).count(), 1, "{titles:?}");
    let held = JobFilter { state: Some(JobState::Held), ..JobFilter::default() };
    assert_eq!(block(world.store.jobs(held, page())).unwrap().len(), 5);
    for _ in 0..20 {
        go_on(&world, &engine, SignedDuration::from_mins(20));
    }
    let titles = world.outside.state().open_titles("jira");
    assert_eq!(titles.iter().filter(|title| title.contains("KMS.1")).count(), 8, "{titles:?}");
    assert!(!titles.iter().any(|title| title.contains("many findings")), "closed once nothing waits: {titles:?}");
}

#[test]
fn a_persons_suppression_is_respected_and_closes_the_ticket() {
    let world = two_accounts();
    let engine = engine(&world);
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour());
    {
        let mut state = world.outside.state();
        let finding = state.hub.get_mut("hub-1").unwrap();
        (finding.workflow, finding.by_person) = ("SUPPRESSED".into(), true);
    }
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour() * 30);
    let end = scenes::end(&world);
    assert_eq!(end.wrongs, Vec::<String>::new());
    assert_eq!(end.hub, ["hub-1 SUPPRESSED Some(\"No\")"]);
    assert!(end.rows.iter().all(|row| row.contains("Some(\"accepted\")")), "{:?}", end.rows);
}

/// Security Hub evaluates late: what it writes after a fix may be about the time before.
#[test]
fn what_security_hub_says_late_about_a_key_that_was_fixed_opens_no_ticket() {
    let world = two_accounts();
    let engine = engine(&world);
    block(engine.take(&stop_rotation(&world))).unwrap();
    go_on(&world, &engine, SignedDuration::from_mins(10));
    for status in ["FAILED", "PASSED", "FAILED", "PASSED"] {
        block(engine.take(&in_hub(&world, "hub-4", "KMS.4", status))).unwrap();
        go_on(&world, &engine, SignedDuration::from_mins(10));
    }
    let end = scenes::end(&world);
    assert_eq!(end.remediations, ["KMS.4 Verified done 1 undo 1"]);
    assert_eq!(end.tickets.len(), 2, "{:?}", end.tickets);
    assert!(end.tickets.iter().all(|ticket| ticket.contains("AUTOFIXED")), "{:?}", end.tickets);
}

/// Which of two texts of the same moment came later, an event does not say.
#[test]
fn an_event_that_comes_late_with_the_time_of_a_newer_text_is_set_right_by_the_next_reading_of_security_hub() {
    let world = two_accounts();
    let engine = engine(&world);
    let mut late = in_hub(&world, "hub-1", "KMS.1", "FAILED");
    late[0].id = Some("late".into());
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "PASSED"))).unwrap();
    go_on(&world, &engine, hour() * 2);
    block(engine.take(&late)).unwrap();
    go_on(&world, &engine, hour() * 2);
    let end = scenes::end(&world);
    assert!(end.findings[0].contains("settled true"), "{:?}", end.findings);
    assert!(end.tickets.iter().all(|ticket| ticket.contains("Done")), "{:?}", end.tickets);
}

/// Ours has come back more often than Security Hub's, which looked only once.
#[test]
fn findings_about_one_key_share_its_fix_however_often_each_has_come_back() {
    let world = two_accounts();
    let engine = engine(&world);
    for round in 1..=3 {
        let told = stop_rotation(&world);
        world.advance(SignedDuration::from_secs(30));
        if round == 3 {
            block(engine.take(&in_hub(&world, "hub-4", "KMS.4", "FAILED"))).unwrap();
            go_on(&world, &engine, SignedDuration::from_secs(2));
        }
        block(engine.take(&told)).unwrap();
        go_on(&world, &engine, SignedDuration::from_mins(10));
    }
    let end = scenes::end(&world);
    assert_eq!(end.changed.values().copied().collect::<Vec<_>>(), [3]);
    assert_eq!(end.tickets.len(), 6, "one in each system for each fix: {:?}", end.tickets);
    assert!(end.tickets.iter().all(|ticket| ticket.contains("AUTOFIXED")), "{:?}", end.tickets);
}

#[test]
fn a_rule_suppresses_in_security_hub_until_it_ends() {
    let rule = r#"[{"id": "KMS.1", "suppress_when": "account_id = 111122223333", "owner": "sec", "reason": "known", "expires": "2026-11-22"}]"#;
    let read = triage::rules::read(rule, &Vocabulary::default());
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    let mut world = two_accounts();
    world.triage = Arc::new(triage::Triage::new(world::settings(), Rules::new(read.rules)));
    let engine = engine(&world);
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour());
    assert_eq!(world.outside.state().hub["hub-1"].workflow, "SUPPRESSED");
    assert!(world.outside.state().hub["hub-1"].note.as_deref().unwrap().contains("known"));
    // Security Hub sends it again, as it is now: our own word is not taken for a person's.
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour());
    assert!(world.outside.state().tickets.is_empty());
    go_on(&world, &engine, hour() * 24);
    assert_eq!(world.outside.state().hub["hub-1"].workflow, "NOTIFIED", "the rule has ended");
    assert_eq!(world.outside.state().tickets.len(), 2);
}

/// A Security Hub that only notes which findings each call is about.
#[derive(Default)]
struct Calls(Mutex<Vec<Vec<String>>>);

impl Hub for Calls {
    fn read<'a>(&'a self, _: Option<jiff::Timestamp>, _: Option<&'a str>) -> Reply<'a, HubPage> {
        Box::pin(async { Ok(HubPage { findings: Vec::new(), next: None }) })
    }

    fn update<'a>(&'a self, updates: &'a [HubUpdate]) -> Reply<'a, Vec<(usize, Failure)>> {
        let said = updates.iter().map(|update| update.account_id.clone()).collect();
        self.0.lock().unwrap().push(said);
        Box::pin(async { Ok(Vec::new()) })
    }
}

#[test]
fn what_becomes_the_same_in_many_accounts_is_told_to_security_hub_in_one_call() {
    let rule = r#"[{"id": "KMS.1", "suppress_when": "account_id = 111122223333, 444455556666", "owner": "sec", "reason": "known"}]"#;
    let read = triage::rules::read(rule, &Vocabulary::default());
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    let triage = Arc::new(triage::Triage::new(world::settings(), Rules::new(read.rules)));
    let (world, hub) = (two_accounts(), Arc::new(Calls::default()));
    let ports = Ports { hub: Some(hub.clone()), ..world::ports::ports(&world.outside, &Life::endless()) };
    let engine = Engine::new(world.store.clone(), ports, triage, options(), "one");
    let all = [PROD, DEV].map(|account| {
        let finding = Hubbed {
            account: account.into(),
            arn: texts::arn(account, "one"),
            ..scenes::hubbed(&world, account, "KMS.1", "FAILED")
        };
        delivery("webhook", account, texts::asff(&finding))
    });
    block(engine.take(&all)).unwrap();
    go_on(&world, &engine, hour());
    assert_eq!(*hub.0.lock().unwrap(), [[PROD, DEV]]);
}

#[test]
fn cancelling_a_deletion_waits_for_approval_of_that_very_plan() {
    let world = two_accounts();
    let engine = engine(&world);
    block(engine.take(&schedule(&world, PROD))).unwrap();
    go_on(&world, &engine, hour());
    let offer = block(world.store.remediations(None, page())).unwrap().remove(0);
    assert_eq!(offer.state, RemediationState::AwaitingApproval);
    assert_eq!(world.approve(&offer.key, "0000"), Err(Unfit::OtherPlan));
    assert!(world.outside.state().changed.is_empty());
    assert_eq!(world.approve(&offer.key, &offer.digest), Ok(()));
    go_on(&world, &engine, hour());
    let end = scenes::end(&world);
    assert_eq!(end.wrongs, Vec::<String>::new());
    assert_eq!(end.changed.values().copied().collect::<Vec<_>>(), [1, 1], "{:?}", end.changed);
    assert_eq!(world.outside.state().keys[&texts::arn(PROD, "one")].state, "Enabled");
    assert!(end.rows.iter().any(|row| row.contains("Some(\"cancelled\")")), "{:?}", end.rows);
}

#[test]
fn a_plan_is_planned_again_where_the_key_has_changed_since_it_was_approved() {
    let world = two_accounts();
    let engine = engine(&world);
    block(engine.take(&schedule(&world, PROD))).unwrap();
    go_on(&world, &engine, hour());
    let offer = block(world.store.remediations(None, page())).unwrap().remove(0);
    world.approve(&offer.key, &offer.digest).unwrap();
    let later = world.now().checked_add(hour() * 500).unwrap();
    world.outside.state().keys.get_mut(&texts::arn(PROD, "one")).unwrap().deletion = Some(later);
    go_on(&world, &engine, hour());
    let again = block(world.store.remediation(offer.key.clone())).unwrap().unwrap();
    assert_eq!(again.state, RemediationState::AwaitingApproval);
    assert_ne!(again.digest, offer.digest);
    assert!(world.outside.state().changed.is_empty());
}

#[test]
fn the_kill_switch_holds_every_change_and_undo_takes_one_back() {
    let world = two_accounts();
    let engine = engine(&world);
    world.stop_changes(Some("an incident"));
    block(engine.take(&stop_rotation(&world))).unwrap();
    go_on(&world, &engine, hour());
    assert!(world.outside.state().changed.is_empty());
    world.stop_changes(None);
    go_on(&world, &engine, hour());
    let fix = block(world.store.remediations(None, page())).unwrap().remove(0);
    assert_eq!(fix.state, RemediationState::Verified);
    assert_eq!(world.undo(&fix.key), Ok(()));
    go_on(&world, &engine, hour());
    assert_eq!(world.outside.state().keys[&texts::arn(PROD, "one")].rotation, None);
    let fix = block(world.store.remediation(fix.key)).unwrap().unwrap();
    assert_eq!(fix.state, RemediationState::Undone);
}

#[test]
fn a_ticket_that_is_out_of_sight_is_kept_and_never_replaced() {
    let world = two_accounts();
    let engine = engine(&world);
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour());
    for ticket in &mut world.outside.state().tickets {
        ticket.stands = Stands::Missing;
    }
    go_on(&world, &engine, hour() * 48);
    assert_eq!(world.outside.state().tickets.len(), 2);
    let rows = block(world.store.tickets(TicketFilter::default(), page())).unwrap();
    assert!(rows.iter().all(|row| row.state == store::rows::TicketState::Missing), "{rows:?}");
}

#[test]
fn an_existing_ticket_with_our_mark_is_adopted() {
    let world = two_accounts();
    block(engine(&world).take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine(&world), hour());
    let before = world.outside.state().tickets.len();
    // The store is lost; the tickets are not.
    let again = World { store: world::shelf::Shelf::in_memory(), ..world };
    let engine = engine(&again);
    block(engine.take(&in_hub(&again, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&again, &engine, hour());
    assert_eq!(again.outside.state().tickets.len(), before);
    assert_eq!(scenes::end(&again).wrongs, Vec::<String>::new());
}

#[test]
fn a_ticket_system_that_is_down_delays_no_decision_and_gets_its_tickets_later() {
    let world = two_accounts();
    world.outside.state().down.insert("jira".into());
    let engine = engine(&world);
    for number in 0..20 {
        let mut finding = scenes::hubbed(&world, &format!("hub-{number}"), "KMS.1", "FAILED");
        finding.arn = texts::arn(PROD, &format!("key-{number}"));
        let text = texts::asff(&finding);
        world.outside.state().hub.insert(finding.id.clone(), finding);
        block(engine.take(&[delivery("webhook", &format!("d-{number}"), text)])).unwrap();
    }
    go_on(&world, &engine, hour() * 10);
    let rows = block(world.store.findings(FindingFilter::default(), page())).unwrap();
    assert!(rows.iter().all(|row| row.decision.is_some()));
    assert_eq!(world.outside.state().open_titles("servicenow").len(), 20);
    world.outside.state().down.clear();
    go_on(&world, &engine, hour());
    assert_eq!(world.outside.state().open_titles("jira").len(), 20);
}

#[test]
fn what_cannot_be_read_is_seen_and_a_delivery_is_taken_in_once() {
    let world = two_accounts();
    let engine = engine(&world);
    let bad = delivery("webhook", "bad", "{\"x\": 1}".into());
    let taken = block(engine.take(&[bad.clone(), bad])).unwrap();
    assert_eq!((taken.problems, taken.repeated), (1, 1));
    let filter = store::EventFilter { kind: Some("delivery.unreadable".into()), ..Default::default() };
    assert_eq!(block(world.store.events(filter, page())).unwrap().len(), 1);
    let failed = texts::trail("e", "DisableKey", &texts::arn(PROD, "one"), world.now())
        .replace("\"eventID\"", "\"errorCode\":\"AccessDenied\",\"eventID\"");
    let taken = block(engine.take(&[delivery("sqs", "e", failed)])).unwrap();
    assert_eq!(taken.events, 1);
    assert_eq!(block(world.store.next_due("read".into())).unwrap(), None, "a refused call changed nothing");
}

#[test]
fn the_week_is_reported_the_same_each_time_and_nothing_in_it_is_markup() {
    let world = two_accounts();
    world.outside.state().accounts[0].name = "<script>alert(1)</script>".into();
    let engine = engine(&world);
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "FAILED"))).unwrap();
    go_on(&world, &engine, hour());
    block(engine.take(&in_hub(&world, "hub-1", "KMS.1", "PASSED"))).unwrap();
    block(engine.take(&schedule(&world, PROD))).unwrap();
    go_on(&world, &engine, hour() * 6);
    let at = world.now();
    let report = block(respond::report::weekly(world.store.as_ref(), at)).unwrap();
    let this = &report.weeks[0].figures;
    assert_eq!((this.open, this.overdue, this.opened, this.closed), (1, 1, 2, 1));
    assert_eq!(this.median_hours, Some(1.0));
    assert_eq!(report.weeks.len(), 4);
    assert_eq!(report.accounts[0].name, PROD);
    assert!(!report.html().contains("<script>alert") && report.html().contains("&lt;script&gt;"));
    assert!(!report.markdown().contains("<script>"));
    assert_eq!(block(respond::report::weekly(world.store.as_ref(), at)).unwrap(), report);
}

/// A finding of Security Hub about the replica alone; its key does not rotate.
fn replica_fails(world: &World) -> respond::Delivery {
    let (primary, replica) = (texts::arn(PROD, "mrk-one"), texts::far_arn(PROD, "mrk-one"));
    world.outside.state().change_key(&primary, |key| key.rotation = None);
    world.advance(SignedDuration::from_secs(30));
    let mut finding = scenes::hubbed(world, "hub-1", "KMS.4", "FAILED");
    (finding.arn, finding.region) = (replica, "eu-west-1".into());
    let text = texts::asff(&finding);
    world.outside.state().hub.insert(finding.id.clone(), finding);
    delivery("webhook", "replica", text)
}

#[test]
fn a_replica_alone_is_put_right_by_its_primary_and_told_of_once() {
    let world = scenes::with_replica();
    let engine = engine(&world);
    block(engine.take(&[replica_fails(&world)])).unwrap();
    go_on(&world, &engine, hour());
    let end = scenes::end(&world);
    assert_eq!(end.wrongs, Vec::<String>::new());
    let primary = texts::arn(PROD, "mrk-one");
    assert_eq!(end.changed, [((primary, "EnableKeyRotation".to_owned()), 1)].into());
    assert_eq!(end.remediations, ["KMS.4 Verified done 1 undo 1"]);
    assert_eq!(end.tickets.len(), 2, "{:?}", end.tickets);
    assert!(end.tickets.iter().all(|ticket| ticket.contains("AUTOFIXED") && ticket.contains("Done")));
    assert_eq!((end.hub[0].as_str(), end.jobs), ("hub-1 RESOLVED None", Vec::new()));
}

#[test]
fn a_replica_is_read_and_judged_again_when_the_rotation_of_its_primary_changes() {
    let world = scenes::with_replica();
    let engine = engine(&world);
    block(engine.take(&scenes::stop_shared_rotation(&world))).unwrap();
    go_on(&world, &engine, hour());
    let end = scenes::end(&world);
    assert_eq!((end.wrongs, end.jobs), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(end.changed.values().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(end.tickets.len(), 2, "{:?}", end.tickets);
    assert!(end.tickets.iter().all(|ticket| ticket.contains("AUTOFIXED")), "{:?}", end.tickets);
    assert_eq!(end.findings.len(), 2);
    assert!(end.findings.iter().all(|finding| finding.contains("settled true tickets 0")), "{:?}", end.findings);
}

#[test]
fn where_the_primary_cannot_be_changed_each_gets_its_ticket_and_says_why() {
    let world = scenes::with_replica();
    world.outside.state().keys.get_mut(&texts::arn(PROD, "mrk-one")).unwrap().denied = true;
    let engine = engine(&world);
    block(engine.take(&scenes::stop_shared_rotation(&world))).unwrap();
    go_on(&world, &engine, hour());
    let end = scenes::end(&world);
    assert_eq!((end.wrongs, end.jobs), (Vec::<String>::new(), Vec::<String>::new()));
    assert!(end.changed.is_empty());
    assert_eq!(end.tickets.len(), 4, "{:?}", end.tickets);
    let state = world.outside.state();
    assert!(state.tickets.iter().all(|ticket| ticket.text.contains("AccessDeniedException")));
}

#[test]
fn a_persons_undo_on_the_primary_is_not_undone_by_way_of_a_replica() {
    let world = scenes::with_replica();
    let engine = engine(&world);
    block(engine.take(&scenes::stop_shared_rotation(&world))).unwrap();
    go_on(&world, &engine, hour());
    let rows = block(world.store.remediations(None, page())).unwrap();
    let fix = rows.iter().find(|row| !row.undo.is_empty()).unwrap();
    assert_eq!(world.undo(&fix.key), Ok(()));
    go_on(&world, &engine, hour() * 2);
    assert_eq!(world.outside.state().keys[&texts::arn(PROD, "mrk-one")].rotation, None);
    let end = scenes::end(&world);
    assert_eq!(end.changed.values().copied().collect::<Vec<_>>(), [1, 1], "{:?}", end.changed);
    assert!(end.findings.iter().all(|finding| finding.contains("TEAMFIX")), "{:?}", end.findings);
}
