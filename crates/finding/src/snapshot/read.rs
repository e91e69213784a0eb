//! Reads a snapshot: first what stands in front of the resources, then the resources, on as many threads as the caller likes.

use std::io::Read;

use source::record::{Limits, Raw, Scanner};
use source::split::{self, Block, Blocks, RecordText};

use super::line::Meta;
use super::{Decoded, End, Header, Kind, Problem, SnapshotError};
use crate::account::Accounts;
use crate::resource::Own;
use crate::{Account, ErrorRecord, Projection, Resource};

/// The longest account line, in bytes. What it says is handed to every resource of the account, so its length counts that often.
pub const MAX_ACCOUNT_BYTES: usize = 256 << 10;
/// Accounts of one snapshot, which are all held in memory. The biggest organisations have some tens of thousands.
pub const MAX_ACCOUNTS: usize = 100_000;
/// Problems in front of the first resource that are told one by one; the rest are counted.
pub const MAX_PROBLEMS: u64 = 1_000;

/// Error lines that are held: what could not be read when the snapshot was taken. An organisation of a thousand accounts that
/// refuses every region is within it; beyond it they are counted.
pub const MAX_ERRORS: usize = 50_000;

/// What stands in front of the first resource.
#[derive(Debug)]
pub struct Prologue {
    /// The header; what other tools export has none.
    pub header: Option<Header>,
    /// The accounts, beside what the configuration says about accounts.
    pub accounts: Accounts,
    /// Error lines: what could not be read when the snapshot was taken.
    pub errors: Vec<ErrorRecord>,
    /// How many more error lines there are than are held.
    pub more_errors: u64,
    /// What is wrong with these lines.
    pub problems: Vec<Problem>,
    /// How many there are: add it to those of the readers.
    pub tally: Tally,
}

/// Starts to read a snapshot, packed or not. `accounts` brings the configuration, and takes up the snapshot's accounts.
///
/// # Errors
/// Where it cannot be read at all: a packing that is not known, a header that is not valid or too new.
pub fn open<R: Read>(reader: R, accounts: Accounts) -> Result<(Prologue, Batches<R>), SnapshotError> {
    open_with(reader, accounts, split::Limits::default())
}

/// As [`open`], with limits of one's own.
///
/// # Errors
/// As [`open`].
pub fn open_with<R: Read>(
    reader: R,
    accounts: Accounts,
    limits: split::Limits,
) -> Result<(Prologue, Batches<R>), SnapshotError> {
    let blocks = Blocks::with_limits(Decoded::new(reader)?, limits);
    let mut batches = Batches { blocks, first: None, number: 0 };
    let tally = Tally::default();
    let mut prologue =
        Prologue { header: None, accounts, errors: Vec::new(), more_errors: 0, problems: Vec::new(), tally };
    let mut scanner = Scanner::new(Limits { size: limits.record, ..Limits::default() });
    while let Some(block) = batches.blocks.next() {
        match block {
            Ok(block) => {
                if let Some(skip) = prologue.take(&block, &mut scanner)? {
                    batches.first = Some((block, skip));
                    break;
                }
                batches.blocks.recycle(block);
            }
            Err(error) => prologue.problem(error.into()),
        }
    }
    prologue.count_untold();
    Ok((prologue, batches))
}

