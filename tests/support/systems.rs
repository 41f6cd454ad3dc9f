//! Systems to sign in at that we did not write, as `tests/run` installs them. Each is a process of its own that chooses its port; its
//! standard input is the pipe by which it notices that nobody needs it any more, however the tests end.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

/// What a system said, to be looked at.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// Asks, and reads to the end.
    pub async fn to(request: RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.unwrap() }
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// A text in the body.
    pub fn text_at(&self, pointer: &str) -> String {
        let text = self.json().pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        text.unwrap_or_else(|| panic!("no text at {pointer}: {self:?}"))
    }

    /// Status and body.
    pub fn told(&self) -> (u16, Value) {
        (self.status, self.json())
    }

    /// The same without what differs each time; it must be there, though, and be a text.
    pub fn told_but(&self, pointers: &[&str]) -> (u16, Value) {
        let mut body = self.json();
        for pointer in pointers {
            assert!(!self.text_at(pointer).is_empty(), "{pointer}");
            *body.pointer_mut(pointer).unwrap() = json!("…");
        }
        (self.status, body)
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A started script of `tests/systems`.
pub struct Running {
    /// Where it answers.
    pub base_url: String,
    child: Child,
    /// What the script hears and says. Taken away at the end, so that it notices.
    console: Mutex<Option<Console>>,
    complaints: File,
}

struct Console {
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it with what it reads from the environment.
    ///
    /// # Panics
    /// When the packages are not installed: these stories are not skipped.
    pub fn start(name: &str, settings: &[(&str, &str)]) -> Self {
        let complaints = tempfile::tempfile().unwrap();
        let mut command = script(name);
        command.envs(settings.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints.try_clone().unwrap());
        let mut child = command.spawn().expect("the Python packages are missing; tests/run installs them");
        let (orders, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut console = Console { orders, answers: BufReader::new(answers) };
        let mut running = Self { base_url: String::new(), child, console: Mutex::new(None), complaints };
        running.hears(&mut console)["base_url"].as_str().unwrap().clone_into(&mut running.base_url);
        running.console = Mutex::new(Some(console));
        running
    }

    /// Has it do something, and takes what came of it.
    pub fn does(&self, deed: &Value) -> Value {
        let mut console = self.console.lock().unwrap();
        let console = console.as_mut().unwrap();
        writeln!(console.orders, "{deed}").unwrap();
        self.hears(console)["done"].take()
    }

    fn hears(&self, console: &mut Console) -> Value {
        let mut line = String::new();
        console.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer but this:\n{}", self.complaints()))
    }

    fn complaints(&self) -> String {
        // By position: the script writes on at the end.
        let mut text = vec![0; usize::try_from(self.complaints.metadata().unwrap().len()).unwrap()];
        self.complaints.read_exact_at(&mut text, 0).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(console) = self.console.get_mut() {
            console.take();
        } else {
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}

/// A script of `tests/systems` in the environment that `tests/run` makes, or in another that has the packages.
pub fn script(name: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let environment = root.join("target/systems");
    let chosen = std::env::var_os("PASSERELLE_TESTS_PYTHON").map(PathBuf::from);
    let mut command = Command::new(chosen.unwrap_or_else(|| environment.join("bin/python")));
    command.arg(root.join("tests/systems").join(name));
    // What the interpreter compiles it keeps, since compiling takes most of a start, and keeps out of the source tree.
    command.env_remove("PYTHONDONTWRITEBYTECODE").env("PYTHONPYCACHEPREFIX", environment.join("compiled"));
    command.env("PYTHONWARNINGS", "ignore");
    command
}
