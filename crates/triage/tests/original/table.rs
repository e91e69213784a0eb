//! Every row of our own table decides some case, and what holds for whatever case.

use proptest::prelude::*;
use serde_json::json;
use triage::Action;
use triage::account::OwnerSource;
use triage::table::ROWS;
use triage::ticket::TicketStatus;

use crate::support::{Made, control, incident, made};

#[test]
fn every_row_of_the_table_is_shown_by_a_test() {
    let tests = super::TESTS.iter().copied().chain([include_str!("table.rs")]);
    let tests: String = tests.collect();
    for row in ROWS {
        let quoted = [format!("\"{}\"", row.id), format!("{} {}\"", row.action, row.id)];
        assert!(quoted.iter().any(|text| tests.contains(text)), "{}", row.id);
    }
}

#[test]
fn what_somebody_suppressed_in_security_hub_is_respected_but_a_critical_ticket_is_not_closed_over_it() {
    let suppressed = |id: &str| made(control(id, json!({"Workflow": {"Status": "SUPPRESSED"}})));
    assert_eq!(suppressed("KMS.4").says(), "NOTHING suppressed-elsewhere");
    assert_eq!(suppressed("KMS.4").open().says(), "CLOSE_TICKET suppressed-elsewhere-with-ticket");
    assert_eq!(suppressed("KMS.3").open().says(), "REVIEW critical-suppressed-elsewhere");
}

#[test]
fn a_key_destroyed_in_development_without_a_ticket_is_only_recorded() {
    let case = made(control("KMS.3", json!({"RecordState": "ARCHIVED"}))).class("DEV").gone();
    assert_eq!(case.says(), "NOTHING key-destroyed-unasked");
}

#[test]
fn in_a_shared_account_the_keys_own_tags_say_whose_it_is() {
    let tags = json!({"Resources": [{"Type": "AwsKmsKey", "Id": crate::support::KEY, "Region": "eu-north-1",
        "Tags": {"soar:team": "orders", "soar:environment": "DEV", "soar:jira:project-key": "ORD"}}]});
    let shared = made(control("KMS.3", tags.clone())).class("shared").decide();
    assert_eq!((shared.row, shared.environment.name()), ("deletion-allowed", "development"));
    assert_eq!((shared.owner.team.as_deref(), shared.owner.project.as_deref()), (Some("orders"), Some("ORD")));
    assert_eq!(shared.owner.source, OwnerSource::Key);
    let ruled =
        |class| made(control("KMS.1", tags.clone())).class(class).rule("KMS.1", "team = orders", json!({})).says();
    assert_eq!(ruled("shared"), "SUPPRESS rule", "rules ask the key's tags first");
    assert_eq!(ruled("PROD"), "TEAMFIX team-fix");
    // Elsewhere a key's tag takes no key out of production, nor away from its team.
    let own = made(control("KMS.3", tags.clone())).decide();
    assert_eq!((own.row, own.environment.name()), ("deletion", "production"));
    assert_eq!((own.owner.team.as_deref(), own.owner.project.as_deref()), (Some("platform"), None));
    assert_eq!(own.owner.source, OwnerSource::Account);
}

