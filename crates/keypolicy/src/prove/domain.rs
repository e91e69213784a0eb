//! The values that a slot can have at all.

use super::atom::{Lift, Pat};
use crate::operator::Comparison;
use crate::pattern::{Net, Pattern, moment, tokens};
use crate::request::{Class, class_of};
use finding::is_account_id;

/// The values that a slot can have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Domain {
    /// `aws:PrincipalArn` of callers of this class, in this partition.
    PrincipalArn(Class, String),
    /// `aws:userid` of callers of this class.
    UserId(Class),
    /// One of these.
    OneOf(Vec<String>),
    /// A whole number in this range.
    Number(i64, i64),
    /// A time.
    Date,
    /// An address.
    Address,
    /// Texts of a form.
    Form(Form),
}

/// Forms of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Any text that is not empty.
    Text,
    /// Twelve digits.
    Account,
    /// `o-…`, in small letters
    Organization,
    /// `o-…/r-…/ou-…/`
    OrganizationPath,
    /// `s3.amazonaws.com`
    Service,
    /// `s3.eu-west-1.amazonaws.com`
    ViaService,
    /// An ARN of an AWS resource, with an account.
    SourceArnWithAccount,
    /// An ARN of an AWS resource, without an account.
    SourceArnWithoutAccount,
    /// Any ARN of an AWS resource.
    Arn,
    /// `vpc-…`
    Vpc,
    /// `vpce-…`
    Endpoint,
    /// `eu-west-1`
    Region,
}

impl Domain {
    /// Whether a slot can have the value.
    pub(super) fn admits(&self, value: &str) -> bool {
        match self {
            Self::PrincipalArn(class, partition) => {
                class_of(value) == Some(*class)
                    && value.strip_prefix("arn:").is_some_and(|it| it.split(':').next() == Some(partition))
                    && !value.contains(":assumed-role/")
                    && value.splitn(6, ':').nth(5).is_some_and(is_resource)
            }
            Self::UserId(class) => match (class, value.split_once(':')) {
                (Class::Role, Some((id, session))) => is_id(id, "AROA") && is_name(session),
                (Class::User, None) => is_id(value, "AIDA"),
                (Class::Root, None) => is_account_id(value),
                (Class::Federated, Some((account, name))) => is_account_id(account) && is_name(name),
                _ => false,
            },
            Self::OneOf(values) => values.iter().any(|it| it == value),
            Self::Number(least, most) => value.parse::<i64>().is_ok_and(|it| (*least..=*most).contains(&it)),
            Self::Date => value.ends_with('Z') && moment(value).is_some(),
            Self::Address => Net::parse(value).is_some() && !value.contains('/'),
            Self::Form(form) => form.admits(value),
        }
    }

    /// Whether its values are compared by their text alone.
    pub(super) fn is_textual(&self) -> bool {
        match self {
            Self::PrincipalArn(class, _) | Self::UserId(class) => *class != Class::Service,
            Self::Form(_) => true,
            Self::OneOf(_) | Self::Number(..) | Self::Date | Self::Address => false,
        }
    }

    /// A pattern that all its values fit, where one says more than nothing.
    pub(super) fn frame(&self) -> Option<Pat> {
        let Self::PrincipalArn(class, partition) = self else { return None };
        let (service, resource) = match class {
            Class::Role => ("iam", "role/?*"),
            Class::User => ("iam", "user/?*"),
            Class::Root => ("iam", "root"),
            _ => ("sts", "federated-user/?*"),
        };
        let tokens: Vec<_> = tokens(&format!("arn:{partition}:{service}::????????????:{resource}")).collect();
        Some(Pat { lift: Lift::Whole, pattern: Pattern::new(Comparison::Arn, &tokens).into() })
    }

