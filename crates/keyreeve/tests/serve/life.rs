//! How a daemon lives: its configuration is read again on SIGHUP, its store is copied while it runs, it writes its report, and SIGTERM lets
//! it finish.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::daemon::{Daemon, TOKEN, TOKEN_DIGEST, acme, answer, keyreeve, port};

/// A configuration with this in its table `[serve]`, and this after it.
fn write(folder: &Path, port: u16, more: &str, tables: &str) {
    let acme = acme();
    let text = format!(
        "[serve]\nlisten = \"127.0.0.1:{port}\"\nsnapshots = [{acme}]\ndrain_seconds = 20\n{more}\n\
         [[serve.tokens]]\nname = \"test\"\nrole = \"administrator\"\nsha256 = \"{TOKEN_DIGEST}\"\n{tables}\n"
    );
    std::fs::write(folder.join("keyreeve.toml"), text).unwrap();
}

const PAPER: &str = "[serve.tickets.paper]\nkind = \"file\"\naddress = \"tickets.jsonl\"\n";

fn count(daemon: &Daemon, words: &str) -> usize {
    daemon.log().matches(words).count()
}

/// Tells it to read again, and waits until it has said what came of it.
fn reload(daemon: &Daemon, words: &str) {
    let before = count(daemon, words);
    daemon.signal("-HUP");
    daemon.wait(words, || (count(daemon, words) > before).then_some(()));
}

#[test]
fn sighup_takes_over_what_can_be_and_says_what_waits_for_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    write(folder, port, "store = \":memory:\"\nschedule = \"\"", "");
    let daemon = Daemon::start(folder, port);
    assert_eq!(daemon.get("/api/v1/status").unwrap()["mode"], "observe");

    // Mode, ticket systems, rules, hooks and tokens are taken over; requests that are being answered keep the old.
    let rules = r#"[{"id": "KMS.3", "suppress_when": "account_id = 333333333333", "owner": "a", "reason": "b"}]"#;
    std::fs::write(folder.join("rules.json"), rules).unwrap();
    let taken_over =
        "mode = \"act\"\nstore = \":memory:\"\nschedule = \"\"\nrules = \"rules.json\"\ndestinations = [\"paper\"]";
    write(folder, port, taken_over, PAPER);
    reload(&daemon, "the new configuration is in force");
    let status = daemon.get("/api/v1/status").unwrap();
    assert_eq!((&status["mode"], &status["destinations"][0]), (&Value::from("act"), &Value::from("paper")), "{status}");
    assert_eq!(daemon.get("/api/v1/suppressions").unwrap()[0]["id"], "KMS.3");
    assert_eq!(count(&daemon, "taken over when the daemon is started again"), 0);

    // What holds sockets, files and the log is not, and is named.
    let other = super::daemon::port();
    write(
        folder,
        other,
        &format!("{taken_over}\nname = \"other\"\nlog = \"text\"").replace(":memory:", "other.db"),
        PAPER,
    );
    reload(&daemon, "the new configuration is in force");
    for key in ["serve.listen", "serve.store", "serve.name", "serve.log"] {
        let named = |line: &&str| {
            line.contains("taken over when the daemon is started again") && line.contains(&format!("\"{key}\""))
        };
        assert!(daemon.log().lines().any(|line| named(&line)), "{key}: {}", daemon.log());
    }
    assert_eq!(daemon.get("/api/v1/status").unwrap()["mode"], "act", "it listens where it did");
    assert!(!folder.join("other.db").exists() && TcpStream::connect(("127.0.0.1", other)).is_err());

    // What is wrong changes nothing: unknown keys, values that are none, files that are not there, no TOML, no file.
    for wrong in [
        "[serve]\nnonsense = 1\n".to_owned(),
        "[serve]\nmode = \"perhaps\"\n".to_owned(),
        "[serve\n".to_owned(),
        format!("[serve]\nlisten = \"127.0.0.1:{port}\"\nrules = \"nowhere.json\"\n"),
        format!("[serve]\nlisten = \"127.0.0.1:{port}\"\ndestinations = [\"nobody\"]\n"),
        format!(
            "[serve]\nlisten = \"127.0.0.1:{port}\"\n[serve.tickets.j]\nkind = \"jira-cloud\"\naddress = \"https://x.example\"\nproject = \"P\"\nsecret = \"hunter2-in-plain-text\"\n"
        ),
        format!(
            "[serve]\nlisten = \"127.0.0.1:{port}\"\n[[serve.hooks]]\nname = \"h\"\nsecret = \"file:/nowhere/at/all\"\n"
        ),
    ] {
        std::fs::write(folder.join("keyreeve.toml"), &wrong).unwrap();
        reload(&daemon, "stays in force");
        assert_eq!(daemon.get("/api/v1/status").unwrap()["mode"], "act", "{wrong}");
        assert_eq!(daemon.get("/api/v1/suppressions").unwrap()[0]["id"], "KMS.3", "{wrong}");
    }
    std::fs::remove_file(folder.join("keyreeve.toml")).unwrap();
    reload(&daemon, "stays in force");
    assert!(!daemon.log().contains("hunter2"), "{}", daemon.log());

    // A token that is taken out is out at once.
    let text = format!(
        "[serve]\nlisten = \"127.0.0.1:{port}\"\nstore = \":memory:\"\nschedule = \"\"\nsnapshots = [{}]\n",
        acme()
    );
    std::fs::write(folder.join("keyreeve.toml"), text).unwrap();
    reload(&daemon, "the new configuration is in force");
    assert_eq!(daemon.ask("GET", "/api/v1/status", "").unwrap().0, 401);
    daemon.stop();
}

