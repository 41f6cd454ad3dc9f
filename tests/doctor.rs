//! `passerelle doctor`: each kind of trouble produced for real, and what is said of it. Beside a bridge that runs, and without one.

mod clients;
mod issuer;
mod legacy;
mod records;
mod tls;

use std::path::{Path, PathBuf};
use std::process::Command;

use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::Bridge;
use passerelle::config::environment::Environment;
use passerelle::secret::Chance;
use passerelle::time::Clock;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::legacy_system::{Running, Settings, start};

/// What each practice is configured with; `{port}` is the bridge's.
const CONFIG: &str = r#"
[server]
issuer = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
[storage]
url = "sqlite:passerelle.db"
[legacy]
preset = "imis"
base_url = "{legacy}"
timeout = "10s"
[[client]]
id = "web"
name = "Web"
secret = "web-secret-0123456789-0123456789-0123456789"
redirect_uris = ["http://127.0.0.1:3000/callback"]
"#;

/// A folder with a configuration, the old system that it names, and perhaps a bridge that runs on it.
struct Practice {
    folder: TempDir,
    port: u16,
    config: String,
    legacy: Running,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

/// What the doctor said.
struct Said {
    code: Option<i32>,
    text: String,
}

impl Practice {
    /// One whose configuration is `CONFIG`, changed.
    async fn with(change: impl Fn(&str) -> String) -> Self {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let legacy = start(Settings::default(), 0).await.unwrap();
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
        let config =
            change(CONFIG).replace("{legacy}", &legacy.base_url).replace("{port}", &port.to_string());
        let practice = Self { folder, port, config, legacy, stop: None, served: None };
        practice.writes(&practice.config);
        practice
    }

    async fn new() -> Self {
        Self::with(str::to_owned).await
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn writes(&self, config: &str) {
        std::fs::write(self.path().join("config.toml"), config).unwrap();
    }

    /// The bridge runs.
    async fn opens(&mut self) {
        let blueprint = Blueprint::of_text(&self.config, self.path(), &Environment::default());
        let blueprint = blueprint.unwrap_or_else(|findings| panic!("{:#?}", findings.problems));
        let bridge = Bridge::open(blueprint, Clock::System, Chance::System).await.unwrap();
        let listener = std::net::TcpListener::bind(("127.0.0.1", self.port)).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        self.stop = Some(stop);
        self.served = Some(tokio::spawn(async move {
            bridge.serve(listener, async move { drop(stopped.await) }).await.unwrap();
        }));
    }

    /// The bridge stops.
    async fn closes(&mut self) {
        drop(self.stop.take());
        self.served.take().unwrap().await.unwrap();
    }

    /// The doctor comes.
    async fn says(&self, more: &[&str]) -> Said {
        self.says_trusting(more, None).await
    }

    /// The same on a machine that trusts `authority` alone.
    async fn says_trusting(&self, more: &[&str], authority: Option<PathBuf>) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
        command.arg("doctor").args(more).current_dir(self.path());
        if let Some(authority) = authority {
            command.env("SSL_CERT_FILE", authority).env_remove("SSL_CERT_DIR");
        }
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.is_empty(), "{error}");
        Said { code: output.status.code(), text }
    }
}

impl Said {
    /// The finding about what contains `looked_at`: its level, what was found, and what to do.
    #[track_caller]
    fn about(&self, looked_at: &str) -> (&str, String) {
        let mut lines =
            self.text.lines().skip_while(|line| !line.split(": ").next().unwrap().contains(looked_at));
        let line = lines.next().unwrap_or_else(|| panic!("nothing about {looked_at}:\n{}", self.text));
        let advice = lines.next().and_then(|line| line.trim().strip_prefix("-> ")).unwrap_or_default();
        let level = line.split_whitespace().next().unwrap();
        (level, format!("{line} {advice}"))
    }

