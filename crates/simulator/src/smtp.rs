//! A mail server that keeps what it gets: enough of SMTP for a client to log in and to deliver, and ways to fail at each step.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::jira::base64;

/// The most mails that are kept.
const MAX_MAILS: usize = 10_000;

/// The longest line and the longest mail, in bytes.
const MAX_LINE: u64 = 64 << 10;
const MAX_MAIL: usize = 4 << 20;

/// How a mail server is set up.
#[derive(Debug, Clone, Default)]
pub struct SmtpSetup {
    /// User and password; where there is one, nothing is taken without a login.
    pub login: Option<(String, String)>,
    /// Whether it says that it could encrypt. It cannot: a client that goes on finds the connection closed.
    pub offers_starttls: bool,
    /// Addresses that nobody has.
    pub unknown: Vec<String>,
}

/// Where in the conversation something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// In the place of the greeting.
    Connect,
    /// At the sender.
    From,
    /// At a recipient.
    To,
    /// Before the mail is sent.
    Data,
    /// After it was sent: it is kept unless the reply is a refusal.
    End,
}

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpFault {
    /// Where.
    pub at: Stage,
    /// How long it says nothing before that.
    pub wait: Duration,
    /// What is said, `451 4.3.0 try again`; nothing closes the connection.
    pub reply: Option<String>,
    /// How often.
    pub times: u32,
}

/// A mail that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// Headers and body as they came.
    pub text: String,
}

impl Mail {
    /// The subject as people read it; empty where there is none.
    #[must_use]
    pub fn subject(&self) -> String {
        crate::mime::words(&self.header("subject").unwrap_or_default())
    }

    /// The value of a header, unfolded, as it was written.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        head.split("\r\n").find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// What the server has.
#[derive(Debug)]
pub(crate) struct Post {
    setup: SmtpSetup,
    mails: Vec<Mail>,
    faults: Vec<SmtpFault>,
}

impl Post {
    pub(crate) fn new(setup: SmtpSetup) -> Self {
        Self { setup, mails: Vec::new(), faults: Vec::new() }
    }

    pub(crate) fn mails(&self) -> &[Mail] {
        &self.mails
    }

    pub(crate) fn set_faults(&mut self, faults: Vec<SmtpFault>) {
        self.faults = faults;
    }

    pub(crate) fn rotate(&mut self, password: &str) {
        if let Some((_, known)) = &mut self.setup.login {
            password.clone_into(known);
        }
    }

