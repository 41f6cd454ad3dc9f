//! The command line: arguments, logging, run. The only place for anyhow.

fn main() {}
