//! Mail against a server that fails at each step.

use std::sync::Arc;

use finding::Severity;
use proptest::prelude::*;
use simulator::{DeskOptions, RunningDesk, SmtpFault, SmtpSetup, Stage};

use super::*;
use crate::http::front::{AUTHORITY, front};
use crate::letter::{Letter, samples};

async fn desk(smtp: SmtpSetup) -> RunningDesk {
    RunningDesk::start(DeskOptions { smtp, ..DeskOptions::default() }).await.unwrap()
}

fn options(desk: &RunningDesk) -> SmtpOptions {
    let address = desk.smtp_address();
    SmtpOptions {
        security: Security::None,
        allow_private: true,
        total: Duration::from_secs(10),
        ..SmtpOptions::new(&address.ip().to_string(), address.port(), "Keyreeve <keyreeve@example.com>")
    }
}

fn smtp(options: SmtpOptions) -> Smtp {
    Smtp::new(Arc::new(Secrets::new(None)), options).unwrap()
}

fn mail() -> Mail {
    Mail {
        id: "0123abcd@keyreeve.example".to_owned(),
        to: vec!["team@example.com".to_owned()],
        copy: vec!["Åsa Öberg <asa@example.com>".to_owned()],
        letter: samples::letter(),
        severity: Severity::Critical,
    }
}

fn fault(at: Stage, reply: Option<&str>) -> Vec<SmtpFault> {
    vec![SmtpFault { at, wait: Duration::ZERO, reply: reply.map(str::to_owned), times: 1 }]
}

#[tokio::test]
async fn a_mail_has_text_and_html_and_always_the_same_id() {
    let desk = desk(SmtpSetup::default()).await;
    let smtp = smtp(options(&desk));
    for _ in 0..2 {
        smtp.send(&mail()).await.unwrap();
    }
    let mails = desk.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].header("message-id"), Some("<0123abcd@keyreeve.example>".to_owned()));
    assert_eq!(mails[0].header("message-id"), mails[1].header("message-id"));
    assert_eq!(mails[0].header("subject").unwrap(), "TEAM FIX: KMS.3: a key will be deleted");
    assert_eq!(mails[0].header("auto-submitted").unwrap(), "auto-generated");
    assert!(mails[0].header("content-type").unwrap().starts_with("multipart/alternative"));
    assert_eq!(mails[0].from, "keyreeve@example.com");
    assert_eq!(mails[0].to, ["team@example.com", "asa@example.com"]);
    let plain = mails[0].text.find("Content-Type: text/plain").unwrap();
    assert!(plain < mails[0].text.find("Content-Type: text/html").unwrap());
}

#[tokio::test]
async fn before_it_is_sent_nothing_is_unknown_and_after_it_everything() {
    let desk = desk(SmtpSetup::default()).await;
    let smtp = smtp(options(&desk));
    for (at, reply, expected, sent) in [
        (Stage::Connect, None, Fate::Later(None), 0),
        (Stage::Connect, Some("421 4.3.2 shutting down"), Fate::Later(None), 0),
        (Stage::Connect, Some("554 5.7.1 go away"), Fate::Never, 0),
        (Stage::From, None, Fate::Later(None), 0),
        (Stage::From, Some("550 5.7.1 not from you"), Fate::Never, 0),
        (Stage::To, None, Fate::Later(None), 0),
        (Stage::To, Some("451 4.7.1 greylisted"), Fate::Later(None), 0),
        (Stage::Data, Some("452 4.3.1 no room"), Fate::Later(None), 0),
        (Stage::End, Some("452 4.3.1 no room"), Fate::Later(None), 0),
        (Stage::End, Some("554 5.6.0 refused"), Fate::Never, 0),
        (Stage::End, Some("not a reply"), Fate::Unknown, 0),
        (Stage::End, None, Fate::Unknown, 1),
    ] {
        desk.set_smtp_faults(fault(at, reply));
        let failure = smtp.send(&mail()).await.unwrap_err();
        assert_eq!(failure.fate, expected, "{at:?} {reply:?}: {failure}");
        assert_eq!(desk.mails().len(), sent, "{at:?} {reply:?}");
    }
}

