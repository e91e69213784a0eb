//! Conditions in words, for people who do not read operators.

use crate::operator::{Comparison, Quantifier, Relation};
use crate::rules::Test;

/// One line of a condition in words: `the caller's ARN is like arn:aws:iam::111122223333:role/app-*`.
pub fn test(test: &Test) -> String {
    let subject = subject(&test.key, &test.key_name);
    let operator = test.operator;
    let values = listed(test);
    if operator.comparison == Comparison::Null {
        let missing = test.values.iter().any(|value| value.raw.eq_ignore_ascii_case("true"));
        return format!("{subject} is {}", if missing { "not there" } else { "there" });
    }
    if let (Comparison::Bool, Some(fact), [value]) = (operator.comparison, subject.strip_prefix("that "), &*test.values)
    {
        let relaxed = if operator.if_exists { ", or that is not known" } else { "" };
        let so = if value.raw.eq_ignore_ascii_case("true") { "" } else { "it is not so that " };
        return format!("{so}{fact}{relaxed}");
    }
    let who = match operator.quantifier {
        Some(Quantifier::ForAllValues) => format!("every value of {subject} (also when there is none)"),
        Some(Quantifier::ForAnyValue) => format!("some value of {subject}"),
        None => subject,
    };
    let verb = verb(operator.comparison, operator.negated);
    let relaxed = if operator.if_exists { ", or is not there" } else { "" };
    let missing = if operator.negated && !operator.if_exists && operator.quantifier.is_none() {
        " (also when it is not there)"
    } else {
        ""
    };
    format!("{who} {verb} {values}{relaxed}{missing}")
}

fn listed(test: &Test) -> String {
    let values: Vec<&str> = test.values.iter().map(|value| value.raw.as_str()).collect();
    match (values.as_slice(), test.operator.negated) {
        ([], _) => "nothing".to_owned(),
        ([one], _) => (*one).to_owned(),
        (several, true) => several.join(" nor "),
        (several, false) => several.join(" or "),
    }
}

fn verb(comparison: Comparison, negated: bool) -> &'static str {
    match (comparison, negated) {
        (Comparison::StringLike | Comparison::Arn, false) => "is like",
        (Comparison::StringLike | Comparison::Arn, true) => "is not like",
        (Comparison::StringEqualsIgnoreCase, false) => "is, in any case,",
        (Comparison::StringEqualsIgnoreCase, true) => "is not, in any case,",
        (Comparison::IpAddress, false) => "is in",
        (Comparison::IpAddress, true) => "is not in",
        (Comparison::Numeric(relation), negated) => number(relation, negated),
        (Comparison::Date(relation), negated) => moment(relation, negated),
        (_, false) => "is",
        (_, true) => "is not",
    }
}

fn number(relation: Relation, negated: bool) -> &'static str {
    match (relation, negated) {
        (Relation::Equal, false) => "is",
        (Relation::Equal, true) => "is not",
        (Relation::Less, _) => "is less than",
        (Relation::LessOrEqual, _) => "is at most",
        (Relation::Greater, _) => "is more than",
        (Relation::GreaterOrEqual, _) => "is at least",
    }
}

fn moment(relation: Relation, negated: bool) -> &'static str {
    match (relation, negated) {
        (Relation::Equal, false) => "is",
        (Relation::Equal, true) => "is not",
        (Relation::Less, _) => "is before",
        (Relation::LessOrEqual, _) => "is not after",
        (Relation::Greater, _) => "is after",
        (Relation::GreaterOrEqual, _) => "is not before",
    }
}

