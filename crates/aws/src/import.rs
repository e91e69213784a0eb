//! Findings of ours for Security Hub: in batches that it takes, each to the account and Region that it is about.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::operation::BATCH_IMPORT_FINDINGS;
use crate::reach::{As, Reach};

/// Findings of a batch.
const FINDINGS: usize = 100;
/// Bytes of a batch: 6 MB, less what stands around the findings.
const BATCH_BYTES: usize = 6_000_000 - 1_000;
/// Bytes of a finding: 240 KB.
const FINDING_BYTES: usize = 240_000;

/// The role that imports findings in other accounts: it may do nothing else.
pub const IMPORT_ROLE: &str = "KeyreeveFindings";

/// A finding that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its place among those that were given.
    pub place: usize,
    /// Its `Id`, as far as it has one.
    pub id: String,
    /// Why, or why its whole batch was not.
    pub failure: Failure,
}

/// Imports findings (ASFF); returns those that were not taken. To import one again replaces it, so that to repeat is harmless.
pub async fn import(reach: &Reach, role: &str, findings: &[Value]) -> Vec<Refused> {
    let mut refused = Vec::new();
    let (batches, unfit) = batches(findings);
    refused.extend(unfit.into_iter().map(|(place, why)| {
        let failure = Failure::new(&BATCH_IMPORT_FINDINGS, "InvalidInput", why).unsent();
        Refused { place, id: id_of(&findings[place]), failure }
    }));
    let home = &reach.session().home.account;
    for Batch { account, region, places } in batches {
        let who = if account == home { As::Caller } else { As::Role(role) };
        let scope = reach.scope(account, region, who);
        let batch: Vec<&Value> = places.iter().map(|&place| &findings[place]).collect();
        let answer: Result<Answer, Failure> =
            reach.session().client.json(&scope, &BATCH_IMPORT_FINDINGS, &json!({ "Findings": batch })).await;
        match answer {
            Ok(answer) => refused.extend(answer.failed_findings.iter().map(|failed| {
                let place = places.iter().copied().find(|&place| id_of(&findings[place]) == failed.id);
                let failure = Failure::new(&BATCH_IMPORT_FINDINGS, &failed.error_code, &failed.error_message);
                Refused { place: place.unwrap_or_default(), id: failed.id.clone(), failure }
            })),
            Err(failure) => refused.extend(places.iter().map(|&place| {
                let id = id_of(&findings[place]);
                Refused { place, id, failure: failure.clone() }
            })),
        }
    }
    refused.sort_by_key(|refused| refused.place);
    refused
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    failed_findings: Vec<Failed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failed {
    #[serde(default)]
    id: String,
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    error_message: String,
}

/// Findings that go into one request.
#[derive(Debug, PartialEq, Eq)]
struct Batch<'f> {
    account: &'f str,
    region: &'f str,
    places: Vec<usize>,
}

/// Findings by account and Region, as many together as may be, and those that cannot be sent, with the reason.
fn batches(findings: &[Value]) -> (Vec<Batch<'_>>, Vec<(usize, String)>) {
    let (mut by_place, mut unfit) = (BTreeMap::<(&str, &str), Vec<(usize, usize)>>::new(), Vec::new());
    for (place, finding) in findings.iter().enumerate() {
        let bytes = finding.to_string().len();
        match place_of(finding) {
            None => unfit.push((place, "the finding says no account or no Region".to_owned())),
            Some(_) if bytes > FINDING_BYTES => {
                unfit.push((place, format!("the finding has {bytes} bytes; Security Hub takes {FINDING_BYTES}")));
            }
            Some(of) => by_place.entry(of).or_default().push((place, bytes)),
        }
    }
    let mut batches: Vec<Batch<'_>> = Vec::new();
    for ((account, region), places) in by_place {
        let mut filled = usize::MAX;
        for (place, bytes) in places {
            let full = batches.last().is_none_or(|batch| batch.places.len() >= FINDINGS);
            if filled == usize::MAX || full || filled + bytes + 1 > BATCH_BYTES {
                batches.push(Batch { account, region, places: Vec::new() });
                filled = 0;
            }
            filled += bytes + 1;
            if let Some(batch) = batches.last_mut() {
                batch.places.push(place);
            }
        }
    }
    (batches, unfit)
}

fn id_of(finding: &Value) -> String {
    finding.get("Id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The account that it is of, and the Region of the product that found it, which is the hub's.
fn place_of(finding: &Value) -> Option<(&str, &str)> {
    let account = finding.get("AwsAccountId")?.as_str().filter(|id| finding::is_account_id(id))?;
    let region = finding.get("ProductArn")?.as_str()?.split(':').nth(3).filter(|region| !region.is_empty())?;
    Some((account, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(account: &str, region: &str, bytes: usize) -> Value {
        json!({
            "Id": "x", "AwsAccountId": account, "Description": "x".repeat(bytes),
            "ProductArn": format!("arn:aws:securityhub:{region}:{account}:product/{account}/default"),
        })
    }

    #[test]
    fn a_batch_has_one_place_and_no_more_findings_or_bytes_than_are_taken() {
        let mut findings: Vec<Value> = (0..250).map(|_| finding("111122223333", "eu-north-1", 10)).collect();
        findings.extend((0..40).map(|_| finding("111122223333", "eu-west-1", 200_000)));
        findings.push(finding("444455556666", "eu-north-1", 10));
        findings.push(finding("444455556666", "eu-north-1", 250_000));
        findings.push(json!({ "Id": "nowhere" }));
        let (batches, unfit) = batches(&findings);
        let sizes: Vec<usize> = batches.iter().map(|batch| batch.places.len()).collect();
        assert_eq!(sizes, [100, 100, 50, 29, 11, 1]);
        for batch in &batches {
            let sent: Vec<&Value> = batch.places.iter().map(|&place| &findings[place]).collect();
            assert!(json!({ "Findings": sent }).to_string().len() <= 6_000_000);
        }
        assert_eq!(unfit.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [291, 292]);
    }
}
