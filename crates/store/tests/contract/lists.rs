//! Lists: every filter, in pages without a gap or a repeat.

use std::fmt::Debug;

use store::rows::{FindingRow, JobRow, JobState, KeyRow, RemediationRow, RemediationState, TicketRow, TicketState};
use store::{Change, Expect, FindingFilter, JobFilter, KeyFilter, Page, Store, TicketFilter};

use crate::rows::{at, finding, job, key, remediation, ticket};
use crate::{commit, commit_at, wait};

/// The whole list in pages of that size.
fn paged<T>(size: usize, part: impl Fn(Page) -> Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    loop {
        let after = found.last().map(&key);
        let next = part(Page { after, limit: size });
        assert!(next.len() <= size);
        if next.is_empty() {
            return found;
        }
        found.extend(next);
    }
}

/// A filter finds what it accepts, in the order of keys, in pages of any size.
fn finds<T: Debug + PartialEq + Clone>(
    all: &[T],
    what: &dyn Debug,
    accepts: impl Fn(&T) -> bool,
    part: impl Fn(Page) -> Vec<T>,
    key: impl Fn(&T) -> String + Copy,
) {
    let mut expected: Vec<T> = all.iter().filter(|row| accepts(row)).cloned().collect();
    expected.sort_by_key(key);
    for size in [1, 3, 1000] {
        assert_eq!(paged(size, &part, key), expected, "{what:?} in pages of {size}");
    }
}

/// The `n`th of some values.
fn pick(values: &[&str], n: usize) -> String {
    values[n % values.len()].to_owned()
}

/// Nothing, a value that is there, one that is nowhere.
fn asked(value: &str) -> [Option<String>; 3] {
    [None, Some(value.to_owned()), Some("nowhere".to_owned())]
}

fn same(asked: Option<&String>, has: &str) -> bool {
    asked.is_none_or(|asked| asked == has)
}

fn some_findings() -> Vec<FindingRow> {
    let row = |n: usize| FindingRow {
        version: 1,
        account_id: pick(&["111111111111", "222222222222", "333333333333"], n),
        control: pick(&["KMS.3", "KMS.4"], n / 2),
        resource: pick(&["arn:a", "arn:b", "arn:c", "arn:d", "arn:e"], n),
        severity: pick(&["CRITICAL", "MEDIUM"], n / 3),
        action: [None, Some("TEAMFIX".to_owned()), Some("NOTHING".to_owned())][n % 3].clone(),
        team: [None, Some("platform".to_owned())][n / 2 % 2].clone(),
        settled: n.is_multiple_of(4),
        title: pick(&["Rotation is off", "Scheduled for DELETION"], n / 5),
        ..finding(&format!("{:02x}", n * 37 % 256))
    };
    (0..40).map(row).collect()
}

pub fn each_filter_of_findings_finds_what_it_says(store: &dyn Store) {
    let all = some_findings();
    commit(store, all.iter().map(|row| Change::Finding(Box::new(row.clone()), Expect::Absent)).collect::<Vec<_>>());
    let try_filter = |filter: FindingFilter| {
        let accepts = |row: &FindingRow| {
            let hays = [&row.title, &row.resource, &row.finding_id].map(|hay| hay.to_lowercase());
            same(filter.account_id.as_ref(), &row.account_id)
                && same(filter.control.as_ref(), &row.control)
                && same(filter.resource.as_ref(), &row.resource)
                && filter.action.as_ref().is_none_or(|action| row.action.as_ref() == Some(action))
                && same(filter.severity.as_ref(), &row.severity)
                && filter.team.as_ref().is_none_or(|team| row.team.as_ref() == Some(team))
                && filter.settled.is_none_or(|settled| row.settled == settled)
                && filter.text.as_ref().is_none_or(|text| hays.iter().any(|hay| hay.contains(text.as_str())))
        };
        let part = |page| wait(store.findings(filter.clone(), page)).unwrap();
        finds(&all, &filter, accepts, part, |row| row.key.clone());
    };
    for account_id in asked("222222222222") {
        for control in asked("KMS.4") {
            for resource in asked("arn:b") {
                for settled in [None, Some(true), Some(false)] {
                    let (account_id, control, resource) = (account_id.clone(), control.clone(), resource.clone());
                    try_filter(FindingFilter { account_id, control, resource, settled, ..FindingFilter::default() });
                }
            }
        }
    }
    for action in asked("TEAMFIX") {
        for severity in asked("CRITICAL") {
            for team in asked("platform") {
                for text in asked("deletion") {
                    let (action, severity, team) = (action.clone(), severity.clone(), team.clone());
                    try_filter(FindingFilter { action, severity, team, text, ..FindingFilter::default() });
                }
            }
        }
    }
}

