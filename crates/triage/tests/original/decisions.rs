//! D: whether anything happens at all.

use serde_json::json;
use triage::decision::{Outcome, TicketStep};
use triage::settings::Switches;
use triage::ticket::TicketStatus;

use crate::support::{control, incident, made};

#[test]
fn d1_a_switch_that_is_off_changes_no_decision_and_holds_its_effect_back() {
    let off = Switches { team_fixes: false, incidents: false, remediation: false };
    let case = || made(control("KMS.5", json!({})));
    let (on, held) = (case().decide(), case().set(|settings| settings.switches = off).decide());
    assert_eq!((on.action, on.reason, on.held_by), (held.action, held.reason, None));
    assert_eq!(held.held_by, Some("team fixes are switched off"));
}

#[test]
fn d2_what_is_resolved_closes_its_ticket_and_says_how_it_ended() {
    let passed = made(control("KMS.4", json!({"Compliance": {"Status": "PASSED"}}))).open().decide();
    assert_eq!((passed.row, passed.outcome), ("resolved-with-ticket", Some(Outcome::Fixed)));
    assert_eq!(passed.ticket, Some((TicketStep::Close, Some("SEC-1".to_owned()))));
    let archived = made(control("KMS.4", json!({"RecordState": "ARCHIVED"}))).open().decide();
    assert_eq!((archived.row, archived.outcome), ("resolved-with-ticket", Some(Outcome::Gone)));
    let notified = json!({"Workflow": {"Status": "NOTIFIED"}, "Compliance": {"Status": "PASSED"}});
    assert_eq!(made(control("KMS.4", notified)).open().says(), "CLOSE_TICKET resolved-with-ticket");
    let accepted = made(control("KMS.4", json!({"Workflow": {"Status": "SUPPRESSED"}}))).open().decide();
    assert_eq!(accepted.outcome, Some(Outcome::Accepted));
    assert!(accepted.reason.contains("though it still fails"));
    let claimed = made(control("KMS.4", json!({"Workflow": {"Status": "RESOLVED"}}))).open();
    assert_eq!(claimed.says(), "NOTHING ticket-open", "RESOLVED while it fails is not resolved");
}

#[test]
fn d3_what_is_resolved_without_a_ticket_needs_nothing() {
    assert_eq!(made(control("KMS.4", json!({"Compliance": {"Status": "PASSED"}}))).says(), "NOTHING resolved");
    assert_eq!(made(control("KMS.4", json!({"RecordState": "ARCHIVED"}))).says(), "NOTHING resolved");
}

#[test]
fn d4_notified_is_no_proof_of_a_ticket() {
    let notified = || made(control("KMS.5", json!({"Workflow": {"Status": "NOTIFIED"}})));
    assert_eq!(notified().says(), "TEAMFIX team-fix");
    assert_eq!(notified().open().says(), "NOTHING ticket-open");
    let fields = |id: &str| json!({"Workflow": {"Status": "NOTIFIED"}, "UserDefinedFields": {"TicketOpen": "Yes", "TicketId": id}});
    assert_eq!(
        made(control("KMS.5", fields("SEC-7"))).says(),
        "NOTHING ticket-open",
        "the finding's own note is believed"
    );
    assert_eq!(
        made(control("KMS.5", fields("create-ticket-failed-0"))).says(),
        "TEAMFIX team-fix",
        "made-up ids are not"
    );
}

#[test]
fn d5_an_evaluation_error_is_deferred_and_reviewed_when_it_lasts() {
    for status in ["WARNING", "NOT_AVAILABLE"] {
        let decision = made(control("KMS.4", json!({"Compliance": {"Status": status}}))).decide();
        assert_eq!(decision.row, "not-evaluated");
        assert_eq!(decision.until.unwrap().to_string(), "2026-11-23T12:00:00Z");
        let old = json!({"Compliance": {"Status": status}, "FirstObservedAt": "2026-11-01T00:00:00Z"});
        assert_eq!(made(control("KMS.4", old)).says(), "REVIEW long-not-evaluated");
    }
}

#[test]
fn d6_a_control_that_passes_closes_its_ticket_even_while_it_is_new() {
    let passed = || made(control("KMS.4", json!({"Compliance": {"Status": "PASSED"}, "Workflow": {"Status": "NEW"}})));
    assert_eq!(passed().says(), "NOTHING resolved");
    assert_eq!(passed().open().says(), "CLOSE_TICKET resolved-with-ticket");
}

#[test]
fn d7_a_control_that_fails_gets_one_ticket() {
    assert_eq!(made(control("KMS.5", json!({}))).says(), "TEAMFIX team-fix");
    assert_eq!(made(control("KMS.5", json!({"Compliance": {"Status": null}}))).says(), "TEAMFIX team-fix");
    assert_eq!(made(control("KMS.5", json!({}))).open().says(), "NOTHING ticket-open");
    // Somebody closed it though it fails: first the next evaluation, then the same ticket again.
    let closed = |at| made(control("KMS.5", json!({}))).ticket(TicketStatus::Closed, Some(at)).decide();
    let lately = closed("2026-11-22T10:00:00Z");
    assert_eq!((lately.row, lately.until.unwrap().to_string().as_str()), ("closed-lately", "2026-11-23T10:00:00Z"));
    let long = closed("2026-11-20T10:00:00Z");
    assert_eq!((long.row, long.ticket), ("team-fix", Some((TicketStep::Reopen, Some("SEC-1".to_owned())))));
    assert!(long.reason.contains("SEC-1 was closed, yet it still fails"));
}

#[test]
fn d8_deferred_incidents_are_decided_and_held_back() {
    let decision =
        made(incident("aws/guardduty", json!({}))).set(|settings| settings.switches.incidents = false).decide();
    assert_eq!((decision.row, decision.held_by), ("incident", Some("incidents are switched off")));
}

#[test]
fn d9_what_is_no_control_is_an_incident() {
    assert_eq!(made(incident("aws/guardduty", json!({}))).says(), "INCIDENT incident");
}

#[test]
fn d10_whatever_is_true_some_row_decides() {
    let last = triage::table::ROWS.last().unwrap();
    assert!(last.when.is_empty() && last.unless.is_empty());
    // No combination of truths, possible or not, falls through.
    let mut truths = 1_u32;
    for _ in 0..1_000_000 {
        truths = truths.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let first = triage::table::ROWS.iter().find(|row| row.fits(truths)).unwrap();
        assert_eq!(first.id, triage::table::Row::deciding(truths).id);
    }
}
