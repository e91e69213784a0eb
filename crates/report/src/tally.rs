//! Counts of judgements by detection, account and so on, in bounded memory.

use std::collections::BTreeMap;

use finding::{Document, Finding, ResourceRef, Severity, Status};

/// Groups kept apart in one dimension. Past it the groups that come first in order of their key are kept, each with its
/// whole count, and the rest are counted together as one last group: what was fed decides, not the order.
pub const MAX_GROUPS: usize = 65_536;

/// What findings can be put together by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupBy {
    /// The detection.
    Detection,
    /// The resource.
    Key,
    /// The account.
    Account,
    /// The owning team.
    Team,
    /// The control: `CIS-5.0.0/3.6`.
    Control,
    /// The framework of the control: `CIS-5.0.0`.
    Framework,
}

impl GroupBy {
    /// All, as `--help` lists them.
    pub const ALL: [Self; 6] = [Self::Detection, Self::Key, Self::Account, Self::Team, Self::Control, Self::Framework];

    /// The name `--group-by` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detection => "detection",
            Self::Key => "key",
            Self::Account => "account",
            Self::Team => "team",
            Self::Control => "control",
            Self::Framework => "framework",
        }
    }

    /// The dimension of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.name() == name)
    }

    /// The keys of the groups a finding belongs to: one, or as many as it has controls or frameworks, in order.
    #[must_use]
    pub fn keys(self, finding: &Finding) -> Vec<String> {
        let resource = &finding.resource;
        match self {
            Self::Detection => vec![finding.detection_id.clone()],
            Self::Key => vec![resource.id.clone()],
            Self::Account => vec![resource.account_id.clone()],
            Self::Team => vec![resource.team.clone()],
            Self::Control => control_keys(&finding.controls),
            Self::Framework => framework_keys(&finding.controls),
        }
    }

    /// What a group without a key is called: the findings whose account, team or control is not known.
    #[must_use]
    pub fn nameless(self) -> &'static str {
        match self {
            Self::Detection => "(no detection)",
            Self::Key => "(no resource)",
            Self::Account => "(account not known)",
            Self::Team => "(no team)",
            Self::Control => "(no control)",
            Self::Framework => "(no framework)",
        }
    }
}

fn control_keys(controls: &[String]) -> Vec<String> {
    let mut keys = controls.to_vec();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() { vec![String::new()] } else { keys }
}

/// `CIS-1.2.0/2.8` is of `CIS-1.2.0`; a control without a framework, such as `KMS.4`, is Security Hub's own.
fn framework_keys(controls: &[String]) -> Vec<String> {
    let framework = |control: &String| control.split_once('/').map_or("Security Hub", |(name, _)| name).to_owned();
    control_keys(&controls.iter().map(framework).collect::<Vec<_>>())
}

/// How many judgements came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// As it should be.
    pub pass: u64,
    /// Breaks the baseline.
    pub fail: u64,
    /// Not settled.
    pub unknown: u64,
    /// Does not arise.
    pub not_applicable: u64,
    /// Accepted by a rule of the configuration.
    pub suppressed: u64,
}

impl Counts {
    /// One more.
    pub fn add(&mut self, status: Status) {
        *self.of_mut(status) += 1;
    }

    /// The count of one status.
    #[must_use]
    pub fn of(mut self, status: Status) -> u64 {
        *self.of_mut(status)
    }

    /// Judgements to which the question arises and that nobody accepted: the whole of a pass rate.
    #[must_use]
    pub fn arising(self) -> u64 {
        self.pass + self.fail + self.unknown
    }

    /// The share of PASS among PASS, FAIL and UNKNOWN, rounded down to one decimal; `None` where there are none.
    #[must_use]
    pub fn pass_rate(self) -> Option<String> {
        crate::text::percent(self.pass, self.arising())
    }

    fn of_mut(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Pass => &mut self.pass,
            Status::Fail => &mut self.fail,
            Status::Unknown => &mut self.unknown,
            Status::NotApplicable => &mut self.not_applicable,
            Status::Suppressed => &mut self.suppressed,
        }
    }

    fn merge(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.unknown += other.unknown;
        self.not_applicable += other.not_applicable;
        self.suppressed += other.suppressed;
    }
}

/// The judgements that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As [`GroupBy::keys`] gives it; empty for what has none, `…` for the rest past [`MAX_GROUPS`].
    pub key: String,
    /// What a person calls it: the account's name, the key's alias; empty where the key says it.
    pub label: String,
    /// How many came out how.
    pub counts: Counts,
}

