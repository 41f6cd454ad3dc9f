//! How a command answers on stdout, and what it says beside the answer on stderr.

use std::io::{ErrorKind, Write as _, stderr, stdout};

use anyhow::Context as _;

/// Writes `text` and a line break. Whoever closes the pipe has read enough.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    match writeln!(stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write the answer"),
    }
}

/// Says `text` beside the answer. Where nobody reads it there is nobody to tell: `eprintln!` would panic.
pub(crate) fn aside(text: &str) {
    let _ = writeln!(stderr().lock(), "{}", text.trim_end());
}
