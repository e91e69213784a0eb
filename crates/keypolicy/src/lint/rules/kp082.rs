//! KP082: replicas anywhere.

use finding::Severity;

use crate::action::Action;
use crate::lint::rules::roles;
use crate::lint::{Case, Confidence, Lint, Report, example_with};

pub const LINT: Lint = Lint {
    id: "KP082",
    name: "replicas-anywhere",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Possible,
    title: "the key can be replicated into any region, with a policy of its own",
    page: "A replica has its own key policy. Who may call ReplicateKey may write a weaker one. Limit the regions: `kms:ReplicaRegion`.",
    bad: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:PutKeyPolicy", «"kms:ReplicateKey"»], "Resource": "*"}"#,
        multi_region,
    )],
    good: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:ReplicateKey"], "Resource": "*", "Condition": {"StringEquals": {"kms:ReplicaRegion": "eu-west-1"}}}"#,
        multi_region,
    )],
    near: &[example_with(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/admin"}, "Action": ["kms:ReplicateKey"], "Resource": "*"}"#,
        |context| context.key.multi_region = Some(false),
    )],
    check,
};

fn multi_region(context: &mut crate::Context) {
    context.key.multi_region = Some(true);
}

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let Some(replicate) = Action::named("ReplicateKey").filter(|_| case.setting.multi_region == Some(true)) else {
        return;
    };
    for (statement, facts) in case.allowing() {
        let limited = statement.conditions.iter().any(|it| it.key.value.eq_ignore_ascii_case("kms:ReplicaRegion"));
        if limited || roles::is_everything(facts.actions) {
            continue;
        }
        for item in statement
            .actions
            .iter()
            .filter(|it| !it.negated)
            .flat_map(|it| &it.items)
            .filter(|it| it.set.has(replicate))
        {
            let message = "the key can be replicated into any region, with another policy there";
            report.add(
                (item.text.span, Some(statement)),
                message,
                "add `\"StringEquals\": {\"kms:ReplicaRegion\": [\"…\"]}`",
            );
        }
    }
}
