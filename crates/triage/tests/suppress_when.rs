//! The conformance table of `suppress_when`, both columns, every row; and what no text may do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use serde_json::Value;
use triage::suppress::{Dimension, Facts, Vocabulary, legacy, parse, place_of};

const TABLE: &str = include_str!("data/suppress_when.json");

fn facts(case: &Value) -> Facts<'_> {
    let account = |name: &str| case["account"].get(name).and_then(Value::as_str);
    Facts::default()
        .with(Dimension::AccountId, account("Id"))
        .with(Dimension::Client, account("Client"))
        .with(Dimension::Environment, account("Environment"))
        .with(Dimension::OrganizationalUnit, account("OrganizationalUnit"))
        .with(Dimension::ProjectName, account("ProjectName"))
        .with(Dimension::Team, account("Team"))
        .with(Dimension::Region, case["region"].as_str())
        .with(Dimension::PolicyName, case["policy_name"].as_str())
}

fn vocabulary(table: &Value) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    for (name, values) in table["vocabulary"].as_object().unwrap() {
        for value in values.as_array().unwrap() {
            vocabulary.add(Dimension::parse(name).unwrap(), value.as_str().unwrap());
        }
    }
    vocabulary
}

/// What the strict dialect says, in the table's words.
fn strict(case: &Value, vocabulary: &Vocabulary) -> String {
    let Ok(parsed) = parse(case["suppress_when"].as_str().unwrap()) else { return "ERR".to_owned() };
    let warned = !parsed.remarks.is_empty() || !vocabulary.remarks(&parsed.condition).is_empty();
    let holds = if parsed.condition.holds(&facts(case)) { "T" } else { "F" };
    format!("{}{holds}", if warned { "WARN-" } else { "" })
}

