//! KP085: a grant that gives too much.

use finding::Severity;

use crate::action::Action;
use crate::context::{Context, GrantFacts};
use crate::lint::rules::known::{ROOT, ROOT_MARKED};
use crate::lint::{Case, Confidence, Lint, Report, example_with};
use crate::setting::account_of;

pub const LINT: Lint = Lint {
    id: "KP085",
    name: "careless-grant",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Likely,
    title: "a grant is for another account, can be handed on, or stands twice",
    page: "Grants that AWS services issue for themselves are theirs, and left alone. Others: a grantee or retiring principal of an account that is not trusted; `CreateGrant` among the operations without a constraint; the same grant twice.",
    bad: &[example_with(ROOT_MARKED, |context| {
        context.key.account = Some("111122223333".to_owned());
        context.grants.push(grant("arn:aws:iam::444455556666:role/x", "kms:Decrypt"));
    })],
    good: &[example_with(ROOT, |context| {
        context.key.account = Some("111122223333".to_owned());
        context.grants.push(grant("arn:aws:iam::111122223333:role/x", "kms:Decrypt"));
    })],
    near: &[example_with(ROOT, |context| {
        context.key.account = Some("111122223333".to_owned());
        context.grants.push(grant("rds.eu-central-1.amazonaws.com", "kms:CreateGrant"));
    })],
    check,
};

fn grant(grantee: &str, operations: &str) -> GrantFacts {
    GrantFacts {
        id: "g1".to_owned(),
        grantee: grantee.to_owned(),
        operations: crate::ActionSet::matching(operations),
        ..GrantFacts::default()
    }
}

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let context = Context { key: case.setting.clone(), ..case.context.clone() };
    for (_, message, help) in risks(&context) {
        report.add((case.whole(), None), message, help);
    }
}

/// The grants that give too much, by id, each with the first reason.
pub fn risky(context: &Context) -> Vec<(String, String)> {
    let mut made: Vec<(String, String)> = Vec::new();
    for (at, message, _) in risks(context) {
        let id = context.grants.get(at).map(|grant| grant.id.clone()).unwrap_or_default();
        if !id.is_empty() && !made.iter().any(|(known, _)| *known == id) {
            made.push((id, message));
        }
    }
    made
}

/// What is wrong with which grant, by its position, and what to do.
fn risks(context: &Context) -> Vec<(usize, String, &'static str)> {
    let create = Action::named("CreateGrant");
    let foreign = |principal: &str| {
        let own = context.key.account.as_deref();
        account_of(principal).is_some_and(|account| own.is_some() && !context.key.is_trusted(account))
    };
    let mut made = Vec::new();
    for (at, grant) in context.grants.iter().enumerate().filter(|(_, grant)| !is_of_service(grant)) {
        let mut say = |message: String, help: &'static str| made.push((at, message, help));
        let revoke = "revoke it, if nobody needs it: `aws kms revoke-grant`";
        if grant.grantee.contains('*') {
            say(format!("grant {} is for a pattern of principals, `{}`", grant.id, grant.grantee), revoke);
        } else if foreign(&grant.grantee) {
            say(format!("grant {} is for `{}`, of an account that is not trusted", grant.id, grant.grantee), revoke);
        }
        if let Some(retiring) = grant.retiring.as_ref().filter(|it| foreign(it)) {
            let message =
                format!("grant {} can be retired by `{retiring}`, of an account that is not trusted", grant.id);
            say(message, revoke);
        }
        if create.is_some_and(|create| grant.operations.has(create)) && grant.constraints.is_none() {
            say(
                format!("grant {} lets `{}` hand its rights on", grant.id, grant.grantee),
                "issue it again without CreateGrant, or with a constraint",
            );
        }
        let same = |other: &&GrantFacts| {
            other.grantee == grant.grantee
                && other.operations == grant.operations
                && other.constraints == grant.constraints
        };
        if let Some(first) = context.grants.iter().take(at).find(same) {
            say(format!("grant {} gives what grant {} gives", grant.id, first.id), "retire one of the two");
        }
    }
    made
}

/// Whether an AWS service issued it, or holds it.
fn is_of_service(grant: &GrantFacts) -> bool {
    let service = |name: &str| name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
    service(&grant.grantee)
        || grant
            .issuer
            .as_deref()
            .is_some_and(|issuer| issuer.contains("AWS Internal") || service(issuer) || issuer == "AWS")
}