/// The part of a resource that counts are made by.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// As in [`ResourceRef`].
    pub id: &'a str,
    /// As in [`ResourceRef`].
    pub name: &'a str,
    /// As in [`ResourceRef`].
    pub account_id: &'a str,
    /// As in [`ResourceRef`].
    pub account_name: &'a str,
    /// As in [`ResourceRef`].
    pub team: &'a str,
}

impl<'a> From<&'a ResourceRef> for Subject<'a> {
    fn from(resource: &'a ResourceRef) -> Self {
        Self {
            id: &resource.id,
            name: &resource.name,
            account_id: &resource.account_id,
            account_name: &resource.account_name,
            team: &resource.team,
        }
    }
}

/// A detection that a [`Tally`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(usize);

/// Counts every judgement, as it is made.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    detections: Vec<DetectionCounts>,
    dimensions: Vec<Dimension>,
}

#[derive(Debug, Clone)]
struct DetectionCounts {
    id: String,
    controls: Vec<String>,
    /// By status, then by severity, in the order of [`Severity::ALL`].
    by_severity: [[u64; Severity::ALL.len()]; Status::ALL.len()],
}

#[derive(Debug, Clone)]
struct Dimension {
    by: GroupBy,
    groups: BTreeMap<String, (String, Counts)>,
    rest: Counts,
    /// The group fed last, not yet in `groups`: judgements come sorted by resource, so this saves most look-ups.
    open: Option<Group>,
}

impl Tally {
    /// Counts by these dimensions; by detection, control and framework it counts in any case. The html page shows
    /// accounts, so [`GroupBy::Account`] should be among them.
    #[must_use]
    pub fn new(dimensions: &[GroupBy]) -> Self {
        let mut by: Vec<_> = dimensions.iter().copied().filter(|by| Dimension::is_of_resource(*by)).collect();
        by.sort_unstable();
        by.dedup();
        Self { detections: Vec::new(), dimensions: by.into_iter().map(Dimension::new).collect() }
    }

    /// The counts that a document's findings alone give, by every dimension.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let mut tally = Self::new(&GroupBy::ALL);
        for finding in &document.findings {
            let slot = tally.detection(&finding.detection_id, &finding.controls);
            tally.add(slot, Subject::from(&finding.resource), finding.status, finding.severity);
        }
        tally
    }

    /// Makes a detection known; the same id gives the same slot.
    pub fn detection(&mut self, id: &str, controls: &[String]) -> Slot {
        if let Some(index) = self.detections.iter().position(|detection| detection.id == id) {
            return Slot(index);
        }
        let by_severity = [[0; Severity::ALL.len()]; Status::ALL.len()];
        self.detections.push(DetectionCounts { id: id.to_owned(), controls: controls.to_vec(), by_severity });
        Slot(self.detections.len() - 1)
    }

    /// Counts one judgement. The slot must come from this tally.
    pub fn add(&mut self, slot: Slot, subject: Subject<'_>, status: Status, severity: Severity) {
        if let Some(detection) = self.detections.get_mut(slot.0) {
            detection.by_severity[status as usize][severity as usize] += 1;
        }
        for dimension in &mut self.dimensions {
            dimension.add(subject, status);
        }
    }

    /// Takes another's counts in, as if everything had been fed to one.
    pub fn merge(&mut self, other: Self) {
        for theirs in other.detections {
            let slot = self.detection(&theirs.id, &theirs.controls);
            let ours = &mut self.detections[slot.0].by_severity;
            for (ours, theirs) in ours.iter_mut().flatten().zip(theirs.by_severity.iter().flatten()) {
                *ours += theirs;
            }
        }
        for theirs in other.dimensions {
            match self.dimensions.iter_mut().find(|ours| ours.by == theirs.by) {
                Some(ours) => ours.merge(theirs),
                None => self.dimensions.push(theirs),
            }
        }
    }

    /// The counts of everything.
    #[must_use]
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        self.detections.iter().for_each(|detection| total.merge(detection.counts()));
        total
    }

    /// Judgements of one status and severity.
    #[must_use]
    pub fn of_severity(&self, status: Status, severity: Severity) -> u64 {
        self.detections.iter().map(|detection| detection.by_severity[status as usize][severity as usize]).sum()
    }

    /// FAIL verdicts that are less severe.
    #[must_use]
    pub fn failing_below(&self, severity: Severity) -> u64 {
        let less = Severity::ALL.into_iter().filter(|other| *other < severity);
        less.map(|other| self.of_severity(Status::Fail, other)).sum()
    }

    /// The groups of one dimension, the one with most FAIL first, then most UNKNOWN, then by key; what was counted
    /// together past [`MAX_GROUPS`] comes last. Empty for a dimension that was not asked for.
    #[must_use]
    pub fn groups(&self, by: GroupBy) -> Vec<Group> {
        let (groups, rest) = match by {
            GroupBy::Detection => (self.by_detection(|detection| vec![detection.id.clone()]), Counts::default()),
            GroupBy::Control => (self.by_detection(|detection| control_keys(&detection.controls)), Counts::default()),
            GroupBy::Framework => {
                (self.by_detection(|detection| framework_keys(&detection.controls)), Counts::default())
            }
            GroupBy::Key | GroupBy::Account | GroupBy::Team => match self.dimensions.iter().find(|it| it.by == by) {
                Some(dimension) => dimension.clone().closed(),
                None => Default::default(),
            },
        };
        let named = |(key, (label, counts))| Group { key, label, counts };
        let mut groups: Vec<_> = groups.into_iter().map(named).collect();
        groups.sort_by(|a, b| {
            let worse = |group: &Group| (group.counts.fail, group.counts.unknown);
            worse(b).cmp(&worse(a)).then_with(|| a.key.cmp(&b.key))
        });
        if rest != Counts::default() {
            groups.push(Group { key: "…".to_owned(), label: "all others".to_owned(), counts: rest });
        }
        groups
    }

    fn by_detection(&self, keys: impl Fn(&DetectionCounts) -> Vec<String>) -> BTreeMap<String, (String, Counts)> {
        let mut groups: BTreeMap<String, (String, Counts)> = BTreeMap::new();
        for detection in &self.detections {
            for key in keys(detection) {
                groups.entry(key).or_default().1.merge(detection.counts());
            }
        }
        groups
    }
}

