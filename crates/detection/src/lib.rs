//! Panther-format packs: load, validate, lower, test and explain.
