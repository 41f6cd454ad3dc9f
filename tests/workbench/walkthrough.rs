//! The walk-through of the docs, walked: every command of it is run against the stand-in, and what it shows is what comes.

use std::path::Path;
use std::process::Command;

use crate::legacy_system::{Settings, start};

/// The address of the page.
const WRITTEN: &str = "http://localhost:9090";

/// A command of the page, and the output that stands under it.
struct Step {
    command: String,
    shown: Vec<String>,
}

fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match line.strip_prefix("$ ") {
                Some(command) => steps.push(Step { command: command.to_owned(), shown: Vec::new() }),
                None => steps.last_mut().unwrap().shown.push(line.to_owned()),
            },
        }
    }
    steps
}

/// Moments differ from run to run.
fn timeless(text: &str) -> String {
    let moment =
        regex::Regex::new(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT").unwrap();
    moment.replace_all(text, "THEN").into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_walk_through_does_what_the_page_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/connector-walkthrough.md")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() >= 6, "{} commands were found", steps.len());
    let running = start(Settings::default(), 0).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_passerelle")).parent().unwrap();
    for Step { command, shown } in steps {
        let output = Command::new("sh")
            .args(["-c", &command.replace(WRITTEN, &running.base_url)])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
            .output()
            .unwrap();
        let told =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let told = timeless(&told.replace(&running.base_url, WRITTEN));
        for line in shown.iter().filter(|line| line.as_str() != "…") {
            assert!(
                told.lines().any(|said| said == timeless(line)),
                "`{command}` does not say: {line}\n{told}"
            );
        }
    }
}
