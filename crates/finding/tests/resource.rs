//! What a resource says about its fields: read, computed, unknown, invalid.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use finding::environment::EnvironmentRules;
use finding::resource::Small;
use finding::{
    Account, Accounts, Environment, Fact, FactContext, Projection, Resource, ResourceError, ResourceRef, TagNames,
};
use source::record::{Limits, Scanner};

const NOW: &str = "2026-06-01T12:00:00Z";

/// A fact in words, so that tables can show it.
fn words(fact: &Fact<'_>) -> String {
    match fact {
        Fact::Absent => "absent".into(),
        Fact::Json(raw) => raw.text().into(),
        Fact::Computed(Small::Null) => "null".into(),
        Fact::Computed(Small::Bool(value)) => value.to_string(),
        Fact::Computed(Small::Int(value)) => value.to_string(),
        Fact::Computed(Small::Text(value)) => (*value).into(),
        Fact::Unknown(fact) => format!("unknown: {}", fact.field),
        Fact::Listed(found) => format!("{found:?}"),
        Fact::Invalid(invalid) => invalid.to_string(),
        Fact::Open(open) => open.to_string(),
    }
}

fn with<T>(text: &str, accounts: &Accounts, look: impl FnOnce(&Resource<'_>, &FactContext<'_>) -> T) -> T {
    let mut scanner = Scanner::new(Limits::default());
    let mut projection = Projection::new([]);
    let record = scanner.scan(text.as_bytes()).unwrap();
    let view = projection.view(&record);
    let resource = Resource::new(record, view).unwrap();
    look(&resource, &FactContext::new(NOW.parse().unwrap(), accounts))
}

fn fact(text: &str, name: &str) -> String {
    with(text, &Accounts::default(), |resource, context| words(&resource.fact(name, context)))
}

fn refused(text: &str) -> String {
    let mut scanner = Scanner::new(Limits::default());
    let mut projection = Projection::new([]);
    let record = scanner.scan(text.as_bytes()).unwrap();
    let view = projection.view(&record);
    Resource::new(record, view).unwrap_err().to_string()
}

