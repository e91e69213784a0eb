//! The seed's first story through the real clients and real sockets, with everything going wrong on the way that can.
#![expect(clippy::unwrap_used, reason = "what is wrong in a test ends the test")]

mod world;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use respond::http::{Http, HttpOptions};
use respond::mail::{Security, Smtp, SmtpOptions};
use respond::ports::Tickets;
use respond::secret::{Reference, Secrets};
use respond::tickets::jira::{Dialect, Jira, JiraLogin, JiraOptions};
use respond::tickets::servicenow::{ServiceNow, ServiceNowLogin, ServiceNowOptions};
use respond::{Engine, Mode};
use simulator::{Breakdown, DeskFault, DeskOptions, RunningDesk, SmtpFault, Stage};
use world::life::Life;
use world::{World, ports, scenes, texts};

/// A secret in a file, which changes.
struct Kept(tempfile::NamedTempFile);

impl Kept {
    fn new(text: &str) -> Self {
        let kept = Self(tempfile::NamedTempFile::new().unwrap());
        kept.change(text);
        kept
    }

    fn change(&self, text: &str) {
        std::fs::write(self.0.path(), text).unwrap();
    }

    fn reference(&self) -> Reference {
        Reference::File(self.0.path().to_owned())
    }
}

fn engine(world: &World, desk: &RunningDesk, token: &Kept, password: &Kept) -> Engine {
    let options =
        HttpOptions { allow_private: true, proxy: false, total: Duration::from_secs(5), ..HttpOptions::default() };
    let (http, secrets) = (Http::new(&options).unwrap(), Arc::new(Secrets::new(None)));
    let login = JiraLogin::Basic { user: "keyreeve@example.com".to_owned(), token: token.reference() };
    let jira = JiraOptions::new(Dialect::Cloud, &desk.jira_url(), login, "SEC");
    let jira = Jira::new(http.clone(), secrets.clone(), jira).unwrap();
    let login = ServiceNowLogin::Basic { user: "keyreeve".to_owned(), password: password.reference() };
    let servicenow = ServiceNowOptions::new(&desk.servicenow_url(), login);
    let servicenow = ServiceNow::new(http, secrets.clone(), servicenow).unwrap();
    let address = desk.smtp_address();
    let smtp = SmtpOptions::new(&address.ip().to_string(), address.port(), "keyreeve@example.com");
    let smtp = Smtp::new(secrets, SmtpOptions { security: Security::None, allow_private: true, ..smtp }).unwrap();
    let mut ports = ports::ports(&world.outside, &Life::endless());
    let tickets: [(String, Arc<dyn Tickets>); 2] =
        [("jira".to_owned(), Arc::new(jira)), ("servicenow".to_owned(), Arc::new(servicenow))];
    ports.tickets = tickets.into();
    ports.mailer = Some(Arc::new(smtp));
    assert_eq!(world.options.mode, Mode::Act);
    Engine::new(world.store.clone(), ports, world.triage.clone(), world.options.clone(), "first")
}

async fn go_on(world: &World, engine: &Engine, minutes: i64) {
    for _ in 0..minutes * 2 {
        engine.turn().await.unwrap();
        world.advance(SignedDuration::from_secs(30));
    }
    engine.turn().await.unwrap();
}

#[tokio::test]
async fn a_production_key_gets_one_ticket_in_each_system_whatever_breaks_on_the_way() {
    let (world, token, password) = (scenes::two_accounts(), Kept::new("any-token"), Kept::new("any-password"));
    let desk = RunningDesk::start(DeskOptions::default()).await.unwrap();
    let engine = engine(&world, &desk, &token, &password);

    // Opened, and nobody is told; Jira's search does not show it for a while, and the mail server hangs up.
    desk.jira(|jira| jira.setup().search_lag = Duration::from_secs(3600));
    desk.set_faults(vec![
        DeskFault::once("POST", "/issue", Breakdown::ResetAfter),
        DeskFault::once("POST", "/incident", Breakdown::StatusAfter(504)),
    ]);
    desk.set_smtp_faults(vec![SmtpFault { at: Stage::End, wait: Duration::ZERO, reply: None, times: 1 }]);
    engine.take(&scenes::schedule(&world, texts::PROD)).await.unwrap();
    go_on(&world, &engine, 4).await;
    assert_eq!((desk.issues().len(), desk.incidents().len()), (1, 1));
    desk.jira(simulator::Jira::index);
    go_on(&world, &engine, 56).await;
    assert_eq!((desk.issues().len(), desk.incidents().len()), (1, 1));
    assert_eq!(desk.count("POST", "/issue"), 1);
    assert_eq!(desk.issues()[0].priority, "Highest");

    // Overdue: reminded, once, with a token that is another now.
    desk.jira(|jira| jira.setup().token = "rotated".to_owned());
    token.change("rotated");
    go_on(&world, &engine, 4 * 60).await;
    assert_eq!(desk.issues()[0].comments.len(), 1);

    // Cancelled: closed, and again nobody is told.
    desk.set_faults(vec![
        DeskFault::once("POST", "/transitions", Breakdown::ResetAfter),
        DeskFault::once("PATCH", "", Breakdown::Html),
    ]);
    engine.take(&scenes::cancel(&world, texts::PROD)).await.unwrap();
    go_on(&world, &engine, 60).await;
    let (issues, incidents) = (desk.issues(), desk.incidents());
    assert_eq!((issues.len(), incidents.len()), (1, 1));
    assert!(issues[0].is_done && !issues[0].is_deleted);
    // One of the reminder, one of the closing.
    assert_eq!((issues[0].comments.len(), incidents[0].work_notes.len()), (2, 2));
    assert_eq!(incidents[0].field("state"), "6");
    desk.jira(|jira| assert_eq!(jira.deletions(), 0));

    let mails = desk.mails();
    let ids: BTreeSet<Option<String>> = mails.iter().map(|mail| mail.header("message-id")).collect();
    let subjects: BTreeSet<Option<String>> = mails.iter().map(|mail| mail.header("subject")).collect();
    assert!(subjects.contains(&Some("TEAM FIX: KMS.3 on one".to_owned())), "{subjects:?}");
    assert!(subjects.contains(&Some("CLOSED: KMS.3 on one".to_owned())), "{subjects:?}");
    // What was sent twice has the same id.
    assert_eq!(mails.len(), ids.len() + 1, "{ids:?}");
    let end = scenes::end(&world);
    assert_eq!(end.jobs, Vec::<String>::new(), "everything is done");
}
