//! Logging in to ServiceNow: with a password, an API key, or a token that is got for a client's secret and renewed.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ServiceNow;
use crate::failure::Failure;
use crate::http::{self, Answer, Call};
use crate::secret::{Reference, Secret};

/// How to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceNowLogin {
    /// A user and a password.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: Reference,
    },
    /// OAuth with client credentials.
    Client {
        /// The client's id.
        id: String,
        /// The client's secret.
        secret: Reference,
    },
    /// An API key (`x-sn-apikey`).
    Key {
        /// The key.
        key: Reference,
    },
}

impl ServiceNowLogin {
    fn reference(&self) -> &Reference {
        match self {
            Self::Basic { password: reference, .. }
            | Self::Client { secret: reference, .. }
            | Self::Key { key: reference } => reference,
        }
    }
}

/// The token of a client, until shortly before it expires.
#[derive(Debug, Default)]
pub(super) struct Token(Mutex<Option<(Secret, Instant)>>);

impl Token {
    fn kept(&self) -> Option<Secret> {
        let token = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        token.as_ref().filter(|(_, until)| Instant::now() < *until).map(|(token, _)| token.clone())
    }

    fn keep(&self, token: Option<(Secret, Instant)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }
}

/// How long a token is used at most, and how long before its end it is used no more.
const LONGEST: u64 = 24 * 3600;
const MARGIN: u64 = 60;

impl ServiceNow {
    /// Makes a call, logged in. A refused login makes the secret be read again before the next.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let reference = self.options.login.reference();
        let secret = self.secrets.get(reference).await?;
        let call = match &self.options.login {
            ServiceNowLogin::Basic { user, .. } => call.basic(user, &secret)?,
            ServiceNowLogin::Key { .. } => call.secret("x-sn-apikey", "", &secret)?,
            ServiceNowLogin::Client { id, .. } => call.bearer(&self.access(id, &secret).await?)?,
        };
        let answer = self.http.send(call).await?;
        if answer.status.as_u16() == 401 {
            self.token.keep(None);
            self.secrets.forget(reference);
        }
        Ok(answer)
    }

    async fn access(&self, id: &str, secret: &Secret) -> Result<Secret, Failure> {
        if let Some(token) = self.token.kept() {
            return Ok(token);
        }
        let url = http::below(&self.address, &["oauth_token.do"])?;
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret.reveal())];
        // Nothing changes by it that matters: an unknown fate is a token that nobody uses.
        let answer = self.http.send(Call::ask(url).form(&form).hiding(secret)).await?;
        if matches!(answer.status.as_u16(), 400 | 401 | 403) {
            self.secrets.forget(self.options.login.reference());
            return Err(Failure::login(answer.failure().what));
        }
        let answer = answer.accepted()?;
        let given = answer.json()?;
        let token = given["access_token"].as_str().filter(|token| !token.is_empty());
        let token = Secret::new(token.ok_or_else(|| answer.lacks("access token"))?);
        let seconds = given["expires_in"].as_u64().unwrap_or(300).min(LONGEST);
        self.token.keep(Some((token.clone(), Instant::now() + Duration::from_secs(seconds.saturating_sub(MARGIN)))));
        Ok(token)
    }
}
