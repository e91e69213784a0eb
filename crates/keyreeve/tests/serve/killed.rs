//! A daemon that is killed while it waits for an answer: the next one goes on at once, and looks before it sends anything again.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::daemon::{Daemon, TOKEN_DIGEST, acme, port};

/// A Jira that answers whatever is asked that nothing was found, and never answers who opens an issue. Tells the first line of each
/// request.
fn jira() -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let mut unanswered = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = Vec::new();
            let mut part = [0; 4096];
            while !text.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(read @ 1..) => text.extend_from_slice(&part[..read]),
                    _ => break,
                }
            }
            let line = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned();
            if line.starts_with("POST") && line.contains("/issue ") {
                unanswered.push(stream);
            } else {
                let body = "{\"issues\": [], \"isLast\": true, \"total\": 0, \"startAt\": 0, \"maxResults\": 50}";
                let length = body.len();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
                let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}");
            }
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    (port, told)
}

#[test]
fn what_a_killed_daemon_was_doing_is_looked_after_at_once_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, port) = (folder.path(), port());
    let (jira, told) = jira();
    // Whoever waited for leases to end would wait for an hour.
    let text = format!(
        "[serve]\nlisten = \"127.0.0.1:{port}\"\nsnapshots = [{}]\nmode = \"act\"\ndestinations = [\"jira\"]\n\
         [serve.times]\nlease_seconds = 3600\n\
         [[serve.tokens]]\nname = \"test\"\nrole = \"administrator\"\nsha256 = \"{TOKEN_DIGEST}\"\n\
         [serve.tickets.jira]\nkind = \"jira-data-center\"\naddress = \"http://127.0.0.1:{jira}\"\nproject = \"SEC\"\n\
         secret = \"file:{}\"\nallow_private = true\nsearch_lag_seconds = 0\n",
        acme(),
        folder.join("secret").display()
    );
    std::fs::write(folder.join("keyreeve.toml"), text).unwrap();
    std::fs::write(folder.join("secret"), "a-secret").unwrap();
    let next = || told.recv_timeout(Duration::from_secs(90)).unwrap();
    let opens = |line: &String| line.starts_with("POST") && line.contains("/issue ");

    let daemon = Daemon::start(folder, port);
    while !opens(&next()) {}
    let held = daemon.get("/api/v1/jobs?queue=ticket&state=unknown").unwrap();
    assert_eq!(held["items"].as_array().map(Vec::len), Some(1), "{held}");
    let job = held["items"][0]["id"].as_str().unwrap().to_owned();
    daemon.kill();
    for line in told.try_iter() {
        assert!(!opens(&line), "one at a time: {line}");
    }

    let daemon = Daemon::start(folder, port);
    assert!(daemon.log().contains("whoever held these jobs is gone"), "{}", daemon.log());
    // The issue is looked for, and not opened again: nobody knows yet what became of it.
    daemon.wait("somebody who looks", || {
        let found = daemon.get("/api/v1/jobs?queue=ticket&state=unknown&limit=1000")?;
        let job = found["items"].as_array()?.iter().find(|it| it["id"] == job.as_str())?.clone();
        job["note"].as_str()?.contains("not found yet").then_some(())
    });
    daemon.kill();
}
