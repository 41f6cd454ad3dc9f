//! A real browser: Debian's Chromium, driven through its driver on a free port, gone with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use url::Url;

/// How long a page may take to show what it should.
const PATIENCE: Duration = Duration::from_mins(1);

/// A phone and a desk, in CSS pixels.
pub const WINDOWS: [(&str, u32, u32); 2] = [("phone", 360, 780), ("desk", 1280, 900)];

/// The browser and its driver.
pub struct Chromium {
    /// The window.
    pub window: Client,
    driver: Child,
    port: u16,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts one with a profile of its own.
    pub async fn open() -> Self {
        let (driver, port) = start_driver();
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en",
            // Nothing but loopback is ever asked for.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let window = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self { window, driver, port, _profile: profile }
    }

    /// Opens an address.
    pub async fn goes_to(&self, address: &str) {
        self.window.goto(address).await.unwrap();
    }

    /// Waits until there is an element, visible or not.
    pub async fn sees(&self, selector: &str) -> fantoccini::elements::Element {
        let found = self.window.wait().at_most(PATIENCE).for_element(Locator::Css(selector)).await;
        match found {
            Ok(element) => element,
            Err(error) => {
                let address = self.window.current_url().await.unwrap();
                panic!("no {selector} at {address}: {error}\n{}", self.window.source().await.unwrap())
            }
        }
    }

    /// Waits until an element shows exactly this text.
    pub async fn reads(&self, selector: &str, text: &str) {
        let mut shown = String::new();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline {
            // A page that is being replaced has no such element for a moment.
            if let Ok(element) = self.window.find(Locator::Css(selector)).await {
                shown = element.text().await.unwrap_or_default();
                if shown == text {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{selector} shows {shown:?}, not {text:?}\n{}", self.window.source().await.unwrap());
    }

    /// Clicks what can be seen.
    pub async fn clicks(&self, selector: &str) {
        let element = self.sees(selector).await;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !element.is_displayed().await.unwrap_or(false) {
            assert!(tokio::time::Instant::now() < deadline, "{selector} stays hidden");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        element.click().await.unwrap();
    }

    /// Fills in the bridge's sign-in page.
    pub async fn signs_in(&self, user_name: &str, password: &str) {
        self.sees("#login-page form#login").await;
        for (field, value) in [("username", user_name), ("password", password)] {
            let input = self.sees(&format!("form#login input[name={field}]")).await;
            input.clear().await.unwrap();
            input.send_keys(value).await.unwrap();
        }
        self.clicks("form#login button[type=submit]").await;
    }

    /// Sets the size of what a page fills. A window of its own is never narrower than 500 pixels, so the page is told otherwise.
    pub async fn is_as_wide_as(&self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        self.devtools("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    }

    /// Likes pages `light` or `dark`.
    pub async fn prefers(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// Saves the whole page, also what lies below the window.
    pub async fn screenshot(&self, file: &Path) {
        let picture = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, picture).unwrap();
    }

    async fn devtools(&self, command: &'static str, parameters: Value) -> Value {
        self.window.issue_cmd(DevTools { command, parameters }).await.unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Asked to, the driver takes its browser along; killed, it would leave it running. A test that fails comes by here too.
        if let Ok(mut connection) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)) {
            connection.set_read_timeout(Some(PATIENCE)).ok();
            connection
                .write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                .ok();
            connection.read_to_end(&mut Vec::new()).ok();
        }
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

/// A command that Chromium understands and WebDriver does not know.
#[derive(Debug)]
struct DevTools {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, url::ParseError> {
        base_url.join(&format!("session/{}/goog/cdp/execute", session_id.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (http::Method::POST, Some(body.to_string()))
    }
}

/// The driver picks a free port and says which.
fn start_driver() -> (Child, u16) {
    let started = Command::new("chromedriver").args(["--port=0"]).stdout(Stdio::piped()).spawn();
    let mut driver = started.expect("chromedriver is missing; install Debian's chromium and chromium-driver");
    let lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ports = lines.filter_map(|line| {
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    match ports.into_iter().next() {
        Some(port) => (driver, port),
        None => panic!("chromedriver does not start: {:?}", driver.wait()),
    }
}
