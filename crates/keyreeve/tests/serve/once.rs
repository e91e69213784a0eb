//! From keys to tickets, once, whatever is configured meanwhile and however often it is started.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::daemon::{Daemon, TOKEN_DIGEST, acme, port};

fn write_config(folder: &Path, port: u16, mode: &str) {
    let acme = acme();
    let text = format!(
        "[serve]\nmode = \"{mode}\"\nlisten = \"127.0.0.1:{port}\"\nopen_on_loopback = true\nsnapshots = [{acme}]\n\
         destinations = [\"paper\"]\n[serve.caps]\ntickets_an_hour = 1000\n\
         [[serve.tokens]]\nname = \"test\"\nrole = \"administrator\"\nsha256 = \"{TOKEN_DIGEST}\"\n\
         [serve.tickets.paper]\nkind = \"file\"\naddress = \"tickets.jsonl\"\n"
    );
    std::fs::write(folder.join("keyreeve.toml"), text).unwrap();
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
