//! A computed field is unknown exactly where the facts that were read do not settle it: checked by trying every value of a small domain.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use finding::{Accounts, Fact, FactContext, Projection, Resource};
use source::record::{Limits, Scanner};

/// A field, and the values tried for it.
type Domain = (&'static str, &'static [&'static str]);

const DATES: &[&str] = &["null", r#""2020-01-01T00:00:00Z""#, r#""2026-02-01T00:00:00Z""#, r#""2027-01-01T00:00:00Z""#];

const LAST_USE: [Domain; 3] = [
    (
        "KeyLastUsage",
        &["null", "{}", r#"{"Timestamp":"2026-03-01T00:00:00Z"}"#, r#"{"Timestamp":"2026-04-01T00:00:00Z"}"#],
    ),
    ("CreationDate", DATES),
    ("TrackingStartDate", DATES),
];

const ENVIRONMENT: [Domain; 2] = [
    (
        "Account",
        &[
            "null",
            "{}",
            r#"{"Environment":"staging"}"#,
            r#"{"OuPath":"Root/Prod"}"#,
            r#"{"OuPath":"Root/Prod","Tags":{"soar:environment":"SHARED"}}"#,
            r#"{"Environment":"unknown","Tags":{"soar:environment":"dev"}}"#,
            r#"{"OuPath":"Root","Tags":{"soar:environment":"blue"}}"#,
        ],
    ),
    (
        "Tags",
        &[
            "null",
            "{}",
            r#"{"soar:environment":"prod"}"#,
            r#"{"soar:environment":"qa"}"#,
            r#"{"soar:environment":"dev"}"#,
            r#"{"soar:environment":"blue"}"#,
        ],
    ),
];

/// The computed field, or the unknown fact that is to blame.
fn judge(text: &str, field: &str) -> Result<String, String> {
    let accounts = Accounts::default();
    let context = FactContext::new("2026-06-01T00:00:00Z".parse().unwrap(), &accounts);
    let (mut scanner, mut projection) = (Scanner::new(Limits::default()), Projection::new([field]));
    let record = scanner.scan(text.as_bytes()).unwrap();
    let view = projection.view(&record);
    match Resource::new(record, view).unwrap().fact_at(0, &context) {
        Fact::Computed(value) => Ok(format!("{value:?}")),
        Fact::Unknown(fact) => Err(fact.field.clone()),
        other => Err(format!("{other:?}")),
    }
}

fn text(fields: &[(&str, &str)], hidden: Option<&str>) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let unknown = hidden.map(|name| format!(r#","Unknown":{{"{name}":{{"operation":"","code":"","message":""}}}}"#));
    format!("{{{}{}}}", fields.join(","), unknown.unwrap_or_default())
}

/// All ways to give each field a value.
fn combinations(domains: &[Domain]) -> Vec<Vec<(&'static str, &'static str)>> {
    domains.iter().fold(vec![Vec::new()], |partial, (name, values)| {
        let extend = |fields: &Vec<(&'static str, &'static str)>| {
            let fields = fields.clone();
            values.iter().map(move |value| [fields.clone(), vec![(*name, *value)]].concat()).collect::<Vec<_>>()
        };
        partial.iter().flat_map(extend).collect()
    })
}

fn check(field: &str, domains: &[Domain]) {
    for fields in combinations(domains) {
        for (index, (name, values)) in domains.iter().enumerate() {
            let possible: BTreeSet<String> = values
                .iter()
                .map(|value| {
                    let mut fields = fields.clone();
                    fields[index].1 = value;
                    judge(&text(&fields, None), field).unwrap()
                })
                .collect();
            let expected = match possible.first() {
                Some(only) if possible.len() == 1 => Ok(only.clone()),
                _ => Err((*name).to_owned()),
            };
            let hidden = text(&fields, Some(name));
            assert_eq!(judge(&hidden, field), expected, "{field} of {hidden}");
        }
    }
}

#[test]
fn the_last_use_is_unknown_exactly_where_it_is_open() {
    check("LastUse", &LAST_USE);
    check("DaysSinceLastUse", &LAST_USE);
}

#[test]
fn the_environment_is_unknown_exactly_where_it_is_open() {
    check("Environment", &ENVIRONMENT);
}

#[test]
fn days_are_unknown_exactly_where_they_are_open() {
    for (field, date) in [
        ("DaysSinceCreation", "CreationDate"),
        ("DaysUntilDeletion", "DeletionDate"),
        ("DaysUntilMaterialExpires", "ValidTo"),
        ("DaysUntilNextRotation", "NextRotationDate"),
    ] {
        check(field, &[(date, DATES), ("Description", &["null", r#""x""#])]);
    }
}
