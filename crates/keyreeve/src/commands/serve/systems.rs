//! The systems that the daemon talks to beside AWS: ticket systems, mail, a file of accounts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use respond::http::{Http, HttpOptions};
use respond::mail::{Security, Smtp, SmtpOptions};
use respond::ports::{Clock, Directory, Mailer, Reply, Tickets};
use respond::secret::{Reference, Secrets};
use respond::tickets::file::FileTickets;
use respond::tickets::jira::{Dialect, Jira, JiraLogin, JiraOptions};
use respond::tickets::servicenow::{ServiceNow, ServiceNowLogin, ServiceNowOptions};
use respond::tickets::webhook::Webhook;

use crate::commands::triage_input::read_accounts;
use crate::config::Loaded;
use crate::config::serve::{MailSecurity, TicketKind, TicketSystem};

/// The machine's clock.
pub struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The ticket systems that are configured, by name.
pub fn tickets(loaded: &Loaded, secrets: &Arc<Secrets>) -> anyhow::Result<BTreeMap<String, Arc<dyn Tickets>>> {
    let systems = loaded.config.serve.tickets.iter();
    systems
        .map(|(name, system)| {
            let made = one(loaded, system, secrets).with_context(|| format!("serve.tickets.{name}"))?;
            Ok((name.clone(), made))
        })
        .collect()
}

fn one(loaded: &Loaded, system: &TicketSystem, secrets: &Arc<Secrets>) -> anyhow::Result<Arc<dyn Tickets>> {
    let lag = system.search_lag_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    Ok(match system.kind {
        TicketKind::JiraCloud | TicketKind::JiraDataCenter => {
            let dialect = if system.kind == TicketKind::JiraCloud { Dialect::Cloud } else { Dialect::DataCenter };
            let token = secret(system)?;
            let login = match system.user.clone() {
                Some(user) => JiraLogin::Basic { user, token },
                None => JiraLogin::Bearer { token },
            };
            let project = system.project.as_deref().context("`project` is needed: where tickets go that name none")?;
            let usual = JiraOptions::new(dialect, &system.address, login, project);
            let options = JiraOptions {
                api: system.api.clone(),
                issue_type: system.issue_type.clone().unwrap_or(usual.issue_type),
                done: system.done.clone(),
                reopen: system.reopen.clone(),
                resolution: system.resolution.clone(),
                search_lag: lag.unwrap_or(usual.search_lag),
                ..usual
            };
            Arc::new(Jira::new(http(loaded, system)?, secrets.clone(), options)?)
        }
        TicketKind::ServiceNow => {
            let secret = secret(system)?;
            let login = match (system.client_id.clone(), system.user.clone()) {
                (Some(id), _) => ServiceNowLogin::Client { id, secret },
                (None, Some(user)) => ServiceNowLogin::Basic { user, password: secret },
                (None, None) => ServiceNowLogin::Key { key: secret },
            };
            let usual = ServiceNowOptions::new(&system.address, login);
            let options = ServiceNowOptions {
                table: system.table.clone().unwrap_or(usual.table),
                assignment_group: system.project.clone(),
                category: system.category.clone(),
                close_code: system.close_code.clone().unwrap_or(usual.close_code),
                search_lag: lag.unwrap_or(usual.search_lag),
                ..usual
            };
            Arc::new(ServiceNow::new(http(loaded, system)?, secrets.clone(), options)?)
        }
        TicketKind::Webhook => {
            Arc::new(Webhook::new(http(loaded, system)?, secrets.clone(), &system.address, secret(system)?)?)
        }
        TicketKind::File => Arc::new(FileTickets::new(loaded.path(system.address.as_ref()))),
    })
}

/// Looks whether tickets could be opened as configured, and says what it found: an outage keeps nobody from starting.
pub async fn look_over(systems: BTreeMap<String, Arc<dyn Tickets>>, projects: Vec<String>) {
    for (system, tickets) in systems {
        match tickets.check(&projects).await {
            Ok(found) => {
                for problem in &found.problems {
                    tracing::error!(system, problem, "tickets cannot be opened as configured");
                }
                for note in &found.notes {
                    tracing::warn!(system, note, "tickets are opened, but not quite as one may expect");
                }
                if found.problems.is_empty() {
                    tracing::info!(system, "tickets can be opened");
                }
            }
            Err(failure) => tracing::error!(system, error = %failure, "the ticket system could not be looked over"),
        }
    }
}

fn secret(system: &TicketSystem) -> anyhow::Result<Reference> {
    let text = system.secret.as_deref().context("`secret` is needed, by reference: `env:NAME`, `file:/path` …")?;
    text.parse().context("`secret`")
}

fn http(loaded: &Loaded, system: &TicketSystem) -> anyhow::Result<Http> {
    let authorities = match &system.authorities {
        Some(path) => certificates(loaded.path(path))?,
        None => Vec::new(),
    };
    let proxy = loaded.config.serve.http.proxy;
    Ok(Http::new(&HttpOptions { allow_private: system.allow_private, proxy, authorities, ..HttpOptions::default() })?)
}

fn certificates(path: PathBuf) -> anyhow::Result<Vec<u8>> {
    std::fs::read(&path).with_context(|| format!("reading the certificates in {}", path.display()))
}

/// The mail server, where one is configured.
pub fn mailer(loaded: &Loaded, secrets: &Arc<Secrets>) -> anyhow::Result<Option<Arc<dyn Mailer>>> {
    let mail = &loaded.config.serve.mail;
    let Some(host) = &mail.host else { return Ok(None) };
    let from = mail.from.as_deref().context("serve.mail.from is needed: who sends")?;
    let (security, usual) = match mail.security {
        MailSecurity::Starttls => (Security::StartTls, 587),
        MailSecurity::Tls => (Security::Tls, 465),
        MailSecurity::None => (Security::None, 25),
    };
    let login = match (&mail.user, &mail.secret) {
        (Some(user), Some(secret)) => Some((user.clone(), secret.parse().context("serve.mail.secret")?)),
        (None, None) => None,
        _ => bail!("serve.mail: `user` and `secret` go together"),
    };
    let options = SmtpOptions {
        security,
        allow_private: mail.allow_private,
        login,
        reply_to: mail.reply_to.clone(),
        ..SmtpOptions::new(host, mail.port.unwrap_or(usual), from)
    };
    Ok(Some(Arc::new(Smtp::new(secrets.clone(), options).context("serve.mail")?)))
}

/// Accounts in a file, read whenever they are asked for.
pub struct AccountFile(pub PathBuf);

impl Directory for AccountFile {
    fn accounts(&self) -> Reply<'_, Vec<finding::Account>> {
        let path = self.0.clone();
        Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || read_accounts(&[path])).await;
            match read {
                Ok(Ok(accounts)) => Ok(accounts),
                Ok(Err(error)) => Err(respond::Failure::never(format!("{error:#}"))),
                Err(_) => Err(respond::Failure::later("the reading was stopped", None)),
            }
        })
    }
}
