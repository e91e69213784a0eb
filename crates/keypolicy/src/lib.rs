//! KMS key policies: what they say, what they mean, and what can be proved of them.
//!
//! [`parse::parse`] makes a [`policy::Policy`]: what is written, every part with its bytes, and every departure from the grammar as a
//! [`policy::Fault`]. Lints read it, because they point at what is written.
//!
//! * [`action`]: the dated table of all actions of KMS; an action pattern is compiled to a bit set over it.
//! * [`context`]: what is known beside the policy: the account of the key, its spec, who is trusted.
//! * [`key`]: the table of condition keys: kinds, who carries them, with which actions.
//! * [`operator`]: condition operators taken apart; [`text`]: strings with policy variables and template parts.

pub mod action;
pub mod context;
pub mod glob;
pub mod key;
pub mod operator;
pub mod parse;
pub mod policy;
pub mod text;

pub use action::{Action, ActionSet};
pub use context::Context;
pub use parse::parse;
pub use policy::Policy;
