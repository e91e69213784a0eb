//! `[serve]`: where the daemon listens, what it may do, whom it tells.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The section; what is not given keeps its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Serve {
    pub mode: Mode,
    pub listen: SocketAddr,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    pub open_on_loopback: bool,
    pub store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub schedule: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<PathBuf>,
    pub group: Group,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub incident_destinations: Vec<String>,
    pub autofixed: Autofixed,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<String>,
    pub keep_days: u32,
    pub drain_seconds: u32,
    pub log: LogForm,
    pub log_level: LogLevel,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    pub limits: Limits,
    pub caps: Caps,
    pub intake: Intake,
    pub directory: Directory,
    pub times: Times,
    pub remediation: Remediation,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub code: BTreeMap<String, CodePlace>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tickets: BTreeMap<String, TicketSystem>,
    pub mail: Mail,
    pub http: Http,
}

impl Default for Serve {
    fn default() -> Self {
        Self {
            mode: Mode::Observe,
            listen: SocketAddr::from(([127, 0, 0, 1], 7390)),
            hosts: Vec::new(),
            open_on_loopback: false,
            store: "keyreeve.db".to_owned(),
            name: None,
            schedule: "0 */6 * * *".to_owned(),
            snapshots: Vec::new(),
            rules: None,
            group: Group::Finding,
            destinations: Vec::new(),
            incident_destinations: Vec::new(),
            autofixed: Autofixed::OpenAndClose,
            escalation: Vec::new(),
            keep_days: 400,
            drain_seconds: 25,
            log: LogForm::Json,
            log_level: LogLevel::Info,
            tokens: Vec::new(),
            hooks: Vec::new(),
            limits: Limits::default(),
            caps: Caps::default(),
            intake: Intake::default(),
            directory: Directory::default(),
            times: Times::default(),
            remediation: Remediation::default(),
            code: BTreeMap::new(),
            tickets: BTreeMap::new(),
            mail: Mail::default(),
            http: Http::default(),
        }
    }
}

/// Whether anything is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    Observe,
    Act,
}

/// What one ticket is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    Finding,
    ControlAccount,
    Control,
}

/// The ticket of an automatic fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Autofixed {
    OpenAndClose,
    Open,
    Never,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogForm {
    Json,
    Text,
}

/// What is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

/// `[[serve.tokens]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub name: String,
    pub role: RoleName,
    pub sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleName {
    Viewer,
    Responder,
    Approver,
    Administrator,
}

/// `[[serve.hooks]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    pub name: String,
    pub secret: String,
}

/// `[serve.limits]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub connections: u32,
    pub requests: u32,
    pub header_seconds: u32,
    pub request_seconds: u32,
    pub connection_seconds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 512, requests: 64, header_seconds: 10, request_seconds: 30, connection_seconds: 600 }
    }
}

/// `[serve.caps]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    pub tickets_an_hour: u32,
    pub changes_an_hour: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self { tickets_an_hour: 30, changes_an_hour: 20 }
    }
}

/// `[serve.intake]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Intake {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    pub hub: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hub_regions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub_account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hub_role: Option<String>,
}

/// `[serve.directory]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    pub organizations: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    pub minutes: u32,
}

impl Default for Directory {
    fn default() -> Self {
        Self { organizations: true, file: None, minutes: 30 }
    }
}

/// `[serve.times]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Times {
    pub look_minutes: u32,
    pub remind_hours: u32,
    pub reminders: u32,
    pub hub_minutes: u32,
    pub hub_full_hours: u32,
    pub debounce_seconds: u32,
    pub lease_seconds: u32,
    pub absence_seconds: u32,
    pub visibility_seconds: u32,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            look_minutes: 15,
            remind_hours: 168,
            reminders: 10,
            hub_minutes: 5,
            hub_full_hours: 24,
            debounce_seconds: 2,
            lease_seconds: 300,
            absence_seconds: 900,
            visibility_seconds: 120,
        }
    }
}

