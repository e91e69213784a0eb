//! What a service answers when it refuses.

use std::borrow::Cow;

/// An error as AWS answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

impl ServiceError {
    /// An error of the caller's making.
    pub(crate) fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status: 400, code: code.into(), message: message.into() }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// One constraint of the service's model that a member breaks.
    pub(crate) fn constraint(value: &str, member: &str, constraint: &str) -> Self {
        let mut member = member.to_owned();
        if let Some(first) = member.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        let value: String = value.chars().take(200).collect();
        Self::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("NotFoundException", message)
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new("AccessDeniedException", message)
    }

    /// A refusal for want of a permission, in AWS's words.
    pub(crate) fn not_authorized(user: &str, action: &str, resource: Option<&str>, why: Why) -> Self {
        Self::access_denied(not_authorized(user, action, resource, why))
    }
}

/// Why AWS says that somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Nothing allows it to the identity.
    Identity,
    /// The resource's policy does not allow it.
    Resource,
    /// A service control policy denies it.
    ServiceControlPolicy,
    /// A resource control policy denies it.
    ResourceControlPolicy,
}

/// AWS's sentence about a permission that is missing.
pub(crate) fn not_authorized(user: &str, action: &str, resource: Option<&str>, why: Why) -> String {
    let resource = resource.map(|resource| format!(" on resource: {resource}")).unwrap_or_default();
    let why = match why {
        Why::Identity => format!("because no identity-based policy allows the {action} action"),
        Why::Resource => format!("because no resource-based policy allows the {action} action"),
        Why::ServiceControlPolicy => "with an explicit deny in a service control policy".to_owned(),
        Why::ResourceControlPolicy => "with an explicit deny in a resource control policy".to_owned(),
    };
    format!("User: {user} is not authorized to perform: {action}{resource} {why}")
}
