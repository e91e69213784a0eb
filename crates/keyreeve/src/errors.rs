//! What could not be read or is not valid: the first so many by name, the rest counted, so that no input fills the memory.

use finding::ErrorRecord;
use finding::snapshot::Problem;

/// Mistakes of the input that are named one by one.
pub const MAX_INVALID: usize = 1_000;

/// The errors of a run.
#[derive(Debug, Default)]
pub struct ErrorLog {
    kept: Vec<ErrorRecord>,
    invalid: Counted,
    unread: Counted,
    hidden: u64,
}

/// How many of a kind there were, and how many of them are kept.
#[derive(Debug, Default)]
struct Counted {
    all: u64,
    kept: usize,
}

impl Counted {
    fn take(&mut self, error: ErrorRecord, most: usize, kept: &mut Vec<ErrorRecord>) {
        self.all += 1;
        if self.kept < most {
            self.kept += 1;
            kept.push(error);
        }
    }

    fn untold(&self) -> u64 {
        self.all.saturating_sub(self.kept as u64)
    }
}

impl ErrorLog {
    /// A mistake of the input; it may hide resources.
    pub fn invalid(&mut self, error: ErrorRecord) {
        self.hidden += 1;
        self.invalid.take(error, MAX_INVALID, &mut self.kept);
    }

    /// Further mistakes, of which only the number is known.
    pub fn more_invalid(&mut self, count: u64) {
        self.invalid.all += count;
        self.hidden += count;
    }

    /// Something that could not be read when the input was made.
    pub fn unread(&mut self, error: ErrorRecord) {
        self.hidden += u64::from(error.hides_resources());
        self.unread.take(error, finding::snapshot::MAX_ERRORS, &mut self.kept);
    }

    /// Further such errors, of which only the number is known: any of them may hide resources.
    pub fn more_unread(&mut self, count: u64) {
        self.unread.all += count;
        self.hidden += count;
    }

    /// How many errors may hide resources.
    pub fn hidden(&self) -> u64 {
        self.hidden
    }

    /// The errors, in the order in which they came, and what is not told of them.
    pub fn take(&mut self) -> Vec<ErrorRecord> {
        let mut errors = std::mem::take(&mut self.kept);
        let calls = |count| format!("{count} more calls were refused, which are not listed");
        for (count, message) in [
            (self.invalid.untold(), more_invalid(self.invalid.untold())),
            (self.unread.untold(), calls(self.unread.untold())),
        ] {
            if count > 0 {
                errors.push(ErrorRecord { message, ..ErrorRecord::default() });
            }
        }
        errors
    }
}

fn more_invalid(count: u64) -> String {
    format!("{count} more are not valid, which are not listed: is this a snapshot?")
}

/// What is wrong with a stream: the first problems, and how many more there are.
#[derive(Debug, Default)]
pub struct Problems {
    /// The first of them.
    pub kept: Vec<Problem>,
    /// How many more there are.
    pub more: u64,
}

impl Problems {
    /// One more.
    pub fn push(&mut self, problem: Problem) {
        if self.kept.len() < MAX_INVALID {
            self.kept.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// What to say of those that are not kept.
    pub fn untold(&self) -> Option<Problem> {
        (self.more > 0).then(|| Problem { place: None, message: more_invalid(self.more) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut log = ErrorLog::default();
        for number in 0..MAX_INVALID + 7 {
            log.invalid(ErrorRecord { message: number.to_string(), ..ErrorRecord::default() });
        }
        log.more_invalid(3);
        log.more_unread(2);
        assert_eq!(log.hidden(), MAX_INVALID as u64 + 12);
        let errors = log.take();
        assert_eq!(errors.len(), MAX_INVALID + 2);
        assert_eq!(errors[MAX_INVALID].message, "10 more are not valid, which are not listed: is this a snapshot?");
        assert_eq!(errors[MAX_INVALID + 1].message, "2 more calls were refused, which are not listed");
    }
}