    /// Values to begin with, the plainest first; `fresh` are accounts that nobody mentions.
    pub(super) fn samples(&self, fresh: &[String]) -> Vec<String> {
        let own = |values: &[&str]| values.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        match self {
            Self::PrincipalArn(class, partition) => {
                let arn = |account: &String| match class {
                    Class::Role => format!("arn:{partition}:iam::{account}:role/Witness"),
                    Class::User => format!("arn:{partition}:iam::{account}:user/Witness"),
                    Class::Root => format!("arn:{partition}:iam::{account}:root"),
                    _ => format!("arn:{partition}:sts::{account}:federated-user/Witness"),
                };
                fresh.iter().map(arn).collect()
            }
            Self::UserId(class) => match class {
                Class::Role => own(&["AROAWITNESS0000000001:witness"]),
                Class::User => own(&["AIDAWITNESS0000000001"]),
                Class::Root => fresh.to_vec(),
                _ => fresh.iter().map(|account| format!("{account}:Witness")).collect(),
            },
            Self::OneOf(values) => values.clone(),
            Self::Number(least, most) => {
                vec![(*most.min(&365).max(least)).to_string(), least.to_string(), most.to_string()]
            }
            Self::Date => own(&["2026-11-22T12:00:00Z"]),
            Self::Address => own(&["198.51.100.7", "2001:db8::7", "10.1.2.3"]),
            Self::Form(form) => match form {
                Form::Account => fresh.to_vec(),
                Form::SourceArnWithAccount => fresh
                    .iter()
                    .map(|account| format!("arn:aws:cloudtrail:us-east-1:{account}:trail/witness"))
                    .collect(),
                other => own(other.samples()),
            },
        }
    }
}

