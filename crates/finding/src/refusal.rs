//! What kind of refusal or failure a call ended in, told from AWS's own words: the one place that reads them.
//!
//! AWS says *who* refused only in the text of the message, so the texts are matched here, and only here; the tests hold real ones.

use std::fmt;

/// Why a call gave no answer, as users see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// The key's own policy does not allow it.
    KeyPolicy,
    /// A service control policy of the organisation denies it.
    Scp,
    /// A resource control policy of the organisation denies it.
    Rcp,
    /// The caller's own policies, boundary or session do not allow it.
    MissingPermission,
    /// The role in the account does not exist, or does not trust the caller: AWS does not say which.
    RoleMissing,
    /// The account has not enabled the region.
    RegionDisabled,
    /// The account is suspended or closed.
    AccountSuspended,
    /// Too many requests, even after waiting.
    Throttled,
    /// The caller's session ended.
    ExpiredCredentials,
    /// The clock here is wrong.
    ClockSkew,
    /// Nothing that speaks AWS's protocol answered in time: network, proxy, an HTML page, an internal error.
    Endpoint,
    /// The operation does not exist there, or not for such a key.
    NotSupported,
    /// Reading was stopped before it came to this.
    Interrupted,
    /// AWS's code says it all.
    Other,
}

/// Codes of throttling, of all services that are called.
const THROTTLING: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
];

const EXPIRED: [&str; 5] =
    ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "UnauthorizedException"];

const ENDPOINT: [&str; 15] = [
    CONNECTION,
    TIMEOUT,
    NO_ANSWER,
    "InternalFailure",
    "InternalError",
    "InternalServerError",
    "InternalServiceError",
    "InternalServerException",
    "InternalException",
    "KMSInternalException",
    "KMSInternal",
    "DependencyTimeoutException",
    "DependencyTimeout",
    "ServiceException",
    "ServiceUnavailable",
];

/// The code of a failure to connect, ours: AWS was never reached.
pub const CONNECTION: &str = "ConnectionFailed";
/// The code of an answer that did not come in time, ours.
pub const TIMEOUT: &str = "Timeout";
/// The code of an answer that is none of AWS's, ours: an HTML page, half a document.
pub const NO_ANSWER: &str = "NotAnAnswer";
/// The code of what was not read because reading was stopped, ours.
pub const INTERRUPTED: &str = "Interrupted";

impl Refusal {
    /// All, in the order in which they are documented.
    pub const ALL: [Self; 14] = [
        Self::KeyPolicy,
        Self::Scp,
        Self::Rcp,
        Self::MissingPermission,
        Self::RoleMissing,
        Self::RegionDisabled,
        Self::AccountSuspended,
        Self::Throttled,
        Self::ExpiredCredentials,
        Self::ClockSkew,
        Self::Endpoint,
        Self::NotSupported,
        Self::Interrupted,
        Self::Other,
    ];

    /// The class of a failed call.
    #[must_use]
    pub fn of(operation: &str, code: &str, message: &str) -> Self {
        let has = |codes: &[&str]| codes.contains(&code);
        let says = |words: &str| message.contains(words);
        if code == INTERRUPTED {
            return Self::Interrupted;
        }
        // Security Hub's limits are of rates only, and it says so by status 429.
        let of_hub = matches!(operation, "GetFindings" | "BatchUpdateFindings" | "BatchImportFindings");
        if has(&THROTTLING) || code == "Http429" || (code == "LimitExceededException" && (of_hub || says("rate"))) {
            return Self::Throttled;
        }
        if says("Signature expired") || says("Signature not yet current") || code == "RequestTimeTooSkewed" {
            return Self::ClockSkew;
        }
        if has(&EXPIRED) || (says("security token") && says("expired")) {
            return Self::ExpiredCredentials;
        }
        if has(&["UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired"]) {
            // STS stands in regions that are always on: a token that it does not know is no token.
            let of_sts = matches!(operation, "GetCallerIdentity" | "AssumeRole");
            return if of_sts { Self::ExpiredCredentials } else { Self::RegionDisabled };
        }
        if says("suspended") || has(&["AccountSuspendedException", "AccountProblem"]) {
            return Self::AccountSuspended;
        }
        if is_denial(code) {
            return Self::of_denial(operation, message);
        }
        if has(&ENDPOINT) || code.starts_with("Http5") {
            return Self::Endpoint;
        }
        let unknown = ["UnsupportedOperationException", "UnknownOperationException", "InvalidAction", "NotImplemented"];
        if has(&unknown) || code == "Http404" {
            return Self::NotSupported;
        }
        Self::Other
    }

