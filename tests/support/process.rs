//! The bridge as its own process, the binary that an administrator installs: started, killed, started again.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;

use crate::legacy_system::{Running, Settings, start};
use crate::support::app::{App, Proof};
use crate::support::browser::Browser;
use crate::support::house::CONFIG;

/// Where processes keep what they keep, and the old system behind them.
#[expect(missing_docs, reason = "the types say it")]
pub struct Site {
    pub legacy: Running,
    pub folder: tempfile::TempDir,
    config: String,
}

/// A running bridge.
#[expect(missing_docs, reason = "the types say it")]
pub struct Process {
    pub router: Router,
    port: u16,
    child: Child,
}

impl Site {
    /// A site whose records are kept at `storage`.
    pub async fn at(storage: &str) -> Self {
        Self::with(storage, "").await
    }

    /// The same with `more` behind its configuration.
    pub async fn with(storage: &str, more: &str) -> Self {
        Self::of(storage, &format!("{CONFIG}{more}")).await
    }

    /// A site of its own configuration.
    pub async fn of(storage: &str, config: &str) -> Self {
        let legacy = start(Settings::default(), 0).await.unwrap();
        let config = config.replace("sqlite::memory:", storage).replace("{legacy}", &legacy.base_url);
        Self { legacy, folder: tempfile::tempdir().unwrap(), config }
    }

    /// Starts a process, or another one, and waits until it answers.
    pub async fn starts(&self) -> Process {
        let log =
            |port| std::fs::File::create(self.folder.path().join(format!("{port}.log"))).unwrap().into();
        self.starts_logging(log).await
    }

    /// The same with a log whose reader has gone.
    pub async fn starts_unheard(&self) -> Process {
        self.starts_logging(|_| std::io::pipe().unwrap().1.into()).await
    }

    async fn starts_logging(&self, log: impl Fn(u16) -> Stdio) -> Process {
        // Somebody else may take the port between its choice and its use.
        for _ in 0..3 {
            let port = free_port();
            if let Some(process) = self.starts_at(port, log(port)).await {
                return process;
            }
        }
        panic!("{}", self.logs());
    }

    async fn starts_at(&self, port: u16, log: Stdio) -> Option<Process> {
        let file = self.file(port);
        let child = Command::new(env!("CARGO_BIN_EXE_passerelle"))
            .args(["serve", "--config"])
            .arg(&file)
            // All that the bridge itself has to say.
            .env("RUST_LOG", "info,passerelle=trace,tower_http=trace")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let mut process = Process { router: forwarding_to(base), port, child };
        for _ in 0..600 {
            if Browser::new(process.router.clone()).get("/healthz").await.status == 200 {
                return Some(process);
            }
            if process.child.try_wait().unwrap().is_some() {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }

    fn file(&self, port: u16) -> PathBuf {
        let file = self.folder.path().join(format!("{port}.toml"));
        let listen = format!("[server]\nlisten = \"127.0.0.1:{port}\"");
        std::fs::write(&file, self.config.replace("[server]", &listen)).unwrap();
        file
    }

    /// The configuration file of a process that was started.
    pub fn a_file(&self) -> PathBuf {
        let mut files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        files.find(|file| file.extension().is_some_and(|kind| kind == "toml")).unwrap()
    }

    /// Everything that was logged so far.
    pub fn logs(&self) -> String {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|file| file.extension() == Some(Path::new("log").as_os_str()));
        logs.map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }
}

impl Process {
    /// Kills it as a power cut would: it learns nothing of it.
    pub fn is_killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// How much of the machine's memory it has, in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// The confidential web app, which calls this process.
    pub fn web(&self) -> App {
        let proof = Proof::Basic("web-secret-0123456789-0123456789-0123456789");
        App { router: self.router.clone(), id: "web", proof, redirect: "https://web.example/callback" }
    }

    /// The app that asks for consent.
    pub fn spa(&self) -> App {
        App { id: "spa", proof: Proof::Name, redirect: "https://spa.example/callback", ..self.web() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Taken and let go again: whoever takes it in between makes the start fail.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Routes that only pass on, so that browsers and apps need not know whether there is a socket between.
fn forwarding_to(base: String) -> Router {
    Router::new().fallback(forward).with_state((base, client()))
}

async fn forward(State((base, http)): State<(String, reqwest::Client)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let url = format!("{base}{}", parts.uri.path_and_query().unwrap());
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let Ok(answer) = http.request(parts.method, url).headers(parts.headers).body(body).send().await else {
        return gone();
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    let Ok(body) = answer.bytes().await else { return gone() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The process was killed before it had answered.
fn gone() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response
}

/// A client that shows every answer as it is.
#[expect(
    clippy::disallowed_methods,
    reason = "this caller stands outside of the bridge, and no app hands it a client"
)]
pub fn client() -> reqwest::Client {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}