#[test]
fn an_application_incident_goes_to_the_applications_project() {
    let mut case = made(incident("aws/guardduty", json!({"ProductFields": {"IncidentDomain": "APP"}})));
    let tags = [("soar:jira:project-key", "OPS"), ("soar:jira:project-key:app", "APP")];
    case.account.as_mut().unwrap().tags.extend(tags.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(case.decide().owner.project.as_deref(), Some("APP"));
}

/// Any case, from few parts that meet in every way.
fn any_case() -> impl Strategy<Value = Made> {
    let id = prop::sample::select(vec!["KMS.1", "KMS.3", "KMS.4", "KMS.5", "KMS.77", "AWS.KMS.Alias", ""]);
    let over = (
        prop::option::of(prop::sample::select(vec!["PASSED", "FAILED", "WARNING", "NOT_AVAILABLE"])),
        prop::sample::select(vec!["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]),
        prop::sample::select(vec!["ACTIVE", "ARCHIVED"]),
        prop::sample::select(vec!["INFORMATIONAL", "LOW", "HIGH", "CRITICAL"]),
        prop::sample::select(vec!["aws/guardduty", "aws/access-analyzer", "acme/x"]),
        any::<bool>(),
    );
    let world = (
        prop::option::of(prop::sample::select(vec!["PROD", "DEV", "QA", "", "blue", "shared"])),
        prop::option::of(prop::sample::select(vec!["Enabled", "Disabled", "PendingDeletion", "Creating"])),
        any::<bool>(),
        prop::option::of(any::<bool>()),
        prop::option::of(prop::sample::select(vec!["always", "environment = DEV", "environment != PROD", "team = x"])),
    );
    (id, over, world).prop_map(|(id, over, world)| {
        let (status, workflow, record, label, product, public) = over;
        let (class, state, gone, ticket, rule) = world;
        let parts = json!({"Workflow": {"Status": workflow}, "RecordState": record, "Severity": {"Label": label},
            "Title": if public { "AwsKmsKey/x allows public access" } else { "x" }});
        let mut finding = if id.is_empty() { incident(product, parts) } else { control(id, parts) };
        if let (Some(status), false) = (status, id.is_empty()) {
            finding["Compliance"]["Status"] = json!(status);
        }
        let mut case = made(finding);
        case.account = class.map(crate::support::account);
        case.gone = gone && state.is_none();
        if let Some(state) = state {
            case = case.key(json!({"KeyState": state, "DeletionDate": "2026-12-01T00:00:00Z"}));
        }
        if let Some(open) = ticket {
            case = case.ticket(if open { TicketStatus::Open } else { TicketStatus::Closed }, None);
        }
        match rule {
            Some(rule) if !id.is_empty() => case.rule(id, rule, json!({})),
            Some(rule) => case.rule("x", rule, json!({})),
            None => case,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_case_the_promises_hold(case in any_case()) {
        let decision = case.decide();
        prop_assert!(!decision.reason.is_empty());
        prop_assert_eq!(&decision, &case.decide(), "the same case is decided the same");
        // Only a rule suppresses, and it is named.
        prop_assert_eq!(decision.action == Action::Suppress, decision.rule.is_some());
        prop_assert_eq!(decision.action == Action::Defer, decision.until.is_some());
        prop_assert!(decision.until.is_none_or(|until| until > case.now));
        prop_assert_eq!(decision.action == Action::CloseTicket, decision.outcome.is_some());
        // One finding, one ticket.
        let open = case.ticket.as_ref().is_some_and(|ticket| ticket.status == TicketStatus::Open);
        if open {
            let opens = matches!(decision.ticket, Some((triage::decision::TicketStep::Open | triage::decision::TicketStep::Reopen, _)));
            prop_assert!(!opens, "{}", decision.row);
        }
        prop_assert!(open || decision.action != Action::CloseTicket);
        // A public key found by Access Analyzer is never suppressed.
        if case.finding.access.as_ref().is_some_and(|access| access.public) {
            prop_assert!(decision.action != Action::Suppress);
        }
        // A key of production that was destroyed is never thanked for.
        let about_deletion = case.finding.control.as_ref().is_some_and(|control| control.id.as_str() == "KMS.3");
        if about_deletion && case.gone && decision.environment.counts_as_production() {
            prop_assert_eq!(decision.row, "key-destroyed");
        }
    }

    /// Taking away what is known of the account never makes a rule hold that did not.
    #[test]
    fn knowing_less_of_the_account_never_suppresses_more(mut case in any_case()) {
        let before = case.decide().action == Action::Suppress;
        case.account = None;
        let after = case.decide();
        // An account that is new is deferred, which knowing less can end; none of these is.
        prop_assert!(before || after.action != Action::Suppress, "{}", after.row);
    }
}
