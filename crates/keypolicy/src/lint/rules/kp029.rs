//! KP029: a Deny that locks out its author.

use finding::Severity;

use crate::action::Action;
use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::Statement;

pub const LINT: Lint = Lint {
    id: "KP029",
    name: "deny-without-exemption",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "a Deny takes the key from everybody, its administrators too",
    page: "An explicit Deny wins over everything, for the root user too. With `NotPrincipal` one must name the role, its account and each session, or they deny themselves. The way that holds: `\"Principal\": \"*\"` with `ArnNotLike` on `aws:PrincipalArn` for those who are spared.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Deny", «"NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/admin"}», "Action": "kms:*", "Resource": "*"}"#,
        ),
        example(r#"{"Sid": "x", "Effect": "Deny", «"Principal": "*"», "Action": "kms:PutKeyPolicy", "Resource": "*"}"#),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/admin"}}}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Deny", "NotPrincipal": {"AWS": ["arn:aws:iam::111122223333:role/admin", "arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:assumed-role/admin/me"]}, "Action": "kms:*", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(manage) = Action::named("PutKeyPolicy") else { return };
    for (statement, facts) in case.denying() {
        let Some(principals) = &statement.principals else { continue };
        if !statement.conditions.is_empty() || !facts.actions.has(manage) {
            continue;
        }
        if principals.negated && !spares_completely(case, statement) {
            let message = "whoever is named here is still denied, unless the account and each session are named too";
            report.add(
                (principals.span, Some(statement)),
                message,
                "use `\"Principal\": \"*\"` with `ArnNotLike` on `aws:PrincipalArn`",
            );
        } else if !principals.negated && principals.items.iter().any(|it| it.is_everybody()) {
            let message = "nobody at all, not even the root user, could change the policy any more";
            report.add(
                (principals.span, Some(statement)),
                message,
                "spare the administrators: `ArnNotLike` on `aws:PrincipalArn`",
            );
        }
    }
}

/// Whether each role that is spared comes with its account, and with sessions.
fn spares_completely(case: &Case<'_>, statement: &Statement) -> bool {
    let named: Vec<String> = case.identities(statement).map(|(_, text)| text).collect();
    let has_account = named.iter().any(|it| case.is_own_root(it));
    let has_session = named.iter().any(|it| it.contains(":assumed-role/"));
    let only_users = named.iter().all(|it| it.contains(":user/") || crate::setting::account_principal(it).is_some());
    has_account && (has_session || only_users)
}
