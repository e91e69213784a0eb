//! KP084: a second policy.

use finding::Severity;

use crate::lint::rules::known::{ROOT, ROOT_MARKED};
use crate::lint::{Case, Confidence, Lint, Report, example, example_with};

pub const LINT: Lint = Lint {
    id: "KP084",
    name: "shared-by-ram",
    severity: Severity::Info,
    relaxed: None,
    confidence: Confidence::Certain,
    title: "the key has a second policy, `AWS_RAM`, that gives access too",
    page: "AWS RAM shares a key through a policy of its own that nobody can edit. What a key allows is the union of both. Read it with `aws kms get-key-policy --policy-name AWS_RAM`.",
    bad: &[example_with(ROOT_MARKED, |context| context.shared_by_ram = Some(true))],
    good: &[example(ROOT)],
    near: &[example_with(ROOT, |context| context.shared_by_ram = Some(false))],
    check,
};

fn check(case: &Case<'_>, report: &mut Report<'_>) {
    if case.context.shared_by_ram == Some(true) {
        report.add(
            (case.whole(), None),
            "AWS RAM shares the key through a second policy",
            "look at both: access is their union",
        );
    }
}
