//! KP073: grants without limits.

use finding::Severity;

use crate::action::Action;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::Condition;

pub const LINT: Lint = Lint {
    id: "KP073",
    name: "grants-without-limit",
    severity: Severity::High,
    relaxed: Some(Severity::Info),
    confidence: Confidence::Likely,
    title: "a principal may create grants of any kind for anybody",
    page: "A grant gives rights that the policy does not show. Limit CreateGrant: `\"Bool\": {\"kms:GrantIsForAWSResource\": \"true\"}` for services that need them, or `kms:GrantOperations`, `kms:GranteePrincipal`.",
    bad: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Decrypt", «"kms:CreateGrant"»], "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:CreateGrant", "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}}"#,
    )],
    near: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:CreateGrant", "Resource": "*"}"#,
    )],
    check,
};

const LIMITS: [&str; 6] = [
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:granteeprincipal",
    "kms:granteeserviceprincipal",
    "kms:grantconstrainttype",
    "kms:grantconstraintsourcearn",
];

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(create) = Action::named("CreateGrant") else { return };
    for (statement, facts) in case.allowing() {
        let limited = statement.conditions.iter().any(limits);
        let identities: Vec<String> = case.identities(statement).map(|(_, text)| text).collect();
        let only_account = !identities.is_empty() && identities.iter().all(|text| case.is_own_root(text));
        if !facts.actions.has(create) || limited || only_account || super::roles::is_everything(facts.actions) {
            continue;
        }
        let item =
            statement.actions.iter().filter(|it| !it.negated).flat_map(|it| &it.items).find(|it| it.set.has(create));
        let Some(span) = item.map(|it| it.text.span).or(statement.actions.as_ref().map(|it| it.span)) else { continue };
        let message = "this lets its principals give the use of the key to anybody by a grant";
        report.add((span, Some(statement)), message, "add `\"Bool\": {\"kms:GrantIsForAWSResource\": \"true\"}`, or limit kms:GrantOperations and kms:GranteePrincipal");
    }
}

fn limits(condition: &Condition) -> bool {
    let key = condition.key.value.to_ascii_lowercase();
    let strict = condition.operator.is_some_and(|it| !it.negated && !it.if_exists);
    let is_true = key != LIMITS[0] || condition.values.iter().all(|value| value.raw.eq_ignore_ascii_case("true"));
    strict && is_true && LIMITS.contains(&key.as_str())
}