    #[track_caller]
    fn tells(&self, looked_at: &str, level: &str, words: &[&str]) {
        let (found, told) = self.about(looked_at);
        assert_eq!(found, level, "{told}");
        for word in words {
            assert!(told.contains(word), "{word}: {told}");
        }
    }

    /// The text without what differs from run to run.
    fn steady(&self, practice: &Practice) -> String {
        let mut text = self.text.replace(&format!(":{}", practice.port), ":PORT");
        text = text.replace(&practice.legacy.base_url, "LEGACY");
        for (pattern, word) in [
            (r"[0-9]+\.[0-9]+ ms", "… ms"),
            (r"fingerprint [A-Za-z0-9_-]+", "fingerprint …"),
            (r": [A-Za-z0-9_-]{20,} has signed for ([0-9]+ [a-z]+|no time)", ": … has signed for …"),
            (r"due in [0-9]+ days", "due in … days"),
        ] {
            text = regex::Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
        }
        text
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_in_good_health_has_no_problems() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    insta::assert_snapshot!("healthy", said.steady(&practice));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_does_not_run_yet_is_looked_at_as_far_as_that_goes_and_nothing_is_made() {
    let practice = Practice::new().await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    insta::assert_snapshot!("not_running_yet", said.steady(&practice));
    let files: Vec<_> =
        std::fs::read_dir(practice.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["config.toml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_was_stopped_leaves_what_can_be_looked_at() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    practice.closes().await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    said.tells("openid-configuration", "warning", &["does not seem to run here", "passerelle serve"]);
    said.tells("compared with the issuer", "note", &["not looked at"]);
    said.tells("schema", "ok", &["up to date"]);
    said.tells("master key", "ok", &["sealed under"]);
    said.tells("signing keys", "ok", &["opens all of them"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_reads_the_same() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    let said = practice.says(&["--json"]).await;
    let report: Value = serde_json::from_str(&said.text).unwrap();
    assert_eq!(
        (said.code, &report["ok"], &report["problems"]),
        (Some(0), &Value::from(true), &Value::from(0))
    );
    for finding in report["findings"].as_array().unwrap() {
        let keys: Vec<&str> = finding.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(keys.starts_with(&["group", "level", "looked_at", "found"]), "{finding}");
        assert!(keys.len() == 4 || keys[4..] == ["advice"], "{finding}");
    }
    let groups: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["group"].as_str().unwrap())
        .collect();
    for group in ["configuration", "issuer", "tls", "clock", "database", "keys", "legacy", "mail", "clients"]
    {
        assert!(groups.contains(&group), "{group}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_with_problems_is_all_that_is_told_of() {
    let practice = Practice::with(|config| config.replace("issuer = \"http", "issuer = \"ftp")).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("server.issuer", "problem", &["https"]);
    said.tells("everything else", "note", &["not looked at", "run this again"]);
    let missing = practice.says(&["--config", "nowhere.toml"]).await;
    assert_eq!(missing.code, Some(1));
    missing.tells("nowhere.toml", "problem", &["passerelle init"]);
}

#[test]
fn a_command_line_that_is_not_understood_has_its_own_exit_code() {
    let output = Command::new(env!("CARGO_BIN_EXE_passerelle")).args(["doctor", "--quick"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_shown() {
    let secrets = ["web-secret-0123456789", "0f0f0f0f0f0f", "pa55word", "legacy-client-secret"];
    let practice = Practice::with(|config| {
        let keys = "[keys]\nmaster_key = \"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\"\n[legacy]\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"";
        config
            .replace("sqlite:passerelle.db", "postgres://user:pa55word@127.0.0.1:9/db")
            .replace("[legacy]", keys)
    })
    .await;
    for more in [&[][..], &["--json"]] {
        let said = practice.says(more).await;
        assert_eq!(said.code, Some(1), "the database is not there: {}", said.text);
        for secret in secrets {
            assert!(!said.text.contains(secret), "{secret}: {}", said.text);
        }
    }
}
