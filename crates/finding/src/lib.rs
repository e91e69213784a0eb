//! The nouns of a judgement: resources and their unknown facts, findings, severities, environments, snapshots.

mod document;
mod severity;
mod status;

pub use document::{Document, ErrorRecord, Finding, Location, Position, ResourceRef, Summary, Tool, UnknownFact};
pub use severity::Severity;
pub use status::Status;
