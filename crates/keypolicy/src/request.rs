//! One concrete request: who asks to do what, with which context keys.

use crate::setting::Setting;
use crate::{Action, key};
use finding::is_account_id;
use source::{Node, NodeKind, SyntaxError};
use std::collections::BTreeMap;

/// One concrete request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks, as written: an ARN, or a service's name.
    pub principal: String,
    /// The caller's account; `None` for a service.
    pub account: Option<String>,
    /// What is asked for.
    pub action: Action,
    /// Context keys by their name in lower case, with the name as written and the values.
    pub context: BTreeMap<String, (String, Vec<String>)>,
    /// The key that is asked for.
    pub key: KeyFacts,
}

/// What a request says of the key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFacts {
    /// Its ARN.
    pub arn: Option<String>,
    /// `SYMMETRIC_DEFAULT` …
    pub spec: Option<String>,
    /// `ENCRYPT_DECRYPT` …
    pub usage: Option<String>,
}

/// What kind of caller asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// A role's session.
    Role,
    /// An IAM user.
    User,
    /// An account's root user.
    Root,
    /// A federated user.
    Federated,
    /// An AWS service under its own name.
    Service,
}

/// A request that makes no sense, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RequestError(String);

impl Request {
    /// A request without context.
    pub fn new(principal: &str, action: Action) -> Self {
        let account = account_of(principal).map(str::to_owned);
        Self { principal: principal.to_owned(), account, action, context: BTreeMap::new(), key: KeyFacts::default() }
    }

    /// Sets a context key.
    pub fn set(&mut self, name: &str, values: Vec<String>) {
        self.context.insert(name.to_ascii_lowercase(), (name.to_owned(), values));
    }

    /// The values of a context key; `None` where it is missing.
    pub fn values(&self, lower: &str) -> Option<&[String]> {
        self.context.get(lower).map(|(_, values)| values.as_slice()).filter(|values| !values.is_empty())
    }

    /// The one value of a context key.
    pub fn value(&self, lower: &str) -> Option<&str> {
        self.values(lower)?.first().map(String::as_str)
    }

    /// What kind of caller asks.
    pub fn class(&self) -> Class {
        class_of(&self.principal).unwrap_or(Class::Service)
    }

    /// Reads a request as the command line takes it, from a JSON or YAML tree.
    ///
    /// # Errors
    /// Where something is missing, of the wrong type, or not known; the span is that of the part at fault.
    pub fn read(root: &Node) -> Result<Self, SyntaxError> {
        let entries = root.as_mapping().ok_or_else(|| {
            SyntaxError::new(root.span, format!("a request is an object, this is {}", root.describe()))
        })?;
        let known = ["principal", "account", "action", "context", "key"];
        for entry in entries {
            let name = entry.key.text().unwrap_or_default();
            if !known.contains(&name) {
                let message = format!("unknown member `{name}` of a request, expected one of `{}`", known.join("`, `"));
                return Err(SyntaxError::new(entry.key.span, message));
            }
        }
        let principal = required(root, "principal")?;
        let name = text(principal, "principal")?;
        if class_of(&name).is_none() {
            let message = format!(
                "`{name}` is no principal that can call: expected the ARN of a user, a role, a session or an account's root, or a service name"
            );
            return Err(SyntaxError::new(principal.span, message));
        }
        let action_node = required(root, "action")?;
        let written = text(action_node, "action")?;
        let action = Action::named(&written).ok_or_else(|| {
            SyntaxError::new(action_node.span, format!("KMS has no action `{written}`"))
                .help("write it as in `kms:Decrypt`")
        })?;
        let mut made = Self::new(&name, action);
        if let Some(node) = root.get("account").filter(|node| !node.is_null()) {
            let account = text(node, "account")?;
            if !is_account_id(&account) {
                return Err(SyntaxError::new(
                    node.span,
                    format!("`{account}` is no account: twelve digits are expected"),
                ));
            }
            made.account = Some(account);
        }
        if let Some(node) = root.get("context").filter(|node| !node.is_null()) {
            made.read_context(node)?;
        }
        if let Some(node) = root.get("key").filter(|node| !node.is_null()) {
            let part = |name: &str| node.get(name).filter(|it| !it.is_null()).map(|it| text(it, name)).transpose();
            made.key = KeyFacts { arn: part("arn")?, spec: part("spec")?, usage: part("usage")? };
        }
        Ok(made)
    }

