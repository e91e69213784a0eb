//! What every ticket system must do, whatever it is: one suite over all, each against its simulator through real sockets.

use std::sync::Arc;
use std::time::Duration;

use finding::Severity;
use simulator::{Breakdown, DeskFault, DeskOptions, Dialect as SimulatedDialect, JiraSetup, RunningDesk};

use super::file::FileTickets;
use super::jira::{Dialect, Jira, JiraLogin, JiraOptions};
use super::servicenow::{ServiceNow, ServiceNowLogin, ServiceNowOptions};
use super::webhook::Webhook;
use crate::failure::Fate;
use crate::http::{Http, HttpOptions};
use crate::letter::samples;
use crate::ports::{Draft, External, Mark, Standing, Tickets};
use crate::secret::{Reference, Secrets};

/// A secret in a file, which tests can change.
pub(super) struct Kept(tempfile::NamedTempFile);

impl Kept {
    pub(super) fn new(text: &str) -> Self {
        let kept = Self(tempfile::NamedTempFile::new().unwrap());
        kept.change(text);
        kept
    }

    pub(super) fn change(&self, text: &str) {
        std::fs::write(self.0.path(), text).unwrap();
    }

    pub(super) fn reference(&self) -> Reference {
        Reference::File(self.0.path().to_owned())
    }
}

pub(super) fn client() -> Http {
    let total = Duration::from_secs(3);
    Http::new(&HttpOptions { allow_private: true, proxy: false, total, ..HttpOptions::default() }).unwrap()
}

pub(super) async fn desk(dialect: SimulatedDialect) -> RunningDesk {
    let jira = JiraSetup { dialect, ..JiraSetup::default() };
    RunningDesk::start(DeskOptions { jira, ..DeskOptions::default() }).await.unwrap()
}

pub(super) fn cloud(desk: &RunningDesk, token: &Kept) -> JiraOptions {
    let login = JiraLogin::Basic { user: "keyreeve@example.com".to_owned(), token: token.reference() };
    JiraOptions::new(Dialect::Cloud, &desk.jira_url(), login, "SEC")
}

pub(super) fn data_center(desk: &RunningDesk, token: &Kept) -> JiraOptions {
    JiraOptions::new(Dialect::DataCenter, &desk.jira_url(), JiraLogin::Bearer { token: token.reference() }, "SEC")
}

pub(super) fn jira(options: JiraOptions) -> Jira {
    Jira::new(client(), Arc::new(Secrets::new(None)), options).unwrap()
}

pub(super) fn servicenow(desk: &RunningDesk, login: ServiceNowLogin) -> ServiceNow {
    let options = ServiceNowOptions::new(&desk.servicenow_url(), login);
    ServiceNow::new(client(), Arc::new(Secrets::new(None)), options).unwrap()
}

pub(super) fn password(kept: &Kept) -> ServiceNowLogin {
    ServiceNowLogin::Basic { user: "keyreeve".to_owned(), password: kept.reference() }
}

pub(super) fn draft(mark: &str) -> Draft {
    Draft {
        mark: Mark(mark.to_owned()),
        project: None,
        severity: Severity::Critical,
        letter: samples::letter(),
        labels: vec!["kms".to_owned(), "has blank".to_owned()],
        due: Some("2026-11-29T12:00:00Z".parse().unwrap()),
    }
}

fn mark(text: &str) -> Mark {
    Mark(text.to_owned())
}

/// A system under test, and how its requests are counted and broken.
struct System {
    name: &'static str,
    tickets: Box<dyn Tickets>,
    desk: RunningDesk,
    /// Method and path's end of the call that opens.
    opens: (&'static str, &'static str),
    /// Whether others can be asked what there is.
    is_asked: bool,
    _kept: Kept,
}

impl System {
    /// How many tickets there are.
    fn number(&self) -> usize {
        match self.name {
            "servicenow" => self.desk.incidents().len(),
            "webhook" => self
                .desk
                .deliveries()
                .iter()
                .filter(|one| !one.is_repeated && one.body["event"] == "ticket.opened")
                .count(),
            _ => self.desk.issues().len(),
        }
    }
}

