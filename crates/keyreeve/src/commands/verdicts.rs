//! What every detection says of one resource: the end of the page of `keys show`.

use detection::facts::Fields;
use detection::judge::{Judge, Verdict};
use finding::{FactContext, Projection, Resource, Status};
use logic::Context;
use source::record::{Limits, Scanner};

use crate::selection::Selected;

/// A section with one line a detection that is about the resource: what breaks the baseline first.
pub fn on(resource: &Resource<'_>, context: &FactContext<'_>, selected: &Selected) -> anyhow::Result<String> {
    let mut fields = Fields::default();
    let mut judges: Vec<Judge<'_>> = selected.detections.iter().map(|it| Judge::new(it, &mut fields)).collect();
    // The resource at hand was read with no field in mind; judging wants those that the detections read.
    let mut scanner = Scanner::new(Limits::default());
    let mut projection = Projection::new(fields.names());
    let record = scanner.scan_str(resource.record().text()).map_err(|error| anyhow::anyhow!("{error}"))?;
    let view = projection.view(&record);
    let resource = Resource::new(record, view)?;
    let (kind, now) = (resource.kind()?, Context::new(context.now));
    let mut lines: Vec<(Status, String)> = Vec::new();
    for judge in judges.iter_mut().filter(|judge| judge.is_about(&kind)) {
        let verdict = judge.verdict(&resource, context, &now);
        let words = judge.words(&verdict, &resource, context, &now);
        let severity = if matches!(verdict, Verdict::Fail | Verdict::Unknown(_)) { words.severity.name() } else { "" };
        let status = verdict.status();
        let id = &judge.detection().id;
        lines.push((
            status,
            format!("  {:<15}{severity:<10}{id:<32}{}", status.name(), report::escape_terminal(&words.reason)),
        ));
    }
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line.trim_end().to_owned() + "\n").collect();
    Ok(format!("\nDetections\n{}", lines.concat()))
}
