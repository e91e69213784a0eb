//! The nouns of a judgement: resources and their unknown facts, findings, severities, environments, snapshots.

pub mod account;
pub mod arn;
mod document;
pub mod environment;
mod fingerprint;
pub mod refusal;
pub mod resource;
mod severity;
pub mod snapshot;
mod status;

pub use account::{Account, Accounts, TagNames};
pub use arn::{AccountId, Arn, KeyId, Region, is_account_id};
pub use document::{Document, ErrorRecord, Finding, Location, Position, ResourceRef, Summary, Tool, UnknownFact};
pub use environment::{Environment, EnvironmentRules};
pub use fingerprint::fingerprint;
pub use refusal::Refusal;
pub use resource::{Fact, FactContext, KEY_SPECS, KEY_USAGES, Projection, Resource, ResourceError};
pub use severity::Severity;
pub use status::Status;
