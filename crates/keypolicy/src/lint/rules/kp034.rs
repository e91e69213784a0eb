//! KP034: a service that acts for anybody.

use finding::Severity;

use crate::lint::bounds::is_source_key;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::PrincipalKind;
use crate::text::{Piece, Template};

pub const LINT: Lint = Lint {
    id: "KP034",
    name: "service-without-source",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "an AWS service may use the key for whomever it acts",
    page: "A service principal acts for all customers of that service. Without `aws:SourceArn`, `aws:SourceAccount` or `aws:SourceOrgID` somebody else can make it use your key: the confused deputy. Where the ARN holds characters that a policy cannot, use `aws:SourceAccount`.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": «"cloudtrail.amazonaws.com"»}, "Action": "kms:GenerateDataKey*", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": «"cloudtrail.amazonaws.com"»}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}}"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-central-1:111122223333:trail/main"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "dynamodb.amazonaws.com"}, "Action": ["kms:Describe*", "kms:Get*", "kms:List*"], "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "ses.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:aws:ses:source-account": "111122223333"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "logs.eu-central-1.amazonaws.com"}, "Action": "kms:GenerateDataKey*", "Resource": "*", "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-central-1:111122223333:*"}}}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:DescribeKey", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    // `kms:Get*` beside `kms:Describe*` and `kms:List*` brings what is public or for importing: nobody is harmed by it.
    let public = ["GetPublicKey", "GetParametersForImport"].into_iter().filter_map(crate::action::Action::named);
    let harmless = public.fold(crate::action::ActionSet::group(crate::action::Group::Read), |set, action| {
        set.union([action].into_iter().collect())
    });
    for (statement, facts) in case.allowing() {
        if facts.actions.is_within(harmless) || statement.conditions.iter().any(|it| binds(it) || excludes(it)) {
            continue;
        }
        for principal in statement.principals.iter().filter(|it| !it.negated).flat_map(|it| &it.items) {
            if principal.kind == PrincipalKind::Service {
                let message = format!("`{}` may use the key for whomever it acts", principal.text.raw);
                let help = "add `\"StringEquals\": {\"aws:SourceAccount\": \"…\"}` or, better, `aws:SourceArn`";
                report.add((principal.text.span, Some(statement)), message, help);
            }
        }
    }
}

/// Whether a condition says for whom the service acts. An encryption context that holds the caller's ARN does as well.
fn binds(condition: &crate::policy::Condition) -> bool {
    let strict = condition.operator.is_some_and(|it| {
        !it.negated && !it.if_exists && it.quantifier != Some(crate::operator::Quantifier::ForAllValues)
    });
    let names_all = condition.values.iter().all(|value| value.literal() == Some("*"));
    let key = condition.key.value.to_ascii_lowercase();
    let context = key.starts_with("kms:encryptioncontext:")
        && condition.values.iter().all(|value| {
            let fields: Vec<&str> = value.raw.splitn(6, ':').collect();
            let is_account = finding::is_account_id(&value.raw) || value.pieces == [Piece::Template(Template::Account)];
            is_account
                || fields.len() == 6
                    && fields.get(4).is_some_and(|account| !account.is_empty() && !account.contains('*'))
        });
    strict && !names_all && (is_source_key(&key) || context)
}

/// Whether a condition keeps every service out: calls of services under their own name have no organisation and no ARN.
fn excludes(condition: &crate::policy::Condition) -> bool {
    let strict = condition.operator.is_some_and(|it| {
        !it.negated
            && !it.if_exists
            && it.quantifier != Some(crate::operator::Quantifier::ForAllValues)
            && it.comparison != crate::operator::Comparison::Null
    });
    let names_the_caller = condition.key.value.get(..13).is_some_and(|it| it.eq_ignore_ascii_case("aws:Principal"));
    strict
        && names_the_caller
        && crate::key::find(&condition.key.value).is_some_and(|info| info.by_service == crate::key::Presence::Never)
}
