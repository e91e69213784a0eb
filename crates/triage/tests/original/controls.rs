//! C: the way of a control that fails.

use serde_json::json;
use triage::plan::{TREATMENTS, Treatment, Wishes, plan};
use triage::{Action, Is};

use crate::support::{control, key, made};

#[test]
fn c1_an_account_that_is_not_known_counts_as_production() {
    let mut case = made(control("KMS.3", json!({})));
    case.account = None;
    let decision = case.decide();
    assert_eq!((decision.row, decision.environment.name(), decision.penalty()), ("deletion", "unknown", 22.5));
}

#[test]
fn c2_a_new_account_is_deferred_until_it_is_no_longer_new() {
    let mut case = made(control("KMS.5", json!({})));
    case.account.as_mut().unwrap().joined = Some(crate::support::time("2026-11-22T02:00:00Z"));
    let decision = case.decide();
    assert_eq!((decision.action, decision.row), (Action::Defer, "new-account"));
    assert_eq!(decision.until.unwrap().to_string(), "2026-11-23T02:00:00Z");
    case.now = decision.until.unwrap();
    assert_eq!(case.says(), "TEAMFIX team-fix", "and then it is decided");
}

#[test]
fn c3_a_control_that_nobody_has_reviewed_goes_to_review() {
    assert_eq!(made(control("KMS.99", json!({}))).says(), "REVIEW not-reviewed");
    let reviewed = made(control("KMS.99", json!({}))).set(|settings| settings.reviewed.extend(["KMS.99".to_owned()]));
    assert_eq!(reviewed.says(), "TEAMFIX team-fix");
}

#[test]
fn c4_a_rule_suppresses_and_is_named_with_its_version() {
    let decision = made(control("KMS.2", json!({}))).rule("KMS.2", "team = other\nteam = platform", json!({})).decide();
    assert_eq!(decision.row, "rule");
    let rule = decision.rule.unwrap();
    assert_eq!((rule.id.as_str(), rule.line.as_str()), ("KMS.2", "team = platform"));
    assert_eq!((rule.owner.as_deref(), rule.reason.as_deref(), rule.version.len()), (Some("o"), Some("r"), 12));
    let kept = made(control("KMS.2", json!({}))).rule("KMS.2", "team != platform", json!({}));
    assert_eq!(kept.says(), "TEAMFIX team-fix");
    let over = made(control("KMS.2", json!({}))).rule("KMS.2", "always", json!({"expires": "2026-11-21"}));
    assert_eq!(over.says(), "TEAMFIX team-fix", "a rule that is over suppresses nothing");
    let last_day = made(control("KMS.2", json!({}))).rule("KMS.2", "always", json!({"expires": "2026-11-22"}));
    assert_eq!(last_day.says(), "SUPPRESS rule");
    let all = made(control("KMS.2", json!({}))).rule("KMS.*", "always", json!({}));
    assert_eq!(all.says(), "SUPPRESS rule");
    let alias = made(control("KMS.4", json!({}))).rule("CIS.2.8", "always", json!({}));
    assert_eq!(alias.says(), "SUPPRESS rule", "rules may use any of a control's names");
    let weak = made(control("KMS.5", json!({}))).rule("KMS.5", "always", json!({"expires": null}));
    assert_eq!(weak.says(), "TEAMFIX team-fix", "a public key needs owner, reason and an end");
    let strong = made(control("KMS.5", json!({}))).rule("KMS.5", "always", json!({}));
    assert_eq!(strong.says(), "SUPPRESS rule");
}

#[test]
fn c5_every_decision_has_its_penalty() {
    for (class, penalty) in [("PROD", 10.0), ("QA", 2.0), ("dev ", 1.0), ("", 10.0)] {
        assert_eq!(made(control("KMS.4", json!({}))).class(class).decide().penalty(), penalty, "{class}");
    }
}

#[test]
fn c6_a_control_without_a_fix_is_the_teams() {
    let decision = made(control("KMS.1", json!({}))).decide();
    assert_eq!((decision.row, decision.owner.team.as_deref()), ("team-fix", Some("platform")));
}

#[test]
fn c7_a_rule_can_withhold_only_the_fix() {
    let withheld = |when: &str| {
        made(control("KMS.4", json!({}))).rule("KMS.4", when, json!({"withholds": "remediation"})).decide()
    };
    let decision = withheld("environment = PROD");
    assert_eq!(decision.row, "team-fix");
    assert!(decision.reason.contains("a rule for KMS.4 withholds the automatic fix"));
    assert_eq!(withheld("environment = DEV").row, "remediate");
}

#[test]
fn c8_deferred_fixes_are_decided_and_held_back() {
    let decision = made(control("KMS.4", json!({}))).set(|settings| settings.switches.remediation = false).decide();
    assert_eq!((decision.row, decision.held_by), ("remediate", Some("remediation is switched off")));
}

#[test]
fn c9_only_what_has_a_plan_is_fixed_automatically() {
    let listed = made(control("KMS.1", json!({}))).set(|settings| settings.remediate.extend(["KMS.1".to_owned()]));
    assert_eq!(listed.says(), "TEAMFIX team-fix");
}

#[test]
fn c10_no_answer_to_a_call_and_no_error_ever_suppresses() {
    let words: Vec<_> = TREATMENTS.iter().map(|row| row.treatment.name()).collect();
    assert!(words.iter().all(|word| !word.contains("suppress")));
    let suppressing = triage::table::ROWS.iter().filter(|row| row.action == Action::Suppress);
    for row in suppressing {
        assert!(row.when.contains(&Is::RuleHolds) || row.when.contains(&Is::Trusted), "{}", row.id);
    }
}

#[test]
fn c11_success_means_that_it_is_read_back() {
    let case = made(control("KMS.4", json!({}))).key(json!({}));
    assert_eq!(case.says(), "REMEDIATE remediate");
    let control = &case.finding.control.as_ref().unwrap().id;
    let plan =
        plan(&case.finding.id, control, case.finding.resource_id(), case.sight(), &case.settings, &Wishes::default());
    assert_eq!(plan.changes[0].verify, "GetKeyRotationStatus: KeyRotationEnabled is true, RotationPeriodInDays is 365");
    assert_eq!(triage::plan::treatment("EnableKeyRotation", None, case.sight()).treatment, Treatment::Verify);
    assert_eq!(key(json!({})).rotates, Some(false));
}

#[test]
fn c12_a_team_fix_has_owner_and_service_level() {
    let case = made(control("KMS.5", json!({"Severity": {"Label": "CRITICAL"}})));
    let decision = case.set(|settings| {
        settings.default_project = Some("SEC".into());
        settings.switches.team_fixes = false;
    });
    let decision = decision.decide();
    assert_eq!((decision.row, decision.held_by), ("team-fix", Some("team fixes are switched off")));
    let level = decision.service_level.unwrap();
    assert_eq!((level.hours, level.due.to_string().as_str(), level.overdue), (4, "2026-11-22T16:00:00Z", false));
    let owner = decision.owner;
    assert_eq!((owner.team.as_deref(), owner.project.as_deref()), (Some("platform"), Some("SEC")));
    assert_eq!(owner.email.as_deref(), Some("root@acme.example"));
}
