//! Security Hub: its findings about KMS, what becomes of them, and findings of ours for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Client, Scope};
use crate::failure::Failure;
use crate::operation::{BATCH_UPDATE_FINDINGS, GET_FINDINGS};
use crate::reach::{As, Reach};

/// Findings of a page, and of an update: AWS's own limits.
pub const BATCH: usize = 100;
/// The most characters of a note.
const NOTE: usize = 512;
/// The most user-defined fields of a finding, and the most characters of one.
const FIELDS: (usize, usize) = (50, 1024);

/// The hubs that findings are read from and told: one a region, or the one that aggregates them all.
#[derive(Debug)]
pub struct Hub {
    client: Arc<Client>,
    scopes: Vec<Arc<Scope>>,
}

/// Where a list of findings goes on: in which hub, with which question, at which mark.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cursor {
    hub: usize,
    question: usize,
    token: Option<String>,
}

/// A page of findings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// As Security Hub wrote them (ASFF).
    pub findings: Vec<Value>,
    /// What the next page is asked for with.
    pub next: Option<String>,
}

/// What is to become of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update<'a> {
    /// The finding's `Id`.
    pub id: &'a str,
    /// Its `ProductArn`.
    pub product: &'a str,
    /// The region whose hub has it.
    pub region: &'a str,
    /// `NEW`, `NOTIFIED`, `RESOLVED`, `SUPPRESSED`.
    pub workflow: Option<&'a str>,
    /// Up to 512 characters; more are cut.
    pub note: Option<&'a str>,
    /// `UserDefinedFields`.
    pub fields: &'a BTreeMap<String, String>,
}

/// Filters are joined by AND, so what is either about a key or of a control of KMS's takes two questions, which share no finding.
fn questions() -> [Value; 2] {
    let key = |comparison: &str| json!([{ "Value": "AwsKmsKey", "Comparison": comparison }]);
    [
        json!({ "ResourceType": key("EQUALS") }),
        json!({
            "ResourceType": key("NOT_EQUALS"),
            "ComplianceSecurityControlId": [{ "Value": "KMS.", "Comparison": "PREFIX" }],
        }),
    ]
}

impl Cursor {
    const START: Self = Self { hub: 0, question: 0, token: None };

    /// `0.1.TOKEN`.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (hub, question, token) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        Some(Self { hub, question, token: Some(token.to_owned()).filter(|token| !token.is_empty()) })
    }

    fn text(&self) -> String {
        format!("{}.{}.{}", self.hub, self.question, self.token.as_deref().unwrap_or_default())
    }

    /// What comes after a page: the rest of the list, the next question, the next hub.
    fn after(self, token: Option<String>, hubs: usize) -> Option<Self> {
        if token.is_some() {
            return Some(Self { token, ..self });
        }
        let next = match self.question + 1 < questions().len() {
            true => Self { question: self.question + 1, token: None, ..self },
            false => Self { hub: self.hub + 1, question: 0, token: None },
        };
        (next.hub < hubs).then_some(next)
    }
}

impl Hub {
    /// The hubs of these regions, in the account of Security Hub's administrator; our own where none is named. With cross-Region
    /// aggregation, the aggregation Region alone is enough.
    #[must_use]
    pub fn new(reach: &Reach, account: Option<&str>, regions: &[String], role: Option<&str>) -> Self {
        let home = &reach.session().home;
        let account = account.unwrap_or(&home.account);
        let who = role.map_or(As::Caller, As::Role);
        let regions = if regions.is_empty() { std::slice::from_ref(&home.region) } else { regions };
        let scopes = regions.iter().map(|region| reach.scope(account, region, who)).collect();
        Self { client: Arc::clone(&reach.session().client), scopes }
    }