/// `[serve.remediation]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Remediation {
    pub as_caller: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, String>,
}

/// `[serve.code.…]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodePlace {
    pub file: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// `[serve.tickets.…]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketSystem {
    pub kind: TicketKind,
    pub address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reopen: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close_code: Option<String>,
    #[serde(default)]
    pub allow_private: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_lag_seconds: Option<u32>,
}

/// Which ticket system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TicketKind {
    JiraCloud,
    JiraDataCenter,
    #[serde(rename = "servicenow")]
    ServiceNow,
    Webhook,
    File,
}

/// `[serve.mail]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    pub security: MailSecurity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    pub allow_private: bool,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host: None,
            port: None,
            security: MailSecurity::Starttls,
            from: None,
            user: None,
            secret: None,
            reply_to: None,
            allow_private: false,
        }
    }
}

/// How mail travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailSecurity {
    Starttls,
    Tls,
    None,
}

/// `[serve.http]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    pub proxy: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_url: Option<String>,
}

impl Default for Http {
    fn default() -> Self {
        Self { proxy: true, endpoint_url: None }
    }
}

impl Serve {
    /// The first mistake that its form does not show: the path of the key, and what is wrong.
    pub fn mistake(&self) -> Option<(String, String)> {
        let wrong = |key: &str, what: String| Some((format!("serve.{key}"), what));
        if !self.listen.ip().is_loopback() && self.tokens.is_empty() {
            let what = "everybody could ask: add tokens first (`keyreeve serve token NAME --role viewer`), or listen on 127.0.0.1";
            return wrong("listen", what.to_owned());
        }
        if self.open_on_loopback && !self.listen.ip().is_loopback() {
            return wrong("open_on_loopback", format!("{} is not loopback: only there may anybody look", self.listen));
        }
        if let Err(what) = super::schedule::Schedule::parse(&self.schedule) {
            return wrong("schedule", what);
        }
        let known = |name: &&String| !self.tickets.contains_key(name.as_str());
        for (key, names) in
            [("destinations", &self.destinations), ("incident_destinations", &self.incident_destinations)]
        {
            if let Some(name) = names.iter().find(known) {
                let near = super::spelling::nearest(name, self.tickets.keys().map(String::as_str));
                let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                return wrong(key, format!("there is no [serve.tickets.{name}]{near}"));
            }
        }
        self.wrong_bound()
            .or_else(|| self.wrong_token())
            .or_else(|| self.wrong_secret())
            .or_else(|| self.wrong_address())
            .map(|(key, what)| (format!("serve.{key}"), what))
    }

    fn wrong_bound(&self) -> Option<(String, String)> {
        let (limits, times, caps) = (&self.limits, &self.times, &self.caps);
        let bounds = [
            ("keep_days", self.keep_days, 1, 36_500),
            ("drain_seconds", self.drain_seconds, 1, 3600),
            ("limits.connections", limits.connections, 1, 65_536),
            ("limits.requests", limits.requests, 1, 4096),
            ("limits.header_seconds", limits.header_seconds, 1, 300),
            ("limits.request_seconds", limits.request_seconds, 1, 600),
            ("limits.connection_seconds", limits.connection_seconds, 1, 86_400),
            ("caps.tickets_an_hour", caps.tickets_an_hour, 1, 100_000),
            ("caps.changes_an_hour", caps.changes_an_hour, 0, 100_000),
            ("directory.minutes", self.directory.minutes, 1, 10_080),
            ("times.look_minutes", times.look_minutes, 1, 10_080),
            ("times.remind_hours", times.remind_hours, 1, 8760),
            ("times.reminders", times.reminders, 0, 1000),
            ("times.hub_minutes", times.hub_minutes, 1, 10_080),
            ("times.hub_full_hours", times.hub_full_hours, 1, 8760),
            ("times.debounce_seconds", times.debounce_seconds, 0, 3600),
            ("times.lease_seconds", times.lease_seconds, 5, 3600),
            ("times.absence_seconds", times.absence_seconds, 5, 86_400),
            ("times.visibility_seconds", times.visibility_seconds, 5, 43_200),
        ];
        let (key, value, least, most) =
            bounds.into_iter().find(|(_, value, least, most)| value < least || value > most)?;
        Some((key.to_owned(), format!("takes a number from {least} to {most}, not {value}")))
    }

