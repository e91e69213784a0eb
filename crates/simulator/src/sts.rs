//! STS: who calls, and sessions in other accounts.

use std::time::Duration;

use crate::error::{ServiceError, Why};
use crate::identity::{Caller, Session, unique_id};
use crate::service::{Call, Services};
use crate::wire::{self, Reply, decode_form, escape};
use crate::world::AccountNumber;

pub(crate) const OPERATIONS: [&str; 3] = ["GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"];

/// The identity token that has expired. Any other that is long enough is taken.
const EXPIRED_TOKEN: &str = "expired";

pub(crate) fn answer(services: &mut Services, call: &Call<'_>) -> Result<Reply, ServiceError> {
    match call.operation {
        "AssumeRole" => assume_role(services, call),
        _ => Ok(get_caller_identity(call)),
    }
}

fn get_caller_identity(call: &Call<'_>) -> Reply {
    let (arn, caller) = (escape(&call.user()), call.caller);
    let result = format!(
        "    <Arn>{arn}</Arn>\n    <UserId>{}</UserId>\n    <Account>{}</Account>\n",
        escape(&caller.user_id),
        caller.account
    );
    wire::xml("GetCallerIdentity", &result, call.request_id)
}

/// What a request to assume a role says.
struct Asked {
    role: String,
    session_name: String,
    external_id: Option<String>,
    duration: Duration,
}

fn member(form: &[(String, String)], name: &str) -> Option<String> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

/// The account and role that a request is for, as far as it says.
pub(crate) fn target(body: &[u8]) -> (Option<String>, Option<String>) {
    let arn = role_arn(body);
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let &[_, _, _, _, account, resource] = parts.as_slice() else { return (None, None) };
    (Some(account.to_owned()), resource.rsplit('/').next().map(str::to_owned))
}

pub(crate) fn role_arn(body: &[u8]) -> String {
    member(&decode_form(body), "RoleArn").unwrap_or_default()
}

/// What STS calls a member that breaks a rule of its model.
fn invalid(message: String) -> ServiceError {
    ServiceError::new("ValidationError", message)
}

impl Asked {
    fn read(body: &[u8]) -> Result<Self, ServiceError> {
        let form = decode_form(body);
        let required = |name: &str| {
            member(&form, name).ok_or_else(|| {
                let mut shown = name.to_owned();
                shown.get_mut(..1).map(str::make_ascii_lowercase).unwrap_or_default();
                invalid(format!("1 validation error detected: Value null at '{shown}' failed to satisfy constraint: Member must not be null"))
            })
        };
        let (role, session_name) = (required("RoleArn")?, required("RoleSessionName")?);
        if !(20..=2048).contains(&role.len()) {
            return Err(constraint(&role, "roleArn", "Member must have length greater than or equal to 20"));
        }
        let is_word =
            |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || more.contains(c));
        if !(2..=64).contains(&session_name.len()) || !is_word(&session_name, "+=,.@-") {
            return Err(constraint(
                &session_name,
                "roleSessionName",
                "Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            ));
        }
        let external_id = member(&form, "ExternalId");
        if let Some(id) = &external_id
            && (!(2..=1224).contains(&id.len()) || !is_word(id, "+=,.@:/-"))
        {
            return Err(constraint(
                id,
                "externalId",
                "Member must satisfy regular expression pattern: [\\w+=,.@:\\/-]*",
            ));
        }
        let seconds = member(&form, "DurationSeconds").unwrap_or_else(|| "3600".to_owned());
        let duration = seconds.parse::<u64>().ok().filter(|seconds| (900..=43_200).contains(seconds));
        let duration = duration.ok_or_else(|| {
            constraint(&seconds, "durationSeconds", "Member must have value greater than or equal to 900")
        })?;
        Ok(Self { role, session_name, external_id, duration: Duration::from_secs(duration) })
    }
}

impl Asked {
    /// The partition, account and name of the role.
    fn target(&self) -> Result<(String, AccountNumber, String), ServiceError> {
        let wrong = || invalid(format!("{} is invalid", self.role));
        let parts: Vec<&str> = self.role.splitn(6, ':').collect();
        let &["arn", partition, "iam", "", account, resource] = parts.as_slice() else { return Err(wrong()) };
        let account = AccountNumber::parse(account).ok_or_else(wrong)?;
        let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next()).ok_or_else(wrong)?;
        Ok((partition.to_owned(), account, name.to_owned()))
    }
}

/// Whom a request of [`with_web_identity`] would make a session for: such requests are not signed.
pub(crate) fn account_of(body: &[u8]) -> Option<AccountNumber> {
    target(body).0.as_deref().and_then(AccountNumber::parse)
}

