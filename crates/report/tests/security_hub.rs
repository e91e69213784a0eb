//! What Security Hub takes: batches of one account and region, within every limit, whatever is in the findings.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod fixture;

use finding::{Document, Finding, Status, UnknownFact};
use proptest::prelude::*;
use report::{Format, Report, Rule, asff, write};
use serde_json::Value;

fn batches(document: &Document, rules: &[Rule]) -> Vec<(usize, Vec<Value>)> {
    let (options, tally) = (fixture::options(), fixture::tally(&fixture::document()));
    let mut out = Vec::new();
    write(Format::Asff, &Report { document, rules, tally: &tally, options: &options }, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    text.lines().map(|line| (line.len(), serde_json::from_str(line).unwrap())).collect()
}

fn imported(document: &Document) -> Vec<Value> {
    batches(document, &fixture::rules()).into_iter().flat_map(|(_, findings)| findings).collect()
}

/// Copies of the first finding, told apart by their fingerprints.
fn many(count: usize, change: impl Fn(usize, &mut Finding)) -> Document {
    let mut document = fixture::document();
    let one = document.findings.remove(0);
    document.findings = (0..count).map(|index| Finding { fingerprint: format!("{index:08}"), ..one.clone() }).collect();
    document.findings.iter_mut().enumerate().for_each(|(index, finding)| change(index, finding));
    document
}

fn text<'a>(finding: &'a Value, path: &str) -> &'a str {
    finding.pointer(path).and_then(Value::as_str).unwrap_or("")
}

#[test]
fn a_batch_is_one_call_of_one_account_in_one_region() {
    let document = many(420, |index, finding| {
        finding.resource.account_id = format!("{:012}", 1 + index % 2);
        finding.resource.region = if index % 4 < 2 { "eu-north-1" } else { "us-east-1" }.to_owned();
    });
    let batches = batches(&document, &fixture::rules());
    let sizes: Vec<_> = batches.iter().map(|(_, findings)| findings.len()).collect();
    assert_eq!(sizes, [100, 5, 100, 5, 100, 5, 100, 5]);
    let mut hubs: Vec<_> = batches
        .iter()
        .map(|(_, findings)| {
            let hub =
                |finding| (text(finding, "/AwsAccountId").to_owned(), text(finding, "/Resources/0/Region").to_owned());
            assert!(findings.iter().all(|finding| hub(finding) == hub(&findings[0])));
            for finding in findings {
                let (account, region) = hub(finding);
                let arn = format!("arn:aws:securityhub:{region}:{account}:product/{account}/default");
                assert_eq!(text(finding, "/ProductArn"), arn);
            }
            let ids: Vec<_> = findings.iter().map(|finding| text(finding, "/Id").to_owned()).collect();
            assert!(ids.is_sorted(), "in the order of the document");
            hub(&findings[0])
        })
        .collect();
    hubs.dedup();
    assert_eq!(hubs.len(), 4);
}

#[test]
fn what_lives_in_no_account_or_region_is_left_out() {
    let named = |account: &str, region: &str| {
        let mut finding = fixture::document().findings.remove(0);
        (finding.resource.account_id, finding.resource.region) = (account.to_owned(), region.to_owned());
        asff::importable(&finding)
    };
    assert!(named("111111111111", "eu-north-1"));
    assert!(!named("", "eu-north-1"));
    assert!(!named("1122334455", "eu-north-1"), "not an account of AWS");
    assert!(!named("111111111111", ""));
    assert!(!named("111111111111", "eu-north-1\n"));
    assert!(!named("111111111111", "a-region-of-17-ch"));

    let document = fixture::document();
    let in_files = document.findings.iter().filter(|finding| finding.location.is_some()).count();
    assert_eq!(document.findings.iter().filter(|finding| !asff::importable(finding)).count(), in_files);
    assert_eq!(imported(&document).len(), document.findings.len() - in_files);
}

