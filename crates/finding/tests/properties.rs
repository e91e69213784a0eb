//! Laws that hold for every input, not only for examples.

use finding::environment::AccountEvidence;
use finding::{Arn, Environment, EnvironmentRules, fingerprint};
use proptest::prelude::*;

fn class(tag: &str) -> Environment {
    EnvironmentRules::default()
        .class(&AccountEvidence { tag: Some(tag), ..AccountEvidence::default() }, Environment::Unknown)
}

/// A word of the table, written in some case, with spaces anywhere.
fn spelled(word: &str) -> impl Strategy<Value = String> + use<> {
    let letters: Vec<char> = word.chars().collect();
    proptest::collection::vec((any::<bool>(), "[ \t\u{a0}]{0,2}"), letters.len()).prop_map(move |choices| {
        let mut text = String::new();
        for (letter, (lower, space)) in letters.iter().zip(choices) {
            text.push(if lower { letter.to_ascii_lowercase() } else { *letter });
            text.push_str(&space);
        }
        text
    })
}

proptest! {
    #[test]
    fn an_arn_prints_as_it_was_read(
        partition in "aws(-[a-z]{1,4}){0,2}", service in "[a-z0-9-]{1,12}", region in "([a-z]{2}-[a-z]{4,9}-[0-9])?",
        account in "([0-9]{12})?", resource in "[ -~]{1,60}",
    ) {
        let text = format!("arn:{partition}:{service}:{region}:{account}:{resource}");
        let arn: Arn = text.parse().unwrap();
        prop_assert_eq!(arn.to_string(), text);
        prop_assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
            (&*partition, &*service, &*region, &*account, &*resource)
        );
    }

    #[test]
    fn any_text_is_an_arn_or_refused(text in "\\PC{0,80}") {
        if let Ok(arn) = text.parse::<Arn>() {
            prop_assert_eq!(arn.as_str(), text);
        }
    }

    #[test]
    fn a_class_ignores_case_and_spaces(
        production in spelled("PRODUCTION"), staging in spelled("SYSTEMTEST"), development in spelled("DEVINT"),
    ) {
        prop_assert_eq!(class(&production), Environment::Production);
        prop_assert_eq!(class(&staging), Environment::Staging);
        prop_assert_eq!(class(&development), Environment::Development);
    }

    #[test]
    fn any_word_has_the_class_of_its_upper_case(word in "\\PC{0,20}") {
        prop_assert_eq!(class(&word), class(&word.to_uppercase()));
    }

    #[test]
    fn no_key_tag_takes_a_key_out_of_a_production_account(tag in "\\PC{0,20}") {
        let rules = EnvironmentRules::default();
        let account = AccountEvidence { tag: Some("PROD"), ..AccountEvidence::default() };
        prop_assert_eq!(rules.class(&account, rules.class_of_word(&tag)), Environment::Production);
    }

    #[test]
    fn different_parts_have_different_fingerprints(a in "[a-c]{0,3}", b in "[a-c]{0,3}", c in "[a-c]{0,3}", d in "[a-c]{0,3}") {
        prop_assert_eq!(fingerprint(&a, &b, &[]) == fingerprint(&c, &d, &[]), (&a, &b) == (&c, &d));
    }
}
