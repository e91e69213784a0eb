//! KP066: the safety check switched off.

use finding::Severity;

use crate::lint::rules::known::{ROOT, ROOT_MARKED};
use crate::lint::{Case, Confidence, Lint, Report, example, example_with};

pub const LINT: Lint = Lint {
    id: "KP066",
    name: "lockout-check-bypassed",
    severity: Severity::High,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the policy is saved with BypassPolicyLockoutSafetyCheck",
    page: "With the flag KMS stores a policy that nobody can change afterwards. It stays in the template long after the day on which it was needed.",
    bad: &[example_with(ROOT_MARKED, |context| context.bypass_lockout_check = Some(true))],
    good: &[example(ROOT)],
    near: &[example_with(ROOT, |context| context.bypass_lockout_check = Some(false))],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    if case.context.bypass_lockout_check == Some(true) {
        report.add(
            (case.whole(), None),
            "the policy is saved with the lockout check bypassed",
            "take the flag away: a sound policy passes the check",
        );
    }
}
