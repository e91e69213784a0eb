//! Text with positions: JSON and YAML as one spanned tree, and a fast record scanner.
//!
//! [`json::parse`] and [`yaml::parse`] make the same [`tree::Node`], in which every node knows its bytes and every scalar keeps its
//! text as written. [`record::Scanner`] reads one JSON object a time without building anything, and [`split::Blocks`] cuts a stream
//! into such objects in bounded memory. [`lines::LineIndex`] turns byte offsets into lines and columns.

mod bytes;
mod error;
mod escape;
pub mod json;
pub mod lines;
pub mod record;
pub mod span;
pub mod split;
pub mod tree;
pub mod yaml;

pub use error::{Related, SyntaxError};
pub use lines::{LineIndex, Position};
pub use span::Span;
pub use tree::{Entry, Node, NodeKind, Resolved, Scalar, Style, Tag};
