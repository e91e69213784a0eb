//! Everything that a letter is made of, read from the store.

use finding::{Account, Severity};
use serde_json::Value;
use store::StoreError;
use store::rows::{FindingRow, RemediationRow, TicketRow};
use triage::key::{Key, Sight};
use triage::plan::{Plan, plan};

use crate::decider::name_of;
use crate::engine::Engine;
use crate::intake::finding_of;
use crate::options::CodePlace;
use crate::workers::facts_of;

/// What a letter is made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    pub ticket: Option<TicketRow>,
    pub fix: Option<RemediationRow>,
    /// The first is the one that the words are about.
    pub findings: Vec<FindingRow>,
    pub account: Option<Account>,
    pub key: Option<Key>,
    pub plan: Option<Plan>,
    /// Where infrastructure code says it.
    pub place: Option<CodePlace>,
    /// The ticket before this one: its name and address.
    pub after: Option<(String, Option<String>)>,
    /// What a finding's own text says to do, and where more is said.
    pub advice: Option<String>,
    pub link: Option<String>,
    /// The evaluator's reasons.
    pub reasons: Vec<String>,
}

impl Told {
    pub(crate) fn kind(&self) -> &str {
        match (&self.ticket, &self.fix) {
            (Some(ticket), _) => &ticket.kind,
            (None, Some(_)) => "AUTOFIXED",
            (None, None) => "TEAMFIX",
        }
    }

    pub(crate) fn title(&self) -> String {
        let first = self.findings.first().map(|row| row.title.clone()).filter(|title| !title.is_empty());
        let ticket = self.ticket.as_ref().map(|ticket| ticket.title.clone());
        match &self.ticket {
            Some(ticket) if ticket.kind == "ROLLUP" => ticket.title.clone(),
            _ => self.with_key(first.or(ticket).unwrap_or_else(|| "a finding without a title".to_owned())),
        }
    }

    /// The title with the key's name, where it has none and all is about that key: Security Hub's titles are those of its controls.
    fn with_key(&self, title: String) -> String {
        let Some(row) = self.findings.first() else { return title };
        let is_of_many = |ticket: &TicketRow| !ticket.group.starts_with(&row.resource);
        if self.fix.is_none() && self.ticket.as_ref().is_some_and(is_of_many) {
            return title;
        }
        let names = self.key_names();
        match names.iter().any(|name| title.contains(name)) {
            true => title,
            false => names.first().map_or(title.clone(), |name| format!("{title}: {name}")),
        }
    }

    /// What people call the key that all is about: its aliases, then its id; none where it is about something else.
    pub(super) fn key_names(&self) -> Vec<&str> {
        let id = self.findings.first().and_then(|row| Some(row.resource.split_once(":key/")?.1));
        let aliases = self.key.iter().flat_map(|key| key.aliases.iter().flatten());
        id.map_or_else(Vec::new, |id| aliases.map(String::as_str).chain([id]).collect())
    }

    pub(crate) fn severity(&self) -> Severity {
        let name = self.ticket.as_ref().map(|ticket| ticket.severity.clone());
        name.and_then(|name| Severity::parse(&name)).unwrap_or(Severity::Info)
    }

    /// Something that the decision says.
    pub(crate) fn decided(&self, path: &[&str]) -> Option<&Value> {
        let decision = self.findings.first()?.decision.as_ref()?;
        path.iter().try_fold(decision, |value, name| value.get(name)).filter(|value| !value.is_null())
    }

    pub(crate) fn decided_text(&self, path: &[&str]) -> Option<&str> {
        self.decided(path)?.as_str()
    }
}

impl Engine {
    /// What a ticket's letters are made of.
    pub(crate) async fn told_of(&self, ticket: &TicketRow, after: &str) -> Result<Told, StoreError> {
        let rows = self.store.findings_by_key(ticket.findings.clone()).await?;
        let mut findings: Vec<FindingRow> = rows.into_iter().flatten().collect();
        // Those that are open first, in the order in which they came.
        findings.sort_by(|a, b| (a.settled, a.first_seen, &a.key).cmp(&(b.settled, b.first_seen, &b.key)));
        let mut told = self.told(findings).await?;
        if !after.is_empty() {
            let before = self.store.ticket(after.to_owned()).await?;
            told.after = before.map(|before| {
                let address = before.external.as_ref().and_then(|it| it.get("address")?.as_str().map(str::to_owned));
                (name_of(&before), address)
            });
        }
        told.ticket = Some(ticket.clone());
        if ticket.kind == "AUTOFIXED" {
            told.fix = self.store.remediation(ticket.group.clone()).await?;
        }
        Ok(told)
    }

    /// What the letters about a fix are made of.
    pub(crate) async fn told_of_fix(&self, fix: &RemediationRow) -> Result<Told, StoreError> {
        let rows = self.store.findings_by_key(vec![fix.finding.clone()]).await?;
        let mut told = self.told(rows.into_iter().flatten().collect()).await?;
        told.fix = Some(fix.clone());
        Ok(told)
    }

    async fn told(&self, findings: Vec<FindingRow>) -> Result<Told, StoreError> {
        let mut told = Told { findings, ..Told::default() };
        let Some(row) = told.findings.first().cloned() else { return Ok(told) };
        let account = self.store.account(row.account_id.clone()).await?;
        told.account = account.and_then(|account| serde_json::from_value(account.account).ok());
        let key = self.store.key(row.resource.clone()).await?;
        told.key = key.and_then(|key| facts_of(key.facts.as_deref(), key.read));
        let Some(finding) = finding_of(&row) else { return Ok(told) };
        let text: Value = serde_json::from_str(&row.text).unwrap_or_default();
        let at =
            |path: &str| text.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        told.advice =
            at("/Remediation/Recommendation/Text").or_else(|| at("/remediation")).or_else(|| at("/remediation/desc"));
        told.link = at("/Remediation/Recommendation/Url");
        told.reasons.clone_from(&finding.reasons);
        if let (Some(control), Some(key)) = (&finding.control, &told.key) {
            let settings = self.triage.settings();
            let sight = Sight::Seen(key);
            let wishes = self.wishes(&control.id).await?;
            let plan = plan(&finding.id, &control.id, finding.resource_id(), sight, settings, &wishes);
            told.place = plan
                .code
                .as_ref()
                .and_then(|code| {
                    let logical = format!("{}/{}", code.stack.as_deref()?, code.logical_id.as_deref()?);
                    self.options.code.get(&logical)
                })
                .or_else(|| self.options.code.get(&key.arn))
                .cloned();
            told.plan = Some(plan);
        }
        Ok(told)
    }
}