    fn strike(&mut self, at: Stage) -> Option<SmtpFault> {
        let fault = self.faults.iter_mut().find(|fault| fault.at == at && fault.times > 0)?;
        fault.times -= 1;
        Some(fault.clone())
    }
}

fn lock(post: &Mutex<Post>) -> MutexGuard<'_, Post> {
    post.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes connections until it is stopped.
pub(crate) async fn accept(listener: TcpListener, post: Arc<Mutex<Post>>, mut stopped: watch::Receiver<bool>) {
    let until = stopped.clone();
    loop {
        let stream = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let (post, mut until) = (post.clone(), until.clone());
        tokio::spawn(async move {
            tokio::select! {
                _ = until.changed() => {}
                _ = Conversation::new(stream, post).run() => {}
            }
        });
    }
}

/// The conversation with one client. `None` ends it.
struct Conversation {
    stream: BufReader<TcpStream>,
    post: Arc<Mutex<Post>>,
    is_known: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Conversation {
    fn new(stream: TcpStream, post: Arc<Mutex<Post>>) -> Self {
        let is_known = lock(&post).setup.login.is_none();
        Self { stream: BufReader::new(stream), post, is_known, from: None, to: Vec::new() }
    }

    async fn run(mut self) -> Option<()> {
        self.reply(Stage::Connect, "220 simulator ESMTP").await?;
        loop {
            let line = self.line().await?;
            let (verb, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.greet().await?,
                "HELO" | "NOOP" => self.say("250 simulator").await?,
                "AUTH" => self.login(rest).await?,
                "MAIL" => self.sender(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => self.data().await?,
                "RSET" => {
                    self.reset();
                    self.say("250 ok").await?;
                }
                // What it offers and cannot do.
                "STARTTLS" => return None,
                "QUIT" => {
                    self.say("221 bye").await?;
                    return None;
                }
                _ => self.say("502 not implemented").await?,
            }
        }
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let read = (&mut self.stream).take(MAX_LINE).read_until(b'\n', &mut line).await.ok()?;
        if read == 0 || !line.ends_with(b"\n") {
            return None;
        }
        Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn say(&mut self, text: &str) -> Option<()> {
        self.stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await.ok()
    }

    /// The fault that is to happen here, after its silence.
    async fn struck(&self, at: Stage) -> Option<SmtpFault> {
        let fault = lock(&self.post).strike(at)?;
        tokio::time::sleep(fault.wait).await;
        Some(fault)
    }

    /// Says something, unless a fault stands in its place.
    async fn reply(&mut self, at: Stage, text: &str) -> Option<()> {
        match self.struck(at).await {
            None => self.say(text).await,
            Some(SmtpFault { reply: Some(reply), .. }) => self.say(&reply).await,
            Some(_) => None,
        }
    }

    async fn greet(&mut self) -> Option<()> {
        let (login, starttls) = {
            let post = lock(&self.post);
            (post.setup.login.is_some(), post.setup.offers_starttls)
        };
        self.say("250-simulator").await?;
        if starttls {
            self.say("250-STARTTLS").await?;
        }
        if login {
            self.say("250-AUTH PLAIN LOGIN").await?;
        }
        self.say("250-SMTPUTF8").await?;
        self.say("250 8BITMIME").await
    }

    async fn login(&mut self, rest: &str) -> Option<()> {
        let expected = lock(&self.post).setup.login.clone();
        let expected =
            expected.map(|(user, password)| format!("PLAIN {}", base64(format!("\0{user}\0{password}").as_bytes())));
        if expected.as_deref() == Some(rest) {
            self.is_known = true;
            return self.say("235 2.7.0 accepted").await;
        }
        self.say("535 5.7.8 authentication credentials invalid").await
    }

    async fn sender(&mut self, rest: &str) -> Option<()> {
        if !self.is_known {
            return self.say("530 5.7.0 authentication required").await;
        }
        self.from = Some(address(rest));
        self.reply(Stage::From, "250 2.1.0 ok").await
    }

    async fn recipient(&mut self, rest: &str) -> Option<()> {
        let address = address(rest);
        if lock(&self.post).setup.unknown.contains(&address) {
            return self.say("550 5.1.1 no such user").await;
        }
        match self.struck(Stage::To).await {
            None => {
                self.to.push(address);
                self.say("250 2.1.5 ok").await
            }
            Some(SmtpFault { reply: Some(reply), .. }) => self.say(&reply).await,
            Some(_) => None,
        }
    }

    async fn data(&mut self) -> Option<()> {
        if self.from.is_none() || self.to.is_empty() {
            return self.say("503 5.5.1 no sender or no recipients").await;
        }
        match self.struck(Stage::Data).await {
            None => self.say("354 go on").await?,
            Some(SmtpFault { reply: Some(reply), .. }) => return self.say(&reply).await,
            Some(_) => return None,
        }
        let mut text = String::new();
        loop {
            let line = self.line().await?;
            if line == "." {
                break;
            }
            if text.len() + line.len() > MAX_MAIL {
                return None;
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push_str("\r\n");
        }
        let fault = self.struck(Stage::End).await;
        let refusal = fault.as_ref().and_then(|fault| fault.reply.clone());
        if let Some(refusal) = refusal {
            self.reset();
            return self.say(&refusal).await;
        }
        let mail = Mail { from: self.from.take().unwrap_or_default(), to: std::mem::take(&mut self.to), text };
        {
            let mut post = lock(&self.post);
            if post.mails.len() < MAX_MAILS {
                post.mails.push(mail);
            }
        }
        // A fault without words: it was accepted, and the client is not told.
        if fault.is_some() { None } else { self.say("250 2.0.0 queued").await }
    }
}

/// What stands between `<` and `>`.
fn address(text: &str) -> String {
    let inner = text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address);
    inner.to_owned()
}