fn some_tickets() -> Vec<TicketRow> {
    let states = [TicketState::Wanted, TicketState::Open, TicketState::Closed];
    let row = |n: usize| TicketRow {
        version: 1,
        state: states[n % 3],
        kind: pick(&["TEAMFIX", "INCIDENT"], n),
        account_id: pick(&["111111111111", "222222222222"], n / 2),
        team: [None, Some("platform".to_owned())][n / 3 % 2].clone(),
        destination: pick(&["jira", "servicenow"], n / 4),
        group: pick(&["g1", "g2", "g3"], n / 2),
        ..ticket(&format!("{:02x}", n * 37 % 256))
    };
    (0..30).map(row).collect()
}

pub fn each_filter_of_tickets_finds_what_it_says(store: &dyn Store) {
    let all = some_tickets();
    commit(store, all.iter().map(|row| Change::Ticket(Box::new(row.clone()), Expect::Absent)).collect::<Vec<_>>());
    for state in [None, Some(TicketState::Open), Some(TicketState::Failed)] {
        for kind in asked("INCIDENT") {
            for (account_id, team) in asked("222222222222").into_iter().zip(asked("platform")) {
                for destination in asked("servicenow") {
                    for group in asked("g2") {
                        let filter = TicketFilter {
                            state,
                            kind: kind.clone(),
                            account_id: account_id.clone(),
                            team: team.clone(),
                            destination: destination.clone(),
                            group,
                        };
                        let accepts = |row: &TicketRow| {
                            filter.state.is_none_or(|state| row.state == state)
                                && same(filter.kind.as_ref(), &row.kind)
                                && same(filter.account_id.as_ref(), &row.account_id)
                                && filter.team.as_ref().is_none_or(|team| row.team.as_ref() == Some(team))
                                && same(filter.destination.as_ref(), &row.destination)
                                && same(filter.group.as_ref(), &row.group)
                        };
                        let part = |page| wait(store.tickets(filter.clone(), page)).unwrap();
                        finds(&all, &filter, accepts, part, |row| row.key.clone());
                    }
                }
            }
        }
    }
}

pub fn each_filter_of_jobs_finds_what_it_says(store: &dyn Store) {
    let states = [JobState::Pending, JobState::Unknown, JobState::Done, JobState::Held, JobState::Dead];
    let row = |n: usize| JobRow {
        queue: pick(&["ticket", "mail"], n),
        state: states[n % 5],
        destination: pick(&["jira:SEC", "jira:OPS", "smtp"], n),
        ..job(&format!("{:02x}", n * 37 % 256))
    };
    let all: Vec<JobRow> = (0..40).map(row).collect();
    commit(store, all.iter().map(|row| Change::Job(Box::new(row.clone()))).collect::<Vec<_>>());
    for queue in asked("mail") {
        for state in std::iter::once(None).chain(states.map(Some)) {
            for destination in asked("jira:OPS") {
                let filter = JobFilter { queue: queue.clone(), state, destination };
                let accepts = |row: &JobRow| {
                    same(filter.queue.as_ref(), &row.queue)
                        && filter.state.is_none_or(|state| row.state == state)
                        && same(filter.destination.as_ref(), &row.destination)
                };
                let part = |page| wait(store.jobs(filter.clone(), page)).unwrap();
                finds(&all, &filter, accepts, part, |row| row.id.clone());
            }
        }
    }
}

