//! The daemon before a simulated AWS and a simulated desk: its process, what of its configuration is always the same, and talking to it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use simulator::RunningDesk;

use super::cloud::Cloud;

pub const QUEUE: &str = "arn:aws:sqs:eu-north-1:111111111111:keyreeve";

/// How long anything may take: so long that a busy machine is no reason to fail.
const PATIENCE: Duration = Duration::from_secs(90);

/// What the desk takes where nothing else is agreed with it.
pub const SECRETS: [(&str, &str); 2] = [("JIRA_TOKEN", "any-token"), ("SERVICENOW_PASSWORD", "any-password")];

/// A daemon, which does not outlive its test.
pub struct Daemon(pub Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // A test that fails leaves no daemon behind; one that went well has ended it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    /// As `keyreeve.toml` in the home folder says.
    pub fn start(cloud: &Cloud, environment: &[(&str, &str)], out: impl Into<Stdio>, log: File) -> Self {
        let mut command = cloud.command(&["serve", "--config", "keyreeve.toml"]);
        command.envs(environment.iter().copied()).stdin(Stdio::null()).stdout(out).stderr(log);
        Self(command.spawn().unwrap())
    }

    pub fn signal(&self, name: &str) {
        let told = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Tells it to stop, and says whether it ended in order.
    pub fn stop(&mut self) -> bool {
        self.signal("-TERM");
        self.0.wait().unwrap().success()
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Looks until it is so, or too much time has gone by.
pub fn awaited<T>(mut until: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if let Some(found) = until() {
            return Some(found);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    None
}

/// What is answered to these bytes, head and all, until the connection is closed; nothing where nobody listens.
pub fn exchange(address: &str, request: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(address) else { return String::new() };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may be refused, and the connection closed, before all was sent.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The desk's Jira in the configuration, as the last of its tables.
pub fn jira(desk: &RunningDesk) -> String {
    let address = desk.jira_url();
    format!(
        r#"[serve.tickets.jira]
kind = "jira-cloud"
address = "{address}"
project = "SEC"
user = "keyreeve@example.com"
secret = "env:JIRA_TOKEN"
allow_private = true
search_lag_seconds = 0
"#
    )
}

/// The desk's ServiceNow, with its password in that place.
pub fn servicenow(desk: &RunningDesk, secret: &str) -> String {
    let address = desk.servicenow_url();
    format!(
        r#"[serve.tickets.servicenow]
kind = "servicenow"
address = "{address}"
user = "keyreeve"
secret = "{secret}"
allow_private = true
"#
    )
}

/// The desk's mail server.
pub fn mail(desk: &RunningDesk) -> String {
    let address = desk.smtp_address();
    format!(
        r#"[serve.mail]
host = "{}"
port = {}
security = "none"
from = "Keyreeve <keyreeve@acme.example>"
allow_private = true
"#,
        address.ip(),
        address.port()
    )
}
