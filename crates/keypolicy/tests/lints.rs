//! Every lint says what its page says: of the bad examples, at the marked places; nothing of the good ones and of those that look bad.

use finding::Severity;
use keypolicy::Context;
use keypolicy::lint::{ALL, Example, Found, Lint, Profile, run};

/// The policy of an example, without marks, and the places that were marked.
fn policy_of(example: &Example) -> (String, Vec<(usize, usize)>) {
    let bare: String = example.policy.chars().filter(|it| !matches!(it, '«' | '»')).collect();
    let (before, after) = match bare.starts_with("{\"Version\"") {
        true => ("", ""),
        false => ("{\"Version\": \"2012-10-17\", \"Statement\": [", "]}"),
    };
    let mut text = before.to_owned();
    let (mut places, mut start) = (Vec::new(), 0);
    for character in example.policy.chars() {
        match character {
            '«' => start = text.len(),
            '»' => places.push((start, text.len())),
            other => text.push(other),
        }
    }
    text.push_str(after);
    (text, places)
}

fn found(lint: &Lint, example: &Example) -> (String, Vec<(usize, usize)>, Vec<Found>) {
    let (text, places) = policy_of(example);
    let policy = keypolicy::parse(&text).unwrap_or_else(|error| panic!("{}: {error:?}\n{text}", lint.id));
    let mut context = Context::default();
    (example.with)(&mut context);
    let all = run(&text, &policy, &context, Profile::Strict);
    (text, places, all.into_iter().filter(|it| it.id == lint.id).collect())
}

#[test]
fn bad_examples_are_found_where_they_are_marked() {
    let mut wrong = Vec::new();
    for lint in ALL {
        for example in lint.bad {
            let (text, places, found) = found(lint, example);
            let seen: Vec<(usize, usize)> = found.iter().map(|it| (it.span.start, it.span.end)).collect();
            if seen != places || places.is_empty() {
                let texts: Vec<&str> = seen.iter().map(|(a, b)| &text[*a..*b]).collect();
                wrong.push(format!("{}: found {texts:?} in\n{}", lint.id, example.policy));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn good_and_near_examples_are_left_alone() {
    let mut wrong = Vec::new();
    for lint in ALL {
        for example in lint.good.iter().chain(lint.near) {
            for it in found(lint, example).2 {
                wrong.push(format!("{}: {} in\n{}", lint.id, it.message, example.policy));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_lint_is_complete_and_its_id_its_own() {
    let mut ids: Vec<&str> = ALL.iter().map(|it| it.id).collect();
    assert!(ids.is_sorted(), "lints stand in the order of their ids");
    ids.dedup();
    assert_eq!(ids.len(), ALL.len());
    for lint in ALL {
        assert!(!lint.bad.is_empty() && !lint.good.is_empty() && !lint.near.is_empty(), "{} lacks examples", lint.id);
        assert!(!lint.page.is_empty() && !lint.title.ends_with('.') && !lint.name.contains(' '), "{}", lint.id);
        assert!(lint.relaxed.is_none_or(|relaxed| relaxed < lint.severity), "{}", lint.id);
    }
}

#[test]
fn fixes_give_a_policy_in_which_the_finding_is_gone() {
    for lint in ALL {
        for example in lint.bad {
            let (text, _, found) = found(lint, example);
            if !found.iter().any(|it| it.fix.is_some()) {
                continue;
            }
            let fixed = keypolicy::lint::fixed(&text, &found, true);
            let policy = keypolicy::parse(&fixed).unwrap_or_else(|error| panic!("{}: {error:?}\n{fixed}", lint.id));
            let mut context = Context::default();
            (example.with)(&mut context);
            let left: Vec<Found> =
                run(&fixed, &policy, &context, Profile::Strict).into_iter().filter(|it| it.id == lint.id).collect();
            assert!(left.is_empty(), "{}: {left:?}\n{fixed}", lint.id);
        }
    }
}

/// AWS's own policies, and the operating procedure's with its faults mended.
const RECOMMENDED: [(&str, &str); 3] = [
    ("the API's default", include_str!("data/default-api.json")),
    ("the console's default", include_str!("data/default-console.json")),
    ("the operating procedure's, corrected", include_str!("data/sop-corrected.json")),
];

#[test]
fn nothing_above_info_on_what_is_recommended() {
    for (name, text) in RECOMMENDED {
        let policy = keypolicy::parse(text).unwrap();
        assert_eq!(policy.faults, [], "{name}");
        let above: Vec<String> = run(text, &policy, &Context::default(), Profile::Default)
            .into_iter()
            .filter(|it| it.severity > Severity::Info)
            .map(|it| format!("{} {}", it.id, it.message))
            .collect();
        assert_eq!(above, Vec::<String>::new(), "{name}");
    }
}