impl DetectionCounts {
    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for status in Status::ALL {
            *counts.of_mut(status) = self.by_severity[status as usize].iter().sum();
        }
        counts
    }
}

impl Dimension {
    fn new(by: GroupBy) -> Self {
        Self { by, groups: BTreeMap::new(), rest: Counts::default(), open: None }
    }

    /// The others follow from the counts by detection.
    fn is_of_resource(by: GroupBy) -> bool {
        matches!(by, GroupBy::Key | GroupBy::Account | GroupBy::Team)
    }

    fn add(&mut self, subject: Subject<'_>, status: Status) {
        let (key, label) = match self.by {
            GroupBy::Account => (subject.account_id, subject.account_name),
            GroupBy::Team => (subject.team, ""),
            _ => (subject.id, subject.name),
        };
        match &mut self.open {
            Some(open) if open.key == key => open.counts.add(status),
            _ => {
                self.close();
                let mut counts = Counts::default();
                counts.add(status);
                self.open = Some(Group { key: key.to_owned(), label: label.to_owned(), counts });
            }
        }
    }

    fn close(&mut self) {
        if let Some(Group { key, label, counts }) = self.open.take() {
            self.insert(key, label, counts);
        }
    }

    /// Keeps the smallest keys. One that was let go can never come back, because as many smaller ones stay; so a kept
    /// group has its whole count.
    fn insert(&mut self, key: String, label: String, counts: Counts) {
        if let Some((known, sum)) = self.groups.get_mut(&key) {
            sum.merge(counts);
            if label > *known {
                *known = label;
            }
            return;
        }
        let full = self.groups.len() >= MAX_GROUPS;
        if full && self.groups.last_key_value().is_some_and(|(last, _)| *last < key) {
            return self.rest.merge(counts);
        }
        self.groups.insert(key, (label, counts));
        if full && let Some((_, (_, last))) = self.groups.pop_last() {
            self.rest.merge(last);
        }
    }

    fn merge(&mut self, other: Self) {
        self.close();
        let (groups, rest) = other.closed();
        for (key, (label, counts)) in groups {
            self.insert(key, label, counts);
        }
        self.rest.merge(rest);
    }

    fn closed(mut self) -> (BTreeMap<String, (String, Counts)>, Counts) {
        self.close();
        (self.groups, self.rest)
    }
}
