//! The expression tree: evaluate, simplify, print, compare; Python's value semantics live here.

pub mod tree;
