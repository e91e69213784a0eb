//! The expression tree: evaluate, simplify, print, compare; Python's value semantics live here.

#[cfg(test)]
mod build;
mod builtin;
mod builtins;
mod class;
pub mod compare;
mod construct;
mod containers;
pub mod evaluate;
mod iterate;
mod json;
pub mod known;
pub mod library;
mod method;
mod modules;
mod names;
mod number;
mod object;
mod operations;
mod order;
pub mod print;
pub mod reads;
mod repr;
pub mod scope;
mod sealed;
pub mod simplify;
mod stop;
mod text;
pub mod tree;
mod unicode;
pub mod value;
pub mod walk;
mod worlds;

pub use evaluate::{Context, DataModel, Exception, Fact, Facts, Glance, Limits, Outcome, Program, Run, Session};
pub use value::Value;
