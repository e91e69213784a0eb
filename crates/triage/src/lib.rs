//! What is to be done about a finding, decided from data alone: no I/O, no clock, no environment.

pub mod account;
pub mod suppress;
