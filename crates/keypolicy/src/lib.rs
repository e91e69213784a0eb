//! KMS key policies: what they say, what they mean, and what can be proved of them.
//!
//! [`parse::parse`] makes a [`policy::Policy`]: what is written, every part with its bytes, and every departure from the grammar as a
//! [`policy::Fault`]. Lints read it, because they point at what is written. [`rules::compile`], with a [`setting::Setting`] (whose key it
//! is), makes [`rules::Rules`]: what it means, as sets of actions and tests on context keys, on which [`decide`] and
//! [`mod@prove`] work.
//!
//! * [`action`]: the dated table of all actions of KMS; an action pattern is compiled to a bit set over it.
//! * [`context`]: what is known beside the policy: the account of the key, its spec, who is trusted.
//! * [`key`]: the table of condition keys: kinds, who carries them, with which actions.
//! * [`operator`]: condition operators taken apart; [`text`]: strings with policy variables and template parts; [`pattern`]: values.
//! * [`request`]: one concrete request. What a request can be is written in `docs/keypolicy-model.md`.

// The policies that tests generate speak of the crate by its name.
#[cfg(test)]
extern crate self as keypolicy;

pub mod action;
pub mod context;
pub mod decide;
pub mod describe;
pub mod generate;
pub mod glob;
pub mod key;
pub mod lint;
pub mod operator;
pub mod parse;
pub mod pattern;
pub mod policy;
pub mod prove;
pub mod reader;
pub mod request;
pub mod rules;
pub mod setting;
pub mod text;

pub use action::{Action, ActionSet};
pub use context::Context;
pub use decide::{Decision, Sources};
pub use parse::parse;
pub use policy::Policy;
pub use prove::{Proof, Property, Verdict, diff, prove};
pub use request::Request;
pub use rules::Rules;
pub use setting::Setting;