pub fn each_filter_of_keys_finds_what_it_says(store: &dyn Store) {
    let row = |n: usize| KeyRow {
        account_id: pick(&["111111111111", "222222222222"], n),
        region: pick(&["eu-north-1", "us-east-1"], n / 2),
        state: [None, Some("Enabled".to_owned()), Some("Disabled".to_owned())][n % 3].clone(),
        kind: pick(&["AWS.KMS.Key", "AWS.KMS.CustomKeyStore"], n / 4),
        aliases: vec![format!("alias/{}", n % 4), "alias/all".to_owned()],
        ..key(&format!("arn:{:02X}", n * 37 % 256), 0, Some("{}"))
    };
    let all: Vec<KeyRow> = (0..30).map(row).collect();
    commit(store, all.iter().map(|row| Change::Key(Box::new(row.clone()))).collect::<Vec<_>>());
    for account_id in asked("222222222222") {
        for region in asked("us-east-1") {
            for (state, kind) in asked("Disabled").into_iter().zip(asked("AWS.KMS.Key")) {
                for text in [None, Some("arn:a"), Some("ALIAS/2"), Some("nowhere")] {
                    let filter = KeyFilter {
                        account_id: account_id.clone(),
                        region: region.clone(),
                        state: state.clone(),
                        kind: kind.clone(),
                        text: text.map(str::to_owned),
                    };
                    let accepts = |row: &KeyRow| {
                        let wanted = text.map(str::to_lowercase);
                        same(filter.account_id.as_ref(), &row.account_id)
                            && same(filter.region.as_ref(), &row.region)
                            && filter.state.as_ref().is_none_or(|state| row.state.as_ref() == Some(state))
                            && same(filter.kind.as_ref(), &row.kind)
                            && wanted.is_none_or(|wanted| {
                                let mut hays = row.aliases.iter().chain([&row.arn]);
                                hays.any(|hay| hay.to_lowercase().contains(&wanted))
                            })
                    };
                    let part = |page| wait(store.keys(filter.clone(), page)).unwrap();
                    finds(&all, &filter, accepts, part, |row| row.arn.clone());
                }
            }
        }
    }
}

pub fn remediations_are_found_by_state(store: &dyn Store) {
    let states = [
        RemediationState::AwaitingApproval,
        RemediationState::Approved,
        RemediationState::Applying,
        RemediationState::Verified,
        RemediationState::Failed,
        RemediationState::Refused,
        RemediationState::Undoing,
        RemediationState::Undone,
    ];
    let row = |n: usize| RemediationRow { version: 1, state: states[n % 7], ..remediation(&format!("{:02x}", n * 37)) };
    let all: Vec<RemediationRow> = (0..21).map(row).collect();
    commit(store, all.iter().map(|row| Change::Remediation(Box::new(row.clone()), Expect::Absent)).collect::<Vec<_>>());
    for state in std::iter::once(None).chain(states.map(Some)) {
        let part = |page| wait(store.remediations(state, page)).unwrap();
        let accepts = |row: &RemediationRow| state.is_none_or(|state| row.state == state);
        finds(&all, &state, accepts, part, |row| row.key.clone());
    }
}

fn keys_of(store: &dyn Store, after: Option<&str>, limit: usize) -> Vec<String> {
    let page = Page { after: after.map(str::to_owned), limit };
    wait(store.findings(FindingFilter::default(), page)).unwrap().into_iter().map(|row| row.key).collect()
}

fn put(keys: &[&str]) -> Vec<Change> {
    keys.iter().map(|key| Change::Finding(Box::new(finding(key)), Expect::Any)).collect()
}

