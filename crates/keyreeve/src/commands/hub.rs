//! `hub import`: findings of ours into Security Hub, and by name what it did not take.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use aws::import::{IMPORT_ROLE, Refused, import};
use serde::Serialize;
use serde_json::Value;

use super::triage_input::text;
use crate::cli::{self, Hub, HubImport, Plain};
use crate::config::Loaded;
use crate::exit::{NothingSelected, Status, error_word};
use crate::{disk, live, output};

/// Findings that are named one by one; the rest are counted, and `-f json` has them all.
const NAMED: usize = 20;

/// What was sent, and what became of it, as `--format json` prints it.
#[derive(Serialize)]
struct Outcome {
    findings: usize,
    imported: usize,
    failed: Vec<Failed>,
}

/// A finding that is not in Security Hub.
#[derive(Serialize)]
struct Failed {
    id: String,
    account_id: String,
    code: String,
    message: String,
}

/// Does what was asked for.
pub fn run(asked: &Hub) -> anyhow::Result<Status> {
    match asked {
        Hub::Import(asked) => run_import(asked),
    }
}

fn run_import(asked: &HubImport) -> anyhow::Result<Status> {
    let loaded = Loaded::find(asked.config.config.as_deref())?;
    let (mut findings, mut status) = (Vec::new(), Status::Clean);
    for path in &asked.files {
        let read = text(path).and_then(|text| read(&text).with_context(|| format!("reading {}", disk::shown(path))));
        match read {
            Ok(read) => findings.extend(read),
            Err(error) => {
                status = Status::Invalid;
                anstream::eprintln!("{}: {}", error_word(), report::escape_terminal(&format!("{error:#}")));
            }
        }
    }
    if findings.is_empty() && status == Status::Clean {
        return Err(
            NothingSelected("there is no finding to import: `keyreeve scan -f asff` prints them".to_owned()).into()
        );
    }
    let total = findings.len();
    let (ours, mut failed) = sorted(findings);
    tell_what_goes_where(&ours);
    if !asked.dry_run && !ours.is_empty() {
        failed.extend(send(asked, &loaded, &ours)?);
    }
    let imported = if asked.dry_run { 0 } else { total - failed.len() };
    if !failed.is_empty() {
        status = status.max(Status::Incomplete);
    }
    print(&Outcome { findings: total, imported, failed }, asked)?;
    Ok(status)
}

/// ASFF findings, however they are packed.
fn read(text: &str) -> anyhow::Result<Vec<Value>> {
    let mut findings = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.context("expected ASFF, as `keyreeve scan -f asff` prints it")?;
        let packed = match value {
            Value::Object(mut members) if members.get("Findings").is_some_and(Value::is_array) => {
                members.remove("Findings").unwrap_or_default()
            }
            other => other,
        };
        match packed {
            Value::Array(list) => findings.extend(list),
            one => findings.push(one),
        }
    }
    let is_asff = |finding: &Value| finding.get("SchemaVersion").is_some();
    let foreign = findings.iter().position(|finding| !is_asff(finding));
    if let Some(place) = foreign {
        anyhow::bail!("finding {} is not in ASFF: `keyreeve scan -f asff` prints that", place + 1);
    }
    Ok(findings)
}

/// The code of what was not even sent.
const NOT_OURS: &str = "NotSent";

/// Findings that customers may import, and the others: what a product of AWS or of somebody else has found is for them to send.
fn sorted(findings: Vec<Value>) -> (Vec<Value>, Vec<Failed>) {
    let (ours, others): (Vec<Value>, Vec<Value>) = findings.into_iter().partition(is_ours);
    let message =
        "its ProductArn is not that of the account itself (product/ACCOUNT/default): only its maker may send it";
    let failed = others.iter().map(|finding| Failed {
        id: member(finding, "Id").to_owned(),
        account_id: member(finding, "AwsAccountId").to_owned(),
        code: NOT_OURS.to_owned(),
        message: message.to_owned(),
    });
    let failed = failed.collect();
    (ours, failed)
}

fn is_ours(finding: &Value) -> bool {
    let account = member(finding, "AwsAccountId");
    let own = format!("product/{account}/default");
    !account.is_empty() && member(finding, "ProductArn").split(':').next_back() == Some(own.as_str())
}