    fn read_context(&mut self, node: &Node) -> Result<(), SyntaxError> {
        let NodeKind::Mapping(entries) = &node.kind else {
            return Err(SyntaxError::new(node.span, format!("`context` is an object, this is {}", node.describe())));
        };
        for entry in entries {
            let name = entry.key.text().unwrap_or_default();
            let values = match entry.value.as_sequence() {
                Some(items) => items.iter().map(|item| text(item, name)).collect::<Result<_, _>>()?,
                None => vec![text(&entry.value, name)?],
            };
            if self.context.contains_key(&name.to_ascii_lowercase()) {
                return Err(SyntaxError::new(entry.key.span, format!("`{name}` stands here a second time")));
            }
            self.set(name, values);
        }
        Ok(())
    }

    /// Adds the context keys that follow from what is given, so that a short request can be written; what is there stays.
    ///
    /// # Errors
    /// Where what is given contradicts itself.
    pub fn complete(&mut self, setting: &Setting, now: Option<&str>) -> Result<(), RequestError> {
        match self.class() {
            Class::Service => {
                let name = self.principal.clone();
                self.default("aws:PrincipalIsAWSService", "true");
                self.default("aws:PrincipalServiceName", &name);
                self.default("aws:PrincipalServiceNamesList", &name);
                self.default("aws:ViaAWSService", "false");
            }
            class => self.complete_identity(class)?,
        }
        self.default("aws:SecureTransport", "true");
        let facts = [
            ("kms:KeySpec", self.key.spec.clone().or_else(|| setting.key_spec.clone())),
            ("kms:KeyUsage", self.key.usage.clone().or_else(|| setting.key_usage.clone())),
            ("kms:KeyOrigin", setting.origin.clone()),
            ("kms:MultiRegion", setting.multi_region.map(|it| it.to_string())),
            ("aws:ResourceAccount", self.owner(setting)),
            ("aws:RequestedRegion", self.key_field(3).map(str::to_owned).or_else(|| setting.region.clone())),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                self.default(name, &value);
            }
        }
        if let Some(now) = now {
            self.default("aws:CurrentTime", now);
            if let Some(time) = crate::pattern::moment(now) {
                self.default("aws:EpochTime", &(time / 1_000_000_000).to_string());
            }
        }
        Ok(())
    }

    fn complete_identity(&mut self, class: Class) -> Result<(), RequestError> {
        let arn = self.value("aws:principalarn").map(str::to_owned).unwrap_or_else(|| principal_arn(&self.principal));
        let of_arn = account_of(&arn).map(str::to_owned);
        let account = self.account.clone().or_else(|| of_arn.clone());
        if of_arn != account {
            let message = format!(
                "the request comes from account {}, but its aws:PrincipalArn is {arn}",
                account.unwrap_or_default()
            );
            return Err(RequestError(message));
        }
        self.default("aws:PrincipalArn", &arn);
        if let Some(account) = &account {
            self.default("aws:PrincipalAccount", account);
            self.default("kms:CallerAccount", account);
        }
        self.account = account;
        let kind = match class {
            Class::Root => "Account",
            Class::User => "User",
            Class::Federated => "FederatedUser",
            _ => "AssumedRole",
        };
        self.default("aws:PrincipalType", kind);
        if class == Class::User
            && let Some(name) = arn.rsplit('/').next()
        {
            self.default("aws:username", name);
        }
        self.default("aws:PrincipalIsAWSService", "false");
        let via = self.value("kms:viaservice").is_some();
        self.default("aws:ViaAWSService", if via { "true" } else { "false" });
        Ok(())
    }

    fn default(&mut self, name: &str, value: &str) {
        if !self.context.contains_key(&name.to_ascii_lowercase())
            && key::find(name).is_none_or(|it| it.goes_with(self.action))
        {
            self.set(name, vec![value.to_owned()]);
        }
    }

    /// The account that owns the key.
    pub fn owner(&self, setting: &Setting) -> Option<String> {
        self.key_field(4).map(str::to_owned).or_else(|| setting.account.clone())
    }

    fn key_field(&self, at: usize) -> Option<&str> {
        self.key.arn.as_deref()?.split(':').nth(at).filter(|field| !field.is_empty())
    }

    /// The name of the session, where it is known.
    pub fn session(&self) -> Option<&str> {
        let resource = self.principal.splitn(6, ':').nth(5)?;
        match resource.strip_prefix("assumed-role/") {
            Some(rest) => rest.split_once('/').map(|(_, session)| session),
            None => self.value("aws:userid")?.split_once(':').map(|(_, session)| session),
        }
    }

    /// As JSON, in the form the command line takes.
    pub fn to_json(&self) -> serde_json::Value {
        let mut context = serde_json::Map::new();
        for (name, values) in self.context.values() {
            let many = key::find(name).is_some_and(|info| info.multivalued) || values.len() != 1;
            let value = match values.first() {
                Some(value) if !many => serde_json::Value::from(value.as_str()),
                _ => serde_json::Value::from(values.clone()),
            };
            context.insert(name.clone(), value);
        }
        serde_json::json!({
            "principal": self.principal,
            "account": self.account,
            "action": self.action.qualified(),
            "context": context,
            "key": {"arn": self.key.arn, "spec": self.key.spec, "usage": self.key.usage},
        })
    }
}