fn unknown(field: &str) -> String {
    format!(r#""{field}":{{"operation":"X","code":"AccessDeniedException","message":"no"}}"#)
}

#[test]
fn plain_fields_are_given_as_written() {
    let text = r#"{"Origin":"AWS_KMS","KeyRotationEnabled":null,"Policy":"{\"a\": 1}"}"#;
    assert_eq!(fact(text, "Origin"), r#""AWS_KMS""#);
    assert_eq!(fact(text, "KeyRotationEnabled"), "null");
    assert_eq!(fact(text, "Policy"), r#""{\"a\": 1}""#);
    assert_eq!(fact(text, "KeySpec"), "absent");
}

#[test]
fn an_unknown_fact_hides_the_fields_own_value() {
    let text = format!(r#"{{"KeyRotationEnabled":true,"Unknown":{{{}}}}}"#, unknown("KeyRotationEnabled"));
    assert_eq!(fact(&text, "KeyRotationEnabled"), "unknown: KeyRotationEnabled");
    with(&text, &Accounts::default(), |resource, _| {
        let facts = resource.unknown_facts();
        assert_eq!(facts.len(), 1);
        assert_eq!((facts[0].operation.as_str(), facts[0].message.as_str()), ("X", "no"));
    });
}

#[test]
fn unknown_facts_of_another_shape_are_refused() {
    for (wrong, message) in [
        (r#"null"#, "`Unknown` must be an object from field to fact, not null"),
        (r#"["KeySpec"]"#, r#"`Unknown` must be an object from field to fact, not ["KeySpec"]"#),
        (
            r#"{"KeySpec":"AccessDenied"}"#,
            r#"`Unknown.KeySpec` must be an object of the strings `operation`, `code` and `message`, not "AccessDenied""#,
        ),
    ] {
        assert_eq!(refused(&format!(r#"{{"Unknown":{wrong}}}"#)), message);
    }
    for wrong in [
        r#"{"operation":"X","code":"Y"}"#,
        r#"{"operation":"X","code":"Y","message":null}"#,
        r#"{"operation":"X","code":"Y","message":1}"#,
        r#"{"operation":"X","code":"Y","message":"\ud800"}"#,
        r#"{"operation":"X","code":"Y","message":"z","more":""}"#,
        r#"[]"#,
        r#"null"#,
        r#"true"#,
    ] {
        assert!(refused(&format!(r#"{{"Unknown":{{"KeySpec":{wrong}}}}}"#)).starts_with("`Unknown.KeySpec` must be"));
    }
    assert_eq!(fact(r#"{"Unknown":{}}"#, "KeySpec"), "absent");
}

#[test]
fn days_are_whole_and_rounded_down() {
    for (date, days) in [
        ("2026-06-01T12:00:00Z", "0"),
        ("2026-06-02T11:59:59Z", "0"),
        ("2026-06-02T12:00:00Z", "1"),
        ("2026-06-01T11:59:59.999Z", "-1"),
        ("2026-05-31T12:00:00Z", "-1"),
        ("2026-06-08T13:00:00+02:00", "6"),
    ] {
        let text = format!(r#"{{"DeletionDate":"{date}","NextRotationDate":"{date}","ValidTo":"{date}"}}"#);
        for field in ["DaysUntilDeletion", "DaysUntilNextRotation", "DaysUntilMaterialExpires"] {
            assert_eq!(fact(&text, field), days, "{field} {date}");
        }
    }
    assert_eq!(fact(r#"{"CreationDate":"2019-01-01T00:00:00Z"}"#, "DaysSinceCreation"), "2708");
    for text in [r#"{}"#, r#"{"DeletionDate":null,"CreationDate":null}"#] {
        assert_eq!(fact(text, "DaysUntilDeletion"), "null");
        assert_eq!(fact(text, "DaysSinceCreation"), "null");
    }
}

#[test]
fn a_literal_value_wins_over_a_computed_one() {
    let text =
        r#"{"DeletionDate":"2026-06-08T12:00:00Z","DaysUntilDeletion":3,"LastUse":null,"Environment":"staging"}"#;
    assert_eq!(fact(text, "DaysUntilDeletion"), "3");
    assert_eq!(fact(text, "LastUse"), "null");
    assert_eq!(fact(text, "Environment"), r#""staging""#);
}

#[test]
fn a_date_that_is_none_is_named_and_never_a_panic() {
    assert_eq!(
        fact(r#"{"DeletionDate":"soon"}"#, "DaysUntilDeletion"),
        r#"DaysUntilDeletion cannot be computed: DeletionDate is "soon", not a date such as "2026-05-06T07:08:09Z""#
    );
    let long = "9".repeat(1000);
    for wrong in
        ["1", "true", "[]", "{}", r#""""#, r#""2026-13-01T00:00:00Z""#, r#""2026-01-01""#, r#""\ud800""#, &long]
    {
        let message = fact(&format!(r#"{{"CreationDate":{wrong}}}"#), "DaysSinceCreation");
        assert!(message.starts_with("DaysSinceCreation cannot be computed: CreationDate is "), "{message}");
        assert!(message.chars().count() < 200);
    }
    for extreme in ["9999-12-30T22:00:00.999999999Z", "-009999-01-02T01:59:59Z"] {
        let days = fact(&format!(r#"{{"CreationDate":"{extreme}"}}"#), "DaysSinceCreation");
        assert!(days.parse::<i64>().is_ok(), "{days}");
    }
}

#[test]
fn the_three_verdicts_of_last_use() {
    let used = r#"{"Operation":"Decrypt","Timestamp":"2026-05-01T00:00:00Z","CloudTrailEventId":"x"}"#;
    let (old, new) = (r#""2020-01-01T00:00:00Z""#, r#""2026-02-01T00:00:00Z""#);
    let table = [
        // usage, created, tracked since, verdict, days
        (used, old, new, "USED", "31"),
        (used, "null", "null", "USED", "31"),
        ("null", new, new, "NEVER", "null"),
        ("{}", new, new, "NEVER", "null"),
        ("null", new, old, "NEVER", "null"),
        ("null", old, new, "UNTRACKED", "null"),
        ("null", old, "null", "UNTRACKED", "null"),
        ("null", "null", new, "UNTRACKED", "null"),
    ];
    for (usage, created, tracked, verdict, days) in table {
        let text = format!(r#"{{"KeyLastUsage":{usage},"CreationDate":{created},"TrackingStartDate":{tracked}}}"#);
        assert_eq!(fact(&text, "LastUse"), verdict, "{text}");
        assert_eq!(fact(&text, "DaysSinceLastUse"), days, "{text}");
    }
    assert_eq!(fact("{}", "LastUse"), "UNTRACKED");
    assert_eq!(fact("{}", "DaysSinceLastUse"), "null");
}

#[test]
fn a_last_use_of_the_wrong_shape_is_named() {
    for wrong in ["true", r#""2026-05-01T00:00:00Z""#, "[]", r#"{"Operation":"Decrypt"}"#] {
        let text = format!(r#"{{"KeyLastUsage":{wrong}}}"#);
        for field in ["LastUse", "DaysSinceLastUse"] {
            let expected = format!(
                "{field} cannot be computed: KeyLastUsage is {wrong}, not an object with a `Timestamp`, or null"
            );
            assert_eq!(fact(&text, field), expected);
        }
    }
    let text = r#"{"KeyLastUsage":{"Timestamp":1}}"#;
    assert!(fact(text, "DaysSinceLastUse").contains("KeyLastUsage.Timestamp is 1, not a date"));
}

#[test]
fn a_computed_field_is_unknown_only_where_the_rest_does_not_settle_it() {
    let (old, new) = (r#""2020-01-01T00:00:00Z""#, r#""2026-02-01T00:00:00Z""#);
    let used = r#"{"Timestamp":"2026-05-01T00:00:00Z"}"#;
    let case = |usage: &str, created: &str, tracked: &str, field: &str| {
        format!(
            r#"{{"KeyLastUsage":{usage},"CreationDate":{created},"TrackingStartDate":{tracked},"Unknown":{{{}}}}}"#,
            unknown(field)
        )
    };
    let table = [
        (case(used, new, old, "KeyLastUsage"), "LastUse", "unknown: KeyLastUsage"),
        (case(used, new, old, "KeyLastUsage"), "DaysSinceLastUse", "unknown: KeyLastUsage"),
        (case(used, new, old, "TrackingStartDate"), "LastUse", "USED"),
        (case(used, new, old, "CreationDate"), "LastUse", "USED"),
        (case(used, new, old, "CreationDate"), "DaysSinceLastUse", "31"),
        (case("null", new, old, "TrackingStartDate"), "LastUse", "unknown: TrackingStartDate"),
        (case("null", new, old, "TrackingStartDate"), "DaysSinceLastUse", "null"),
        (case("null", new, old, "CreationDate"), "LastUse", "unknown: CreationDate"),
        (case("null", "null", old, "TrackingStartDate"), "LastUse", "UNTRACKED"),
        (case("null", new, "null", "CreationDate"), "LastUse", "UNTRACKED"),
        (case("null", new, old, "DeletionDate"), "DaysUntilDeletion", "unknown: DeletionDate"),
        (case("null", new, old, "DeletionDate"), "LastUse", "NEVER"),
        (case("null", new, old, "CreationDate"), "DaysSinceCreation", "unknown: CreationDate"),
        (case("null", new, old, "LastUse"), "LastUse", "unknown: LastUse"),
        (case("null", new, old, "ValidTo"), "DaysUntilMaterialExpires", "unknown: ValidTo"),
        (case("null", new, old, "NextRotationDate"), "DaysUntilNextRotation", "unknown: NextRotationDate"),
    ];
    for (text, field, expected) in table {
        assert_eq!(fact(&text, field), expected, "{field} of {text}");
    }
}

#[test]
fn the_environment_comes_from_the_account_then_the_key() {
    let table = [
        (r#"{}"#, "unknown"),
        (r#"{"Tags":null,"Account":null}"#, "unknown"),
        (r#"{"Tags":{"soar:environment":" Dev "}}"#, "development"),
        (r#"{"Account":{"Environment":"production"},"Tags":{"soar:environment":"DEV"}}"#, "production"),
        (
            r#"{"Account":{"Environment":"unknown","Tags":{"soar:environment":"QA"}},"Tags":{"soar:environment":"DEV"}}"#,
            "staging",
        ),
        (r#"{"Account":{"OuPath":"Root/Live"},"Tags":{"soar:environment":"DEV"}}"#, "production"),
        (
            r#"{"Account":{"OuPath":"Root/Live","Tags":{"soar:environment":"Shared"}},"Tags":{"soar:environment":"DEV"}}"#,
            "development",
        ),
        (r#"{"Account":{"Name":null,"OuPath":null,"Environment":null,"Tags":null}}"#, "unknown"),
        (r#"{"Account":{"Tags":{"soar:environment":"\u0050ROD"}}}"#, "production"),
    ];
    for (text, class) in table {
        assert_eq!(fact(text, "Environment"), class, "{text}");
    }
}

#[test]
fn an_environment_is_unknown_only_where_the_class_depends_on_it() {
    let tags = unknown("Tags");
    let account = unknown("Account");
    let table = [
        (format!(r#"{{"Account":{{"Environment":"staging"}},"Unknown":{{{tags}}}}}"#), "staging"),
        (format!(r#"{{"Account":{{"OuPath":"Root/Prod"}},"Unknown":{{{tags}}}}}"#), "production"),
        (format!(r#"{{"Account":{{"OuPath":"Root"}},"Unknown":{{{tags}}}}}"#), "unknown: Tags"),
        (
            format!(
                r#"{{"Account":{{"OuPath":"Root/Prod","Tags":{{"soar:environment":"SHARED"}}}},"Unknown":{{{tags}}}}}"#
            ),
            "unknown: Tags",
        ),
        (format!(r#"{{"Unknown":{{{tags}}}}}"#), "unknown: Tags"),
        (format!(r#"{{"Tags":{{"soar:environment":"DEV"}},"Unknown":{{{account}}}}}"#), "unknown: Account"),
        (format!(r#"{{"Account":{{"Environment":"production"}},"Unknown":{{{account}}}}}"#), "unknown: Account"),
        (format!(r#"{{"Unknown":{{{tags},{account}}}}}"#), "unknown: Account"),
    ];
    for (text, expected) in table {
        assert_eq!(fact(&text, "Environment"), expected, "{text}");
    }
}

#[test]
fn the_configuration_settles_an_environment_without_the_account() {
    let mut rules = EnvironmentRules::default();
    rules.add_account("111111111111", Environment::Staging);
    rules.add_shared_account("222222222222");
    let accounts = Accounts::new(TagNames::default(), rules);
    for (id, expected) in
        [("111111111111", "staging"), ("222222222222", "development"), ("333333333333", "unknown: Account")]
    {
        let text = format!(
            r#"{{"AccountId":"{id}","Tags":{{"soar:environment":"DEV"}},"Unknown":{{{}}}}}"#,
            unknown("Account")
        );
        assert_eq!(with(&text, &accounts, |resource, context| words(&resource.fact("Environment", context))), expected);
    }
}

#[test]
fn accounts_and_tags_of_the_wrong_type_are_named_where_they_matter() {
    for (text, message) in [
        (r#"{"Account":"acme"}"#, r#"Account is "acme", not an object, or null"#),
        (r#"{"Account":{"Environment":1}}"#, "Account.Environment is 1, not a string, or null"),
        (r#"{"Account":{"OuPath":["Root"]}}"#, r#"Account.OuPath is ["Root"], not a string, or null"#),
        (r#"{"Account":{"Tags":[]}}"#, "Account.Tags is [], not an object from name to value, or null"),
        (r#"{"Tags":[{"TagKey":"a"}]}"#, r#"Tags is [{"TagKey":"a"}], not an object from name to value, or null"#),
        (r#"{"Tags":{"soar:environment":true}}"#, "Tags.soar:environment is true, not a string, or null"),
    ] {
        assert_eq!(fact(text, "Environment"), format!("Environment cannot be computed: {message}"));
    }
    assert_eq!(fact(r#"{"Account":{"Environment":"production"},"Tags":7}"#, "Environment"), "production");
    assert_eq!(fact(r#"{"Tags":{"other":7,"soar:environment":"DEV"}}"#, "Environment"), "development");
}

fn acme() -> Accounts {
    let mut accounts = Accounts::default();
    let line = r#"{"id":"111122223333","name":"acme \"prod\"","ou":"Root/Prod","tags":{"soar:team":"Platform"}}"#;
    accounts.add(serde_json::from_str::<Account>(line).unwrap());
    accounts
}

const KEY: &str = r#"{"Arn":"arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab","KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab"}"#;

#[test]
fn the_account_line_is_joined_in_where_the_record_has_no_account() {
    let joined = r#"{"Name":"acme \"prod\"","Email":"","OuPath":"Root/Prod","Environment":"production","Team":"Platform","Tags":{"soar:team":"Platform"}}"#;
    let null = KEY.replace('}', r#","Account":null}"#);
    let own = KEY.replace('}', r#","Account":{"Environment":"staging"}}"#);
    for (text, account, class) in [
        (KEY, joined, "production"),
        (&null, joined, "production"),
        (&own, r#"{"Environment":"staging"}"#, "staging"),
        (r#"{"AccountId":"444444444444"}"#, "absent", "unknown"),
        (r#"{"AccountId":"111122223333"}"#, joined, "production"),
    ] {
        with(text, &acme(), |resource, context| {
            assert_eq!(words(&resource.fact("Account", context)), account, "{text}");
            assert_eq!(words(&resource.fact("Environment", context)), class, "{text}");
        });
    }
}

#[test]
fn the_type_is_said_or_shown() {
    let kind =
        |text: &str| with(text, &Accounts::default(), |resource, _| resource.kind().map(|kind| kind.into_owned()));
    assert_eq!(kind(r#"{"ResourceType":"AWS.S3.Bucket","Arn":"x"}"#).unwrap(), "AWS.S3.Bucket");
    assert_eq!(kind(KEY).unwrap(), "AWS.KMS.Key");
    assert_eq!(kind(r#"{"KeyManager":"AWS","KeyId":"1"}"#).unwrap(), "AWS.KMS.Key");
    assert_eq!(kind(r#"{"CustomKeyStoreName":"hsm","CustomKeyStoreId":"cks-1"}"#).unwrap(), "AWS.KMS.CustomKeyStore");
    for none in [
        r#"{}"#,
        r#"{"ResourceType":5}"#,
        r#"{"ResourceType":" "}"#,
        r#"{"Arn":"arn:aws:kms:r:1:alias/x"}"#,
        r#"{"Arn":7}"#,
    ] {
        assert_eq!(kind(none), Err(ResourceError::NoType), "{none}");
    }
}

#[test]
fn a_reference_names_the_key_as_a_person_would() {
    let text = KEY.replace('}', r#","Aliases":["alias/orders","alias/z"],"Description":"Orders \u00e9"}"#);
    let made = with(&text, &acme(), |resource, context| resource.reference(context)).unwrap();
    let expected = ResourceRef {
        id: "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".into(),
        kind: "AWS.KMS.Key".into(),
        account_id: "111122223333".into(),
        region: "eu-north-1".into(),
        name: "alias/orders".into(),
        description: "Orders é".into(),
        account_name: "acme \"prod\"".into(),
        team: "Platform".into(),
        environment: "production".into(),
    };
    assert_eq!(made, expected);
    assert_eq!(made.sort_key(), ("111122223333", "eu-north-1", expected.id.as_str()));
}

#[test]
fn names_and_ids_fall_back() {
    let reference = |text: &str| {
        with(text, &Accounts::default(), |resource, context| {
            resource.reference(context).map(|made| (made.id, made.name))
        })
    };
    let pair = |id: &str, name: &str| Ok((id.to_owned(), name.to_owned()));
    assert_eq!(reference(r#"{"KeyManager":"AWS","KeyId":"k"}"#), pair("k", "k"));
    assert_eq!(reference(r#"{"ResourceType":"T","ResourceId":"r","KeyId":"k","Aliases":[]}"#), pair("r", "k"));
    assert_eq!(reference(r#"{"ResourceType":"T","Arn":"","ResourceId":"r","Aliases":[5]}"#), pair("r", "r"));
    assert_eq!(reference(r#"{"CustomKeyStoreName":"hsm","CustomKeyStoreId":"cks-1"}"#), pair("cks-1", "hsm"));
    let hidden =
        format!(r#"{{"KeyManager":"AWS","KeyId":"k","Aliases":["alias/a"],"Unknown":{{{}}}}}"#, unknown("Aliases"));
    assert_eq!(reference(&hidden), pair("k", "k"));
    assert_eq!(reference(r#"{"ResourceType":"T","Arn":1}"#), Err(ResourceError::NoId));
}

#[test]
fn a_shared_accounts_keys_name_their_own_team() {
    let team =
        |text: &str| with(text, &Accounts::default(), |resource, context| resource.reference(context).unwrap().team);
    let key = |account: &str| {
        format!(r#"{{"ResourceType":"T","ResourceId":"r","Tags":{{"soar:team":"Payments"}},"Account":{account}}}"#)
    };
    assert_eq!(team(&key(r#"{"Team":"Platform"}"#)), "Platform");
    assert_eq!(team(&key(r#"{"Team":"Platform","Tags":{"soar:environment":"SHARED"}}"#)), "Payments");
    assert_eq!(team(&key("null")), "Payments");
    assert_eq!(team(&key("7")), "Payments");
}

#[test]
fn the_whole_of_a_resource_is_its_own_members_its_account_and_its_unknown_facts() {
    let text =
        KEY.replace('}', &format!(r#","kind":"resource","DeletionDate":null,"Unknown":{{{}}}}}"#, unknown("Grants")));
    with(&text, &acme(), |resource, context| {
        let names: Vec<&str> = resource.facts(context).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names[..5], ["Arn", "KeyId", "DeletionDate", "Account", "Grants"]);
        let computed = ["Environment", "DaysUntilDeletion", "LastUse", "DaysSinceLastUse", "DaysSinceCreation"];
        assert_eq!(names[5..10], computed, "a body that looks at the whole sees them too");
        assert_eq!(names[10..], ["DaysUntilMaterialExpires", "DaysUntilNextRotation", "RiskyGrants", "ReplicaDrift"]);
        assert_eq!(words(&resource.facts(context)[6].1), "null");
        assert_eq!(words(&resource.facts(context)[4].1), "unknown: Grants");
    });
}

#[test]
fn a_projection_gives_the_same_facts_as_names_do() {
    let wanted =
        ["KeySpec", "Account", "Environment", "Origin", "DaysSinceCreation", "LastUse", "Grants", "Unknown", "kind"];
    let texts = [
        KEY.to_owned(),
        r#"{"Origin":"AWS_KMS","CreationDate":"2026-01-01T00:00:00Z"}"#.to_owned(),
        r#"{"CreationDate":"2026-02-01T00:00:00Z","Origin":null}"#.to_owned(),
        r#"{"Origin":"EXTERNAL","CreationDate":"2026-01-01T00:00:00Z"}"#.to_owned(),
        format!(r#"{{"Origin":"X","Unknown":{{{}}}}}"#, unknown("Origin")),
        r#"{"Account":null}"#.to_owned(),
        r#"{"Account":{"Environment":"DEV"},"LastUse":"USED","kind":"resource"}"#.to_owned(),
        "{}".to_owned(),
    ];
    let accounts = acme();
    let context = FactContext::new(NOW.parse().unwrap(), &accounts);
    let mut scanner = Scanner::new(Limits::default());
    let mut projection = Projection::new(wanted);
    for text in texts.iter().chain(&texts) {
        let record = scanner.scan(text.as_bytes()).unwrap();
        let view = projection.view(&record);
        let resource = Resource::new(record, view).unwrap();
        for (index, name) in wanted.into_iter().enumerate() {
            assert_eq!(resource.fact_at(index, &context), resource.fact(name, &context), "{name} of {text}");
        }
        assert_eq!(resource.fact_at(wanted.len(), &context), Fact::Absent);
    }
}

#[test]
fn any_number_of_shapes_is_projected_in_bounded_memory() {
    let accounts = Accounts::default();
    let context = FactContext::new(NOW.parse().unwrap(), &accounts);
    let mut scanner = Scanner::new(Limits::default());
    let mut projection = Projection::new(["Origin"]);
    for round in 0..20_000 {
        let text = format!(r#"{{"x{round}":1,"Origin":{round}}}"#);
        let record = scanner.scan(text.as_bytes()).unwrap();
        let view = projection.view(&record);
        let resource = Resource::new(record, view).unwrap();
        assert_eq!(words(&resource.fact_at(0, &context)), round.to_string());
    }
}

#[test]
fn the_seeds_own_test_data_is_a_resource() {
    let text = r#"{"KeyRotationEnabled":true,"AccountId":"1122334455","Arn":"arn:aws:kms:us-west-2:11223344:key/1122233-asdf-adsf-111222333","CloudHsmClusterId":null,"CreationDate":"2019-01-01T00:00:00Z","CustomKeyStoreId":null,"DeletionDate":null,"Enabled":false,"KeyId":"1122233-asdf-adsf-111222333","KeyManager":"AWS","KeyState":"Enabled","Origin":"AWS_KMS","ValidTo":null,"Policy":"{JSON policy document}"}"#;
    let made = with(text, &Accounts::default(), |resource, context| resource.reference(context)).unwrap();
    assert_eq!(
        (made.kind.as_str(), made.account_id.as_str(), made.region.as_str()),
        ("AWS.KMS.Key", "1122334455", "us-west-2")
    );
    assert_eq!(made.environment, "unknown");
}

/// What is asked once for each account line is what is asked for each resource that spells its account out.
#[test]
fn a_joined_account_and_a_spelled_out_one_give_the_same_class() {
    for tag in ["PROD", "dev", "SHARED", "blue", ""] {
        for ou in ["Root/Prod", "Root/Test", "Root"] {
            for key in [r#""DEV""#, r#""Prod""#, r#""blue""#, "null", "7"] {
                for hidden in ["", &format!(r#","Unknown":{{{}}}"#, unknown("Tags"))] {
                    let mut accounts = Accounts::default();
                    let line = format!(r#"{{"id":"1","ou":"{ou}","tags":{{"soar:environment":"{tag}"}}}}"#);
                    accounts.add(serde_json::from_str::<Account>(&line).unwrap());
                    let joined = format!(r#"{{"AccountId":"1","Tags":{{"soar:environment":{key}}}{hidden}}}"#);
                    let spelled = joined.replacen(
                        "{",
                        &format!(r#"{{"Account":{{"OuPath":"{ou}","Tags":{{"soar:environment":"{tag}"}}}},"#),
                        1,
                    );
                    let class = |text: &str, accounts: &Accounts| {
                        with(text, accounts, |resource, context| words(&resource.fact("Environment", context)))
                    };
                    assert_eq!(class(&joined, &accounts), class(&spelled, &Accounts::default()), "{joined} {line}");
                }
            }
        }
    }
}

#[test]
fn only_keys_and_key_stores_have_computed_fields() {
    let names = |text: &str| {
        with(text, &Accounts::default(), |resource, context| {
            resource.facts(context).into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>().join(" ")
        })
    };
    let all = "Environment DaysUntilDeletion LastUse DaysSinceLastUse DaysSinceCreation DaysUntilMaterialExpires DaysUntilNextRotation ReplicaDrift";
    assert_eq!(names(r#"{"ResourceType":"AWS.KMS.Key"}"#), format!("ResourceType {all}"));
    assert_eq!(names("{}"), all);
    assert_eq!(names(r#"{"LastUse":"USED","KeyId":"k"}"#), format!("LastUse KeyId {}", all.replace(" LastUse", "")));
    let of_store = "Environment DaysSinceCreation";
    assert_eq!(names(r#"{"ResourceType":"AWS.KMS.CustomKeyStore"}"#), format!("ResourceType {of_store}"));
    assert_eq!(names(r#"{"CustomKeyStoreName":"s"}"#), format!("CustomKeyStoreName {of_store}"));
    let bucket = r#"{"ResourceType":"AWS.S3.Bucket","CreationDate":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(names(bucket), "ResourceType CreationDate");
    for field in all.split(' ') {
        assert_eq!(fact(bucket, field), "absent", "{field}");
    }
}
