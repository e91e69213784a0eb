//! The ports as the world has them.

pub mod aws;
