//! The seed's stories, told from beginning to end.
#![expect(clippy::unwrap_used, reason = "what is wrong in a test ends the test")]

mod world;

use jiff::SignedDuration;
use world::scenes::{self, End, stories, tell};
use world::texts;

fn told(name: &str) -> (world::World, End) {
    let story = stories().into_iter().find(|story| story.name == name).unwrap();
    let world = (story.make)();
    tell(&story, &world, None);
    let end = scenes::end(&world);
    assert_eq!(end.wrongs, Vec::<String>::new());
    assert_eq!(end.jobs, Vec::<String>::new(), "everything is done");
    assert_eq!(world::block(store::Store::verify_log(world.store.as_ref())), Ok(None));
    (world, end)
}

#[test]
fn a_production_key_gets_a_ticket_in_each_system_a_reminder_and_is_closed_once_cancelled() {
    let (_, end) = told("a production key is scheduled for deletion, reminded of, and cancelled");
    println!("{end:#?}");
    assert_eq!(
        end.tickets,
        ["jira TEAM FIX: KMS.3 on one Done 1 comments", "servicenow TEAM FIX: KMS.3 on one Done 1 comments"]
    );
    assert!(
        end.rows.iter().all(|row| row.contains("Closed by hand false Some(\"cancelled\") reminders 1")),
        "{:?}",
        end.rows
    );
    assert_eq!(
        end.mails,
        [
            "CLOSED: KMS.3 on one",
            "OVERDUE TEAM FIX: KMS.3: KMS.3 on one",
            "OVERDUE TEAM FIX: KMS.3: KMS.3 on one",
            "TEAM FIX: KMS.3 on one"
        ]
    );
    assert!(end.changed.is_empty());
}

#[test]
fn a_development_key_gets_no_ticket_and_a_recorded_decision() {
    let (world, end) = told("a development key is scheduled for deletion");
    assert_eq!(end.tickets, Vec::<String>::new());
    assert_eq!(end.findings.len(), 1);
    assert!(end.findings[0].contains("Some(\"NOTHING\") settled false"), "{:?}", end.findings);
    let filter = store::EventFilter { kind: Some("decision".into()), ..Default::default() };
    let events = world::block(store::Store::events(world.store.as_ref(), filter, Default::default())).unwrap();
    assert_eq!(events.last().unwrap().body["decision"]["row"], "deletion-allowed");
}

/// Our own detection passes in development: without Security Hub nothing fails there, and what was decided is written down all the same.
#[test]
fn a_development_key_leaves_a_decision_where_no_detection_fails() {
    let story = scenes::Story {
        name: "a development key is scheduled for deletion, and passes",
        make: || {
            let world = scenes::two_accounts();
            let arn = texts::arn(texts::DEV, "one");
            let tags = [("may-die".to_owned(), "yes".to_owned())];
            world.outside.state().keys.get_mut(&arn).unwrap().tags = tags.into();
            world
        },
        scenes: vec![(|world| scenes::schedule(world, texts::DEV), SignedDuration::from_hours(1))],
    };
    let world = (story.make)();
    tell(&story, &world, None);
    let end = scenes::end(&world);
    assert_eq!((end.tickets, end.mails, end.wrongs), (Vec::new(), Vec::new(), Vec::new()));
    let filter = store::EventFilter { kind: Some("decision".into()), ..Default::default() };
    let events = world::block(store::Store::events(world.store.as_ref(), filter, Default::default())).unwrap();
    let decision = &events.last().unwrap().body["decision"];
    assert_eq!((decision["decision"].as_str(), decision["control"].as_str()), (Some("NOTHING"), Some("KMS.3")));
    let reason = decision["reason"].as_str().unwrap();
    assert!(reason.contains("scheduled for deletion") && reason.contains("development"), "{reason}");
}

#[test]
fn rotation_that_is_off_is_switched_on_verified_and_told() {
    let (world, end) = told("rotation is switched off");
    println!("{end:#?}");
    let rows =
        world::block(store::Store::tickets(world.store.as_ref(), Default::default(), Default::default())).unwrap();
    assert!(rows.iter().all(|row| row.title == "automatic key rotation enabled: one"), "{rows:?}");
    assert_eq!(end.changed.values().copied().collect::<Vec<_>>(), [1]);
    assert_eq!(end.remediations, ["KMS.4 Verified done 1 undo 1"]);
    assert_eq!(
        end.tickets,
        [
            "jira AUTOFIXED: automatic key rotation enabled: one Done 0 comments",
            "servicenow AUTOFIXED: automatic key rotation enabled: one Done 0 comments"
        ]
    );
    assert_eq!(end.mails, ["AUTOFIXED: automatic key rotation enabled: one"]);
    assert!(end.findings[0].contains("settled true"), "{:?}", end.findings);
}

