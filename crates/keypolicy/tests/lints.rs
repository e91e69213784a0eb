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

#[expect(clippy::panic, reason = "an example that cannot be read fails its test")]
fn unreadable(lint: &Lint, text: &str, error: &source::SyntaxError) -> keypolicy::Policy {
    panic!("{}: {error:?}\n{text}", lint.id)
}

fn found(lint: &Lint, example: &Example) -> (String, Vec<(usize, usize)>, Vec<Found>) {
    let (text, places) = policy_of(example);
    let policy = keypolicy::parse(&text).unwrap_or_else(|error| unreadable(lint, &text, &error));
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
            let policy = keypolicy::parse(&fixed).unwrap_or_else(|error| unreadable(lint, &fixed, &error));
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

/// The sample of the operating procedure, chapter 4.2: every lint at its place, as data.
#[test]
fn the_sample_of_the_operating_procedure_holds_exactly_these_faults() {
    let text = include_str!("data/sop-sample.txt");
    let policy = keypolicy::parse(text).unwrap();
    let index = source::LineIndex::new(text);
    let found: Vec<String> = run(text, &policy, &Context::default(), Profile::Default)
        .iter()
        .map(|it| {
            let place = index.position(it.span.start);
            format!("{}:{} {} {}", place.line, place.column, it.id, it.severity.name())
        })
        .collect();
    let expected = [
        "11:16 KP060 INFO",
        "14:7 KP061 INFO",
        "23:9 KP072 INFO",
        "23:9 KP073 INFO",
        "31:9 KP072 INFO",
        "32:9 KP001 HIGH",
        "35:9 KP078 INFO",
        "43:13 KP049 MEDIUM",
        "44:13 KP024 MEDIUM",
        "44:13 KP025 LOW",
        "55:31 KP034 HIGH",
        "60:9 KP002 MEDIUM",
    ];
    assert_eq!(found, expected);
}

/// The page of all lints is made from the lints.
#[test]
fn the_page_of_the_lints_is_up_to_date() {
    let mut page = String::from(
        "# Lints for key policies\n\nMade from `crates/keypolicy/src/lint/rules` by `./x generate`. `keyreeve keypolicy lint --explain ID` prints one of them.\n\
         Severities in brackets are those of `--profile default` where they differ.\n\n| id | name | severity | confidence | what |\n|---|---|---|---|---|\n",
    );
    for lint in ALL {
        let relaxed = lint.relaxed.map(|it| format!(" ({})", it.name())).unwrap_or_default();
        page += &format!(
            "| [{id}](#{anchor}) | {name} | {severity}{relaxed} | {confidence:?} | {title} |\n",
            id = lint.id,
            anchor = lint.id.to_lowercase(),
            name = lint.name,
            severity = lint.severity.name(),
            confidence = lint.confidence,
            title = lint.title,
        );
    }
    for lint in ALL {
        let shown = |examples: &[Example]| -> String {
            examples.iter().map(|it| format!("```json\n{}\n```\n", it.policy.replace(['«', '»'], ""))).collect()
        };
        page += &format!(
            "\n## {}\n\n**{}**: {}.\n\n{}\n\nWrong:\n\n{}\nRight:\n\n{}\nLooks wrong, and is not:\n\n{}",
            lint.id,
            lint.name,
            lint.title,
            lint.page,
            shown(lint.bad),
            shown(lint.good),
            shown(lint.near)
        );
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/keypolicy-lints.md");
    if std::env::var_os("KEYREEVE_WRITE_DOCS").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == page, "docs/keypolicy-lints.md is out of date: run ./x generate");
}
