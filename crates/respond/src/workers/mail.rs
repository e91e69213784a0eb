//! Sends mail. A mail may be sent twice, after a crash; its Message-ID is the same, and so it is shown once.

use store::StoreError;
use store::rows::FindingRow;

use crate::engine::{Engine, Status};
use crate::names;
use crate::outbox::{End, Turn};
use crate::ports::Mail;
use crate::words;

impl Engine {
    pub(crate) async fn send_mail(&self) -> Result<Status, StoreError> {
        if self.ports.mailer.is_none() {
            return Ok(Status::idle("no mail is configured"));
        }
        self.work("mail").await
    }

    pub(crate) async fn send_one(&self, turn: &mut Turn) -> Result<Option<End>, StoreError> {
        let Some(mailer) = self.ports.mailer.clone() else {
            return self.just_end(turn, End::Done("no mail is configured".to_owned())).await;
        };
        if let Some(until) = self.resting("mail") {
            return self.rest(turn, until).await;
        }
        let Some(mail) = self.mail_of(turn).await? else {
            return self.just_end(turn, End::Done("what it was about is forgotten".to_owned())).await;
        };
        if mail.to.is_empty() {
            return self
                .just_end(turn, End::Dead("nobody's address is known for it: set a default address".to_owned()))
                .await;
        }
        if !self.begin(turn, Vec::new()).await? {
            return Ok(None);
        }
        let (end, episode) = match mailer.send(&mail).await {
            Ok(()) => (End::Done(String::new()), self.answered("mail", None)),
            Err(failure) => (self.after_failure(turn, &failure), self.answered("mail", Some(&failure))),
        };
        self.end(turn, &end, episode.into_iter().collect()).await?;
        Ok(Some(end))
    }

    async fn mail_of(&self, turn: &Turn) -> Result<Option<Mail>, StoreError> {
        let kind = turn.text("kind");
        let told = if turn.text("remediation").is_empty() {
            let Some(ticket) = self.store.ticket(turn.text("ticket")).await? else { return Ok(None) };
            self.told_of(&ticket, "").await?
        } else {
            let Some(fix) = self.store.remediation(turn.text("remediation")).await? else { return Ok(None) };
            self.told_of_fix(&fix).await?
        };
        let letter = match kind.as_str() {
            "CLOSED" => words::closed(&told),
            "OVERDUE" => words::overdue(&told, self.now()),
            "AUTOFIXED" => words::autofixed(&told),
            _ => words::ticket(&told),
        };
        let escalates = turn.flag("escalate") || told.findings.iter().any(|row| kind != "CLOSED" && escalates(row));
        Ok(Some(Mail {
            id: format!("{}@keyreeve.invalid", names::key(&["mail", &turn.job.id])),
            to: told.findings.iter().filter_map(address).take(1).collect(),
            copy: if escalates { self.options.escalation.clone() } else { Vec::new() },
            letter,
            severity: told.severity(),
        }))
    }
}

fn address(row: &FindingRow) -> Option<String> {
    let email = row.decision.as_ref()?.get("owner")?.get("email")?.as_str()?;
    Some(email.to_owned())
}

fn escalates(row: &FindingRow) -> bool {
    row.decision.as_ref().and_then(|decision| decision.get("escalate")?.as_bool()).unwrap_or_default()
}