#[test]
fn a_configuration_for_loopback_opens_no_daemon_that_listens_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    let everywhere = |open: &str, host: &str| {
        write(folder, port, &format!("store = \":memory:\"\nschedule = \"\"\n{open}"), "");
        let text = std::fs::read_to_string(folder.join("keyreeve.toml")).unwrap();
        std::fs::write(folder.join("keyreeve.toml"), text.replace("127.0.0.1", host)).unwrap();
    };
    everywhere("", "0.0.0.0");
    let daemon = Daemon::start(folder, port);
    // It will listen on loopback after a restart; until then its door is open to everybody.
    everywhere("open_on_loopback = true", "127.0.0.1");
    reload(&daemon, "the new configuration is in force");
    let said = daemon.raw(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert_eq!(answer(&said).unwrap().0, 401, "{said}");
    daemon.stop();
}

#[test]
fn a_store_is_copied_while_the_daemon_runs_and_put_back_after_it_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    write(folder, port, "mode = \"act\"\ndestinations = [\"paper\"]\n[serve.caps]\ntickets_an_hour = 1000", PAPER);
    let daemon = Daemon::start(folder, port);
    // While it writes: whatever the copy has, it is whole.
    daemon
        .wait("findings", || (!daemon.get("/api/v1/findings?limit=1")?["items"].as_array()?.is_empty()).then_some(()));
    let done = keyreeve(folder, &["store", "backup", "early.db", "--config", "keyreeve.toml"]);
    assert!(done.status.success(), "{done:?}");
    let tickets = daemon.settled();
    let done = keyreeve(folder, &["store", "backup", "copy.db", "--config", "keyreeve.toml"]);
    assert!(done.status.success() && String::from_utf8_lossy(&done.stdout).contains("copied to copy.db"), "{done:?}");
    let findings = daemon.get("/api/v1/findings?limit=1000").unwrap();
    let again = keyreeve(folder, &["store", "backup", "copy.db", "--config", "keyreeve.toml"]);
    assert!(!again.status.success(), "a copy is not written over unless that is said: {again:?}");

    // What happens after the copy is not in it.
    let (status, answer) = daemon.ask("POST", "/api/v1/brake/stop", "{\"reason\": \"after the copy\"}").unwrap();
    assert_eq!(status, 200, "{answer}");
    // The daemon holds its store: putting another in its place now would be lost or worse.
    let early = keyreeve(folder, &["store", "restore", "copy.db", "--replace", "--config", "keyreeve.toml"]);
    assert!(!early.status.success(), "restored under a running daemon: {early:?}");
    assert!(daemon.get("/api/v1/brake").unwrap()["stopped"].is_string());
    daemon.stop();

    let done = keyreeve(folder, &["store", "restore", "copy.db", "--replace", "--config", "keyreeve.toml"]);
    assert!(done.status.success(), "{done:?}");
    assert!(keyreeve(folder, &["store", "verify", "--config", "keyreeve.toml"]).status.success());
    let daemon = Daemon::start(folder, port);
    assert!(daemon.get("/api/v1/brake").unwrap()["stopped"].is_null(), "as it was when it was copied");
    assert_eq!(daemon.settled(), tickets);
    assert_eq!(
        daemon.get("/api/v1/findings?limit=1000").unwrap()["items"].as_array().map(Vec::len),
        findings["items"].as_array().map(Vec::len)
    );
    let opened = std::fs::read_to_string(folder.join("tickets.jsonl")).unwrap();
    assert_eq!(
        opened.lines().filter(|line| line.contains("\"event\":\"opened\"")).count(),
        tickets,
        "none is opened twice"
    );
    daemon.stop();
}

