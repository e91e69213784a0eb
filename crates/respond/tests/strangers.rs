//! Whatever strangers write into findings, tags and accounts: everything is decided, nothing is lost, no line is broken.
#![expect(clippy::unwrap_used, reason = "what is wrong in a test ends the test")]

mod world;

use proptest::prelude::*;
use respond::{Delivery, Scan};
use serde_json::json;
use store::{FindingFilter, Page, Store};
use world::block;
use world::life::Life;
use world::scenes::{self, two_accounts};
use world::texts::{self, PROD};

fn page() -> Page {
    Page { after: None, limit: 1000 }
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\r\nBcc: everybody@example.com".to_owned()),
        Just("</script><script>alert(1)</script>".to_owned()),
        Just("{panel}|*h1.* [~admin] \u{202e}".to_owned()),
        Just("\" OR labels = x ORDER BY".to_owned()),
        Just(String::new()),
        Just("\u{0}\u{7}\u{1b}[31m".to_owned()),
        proptest::string::string_regex("\\PC{0,300}").unwrap(),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_finding_is_decided_whatever_its_texts_are(
        id in hostile(), title in hostile(), control in hostile(), resource in hostile(), team in hostile(), region in hostile(),
        status in prop_oneof![Just("FAILED"), Just("PASSED"), Just("WARNING"), Just("NOT_AVAILABLE")],
        workflow in prop_oneof![Just("NEW"), Just("NOTIFIED"), Just("RESOLVED"), Just("SUPPRESSED")],
        severity in prop_oneof![Just("INFORMATIONAL"), Just("LOW"), Just("CRITICAL")],
    ) {
        let world = two_accounts();
        world.outside.state().accounts[0].tags.insert("soar:team".into(), team.clone());
        let text = json!({
            "SchemaVersion": "2018-10-08", "Id": id, "ProductArn": "arn:aws:securityhub:eu-north-1::product/aws/securityhub",
            "GeneratorId": format!("security-control/{control}"), "AwsAccountId": PROD, "Region": region,
            "UpdatedAt": world.now().to_string(), "Severity": {"Label": severity}, "Title": title, "Description": title,
            "Compliance": {"Status": status, "SecurityControlId": control, "StatusReasons": [{"ReasonCode": team, "Description": title}]},
            "Workflow": {"Status": workflow}, "Remediation": {"Recommendation": {"Text": title, "Url": "javascript:alert(1)"}},
            "Resources": [{"Type": "AwsKmsKey", "Id": resource}],
        });
        let life = Life::endless();
        let engine = world.engine(&life, "one");
        let body = text.to_string().into_bytes();
        let taken = block(engine.take(&[Delivery { source: "webhook".into(), id: Some(title.clone()), at: None, body }])).unwrap();
        // Taken in or shown as what cannot be read: never neither.
        prop_assert_eq!(taken.findings + taken.problems, 1, "{:?}", taken);
        for _ in 0..6 {
            block(engine.turn()).unwrap();
            world.advance(jiff::SignedDuration::from_secs(20));
        }
        let rows = block(world.store.findings(FindingFilter::default(), page())).unwrap();
        prop_assert_eq!(rows.len() as u64, taken.findings);
        for row in &rows {
            prop_assert!(row.decision.is_some(), "{:?}", row);
        }
        let state = world.outside.state();
        let titles = state.tickets.iter().map(|ticket| &ticket.title).chain(state.mails.values().map(|(title, _)| title));
        for title in titles {
            prop_assert!(title.chars().count() <= 100 && !title.chars().any(char::is_control), "{title:?}");
        }
        prop_assert!(state.tickets.iter().all(|ticket| ticket.mark.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')));
        prop_assert!(state.wrongs.is_empty(), "{:?}", state.wrongs);
        drop(state);
        let report = block(respond::report::weekly(world.store.as_ref(), world.now())).unwrap();
        prop_assert!(!report.html().contains("<script>alert"));
        prop_assert!(block(engine.preview()).unwrap().findings == taken.findings);
        prop_assert_eq!(block(world.store.verify_log()).unwrap(), None);
    }

    #[test]
    fn bytes_that_are_nothing_are_shown_and_stop_nobody(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let world = two_accounts();
        let life = Life::endless();
        let engine = world.engine(&life, "one");
        let taken = block(engine.take(&[Delivery { source: "sqs".into(), id: Some("x".into()), at: None, body: bytes }])).unwrap();
        prop_assert!(taken.problems >= 1);
        block(engine.turn()).unwrap();
    }
}

#[test]
fn a_scan_tells_what_an_event_that_was_lost_would_have() {
    let world = two_accounts();
    let life = Life::endless();
    let engine = world.engine(&life, "one");
    let arn = texts::arn(PROD, "one");
    // Rotation is off, and the key is to be destroyed: nobody touches it until that is decided.
    world.outside.state().change_key(&arn, |key| key.rotation = None);
    block(engine.take(&scenes::schedule(&world, PROD))).unwrap();
    let wait = || {
        for _ in 0..40 {
            block(engine.turn()).unwrap();
            world.advance(jiff::SignedDuration::from_secs(10));
        }
    };
    wait();
    assert!(world.outside.state().changed.is_empty());
    // It is cancelled and enabled, and nobody hears of it but the next scan.
    world.outside.state().change_key(&arn, |key| {
        key.state = "Enabled".into();
        key.deletion = None;
    });
    world.advance(jiff::SignedDuration::from_secs(60));
    let key = texts::resource(&world.outside.state().shown(&arn).unwrap());
    let value = serde_json::from_str(&key).unwrap();
    let finding = texts::own("AWS.KMS.RotationEnabled", "KMS.4", "MEDIUM", "FAIL", &value);
    let scan = Scan { keys: vec![key], findings: vec![finding], whole: true, at: world.now() };
    block(engine.take_scan(&scan)).unwrap();
    wait();
    let end = scenes::end(&world);
    assert_eq!(end.changed.values().copied().collect::<Vec<_>>(), [1], "{end:#?}");
    assert!(end.rows.iter().filter(|row| row.contains("TEAMFIX")).all(|row| row.contains("Closed")), "{:?}", end.rows);
}
