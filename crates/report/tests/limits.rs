//! What a report does with more than its readers take.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod fixture;

use finding::{Document, Finding, ResourceRef, Severity, Status};
use report::{Format, GroupBy, MAX_GROUPS, Options, Report, Subject, Tally, write};

fn written(format: Format, document: &Document) -> String {
    let (rules, options) = (fixture::rules(), fixture::options());
    let tally = if document.findings.is_empty() { Tally::default() } else { fixture::tally(document) };
    let mut out = Vec::new();
    write(format, &Report { document, rules: &rules, tally: &tally, options: &options }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// As many findings as wanted, every tenth CRITICAL, the rest INFO.
fn many(count: usize) -> Document {
    let mut document = fixture::document();
    let mut one = document.findings.remove(0);
    [&mut one.reason, &mut one.remediation].into_iter().for_each(|text| text.truncate(20));
    document.findings = (0..count)
        .map(|index| {
            let severity = if index % 10 == 0 { Severity::Critical } else { Severity::Info };
            Finding { fingerprint: format!("{index:08}"), severity, ..one.clone() }
        })
        .collect();
    document
}

#[test]
fn sarif_keeps_the_worst_of_too_many_in_their_order_and_says_so() {
    let mut document = many(25_100);
    document.errors.clear();
    let text = written(Format::Sarif, &document);
    assert_eq!(text.matches("\"partialFingerprints\"").count(), 25_000);
    assert_eq!(text.matches("\"severity\": \"CRITICAL\"").count(), 2_510, "all of the worst");
    let prints: Vec<_> =
        text.match_indices("\"keyreeve/v1\": \"").map(|(at, name)| &text[at + name.len()..][..8]).collect();
    assert!(prints.is_sorted());
    assert!(text.contains("\"text\": \"100 results are left out: one run holds 25,000, and the worst were kept"));
}

#[test]
fn a_comment_is_never_longer_than_github_takes() {
    for count in [1, 50, 5_000] {
        let text = written(Format::Markdown, &many(count));
        assert!(text.len() <= 65_536, "{count} findings make {} bytes", text.len());
        assert_eq!(text.contains("Shortened"), count > 50, "{count} findings");
        assert!(text.ends_with("keys judged\n"));
    }
    let text = written(Format::Markdown, &many(5_000));
    let rows = text.lines().filter(|line| line.starts_with("| ✗ FAIL"));
    assert!(rows.clone().count() > 100 && rows.clone().all(|row| row.contains("| CRITICAL |")), "{text}");
}

#[test]
fn github_is_told_the_worst_first() {
    let text = written(Format::Github, &many(25));
    let levels: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("::")?.split(' ').next()).collect();
    assert_eq!((levels[..3].to_vec(), levels[3]), (vec!["error"; 3], "notice"));
}

#[test]
fn a_page_shows_the_worst_and_says_so() {
    let text = written(Format::Html, &many(5_100));
    assert_eq!(text.matches("<details class=\"finding").count(), 5_000);
    assert!(text.contains("The worst 5,000 of 5,100 are shown."));
    assert_eq!(
        text.matches("<span class=\"pill critical\">").count(),
        510 + 5 + 1 + 1,
        "the overview and the rule too"
    );
}

#[test]
fn a_text_of_megabytes_is_cut_for_people_and_whole_for_programs() {
    let mut document = fixture::document();
    document.findings.truncate(1);
    document.findings[0].reason = "a policy ".repeat(1 << 17);
    document.findings[0].title = "e\u{301}".repeat(1 << 19);
    document.findings[0].resource.name = "alias/".repeat(1 << 18);
    for format in Format::ALL {
        let size = written(format, &document).len();
        let whole = matches!(format, Format::Json | Format::Jsonl | Format::Csv);
        assert_eq!(size > 1 << 20, whole, "{format} is {size} bytes");
    }
}

#[test]
fn nothing_to_report_is_a_report_too() {
    let mut document = fixture::document();
    document.findings.clear();
    document.errors.clear();
    document.summary = finding::Summary::default();
    for format in Format::ALL {
        let text = written(format, &document);
        let one_a_line = matches!(format, Format::Jsonl | Format::Asff | Format::Ocsf);
        assert_eq!(text.is_empty(), one_a_line, "{format}");
    }
    assert!(written(Format::Markdown, &document).starts_with("### Keyreeve: ✓ no findings in examples/acme\n"));
}

#[test]
fn groups_are_bounded_whatever_the_order() {
    let one = fixture::document().findings.remove(0).resource;
    let key = |number| ResourceRef { id: format!("key-{number:08}"), ..one.clone() };
    let keys: Vec<_> = (0..MAX_GROUPS + 10).map(key).collect();
    let count = |order: &mut dyn Iterator<Item = &ResourceRef>| {
        let mut tally = Tally::new(&[GroupBy::Key]);
        let slot = tally.detection("D", &[]);
        order.for_each(|key| tally.add(slot, Subject::from(key), Status::Fail, Severity::Low));
        tally
    };
    let forwards = count(&mut keys.iter().chain(&keys)).groups(GroupBy::Key);
    let backwards = count(&mut keys.iter().rev().chain(keys.iter().rev())).groups(GroupBy::Key);
    let (even, odd) = (keys.iter().step_by(2), keys.iter().skip(1).step_by(2));
    let mut merged = count(&mut even.clone().chain(odd.clone()));
    merged.merge(count(&mut odd.chain(even)));
    assert_eq!(forwards.len(), MAX_GROUPS + 1);
    assert_eq!((forwards[0].key.as_str(), forwards[0].counts.fail), ("key-00000000", 2));
    let rest = forwards.last().unwrap();
    assert_eq!((rest.key.as_str(), rest.counts.fail), ("…", 20));
    assert_eq!(forwards, backwards);
    assert_eq!(forwards, merged.groups(GroupBy::Key));
}

#[test]
fn a_tally_counts_by_control_and_framework_and_severity() {
    let document = fixture::document();
    let tally = Tally::of(&document);
    let group = |by, key: &str| tally.groups(by).into_iter().find(|group| group.key == key).unwrap().counts;
    let rotation = group(GroupBy::Detection, "AWS.KMS.RotationEnabled");
    assert_eq!((rotation.fail, rotation.unknown, rotation.pass), (2, 1, 1));
    assert_eq!(group(GroupBy::Control, "CIS-1.2.0/2.8"), rotation);
    assert_eq!(group(GroupBy::Framework, "CIS-5.0.0"), rotation);
    assert_eq!(group(GroupBy::Framework, "Security Hub").fail, 3);
    assert_eq!(group(GroupBy::Framework, "").fail, 1);
    assert_eq!(group(GroupBy::Account, "111111111111").fail, 2);
    assert_eq!(tally.of_severity(Status::Fail, Severity::Critical), 1);
    assert_eq!(tally.failing_below(Severity::Critical), 3);
    assert_eq!(rotation.pass_rate().unwrap(), "25 %");
}

#[test]
fn the_last_line_admits_what_is_missing() {
    let (tally, options) = (Tally::of(&fixture::document()), fixture::options());
    let lines = [Some(Severity::Critical), Some(Severity::Info), None]
        .map(|fail_on| Options { fail_on, ..options.clone() }.last_line(&tally));
    assert_eq!(lines[0], "3 findings below --fail-on critical; 1 fact could not be read; 83.3 % of 6 keys judged");
    assert_eq!(lines[1], "0 findings below --fail-on info; 1 fact could not be read; 83.3 % of 6 keys judged");
    assert_eq!(lines[2], "4 findings (--fail-on none); 1 fact could not be read; 83.3 % of 6 keys judged");
}
