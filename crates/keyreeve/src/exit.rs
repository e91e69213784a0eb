//! Exit statuses: what each number means, and which wins when several hold.

use std::io::ErrorKind;
use std::process::ExitCode;

/// How a command ended. The order is precedence: the greatest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// 0: nothing at or above `--fail-on`.
    Clean,
    /// 3: the selection matched nothing.
    NothingSelected,
    /// 4: something could not be read or resolved.
    Incomplete,
    /// 1: findings, failing tests, a difference.
    Found,
    /// 2: wrong use, bad configuration, unreadable or invalid input.
    Invalid,
}

impl Status {
    /// The number the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Found => 1,
            Self::Invalid => 2,
            Self::NothingSelected => 3,
            Self::Incomplete => 4,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.code())
    }
}

/// Prints what went wrong and says which status it is. A closed pipe is nobody's fault: the reader had enough.
pub fn report(error: &anyhow::Error) -> Status {
    if is_closed_pipe(error) {
        return Status::Clean;
    }
    let chain: Vec<String> =
        error.chain().map(|cause| report::escape_terminal(&cause.to_string()).into_owned()).collect();
    anstream::eprintln!("{}: {}", error_word(), chain.join(": "));
    if error.downcast_ref::<NothingSelected>().is_some() { Status::NothingSelected } else { Status::Invalid }
}

/// The selection matched nothing; the message says which.
#[derive(Debug)]
pub struct NothingSelected(pub String);

impl std::fmt::Display for NothingSelected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NothingSelected {}

/// Whether the error is only that nobody reads our output any more.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::BrokenPipe)
}

/// Prints clap's message: 0 for `--help` and `--version`, 2 for wrong use.
pub fn of_usage(error: &clap::Error) -> ExitCode {
    let printed = error.print().is_ok();
    if error.use_stderr() || !printed { Status::Invalid.into() } else { Status::Clean.into() }
}

/// `error`, as it stands before messages.
pub fn error_word() -> String {
    let style = anstyle::Style::new().bold().fg_color(Some(anstyle::AnsiColor::Red.into()));
    format!("{style}error{style:#}")
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn several_at_once_end_as_the_documented_precedence_says() {
        let mut all = [Status::NothingSelected, Status::Incomplete, Status::Found, Status::Clean, Status::Invalid];
        all.sort();
        let codes: Vec<u8> = all.iter().rev().map(|status| status.code()).collect();
        assert_eq!(codes, [2, 1, 4, 3, 0]);
    }
}