impl Prologue {
    fn problem(&mut self, problem: Problem) {
        self.tally.problems += 1;
        if self.tally.problems <= MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn count_untold(&mut self) {
        if let Some(untold @ 1..) = self.tally.problems.checked_sub(MAX_PROBLEMS) {
            let message = format!("{untold} more lines are not valid: is this a snapshot?");
            self.problems.push(Problem::of_file(message));
        }
    }

    /// Takes what stands in front of the first resource; says how many records of the block that are, if a resource follows.
    fn take(&mut self, block: &Block, scanner: &mut Scanner) -> Result<Option<usize>, SnapshotError> {
        for (index, text) in block.records().enumerate() {
            match text.map_err(Problem::from).and_then(|text| Ok((text, kind_of(&text, scanner)?))) {
                Ok((_, Kind::Resource)) => return Ok(Some(index)),
                Ok((text, kind)) => self.line(kind, &text)?,
                Err(problem) => self.problem(problem),
            }
        }
        Ok(None)
    }

    fn line(&mut self, kind: Kind, text: &RecordText<'_>) -> Result<(), SnapshotError> {
        let is_first = self.tally.last.is_none();
        self.tally.passed(text);
        let meta = match kind {
            Kind::Header if is_first => {
                // Without a valid header there is nothing to go by: not even whether the rest means what it seems to.
                let header = Header::read(text.text);
                self.header = Some(header.map_err(|message| SnapshotError::Header { line: text.line, message })?);
                return Ok(());
            }
            Kind::Header | Kind::Resource => Err(SECOND_HEADER.to_owned()),
            Kind::Account => self.may_take(text).and_then(|()| Meta::account(text.text)),
            Kind::Error => Meta::error(text.text),
            Kind::End => Meta::end(text.text),
        };
        match meta {
            Ok(Meta::Account(account)) => self.account(account, text),
            Ok(Meta::Error(error)) => {
                self.tally.errors += 1;
                match self.errors.len() {
                    MAX_ERRORS => self.more_errors += 1,
                    _ => self.errors.push(error),
                }
            }
            Ok(Meta::End(end)) => self.tally.ended(end, text),
            Err(message) => self.problem(Problem::at(text, 0, message)),
        }
        Ok(())
    }

    /// Whether there is room for one more account.
    fn may_take(&self, account: &RecordText<'_>) -> Result<(), String> {
        if account.text.len() > MAX_ACCOUNT_BYTES {
            let length = account.text.len();
            return Err(format!(
                "the account line has {length} bytes, more than the {MAX_ACCOUNT_BYTES} allowed: leave tags out"
            ));
        }
        if self.accounts.len() >= MAX_ACCOUNTS {
            return Err(format!("more than {MAX_ACCOUNTS} accounts: split the snapshot into several files"));
        }
        Ok(())
    }

    fn account(&mut self, account: Account, text: &RecordText<'_>) {
        self.tally.accounts += 1;
        if self.accounts.get(account.id.as_str()).is_some() {
            self.problem(Problem::at(
                text,
                0,
                format!("account {} is described twice: the last one counts", account.id),
            ));
        }
        self.accounts.add(account);
    }
}

const SECOND_HEADER: &str = "a header that is not the first line: give joined snapshots as several files, each whole";
const LATE_ACCOUNT: &str =
    "an account line behind the first resource, which joins nothing: put the account lines in front of all resources";

/// The kind of a line.
fn kind_of(text: &RecordText<'_>, scanner: &mut Scanner) -> Result<Kind, Problem> {
    let record = scanner.scan_str(text.text).map_err(|error| Problem::syntax(text, error))?;
    Kind::of(record.get("kind")).map_err(|message| Problem::at(text, 0, message))
}

/// The resources, in stretches of the file.
pub struct Batches<R: Read> {
    blocks: Blocks<Decoded<R>>,
    first: Option<(Block, usize)>,
    number: u64,
}

/// A stretch of the file, to be read by one [`Reader`].
#[derive(Debug)]
pub struct Batch {
    block: Block,
    skip: usize,
    /// Its place among all, from 0: results in this order are results in the order of the file.
    pub number: u64,
}

impl Batch {
    /// How many bytes it has, unpacked.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.block.bytes().len()
    }
}

impl<R: Read> Batches<R> {
    /// Takes back a batch that is done with, so that its memory is used again.
    pub fn recycle(&mut self, batch: Batch) {
        self.blocks.recycle(batch.block);
    }
}

impl<R: Read> Iterator for Batches<R> {
    type Item = Result<Batch, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        let (block, skip) = match self.first.take() {
            Some(first) => first,
            None => match self.blocks.next()? {
                Ok(block) => (block, 0),
                Err(error) => return Some(Err(error.into())),
            },
        };
        let number = self.number;
        self.number += 1;
        Some(Ok(Batch { block, skip, number }))
    }
}

/// What a reader finds.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A resource, and where it stands.
    Resource(&'a Resource<'a>, &'a RecordText<'a>),
    /// What could not be read when the snapshot was taken: the judgement is incomplete.
    Error(ErrorRecord),
    /// A line that is not valid: the input is.
    Problem(Problem),
}

/// Reads batches. Keep one for each thread.
#[derive(Debug)]
pub struct Reader {
    scanner: Scanner,
    projection: Projection,
    tally: Tally,
}