async fn systems() -> Vec<System> {
    let mut all = Vec::new();
    for (name, dialect) in [("cloud", SimulatedDialect::Cloud), ("data center", SimulatedDialect::DataCenter)] {
        let (desk, kept) = (desk(dialect).await, Kept::new("any-token\n"));
        let options = if name == "cloud" { cloud(&desk, &kept) } else { data_center(&desk, &kept) };
        let tickets = Box::new(jira(options));
        all.push(System { name, tickets, desk, opens: ("POST", "/issue"), is_asked: true, _kept: kept });
    }
    let (desk_, kept) = (desk(SimulatedDialect::Cloud).await, Kept::new("any-password"));
    let tickets = Box::new(servicenow(&desk_, password(&kept)));
    let opens = ("POST", "/incident");
    all.push(System { name: "servicenow", tickets, desk: desk_, opens, is_asked: true, _kept: kept });
    let (desk_, kept) = (desk(SimulatedDialect::Cloud).await, Kept::new("any-secret"));
    let secrets = Arc::new(Secrets::new(None));
    let tickets = Webhook::new(client(), secrets, &desk_.webhook_url(), kept.reference()).unwrap();
    let opens = ("POST", "/webhook");
    all.push(System { name: "webhook", tickets: Box::new(tickets), desk: desk_, opens, is_asked: false, _kept: kept });
    all
}

#[tokio::test]
async fn a_ticket_is_opened_found_closed_and_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = FileTickets::new(directory.path().join("tickets.jsonl"));
    let systems = systems().await;
    let mut all: Vec<(&str, &dyn Tickets, bool)> =
        systems.iter().map(|system| (system.name, system.tickets.as_ref(), system.is_asked)).collect();
    all.push(("file", &file, true));
    for (name, tickets, is_asked) in all {
        let opened = tickets.open(&draft("keyreeve-0123456789abcdef")).await.unwrap();
        tickets.open(&draft("keyreeve-other")).await.unwrap();
        let found = tickets.find(&mark("keyreeve-0123456789abcdef"), None).await.unwrap();
        if is_asked {
            assert_eq!(found.len(), 1, "{name}");
            assert_eq!(found[0].external, opened, "{name}");
            assert_eq!(found[0].standing, Standing::Open, "{name}");
        }
        assert_eq!(tickets.find(&mark("keyreeve-none"), None).await.unwrap(), [], "{name}");
        assert_eq!(tickets.look(&opened).await.unwrap().standing, Standing::Open, "{name}");
        tickets.reopen(&opened, &samples::letter()).await.unwrap();

        let said = mark("keyreeve-comment-1");
        assert!(!tickets.commented(&opened, &said).await.unwrap(), "{name}");
        tickets.comment(&opened, &said, &samples::letter()).await.unwrap();
        assert_eq!(tickets.commented(&opened, &said).await.unwrap(), is_asked, "{name}");
        assert!(!tickets.commented(&opened, &mark("keyreeve-comment-2")).await.unwrap(), "{name}");

        for _ in 0..2 {
            tickets.close(&opened, &samples::letter()).await.unwrap();
            assert_eq!(tickets.look(&opened).await.unwrap().standing, Standing::Done, "{name}");
        }
        if is_asked {
            let found = tickets.find(&mark("keyreeve-0123456789abcdef"), None).await.unwrap();
            assert_eq!(found[0].standing, Standing::Done, "{name}");
        }
        tickets.reopen(&opened, &samples::letter()).await.unwrap();
        assert_eq!(tickets.look(&opened).await.unwrap().standing, Standing::Open, "{name}");
    }
    for system in systems {
        system.desk.jira(|jira| assert_eq!(jira.deletions(), 0));
    }
}