#[test]
fn every_row_of_the_table_comes_out_strict_as_proposed() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let vocabulary = vocabulary(&table);
    let mut wrong = Vec::new();
    for case in table["cases"].as_array().unwrap() {
        let (id, expected) = (case["id"].as_str().unwrap(), case["strict_proposed"].as_str().unwrap());
        let mut got = strict(case, &vocabulary);
        // The rows with contexts of their own (C…) say only what comes out, not whether somebody is warned.
        if id.starts_with("DSL-C") {
            got = got.replace("WARN-", "");
        }
        if got != expected {
            wrong.push(format!("{id}: {} gives {got}, not {expected}", case["suppress_when"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(table["cases"].as_array().unwrap().len(), 102);
}

#[test]
fn every_row_of_the_table_comes_out_legacy_as_observed() {
    let table: Value = serde_json::from_str(TABLE).unwrap();
    let mut wrong = Vec::new();
    for case in table["cases"].as_array().unwrap() {
        let got = match legacy::evaluate(case["suppress_when"].as_str().unwrap(), &facts(case)) {
            legacy::Verdict::Suppress => Value::Bool(true),
            legacy::Verdict::Keep => Value::Bool(false),
            legacy::Verdict::Raises => Value::String("raises".to_owned()),
        };
        if got != case["legacy_observed"] {
            wrong.push(format!("{}: {} gives {got}", case["id"], case["suppress_when"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fault(text: &str) -> (String, String, (u32, u32)) {
    let faults = parse(text).unwrap_err();
    let place = place_of(text, faults[0].span.start);
    (faults[0].message.clone(), faults[0].help.clone().unwrap_or_default(), (place.line, place.column))
}

#[test]
fn a_fault_has_its_line_and_column_and_says_what_was_meant() {
    let (message, help, place) = fault("environment = DEV\n  enviroment = PROD");
    assert_eq!(message, "`enviroment` is nothing that a rule can ask about");
    assert!(help.starts_with("did you mean `environment`?"), "{help}");
    assert_eq!(place, (2, 3));
    assert!(fault("Environment = DEV").1.starts_with("did you mean `environment`?"));
    assert!(fault("account_id != 1").1.contains("`always`"));
    assert!(fault("environment_class = prod").1.starts_with("there are production"));
    assert!(fault("environment_class = productoin").1.starts_with("did you mean `production`?"));
    assert_eq!(fault("é = 1\r\nteam =").2, (1, 1));
    assert_eq!(fault("team = é AND team").2, (1, 14));
    assert_eq!(parse("a = 1\nb = 2\rc = 3").unwrap_err().len(), 3, "all faults are reported");
}

#[test]
fn what_is_missing_satisfies_a_clause_only_where_the_rule_says_so() {
    let holds = |text: &str, facts: Facts<'_>| parse(text).unwrap().condition.holds(&facts);
    let none = Facts::default();
    let untagged = none.with(Dimension::Environment, Some("Unspecified"));
    let unknown = none.with(Dimension::EnvironmentClass, Some("unknown"));
    for facts in [none, untagged] {
        assert!(!holds("environment != PROD", facts));
        assert!(holds("environment != PROD or missing", facts));
        assert!(holds("environment = PROD or missing", facts));
    }
    assert!(!holds("environment_class != production", unknown));
    assert!(holds("environment_class = unknown", unknown));
    assert!(holds("always", none));
    assert!(!holds("", none));
    assert!(holds("environment != PROD or missing", none.with(Dimension::Environment, Some("DEV"))));
    assert!(!holds("environment != PROD or missing", none.with(Dimension::Environment, Some("PROD"))));
}

#[test]
fn a_path_tells_units_of_equal_names_apart() {
    let condition = parse("organizational_unit = Root/Workloads/Prod").unwrap().condition;
    let mut facts = Facts::default().with(Dimension::OrganizationalUnit, Some("Prod"));
    facts.ou_path = Some("Root/Workloads/Prod");
    assert!(condition.holds(&facts));
    facts.ou_path = Some("Root/Acquired/Prod");
    assert!(!condition.holds(&facts));
}

fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop::sample::select(vec![
        "environment",
        "account_id",
        "team",
        "policy_name",
        "environment_class",
        "=",
        "!=",
        "AND",
        "and",
        "or",
        "missing",
        "always",
        ",",
        "DEV",
        "PROD",
        "111111111111",
        "production",
        "\n",
        "\r",
        " ",
        "\t",
        "\u{b}",
        "\u{2028}",
        "*",
        "\"",
        "'",
        "#",
        "!",
        "é",
        "\u{1c}",
        "/",
        "Root",
        "(",
    ]);
    prop::collection::vec((scrap, any::<bool>()), 0..24).prop_map(|parts| {
        parts.into_iter().map(|(part, blank)| format!("{part}{}", if blank { " " } else { "" })).collect()
    })
}

fn some_facts() -> impl Strategy<Value = [Option<String>; 9]> {
    let value = prop::option::of(prop::sample::select(vec![
        "DEV",
        "PROD",
        "Unspecified",
        "",
        "111111111111",
        "production",
        "é",
    ]));
    prop::array::uniform9(value.prop_map(|value| value.map(str::to_owned)))
}

fn made(values: &[Option<String>; 9]) -> Facts<'_> {
    let mut facts = Facts::default();
    for (dimension, value) in Dimension::ALL.into_iter().zip(values) {
        facts.set(dimension, value.as_deref());
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_either_dialect_panic(text in prop_oneof![scraps(), any::<String>()], values in some_facts()) {
        let facts = made(&values);
        let _ = legacy::evaluate(&text, &facts);
        match parse(&text) {
            Ok(parsed) => drop(parsed.condition.holds(&facts)),
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    prop_assert!(fault.span.end <= text.len());
                    prop_assert!(text.is_char_boundary(fault.span.start) && text.is_char_boundary(fault.span.end));
                }
            }
        }
    }

    #[test]
    fn what_is_printed_reads_back_to_the_same(text in scraps()) {
        if let Ok(parsed) = parse(&text) {
            let printed = parsed.condition.to_string();
            prop_assert_eq!(&parse(&printed).unwrap().condition, &parsed.condition, "{}", printed);
        }
    }

    #[test]
    fn knowing_less_never_suppresses_more(text in scraps(), values in some_facts(), lost in 0..9_usize) {
        // `or missing` is the one way to say that not knowing suffices.
        if let Ok(parsed) = parse(&text) && !text.contains("missing") {
            let mut fewer = values.clone();
            fewer[lost] = None;
            prop_assert!(!parsed.condition.holds(&made(&fewer)) || parsed.condition.holds(&made(&values)));
        }
    }
}