impl Reader {
    /// A reader of resources of which these fields are wanted: see [`Resource::fact_at`].
    #[must_use]
    pub fn new<'n>(wanted: impl IntoIterator<Item = &'n str>) -> Self {
        let scanner = Scanner::new(Limits::default());
        Self { scanner, projection: Projection::new(wanted), tally: Tally::default() }
    }

    /// Hands each thing in a batch to `each`, in the order of the file.
    pub fn read(&mut self, batch: &Batch, mut each: impl FnMut(Entry<'_>)) {
        for text in batch.block.records().skip(batch.skip) {
            match text {
                Ok(text) => self.record(&text, &mut each),
                Err(error) => each(self.tally.problem(error.into())),
            }
        }
    }

    #[inline]
    fn record(&mut self, text: &RecordText<'_>, each: &mut impl FnMut(Entry<'_>)) {
        self.tally.passed(text);
        let record = match self.scanner.scan_str(text.text) {
            Ok(record) => record,
            Err(error) => return each(self.tally.problem(Problem::syntax(text, error))),
        };
        let view = self.projection.view(&record);
        if let Some(index) = view.own(Own::LineKind)
            && !record.value(index).is_str(Kind::Resource.name())
        {
            if let Some(entry) = self.tally.line(record.value(index), text) {
                each(entry);
            }
            return;
        }
        match Resource::new(record, view) {
            Ok(resource) => {
                self.tally.resources += 1;
                each(Entry::Resource(&resource, text));
            }
            Err(error) => each(self.tally.problem(Problem::at(text, 0, error.to_string()))),
        }
    }

    /// What was read so far.
    #[must_use]
    pub fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// How much of a snapshot was read, to be compared with what its `end` line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Account lines.
    pub accounts: u64,
    /// Resources.
    pub resources: u64,
    /// Error lines.
    pub errors: u64,
    /// Lines that are not valid.
    pub problems: u64,
    /// The last `end` line, and where it stands.
    end: Option<(Place, End)>,
    /// How many `end` lines there are.
    ends: u64,
    /// Where the last line stands.
    last: Option<Place>,
}

/// Line and column.
type Place = (u64, u64);

impl Tally {
    #[inline]
    fn passed(&mut self, text: &RecordText<'_>) {
        self.last = self.last.max(Some((text.line, text.column)));
    }

    fn ended(&mut self, end: End, text: &RecordText<'_>) {
        self.ends += 1;
        self.end = self.end.max(Some(((text.line, text.column), end)));
    }

    fn problem(&mut self, problem: Problem) -> Entry<'static> {
        self.problems += 1;
        Entry::Problem(problem)
    }

    /// A line among the resources that is none.
    #[cold]
    fn line(&mut self, kind: Raw<'_>, text: &RecordText<'_>) -> Option<Entry<'static>> {
        let meta = Kind::of(Some(kind)).and_then(|kind| match kind {
            Kind::Header | Kind::Resource => Err(SECOND_HEADER.to_owned()),
            Kind::Account => Err(LATE_ACCOUNT.to_owned()),
            Kind::Error => Meta::error(text.text),
            Kind::End => Meta::end(text.text),
        });
        match meta {
            Ok(Meta::Error(error)) => {
                self.errors += 1;
                Some(Entry::Error(error))
            }
            Ok(Meta::End(end)) => {
                self.ended(end, text);
                None
            }
            Ok(Meta::Account(_)) => Some(self.problem(Problem::at(text, 0, LATE_ACCOUNT))),
            Err(message) => Some(self.problem(Problem::at(text, 0, message))),
        }
    }

    /// Adds what another reader of the same snapshot has read.
    pub fn add(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.resources += other.resources;
        self.errors += other.errors;
        self.problems += other.problems;
        self.ends += other.ends;
        self.end = self.end.max(other.end);
        self.last = self.last.max(other.last);
    }

    /// What shows that the snapshot is not whole, once all of it was read: then a clean result cannot be trusted.
    #[must_use]
    pub fn missing(&self, header: Option<&Header>) -> Vec<Problem> {
        let Some((place, end)) = self.end else {
            let cut_off = header.map(|_| "the snapshot has no `end` line, so it was cut off: take it again".to_owned());
            return cut_off.into_iter().map(Problem::of_file).collect();
        };
        let mut missing = Vec::new();
        if self.ends > 1 || self.last > Some(place) {
            missing.push(Problem::of_file(
                "lines follow the `end` line: give joined snapshots as several files, each whole",
            ));
        }
        // Lines that are not valid were reported one by one, and lines behind the end make the numbers wrong anyway.
        if self.problems > 0 || !missing.is_empty() {
            return missing;
        }
        let counts = [
            ("accounts", end.accounts, self.accounts),
            ("resources", end.resources, self.resources),
            ("errors", end.errors, self.errors),
        ];
        for (what, said, read) in counts.into_iter().filter(|(_, said, read)| said != read) {
            let message = format!("the `end` line says {said} {what}, but there are {read}: lines were lost or added");
            missing.push(Problem::of_file(message));
        }
        missing
    }
}
