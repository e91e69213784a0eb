//! The daemon as a process: from keys to tickets, once, whatever is configured meanwhile and however often it is started.

#![cfg(all(unix, feature = "serve"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

struct Daemon {
    process: Child,
    port: u16,
    folder: PathBuf,
}

/// A port that was free a moment ago.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn write_config(folder: &Path, port: u16, mode: &str) {
    let acme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme");
    let text = format!(
        "[serve]\nmode = \"{mode}\"\nlisten = \"127.0.0.1:{port}\"\nopen_on_loopback = true\nsnapshots = [{:?}]\n\
         destinations = [\"paper\"]\n[serve.caps]\ntickets_an_hour = 1000\n\
         [serve.tickets.paper]\nkind = \"file\"\naddress = \"tickets.jsonl\"\n",
        acme.display().to_string()
    );
    std::fs::write(folder.join("keyreeve.toml"), text).unwrap();
}

impl Daemon {
    fn start(folder: &Path, port: u16) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_keyreeve"))
            .args(["serve", "--config", "keyreeve.toml"])
            .current_dir(folder)
            .env_clear()
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, port, folder: folder.to_owned() }
    }

    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).ok()
    }

    fn wait<T>(&self, what: &str, mut until: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(90);
        while Instant::now() < end {
            if let Some(found) = until() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("{what} did not come: {}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// How many tickets are open, once that many are and no job waits.
    fn settled(&self) -> usize {
        self.wait("the last ticket", || {
            let counts = self.get("/api/v1/job-counts")?;
            let waits = |count: &Value| count["state"] != "done" && count["queue"] == "ticket";
            let tickets = self.get("/api/v1/tickets?state=open&limit=1000")?["items"].as_array()?.len();
            let undecided =
                self.get("/api/v1/findings?limit=1000")?["items"].as_array()?.iter().any(|it| it["action"].is_null());
            let read = self.log().contains("everything was read");
            (read && !undecided && tickets > 0 && !counts.as_array()?.iter().any(waits)).then_some(tickets)
        })
    }

    fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(told.success() && self.process.wait().unwrap().success(), "{}", self.log());
    }
}

fn opened(folder: &Path) -> usize {
    let text = std::fs::read_to_string(folder.join("tickets.jsonl")).unwrap_or_default();
    text.lines().filter(|line| line.contains("\"event\":\"opened\"")).count()
}

#[test]
fn findings_become_tickets_once_whatever_is_configured_and_however_often_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    write_config(folder, port, "observe");
    let daemon = Daemon::start(folder, port);
    daemon.wait("an observation", || {
        let findings = daemon.get("/api/v1/findings?action=TEAMFIX&limit=1")?;
        (!findings["items"].as_array()?.is_empty() && daemon.log().contains("everything was read")).then_some(())
    });
    assert_eq!(opened(folder), 0, "who observes opens nothing");

    // A configuration that is wrong changes nothing; one that is right is taken over without a restart.
    std::fs::write(folder.join("keyreeve.toml"), "[serve]\nmode = \"act\"\nnonsense = 1\n").unwrap();
    daemon.wait("the refusal", || daemon.log().contains("stays in force").then_some(()));
    assert_eq!(daemon.get("/api/v1/status").unwrap()["mode"], "observe");
    write_config(folder, port, "act");
    daemon.wait("the new mode", || (daemon.get("/api/v1/status")?["mode"] == "act").then_some(()));
    let tickets = daemon.settled();
    assert_eq!(opened(folder), tickets);
    daemon.stop();

    // Started again, it reads nothing twice and opens nothing twice.
    let daemon = Daemon::start(folder, port);
    assert_eq!((daemon.settled(), opened(folder)), (tickets, tickets));
    daemon.stop();
    let mut verify = Command::new(env!("CARGO_BIN_EXE_keyreeve"));
    verify.args(["store", "verify", "--config", "keyreeve.toml"]).current_dir(folder).stdout(Stdio::null());
    assert!(verify.status().unwrap().success());
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    let lines = log.lines().filter(|line| line.starts_with('{'));
    assert!(
        lines.clone().count() > 5 && lines.clone().all(|line| serde_json::from_str::<Value>(line).is_ok()),
        "{log}"
    );
}
