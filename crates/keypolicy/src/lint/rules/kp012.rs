//! KP012: something that another part of the policy gives already.

use finding::Severity;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::Statement;

pub const LINT: Lint = Lint {
    id: "KP012",
    name: "redundant",
    severity: Severity::Low,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "an action, a principal or a statement is covered by another one",
    page: "What is said twice hides what the rule is: whoever takes one of the two away believes that the right is gone.",
    bad: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:Describe*", «"kms:DescribeKey"»], "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:*", "Resource": "*"},
«{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}»"#,
        ),
    ],
    good: &[example(
        r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": ["kms:DescribeKey", "kms:Decrypt"], "Resource": "*"}"#,
    )],
    near: &[
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:*", "Resource": "arn:aws:s3:::data"},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
        example(
            r#"{"Sid": "x", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
{"Sid": "y", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
        ),
    ],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    for (statement, _) in case.statements() {
        repeated_actions(statement, report);
        repeated_principals(statement, report);
    }
    let statements = &case.policy.statements;
    for (at, statement) in statements.iter().enumerate() {
        let covering =
            statements.iter().enumerate().find(|(other, it)| *other != at && covers(it, statement, *other < at));
        if let Some((_, covering)) = covering {
            let message = format!(
                "{} gives nothing that {} does not give already",
                crate::lint::words::statement(statement),
                crate::lint::words::statement(covering)
            );
            report.add((statement.span, Some(statement)), message, "take it away, or say what it is meant to add");
        }
    }
}

fn repeated_actions(statement: &Statement, report: &mut Report<'_>) {
    let items = statement.actions.iter().flat_map(|it| &it.items).collect::<Vec<_>>();
    for (at, item) in items.iter().enumerate() {
        let wider = items.iter().enumerate().find(|(other, it)| {
            *other != at && !item.set.is_empty() && item.set.is_within(it.set) && (item.set != it.set || *other < at)
        });
        if let Some((_, wider)) = wider {
            let message = format!("`{}` is covered by `{}`", item.text.raw, wider.text.raw);
            report.add((item.text.span, Some(statement)), message, "keep one of the two");
        }
    }
}

fn repeated_principals(statement: &Statement, report: &mut Report<'_>) {
    let items = statement.principals.iter().flat_map(|it| &it.items).collect::<Vec<_>>();
    for (at, item) in items.iter().enumerate() {
        if items.iter().take(at).any(|it| it.kind == item.kind && it.text.raw == item.text.raw) {
            let message = format!("the principal `{}` stands here twice", item.text.raw);
            report.add((item.text.span, Some(statement)), message, "keep one of the two");
        }
    }
}

/// Whether one statement does all that another does; of two equal ones the first one covers.
fn covers(wide: &Statement, narrow: &Statement, earlier: bool) -> bool {
    let (Some(wide_principals), Some(narrow_principals)) = (&wide.principals, &narrow.principals) else { return false };
    let (Some(wide_actions), Some(narrow_actions)) = (&wide.actions, &narrow.actions) else { return false };
    let resolved =
        |statement: &Statement| statement.actions.iter().flat_map(|it| &it.items).all(|it| it.text.literal().is_some());
    let same_effect = wide.effect.map(|it| it.value) == narrow.effect.map(|it| it.value) && wide.effect.is_some();
    let has = |item: &crate::policy::Principal| {
        wide_principals.items.iter().any(|it| it.kind == item.kind && it.text.raw == item.text.raw)
    };
    let reaches = !wide_principals.negated && !narrow_principals.negated && narrow_principals.items.iter().all(has);
    let gives = resolved(wide) && resolved(narrow) && narrow_actions.set().is_within(wide_actions.set());
    let freely = wide.conditions.is_empty() || same_conditions(wide, narrow);
    let equal = wide_actions.set() == narrow_actions.set()
        && wide_principals.items.len() == narrow_principals.items.len()
        && wide.conditions.len() == narrow.conditions.len();
    // A resource other than this key takes the effect away, so such a statement covers nothing.
    let here = wide.resources.as_ref().is_some_and(|it| it.is_this_key());
    here && same_effect && reaches && gives && freely && (!equal || earlier) && !narrow_actions.set().is_empty()
}

fn same_conditions(a: &Statement, b: &Statement) -> bool {
    a.conditions.len() == b.conditions.len()
        && a.conditions.iter().zip(&b.conditions).all(|(a, b)| {
            a.operator == b.operator
                && a.key.value.eq_ignore_ascii_case(&b.key.value)
                && a.values.iter().map(|it| &it.raw).eq(b.values.iter().map(|it| &it.raw))
        })
}
