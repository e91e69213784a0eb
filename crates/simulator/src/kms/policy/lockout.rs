//! The lockout check: whether the caller could still change the policy once it is set.

use super::document::{Condition, Document, Matcher, Statement};

/// Somebody, as policies see him.
#[derive(Debug)]
pub(crate) struct Principal {
    pub(super) account: String,
    /// The ARN of the account's root.
    pub(super) root: String,
    /// The ARN of the user or the role.
    pub(super) arn: String,
    /// The ARN of the session, where there is one.
    pub(super) session: String,
    pub(super) organization: String,
}

const ACTION: &str = "kms:PutKeyPolicy";

impl Document {
    /// Whether somebody may call `PutKeyPolicy` under this policy. What cannot be decided here (the network he comes from, the time)
    /// is taken neither for a permission nor for a denial.
    pub(super) fn lets_change(&self, principal: &Principal) -> bool {
        let concerns = |statement: &&Statement| {
            fits_action(&statement.actions)
                && fits_principal(&statement.principals, principal)
                && statement.conditions.iter().all(|condition| holds(condition, principal))
        };
        let mut statements = self.statements.iter().filter(concerns).peekable();
        statements.peek().is_some() && statements.all(|statement| statement.allows)
    }
}

fn fits_action(actions: &Matcher) -> bool {
    let fits = actions.patterns.iter().any(|pattern| like(&pattern.to_lowercase(), &ACTION.to_lowercase()));
    fits != actions.negated
}

fn fits_principal(principals: &Matcher, principal: &Principal) -> bool {
    let Principal { account, root, arn, session, .. } = principal;
    let names = ["*", account, root, arn, session];
    principals.patterns.iter().any(|name| names.contains(&name.as_str())) != principals.negated
}

/// Whether a condition is known to hold.
fn holds(condition: &Condition, principal: &Principal) -> bool {
    let value = match condition.key.to_lowercase().as_str() {
        "aws:principalarn" => &principal.arn,
        "aws:principalaccount" | "kms:calleraccount" => &principal.account,
        "aws:principalorgid" => &principal.organization,
        _ => return false,
    };
    let any = |fits: fn(&str, &str) -> bool| condition.values.iter().any(|pattern| fits(pattern, value));
    match condition.operator.trim_end_matches("IfExists") {
        "StringEquals" => any(|pattern, value| pattern == value),
        "StringLike" | "ArnLike" | "ArnEquals" => any(like),
        "StringNotEquals" => !any(|pattern, value| pattern == value),
        "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => !any(like),
        _ => false,
    }
}

/// Whether a text fits a pattern with `*` and `?`, in time that grows with the product of their lengths at worst.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place, mut star) = (0, 0, None);
    while place < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((from, taken)) => {
                    star = Some((from, taken + 1));
                    at = from + 1;
                    place = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_with_stars_and_question_marks() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("kms:*", "kms:putkeypolicy", true),
            ("kms:put*y", "kms:putkeypolicy", true),
            ("kms:put?", "kms:putkeypolicy", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("", "x", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