#[tokio::test]
async fn an_unknown_fate_is_settled_by_finding_exactly_one() {
    let after = [
        Breakdown::ResetAfter,
        Breakdown::StatusAfter(504),
        Breakdown::StatusAfter(500),
        Breakdown::Malformed,
        Breakdown::Truncated,
        Breakdown::Html,
        Breakdown::Slow(Duration::from_secs(8)),
    ];
    let mut all = tokio::task::JoinSet::new();
    for system in systems().await {
        all.spawn(settles(system, after.clone()));
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

async fn settles(system: System, after: [Breakdown; 7]) {
    let (method, path) = system.opens;
    for (place, what) in after.iter().enumerate() {
        let draft = draft(&format!("keyreeve-{place}"));
        system.desk.set_faults(vec![DeskFault::once(method, path, what.clone())]);
        let opened = system.tickets.open(&draft).await;
        if system.is_asked {
            let failure = opened.unwrap_err();
            assert_eq!(failure.fate, Fate::Unknown, "{} {what:?}: {failure}", system.name);
            assert_eq!(system.tickets.find(&draft.mark, None).await.unwrap().len(), 1, "{} {what:?}", system.name);
        } else if let Err(failure) = opened {
            // The receiver tells repeats by their key.
            assert!(matches!(failure.fate, Fate::Later(_)), "{} {what:?}: {failure}", system.name);
            system.tickets.open(&draft).await.unwrap();
        }
        assert_eq!(system.number(), place + 1, "{} {what:?}", system.name);
    }
}

#[tokio::test]
async fn a_refusal_opens_nothing_and_says_what_to_do_with_it() {
    for (status, expected) in [
        (429, Fate::Later(Some(Duration::from_secs(9)))),
        (503, Fate::Later(Some(Duration::from_secs(9)))),
        (401, Fate::Login),
        (403, Fate::Never),
        (400, Fate::Never),
    ] {
        let refuse = |status: u16| Breakdown::Refuse {
            status,
            headers: vec![("retry-after", "9".to_owned())],
            body: "<h1>any-token any-password any-secret</h1>".to_owned(),
        };
        for system in systems().await {
            let (method, path) = system.opens;
            system.desk.set_faults(vec![DeskFault::once(method, path, refuse(status))]);
            let failure = system.tickets.open(&draft("keyreeve-1")).await.unwrap_err();
            assert_eq!(failure.fate, expected, "{} {status}: {failure}", system.name);
            assert!(!failure.what.contains("any-"), "{failure}");
            assert_eq!(system.number(), 0, "{} {status}", system.name);
        }
    }
}

#[tokio::test]
async fn a_look_that_fails_is_no_answer() {
    for system in systems().await.into_iter().filter(|system| system.is_asked) {
        let opened = system.tickets.open(&draft("keyreeve-1")).await.unwrap();
        for what in [Breakdown::ResetAfter, Breakdown::StatusAfter(502), Breakdown::Html, Breakdown::Malformed] {
            let always = DeskFault { method: None, path: String::new(), times: None, what: what.clone() };
            system.desk.set_faults(vec![always]);
            let failed = [
                system.tickets.look(&opened).await.unwrap_err(),
                system.tickets.find(&mark("keyreeve-1"), None).await.unwrap_err(),
                system.tickets.commented(&opened, &mark("keyreeve-2")).await.unwrap_err(),
            ];
            for failure in failed {
                assert_eq!(failure.fate, Fate::Later(None), "{} {what:?}: {failure}", system.name);
            }
        }
    }
}

#[tokio::test]
async fn an_answer_of_any_shape_is_read_or_refused() {
    let bodies = [
        "null",
        "1",
        "\"x\"",
        "[]",
        "{}",
        "[null]",
        "{\"id\":1,\"key\":2}",
        "{\"id\":\"../x\",\"key\":\"SEC-1\"}",
        "{\"result\":null}",
        "{\"result\":[null]}",
        "{\"result\":{\"sys_id\":\"x\",\"number\":\"y\",\"state\":\"1\"}}",
        "{\"issues\":null}",
        "{\"issues\":[null],\"total\":1}",
        "{\"issues\":[{\"fields\":{\"labels\":[\"keyreeve-1\"]}}],\"total\":1}",
        "{\"issues\":[],\"isLast\":false,\"nextPageToken\":\"x\"}",
        "{\"comments\":{}}",
        "{\"comments\":[null],\"total\":900}",
        "{\"transitions\":[null]}",
        "{\"id\":\"1 2\",\"key\":\"SEC-1\",\"fields\":{\"status\":{\"statusCategory\":{\"key\":7}}}}",
    ];
    for system in systems().await.into_iter().filter(|system| system.is_asked) {
        let known = system.tickets.open(&draft("keyreeve-1")).await.unwrap();
        for body in bodies.iter().map(|body| (*body).to_owned()).chain(["[".repeat(10_000)]) {
            let what = Breakdown::Refuse { status: 200, headers: Vec::new(), body: body.clone() };
            system.desk.set_faults(vec![DeskFault { method: None, path: String::new(), times: None, what }]);
            let opened = system.tickets.open(&draft("keyreeve-2")).await;
            assert_eq!(opened.unwrap_err().fate, Fate::Unknown, "{} {body}", system.name);
            assert!(system.tickets.look(&known).await.is_err(), "{} {body}", system.name);
            assert!(system.tickets.close(&known, &samples::letter()).await.is_err(), "{} {body}", system.name);
            let found = system.tickets.find(&mark("keyreeve-1"), None).await;
            assert!(found.is_err() || found.unwrap().is_empty(), "{} {body}", system.name);
            let _ = system.tickets.commented(&known, &mark("keyreeve-2")).await;
        }
    }
}

#[tokio::test]
async fn a_mark_that_could_mean_something_in_a_query_is_never_sent() {
    let directory = tempfile::tempdir().unwrap();
    let file = FileTickets::new(directory.path().join("tickets.jsonl"));
    let systems = systems().await;
    for hostile in ["", "a b", "x\" OR labels = \"y", "x^ORcorrelation_id=y", "x\ny", "å", &"x".repeat(200)] {
        let mut all: Vec<&dyn Tickets> = systems.iter().map(|system| system.tickets.as_ref()).collect();
        all.push(&file);
        for tickets in all {
            assert_eq!(tickets.open(&draft(hostile)).await.unwrap_err().fate, Fate::Never);
            assert_eq!(tickets.find(&mark(hostile), None).await.unwrap_err().fate, Fate::Never);
        }
    }
    assert!(systems.iter().all(|system| system.desk.requests().is_empty()));
}

#[tokio::test]
async fn an_id_that_could_lead_elsewhere_is_never_sent() {
    for system in systems().await.into_iter().filter(|system| system.is_asked) {
        for id in ["", "..", "../../user", "1?x=y", "1#x", "1/comment", "ä"] {
            let external = External { id: id.to_owned(), name: "SEC-1".to_owned(), address: None };
            assert_eq!(system.tickets.look(&external).await.unwrap_err().fate, Fate::Never);
            assert_eq!(system.tickets.close(&external, &samples::letter()).await.unwrap_err().fate, Fate::Never);
        }
        assert!(system.desk.requests().is_empty(), "{}", system.name);
    }
}

#[tokio::test]
async fn hostile_letters_are_accepted_by_every_system() {
    for system in systems().await {
        for (place, hostile) in samples::HOSTILE.iter().enumerate() {
            let draft = Draft { letter: samples::everywhere(hostile), ..draft(&format!("keyreeve-{place}")) };
            let opened = system.tickets.open(&draft).await.unwrap();
            system.tickets.comment(&opened, &mark("keyreeve-c"), &draft.letter).await.unwrap();
        }
        let long = Draft { letter: samples::everywhere(&"{é👩‍🔬[\n".repeat(9000)), ..draft("keyreeve-long") };
        let opened = system.tickets.open(&long).await.unwrap();
        system.tickets.comment(&opened, &mark("keyreeve-c"), &long.letter).await.unwrap();
        system.tickets.close(&opened, &long.letter).await.unwrap();
        let empty = Draft { letter: samples::everywhere(""), ..draft("keyreeve-empty") };
        system.tickets.open(&empty).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_survives_a_line_that_was_broken_off() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tickets.jsonl");
    let tickets = FileTickets::new(&path);
    tickets.open(&draft("keyreeve-1")).await.unwrap();
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], &whole[..whole.len() / 2]].concat()).unwrap();
    let second = tickets.open(&draft("keyreeve-2")).await.unwrap();
    assert_eq!(second.name, "FILE-2");
    for mark in ["keyreeve-1", "keyreeve-2"] {
        assert_eq!(tickets.find(&Mark(mark.to_owned()), None).await.unwrap().len(), 1);
    }
    let unknown = External { id: "FILE-9".to_owned(), name: "FILE-9".to_owned(), address: None };
    assert!(matches!(tickets.look(&unknown).await.unwrap().standing, Standing::Missing(_)));
}
