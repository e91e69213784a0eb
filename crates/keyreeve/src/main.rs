//! The `keyreeve` binary: one file per subcommand.

fn main() {}