#[tokio::test]
async fn a_silence_is_for_later_before_it_is_sent_and_unknown_after_it() {
    let desk = desk(SmtpSetup::default()).await;
    let smtp = smtp(SmtpOptions { total: Duration::from_secs(1), ..options(&desk) });
    for (at, expected) in
        [(Stage::Connect, Fate::Later(None)), (Stage::Data, Fate::Later(None)), (Stage::End, Fate::Unknown)]
    {
        desk.set_smtp_faults(vec![SmtpFault { at, wait: Duration::from_secs(20), reply: None, times: 1 }]);
        let failure = smtp.send(&mail()).await.unwrap_err();
        assert_eq!(failure.fate, expected, "{at:?}: {failure}");
    }
}

#[tokio::test]
async fn a_recipient_that_is_not_there_does_not_keep_the_mail_from_the_others_and_is_told() {
    let desk = desk(SmtpSetup { unknown: vec!["asa@example.com".to_owned()], ..SmtpSetup::default() }).await;
    let smtp = smtp(options(&desk));
    let failure = smtp.send(&mail()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Never);
    assert!(failure.what.contains("sent, but not to asa@example.com: permanent error (550)"), "{failure}");
    assert_eq!(desk.mails()[0].to, ["team@example.com"]);
    let nobody = Mail { to: vec!["asa@example.com".to_owned()], copy: Vec::new(), ..mail() };
    assert!(smtp.send(&nobody).await.unwrap_err().what.contains("no recipient is taken"));
    assert_eq!(desk.mails().len(), 1);
}

