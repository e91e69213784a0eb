//! AWS behind the ports: Security Hub, SQS, keys, the organisation, and what AWS's failures mean for an effect.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::aws::hub::Update;
use ::aws::inventory::{DEFAULT_ROLE, KeyArn, read_key};
use ::aws::remedy::{self, Action};
use ::aws::{As, Needs, Reach};
use finding::refusal::{self, Refusal};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::ports::{Directory, Hub, HubPage, HubUpdate, KeyCall, Keys, Message, Queue, Reply};
use crate::secret::{Secret, Vault};

/// After how long a call that could not be made is tried again, where AWS does not say.
const LATER: Duration = Duration::from_secs(30);

/// Which roles are assumed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The one that reads keys in other accounts.
    pub reader: String,
    /// By action (`rotation`, `deletion` …): the role instead of the action's own.
    pub remedies: BTreeMap<String, String>,
    /// Changes keys as who we are instead of by a role; only in the own account.
    pub change_as_caller: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self { reader: DEFAULT_ROLE.to_owned(), remedies: BTreeMap::new(), change_as_caller: false }
    }
}

/// AWS, for [`Keys`] and [`Directory`].
#[derive(Debug)]
pub struct Aws {
    reach: Arc<Reach>,
    roles: Roles,
    needs: Needs,
}

impl Aws {
    /// AWS, reached so; of a key it reads what is in `needs`.
    #[must_use]
    pub fn new(reach: Arc<Reach>, roles: Roles, needs: Needs) -> Self {
        Self { reach, roles, needs }
    }

    async fn read_key(&self, arn: &str) -> Result<Option<String>, Failure> {
        let key: KeyArn =
            arn.parse().map_err(|wrong| Failure::never(format!("InvalidArnException reading a key: {wrong}")))?;
        let scope = self.reach.scope(&key.account, &key.region, As::Reader(&self.roles.reader));
        let read = read_key(&self.reach.session().client, &scope, self.needs, &key).await;
        read.map_err(|failure| repeatable(&failure))
    }

    async fn change_key(&self, call: &KeyCall) -> Result<(), Failure> {
        let KeyCall { account_id, region, operation, parameters } = call;
        let change = remedy::Change::new(account_id, region, operation, parameters)
            .map_err(|refused| Failure::never(format!("ValidationException {operation} was not sent: {refused}")))?;
        let is_home = *account_id == self.reach.session().home.account;
        let who = match self.roles.change_as_caller && is_home {
            true => As::Caller,
            false => As::Role(self.role(change.action)),
        };
        let scope = self.reach.scope(account_id, region, who);
        let made = remedy::change(&self.reach.session().client, &scope, &change).await;
        made.map_err(|failure| of_change(&failure))
    }

    fn role(&self, action: &Action) -> &str {
        self.roles.remedies.get(action.name).map_or(action.role, String::as_str)
    }
}

impl Keys for Aws {
    fn read<'a>(&'a self, arn: &'a str) -> Reply<'a, Option<String>> {
        Box::pin(self.read_key(arn))
    }

    fn change<'a>(&'a self, call: &'a KeyCall) -> Reply<'a, ()> {
        Box::pin(self.change_key(call))
    }
}

impl Directory for Aws {
    fn accounts(&self) -> Reply<'_, Vec<finding::Account>> {
        Box::pin(async {
            let session = self.reach.session();
            let read = ::aws::organization::accounts(&session.client, &session.home).await;
            read.map_err(|failure| repeatable(&failure))
        })
    }
}

/// Security Hub.
#[derive(Debug)]
pub struct SecurityHub(::aws::hub::Hub);

impl SecurityHub {
    /// The hubs that findings are read from and told.
    #[must_use]
    pub fn new(hub: ::aws::hub::Hub) -> Self {
        Self(hub)
    }
}

impl Hub for SecurityHub {
    fn read<'a>(&'a self, since: Option<Timestamp>, next: Option<&'a str>) -> Reply<'a, HubPage> {
        Box::pin(async move {
            let page = self.0.findings(since, next).await.map_err(|failure| repeatable(&failure))?;
            let findings = page.findings.iter().map(ToString::to_string).collect();
            Ok(HubPage { findings, next: page.next })
        })
    }

    fn update<'a>(&'a self, updates: &'a [HubUpdate]) -> Reply<'a, Vec<(usize, Failure)>> {
        Box::pin(async move {
            let said: Vec<Update<'_>> = updates.iter().map(said).collect();
            let failures = self.0.update(&said).await;
            Ok(failures.into_iter().map(|(place, failure)| (place, of_update(&failure))).collect())
        })
    }
}

fn said(update: &HubUpdate) -> Update<'_> {
    Update {
        id: &update.finding_id,
        product: &update.product_arn,
        region: &update.region,
        workflow: update.workflow.as_deref(),
        note: update.note.as_deref(),
        fields: &update.fields,
    }
}

/// A queue of SQS.
#[derive(Debug)]
pub struct Sqs(::aws::queue::Queue);

impl Sqs {
    /// That queue.
    #[must_use]
    pub fn new(queue: ::aws::queue::Queue) -> Self {
        Self(queue)
    }
}

