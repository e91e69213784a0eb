//! The grammar of a key policy, as far as KMS checks it when one is set.

use serde_json::{Map, Value};

/// A key policy that KMS would take.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) allows: bool,
    /// Whom it is about; `negated` turns it round.
    pub(super) principals: Matcher,
    pub(super) actions: Matcher,
    pub(super) conditions: Vec<Condition>,
}

/// Texts that fit, or do not.
#[derive(Debug)]
pub(super) struct Matcher {
    pub(super) patterns: Vec<String>,
    pub(super) negated: bool,
}

/// One operator with one key and its values.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) operator: String,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

/// The versions of the policy language.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// The members that a statement may have.
const MEMBERS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

impl Document {
    /// Reads a policy; an error is AWS's sentence about it, or one like it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|_| "This policy contains invalid Json".to_owned())?;
        let Value::Object(members) = value else { return Err("This policy contains invalid Json".to_owned()) };
        if let Some(unknown) = members.keys().find(|name| !["Version", "Id", "Statement"].contains(&name.as_str())) {
            return Err(format!("Syntax errors in policy: unknown field {unknown}"));
        }
        if let Some(version) = members.get("Version")
            && !version.as_str().is_some_and(|version| VERSIONS.contains(&version))
        {
            return Err(format!("The policy must contain a valid version string, not {version}"));
        }
        let statements = match members.get("Statement") {
            Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
            Some(statement @ Value::Object(_)) => vec![statement],
            _ => return Err("The policy must have at least one statement".to_owned()),
        };
        let statements = statements.into_iter().map(Statement::read).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }
}

impl Statement {
    fn read(value: &Value) -> Result<Self, String> {
        let Value::Object(members) = value else {
            return Err("Syntax errors in policy: a statement is an object".into());
        };
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(format!("Syntax errors in policy: unknown field {unknown}"));
        }
        let allows = match members.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("Policy statement must contain the effect Allow or Deny".to_owned()),
        };
        check_resource(members)?;
        let principals = matcher(members, "Principal", "NotPrincipal", "principals", principals)?;
        let actions = matcher(members, "Action", "NotAction", "actions", texts)?;
        if let Some(bad) = actions.patterns.iter().find(|action| !is_action(action)) {
            return Err(format!("Policy contains a statement with one or more invalid actions: {bad}"));
        }
        let conditions = members.get("Condition").map(conditions).transpose()?.unwrap_or_default();
        Ok(Self { allows, principals, actions, conditions })
    }
}

/// A key policy is about its own key.
fn check_resource(members: &Map<String, Value>) -> Result<(), String> {
    let Some(resource) = members.get("Resource") else {
        return Err("Policy statement must contain resources".to_owned());
    };
    if texts(resource)?.iter().any(|resource| resource == "*") {
        return Ok(());
    }
    Err("Policy statement must contain the resource *".to_owned())
}

/// One of two members, which turn each other round.
fn matcher(
    members: &Map<String, Value>,
    name: &str,
    negated: &str,
    what: &str,
    read: fn(&Value) -> Result<Vec<String>, String>,
) -> Result<Matcher, String> {
    match (members.get(name), members.get(negated)) {
        (Some(value), None) => Ok(Matcher { patterns: read(value)?, negated: false }),
        (None, Some(value)) => Ok(Matcher { patterns: read(value)?, negated: true }),
        (None, None) => Err(format!("Policy statement must contain {what}")),
        (Some(_), Some(_)) => Err(format!("Policy statement must not contain both {name} and {negated}")),
    }
}

/// A text, or a list of texts.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| "Syntax errors in policy: expected a string".to_owned())
    };
    match value {
        Value::Array(values) if !values.is_empty() => values.iter().map(text).collect(),
        Value::Array(_) => Err("Syntax errors in policy: an empty list".to_owned()),
        single => Ok(vec![text(single)?]),
    }
}

fn principals(value: &Value) -> Result<Vec<String>, String> {
    let invalid = || "Policy contains a statement with one or more invalid principals.".to_owned();
    let Value::Object(kinds) = value else {
        return if value == "*" { Ok(vec!["*".to_owned()]) } else { Err(invalid()) };
    };
    let mut all = Vec::new();
    for (kind, value) in kinds {
        let names = texts(value)?;
        let is_valid = |name: &String| match kind.as_str() {
            "AWS" => is_principal(name),
            "Service" => name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn"),
            "Federated" => !name.is_empty(),
            _ => false,
        };
        if !names.iter().all(is_valid) {
            return Err(invalid());
        }
        // Those of other kinds are nobody who calls KMS here.
        if kind == "AWS" {
            all.extend(names);
        }
    }
    if kinds.is_empty() { Err(invalid()) } else { Ok(all) }
}

/// Whether a text can name somebody. Whether there is such a user or role is only known to IAM.
fn is_principal(name: &str) -> bool {
    if name == "*" || finding::is_account_id(name) {
        return true;
    }
    let is_unique_id = |prefix: &str| name.starts_with(prefix) && name.len() >= 16;
    if ["AIDA", "AROA"].into_iter().any(is_unique_id) && name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        // What is left of somebody who was deleted: it cannot be set again.
        return false;
    }
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match *parts.as_slice() {
        ["arn", _, "iam", "", account, resource] => {
            let kinds = ["user/", "role/", "federated-user/"];
            let is_named = kinds.iter().any(|kind| resource.strip_prefix(kind).is_some_and(|rest| !rest.is_empty()));
            finding::is_account_id(account) && (resource == "root" || is_named) && !resource.contains('*')
        }
        ["arn", _, "sts", "", account, resource] => {
            finding::is_account_id(account)
                && (resource.starts_with("assumed-role/") || resource.starts_with("federated-user/"))
        }
        _ => false,
    }
}

fn is_action(action: &str) -> bool {
    let is_pattern = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*?-".contains(&byte));
    match action.split_once(':') {
        Some((service, name)) => !service.is_empty() && !name.is_empty() && is_pattern(service) && is_pattern(name),
        None => action == "*",
    }
}

fn conditions(value: &Value) -> Result<Vec<Condition>, String> {
    let wrong = || "Syntax errors in policy: a condition is an object of operators".to_owned();
    let Value::Object(operators) = value else { return Err(wrong()) };
    let mut all = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else { return Err(wrong()) };
        for (key, values) in keys {
            let one = |value: &Value| match value {
                Value::String(text) => Ok(text.clone()),
                Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
                _ => Err(wrong()),
            };
            let values = match values {
                Value::Array(values) => values.iter().map(one).collect::<Result<_, _>>()?,
                single => vec![one(single)?],
            };
            all.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(all)
}
