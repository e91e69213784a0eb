//! What is generated lints clean, even strictly, and keeps what it promises: proved, for every form.

use finding::Severity;
use keypolicy::generate::{Delegation, Principal, ServiceUser, Wanted, generate};
use keypolicy::lint::{Profile, run};
use keypolicy::prove::{Assumptions, Property, Verdict, prove};
use keypolicy::{Context, Setting};

fn wanted() -> Wanted {
    Wanted {
        account: "111122223333".to_owned(),
        administrators: vec![Principal::PermissionSet("KeyAdministrator".to_owned())],
        users: vec![Principal::Arn("arn:aws:iam::111122223333:role/app".to_owned())],
        deletion_floor: Some(30),
        ..Wanted::default()
    }
}

/// Many different wishes.
fn wishes() -> Vec<(String, Wanted)> {
    let mut made = vec![("the usual".to_owned(), wanted())];
    let usages = [
        ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT"),
        ("ENCRYPT_DECRYPT", "RSA_2048"),
        ("SIGN_VERIFY", "ECC_NIST_P256"),
        ("GENERATE_VERIFY_MAC", "HMAC_256"),
        ("KEY_AGREEMENT", "ECC_NIST_P384"),
        ("ENCAPSULATE_DECAPSULATE", "ML_KEM_768"),
    ];
    for (usage, spec) in usages {
        for delegation in [Delegation::Management, Delegation::Full] {
            for sets in [false, true] {
                let mut it = wanted();
                (it.key_usage, it.key_spec, it.delegation) =
                    (Some(usage.to_owned()), Some(spec.to_owned()), delegation);
                if sets {
                    it.users.push(Principal::PermissionSet("Developer_A".to_owned()));
                    it.administrators.push(Principal::Arn("arn:aws:iam::111122223333:role/ops/admin".to_owned()));
                }
                made.push((format!("{usage} {spec} {delegation:?} {sets}"), it));
            }
        }
    }
    for name in ["cloudtrail", "config", "delivery.logs", "events", "logs", "s3", "sns", "sqs"] {
        for source_arn in [None, Some(format!("arn:aws:{name}:eu-central-1:111122223333:thing/main"))] {
            let services = vec![ServiceUser { name: name.to_owned(), source_arn }];
            made.push((name.to_owned(), Wanted { services, region: Some("eu-central-1".to_owned()), ..wanted() }));
        }
    }
    made.push(("grants".to_owned(), Wanted { grants: true, ..wanted() }));
    made.push(("imported".to_owned(), Wanted { imported: true, multi_region: false, ..wanted() }));
    made
}

fn context(wanted: &Wanted) -> Context {
    let key = Setting {
        account: Some(wanted.account.clone()),
        key_spec: wanted.key_spec.clone(),
        key_usage: wanted.key_usage.clone(),
        ..Setting::default()
    };
    Context { key, ..Context::default() }
}

#[test]
fn what_is_generated_lints_clean() {
    for (name, wanted) in wishes() {
        let text = generate(&wanted).unwrap().json();
        let policy = keypolicy::parse(&text).unwrap();
        assert_eq!(policy.faults, [], "{name}");
        let profile = if wanted.delegation == Delegation::Full { Profile::Default } else { Profile::Strict };
        let above: Vec<String> = run(&text, &policy, &context(&wanted), profile)
            .into_iter()
            .filter(|it| it.severity > Severity::Info)
            .map(|it| format!("{} {}", it.id, it.message))
            .collect();
        assert_eq!(above, Vec::<String>::new(), "{name}\n{text}");
    }
}

#[test]
fn what_is_generated_is_proved_to_keep_its_promises() {
    for (at, (name, wanted)) in wishes().into_iter().enumerate() {
        let generated = generate(&wanted).unwrap();
        // The template says the same in other words; a few of them are enough.
        let template = (at % 9 == 0).then(|| generated.cloudformation());
        for text in std::iter::once(generated.json()).chain(template) {
            let text = text.strip_prefix("KeyPolicy:\n").unwrap_or(&text);
            let policy = keypolicy::parse(text).unwrap();
            let setting = context(&wanted).key.completed(&policy);
            let rules = keypolicy::rules::compile(&policy, &setting);
            for property in [Property::NotPublic, Property::PassesKms5, Property::Manageable, Property::Separated] {
                let proof = prove(&rules, &setting, &Assumptions::default(), &property);
                assert_eq!(proof.verdict, Verdict::Proved, "{name} {property:?}: {}\n{text}", proof.why);
            }
        }
    }
}

#[test]
fn what_must_not_be_is_refused() {
    let role = Principal::Arn("arn:aws:iam::111122223333:role/app".to_owned());
    assert!(generate(&Wanted { administrators: vec![role], ..wanted() }).is_err(), "administers and uses");
    assert!(generate(&Wanted { account: "1".to_owned(), ..wanted() }).is_err());
    assert!(generate(&Wanted { deletion_floor: Some(6), ..wanted() }).is_err());
    for text in [
        "arn:aws:iam::111122223333:role/*",
        "arn:aws:iam::1111:role/x",
        "permission-set:a b",
        "bob",
        "arn:aws:iam::111122223333:group/x",
    ] {
        assert!(Principal::parse(text).is_err(), "{text}");
    }
    for text in [
        "111122223333",
        "arn:aws:iam::111122223333:root",
        "permission-set:Admin_A",
        "arn:aws-cn:iam::111122223333:role/p/x",
    ] {
        assert!(Principal::parse(text).is_ok(), "{text}");
    }
}
