//! The integrator's workbench: what it shows, what it writes, and what it keeps.

mod calm;
mod cassette;
mod from_curl;
mod mask;
mod trial;
mod walkthrough;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What the program answered.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }

    /// All that was written.
    fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Runs the program in `folder` with `typed` on its stdin.
fn passerelle(folder: &Path, arguments: &[&str], typed: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("LEGACY_CLIENT_SECRET", "legacy-client-secret")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    child.stdin.take().unwrap().write_all(typed.as_bytes()).ok();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

/// The rest of a configuration around a `[legacy]` section.
const REST: &str = r#"
[server]
issuer = "http://localhost:8080"
[storage]
url = "sqlite::memory:"
[keys]
master_key = "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
[branding]
organisation = "Guild"
[scopes]
roles = ["roles", "member_id"]
[[client]]
id = "web"
name = "Web"
secret = "web-secret-0123456789-0123456789-0123456789"
redirect_uris = ["https://web.example/callback"]
scopes = ["openid", "profile", "email"]
"#;

/// A folder with a configuration.
fn folder_with(legacy: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), format!("{REST}\n{legacy}")).unwrap();
    folder
}
