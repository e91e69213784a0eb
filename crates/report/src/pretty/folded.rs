//! Findings that cannot tell for want of the same facts of one resource: for a person they are one.

use std::collections::HashMap;

use finding::{Finding, Status};

/// A finding, and those behind it that wait for just the same facts.
#[derive(Debug)]
pub(super) struct Folded<'f> {
    pub(super) first: &'f Finding,
    pub(super) others: Vec<&'f Finding>,
}

/// The findings in their order, those that wait for the same facts of the same resource behind the worst of them.
pub(super) fn folded<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Vec<Folded<'f>> {
    let (mut all, mut known) = (Vec::<Folded<'f>>::new(), HashMap::new());
    for finding in findings {
        let waits = finding.status == Status::Unknown && !finding.unknown_facts.is_empty();
        if waits && let Some(&place) = known.get(&(&finding.resource.id, &finding.unknown_facts)) {
            let folded: &mut Folded<'f> = &mut all[place];
            let worst = finding.severity > folded.first.severity;
            let behind = if worst { std::mem::replace(&mut folded.first, finding) } else { finding };
            folded.others.push(behind);
            continue;
        }
        if waits {
            known.insert((&finding.resource.id, &finding.unknown_facts), all.len());
        }
        all.push(Folded { first: finding, others: Vec::new() });
    }
    all
}