    /// A page of the findings about KMS that were updated since then.
    ///
    /// # Errors
    /// As Security Hub answered.
    pub async fn findings(&self, since: Option<Timestamp>, next: Option<&str>) -> Result<Findings, Failure> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            findings: Vec<Value>,
            next_token: Option<String>,
        }
        let wrong = || Failure::new(&GET_FINDINGS, "InvalidCursor", "there is no page with that mark").unsent();
        let cursor = next.map_or(Some(Cursor::START), Cursor::parse).ok_or_else(wrong)?;
        let (scope, question) =
            self.scopes.get(cursor.hub).zip(questions().into_iter().nth(cursor.question)).ok_or_else(wrong)?;
        let mut filters = question;
        if let Some(since) = since {
            // A range has two ends; nothing is updated after this one.
            filters["UpdatedAt"] = json!([{ "Start": since.to_string(), "End": "2999-12-31T23:59:59Z" }]);
        }
        let mut request = json!({
            "Filters": filters,
            "SortCriteria": [{ "Field": "UpdatedAt", "SortOrder": "asc" }],
            "MaxResults": BATCH,
        });
        if let Some(token) = &cursor.token {
            request["NextToken"] = json!(token);
        }
        let answer: Answer = self.client.json(scope, &GET_FINDINGS, &request).await?;
        let token = answer.next_token.filter(|token| !token.is_empty());
        if token.is_some() && token == cursor.token {
            let message = "the mark of the next page is that of this one";
            return Err(Failure::new(&GET_FINDINGS, finding::refusal::NO_ANSWER, message));
        }
        let next = cursor.after(token, self.scopes.len()).map(|next| next.text());
        Ok(Findings { findings: answer.findings, next })
    }

    /// Updates findings; what is returned are the failures of single ones, by their place. Those that become the same are updated
    /// together, at most 100 by a call.
    pub async fn update(&self, updates: &[Update<'_>]) -> Vec<(usize, Failure)> {
        let mut failures = Vec::new();
        for (scope, places) in self.grouped(updates) {
            for places in places.chunks(BATCH) {
                self.update_alike(&scope, updates, places, &mut failures).await;
            }
        }
        failures.sort_by_key(|(place, _)| *place);
        failures
    }

    /// The places of updates that say the same, by hub, in the order in which the first of each stands.
    fn grouped(&self, updates: &[Update<'_>]) -> Vec<(Arc<Scope>, Vec<usize>)> {
        let mut groups: Vec<(Arc<Scope>, Vec<usize>)> = Vec::new();
        let mut known = HashMap::new();
        for (place, update) in updates.iter().enumerate() {
            let Some(hub) = self.hub_of(update.region) else { continue };
            let group = *known.entry((hub, update.workflow, update.note, update.fields)).or_insert_with(|| {
                groups.push((Arc::clone(&self.scopes[hub]), Vec::new()));
                groups.len() - 1
            });
            groups[group].1.push(place);
        }
        groups
    }

    /// The hub of a region: its own, or the first, which then aggregates.
    fn hub_of(&self, region: &str) -> Option<usize> {
        let own = self.scopes.iter().position(|scope| scope.region == region);
        own.or((!self.scopes.is_empty()).then_some(0))
    }

    async fn update_alike(
        &self,
        scope: &Scope,
        updates: &[Update<'_>],
        places: &[usize],
        failures: &mut Vec<(usize, Failure)>,
    ) {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            processed_findings: Vec<Identifier>,
            unprocessed_findings: Vec<Unprocessed>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Unprocessed {
            finding_identifier: Identifier,
            #[serde(default)]
            error_code: String,
            #[serde(default)]
            error_message: String,
        }
        let Some(&first) = places.first() else { return };
        let request = request(&updates[first], places.iter().map(|&place| &updates[place]));
        let answer: Answer = match self.client.json(scope, &BATCH_UPDATE_FINDINGS, &request).await {
            Ok(answer) => answer,
            Err(failure) => return failures.extend(places.iter().map(|&place| (place, failure.clone()))),
        };
        for &place in places {
            let is = |identifier: &Identifier| {
                identifier.id == updates[place].id && identifier.product_arn == updates[place].product
            };
            let refused = answer.unprocessed_findings.iter().find(|refused| is(&refused.finding_identifier));
            if let Some(refused) = refused {
                let failure = Failure::new(&BATCH_UPDATE_FINDINGS, &refused.error_code, &refused.error_message);
                failures.push((place, failure));
            } else if !answer.processed_findings.iter().any(is) {
                let message = "the answer does not say what became of this finding";
                failures.push((place, Failure::new(&BATCH_UPDATE_FINDINGS, finding::refusal::NO_ANSWER, message)));
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Identifier {
    id: String,
    product_arn: String,
}

fn request<'u>(update: &Update<'_>, findings: impl Iterator<Item = &'u Update<'u>>) -> Value {
    let mut identifiers: Vec<Value> =
        findings.map(|finding| json!({ "Id": finding.id, "ProductArn": finding.product })).collect();
    // One that is named twice would be refused.
    identifiers.sort_by_cached_key(Value::to_string);
    identifiers.dedup();
    let mut request = json!({ "FindingIdentifiers": identifiers });
    if let Some(workflow) = update.workflow {
        request["Workflow"] = json!({ "Status": workflow });
    }
    if let Some(note) = update.note.filter(|note| !note.is_empty()) {
        request["Note"] = json!({ "Text": cut(note, NOTE), "UpdatedBy": crate::credentials::SESSION_NAME });
    }
    if !update.fields.is_empty() {
        let fields = update.fields.iter().filter(|(name, value)| !name.is_empty() && !value.is_empty());
        let fields: BTreeMap<&str, &str> =
            fields.take(FIELDS.0).map(|(name, value)| (cut(name, 128), cut(value, FIELDS.1))).collect();
        request["UserDefinedFields"] = json!(fields);
    }
    request
}

/// The first characters of a text.
fn cut(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_through_pages_questions_and_hubs_and_ends() {
        let mut cursor = Some(Cursor::START);
        let mut seen = Vec::new();
        while let Some(now) = cursor {
            seen.push(now.text());
            let token = (now.token.is_none()).then(|| "a.b=".to_owned());
            assert_eq!(Cursor::parse(&now.text()), Some(now.clone()));
            cursor = now.after(token, 2);
        }
        assert_eq!(seen, ["0.0.", "0.0.a.b=", "0.1.", "0.1.a.b=", "1.0.", "1.0.a.b=", "1.1.", "1.1.a.b="]);
        assert_eq!(Cursor::parse("nonsense"), None);
    }

    #[test]
    fn an_update_says_only_what_is_to_change_and_names_a_finding_once() {
        let (none, long) = (BTreeMap::new(), "ö".repeat(600));
        let update = |id| Update { id, product: "p", region: "r", workflow: None, note: Some(&long), fields: &none };
        let (a, b) = (update("a"), update("b"));
        let request = request(&a, [&a, &b, &a].into_iter());
        assert_eq!(request["FindingIdentifiers"].as_array().unwrap().len(), 2);
        assert_eq!(request["Note"]["Text"].as_str().unwrap().chars().count(), 512);
        assert!(request.get("Workflow").is_none() && request.get("UserDefinedFields").is_none());
    }
}