fn required<'a>(root: &'a Node, name: &str) -> Result<&'a Node, SyntaxError> {
    root.get(name).ok_or_else(|| SyntaxError::new(root.span, format!("the request has no `{name}`")))
}

/// A scalar's text; booleans and numbers count as they are written.
fn text(node: &Node, what: &str) -> Result<String, SyntaxError> {
    match node.text() {
        Some(text) if !node.is_null() => Ok(text.to_owned()),
        _ => Err(SyntaxError::new(node.span, format!("`{what}` must be a string, this is {}", node.describe()))),
    }
}

/// What kind of caller a principal is; `None` for what cannot call.
pub fn class_of(principal: &str) -> Option<Class> {
    if !principal.starts_with("arn:") {
        let service = principal.contains('.') && !principal.contains([':', '/', ' ', '*']);
        return service.then_some(Class::Service);
    }
    let fields: Vec<&str> = principal.splitn(6, ':').collect();
    let [_, _, service, "", account, resource] = fields.as_slice() else { return None };
    if !is_account_id(account) {
        return None;
    }
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    match (*service, kind) {
        ("iam", "root") if rest.is_empty() => Some(Class::Root),
        ("iam", "user") if !rest.is_empty() => Some(Class::User),
        ("iam", "role") if !rest.is_empty() => Some(Class::Role),
        ("sts", "assumed-role") if rest.contains('/') => Some(Class::Role),
        ("sts", "federated-user") if !rest.is_empty() => Some(Class::Federated),
        _ => None,
    }
}

/// The account in an ARN.
pub fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(3).filter(|account| is_account_id(account))
}

/// The `aws:PrincipalArn` of a caller; a session's role is taken to have no path.
pub(crate) fn principal_arn(principal: &str) -> String {
    let fields: Vec<&str> = principal.splitn(6, ':').collect();
    if let ["arn", partition, "sts", _, account, resource] = fields.as_slice()
        && let Some(rest) = resource.strip_prefix("assumed-role/")
    {
        let role = rest.split('/').next().unwrap_or_default();
        return format!("arn:{partition}:iam::{account}:role/{role}");
    }
    principal.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Request, SyntaxError> {
        Request::read(&source::json::parse(text).unwrap())
    }

    #[test]
    fn a_short_request_is_completed() {
        let mut request =
            read(r#"{"principal": "arn:aws:sts::111122223333:assumed-role/R/me", "action": "kms:decrypt",
                "context": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}, "key": {"arn": "arn:aws:kms:eu-west-1:111122223333:key/1"}}"#)
                .unwrap();
        request.complete(&Setting::default(), Some("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(request.value("aws:principalarn"), Some("arn:aws:iam::111122223333:role/R"));
        assert_eq!(request.value("aws:viaawsservice"), Some("true"));
        assert_eq!(request.value("aws:epochtime"), Some("1767225600"));
        assert_eq!(request.value("aws:requestedregion"), Some("eu-west-1"));
        assert_eq!(request.session(), Some("me"));
        assert_eq!(request.to_json()["action"], "kms:Decrypt");
        let again = Request::read(&source::json::parse(&request.to_json().to_string()).unwrap()).unwrap();
        assert_eq!(again, request);
    }

    #[test]
    fn requests_that_cannot_be_are_refused() {
        let message = |text| read(text).unwrap_err().message;
        assert!(message(r#"{"action": "kms:Decrypt"}"#).contains("no `principal`"));
        assert!(
            message(r#"{"principal": "arn:aws:iam::1:root", "action": "kms:Decrypt"}"#)
                .contains("no principal that can call")
        );
        assert!(message(r#"{"principal": "a.b", "action": "kms:Foo"}"#).contains("no action `kms:Foo`"));
        assert!(message(r#"{"principal": "a.b", "action": "kms:Sign", "x": 1}"#).contains("unknown member `x`"));
        let mut request = Request::new("arn:aws:iam::111122223333:user/u", Action::named("Sign").unwrap());
        request.account = Some("444455556666".into());
        assert!(request.complete(&Setting::default(), None).is_err());
    }
}
