//! Errors that every service has, each in its own words.

use std::borrow::Cow;

use super::Service;
use crate::error::ServiceError;

/// An error that JSON services end with `Exception`, and STS does not.
pub(super) fn fit(service: Service, code: &str, message: &str, sts_status: u16) -> ServiceError {
    match service {
        Service::Sts => ServiceError::new(code.to_owned(), message).with_status(sts_status),
        _ => ServiceError::new(Cow::Owned(format!("{code}Exception")), message),
    }
}

pub(super) fn bad_signature(service: Service, message: &str) -> ServiceError {
    match service {
        Service::Sts => ServiceError::new("SignatureDoesNotMatch", message).with_status(403),
        _ => ServiceError::new("InvalidSignatureException", message),
    }
}

pub(super) fn expired(service: Service) -> ServiceError {
    match service {
        Service::Sts => {
            ServiceError::new("ExpiredToken", "The security token included in the request is expired").with_status(403)
        }
        _ => ServiceError::new("ExpiredTokenException", "The security token included in the request is expired"),
    }
}

pub(super) fn throttled(service: Service) -> ServiceError {
    match service {
        Service::Kms => ServiceError::new(
            "ThrottlingException",
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
        ),
        Service::Sts => ServiceError::new("Throttling", "Rate exceeded"),
        Service::Organizations => ServiceError::new(
            "TooManyRequestsException",
            "AWS Organizations can't complete your request because another request is already in progress. Try again later.",
        ),
        Service::Account | Service::Sso => {
            ServiceError::new("TooManyRequestsException", "Rate exceeded").with_status(429)
        }
        Service::SecurityHub => ServiceError::new("LimitExceededException", "Too Many Requests").with_status(429),
        Service::Sqs => ServiceError::new("RequestThrottled", "Rate exceeded"),
        Service::SecretsManager | Service::Ssm => ServiceError::new("ThrottlingException", "Rate exceeded"),
    }
}

pub(super) fn unknown_operation(service: Service, operation: &str) -> ServiceError {
    match service {
        Service::Sts => ServiceError::new(
            "InvalidAction",
            format!(
                "Could not find operation {} for version 2011-06-15",
                operation.chars().take(100).collect::<String>()
            ),
        ),
        _ => ServiceError::new("UnknownOperationException", ""),
    }
}