fn member<'f>(finding: &'f Value, name: &str) -> &'f str {
    finding.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn tell_what_goes_where(findings: &[Value]) {
    let mut places: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for finding in findings {
        let region = member(finding, "ProductArn").split(':').nth(3).unwrap_or_default();
        *places.entry((member(finding, "AwsAccountId"), region)).or_default() += 1;
    }
    if places.len() > NAMED {
        let accounts: BTreeSet<&str> = places.keys().map(|(account, _)| *account).collect();
        anstream::eprintln!("{} findings for {} accounts, {} hubs", findings.len(), accounts.len(), places.len());
        return;
    }
    for ((account, region), count) in places {
        let what = if count == 1 { "finding" } else { "findings" };
        anstream::eprintln!(
            "{}",
            report::escape_terminal(&format!("{count} {what} for account {account} in {region}"))
        );
    }
}

fn send(asked: &HubImport, loaded: &Loaded, findings: &[Value]) -> anyhow::Result<Vec<Failed>> {
    let wishes = cli::Live {
        profile: asked.profile.clone(),
        external_id: asked.external_id.clone(),
        endpoint_url: asked.endpoint_url.clone(),
        ..cli::Live::default()
    };
    let (runtime, reach) = live::reach_once(&wishes, loaded)?;
    let refused = runtime.block_on(import(&reach, asked.role.as_deref().unwrap_or(IMPORT_ROLE), findings));
    let failed = refused.into_iter().map(|Refused { place, id, failure }| Failed {
        account_id: findings.get(place).map(|finding| member(finding, "AwsAccountId").to_owned()).unwrap_or_default(),
        id,
        code: failure.code.clone(),
        message: failure.message.clone(),
    });
    Ok(failed.collect())
}

fn print(outcome: &Outcome, asked: &HubImport) -> anyhow::Result<()> {
    if asked.format != Plain::Pretty {
        return output::print_json(outcome);
    }
    for failed in outcome.failed.iter().take(NAMED) {
        let Failed { id, account_id, code, message } = failed;
        let line = format!("{id} (account {account_id}): {code}: {message}");
        anstream::eprintln!("{}: {}", error_word(), report::escape_terminal(&line));
    }
    let more = outcome.failed.len().saturating_sub(NAMED);
    if more > 0 {
        anstream::eprintln!("and {more} more (-f json names them all)");
    }
    let done = if asked.dry_run { "would be sent" } else { "are in Security Hub" };
    let good = if asked.dry_run { outcome.findings - outcome.failed.len() } else { outcome.imported };
    let failed = outcome.failed.len();
    output::print(&format!("{good} of {} findings {done}, {failed} were not taken.\n", outcome.findings))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn finding(id: &str, product: &str) -> Value {
        json!({ "SchemaVersion": "2018-10-08", "Id": id, "AwsAccountId": "111122223333",
            "ProductArn": format!("arn:aws:securityhub:eu-north-1:111122223333:{product}") })
    }

    #[test]
    fn findings_are_read_alone_in_lists_in_batches_and_by_lines_and_others_than_asff_are_refused() {
        let one = finding("a", "product/111122223333/default").to_string();
        for text in [one.clone(), format!("[{one}]"), format!("{one}\n{one}"), format!("[{one}]\n[{one},{one}]\n")] {
            assert_eq!(read(&text).expect("findings").len(), text.matches("SchemaVersion").count());
        }
        assert_eq!(read(&json!({ "Findings": [finding("a", "x")] }).to_string()).expect("findings").len(), 1);
        assert_eq!(read("").expect("nothing"), Vec::<Value>::new());
        for text in [r#"{"detection_id":"x"}"#, "[1]", "{", "nonsense"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_findings_of_the_accounts_own_product_are_sent() {
        let mut strange = finding("c", "product/111122223333/default");
        strange["AwsAccountId"] = json!("444455556666");
        let findings =
            vec![finding("a", "product/111122223333/default"), finding("b", "product/aws/securityhub"), strange];
        let (ours, failed) = sorted(findings);
        assert_eq!(ours.iter().map(|finding| member(finding, "Id")).collect::<Vec<_>>(), ["a"]);
        assert_eq!(failed.iter().map(|failed| failed.id.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    }
}
