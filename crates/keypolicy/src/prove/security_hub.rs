//! What Security Hub's control KMS.5 will say, and why: it takes a condition whose values are not fixed for none.

use super::world::World;
use super::{Proof, Verdict, presets};
use crate::operator::{Comparison, Quantifier};
use crate::pattern::Pattern;
use crate::policy::Effect;
use crate::rules::{Form, Rule, Rules, Test, Who};

/// Keys that bound who asks, by account, organisation, network or source.
const BOUNDING: [&str; 15] = [
    "aws:principalaccount",
    "kms:calleraccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:userid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
];

/// Whether KMS.5 will pass. Marked as inference in `docs/unverified.md`: AWS documents the rule's idea, not its code.
pub(super) fn passes(world: &World<'_>, rules: &Rules) -> Proof {
    let unread = "If Security Hub says FAILED all the same, AWS Config could not record the policy";
    let open: Vec<&Rule> =
        rules.rules.iter().filter(|rule| is_open(rule) && !rule.tests.iter().any(is_fixed_bound)).collect();
    let Some(first) = open.first() else {
        return Proof::proved(format!(
            "every statement that allows everybody has a condition with fixed values. {unread}"
        ));
    };
    let public = presets::not_public(world, rules);
    let statements = open.iter().map(|rule| rule.index).collect();
    match public.verdict {
        Verdict::Refuted => Proof { why: format!("truly public: {}", public.why), ..public },
        Verdict::Unknown => public,
        Verdict::Proved => {
            let why = format!(
                "unresolvable condition: statement {} allows everybody, and no condition of it that bounds who asks has fixed values \
                 only; KMS.5 takes wildcards and policy variables for no condition. The policy is not public. Adding \
                 StringEquals aws:PrincipalAccount with the account's number is expected to satisfy it",
                first.index + 1
            );
            Proof { verdict: Verdict::Refuted, statements, ..Proof::proved(why) }
        }
    }
}

/// Whether a statement allows something to everybody, conditions aside.
fn is_open(rule: &Rule) -> bool {
    rule.effect == Effect::Allow && (rule.negated || rule.who.contains(&Who::Everybody))
}

/// Whether a test bounds who asks, to fixed values.
fn is_fixed_bound(test: &Test) -> bool {
    let operator = test.operator;
    let positive = !operator.negated && !operator.if_exists && operator.quantifier != Some(Quantifier::ForAllValues);
    let texts = matches!(
        operator.comparison,
        Comparison::StringEquals | Comparison::StringEqualsIgnoreCase | Comparison::StringLike | Comparison::Arn
    );
    positive
        && texts
        && BOUNDING.contains(&test.key.as_str())
        && !test.values.is_empty()
        && test.values.iter().all(|value| {
            let Form::Fixed(pattern) = &value.form else { return false };
            match &**pattern {
                Pattern::Exact(text) | Pattern::IgnoreCase(text) => !text.contains(['*', '?']) && !text.contains("${"),
                _ => false,
            }
        })
}
