//! The formats by name.

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For a person at a terminal.
    Pretty,
    /// One line a finding.
    Concise,
    /// The findings document.
    Json,
    /// One finding of the document a line.
    Jsonl,
    /// SARIF 2.1.0.
    Sarif,
    /// A JUnit test report.
    Junit,
    /// Annotations of a GitHub Actions run.
    Github,
    /// GitLab's Code Quality report.
    Gitlab,
    /// The AWS Security Finding Format.
    Asff,
    /// OCSF Compliance Findings.
    Ocsf,
    /// A row for every finding.
    Csv,
    /// A comment for a pull request.
    Markdown,
    /// A page.
    Html,
}

impl Format {
    /// All, as `--help` lists them.
    pub const ALL: [Self; 13] = [
        Self::Pretty,
        Self::Concise,
        Self::Json,
        Self::Jsonl,
        Self::Sarif,
        Self::Junit,
        Self::Github,
        Self::Gitlab,
        Self::Asff,
        Self::Ocsf,
        Self::Csv,
        Self::Markdown,
        Self::Html,
    ];

    /// The name `--format` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Asff => "asff",
            Self::Ocsf => "ocsf",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// One line for `--help`.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Pretty => "a block for every finding, then the pass rates",
            Self::Concise => "one line for every finding",
            Self::Json => "the findings document",
            Self::Jsonl => "one finding of the findings document a line",
            Self::Sarif => "SARIF 2.1.0, for GitHub code scanning and others",
            Self::Junit => "a JUnit test report",
            Self::Github => "annotations for GitHub Actions",
            Self::Gitlab => "a Code Quality report for GitLab",
            Self::Asff => "batches for AWS Security Hub (ASFF), one a line",
            Self::Ocsf => "OCSF Compliance Findings, one event a line",
            Self::Csv => "a row for every finding",
            Self::Markdown => "a comment for a pull request",
            Self::Html => "a page with charts, in one file",
        }
    }

    /// The ending of a file in this format, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pretty | Self::Concise | Self::Github => "txt",
            Self::Json | Self::Gitlab => "json",
            Self::Jsonl | Self::Asff | Self::Ocsf => "jsonl",
            Self::Sarif => "sarif",
            Self::Junit => "xml",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }

    /// Can be written finding by finding with a [`crate::Stream`], before the last one is known.
    #[must_use]
    pub fn streams(self) -> bool {
        matches!(self, Self::Concise | Self::Jsonl)
    }

    /// The format of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
