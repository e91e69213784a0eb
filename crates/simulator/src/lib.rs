//! A fake AWS on loopback, for tests, benchmarks and demonstrations.
//!
//! A [`World`] is made from a snapshot or invented, and a [`Simulator`] answers for it: KMS, STS, Organizations, Account, the
//! credentials of the SSO portal, Security Hub, SQS, Secrets Manager and Systems Manager's parameters, on one endpoint. Who calls is
//! named by the access key id (`AKIA`, the account, `SIML`: see [`access_key_id`]), where by the region of the signature.

mod account;
mod counts;
mod desk;
mod error;
mod events;
mod fault;
mod identity;
mod jira;
mod kms;
mod marker;
mod md5;
mod mime;
mod options;
mod organizations;
mod quota;
mod random;
mod securityhub;
mod server;
mod service;
mod servicenow;
mod smtp;
mod sqs;
mod sso;
mod sts;
#[cfg(test)]
mod tests;
mod time;
mod vault;
mod webhook;
mod wire;
mod world;

pub use counts::{Bucket, Count, Counts};
pub use desk::{Breakdown, DeskFault, DeskOptions, RunningDesk, Seen};
pub use fault::{Fault, FaultError, What, faults};
pub use identity::{ANY_SECRET, access_key_id};
pub use jira::{Category, Comment, Dialect, Issue, Jira, JiraSetup, Transition};
pub use options::{Events, HubOptions, Options, Quotas};
pub use server::{Running, Simulator};
pub use servicenow::{Incident, ServiceNow, ServiceNowSetup};
pub use smtp::{Mail, SmtpFault, SmtpSetup, Stage};
pub use webhook::Delivered;
pub use world::{Role, Shape, World, WorldError, default_regions};
