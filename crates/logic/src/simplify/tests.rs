//! Bodies before and after.