impl Form {
    fn admits(self, value: &str) -> bool {
        let after = |prefix: &str| {
            value.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(is_small_word))
        };
        match self {
            Self::Text => !value.is_empty() && value.len() <= 512,
            Self::Account => is_account_id(value),
            Self::Organization => after("o-"),
            Self::OrganizationPath => is_organization_path(value),
            Self::Service => is_service(value) && value.matches('.').count() >= 2,
            Self::ViaService => is_service(value) && value.matches('.').count() >= 3,
            Self::SourceArnWithAccount => is_arn(value) && value.split(':').nth(4).is_some_and(is_account_id),
            Self::SourceArnWithoutAccount => is_arn(value) && value.split(':').nth(4) == Some(""),
            Self::Arn => is_arn(value),
            Self::Vpc => after("vpc-"),
            Self::Endpoint => after("vpce-"),
            Self::Region => !value.is_empty() && value.bytes().all(is_word),
        }
    }

    fn samples(self) -> &'static [&'static str] {
        match self {
            Self::Text => &["witness", "x", "0"],
            Self::Organization => &["o-witness001", "o-witness002"],
            Self::OrganizationPath => &["o-witness001/r-root/ou-root-witness1/", "o-witness002/r-root/"],
            Self::Service => &["cloudtrail.amazonaws.com", "witness.amazonaws.com"],
            Self::ViaService => &["s3.us-east-1.amazonaws.com", "witness.us-east-1.amazonaws.com"],
            Self::SourceArnWithoutAccount | Self::Arn => &["arn:aws:s3:::witness"],
            Self::Vpc => &["vpc-0123456789abcdef0", "vpc-0123456789abcdef1"],
            Self::Endpoint => &["vpce-0123456789abcdef0", "vpce-0123456789abcdef1"],
            Self::Region => &["us-east-1", "eu-west-1"],
            Self::Account | Self::SourceArnWithAccount => &[],
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// AWS writes the ids of organisations and networks in small letters: none differs from another in case only.
fn is_small_word(byte: u8) -> bool {
    is_word(byte) && !byte.is_ascii_uppercase()
}

/// A resource of IAM: printable characters, and a name at the end.
fn is_resource(text: &str) -> bool {
    let Some((kind, rest)) = text.split_once('/') else { return text == "root" };
    let (path, name) = rest.rsplit_once('/').map_or((None, rest), |(path, name)| (Some(path), name));
    is_name(name)
        && match path {
            None => true,
            Some(path) => {
                kind != "federated-user" && !path.is_empty() && path.bytes().all(|byte| byte.is_ascii_graphic())
            }
        }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

fn is_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

fn is_service(value: &str) -> bool {
    let name = value.strip_suffix(".cn").unwrap_or(value);
    let host = name.strip_suffix(".amazonaws.com");
    host.is_some_and(|host| host.split('.').all(|part| !part.is_empty() && part.bytes().all(is_word)))
}

fn is_organization_path(value: &str) -> bool {
    let Some(inside) = value.strip_suffix('/') else { return false };
    let mut parts = inside.split('/');
    let part = |part: Option<&str>, prefix: &str, fits: fn(u8) -> bool| {
        part.and_then(|it| it.strip_prefix(prefix)).is_some_and(|rest| !rest.is_empty() && rest.bytes().all(fits))
    };
    part(parts.next(), "o-", is_small_word)
        && part(parts.next(), "r-", is_word)
        && parts.all(|it| part(Some(it), "ou-", is_word))
}

fn is_arn(value: &str) -> bool {
    let fields: Vec<&str> = value.splitn(6, ':').collect();
    let lower =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    match fields.as_slice() {
        ["arn", partition, service, region, account, resource] => {
            partition.starts_with("aws")
                && lower(partition)
                && !service.is_empty()
                && lower(service)
                && lower(region)
                && (account.is_empty() || is_account_id(account))
                && !resource.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prove::automata::{Found, find};
    use crate::prove::spent::Spent;

    fn all() -> Vec<Domain> {
        let classes = [Class::Role, Class::User, Class::Root, Class::Federated];
        let forms = [
            Form::Text,
            Form::Account,
            Form::Organization,
            Form::OrganizationPath,
            Form::Service,
            Form::ViaService,
            Form::SourceArnWithAccount,
            Form::SourceArnWithoutAccount,
            Form::Arn,
            Form::Vpc,
            Form::Endpoint,
            Form::Region,
        ];
        let arns = classes.iter().map(|&class| Domain::PrincipalArn(class, "aws".to_owned()));
        let ids = classes.iter().map(|&class| Domain::UserId(class));
        arns.chain(ids).chain(forms.into_iter().map(Domain::Form)).collect()
    }

    #[test]
    fn samples_are_admitted_and_shapes_and_frames_say_the_same() {
        let (fresh, spent) = (["999999999999".to_owned()], Spent::default());
        for domain in all() {
            for sample in domain.samples(&fresh) {
                assert!(domain.admits(&sample), "{domain:?} {sample}");
                assert!(domain.frame().is_none_or(|frame| frame.fits(&sample)), "{domain:?} {sample}");
                let pat = [Pat::exact(Lift::Whole, &sample)];
                assert_eq!(find(&domain, &[&pat], &[], &spent), Found::Text(sample.clone()), "{domain:?}");
            }
            let Found::Text(text) = find(&domain, &[], &[], &spent) else { panic!("{domain:?} is empty") };
            assert!(domain.admits(&text), "{domain:?} {text}");
        }
    }

    #[test]
    fn what_cannot_be_is_not_admitted() {
        let role = Domain::PrincipalArn(Class::Role, "aws".to_owned());
        assert!(!role.admits("arn:aws:iam::111122223333:role/") && !role.admits("arn:aws-cn:iam::111122223333:role/x"));
        assert!(
            !role.admits("arn:aws:iam::111122223333:role//x") && role.admits("arn:aws:iam::111122223333:role/a/b/x")
        );
        assert!(!Domain::Form(Form::ViaService).admits("s3.amazonaws.com"));
        assert!(!Domain::Form(Form::OrganizationPath).admits("o-1"));
        assert!(
            !Domain::Form(Form::OrganizationPath).admits("o-A1/r-x/")
                && !Domain::Form(Form::Endpoint).admits("vpce-0A")
        );
    }
}