    /// Who denied it. The control policies stand above everything, so they are looked for first.
    fn of_denial(operation: &str, message: &str) -> Self {
        let says = |words: &str| message.contains(words);
        if says("service control policy") {
            Self::Scp
        } else if says("resource control policy") {
            Self::Rcp
        } else if operation == "AssumeRole" {
            Self::RoleMissing
        } else if says("resource-based policy") || says("does not exist in this region, or you are not allowed") {
            Self::KeyPolicy
        } else {
            Self::MissingPermission
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyPolicy => "key policy",
            Self::Scp => "SCP",
            Self::Rcp => "RCP",
            Self::MissingPermission => "missing permission",
            Self::RoleMissing => "role missing",
            Self::RegionDisabled => "region disabled",
            Self::AccountSuspended => "account suspended",
            Self::Throttled => "throttled",
            Self::ExpiredCredentials => "expired credentials",
            Self::ClockSkew => "clock skew",
            Self::Endpoint => "endpoint",
            Self::NotSupported => "not supported",
            Self::Interrupted => "interrupted",
            Self::Other => "other",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name().eq_ignore_ascii_case(name))
    }

    /// What to do about it, in one clause.
    #[must_use]
    pub fn remedy(self) -> Option<&'static str> {
        Some(match self {
            Self::KeyPolicy => "let the key policy allow the reader role this call",
            Self::Scp => "let the service control policy except the reader role",
            Self::Rcp => "let the resource control policy except the reader role",
            Self::MissingPermission => "add the action to the reader role (`keyreeve aws permissions` prints them all)",
            Self::RoleMissing => "create the reader role there (`keyreeve aws bootstrap`), or name it with --role",
            Self::ExpiredCredentials => "sign in again (`aws sso login`)",
            Self::ClockSkew => "set this machine's clock",
            Self::Throttled => "run again later, or lower `budget`",
            Self::Endpoint => "check network, proxy and endpoint, and run again",
            Self::RegionDisabled | Self::AccountSuspended | Self::NotSupported | Self::Interrupted | Self::Other => {
                return None;
            }
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether the code is that of a refusal for want of permission.
fn is_denial(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError")
}

#[cfg(test)]
mod tests {
    use super::Refusal::{self, *};

    const KEY: &str = "arn:aws:kms:eu-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const ROLE: &str =
        "User: arn:aws:sts::111122223333:assumed-role/KeyreeveReader/keyreeve is not authorized to perform:";

    /// What AWS answers, word for word but for names, and the class that it is.
    #[test]
    fn every_refusal_has_its_class() {
        let denied = "AccessDeniedException";
        let on_key = |why: &str| format!("{ROLE} kms:DescribeKey on resource: {KEY} {why}");
        let table: &[(&str, &str, String, Refusal)] = &[
            ("DescribeKey", denied, on_key("because no identity-based policy allows the kms:DescribeKey action"), MissingPermission),
            ("DescribeKey", denied, on_key("because no resource-based policy allows the kms:DescribeKey action"), KeyPolicy),
            ("DescribeKey", denied, on_key("with an explicit deny in a resource-based policy"), KeyPolicy),
            ("DescribeKey", denied, on_key("with an explicit deny in an identity-based policy"), MissingPermission),
            ("DescribeKey", denied, on_key("with an explicit deny in a service control policy"), Scp),
            ("DescribeKey", denied, on_key("because no service control policy allows the kms:DescribeKey action"), Scp),
            ("DescribeKey", denied, on_key("with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-abcdefghij/service_control_policy/p-12345678"), Scp),
            ("DescribeKey", denied, on_key("with an explicit deny in a resource control policy"), Rcp),
            ("DescribeKey", denied, on_key("because no permissions boundary allows the kms:DescribeKey action"), MissingPermission),
            ("DescribeKey", denied, on_key("because no session policy allows the kms:DescribeKey action"), MissingPermission),
            ("DescribeKey", denied, on_key("because no VPC endpoint policy allows the kms:DescribeKey action"), MissingPermission),
            ("DescribeKey", denied, on_key(""), MissingPermission),
            ("GetKeyPolicy", denied, "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.".into(), KeyPolicy),
            ("ListKeys", denied, format!("{ROLE} kms:ListKeys with an explicit deny in a service control policy"), Scp),
            ("AssumeRole", "AccessDenied", "User: arn:aws:sts::999999999999:assumed-role/AWSReservedSSO_Audit_0123456789abcdef/anna is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/KeyreeveReader".into(), RoleMissing),
            ("AssumeRole", "AccessDenied", format!("{ROLE} sts:AssumeRole on resource: arn:aws:iam::1:role/R with an explicit deny in a service control policy"), Scp),
            ("ListAccounts", denied, "You don't have permissions to access this resource.".into(), MissingPermission),
            ("ListKeys", "UnrecognizedClientException", "The security token included in the request is invalid.".into(), RegionDisabled),
            ("ListRegions", "InvalidClientTokenId", "The security token included in the request is invalid".into(), RegionDisabled),
            ("GetCallerIdentity", "InvalidClientTokenId", "The security token included in the request is invalid.".into(), ExpiredCredentials),
            ("ListKeys", "ExpiredTokenException", "The security token included in the request is expired".into(), ExpiredCredentials),
            ("GetCallerIdentity", "ExpiredToken", "The security token included in the request is expired".into(), ExpiredCredentials),
            ("GetRoleCredentials", "UnauthorizedException", "Session token not found or invalid".into(), ExpiredCredentials),
            ("ListKeys", "InvalidSignatureException", "Signature expired: 20261122T020000Z is now earlier than 20261122T021500Z (20261122T022000Z - 5 min.)".into(), ClockSkew),
            ("ListKeys", "InvalidSignatureException", "Signature not yet current: 20261122T023000Z is still later than 20261122T022500Z (20261122T022000Z + 5 min.)".into(), ClockSkew),
            ("GetCallerIdentity", "SignatureDoesNotMatch", "Signature expired: 20261122T020000Z is now earlier than 20261122T021500Z (20261122T022000Z - 5 min.)".into(), ClockSkew),
            ("DescribeKey", "ThrottlingException", "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.".into(), Throttled),
            ("DescribeKey", "ThrottlingException", "Rate exceeded".into(), Throttled),
            ("ListAccounts", "TooManyRequestsException", "You have sent too many requests in too short a period of time. Try again later.".into(), Throttled),
            ("AssumeRole", "Throttling", "Rate exceeded".into(), Throttled),
            ("BatchUpdateFindings", "LimitExceededException", String::new(), Throttled),
            ("CreateAlias", "LimitExceededException", "The key has too many aliases".into(), Other),
            ("GetFindings", "Http429", "429: Too Many Requests".into(), Throttled),
            ("GetFindings", "InternalException", String::new(), Endpoint),
            ("GetKeyRotationStatus", "UnsupportedOperationException", String::new(), NotSupported),
            ("GetKeyLastUsage", "UnknownOperationException", String::new(), NotSupported),
            ("ListKeys", "KMSInternalException", "An internal error occurred".into(), Endpoint),
            ("ListKeys", "DependencyTimeoutException", "The request timed out.".into(), Endpoint),
            ("ListKeys", super::CONNECTION, "connection refused".into(), Endpoint),
            ("ListKeys", super::NO_ANSWER, "<html>".into(), Endpoint),
            ("ListKeys", "Http502", "bad gateway".into(), Endpoint),
            ("ListKeys", super::INTERRUPTED, String::new(), Interrupted),
            ("AssumeRole", "AccessDenied", "The account is suspended".into(), AccountSuspended),
            ("DescribeKey", "NotFoundException", format!("Key '{KEY}' does not exist"), Other),
        ];
        for (operation, code, message, class) in table {
            assert_eq!(Refusal::of(operation, code, message), *class, "{operation} {code}: {message}");
        }
    }

    #[test]
    fn a_class_is_found_by_its_name() {
        for class in Refusal::ALL {
            assert_eq!(Refusal::parse(class.name()), Some(class));
        }
        assert_eq!(Refusal::parse("scp"), Some(Scp));
        assert_eq!(Refusal::parse("nobody"), None);
    }
}