pub fn pages_have_no_gap_and_no_repeat(store: &dyn Store) {
    let mut keys = ["", "\0", "0", "00", "0\0", "A", "a", "aa", "a\u{1f511}", "b", "\u{e9}", "\u{ffff}", "\u{10000}"];
    commit(store, put(&keys));
    keys.sort_unstable();
    for size in 1..=keys.len() + 1 {
        let mut found = keys_of(store, None, size);
        while let Some(last) = found.last().cloned() {
            let next = keys_of(store, Some(&last), size);
            if next.is_empty() {
                break;
            }
            found.extend(next);
        }
        assert_eq!(found, keys, "in pages of {size}");
    }
    assert_eq!(keys_of(store, Some("a"), 2), ["aa", "a\u{1f511}"]);
    assert_eq!(keys_of(store, Some("B"), 2), ["a", "aa"]);
}

pub fn pages_stay_whole_while_others_write(store: &dyn Store) {
    commit(store, put(&["b", "d", "f", "h"]));
    assert_eq!(keys_of(store, None, 2), ["b", "d"]);
    commit(store, put(&["a", "c", "e", "b"]));
    assert_eq!(keys_of(store, Some("d"), 2), ["e", "f"]);
    commit(store, put(&["f", "i"]));
    assert_eq!(keys_of(store, Some("f"), 2), ["h", "i"]);
    assert_eq!(keys_of(store, Some("i"), 2), [""; 0]);
}

pub fn a_page_has_a_thousand_rows_at_most(store: &dyn Store) {
    let keys: Vec<String> = (0..1005).map(|number| format!("{number:04}")).collect();
    commit(store, put(&keys.iter().map(String::as_str).collect::<Vec<_>>()));
    assert_eq!(keys_of(store, None, usize::MAX), keys[..1000]);
    assert_eq!(keys_of(store, Some("0999"), usize::MAX), keys[1000..]);
    assert_eq!(keys_of(store, None, 0), [""; 0]);
}

pub fn findings_are_asked_by_key_in_any_order(store: &dyn Store) {
    commit(store, put(&["a", "b", "c"]));
    let ask = |keys: &[&str]| -> Vec<Option<String>> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        wait(store.findings_by_key(keys)).unwrap().into_iter().map(|row| row.map(|row| row.key)).collect()
    };
    let some = |key: &str| Some(key.to_owned());
    assert_eq!(ask(&["c", "x", "a", "c"]), [some("c"), None, some("a"), some("c")]);
    assert_eq!(ask(&[]), []);
}

pub fn findings_are_due_the_longest_first(store: &dyn Store) {
    let due = [("a", Some(5)), ("c", Some(3)), ("b", Some(3)), ("d", None), ("e", Some(9))];
    let put = due.map(|(key, second)| {
        let settled = key == "c";
        Change::Finding(Box::new(FindingRow { settled, decide_at: second.map(at), ..finding(key) }), Expect::Absent)
    });
    commit(store, put);
    let due = |now, limit| -> Vec<String> {
        wait(store.findings_due(at(now), limit)).unwrap().into_iter().map(|row| row.key).collect()
    };
    assert_eq!(due(2, 9), [""; 0]);
    assert_eq!(due(3, 9), ["b", "c"]);
    assert_eq!(due(8, 2), ["b", "c"]);
    assert_eq!(due(9, 9), ["b", "c", "a", "e"]);
    let decided = FindingRow { decide_at: None, ..finding("b") };
    commit(store, [Change::Finding(Box::new(decided), Expect::Version(1))]);
    assert_eq!(due(9, 9), ["c", "a", "e"]);
}

