//! How a secret is asked for: on the terminal without showing it, or from stdin, a line for each.

use std::io::{IsTerminal as _, stdin};

use anyhow::Context as _;
use passerelle::secret::Secret;

/// A secret that somebody types, or the next line of stdin.
pub(super) fn secret(prompt: &str) -> anyhow::Result<Secret> {
    if stdin().is_terminal() {
        let typed =
            rpassword::prompt_password(format!("{prompt}: ")).context("cannot read from the terminal")?;
        return Ok(Secret::from(typed));
    }
    let mut line = String::new();
    stdin().read_line(&mut line).with_context(|| format!("cannot read the {prompt} from stdin"))?;
    let line = Secret::from(line);
    let text = line.expose();
    Ok(Secret::from(text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))))
}
