//! Colours for the terminal. Everything a colour says is said by a word or a symbol too.

use anstyle::{AnsiColor, Style};
use finding::{Severity, Status};

/// Colours texts, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    color: bool,
}

impl Paint {
    pub(crate) fn new(color: bool) -> Self {
        Self { color }
    }

    pub(crate) fn status(self, status: Status, text: &str) -> String {
        let color = match status {
            Status::Fail => AnsiColor::Red,
            Status::Unknown => AnsiColor::Yellow,
            Status::Suppressed => AnsiColor::Magenta,
            Status::NotApplicable => AnsiColor::Cyan,
            Status::Pass => AnsiColor::Green,
        };
        self.with(color.on_default().bold(), text)
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let style = match severity {
            Severity::Critical => AnsiColor::Red.on_default().bold(),
            Severity::High => AnsiColor::Red.on_default(),
            Severity::Medium => AnsiColor::Yellow.on_default(),
            Severity::Low => AnsiColor::Blue.on_default(),
            Severity::Info => Style::new().dimmed(),
        };
        self.with(style, text)
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// A symbol for each status, so that a column of them can be read at a glance.
pub(crate) fn symbol(status: Status) -> char {
    match status {
        Status::Fail => '✗',
        Status::Unknown => '?',
        Status::Suppressed => '~',
        Status::NotApplicable => '–',
        Status::Pass => '✓',
    }
}
