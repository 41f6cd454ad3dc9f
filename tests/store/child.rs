//! A story with several processes: the test binary starts itself again with one test and a variable that tells it its part.
//! Without the variable, that test does nothing.

use std::process::{Child, Command, Stdio};

/// Starts the test `name` in a process of its own, with its output in a pipe.
pub(super) fn start(name: &str, variable: &str, value: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact"])
        .env(variable, value)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What this process was told; `None` when it is nobody's child.
pub(super) fn told(variable: &str) -> Option<String> {
    std::env::var_os(variable).map(|value| value.into_string().unwrap())
}
