//! The client against a server that fails in all ways.

use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::json;
use simulator::{Breakdown, DeskFault, DeskOptions, RunningDesk};

use super::*;
use crate::failure::Fate;
use crate::secret::Secret;

async fn desk() -> RunningDesk {
    RunningDesk::start(DeskOptions::default()).await.unwrap()
}

fn client(total: Duration) -> Http {
    Http::new(&HttpOptions { allow_private: true, proxy: false, total, ..HttpOptions::default() }).unwrap()
}

fn issue(desk: &RunningDesk) -> Url {
    Url::parse(&format!("{}/rest/api/3/issue", desk.jira_url())).unwrap()
}

fn post(desk: &RunningDesk) -> Call {
    let text = json!({ "fields": { "project": { "key": "SEC" }, "issuetype": { "name": "Task" }, "summary": "x" } });
    let token = Secret::new("any-token");
    Call::change(Method::POST, issue(desk)).json(&text).basic("keyreeve@example.com", &token).unwrap()
}

fn look(desk: &RunningDesk) -> Call {
    let url = Url::parse(&format!("{}/rest/api/3/myself", desk.jira_url())).unwrap();
    Call::get(url).bearer(&Secret::new("any-token")).unwrap()
}

async fn fate(client: &Http, call: Call) -> Fate {
    match client.send(call).await {
        Ok(answer) => match answer.accepted().and_then(|answer| answer.json()) {
            Ok(_) => panic!("it was accepted"),
            Err(failure) => failure.fate,
        },
        Err(failure) => failure.fate,
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_unknown_after_a_change_and_later_after_a_look() {
    let (desk, client) = (desk().await, client(Duration::from_secs(2)));
    let breakdowns = [
        Breakdown::ResetAfter,
        Breakdown::StatusAfter(500),
        Breakdown::StatusAfter(502),
        Breakdown::StatusAfter(504),
        Breakdown::StatusAfter(408),
        Breakdown::Slow(Duration::from_secs(8)),
        Breakdown::Malformed,
        Breakdown::Truncated,
        Breakdown::Html,
        Breakdown::ResetBefore,
    ];
    for (place, what) in breakdowns.into_iter().enumerate() {
        desk.set_faults(vec![DeskFault { method: None, path: String::new(), times: Some(2), what: what.clone() }]);
        assert_eq!(fate(&client, post(&desk)).await, Fate::Unknown, "{what:?}");
        assert_eq!(fate(&client, look(&desk)).await, Fate::Later(None), "{what:?}");
        // Once each, and nothing was repeated behind our back.
        let created = if what == Breakdown::ResetBefore { place } else { place + 1 };
        assert_eq!(desk.issues().len(), created, "{what:?}");
    }
}

#[tokio::test]
async fn what_was_certainly_not_done_says_so() {
    let desk = desk().await;
    let after = |text: &str| vec![("retry-after", text.to_owned())];
    let cases = [
        (429, after("7"), Fate::Later(Some(Duration::from_secs(7)))),
        (429, after("0"), Fate::Later(Some(Duration::from_secs(1)))),
        (429, after("99999999"), Fate::Later(Some(Duration::from_secs(3600)))),
        (429, after("Sun, 06 Nov 1994 08:49:37 GMT"), Fate::Later(Some(Duration::from_secs(1)))),
        (429, after("soon"), Fate::Later(None)),
        (429, Vec::new(), Fate::Later(None)),
        (503, after("30"), Fate::Later(Some(Duration::from_secs(30)))),
        (503, Vec::new(), Fate::Unknown),
        (401, Vec::new(), Fate::Login),
        (400, Vec::new(), Fate::Never),
        (403, Vec::new(), Fate::Never),
        (404, Vec::new(), Fate::Never),
        (409, Vec::new(), Fate::Never),
        (413, Vec::new(), Fate::Never),
        (422, Vec::new(), Fate::Never),
        (307, vec![("location", "http://127.0.0.1:1/".to_owned())], Fate::Never),
        (302, vec![("location", "http://127.0.0.1:1/".to_owned())], Fate::Unknown),
    ];
    for (status, headers, expected) in cases {
        let what = Breakdown::Refuse { status, headers: headers.clone(), body: "{}".to_owned() };
        desk.set_faults(vec![DeskFault::once("POST", "/issue", what)]);
        assert_eq!(fate(&client(Duration::from_secs(5)), post(&desk)).await, expected, "{status} {headers:?}");
    }
    assert!(desk.issues().is_empty());
}

#[tokio::test]
async fn who_asks_to_wait_is_left_alone_until_then() {
    let (desk, client) = (desk().await, client(Duration::from_secs(5)));
    let refuse = |reason: &str| Breakdown::Refuse {
        status: 429,
        headers: vec![("retry-after", "1".to_owned()), ("ratelimit-reason", reason.to_owned())],
        body: String::new(),
    };
    desk.set_faults(vec![DeskFault::once("POST", "/issue", refuse("jira-per-issue-on-write"))]);
    assert!(matches!(fate(&client, post(&desk)).await, Fate::Later(Some(_))));
    client.send(look(&desk)).await.unwrap().accepted().unwrap();
    desk.set_faults(vec![DeskFault::once("POST", "/issue", refuse("jira-burst-based"))]);
    assert!(matches!(fate(&client, post(&desk)).await, Fate::Later(Some(_))));
    let asked = desk.requests().len();
    let failure = client.clone().send(look(&desk)).await.unwrap_err();
    assert!(matches!(failure.fate, Fate::Later(Some(left)) if left <= Duration::from_secs(1)), "{failure}");
    assert_eq!(desk.requests().len(), asked);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    client.send(look(&desk)).await.unwrap().accepted().unwrap();
}

#[tokio::test]
async fn a_refused_connection_is_for_later_even_for_a_change() {
    let desk = desk().await;
    let call = post(&desk);
    desk.stop().await;
    assert_eq!(fate(&client(Duration::from_secs(5)), call).await, Fate::Later(None));
}

#[tokio::test]
async fn a_refusal_says_what_the_other_side_says_and_no_secret() {
    let (desk, client) = (desk().await, client(Duration::from_secs(5)));
    let body = json!({ "errorMessages": ["no any-token here\u{202e}\r\nx"], "errors": { "summary": "too long" } });
    let headers = vec![("ratelimit-reason", "jira-burst-based".to_owned())];
    let what = Breakdown::Refuse { status: 429, headers, body: body.to_string() };
    desk.set_faults(vec![DeskFault::once("POST", "/issue", what)]);
    let answer = client.send(post(&desk).query(&[("token", "hidden")])).await.unwrap();
    let failure = answer.failure();
    assert!(failure.what.contains("(jira-burst-based): no *** here\\u{202e} x; summary: too long"), "{failure}");
    assert!(failure.what.contains("/rest/api/3/issue: 429") && !failure.what.contains("hidden"), "{failure}");
    for shown in [format!("{answer:?}"), format!("{:?}", post(&desk)), format!("{failure:?}")] {
        assert!(!shown.contains("any-token"), "{shown}");
    }
}

#[tokio::test]
async fn private_addresses_are_reached_only_if_that_is_allowed() {
    let desk = desk().await;
    let guarded = Http::new(&HttpOptions { proxy: false, ..HttpOptions::default() }).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0.0.0.0",
        "0",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "\u{ff11}27.0.0.1",
        "%31%32%37.0.0.1",
        "localhost",
        "LOCALHOST.",
        "any.localhost",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "metadata.google.internal",
    ] {
        let port = issue(&desk).port().unwrap();
        let url = Url::parse(&format!("http://{host}:{port}/jira/rest/api/3/myself")).unwrap();
        let failure = guarded.send(Call::get(url)).await.unwrap_err();
        assert_eq!(failure.fate, Fate::Never, "{host}");
        assert!(failure.what.contains("allow_private"), "{failure}");
    }
    assert!(desk.requests().is_empty());
}

#[tokio::test]
async fn nobody_is_led_elsewhere_whoever_says_so() {
    let (desk, client) = (desk().await, client(Duration::from_secs(5)));
    for (status, location) in [
        (301, "http://169.254.169.254/latest/meta-data/".to_owned()),
        (302, desk.webhook_url()),
        (303, "/jira/rest/api/3/myself?again".to_owned()),
        (307, desk.webhook_url()),
        (308, "//127.0.0.1/".to_owned()),
    ] {
        let what = Breakdown::Refuse { status, headers: vec![("location", location)], body: String::new() };
        for call in [look(&desk), post(&desk)] {
            desk.set_faults(vec![DeskFault { method: None, path: String::new(), times: Some(1), what: what.clone() }]);
            desk.forget_requests();
            let failure = client.send(call).await.unwrap().accepted().unwrap_err();
            assert!(failure.what.contains("leads elsewhere"), "{failure}");
            assert_eq!(desk.requests().len(), 1, "{status}");
        }
    }
}

#[tokio::test]
async fn a_secret_is_taken_out_before_words_are_cut_and_in_whatever_shape() {
    let (desk, client) = (desk().await, client(Duration::from_secs(5)));
    for length in 380..420 {
        let body = json!({ "errorMessages": [format!("{}any-token", "x".repeat(length))] });
        let what = Breakdown::Refuse { status: 400, headers: Vec::new(), body: body.to_string() };
        desk.set_faults(vec![DeskFault::once("POST", "/issue", what)]);
        let failure = client.send(post(&desk)).await.unwrap().failure();
        assert!(!failure.what.contains("xany"), "{failure}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let (desk, client) = (desk().await, client(Duration::from_secs(20)));
    let what = Breakdown::Refuse { status: 200, headers: Vec::new(), body: "x".repeat(MAX_ANSWER + 1) };
    desk.set_faults(vec![DeskFault { method: None, path: String::new(), times: None, what }]);
    assert_eq!(fate(&client, look(&desk)).await, Fate::Later(None));
    assert_eq!(fate(&client, post(&desk)).await, Fate::Unknown);
}

#[tokio::test]
async fn an_encrypted_connection_is_made_to_whom_a_trusted_authority_knows() {
    let desk = desk().await;
    let port = front::front(issue(&desk).socket_addrs(|| None).unwrap()[0]).await.port();
    let options = HttpOptions { allow_private: true, proxy: false, ..HttpOptions::default() };
    let trusting = Http::new(&HttpOptions { authorities: front::AUTHORITY.to_vec(), ..options.clone() }).unwrap();
    let call = |host: &str| {
        let url = Url::parse(&format!("https://{host}:{port}/jira/rest/api/3/myself")).unwrap();
        Call::get(url).bearer(&Secret::new("any-token")).unwrap()
    };
    trusting.send(call("localhost")).await.unwrap().accepted().unwrap();
    let failure = trusting.send(call("127.0.0.1")).await.unwrap_err();
    assert!(failure.what.contains("certificate"), "{failure}");
    let failure = Http::new(&options).unwrap().send(call("localhost")).await.unwrap_err();
    assert!(failure.fate == Fate::Later(None) && failure.what.contains("certificate"), "{failure}");
    assert!(
        Http::new(&HttpOptions {
            authorities: b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_vec(),
            ..options
        })
        .is_err()
    );
}

#[test]
fn configured_addresses_are_checked_and_not_repeated() {
    for text in [
        "",
        "acme.atlassian.net",
        "ftp://x/",
        "https://user:hunter2@x/",
        "https://x/?token=hunter2",
        "https://x/#hunter2",
    ] {
        let failure = base("jira address", text).unwrap_err();
        assert!(failure.what.starts_with("jira address: ") && !failure.what.contains("hunter2"), "{failure}");
    }
}

#[test]
fn parts_of_an_address_stay_in_their_place() {
    let base = Url::parse("https://x/jira/").unwrap();
    assert_eq!(below(&base, &["issue", "a/../b?c#d"]).unwrap().as_str(), "https://x/jira/issue/a%2F..%2Fb%3Fc%23d");
    for part in ["..", ".", ""] {
        assert!(below(&base, &["issue", part]).is_err());
    }
}