pub fn tickets_are_due_that_are_open_or_missing(store: &dyn Store) {
    let row = |key: &str, state, look: Option<i64>, remind: Option<i64>| TicketRow {
        state,
        look_at: look.map(at),
        remind_at: remind.map(at),
        ..ticket(key)
    };
    let rows = [
        row("look", TicketState::Open, Some(3), Some(9)),
        row("remind", TicketState::Open, Some(9), Some(2)),
        row("missing", TicketState::Missing, Some(4), None),
        row("both", TicketState::Missing, Some(2), Some(2)),
        row("never", TicketState::Open, None, None),
        row("later", TicketState::Open, Some(6), Some(7)),
        row("wanted", TicketState::Wanted, Some(1), Some(1)),
        row("closing", TicketState::Closing, Some(1), Some(1)),
        row("closed", TicketState::Closed, Some(1), Some(1)),
        row("failed", TicketState::Failed, Some(1), Some(1)),
    ];
    commit(store, rows.map(|row| Change::Ticket(Box::new(row), Expect::Absent)));
    let due = |now, limit| -> Vec<String> {
        wait(store.tickets_due(at(now), limit)).unwrap().into_iter().map(|row| row.key).collect()
    };
    assert_eq!(due(1, 9), [""; 0]);
    assert_eq!(due(5, 9), ["both", "remind", "look", "missing"]);
    assert_eq!(due(5, 2), ["both", "remind"]);
    assert_eq!(due(6, 9), ["both", "remind", "look", "missing", "later"]);
    let closed = row("both", TicketState::Closed, Some(2), Some(2));
    commit(store, [Change::Ticket(Box::new(closed), Expect::Version(1))]);
    assert_eq!(due(5, 1), ["remind"]);
}

pub fn tickets_are_counted_since_they_were_first_wanted(store: &dyn Store) {
    let put = |key: &str, project: Option<&str>, destination: &str| {
        let project = project.map(str::to_owned);
        let row = TicketRow { project, destination: destination.into(), ..ticket(key) };
        [Change::Ticket(Box::new(row), Expect::Any)]
    };
    commit_at(store, 1, put("a", Some("SEC"), "jira"));
    commit_at(store, 2, put("b", Some("SEC"), "jira"));
    commit_at(store, 3, put("c", Some("OPS"), "jira"));
    commit_at(store, 4, put("d", None, "jira"));
    commit_at(store, 5, put("e", Some("SEC"), "servicenow"));
    commit_at(store, 9, put("a", Some("SEC"), "jira"));
    let count = |destination: &str, project: Option<&str>, since| {
        wait(store.tickets_since(destination.into(), project.map(str::to_owned), at(since))).unwrap()
    };
    assert_eq!(count("jira", Some("SEC"), 0), 2);
    assert_eq!(count("jira", Some("SEC"), 2), 1);
    assert_eq!(count("jira", Some("SEC"), 3), 0);
    assert_eq!(count("jira", Some("OPS"), 0), 1);
    assert_eq!(count("jira", None, 0), 1);
    assert_eq!(count("servicenow", Some("SEC"), 5), 1);
    assert_eq!(count("file", None, 0), 0);
}

pub fn text_is_looked_for_as_it_is_in_any_case(store: &dyn Store) {
    let titled = |key: &str, title: &str| {
        let row = FindingRow { title: title.into(), resource: "r".into(), finding_id: "i".into(), ..finding(key) };
        Change::Finding(Box::new(row), Expect::Absent)
    };
    commit(
        store,
        [
            titled("1", "100% rotated"),
            titled("2", "100 rotated"),
            titled("3", "a_b"),
            titled("4", "aXb"),
            titled("5", "SCHLÜSSEL \u{1f511}"),
            titled("6", "tail\0hidden"),
        ],
    );
    let found = |text: &str| -> Vec<String> {
        let filter = FindingFilter { text: Some(text.into()), ..FindingFilter::default() };
        wait(store.findings(filter, Page::default())).unwrap().into_iter().map(|row| row.key).collect()
    };
    assert_eq!(found("100%"), ["1"]);
    assert_eq!(found("A_B"), ["3"]);
    assert_eq!(found("schlüssel"), ["5"]);
    assert_eq!(found("\u{1f511}"), ["5"]);
    assert_eq!(found("HIDDEN"), ["6"]);
    assert_eq!(found("'"), [""; 0]);
    assert_eq!(found("").len(), 6);
}
