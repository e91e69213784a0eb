//! KP010: a policy that KMS refuses for its size or its characters, or soon will.

use finding::Severity;
use source::Span;

use crate::lint::{Case, Confidence, Lint, Report, example};
use crate::policy::AWS_LIMIT;

pub const LINT: Lint = Lint {
    id: "KP010",
    name: "size-or-characters",
    severity: Severity::Medium,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the policy is near or above 32,768 bytes, or holds characters that KMS refuses",
    page: "A key policy has at most 32,768 bytes, of tab, line feed, carriage return and the characters from U+0020 to U+00FF. Above, PutKeyPolicy fails with LimitExceededException or MalformedPolicyDocumentException.",
    bad: &[example(
        r#"{"Sid": «"Schlüssel für 鍵"», "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    good: &[example(
        r#"{"Sid": "Key use", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    near: &[example(
        r#"{"Sid": "Schlüssel", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "kms:Decrypt", "Resource": "*"}"#,
    )],
    check,
};

/// From this share of the limit on it is said.
const NEAR: usize = AWS_LIMIT / 100 * 80;

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let start = Span::new(case.policy.span.start, case.policy.span.start + 1);
    let size = case.policy.size;
    if size > AWS_LIMIT {
        let message = format!("the policy has {size} bytes, KMS takes {AWS_LIMIT}");
        report.add_as(
            Severity::High,
            (start, None),
            message,
            "take layout away, join statements, or use grants for single principals",
        );
    } else if size >= NEAR {
        let message = format!("the policy has {size} of {AWS_LIMIT} bytes");
        report.add((start, None), message, "join statements, or use grants for single principals");
    }
    let outside = |text: &str| text.chars().find(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'));
    for (statement, _) in case.statements() {
        let sids = statement.sid.iter();
        let texts = sids.chain(statement.conditions.iter().flat_map(|it| &it.values));
        for text in texts {
            if let Some(character) = outside(&text.raw) {
                let message = format!("KMS refuses the character U+{:04X} in a policy", u32::from(character));
                report.add((text.span, Some(statement)), message, "use the characters up to U+00FF");
            }
        }
    }
}