#[test]
fn the_weekly_report_is_the_same_from_the_command_line_and_from_the_api() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    write(folder, port, "mode = \"act\"\ndestinations = [\"paper\"]\n[serve.caps]\ntickets_an_hour = 1000", PAPER);
    let daemon = Daemon::start(folder, port);
    daemon.settled();
    // A time to come: what is done meanwhile changes nothing of it.
    let until = "2126-01-01T00:00:00Z";
    for form in ["json", "html", "markdown"] {
        let written =
            keyreeve(folder, &["report", "weekly", "-f", form, "--until", until, "--config", "keyreeve.toml"]);
        assert!(written.status.success(), "{written:?}");
        let written = String::from_utf8(written.stdout).unwrap();
        let (status, shown) =
            daemon.ask("GET", &format!("/api/v1/reports/weekly?form={form}&until={until}"), "").unwrap();
        assert_eq!((status, shown), (200, written.clone()), "{form}");
        assert!(written.contains("SEC") || written.len() > 500, "{form}: {written}");
    }
    let again = keyreeve(folder, &["report", "weekly", "-f", "json", "--until", until, "--config", "keyreeve.toml"]);
    let report: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert!(report["weeks"].as_array().is_some_and(|weeks| weeks.len() == 4), "{report}");
    daemon.stop();
    // Without a daemon it is the same.
    let after = keyreeve(folder, &["report", "weekly", "-f", "json", "--until", until, "--config", "keyreeve.toml"]);
    assert_eq!(after.stdout, again.stdout);
    let nowhere = tempfile::tempdir().unwrap();
    let refused = keyreeve(nowhere.path(), &["report", "weekly"]);
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("there is no store"),
        "{refused:?}"
    );
}

#[test]
fn sigterm_answers_what_was_asked_and_ends_within_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    write(folder, port, "schedule = \"\"", "");
    let daemon = Daemon::start(folder, port);
    // A request that is on its way when the daemon is told to stop.
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let body = "{\"reason\": \"it was asked in time\"}";
    let head = format!(
        "POST /api/v1/brake/stop HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    // A connection that is kept open and asks nothing keeps nobody waiting.
    let mut idle = TcpStream::connect(("127.0.0.1", port)).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(300));
    daemon.signal("-TERM");
    daemon.wait("the stopping", || daemon.log().contains("what is being done is done first").then_some(()));
    daemon.wait("the closed door", || TcpStream::connect(("127.0.0.1", port)).is_err().then_some(()));
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).unwrap();
    assert_eq!(answer(&said).unwrap().0, 200, "{said}");
    let began = Instant::now();
    assert!(daemon.stop() < Duration::from_secs(15), "{:?}", began.elapsed());
    // And it was written.
    let daemon = Daemon::start(folder, port);
    let stopped = daemon.get("/api/v1/brake").unwrap()["stopped"].clone();
    assert!(stopped.as_str().is_some_and(|why| why.contains("it was asked in time")), "{stopped}");
    daemon.stop();
}