#[test]
fn a_key_that_code_owns_is_not_touched_and_its_ticket_has_the_patch() {
    let (world, end) = told("rotation is switched off, and code owns the key");
    assert!(end.changed.is_empty());
    assert_eq!(end.tickets.len(), 2);
    let text = world.outside.state().tickets[0].text.clone();
    assert!(text.contains("EnableKeyRotation: true") && text.contains("MainKey"), "{text}");
}

#[test]
fn a_key_whose_policy_keeps_us_out_becomes_a_team_fix_and_is_never_suppressed() {
    let (world, end) = told("rotation is switched off, and the key's policy keeps us out");
    assert_eq!(end.remediations, ["KMS.4 Failed done 0 undo 0"]);
    assert_eq!(
        end.tickets,
        ["jira TEAM FIX: KMS.4 on one Open 0 comments", "servicenow TEAM FIX: KMS.4 on one Open 0 comments"]
    );
    let text = world.outside.state().tickets[0].text.clone();
    assert!(text.contains("AccessDeniedException"), "{text}");
}

#[test]
fn an_incident_gets_a_ticket() {
    let (_, end) = told("an incident");
    assert_eq!(end.tickets, ["jira INCIDENT: Unusual use of a key Open 0 comments"]);
}

#[test]
fn a_finding_that_comes_back_gets_a_successor_that_names_the_one_before() {
    let (world, end) = told("a finding that comes back");
    println!("{end:#?}");
    assert_eq!(end.tickets.len(), 4);
    assert!(end.findings[0].contains("#2"), "{:?}", end.findings);
    let state = world.outside.state();
    for later in &state.tickets[2..] {
        let before = state.tickets[..2].iter().find(|ticket| ticket.system == later.system).unwrap();
        assert!(later.text.contains(&format!("It follows {}", before.name)), "{}", later.text);
    }
    assert_eq!(end.hub, ["hub-1 NOTIFIED Some(\"Yes\")"]);
}

#[test]
fn two_findings_share_a_ticket_that_is_closed_with_the_last() {
    let (_, end) = told("two findings that share a ticket");
    println!("{end:#?}");
    assert_eq!(end.tickets.len(), 2);
    assert!(end.rows.iter().all(|row| row.ends_with("findings 2")));
    assert!(end.tickets.iter().all(|ticket| ticket.contains("Done 1 comments")), "{:?}", end.tickets);
}

#[test]
fn a_ticket_closed_by_hand_is_followed_by_a_successor_while_it_fails() {
    let (_, end) = told("a ticket that is closed by hand, in a system that opens nothing again");
    println!("{end:#?}");
    assert_eq!(end.tickets.len(), 4);
    assert_eq!(end.rows.iter().filter(|row| row.contains("superseded")).count(), 2);
    assert_eq!(end.rows.iter().filter(|row| row.contains("Some(\"fixed\")")).count(), 2);
}

#[test]
fn a_replica_is_put_right_by_its_primary_and_gets_no_ticket_of_its_own() {
    let (world, end) = told("the rotation of a multi-Region key is switched off");
    println!("{end:#?}");
    let primary = texts::arn(texts::PROD, "mrk-one");
    assert_eq!(end.changed, [((primary, "EnableKeyRotation".to_owned()), 1)].into());
    assert_eq!(end.remediations, ["KMS.4 Verified done 1 undo 1"]);
    assert_eq!(end.tickets.len(), 2, "{:?}", end.tickets);
    assert!(end.tickets.iter().all(|ticket| ticket.contains("AUTOFIXED") && ticket.contains("Done")));
    assert_eq!(end.mails.len(), 1, "{:?}", end.mails);
    assert!(end.findings.iter().all(|finding| finding.contains("settled true tickets 0")), "{:?}", end.findings);
    assert_eq!(end.hub, ["hub-primary RESOLVED None", "hub-replica RESOLVED None"]);
    assert!(world.outside.state().keys.values().all(|key| key.rotation == Some(365)));
}