#[test]
fn a_finding_goes_to_the_hub_of_its_partition() {
    let document = many(3, |index, finding| {
        let (partition, region) =
            [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")][index];
        finding.resource.id = format!("arn:{partition}:kms:{region}:111111111111:key/1234abcd");
        region.clone_into(&mut finding.resource.region);
    });
    let seen: Vec<_> = imported(&document)
        .iter()
        .map(|finding| (text(finding, "/ProductArn").to_owned(), text(finding, "/Resources/0/Partition").to_owned()))
        .collect();
    let arn = |partition: &str, region: &str| {
        format!("arn:{partition}:securityhub:{region}:111111111111:product/111111111111/default")
    };
    assert_eq!(
        seen,
        [
            (arn("aws-cn", "cn-north-1"), "aws-cn".to_owned()),
            (arn("aws-eusc", "eusc-de-east-1"), String::new()),
            (arn("aws-us-gov", "us-gov-west-1"), "aws-us-gov".to_owned()),
        ],
        "the finding format has no name for the sovereign cloud"
    );
}

#[test]
fn every_status_says_what_the_hub_is_to_do() {
    let statuses = [Status::Fail, Status::Unknown, Status::Pass, Status::NotApplicable, Status::Suppressed];
    let document = many(statuses.len(), |index, finding| finding.status = statuses[index]);
    let said: Vec<_> = imported(&document)
        .iter()
        .map(|finding| {
            ["/Compliance/Status", "/RecordState", "/FindingProviderFields/Severity/Label", "/Severity/Original"]
                .map(|path| text(finding, path).to_owned())
        })
        .collect();
    assert_eq!(
        said,
        [
            ["FAILED", "ACTIVE", "CRITICAL", "CRITICAL"],
            ["NOT_AVAILABLE", "ACTIVE", "CRITICAL", "CRITICAL"],
            ["PASSED", "ACTIVE", "INFORMATIONAL", "CRITICAL"],
            ["NOT_AVAILABLE", "ARCHIVED", "INFORMATIONAL", "CRITICAL"],
            ["FAILED", "ARCHIVED", "CRITICAL", "CRITICAL"],
        ]
    );
}

#[test]
fn batches_of_the_largest_findings_stay_below_six_megabytes() {
    let long = "鍵".repeat(1_100);
    let document = many(120, |_, finding| stuff(finding, &long));
    let batches = batches(&document, &stuffed_rules(&long));
    assert_eq!(batches.iter().map(|(_, findings)| findings.len()).sum::<usize>(), 120);
    let largest = batches.iter().map(|(bytes, _)| *bytes).max().unwrap();
    assert!(largest < 6_000_000, "{largest}");
    assert!(largest > 3_000_000, "{largest}: the findings are not as large as they can be");
}

/// The text in every field of a finding, many times where there may be many.
fn stuff(finding: &mut Finding, text: &str) {
    let resource = &mut finding.resource;
    let named = [&mut resource.name, &mut resource.description, &mut resource.account_name, &mut resource.team];
    let said = [&mut finding.title, &mut finding.reason, &mut finding.remediation, &mut finding.group];
    let more = [&mut resource.id, &mut resource.kind, &mut resource.environment, &mut finding.detection_id];
    named.into_iter().chain(said).chain(more).for_each(|field| text.clone_into(field));
    let fact = UnknownFact {
        field: text.to_owned(),
        operation: text.to_owned(),
        code: text.to_owned(),
        message: text.to_owned(),
        expected: Some(text.to_owned()),
    };
    finding.status = Status::Unknown;
    finding.unknown_facts = vec![fact; 12];
    finding.controls = (0..20).map(|number| format!("{text}/{number}")).collect();
    finding.controls.extend((0..20).map(|number| format!("CIS-{number}/{text}")));
    finding.attack = vec![text.to_owned(); 12];
    finding.suppressed_by = Some(text.to_owned());
}

fn stuffed_rules(text: &str) -> Vec<Rule> {
    vec![Rule { id: text.to_owned(), reference: format!("https://{text}"), ..Rule::default() }]
}

/// AWS's limits, in the stricter way of counting.
fn longest(path: &str) -> usize {
    match path {
        "/Title" => 256,
        "/Description" => 1_024,
        "/Remediation/Recommendation/Text" => 512,
        _ if path.starts_with("/ProductFields/") => 2_048,
        "/Resources/0/Details/AwsKmsKey/Description" => 1_024,
        _ => 512,
    }
}

fn check(value: &Value, path: &str) {
    assert!(!value.is_null() && !value.is_number() && !value.is_boolean(), "{path} is {value}");
    match value {
        Value::String(text) => {
            assert!(text.encode_utf16().count() <= longest(path), "{path} has {} units", text.encode_utf16().count());
            assert!(!text.trim().is_empty(), "{path} is blank");
        }
        Value::Array(items) => {
            let most = if path == "/Compliance/RelatedRequirements" { 32 } else { 50 };
            assert!(!items.is_empty() && items.len() <= most, "{path} has {} items", items.len());
            items.iter().enumerate().for_each(|(index, item)| check(item, &format!("{path}/{index}")));
        }
        Value::Object(members) => {
            assert!(!members.is_empty() && members.len() <= 50, "{path}");
            members.iter().for_each(|(name, member)| check(member, &format!("{path}/{name}")));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_a_limit(piece in "\\PC{0,3}|[ \\t\\n\\u{3000}]{0,3}|\\p{Cf}{1,2}|[🔑\"\\\\]{1,3}", times in 0_usize..1_200) {
        let stuffing = piece.repeat(times);
        let mut document = many(1, |_, finding| stuff(finding, &stuffing));
        document.findings.extend(many(1, |_, finding| {
            finding.resource.description.clone_from(&stuffing);
            finding.status = Status::Suppressed;
        }).findings);
        let findings = imported(&document);
        prop_assert_eq!(findings.len(), 2);
        for finding in batches(&document, &stuffed_rules(&stuffing)).into_iter().flat_map(|(_, findings)| findings).chain(findings) {
            check(&finding, "");
            prop_assert!(finding.to_string().len() < 240_000);
        }
    }
}
