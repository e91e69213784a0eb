//! Roles of Identity Center permission sets, as patterns name them.

use crate::lint::Case;
use crate::operator::Comparison;
use crate::policy::{Condition, Statement};
use crate::text::Text;

/// The parts of a role's ARN, or of a pattern, that are Identity Center's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern<'t> {
    /// Between `sso.amazonaws.com` and the role's name, with its slashes: `/eu-west-1/`, `/`, `*/`.
    pub path: &'t str,
    /// Behind `AWSReservedSSO_`: the name of the set, and a suffix of 16 characters.
    pub set: &'t str,
}

impl<'t> Pattern<'t> {
    /// The parts, if the text is such a role.
    pub fn of(text: &'t str) -> Option<Self> {
        let (_, rest) = text.split_once("sso.amazonaws.com")?;
        let (path, set) = rest.split_once("AWSReservedSSO_")?;
        Some(Self { path, set })
    }

    /// Whether the suffix is written out: 16 hexadecimal digits.
    pub fn has_fixed_suffix(&self) -> bool {
        let suffix = self.set.rsplit('_').next().unwrap_or_default();
        suffix.len() == 16 && suffix.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

/// Calls for each value of a condition on `aws:PrincipalArn` that speaks of such a role in an operator with wildcards.
pub fn patterns(case: &Case<'_>, mut each: impl FnMut(&Statement, &Condition, &Text, &Pattern<'_>)) {
    for (statement, _) in case.allowing() {
        for condition in statement.conditions.iter().filter(|it| it.key.value.eq_ignore_ascii_case("aws:PrincipalArn"))
        {
            let with_wildcards = |comparison| matches!(comparison, Comparison::Arn | Comparison::StringLike);
            if !condition.operator.is_some_and(|it| !it.negated && with_wildcards(it.comparison)) {
                continue;
            }
            for value in &condition.values {
                if let Some(text) = case.plain(value)
                    && let Some(pattern) = Pattern::of(&text)
                {
                    each(statement, condition, value, &pattern);
                }
            }
        }
    }
}
