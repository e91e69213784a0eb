//! A finding that arrives, beside what is known of it: what is new, what is late, what has come back.

use jiff::Timestamp;
use store::rows::FindingRow;
use triage::Incoming;
use triage::incoming::{Compliance, Workflow};

use super::Dated;
use crate::names;

/// What an arriving finding is.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// It is known, word for word.
    Known,
    /// It is older than what is known.
    Late,
    /// It is known word for word, and was so again later: nothing is to be decided.
    Seen(Box<FindingRow>),
    /// It is to be decided.
    Fresh(Box<FindingRow>),
}

/// Whether it passes or is put away.
pub(crate) fn is_over(finding: &Incoming) -> bool {
    finding.archived || finding.compliance == Some(Compliance::Passed)
}

/// Whether two texts of a finding say different things to whoever decides, and the second was not written by us.
pub(crate) fn is_told_apart(old: &FindingRow, new: &FindingRow) -> bool {
    let (Some(before), Some(after)) = (finding_of(old), finding_of(new)) else { return true };
    let is_suppressed = |finding: &Incoming| finding.workflow == Workflow::Suppressed;
    let text: serde_json::Value = serde_json::from_str(&new.text).unwrap_or_default();
    let by_us = text.pointer("/Note/UpdatedBy").and_then(serde_json::Value::as_str) == Some("keyreeve");
    is_over(&before) != is_over(&after) || !by_us && is_suppressed(&before) != is_suppressed(&after)
}

/// The finding of a row.
pub(crate) fn finding_of(row: &FindingRow) -> Option<Incoming> {
    let mut finding = triage::incoming::read(row.text.as_bytes()).findings.into_iter().next()?;
    // Findings of ours carry no time; when they were made is known all the same.
    finding.updated = finding.updated.or(row.updated);
    finding.first_observed = finding.first_observed.or(Some(row.first_seen));
    Some(finding)
}

pub(crate) fn arrived(old: Option<&FindingRow>, key: &str, dated: &Dated, now: Timestamp) -> Arrival {
    let finding = &dated.finding;
    let Some(old) = old else { return Arrival::Fresh(Box::new(first(key, dated, now))) };
    let (before, after) = (old.updated.unwrap_or(Timestamp::MIN), dated.at);
    if after < before {
        return Arrival::Late;
    }
    if finding.text == old.text {
        if after == before {
            return Arrival::Known;
        }
        return Arrival::Seen(Box::new(FindingRow { updated: Some(after), last_seen: now, ..old.clone() }));
    }
    let was_over = || finding_of(old).is_some_and(|old| is_over(&old));
    let mut row = FindingRow {
        key: old.key.clone(),
        first_seen: old.first_seen,
        incarnation: old.incarnation,
        tickets: old.tickets.clone(),
        action: old.action.clone(),
        decision: old.decision.clone(),
        team: old.team.clone(),
        settled: old.settled,
        settled_at: old.settled_at,
        ..first(key, dated, now)
    };
    if !is_over(finding) {
        if was_over() {
            row.incarnation = old.incarnation.saturating_add(1);
            row.tickets.clear();
        }
        if finding.workflow != Workflow::Suppressed {
            (row.settled, row.settled_at) = (false, None);
        }
    }
    Arrival::Fresh(Box::new(row))
}

fn first(key: &str, dated: &Dated, now: Timestamp) -> FindingRow {
    let finding = &dated.finding;
    FindingRow {
        key: key.to_owned(),
        version: 0,
        incarnation: 1,
        finding_id: finding.id.clone(),
        form: finding.form.name().to_owned(),
        control: finding.control.as_ref().map_or_else(|| finding.generator.clone(), |control| control.id.to_string()),
        resource: finding.resource_id().to_owned(),
        account_id: finding.account_id.clone(),
        region: finding.region.clone(),
        title: names::line(&finding.title, 500),
        severity: finding.severity.name().to_owned(),
        settled: false,
        text: finding.text.clone(),
        updated: Some(dated.at),
        first_seen: now,
        last_seen: now,
        decide_at: Some(now),
        action: None,
        decision: None,
        tickets: Vec::new(),
        team: None,
        settled_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(status: &str, at: i64) -> Dated {
        let text = format!(
            r#"{{"SchemaVersion":"2018-10-08","Id":"f","ProductArn":"arn:aws:securityhub:eu-north-1::product/aws/securityhub",
               "AwsAccountId":"111122223333","GeneratorId":"security-control/KMS.4","Severity":{{"Label":"MEDIUM"}},
               "Compliance":{{"Status":"{status}","SecurityControlId":"KMS.4"}},
               "Resources":[{{"Type":"AwsKmsKey","Id":"arn:aws:kms:eu-north-1:111122223333:key/k"}}]}}"#
        );
        let batch = triage::incoming::read(text.as_bytes());
        assert_eq!(batch.problems, Vec::new());
        Dated { finding: batch.findings.into_iter().next().unwrap(), at: Timestamp::from_second(at).unwrap() }
    }

    fn fresh(arrival: Arrival) -> FindingRow {
        match arrival {
            Arrival::Fresh(row) => *row,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_finding_that_comes_back_has_a_new_incarnation_and_no_ticket() {
        let now = Timestamp::from_second(100).unwrap();
        let mut row = fresh(arrived(None, "k", &dated("FAILED", 1), now));
        row.tickets.push("t".to_owned());
        let row = fresh(arrived(Some(&row), "k", &dated("PASSED", 2), now));
        assert_eq!((row.incarnation, row.tickets.len()), (1, 1));
        let row = fresh(arrived(Some(&row), "k", &dated("FAILED", 3), now));
        assert_eq!((row.incarnation, row.tickets.len()), (2, 0));
    }

    #[test]
    fn an_older_text_never_replaces_a_newer_one() {
        let now = Timestamp::from_second(100).unwrap();
        let row = fresh(arrived(None, "k", &dated("FAILED", 5), now));
        assert!(matches!(arrived(Some(&row), "k", &dated("PASSED", 4), now), Arrival::Late));
        assert!(matches!(arrived(Some(&row), "k", &dated("FAILED", 5), now), Arrival::Known));
        assert!(matches!(arrived(Some(&row), "k", &dated("FAILED", 6), now), Arrival::Seen(_)));
    }
}
