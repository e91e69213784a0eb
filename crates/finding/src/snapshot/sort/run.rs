//! One sorted run in the spool: records packed with zstd, written once and read once.

use std::cell::RefCell;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, SeekFrom, Write};

use super::Spool;

/// The bytes of a run in the spool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    start: u64,
    end: u64,
}

/// The fastest level: runs are read once, soon.
const LEVEL: i32 = 1;
/// 128 KiB, so that many runs can be unpacked at once.
const WINDOW_LOG: u32 = 17;
/// Read and written at once.
const BUFFER: usize = 32 << 10;

/// Appends a run to the spool.
pub(super) struct RunWriter<'s, S: Spool> {
    start: u64,
    packed: zstd::Encoder<'static, BufWriter<Part<'s, S>>>,
}

impl<'s, S: Spool> RunWriter<'s, S> {
    pub(super) fn new(spool: &'s RefCell<S>) -> io::Result<Self> {
        let start = spool.borrow_mut().seek(SeekFrom::End(0))?;
        let part = BufWriter::with_capacity(BUFFER, Part { spool, at: start, end: u64::MAX });
        let mut packed = zstd::Encoder::new(part, LEVEL)?;
        packed.window_log(WINDOW_LOG)?;
        Ok(Self { start, packed })
    }

    pub(super) fn push(&mut self, key: &[u8], line: &[u8]) -> io::Result<()> {
        for length in [key.len(), line.len()] {
            self.packed.write_all(&(length as u64).to_le_bytes())?;
        }
        self.packed.write_all(key)?;
        self.packed.write_all(line)
    }

    pub(super) fn finish(self) -> io::Result<Run> {
        let mut part = self.packed.finish()?;
        part.flush()?;
        Ok(Run { start: self.start, end: part.get_ref().at })
    }
}

/// Some bytes of the spool, wherever others read and write it meanwhile.
struct Part<'s, S> {
    spool: &'s RefCell<S>,
    at: u64,
    end: u64,
}

impl<S: Spool> Read for Part<'_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(into.len());
        let mut spool = self.spool.borrow_mut();
        spool.seek(SeekFrom::Start(self.at))?;
        let count = spool.read(&mut into[..left])?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<S: Spool> Write for Part<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut spool = self.spool.borrow_mut();
        spool.seek(SeekFrom::Start(self.at))?;
        let count = spool.write(bytes)?;
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.spool.borrow_mut().flush()
    }
}

/// A run that is being read, and its next record.
pub(super) struct Head<'s, S> {
    unpacked: BufReader<zstd::Decoder<'static, BufReader<Part<'s, S>>>>,
    record: Vec<u8>,
    line: usize,
}

impl<'s, S: Spool> Head<'s, S> {
    /// Opens a run at its first record; there are no empty runs.
    pub(super) fn open(spool: &'s RefCell<S>, run: Run) -> io::Result<Self> {
        let part = BufReader::with_capacity(BUFFER, Part { spool, at: run.start, end: run.end });
        let unpacked = BufReader::with_capacity(BUFFER, zstd::Decoder::with_buffer(part)?);
        let mut head = Self { unpacked, record: Vec::new(), line: 0 };
        head.advance()?;
        Ok(head)
    }

    /// Goes to the next record, if there is one.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        if self.unpacked.fill_buf()?.is_empty() {
            return Ok(false);
        }
        let mut lengths = [[0; 8]; 2];
        for length in &mut lengths {
            self.unpacked.read_exact(length)?;
        }
        let [key, line] = lengths.map(u64::from_le_bytes);
        let whole = key.saturating_add(line);
        self.record.clear();
        let read = self.unpacked.by_ref().take(whole).read_to_end(&mut self.record)?;
        if read as u64 != whole {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the temporary file has become shorter"));
        }
        self.line = usize::try_from(key).unwrap_or(read).min(read);
        Ok(true)
    }
}

impl<S> Head<'_, S> {
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.record[..self.line]
    }

    pub(super) fn line(&self) -> &[u8] {
        &self.record[self.line..]
    }
}
