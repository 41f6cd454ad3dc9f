//! What the load benchmarks share: processes that run beside them, and what these use.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Ended with its handle.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Running {
    /// What `command` says.
    pub fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// The bridge as its own process, the binary that an administrator installs.
    pub fn bridge(config: &Path) -> Self {
        Self::start(Command::new(env!("CARGO_BIN_EXE_passerelle")).args(["serve", "--config"]).arg(config))
    }

    /// Processor time so far in clock ticks, and the memory in use, of this process and its children.
    pub fn costs(&self) -> (u64, u64) {
        let own = self.0.id();
        let children =
            std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let all = children.split_whitespace().filter_map(|id| id.parse().ok()).chain([own]);
        all.fold((0, 0), |(ticks, memory), id| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
            let field = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
            // proc(5): utime, stime and rss, counted behind the name.
            (ticks + field(11) + field(12), memory + field(21) * 4096)
        })
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Until it answers.
pub async fn wait_for(url: &str) {
    for _ in 0..600 {
        if reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{url} does not answer");
}
