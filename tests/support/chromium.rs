//! A real browser: Debian's Chromium, driven through its driver on a free port, gone with the test.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

/// How long a page may take to show what it should.
const PATIENCE: Duration = Duration::from_secs(15);

/// A phone and a desk, in CSS pixels.
pub const WINDOWS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desk", 1280, 900)];

/// The browser and its driver.
pub struct Chromium {
    /// The window.
    pub window: Client,
    driver: Child,
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
        Self { window, driver, _profile: profile }
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

    /// Sets the window's size.
    pub async fn is_as_wide_as(&self, width: u32, height: u32) {
        self.window.set_window_size(width, height).await.unwrap();
    }

    /// Saves what is shown.
    pub async fn screenshot(&self, file: &Path) {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, self.window.screenshot().await.unwrap()).unwrap();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The driver takes its browser along.
        self.driver.kill().ok();
        self.driver.wait().ok();
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
