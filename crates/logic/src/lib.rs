//! The expression tree: evaluate, simplify, print, compare; Python's value semantics live here.

#[cfg(test)]
mod build;
pub mod library;
pub mod print;
pub mod scope;
pub mod simplify;
pub mod tree;
pub mod walk;