    fn wrong_token(&self) -> Option<(String, String)> {
        let mut names = std::collections::BTreeSet::new();
        for token in &self.tokens {
            let at = |what: &str| Some(("tokens".to_owned(), format!("token `{}`: {what}", token.name)));
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
            if token.name.is_empty() || token.name.len() > 64 || !token.name.chars().all(fits) {
                return at("a name has 1 to 64 letters, digits, `-`, `_`, `.` or `@`");
            }
            if !names.insert(&token.name) {
                return at("there are two of that name");
            }
            let is_digest = token.sha256.len() == 64 && token.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_digest {
                return at("`sha256` takes the 64 digits that `keyreeve serve token` printed, never the token itself");
            }
            if token.expires.as_ref().is_some_and(|day| day.parse::<jiff::civil::Date>().is_err()) {
                return at("`expires` takes a day such as 2027-12-31");
            }
        }
        None
    }

    fn wrong_secret(&self) -> Option<(String, String)> {
        let hooks = self.hooks.iter().map(|hook| (format!("hooks `{}`", hook.name), Some(&hook.secret)));
        let tickets = self.tickets.iter().map(|(name, it)| (format!("tickets.{name}.secret"), it.secret.as_ref()));
        let mail = [("mail.secret".to_owned(), self.mail.secret.as_ref())];
        let mut all = hooks.chain(tickets).chain(mail);
        let (key, _) = all.find(|(_, secret)| secret.is_some_and(|secret| !is_reference(secret)))?;
        // What was written is not repeated: it may be the secret itself.
        let what =
            "a secret is named, never written: `env:NAME`, `file:/path`, `secretsmanager:ARN#field` or `ssm:/name`";
        Some((key, what.to_owned()))
    }

    /// An address with a password in it, which would be printed with the configuration.
    fn wrong_address(&self) -> Option<(String, String)> {
        let tickets = self.tickets.iter().flat_map(|(name, it)| {
            let address = (format!("tickets.{name}.address"), it.address.as_str());
            [address].into_iter().chain(it.api.as_deref().map(|api| (format!("tickets.{name}.api"), api)))
        });
        let endpoint = self.http.endpoint_url.as_deref().map(|url| ("http.endpoint_url".to_owned(), url));
        let (key, _) = tickets.chain(endpoint).find(|(_, address)| has_login(address))?;
        // What was written is not repeated: it has the secret in it.
        Some((key, "the address has a user or password in it: name them by `user` and `secret` instead".to_owned()))
    }

    /// What is configured and never used.
    pub fn unused(&self) -> Vec<String> {
        let mut unused = Vec::new();
        for name in self.tickets.keys() {
            if !self.destinations.contains(name) && !self.incident_destinations.contains(name) {
                unused.push(format!("serve.tickets.{name}: no destination names it, so it gets no tickets"));
            }
        }
        let intake = &self.intake;
        let hub = intake.hub_account.is_some() || intake.hub_role.is_some() || !intake.hub_regions.is_empty();
        if hub && !intake.hub {
            unused.push("serve.intake.hub_…: Security Hub is not read, because serve.intake.hub is false".to_owned());
        }
        let mail = &self.mail;
        if mail.host.is_none() && (mail.from.is_some() || mail.user.is_some() || mail.secret.is_some()) {
            unused.push("serve.mail: there is no host, so no mail is sent".to_owned());
        }
        if !self.escalation.is_empty() && mail.host.is_none() {
            unused.push("serve.escalation: there is no serve.mail.host, so no mail is sent".to_owned());
        }
        if !self.hosts.is_empty() && self.listen.ip().is_loopback() {
            unused.push("serve.hosts: on loopback only names of loopback are answered".to_owned());
        }
        if self.mode == Mode::Act && self.destinations.is_empty() && self.incident_destinations.is_empty() {
            unused.push("serve.mode: `act` opens no tickets, because serve.destinations is empty".to_owned());
        }
        unused
    }
}

