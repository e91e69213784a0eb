//! Judging resources, one thread's worth: what is read, what every detection says of it, and the findings that makes.

use detection::facts::Fields;
use detection::judge::{Judge, Verdict};
use detection::remedy::Remedy;
use detection::{ATTACK, Detection};
use finding::snapshot::{Batch, Entry, Reader};
use finding::{ErrorRecord, FactContext, Finding, Resource, ResourceRef, Severity, Status, UnknownFact};
use logic::Context;
use report::{Slot, Tally};

use crate::expected::Expected;
use crate::selection::Selected;
use crate::suppressions::Suppressions;

/// What all threads share about one input.
pub struct Shared<'s> {
    /// The detections to judge by.
    pub selected: &'s Selected,
    /// What is accepted.
    pub suppressions: &'s Suppressions,
    /// What nobody expects to be read.
    pub expected: &'s Expected,
    /// The clock and the accounts.
    pub facts: FactContext<'s>,
    /// What is to be reported.
    pub wanted: Wanted,
    /// The name of the input.
    pub file: &'s str,
}

/// What is to be reported.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// PASS, NOT_APPLICABLE and SUPPRESSED too.
    pub all: bool,
    /// Nothing below it.
    pub min_severity: Severity,
    /// Whether counts are made by something of the resource, which then must be looked up for every one.
    pub by_resource: bool,
}

/// One thread's worth of judging.
pub struct Engine<'s> {
    shared: &'s Shared<'s>,
    reader: Reader,
    context: Context,
    bench: Bench<'s>,
}

/// The judges, and what they have come to.
struct Bench<'s> {
    seats: Vec<Seat<'s>>,
    counts: Counts,
}

/// A judge, and what is the same for all its findings.
struct Seat<'s> {
    judge: Judge<'s>,
    /// Where its judgements are counted.
    slot: Slot,
    /// How severe they are, unless the body says otherwise.
    severity: Severity,
    /// How severe the configuration makes them, whatever the body says.
    severity_override: Option<Severity>,
    controls: Vec<String>,
    attack: Vec<String>,
    remedy: Remedy,
}

/// What was judged so far.
#[derive(Debug, Default)]
pub struct Counts {
    /// Judgements.
    pub tally: Tally,
    /// Resources that some detection is about.
    pub resources: u64,
    /// Those of them whose every verdict is known.
    pub judged: u64,
    /// Facts of theirs that could not be read.
    pub unknown_facts: u64,
    /// Those of them that were expected.
    pub expected_facts: u64,
}

impl Counts {
    /// Adds what another thread has judged.
    pub fn add(&mut self, other: Self) {
        self.tally.merge(other.tally);
        self.resources += other.resources;
        self.judged += other.judged;
        self.unknown_facts += other.unknown_facts;
        self.expected_facts += other.expected_facts;
    }

    /// The share of resources whose every verdict is known, in percent; all of none is all.
    pub fn coverage(&self) -> f64 {
        if self.resources == 0 { 100.0 } else { self.judged as f64 * 100.0 / self.resources as f64 }
    }
}

/// What one batch gave, in the order of the input.
#[derive(Debug, Default)]
pub struct Yield {
    /// The findings to report.
    pub findings: Vec<Finding>,
    /// What could not be read when the snapshot was taken.
    pub errors: Vec<ErrorRecord>,
    /// What is not valid.
    pub problems: Vec<ErrorRecord>,
}

impl<'s> Engine<'s> {
    /// An engine that reads and judges.
    pub fn new(shared: &'s Shared<'s>, dimensions: &[report::GroupBy]) -> Self {
        let (mut fields, mut tally) = (Fields::default(), Tally::new(dimensions));
        let detections = shared.selected.detections.iter();
        let seats = detections.map(|it| Seat::new(it, shared.selected, &mut fields, &mut tally)).collect();
        Self {
            shared,
            reader: Reader::new(fields.names()),
            context: Context::new(shared.facts.now),
            bench: Bench { seats, counts: Counts { tally, ..Counts::default() } },
        }
    }

    /// Judges everything in a batch.
    pub fn judge(&mut self, batch: &Batch) -> Yield {
        let mut found = Yield::default();
        let Self { shared, reader, context, bench } = self;
        reader.read(batch, |entry| match entry {
            Entry::Resource(resource, text) => {
                if let Err(error) = bench.resource(resource, shared, context, &mut found.findings) {
                    let place = format!("line {}: {error}", text.line);
                    found.problems.push(ErrorRecord {
                        message: place,
                        file: Some(shared.file.to_owned()),
                        ..ErrorRecord::default()
                    });
                }
            }
            Entry::Error(error) => found.errors.push(error),
            Entry::Problem(problem) => found.problems.push(problem.record(Some(shared.file))),
        });
        found
    }

    /// What was judged and read, when there is nothing more.
    pub fn finish(self) -> (Counts, finding::snapshot::Tally) {
        (self.bench.counts, self.reader.tally().clone())
    }
}

