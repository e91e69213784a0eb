//! A daemon in a folder of its own, its configuration, and requests to it as they are on the wire.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long anything may take: so long that a busy machine is no reason to fail.
const PATIENCE: Duration = Duration::from_secs(90);

/// A token, and the SHA-256 of it, as `sha256sum` gives it.
pub const TOKEN: &str = "keyreeve_a-token-of-an-administrator";
pub const TOKEN_DIGEST: &str = "58a745a0a3a63b6a4e51626586288b2d5332fca20c78264b49cd92fcb947459f";

pub struct Daemon {
    process: Child,
    pub port: u16,
    folder: PathBuf,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // A test that fails leaves no daemon behind; one that went well has ended it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that was free a moment ago.
pub fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The example organisation's snapshot, as TOML has a path.
pub fn acme() -> String {
    format!("{:?}", Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/acme").display().to_string())
}

/// The program's other commands, in the daemon's folder.
pub fn keyreeve(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_keyreeve")).args(arguments).current_dir(folder).env_clear().output().unwrap()
}

impl Daemon {
    pub fn start(folder: &Path, port: u16) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_keyreeve"))
            .args(["serve", "--config", "keyreeve.toml"])
            .current_dir(folder)
            .env_clear()
            .stderr(std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let daemon = Self { process, port, folder: folder.to_owned() };
        daemon.wait("the first answer", || daemon.ask("GET", "/readyz", "").filter(|(status, _)| *status == 200));
        daemon
    }

    /// Sends these bytes and reads until the connection is closed; what came may be nothing.
    pub fn raw(&self, request: &[u8]) -> String {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return String::new() };
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        // It may be refused, and the connection closed, before all was sent.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The status and the body of the answer to a request with the token.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let length = body.len();
        answer(&self.raw(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .as_bytes(),
        ))
    }

    pub fn get(&self, path: &str) -> Option<Value> {
        let (status, body) = self.ask("GET", path, "")?;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).ok()
    }

    pub fn wait<T>(&self, what: &str, mut until: impl FnMut() -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(found) = until() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{what} did not come: {}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// How many tickets are open, once that many are and no job waits.
    pub fn settled(&self) -> usize {
        self.wait("the last ticket", || {
            // In this order: what was decided has its jobs, and a job that is done its ticket.
            let read = self.log().contains("everything was read");
            let undecided =
                self.get("/api/v1/findings?limit=1000")?["items"].as_array()?.iter().any(|it| it["action"].is_null());
            let counts = self.get("/api/v1/job-counts")?;
            let waits = |count: &Value| count["state"] != "done" && count["queue"] == "ticket";
            let tickets = self.get("/api/v1/tickets?state=open&limit=1000")?["items"].as_array()?.len();
            (read && !undecided && tickets > 0 && !counts.as_array()?.iter().any(waits)).then_some(tickets)
        })
    }

    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Ends it at once, whatever it is doing.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Tells it to stop, and says how long that took.
    pub fn stop(mut self) -> Duration {
        let began = Instant::now();
        self.signal("-TERM");
        assert!(self.process.wait().unwrap().success(), "{}", self.log());
        began.elapsed()
    }
}

/// The status and the body of an answer, if it is one.
pub fn answer(text: &str) -> Option<(u16, String)> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((status, body.to_owned()))
}
