//! Sorts more lines than memory should hold: sorted runs in a spool, then a merge.

mod run;

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io::{self, Read, Seek, Write};

use run::{Head, Run, RunWriter};

/// Where sorted runs wait for the merge: an unnamed temporary file, or memory for what is known to be small.
pub trait Spool: Read + Write + Seek {}
impl<T: Read + Write + Seek> Spool for T {}

/// How much is held in memory at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortLimits {
    /// Bytes of a run, its index included, unless one line alone is longer. 8 MiB by default.
    pub run: usize,
    /// Runs merged at once, of which each takes about half a MiB. 16 by default, at least 2.
    pub merged: usize,
}

impl Default for SortLimits {
    fn default() -> Self {
        Self { run: 8 << 20, merged: 16 }
    }
}

/// Takes lines with their keys in any order, and gives them back by key, then by line.
///
/// Keys must be prefix-free (see [`Key`]): then a key and its line behind it compare as the pair does.
#[derive(Debug)]
pub(super) struct Sorter<S> {
    spool: S,
    limits: SortLimits,
    /// Each record of the run that is being collected: key, then line.
    bytes: Vec<u8>,
    index: Vec<Entry>,
    runs: Vec<Run>,
}

/// A record in the bytes of the run.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: usize,
    /// Where the line begins.
    line: usize,
    end: usize,
}

impl<S: Spool> Sorter<S> {
    pub(super) fn new(spool: S, limits: SortLimits) -> Self {
        let limits = SortLimits { merged: limits.merged.max(2), ..limits };
        Self { spool, limits, bytes: Vec::new(), index: Vec::new(), runs: Vec::new() }
    }

    pub(super) fn push(&mut self, key: &Key, line: &[u8]) -> io::Result<()> {
        let held = self.bytes.len() + (self.index.len() + 1) * size_of::<Entry>();
        if !self.index.is_empty() && held + key.0.len() + line.len() > self.limits.run {
            self.spill()?;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&key.0);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(line);
        self.index.push(Entry { start, line: middle, end: self.bytes.len() });
        Ok(())
    }

    /// Hands the lines to `each`, in order.
    pub(super) fn each(mut self, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        if self.runs.is_empty() {
            self.sort();
            return self.index.iter().try_for_each(|entry| each(&self.bytes[entry.line..entry.end]));
        }
        self.spill()?;
        (self.bytes, self.index) = (Vec::new(), Vec::new());
        let spool = RefCell::new(self.spool);
        let mut runs = std::collections::VecDeque::from(self.runs);
        // What is merged goes to the end of the queue, so that every line is copied about equally often.
        while runs.len() > self.limits.merged {
            let group: Vec<Run> = runs.drain(..self.limits.merged).collect();
            let mut merged = RunWriter::new(&spool)?;
            merge(&spool, &group, &mut |head| merged.push(head.key(), head.line()))?;
            runs.push_back(merged.finish()?);
        }
        merge(&spool, runs.make_contiguous(), &mut |head| each(head.line()))
    }

    fn sort(&mut self) {
        let bytes = &self.bytes;
        self.index.sort_unstable_by(|a, b| bytes[a.start..a.end].cmp(&bytes[b.start..b.end]));
    }

    /// Writes what is held as a run.
    fn spill(&mut self) -> io::Result<()> {
        self.sort();
        let spool = RefCell::new(&mut self.spool);
        let mut run = RunWriter::new(&spool)?;
        for entry in &self.index {
            run.push(&self.bytes[entry.start..entry.line], &self.bytes[entry.line..entry.end])?;
        }
        self.runs.push(run.finish()?);
        self.bytes.clear();
        self.index.clear();
        // One very long line shall not cost its memory for the rest of the run.
        self.bytes.shrink_to(self.limits.run);
        Ok(())
    }
}

fn merge<S: Spool>(
    spool: &RefCell<S>,
    runs: &[Run],
    each: &mut dyn FnMut(&Head<'_, S>) -> io::Result<()>,
) -> io::Result<()> {
    let heads: io::Result<Vec<_>> = runs.iter().map(|run| Ok(Smallest(Head::open(spool, *run)?))).collect();
    let mut heads = BinaryHeap::from(heads?);
    while let Some(mut head) = heads.peek_mut() {
        each(&head.0)?;
        if !head.0.advance()? {
            PeekMut::pop(head);
        }
    }
    Ok(())
}

/// A head whose record is the smallest comes out of the heap first.
struct Smallest<'s, S>(Head<'s, S>);

impl<S> Ord for Smallest<'_, S> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.record().cmp(self.0.record())
    }
}

impl<S> PartialOrd for Smallest<'_, S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<S> PartialEq for Smallest<'_, S> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<S> Eq for Smallest<'_, S> {}

/// Parts of a key as bytes that compare as the parts do, one after the other, and of which none begins another.
#[derive(Debug, Default)]
pub(super) struct Key(Vec<u8>);

impl Key {
    /// A key of a class of its own: all of it comes before the next class.
    pub(super) fn of_class(class: u8) -> Self {
        Self(vec![class])
    }

    pub(super) fn text(mut self, part: &str) -> Self {
        for &byte in part.as_bytes() {
            self.0.push(byte);
            // An escaped NUL is above the end of a part and below everything else.
            if byte == 0 {
                self.0.push(1);
            }
        }
        self.0.extend([0, 0]);
        self
    }

    pub(super) fn optional(mut self, part: Option<&str>) -> Self {
        self.0.push(u8::from(part.is_some()));
        match part {
            Some(part) => self.text(part),
            None => self,
        }
    }
}
