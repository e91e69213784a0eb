//! What is wrong with the files of a pack: stable codes, each with a severity, a place and a remedy.

use finding::Severity;
use source::{LineIndex, Position, Span};

/// A kind of problem. Its number never gets another meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `D004`.
    pub id: &'static str,
    /// How bad it is: HIGH where the peer rejects the file or its verdicts would be wrong.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
}

/// Something wrong with a file of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Its kind.
    pub code: &'static Code,
    /// What is wrong, in lower case.
    pub message: String,
    /// The file, relative to the pack.
    pub file: String,
    /// Where in it; `None` when it is the file as a whole.
    pub place: Option<Place>,
    /// What to do.
    pub help: Option<String>,
    /// The id of the detection, once it is known.
    pub detection: Option<String>,
}

/// A stretch of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its bytes.
    pub span: Span,
    /// Its first character.
    pub start: Position,
    /// Past its last character.
    pub end: Position,
}

impl Place {
    /// The place of some bytes of the text that the index is of.
    #[must_use]
    pub fn of(span: Span, index: &LineIndex) -> Self {
        Self { span, start: index.position(span.start), end: index.position(span.end) }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = &self.place {
            write!(f, ":{}:{}", place.start.line, place.start.column)?;
        }
        write!(f, ": {} {}: {}", self.code.severity, self.code.id, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $title:literal;)*) => {
        $($(#[$doc])* pub static $name: Code = Code { id: $id, severity: Severity::$severity, title: $title };)*

        /// All codes, by number.
        pub static CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    /// A file cannot be read.
    UNREADABLE = "D001", High, "file cannot be read";
    /// A file is not YAML.
    INVALID_YAML = "D002", High, "invalid YAML";
    /// `AnalysisType` is missing or unknown.
    UNKNOWN_TYPE = "D003", High, "unknown analysis type";
    /// A key that the type does not have.
    UNKNOWN_KEY = "D004", High, "unknown key";
    /// A key that the type must have.
    MISSING_KEY = "D005", High, "missing key";
    /// A value of the wrong type.
    WRONG_TYPE = "D006", High, "value of the wrong type";
    /// A value that is not among those allowed.
    BAD_VALUE = "D007", High, "value that is not allowed";
    /// Two detections with one id.
    DUPLICATE_ID = "D008", High, "id used twice";
    /// A list that says something twice.
    DUPLICATE_VALUE = "D009", Medium, "value listed twice";
    /// `Filename` names no file.
    NO_SOURCE = "D010", High, "source file missing";
    /// The source is not Python.
    INVALID_PYTHON = "D011", High, "invalid Python";
    /// The source lacks the function that is called, or it cannot be called with one argument.
    NO_FUNCTION = "D012", High, "function missing";
    /// A resource type that nobody collects.
    UNKNOWN_RESOURCE_TYPE = "D013", High, "unknown resource type";
    /// A mapping that ATT&CK does not have.
    BAD_ATTACK = "D014", Medium, "unknown ATT&CK mapping";
    /// A control number that YAML readers change.
    CHANGED_NUMBER = "D015", Medium, "number that loses digits";
    /// Two tests with one name.
    DUPLICATE_TEST = "D016", Low, "test name used twice";
    /// The body does not lower.
    NOT_LOWERED = "D017", Info, "body needs the exact tier";
    /// A mock of a name that the module does not have.
    NO_MOCKED_NAME = "D018", High, "mocked name missing";
    /// A parameter without its constant.
    NO_CONSTANT = "D019", High, "parameter without constant";
    /// A parameter whose default is not the constant's value.
    DEFAULT_DIFFERS = "D020", High, "default differs from constant";
    /// A parameter whose bounds or default do not fit each other.
    BAD_RANGE = "D021", High, "parameter out of its range";
    /// A placeholder that is filled with nothing.
    UNKNOWN_PLACEHOLDER = "D022", Medium, "unknown placeholder";
    /// A control that cannot be understood.
    BAD_CONTROL = "D023", Medium, "malformed control";
    /// A sidecar without its detection.
    ORPHAN_SIDECAR = "D024", Medium, "sidecar without detection";
    /// A pack that names what is not there.
    UNKNOWN_ID = "D025", Medium, "unknown id in a pack";
    /// A schedule that cannot be kept.
    BAD_SCHEDULE = "D026", High, "schedule that cannot be kept";
    /// A detection without tests.
    NO_TESTS = "D027", Info, "no tests";
    /// Keys that exclude each other.
    EXCLUSIVE_KEYS = "D028", High, "keys that exclude each other";
    /// A path that leads out of the pack.
    OUTSIDE = "D029", High, "path outside the pack";
    /// A test's input that is no JSON object.
    BAD_INPUT = "D030", High, "test input that is no JSON object";
    /// More files than are read.
    TOO_MUCH = "D031", High, "too many files";
    /// A technique under a tactic that it does not serve.
    OTHER_TACTIC = "D032", Low, "technique of another tactic";
}

/// The code with that number.
#[must_use]
pub fn code(id: &str) -> Option<&'static Code> {
    CODES.iter().copied().find(|code| code.id == id)
}

/// Collects the problems of one file.
pub(crate) struct Reporter {
    pub file: String,
    pub detection: Option<String>,
    pub problems: Vec<Problem>,
    index: LineIndex,
}

impl Reporter {
    pub fn new(file: &str, text: &[u8]) -> Self {
        Self { file: file.to_owned(), detection: None, problems: Vec::new(), index: LineIndex::new(text) }
    }

    pub fn report(&mut self, code: &'static Code, span: Span, message: impl Into<String>, help: Option<String>) {
        let place = self.place(span);
        self.push(code, Some(place), message.into(), help);
    }

    /// A problem of the file as a whole.
    pub fn report_file(&mut self, code: &'static Code, message: impl Into<String>, help: Option<String>) {
        self.push(code, None, message.into(), help);
    }

    pub fn place(&self, span: Span) -> Place {
        Place::of(span, &self.index)
    }

    /// The problems, each with the detection's id.
    pub fn finish(mut self) -> Vec<Problem> {
        for problem in &mut self.problems {
            if problem.detection.is_none() {
                problem.detection.clone_from(&self.detection);
            }
        }
        self.problems
    }

    fn push(&mut self, code: &'static Code, place: Option<Place>, message: String, help: Option<String>) {
        let file = self.file.clone();
        self.problems.push(Problem { code, message, file, place, help, detection: self.detection.clone() });
    }
}

/// "did you mean", when a known name is close to what was written.
pub(crate) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_without_gaps() {
        let ids: Vec<String> = (1..=CODES.len()).map(|number| format!("D{number:03}")).collect();
        assert_eq!(CODES.iter().map(|code| code.id).collect::<Vec<_>>(), ids);
        assert_eq!(code("D004"), Some(&UNKNOWN_KEY));
    }

    #[test]
    fn the_nearest_name_is_offered() {
        assert_eq!(did_you_mean("Severty", ["Status", "Severity"]).as_deref(), Some("did you mean `Severity`?"));
        assert_eq!(did_you_mean("policyid", ["PolicyID"]).as_deref(), Some("did you mean `PolicyID`?"));
        assert_eq!(did_you_mean("Colour", ["Severity"]), None);
    }
}