impl Bench<'_> {
    fn resource(
        &mut self,
        resource: &Resource<'_>,
        shared: &Shared<'_>,
        context: &Context,
        found: &mut Vec<Finding>,
    ) -> Result<(), finding::ResourceError> {
        let kind = resource.kind()?;
        let mut reference: Option<ResourceRef> = None;
        let (mut concerned, mut known) = (false, true);
        let last = self.seats.len().saturating_sub(1);
        for (index, seat) in self.seats.iter_mut().enumerate() {
            if !seat.judge.is_about(&kind) {
                continue;
            }
            concerned = true;
            let verdict = seat.judge.verdict(resource, &shared.facts, context);
            let status = verdict.status();
            known &= status != Status::Unknown;
            let told = is_told(status, shared.wanted);
            if (told || shared.wanted.by_resource) && reference.is_none() {
                reference = Some(resource.reference(&shared.facts)?);
            }
            // The last finding takes the reference, because its texts would be copied for nobody.
            let own = match told {
                true if index == last => reference.take(),
                true => reference.clone(),
                false => None,
            };
            let Some(own) = own else {
                let subject = reference.as_ref().map_or(NOBODY, report::Subject::from);
                self.counts.tally.add(seat.slot, subject, status, seat.severity);
                continue;
            };
            let mut finding = seat.finding(&verdict, resource, own, shared, context);
            shared.suppressions.apply(&mut finding);
            self.counts.tally.add(seat.slot, (&finding.resource).into(), finding.status, finding.severity);
            if is_told(finding.status, shared.wanted) && finding.severity >= shared.wanted.min_severity {
                found.push(finding);
            }
        }
        if concerned {
            self.counts.resources += 1;
            self.counts.judged += u64::from(known);
            self.counts.unknown_facts += resource.unknown_facts().len() as u64;
            self.counts.expected_facts += expected_facts(resource, reference, shared)?;
        }
        Ok(())
    }
}

/// Whether a judgement that came out so makes a finding.
fn is_told(status: Status, wanted: Wanted) -> bool {
    wanted.all || matches!(status, Status::Fail | Status::Unknown)
}

/// The subject of a judgement whose resource nobody asked about.
const NOBODY: report::Subject<'static> =
    report::Subject { id: "", name: "", account_id: "", account_name: "", team: "" };

impl<'s> Seat<'s> {
    fn new(detection: &'s Detection, selected: &Selected, fields: &mut Fields, tally: &mut Tally) -> Self {
        let controls = detection.controls();
        Self {
            judge: Judge::new(detection, fields),
            slot: tally.detection(&detection.id, &controls),
            severity: selected.severity(detection),
            severity_override: selected.override_of(detection),
            controls,
            attack: detection.report(ATTACK).map(str::to_owned).collect(),
            remedy: Remedy::of(detection),
        }
    }

    fn finding(
        &mut self,
        verdict: &Verdict,
        resource: &Resource<'_>,
        reference: ResourceRef,
        shared: &Shared<'_>,
        context: &Context,
    ) -> Finding {
        let words = self.judge.words(verdict, resource, &shared.facts, context);
        let detection_id = self.judge.detection().id.clone();
        let status = verdict.status();
        let fix = || self.remedy.fill(resource, &reference, &shared.facts);
        Finding {
            fingerprint: finding::fingerprint(&detection_id, &reference.id, &[]),
            detection_id,
            status,
            severity: self.severity_override.unwrap_or(words.severity),
            title: words.title,
            reason: words.reason,
            remediation: if status == Status::Fail { fix() } else { String::new() },
            group: words.group,
            controls: self.controls.clone(),
            attack: self.attack.clone(),
            unknown_facts: unknown_facts(verdict, resource, &reference, shared),
            resource: reference,
            location: None,
            suppressed_by: None,
        }
    }
}

/// The unknown facts that the verdict depends on: of a computed field, the fact that it is computed from.
fn unknown_facts(
    verdict: &Verdict,
    resource: &Resource<'_>,
    reference: &ResourceRef,
    shared: &Shared<'_>,
) -> Vec<UnknownFact> {
    let mut facts: Vec<UnknownFact> = Vec::new();
    for field in verdict.unknown_fields() {
        if let finding::Fact::Unknown(fact) = resource.fact(field, &shared.facts) {
            let expected = shared.expected.fact(fact, reference).map(str::to_owned);
            let fact = UnknownFact { expected, ..fact.clone() };
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    facts
}

/// How many of the resource's unknown facts were expected.
fn expected_facts(
    resource: &Resource<'_>,
    reference: Option<ResourceRef>,
    shared: &Shared<'_>,
) -> Result<u64, finding::ResourceError> {
    let facts = resource.unknown_facts();
    if facts.is_empty() || shared.expected.is_empty() {
        return Ok(0);
    }
    let reference = reference.map_or_else(|| resource.reference(&shared.facts), Ok)?;
    Ok(facts.iter().filter(|fact| shared.expected.fact(fact, &reference).is_some()).count() as u64)
}