/// What a key is about; a key that has no phrase is called by its name.
fn subject(key: &str, written: &str) -> String {
    if let Some(name) = written.split_once(':').and_then(|(_, rest)| strip(rest, "EncryptionContext:")) {
        return format!("the encryption context's {name}");
    }
    if let Some(name) = written.split_once(':').and_then(|(_, rest)| strip(rest, "PrincipalTag/")) {
        return format!("the caller's tag {name}");
    }
    let phrase = match key {
        "aws:principalarn" => "the caller's ARN",
        "aws:principalaccount" | "kms:calleraccount" => "the caller's account",
        "aws:principalorgid" => "the caller's organisation",
        "aws:principalorgpaths" => "the caller's place in its organisation",
        "aws:principalorgmasteraccount" => "the management account of the caller's organisation",
        "aws:principaltype" => "the kind of caller",
        "aws:userid" => "the caller's unique id",
        "aws:username" => "the user's name",
        "aws:principalservicename" | "aws:principalservicenameslist" => "the calling service",
        "aws:principalisawsservice" => "that the caller is an AWS service",
        "aws:sourcearn" => "the resource for which a service calls",
        "aws:sourceaccount" => "the account for which a service calls",
        "aws:sourceorgid" | "aws:sourceorgpaths" => "the organisation for which a service calls",
        "kms:viaservice" => "the service through which the caller calls",
        "aws:viaawsservice" => "that a service calls for the caller",
        "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => "the services through which the caller calls",
        "kms:grantisforawsresource" => "that the grant is for an AWS service",
        "kms:grantoperations" => "the operations of the grant",
        "kms:granteeprincipal" | "kms:granteeserviceprincipal" => "the grantee",
        "kms:encryptioncontextkeys" => "the names in the encryption context",
        "aws:multifactorauthpresent" => "that the caller used MFA",
        "aws:multifactorauthage" => "the age of the caller's MFA in seconds",
        "aws:securetransport" => "that the request came encrypted",
        "aws:sourceip" => "the caller's address",
        "aws:sourcevpc" => "the caller's VPC",
        "aws:sourcevpce" => "the VPC endpoint",
        "aws:currenttime" | "aws:epochtime" => "the time",
        "aws:requestedregion" => "the region",
        "kms:rotationperiodindays" => "the rotation period in days",
        "kms:schedulekeydeletionpendingwindowindays" => "the waiting period before deletion in days",
        "kms:replicaregion" => "the region of the replica",
        "kms:requestalias" => "the alias that the request names",
        "kms:bypasspolicylockoutsafetycheck" => "that the lockout check is bypassed",
        _ => return written.to_owned(),
    };
    phrase.to_owned()
}

fn strip<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.get(..start.len()).filter(|it| it.eq_ignore_ascii_case(start)).and_then(|_| text.get(start.len()..))
}

#[cfg(test)]
mod tests {
    use crate::{Setting, rules};

    fn words(condition: &str) -> Vec<String> {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {condition}}}]}}"#
        );
        let compiled = rules::compile(&crate::parse(&text).unwrap(), &Setting::default());
        compiled.rules[0].tests.iter().map(super::test).collect()
    }

    #[test]
    fn conditions_read_as_sentences() {
        assert_eq!(
            words(r#"{"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::1:role/a*", "arn:aws:iam::1:role/b"]}}"#),
            ["the caller's ARN is like arn:aws:iam::1:role/a* or arn:aws:iam::1:role/b"]
        );
        assert_eq!(
            words(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}"#),
            ["the caller's organisation is not o-abcdefghij (also when it is not there)"]
        );
        assert_eq!(
            words(r#"{"Null": {"kms:ViaService": "false"}}"#),
            ["the service through which the caller calls is there"]
        );
        assert_eq!(
            words(r#"{"NumericLessThanIfExists": {"kms:RotationPeriodInDays": "180"}}"#),
            ["the rotation period in days is less than 180, or is not there"]
        );
        assert_eq!(
            words(r#"{"StringEquals": {"kms:EncryptionContext:aws:logs:arn": "x"}}"#),
            ["the encryption context's aws:logs:arn is x"]
        );
        assert_eq!(words(r#"{"Bool": {"kms:GrantIsForAWSResource": "true"}}"#), ["the grant is for an AWS service"]);
        assert_eq!(
            words(r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": false}}"#),
            ["it is not so that the caller used MFA, or that is not known"]
        );
        assert_eq!(
            words(r#"{"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}"#),
            ["every value of the operations of the grant (also when there is none) is Decrypt"]
        );
    }
}