impl Queue for Sqs {
    fn receive(&self) -> Reply<'_, Vec<Message>> {
        Box::pin(async {
            let messages = self.0.receive().await.map_err(|failure| repeatable(&failure))?;
            let message =
                |it: ::aws::queue::Message| Message { id: it.message_id, receipt: it.receipt_handle, body: it.body };
            Ok(messages.into_iter().map(message).collect())
        })
    }

    fn delete<'a>(&'a self, receipts: &'a [String]) -> Reply<'a, ()> {
        Box::pin(async move { self.0.delete(receipts).await.map_err(|failure| repeatable(&failure)) })
    }
}

/// The code that the table of treatments knows a failure by, and what happened.
fn what(failure: &::aws::Failure) -> String {
    let class = failure.refusal();
    let code = match (class, failure.code.as_str()) {
        (Refusal::RoleMissing, _) => "AssumeRoleDenied",
        (Refusal::Throttled, _) => "ThrottlingException",
        (Refusal::ExpiredCredentials, _) => "ExpiredTokenException",
        (Refusal::RegionDisabled, _) => "OptInRequired",
        (_, refusal::TIMEOUT) => "TimeoutError",
        (_, refusal::CONNECTION | refusal::INTERRUPTED) => "ConnectionError",
        (_, refusal::NO_ANSWER) => "EndpointError",
        (Refusal::Endpoint, code) if code.starts_with("Http") => "EndpointError",
        // STS refuses in another way than what is asked after it; whoever denies the role, it is our access that is broken.
        (_, _) if failure.operation == "AssumeRole" => "AssumeRoleDenied",
        (_, code) => code,
    };
    format!("{code} {}: {} ({}): {}", failure.operation, class, failure.code, failure.message)
}

/// A failure of something that can be asked again without harm.
fn repeatable(failure: &::aws::Failure) -> Failure {
    let what = what(failure);
    match failure.refusal() {
        Refusal::Throttled | Refusal::Endpoint | Refusal::Interrupted | Refusal::ClockSkew => {
            Failure::later(what, Some(LATER))
        }
        Refusal::ExpiredCredentials => Failure::login(what),
        _ if is_of_credentials(failure) => Failure::login(what),
        _ => Failure::never(what),
    }
}

/// A failure of a call that changes a key.
fn of_change(failure: &::aws::Failure) -> Failure {
    match failure.may_be_done() {
        true => Failure::unknown(what(failure)),
        false => repeatable(failure),
    }
}

/// A failure to update a finding: that can be repeated, and some codes are of one finding only.
fn of_update(failure: &::aws::Failure) -> Failure {
    match failure.code.as_str() {
        "ConcurrentUpdateError" | "InternalFailure" => Failure::later(what(failure), Some(LATER)),
        _ => repeatable(failure),
    }
}

/// There were no credentials, or whoever gives them failed.
fn is_of_credentials(failure: &::aws::Failure) -> bool {
    matches!(failure.code.as_str(), "NoCredentials" | "CredentialsFailed")
}

impl Vault for Aws {
    fn secret<'a>(&'a self, id: &'a str) -> Reply<'a, Secret> {
        Box::pin(async move {
            let secret = ::aws::vault::secret(&self.reach, id).await.map_err(|failure| repeatable(&failure))?;
            Ok(Secret::new(secret.reveal()))
        })
    }

    fn parameter<'a>(&'a self, name: &'a str) -> Reply<'a, Secret> {
        Box::pin(async move {
            let secret = ::aws::vault::parameter(&self.reach, name).await.map_err(|failure| repeatable(&failure))?;
            Ok(Secret::new(secret.reveal()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Fate;

    fn fate(operation: &'static str, code: &str, unsent: bool) -> (String, Fate) {
        let failure = ::aws::Failure { operation, code: code.to_owned(), message: "no".to_owned(), unsent };
        let told = of_change(&failure);
        (told.what.split(' ').next().unwrap_or_default().to_owned(), told.fate)
    }

    #[test]
    fn what_aws_answers_says_whether_a_change_may_be_made_all_the_same() {
        let later = Fate::Later(Some(LATER));
        let table = [
            ("EnableKeyRotation", "AccessDeniedException", false, "AccessDeniedException", Fate::Never),
            ("EnableKeyRotation", "NotFoundException", false, "NotFoundException", Fate::Never),
            ("EnableKeyRotation", "ThrottlingException", false, "ThrottlingException", later),
            ("EnableKeyRotation", refusal::TIMEOUT, false, "TimeoutError", Fate::Unknown),
            ("EnableKeyRotation", refusal::CONNECTION, false, "ConnectionError", Fate::Unknown),
            ("EnableKeyRotation", refusal::CONNECTION, true, "ConnectionError", later),
            ("EnableKeyRotation", "KMSInternalException", false, "KMSInternalException", Fate::Unknown),
            ("EnableKeyRotation", "Http502", false, "EndpointError", Fate::Unknown),
            ("EnableKeyRotation", refusal::NO_ANSWER, false, "EndpointError", Fate::Unknown),
            ("EnableKeyRotation", "ExpiredTokenException", false, "ExpiredTokenException", Fate::Login),
            ("AssumeRole", "AccessDenied", true, "AssumeRoleDenied", Fate::Never),
            ("AssumeRole", refusal::TIMEOUT, true, "TimeoutError", later),
        ];
        for (operation, code, unsent, word, wanted) in table {
            assert_eq!(fate(operation, code, unsent), (word.to_owned(), wanted), "{operation} {code} {unsent}");
        }
    }
}
