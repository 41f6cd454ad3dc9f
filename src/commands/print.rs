//! How a command answers on stdout.

use std::io::{ErrorKind, Write as _, stdout};

use anyhow::Context as _;

/// Writes `text` and a line break. Whoever closes the pipe has read enough.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    match writeln!(stdout().lock(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write the answer"),
    }
}