#[tokio::test]
async fn a_rotated_password_is_read_again_after_a_refused_login() {
    let login = Some(("keyreeve".to_owned(), "first-password".to_owned()));
    let desk = desk(SmtpSetup { login, ..SmtpSetup::default() }).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first-password\n").unwrap();
    let reference = Reference::File(file.path().to_owned());
    let smtp = smtp(SmtpOptions { login: Some(("keyreeve".to_owned(), reference)), ..options(&desk) });
    smtp.send(&mail()).await.unwrap();
    desk.rotate_mail_password("second-password");
    std::fs::write(file.path(), "second-password\n").unwrap();
    let failure = smtp.send(&mail()).await.unwrap_err();
    assert_eq!(failure.fate, Fate::Login);
    assert!(!failure.what.contains("password") && !format!("{smtp:?}").contains("password"), "{failure} {smtp:?}");
    smtp.send(&mail()).await.unwrap();
    assert_eq!(desk.mails().len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_without_the_encryption_that_was_asked_for() {
    let plain = desk(SmtpSetup::default()).await;
    let starttls = SmtpOptions { security: Security::StartTls, ..options(&plain) };
    assert_eq!(smtp(starttls).send(&mail()).await.unwrap_err().fate, Fate::Never);
    let offering = desk(SmtpSetup { offers_starttls: true, ..SmtpSetup::default() }).await;
    for security in [Security::StartTls, Security::Tls] {
        let broken = SmtpOptions { security, ..options(&offering) };
        assert!(matches!(smtp(broken).send(&mail()).await.unwrap_err().fate, Fate::Later(_)));
    }
    assert!(plain.mails().is_empty() && offering.mails().is_empty());
    let outside = SmtpOptions { security: Security::None, ..SmtpOptions::new("mail.example.com", 25, "a@example.com") };
    assert_eq!(Smtp::new(Arc::new(Secrets::new(None)), outside).unwrap_err().fate, Fate::Never);
}

#[tokio::test]
async fn a_server_in_a_private_network_or_on_this_machine_is_not_called_unless_that_is_allowed() {
    let desk = desk(SmtpSetup::default()).await;
    let at = |host: &str| SmtpOptions { host: host.to_owned(), ..options(&desk) };
    let strict = |host: &str| SmtpOptions { security: Security::StartTls, allow_private: false, ..at(host) };
    for host in ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "localhost", "LOCALHOST.", "mail.localhost"] {
        let refused = Smtp::new(Arc::new(Secrets::new(None)), strict(host)).unwrap_err();
        assert_eq!(refused.fate, Fate::Never, "{host}");
        assert!(refused.what.starts_with(host) && refused.what.contains("set `allow_private = true`"), "{refused}");
    }
    // What a name means is only known when it is looked up: these are this machine, too.
    for host in ["2130706433", "0177.1"] {
        let refused = smtp(strict(host)).send(&mail()).await.unwrap_err();
        assert_eq!(refused.fate, Fate::Never, "{host}");
        assert!(refused.what.contains(&format!("connecting: {host} is in a private network")), "{refused}");
    }
    assert_eq!(desk.mails().len(), 0);
    smtp(at("localhost")).send(&mail()).await.unwrap();
    assert_eq!(desk.mails().len(), 1);
}

#[tokio::test]
async fn an_encrypted_connection_is_made_to_whom_a_trusted_authority_knows() {
    let desk = desk(SmtpSetup::default()).await;
    let front = front(desk.smtp_address()).await;
    let encrypted = |host: &str, authorities: &[u8]| SmtpOptions {
        security: Security::Tls,
        host: host.to_owned(),
        port: front.port(),
        authorities: authorities.to_vec(),
        ..options(&desk)
    };
    smtp(encrypted("localhost", AUTHORITY)).send(&mail()).await.unwrap();
    assert!(matches!(smtp(encrypted("localhost", b"")).send(&mail()).await.unwrap_err().fate, Fate::Later(_)));
    assert_eq!(desk.mails().len(), 1);
}

#[tokio::test]
async fn addresses_and_ids_that_are_none_are_refused_before_anybody_is_called() {
    let desk = desk(SmtpSetup::default()).await;
    let smtp = smtp(options(&desk));
    for address in ["", "x", "a@b.c\r\nBcc: evil@example.com", "a@b.c, d@e.f", "a@b.c>\r\nDATA", "<a@b.c\0>"] {
        let failure = smtp.send(&Mail { to: vec![address.to_owned()], ..mail() }).await.unwrap_err();
        assert_eq!(failure.fate, Fate::Never, "{address:?}");
    }
    for id in ["", "x", "@x", "x@", "a@b@c", "a b@c", "a>@b", "a\r\nX: y@z", "å@b"] {
        assert_eq!(smtp.send(&Mail { id: id.to_owned(), ..mail() }).await.unwrap_err().fate, Fate::Never, "{id:?}");
    }
    assert_eq!(smtp.send(&Mail { to: Vec::new(), ..mail() }).await.unwrap_err().fate, Fate::Never);
    assert!(desk.mails().is_empty());
}

/// The names of a message's headers.
fn headers(message: &Message) -> Vec<String> {
    let text = String::from_utf8(message.formatted()).unwrap();
    let head = text.split("\r\n\r\n").next().unwrap();
    let names = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    names.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

fn written(letter: Letter) -> Message {
    let options = SmtpOptions::new("mail.example.com", 587, "keyreeve@example.com");
    smtp(options).message(&Mail { letter, ..mail() }).unwrap()
}

#[test]
fn hostile_letters_make_no_headers() {
    let expected = headers(&written(samples::letter()));
    for hostile in samples::HOSTILE {
        assert_eq!(headers(&written(samples::everywhere(hostile))), expected, "{hostile:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_title_makes_a_header(title in any::<String>(), tail in "[\r\n :a-zA-Z=?-]{0,300}") {
        let letter = Letter { title: title + &tail, body: Vec::new() };
        let message = written(letter);
        prop_assert_eq!(headers(&message), headers(&written(samples::letter())));
        let text = String::from_utf8(message.formatted()).unwrap();
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }
}