/// Whether an address has a user or a password before its host.
fn has_login(address: &str) -> bool {
    let authority = address.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#', '\\']).next());
    authority.flatten().is_some_and(|authority| authority.contains('@'))
}

/// Whether a text names a secret instead of being one.
fn is_reference(text: &str) -> bool {
    let Some((kind, rest)) = text.split_once(':') else { return false };
    !rest.is_empty()
        && match kind {
            "env" => !rest.contains(['=', ' ']),
            "file" => rest.starts_with('/'),
            "secretsmanager" | "ssm" => true,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistake(text: &str) -> String {
        let serve: Serve = toml::from_str(text).unwrap();
        serve.mistake().map(|(key, what)| format!("{key}: {what}")).unwrap_or_default()
    }

    #[test]
    fn it_listens_elsewhere_only_with_tokens() {
        assert_eq!(mistake(""), "");
        assert!(mistake("listen = \"0.0.0.0:80\"").contains("add tokens first"));
        assert!(mistake("listen = \"[::]:80\"").contains("add tokens first"));
        let token = format!("[[tokens]]\nname = \"a\"\nrole = \"viewer\"\nsha256 = \"{}\"\n", "0".repeat(64));
        assert_eq!(mistake(&format!("listen = \"0.0.0.0:80\"\n{token}")), "");
        assert!(
            mistake(&format!("listen = \"0.0.0.0:80\"\nopen_on_loopback = true\n{token}")).contains("not loopback")
        );
        assert!(mistake(&format!("{token}{token}")).contains("two of that name"));
    }

    #[test]
    fn a_secret_or_a_token_that_is_written_out_is_refused_and_not_repeated() {
        let wrong = mistake("[mail]\nsecret = \"hunter2\"\n");
        assert!(wrong.contains("serve.mail.secret") && !wrong.contains("hunter2"), "{wrong}");
        let wrong = mistake("[[tokens]]\nname = \"a\"\nrole = \"viewer\"\nsha256 = \"keyreeve_0123\"\n");
        assert!(wrong.contains("never the token itself") && !wrong.contains("0123"), "{wrong}");
        assert_eq!(mistake("[[hooks]]\nname = \"a\"\nsecret = \"env:X\"\n"), "");
        let at = |address: &str| mistake(&format!("[tickets.t]\nkind = \"webhook\"\naddress = \"{address}\"\n"));
        for address in ["https://bot:hunter2@x.example/hook", "http://hunter2@x.example", "https://hunter2@x.example?a"]
        {
            let wrong = at(address);
            assert!(wrong.contains("serve.tickets.t.address") && !wrong.contains("hunter2"), "{wrong}");
        }
        for address in ["https://x.example/@team", "/var/lib/a@b.jsonl", "tickets@home.jsonl"] {
            assert_eq!(at(address), "");
        }
    }

    #[test]
    fn a_destination_must_be_there_and_bounds_are_kept() {
        let jira = "[tickets.jira]\nkind = \"jira-cloud\"\naddress = \"https://x.atlassian.net\"\n";
        assert_eq!(mistake(&format!("destinations = [\"jira\"]\n{jira}")), "");
        assert!(mistake(&format!("destinations = [\"jra\"]\n{jira}")).contains("did you mean `jira`?"));
        assert!(mistake("keep_days = 0").contains("serve.keep_days: takes a number from 1"));
        assert!(mistake("schedule = \"often\"").contains("serve.schedule"));
    }
}
