//! Freezes every format on one document that has everything in it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests may")]

mod fixture;

use report::{Format, GroupBy, Options, Report, write};

fn written(format: Format, options: &Options) -> String {
    let (document, rules) = (fixture::document(), fixture::rules());
    let tally = fixture::tally(&document);
    let mut out = Vec::new();
    write(format, &Report { document: &document, rules: &rules, tally: &tally, options }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn harmless_on_a_terminal(text: &str) -> bool {
    text.chars()
        .all(|character| character == '\n' || report::escape_terminal(&character.to_string()).chars().count() == 1)
}

#[test]
fn pretty_at_100_columns() {
    let text = written(Format::Pretty, &fixture::options());
    assert!(harmless_on_a_terminal(&text));
    insta::assert_snapshot!("pretty", text);
}

#[test]
fn pretty_grouped_by_control_on_a_wide_terminal() {
    let text = written(Format::Pretty, &Options { width: 140, group_by: Some(GroupBy::Control), ..fixture::options() });
    insta::assert_snapshot!("pretty_by_control", text);
}

#[test]
fn pretty_grouped_by_account_with_colours() {
    let options = Options { color: true, group_by: Some(GroupBy::Account), ..fixture::options() };
    insta::assert_snapshot!("pretty_by_account", written(Format::Pretty, &options).replace('\u{1b}', "␛"));
}

#[test]
fn concise() {
    let text = written(Format::Concise, &fixture::options());
    assert!(harmless_on_a_terminal(&text));
    assert_eq!(text.lines().count(), fixture::document().findings.len() + 1);
    insta::assert_snapshot!("concise", text);
}

#[test]
fn the_findings_document() {
    let text = written(Format::Json, &fixture::options());
    assert!(harmless_on_a_terminal(&text));
    assert_eq!(serde_json::from_str::<finding::Document>(&text).unwrap(), fixture::document());
    insta::assert_binary_snapshot!("document.json", text.into_bytes());
}

#[test]
fn jsonl_is_the_findings_one_a_line() {
    let text = written(Format::Jsonl, &fixture::options());
    assert!(harmless_on_a_terminal(&text));
    let findings: Vec<finding::Finding> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(findings, fixture::document().findings);
    insta::assert_binary_snapshot!("findings.jsonl", text.into_bytes());
}

#[test]
fn sarif() {
    insta::assert_binary_snapshot!("log.sarif", written(Format::Sarif, &fixture::options()).into_bytes());
}

#[test]
fn junit() {
    insta::assert_binary_snapshot!("junit.xml", written(Format::Junit, &fixture::options()).into_bytes());
}

#[test]
fn github() {
    let text = written(Format::Github, &fixture::options());
    assert!(harmless_on_a_terminal(&text));
    insta::assert_snapshot!("github", text);
}

#[test]
fn gitlab() {
    insta::assert_binary_snapshot!("code-quality.json", written(Format::Gitlab, &fixture::options()).into_bytes());
}

#[test]
fn asff() {
    insta::assert_binary_snapshot!("asff.jsonl", written(Format::Asff, &fixture::options()).into_bytes());
}

#[test]
fn ocsf() {
    let text = written(Format::Ocsf, &fixture::options());
    assert_eq!(text.lines().count(), fixture::document().findings.len());
    insta::assert_binary_snapshot!("ocsf.jsonl", text.into_bytes());
}

#[test]
fn csv() {
    insta::assert_binary_snapshot!("table.csv", written(Format::Csv, &fixture::options()).into_bytes());
}

#[test]
fn markdown() {
    insta::assert_snapshot!("markdown", written(Format::Markdown, &fixture::options()));
}

#[test]
fn html() {
    let text = written(Format::Html, &fixture::options());
    assert!(harmless_on_a_terminal(&text));
    insta::assert_binary_snapshot!("page.html", text.into_bytes());
}

#[test]
fn the_page_runs_nothing_and_loads_nothing() {
    let text = written(Format::Html, &fixture::options());
    for forbidden in
        ["<script", " style=", " src=", "url(http", "@import", "<link", "<iframe", "javascript:alert(1)\"", " on"]
    {
        let attribute = forbidden == " on";
        let found = text.match_indices(forbidden).any(|(at, _)| !attribute || inside_a_tag(&text, at));
        assert!(!found, "{forbidden} is in the page");
    }
    let links = text.match_indices("href=\"").map(|(at, before)| &text[at + before.len()..]);
    for link in links {
        assert!(link.starts_with('#') || link.starts_with("https://docs.aws.amazon.com/"), "{}", &link[..40]);
    }
}

fn inside_a_tag(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.rfind('<') > before.rfind('>') && text[at..].find('=') < text[at..].find('>')
}
