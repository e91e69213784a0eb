//! Mail by SMTP: text and HTML, one connection each, and what is known of its fate at each step of the conversation.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as From, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error, response};
use lettre::{Address, Message};

use crate::failure::{Failure, Fate};
use crate::http::{Guard, NotReached, redacted};
use crate::letter::{clean, html, text};
use crate::ports::{Mail, Mailer, Reply};
use crate::secret::{Reference, Secret, Secrets};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Encrypted from the beginning (port 465).
    Tls,
    /// Encrypted after `STARTTLS`, without which nothing is sent (port 587).
    StartTls,
    /// Not at all: only to this machine.
    None,
}

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct SmtpOptions {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// Whether it may lie in a private network or on this machine.
    pub allow_private: bool,
    /// User and password, where it wants them.
    pub login: Option<(String, Reference)>,
    /// From whom: `Keyreeve <keyreeve@example.com>`.
    pub from: String,
    /// To whom answers go.
    pub reply_to: Option<String>,
    /// Certificates (PEM) that are trusted besides the machine's.
    pub authorities: Vec<u8>,
    /// How long connecting may take.
    pub connect: Duration,
    /// How long all of it may take.
    pub total: Duration,
}

impl SmtpOptions {
    /// The usual: `STARTTLS` to a public address, ten seconds to connect, thirty in all.
    #[must_use]
    pub fn new(host: &str, port: u16, from: &str) -> Self {
        Self {
            host: host.to_owned(),
            port,
            security: Security::StartTls,
            allow_private: false,
            login: None,
            from: from.to_owned(),
            reply_to: None,
            authorities: Vec::new(),
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

/// The most characters of a subject, of the text, and the most recipients.
const MAX_SUBJECT: usize = 200;
const MAX_TEXT: usize = 200_000;
const MAX_RECIPIENTS: usize = 100;
/// The most characters of a message about a failure.
const MAX_WORDS: usize = 2000;

/// Sends mail by one server.
#[derive(Debug)]
pub struct Smtp {
    secrets: Arc<Secrets>,
    options: SmtpOptions,
    guard: Guard,
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Smtp {
    /// A mailer with these options.
    ///
    /// # Errors
    /// Where an address cannot be one, where the connection would be open to others, or the server is a private one and may not be.
    pub fn new(secrets: Arc<Secrets>, options: SmtpOptions) -> Result<Self, Failure> {
        let is_here =
            options.host == "localhost" || options.host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback());
        if options.security == Security::None && !is_here {
            return Err(Failure::never(format!(
                "mail server {}: without encryption only this machine is called; set `security` to \"starttls\" or \"tls\"",
                options.host
            )));
        }
        // No proxy stands between us and a mail server.
        let guard = Guard::new(options.allow_private, false);
        guard.check_host(&options.host).map_err(|why| Failure::never(why.to_string()))?;
        let from = mailbox("from", &options.from)?;
        let reply_to = options.reply_to.as_deref().map(|address| mailbox("reply_to", address)).transpose()?;
        Ok(Self { secrets, options, guard, from, reply_to })
    }

    fn message(&self, mail: &Mail) -> Result<Message, Failure> {
        let number = mail.to.len() + mail.copy.len();
        if mail.to.is_empty() || number > MAX_RECIPIENTS {
            return Err(Failure::never(format!(
                "mail {}: {number} recipients; there can be 1 to {MAX_RECIPIENTS}",
                mail.id
            )));
        }
        let raw =
            |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(text::title(&mail.letter, MAX_SUBJECT))
            .message_id(Some(format!("<{}>", message_id(&mail.id)?)))
            .date_now()
            // Nobody's absence is answered to us (RFC 3834).
            .raw_header(raw("Auto-Submitted", "auto-generated"));
        for address in &mail.to {
            builder = builder.to(mailbox("recipient", address)?);
        }
        for address in &mail.copy {
            builder = builder.cc(mailbox("recipient", address)?);
        }
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        let parts = MultiPart::alternative_plain_html(
            text::body(&mail.letter, MAX_TEXT),
            html::page(&mail.letter, mail.severity),
        );
        builder.multipart(parts).map_err(|error| Failure::never(format!("mail {}: {error}", mail.id)))
    }

    async fn deliver(&self, mail: &Mail) -> Result<(), Failure> {
        let message = self.message(mail)?;
        let secret = match &self.options.login {
            Some((user, reference)) => Some((user.clone(), self.secrets.get(reference).await?)),
            None => None,
        };
        let mut fate = Fate::Later(None);
        let conversation = self.converse(&message, secret.as_ref(), &mut fate);
        let ended = tokio::time::timeout(self.options.total, conversation).await;
        let ended = ended.unwrap_or_else(|_| Err(Failure { fate, what: "it took too long".to_owned() }));
        ended.map_err(|failure| {
            if let (Fate::Login, Some((_, reference))) = (failure.fate, &self.options.login) {
                self.secrets.forget(reference);
            }
            let secrets: Vec<Secret> = secret.iter().map(|(_, secret)| secret.clone()).collect();
            let SmtpOptions { host, port, .. } = &self.options;
            let what = redacted(&format!("mail {} by {host}:{port}: {}", mail.id, failure.what), &secrets);
            let what = clean::title(&what, MAX_WORDS);
            Failure { fate: failure.fate, what }
        })
    }

    /// The whole conversation. `fate` is what a silence means at the moment.
    async fn converse(
        &self,
        message: &Message,
        secret: Option<&(String, Secret)>,
        fate: &mut Fate,
    ) -> Result<(), Failure> {
        let mut connection = self.connect().await?;
        if let Some((user, secret)) = secret {
            let credentials = Credentials::new(user.clone(), secret.reveal().to_owned());
            let answer = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            answer.map_err(|error| {
                refused("logging in", &error, |code| if code / 100 == 5 { Fate::Login } else { Fate::Later(None) })
            })?;
        }
        let text = message.formatted();
        let refusals = announce(&mut connection, message, &text).await?;
        // From here on the server may have taken it, whatever it says or does not say.
        *fate = Fate::Unknown;
        let answer = connection.message(&text).await;
        let _ = tokio::time::timeout(Duration::from_secs(1), connection.quit()).await;
        match answer {
            Ok(_) => {}
            Err(error) if error.status().is_some() => return Err(refused("sending", &error, by_code)),
            Err(error) => return Err(Failure::unknown(format!("sending: {}", words(&error)))),
        }
        if refusals.is_empty() {
            return Ok(());
        }
        // It was sent to the others, so that it is not sent again; somebody must look at these addresses.
        Err(Failure::never(format!("sent, but not to {}", refusals.join(", "))))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let SmtpOptions { host, port, security, connect, .. } = &self.options;
        let later = |error: Error| match error.status() {
            Some(_) => refused("connecting", &error, by_code),
            None => Failure::later(format!("connecting: {}", words(&error)), None),
        };
        let tls = || {
            let authorities = Certificate::from_pem(&self.options.authorities).map_err(later)?;
            TlsParameters::builder(host.clone()).add_root_certificate(authorities).build().map_err(later)
        };
        let hello = ClientId::default();
        let first = if *security == Security::Tls { Some(tls()?) } else { None };
        let servers = self.guard.reachable(host, *port).await.map_err(|why| match why {
            NotReached::Refused(_) => Failure::never(format!("connecting: {why}")),
            NotReached::Unknown(_) => Failure::later(format!("connecting: {why}"), None),
        })?;
        let connecting = AsyncSmtpConnection::connect_tokio1(&servers[..], Some(*connect), &hello, first, None);
        let mut connection = connecting.await.map_err(later)?;
        if *security == Security::StartTls {
            if !connection.can_starttls() {
                return Err(Failure::never(
                    "it offers no STARTTLS; nothing is sent without encryption: set `security` to \"tls\", or another port",
                ));
            }
            connection.starttls(tls()?, &hello).await.map_err(later)?;
        }
        Ok(connection)
    }
}

/// Sender, recipients, and leave to go on. Nothing was sent yet: whatever goes wrong, it was not done. The recipients that are
/// refused for good are given back, if there are others.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    message: &Message,
    text: &[u8],
) -> Result<Vec<String>, Failure> {
    let envelope = message.envelope();
    let is_ascii = envelope.to().iter().chain(envelope.from()).all(|address| AsRef::<str>::as_ref(address).is_ascii());
    let mut parameters = Vec::new();
    for (is_needed, extension, parameter) in [
        (!is_ascii, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (!text.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ] {
        if is_needed {
            if !connection.server_info().supports_feature(extension) {
                return Err(Failure::never("it does not take addresses that are not ASCII"));
            }
            parameters.push(parameter);
        }
    }
    let answer = connection.command(From::new(envelope.from().cloned(), parameters)).await;
    answer.map_err(|error| refused("naming the sender", &error, by_code))?;
    let mut refusals = Vec::new();
    for address in envelope.to() {
        let answer = connection.command(Rcpt::new(address.clone(), Vec::new())).await;
        match answer.map_err(|error| refused(&shown(address), &error, by_code)) {
            Ok(_) => {}
            Err(Failure { fate: Fate::Never, what }) => refusals.push(what),
            Err(failure) => return Err(failure),
        }
    }
    if refusals.len() == envelope.to().len() {
        return Err(Failure::never(format!("no recipient is taken: {}", refusals.join(", "))));
    }
    connection.command(Data).await.map_err(|error| refused("beginning to send", &error, by_code))?;
    Ok(refusals)
}

fn shown(address: &Address) -> String {
    clean::title(address.as_ref(), 100)
}

/// 4xx may be taken later, 5xx never.
fn by_code(code: u16) -> Fate {
    if code / 100 == 5 { Fate::Never } else { Fate::Later(None) }
}

/// What an error means before anything was sent.
fn refused(doing: &str, error: &Error, fate: impl Fn(u16) -> Fate) -> Failure {
    let fate = match error.status() {
        Some(code) => fate(number(code)),
        // It does not have what we must have: a way to log in, for example.
        None if error.is_client() => Fate::Never,
        None => Fate::Later(None),
    };
    Failure { fate, what: format!("{doing}: {}", words(error)) }
}

fn number(code: response::Code) -> u16 {
    code.to_string().parse().unwrap_or(500)
}

fn words(error: &Error) -> String {
    clean::line(&error.to_string()).into_owned()
}

fn mailbox(what: &str, text: &str) -> Result<Mailbox, Failure> {
    let is_hidden = clean::line(text) != text;
    let parsed = text.trim().parse::<Mailbox>().ok().filter(|_| !is_hidden);
    parsed.ok_or_else(|| Failure::never(format!("{what}: {:?} is no mail address", clean::title(text, 100))))
}

/// The id as it stands between the brackets: one `@`, and nothing that could end it.
fn message_id(id: &str) -> Result<&str, Failure> {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.+=$@".contains(character);
    if id.len() > 200
        || id.matches('@').count() != 1
        || id.starts_with('@')
        || id.ends_with('@')
        || !id.chars().all(is_plain)
    {
        return Err(Failure::never(format!("{:?} cannot be the id of a mail", clean::title(id, 100))));
    }
    Ok(id)
}

impl Mailer for Smtp {
    fn send<'a>(&'a self, mail: &'a Mail) -> Reply<'a, ()> {
        Box::pin(self.deliver(mail))
    }
}

#[cfg(test)]
mod tests;