/// A session for somebody with a token of another identity provider, such as a pod of a cluster.
pub(crate) fn with_web_identity(services: &mut Services, body: &[u8], request_id: &str) -> Result<Reply, ServiceError> {
    let asked = Asked::read(body)?;
    let token = member(&decode_form(body), "WebIdentityToken").unwrap_or_default();
    if token == EXPIRED_TOKEN {
        return Err(ServiceError::new("ExpiredTokenException", "Token expired"));
    }
    if token.len() < 4 {
        return Err(ServiceError::new("InvalidIdentityToken", "The ID Token provided is not a valid JWT."));
    }
    let (partition, account, name) = asked.target()?;
    let is_there = services.world.account(account).is_some_and(|(_, entry)| !entry.suspended)
        && services.world.role(account, &name).is_some();
    if !is_there {
        let message = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
        return Err(ServiceError::new("AccessDenied", message).with_status(403));
    }
    let session = start(services, account, &name, &asked.session_name, asked.duration);
    let result = format!(
        "{}    <SubjectFromWebIdentityToken>simulated</SubjectFromWebIdentityToken>\n    <Audience>sts.amazonaws.com</Audience>\n    \
         <Provider>arn:{partition}:iam::{account}:oidc-provider/simulated.example.com</Provider>\n",
        credentials(&session, &partition)
    );
    Ok(wire::xml("AssumeRoleWithWebIdentity", &result, request_id))
}

fn constraint(value: &str, member: &str, constraint: &str) -> ServiceError {
    ServiceError { code: "ValidationError".into(), ..ServiceError::constraint(value, member, constraint) }
}

/// AWS does not say whether the role is missing or does not trust the caller.
pub(crate) fn denied(call: &Call<'_>, role: &str) -> ServiceError {
    let role: String = role.chars().take(2048).collect();
    let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {role}", call.user());
    ServiceError::new("AccessDenied", message).with_status(403)
}

fn assume_role(services: &mut Services, call: &Call<'_>) -> Result<Reply, ServiceError> {
    let asked = Asked::read(call.body)?;
    let (partition, account, name) = asked.target()?;
    if let Some(refusal) = services.world.refusal(account, call.region, "AssumeRole") {
        return Err(ServiceError::new(refusal.code.clone(), refusal.message.clone()).with_status(403));
    }
    let is_trusted = services.world.account(call.caller.account).is_some_and(|(organization, entry)| {
        organization.management == call.caller.account || entry.delegated || call.caller.account == account
    });
    let (organization, entry) = services.world.account(account).ok_or_else(|| denied(call, &asked.role))?;
    let is_there = partition == call.partition.name() && organization.partition == call.partition && !entry.suspended;
    let role = services.world.role(account, &name).filter(|_| is_there && is_trusted);
    let role = role.ok_or_else(|| denied(call, &asked.role))?;
    if role.external_id.is_some() && role.external_id != asked.external_id {
        return Err(denied(call, &asked.role));
    }
    let chained = if call.caller.role.is_some() { Duration::from_secs(3600) } else { asked.duration };
    if chained < asked.duration {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
                .to_owned(),
        ));
    }
    let session = start(services, account, &name, &asked.session_name, asked.duration);
    Ok(wire::xml("AssumeRole", &credentials(&session, call.partition.name()), call.request_id))
}

/// A session of a role.
pub(crate) fn start(
    services: &mut Services,
    account: AccountNumber,
    role: &str,
    session_name: &str,
    duration: Duration,
) -> Session {
    let role_id = unique_id("AROA", &format!("{account} {role}"));
    let caller = Caller {
        account,
        name: format!("assumed-role/{role}/{session_name}"),
        user_id: format!("{role_id}:{session_name}"),
        role: Some(role.to_owned()),
    };
    let duration = duration.min(services.options.session);
    services.sessions.start(caller, duration)
}

fn credentials(session: &Session, partition: &str) -> String {
    let Session { access_key, secret, token, caller, .. } = session;
    let expires = jiff::Timestamp::try_from(session.expires).unwrap_or_default();
    let (id, arn) = (escape(&caller.user_id), escape(&caller.arn(partition)));
    format!(
        "    <AssumedRoleUser>\n      <AssumedRoleId>{id}</AssumedRoleId>\n      <Arn>{arn}</Arn>\n    </AssumedRoleUser>\n    \
         <Credentials>\n      <AccessKeyId>{access_key}</AccessKeyId>\n      <SecretAccessKey>{secret}</SecretAccessKey>\n      \
         <SessionToken>{token}</SessionToken>\n      <Expiration>{}</Expiration>\n    </Credentials>\n",
        expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
}

/// A refusal to see something of the organisation.
pub(crate) fn not_allowed(call: &Call<'_>, service: &str) -> ServiceError {
    let action = format!("{service}:{}", call.operation);
    ServiceError::not_authorized(&call.user(), &action, None, Why::Identity)
}
