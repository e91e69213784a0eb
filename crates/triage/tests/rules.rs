//! The file of rules: every mistake with its line and column.

use finding::TagNames;
use jiff::Timestamp;
use triage::rules::{Read, Rules, Withholds, read};
use triage::suppress::{Dimension, Facts, Vocabulary};

fn faults(text: &str) -> Vec<String> {
    read(text, &Vocabulary::default()).faults.iter().map(ToString::to_string).collect()
}

fn rules(text: &str) -> Read {
    let read = read(text, &Vocabulary::default());
    assert!(read.faults.is_empty(), "{:?}", read.faults);
    read
}

#[test]
fn a_mistake_in_a_rule_is_found_where_it_stands_in_the_file() {
    let text = "[\n  {\"id\": \"KMS.3\",\n   \"suppress_when\": \"environment = DEV\\nteem = x\"}\n]";
    let found = faults(text);
    let column = text.lines().nth(2).unwrap_or_default().find("teem").unwrap_or_default() + 1;
    assert!(found[0].starts_with(&format!("3:{column}: `teem` is nothing that a rule can ask about")), "{found:?}");
    // Escapes take more room in the file than in the rule.
    let escaped = r#"[{"id": "x", "suppress_when": "team = \u00e9\ud83d\udd11\t, \\\" AND teem = 1"}]"#;
    let column = escaped.find("teem").unwrap_or_default() + 1;
    assert!(faults(escaped).iter().any(|fault| fault.starts_with(&format!("1:{column}: "))), "{:?}", faults(escaped));
}

#[test]
fn fields_are_checked() {
    let cases = [
        ("{\"a\": 1}", "unknown field `a`"),
        (r#"[{"id": "KMS.3", "suppres_when": "always"}]"#, "did you mean `suppress_when`?"),
        (r#"[{"suppress_when": "always"}]"#, "the rule has no `id`"),
        (r#"[{"id": "KMS.3"}]"#, "the rule has no `suppress_when`"),
        (r#"[{"id": "KMS.3", "suppress_when": 7}]"#, "`suppress_when` must be a string"),
        (r#"[{"id": "KMS.3", "suppress_when": ["always"]}]"#, "`suppress_when` must be a string"),
        (r#"[{"id": "K*S", "suppress_when": "always"}]"#, "is no id"),
        (r#"[{"id": "*", "suppress_when": "always"}]"#, "is no id"),
        (r#"[{"id": "x", "suppress_when": "always", "expires": "soon"}]"#, "`expires` is `soon`"),
        (r#"[{"id": "x", "suppress_when": "always", "withholds": "all"}]"#, "`withholds` is `all`"),
        (r#"[7]"#, "expected a rule"),
        ("7", "expected a list of rules"),
        ("[", ""),
        (r#"[{"id": "x", "id": "y", "suppress_when": "always"}]"#, "occurs twice"),
    ];
    for (text, expected) in cases {
        let found = faults(text);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{text}: {found:?}");
    }
}

#[test]
fn what_is_doubtful_is_said() {
    let account = r#"{"id": "111111111111", "ou": "Root/Infra", "tags": {"soar:environment": "PROD"}}"#;
    let account: finding::Account = serde_json::from_str(account).unwrap_or_else(|error| panic!("{error}"));
    let mut vocabulary = Vocabulary::default();
    vocabulary.add_account(&account, &TagNames::default());
    let text = r#"[{"id": "x", "suppress_when": "environment = PRDO AND organizational_unit = Infra"},
        {"id": "x", "suppress_when": "always"}, {"id": "x", "suppress_when": "always", "owner": "o", "reason": "r"}]"#;
    let remarks: Vec<String> = read(text, &vocabulary).remarks.iter().map(ToString::to_string).collect();
    let expected = [
        "1:46: no account or finding has the environment `PRDO`: did you mean `PROD`? Values are compared letter by letter",
        "the rule has no `owner`",
        "the rule has no `reason`",
        "the rule for `x` stands twice",
    ];
    for expected in expected {
        assert!(remarks.iter().any(|remark| remark.contains(expected)), "{expected}: {remarks:?}");
    }
    assert!(!remarks.iter().any(|remark| remark.contains("Infra")));
}

#[test]
fn a_version_changes_with_the_meaning_and_only_with_it() {
    let version = |text: &str| {
        rules(&format!(r#"[{{"id": "x", "suppress_when": "{text}", "owner": "a"}}]"#)).rules[0].version.clone()
    };
    assert_eq!(version("environment=DEV,TEST"), version("  environment  =  DEV , TEST  "));
    assert_ne!(version("environment = DEV"), version("environment != DEV"));
}

#[test]
fn rules_are_asked_in_order_and_end_with_their_day() {
    let text = r#"[{"id": "KMS.*", "suppress_when": "team = a", "expires": "2026-11-22"},
        {"id": "KMS.3", "suppress_when": "team = a\nteam = b", "expires": "2026-11-22T12:00:00Z"},
        {"id": "KMS.3", "suppress_when": "team = c", "withholds": "remediation"}]"#;
    let rules = Rules::new(rules(text).rules);
    let hit = |id: &str, team: &str, withholds, at: &str| {
        let now: Timestamp = at.parse().unwrap_or_else(|error| panic!("{error}"));
        let facts = Facts::default().with(Dimension::Team, Some(team));
        rules.hit(&[id], withholds, &facts, now).map(|rule| rule.line)
    };
    use Withholds::{Finding, Remediation};
    assert_eq!(hit("KMS.3", "a", Finding, "2026-11-22T11:00:00Z"), Some(2), "an exact id comes before a beginning");
    assert_eq!(hit("KMS.3", "a", Finding, "2026-11-22T12:00:00Z"), Some(1));
    assert_eq!(hit("KMS.3", "a", Finding, "2026-11-22T23:59:59Z"), Some(1), "the last day counts");
    assert_eq!(hit("KMS.3", "a", Finding, "2026-11-23T00:00:00Z"), None);
    assert_eq!(hit("KMS.4", "b", Finding, "2026-11-22T00:00:00Z"), None);
    assert_eq!(hit("KMS.3", "c", Finding, "2026-11-22T00:00:00Z"), None);
    assert_eq!(hit("KMS.3", "c", Remediation, "2026-11-22T00:00:00Z"), Some(3));
}
