//! One private PostgreSQL for the whole test process; each story gets a database of its own in it.
//!
//! # Why
//! It listens on a socket in a directory that only its user can enter, not on a TCP port: a free port can be taken before it
//! is used, and a port that asks for no password is open to everybody on the machine. A shell watches over it and
//! holds the other end of a pipe: however the test process ends, killed or not, the pipe closes, and the shell stops
//! the server and removes its directory.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use passerelle::store::db::{Db, Sql};

/// PostgreSQL refuses to run as root: then it runs as `nobody`, by number since the group's name differs between systems.
const NOBODY: [&str; 4] = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];

/// $1 is where the programs are. The database dies with the tests, so nothing of it needs to reach the disk.
const WATCH: &str = r#"
set -eu
cd /
room=$(mktemp -d /tmp/passerelle-tests.XXXXXX)
leave() {
    "$1/pg_ctl" stop -D "$room/data" -m immediate >/dev/null 2>&1 || true
    rm -rf "$room"
}
trap 'leave "$1"' EXIT
fail() {
    cat "$room/log" >&2
    exit 1
}
"$1/initdb" -D "$room/data" -U passerelle -A trust -E UTF8 --locale=C --no-sync </dev/null >"$room/log" 2>&1 || fail
"$1/pg_ctl" start -w -D "$room/data" -l "$room/log" \
    -o "-k $room -c listen_addresses='' -c fsync=off -c max_connections=400" </dev/null >/dev/null 2>&1 || fail
echo "$room"
read -r _ || true
"#;

struct Server {
    programs: PathBuf,
    room: String,
    /// Its standard input is the pipe: a static is never dropped, so it closes with the process.
    _watcher: Child,
}

/// The URL of a new, empty database.
///
/// # Panics
/// When PostgreSQL is not installed: these stories are not skipped.
pub fn new_database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(start);
    let name = format!("story_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let createdb = Command::new(server.programs.join("createdb"))
        .args(["-h", &server.room, "-U", "passerelle", "-T", "template0", &name])
        .output()
        .unwrap();
    assert!(createdb.status.success(), "createdb: {}", String::from_utf8_lossy(&createdb.stderr));
    format!("postgres://passerelle@{}/{name}", server.room.replace('/', "%2F"))
}

fn start() -> Server {
    let programs = programs().expect(
        "the store is tested on PostgreSQL too, and `initdb` is neither in PATH nor in /usr/lib/postgresql/*/bin: \
         install the server's package (Debian and Ubuntu: `apt-get install postgresql`; Fedora: `dnf install postgresql-server`)",
    );
    let mut watch = if std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0) {
        let mut command = Command::new("setpriv");
        command.args(NOBODY).arg("sh");
        command
    } else {
        Command::new("sh")
    };
    watch.args(["-c", WATCH, "watch"]).arg(&programs);
    // A group of its own: Ctrl-C at the terminal ends the tests, and then the watcher tidies up.
    watch.process_group(0);
    let piped = watch.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut watcher = piped.expect("`sh` (for root: `setpriv` of util-linux) starts PostgreSQL");
    let mut room = String::new();
    BufReader::new(watcher.stdout.as_mut().unwrap()).read_line(&mut room).unwrap();
    if room.is_empty() {
        let mut why = String::new();
        watcher.stderr.as_mut().unwrap().read_to_string(&mut why).unwrap();
        panic!("PostgreSQL does not start: {why}");
    }
    Server { programs, room: room.trim().to_owned(), _watcher: watcher }
}

/// The directory of the newest server installed; Debian keeps it out of PATH.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find(|folder| holds_server(folder));
    in_path.or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let numbered = versions.flatten().filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        });
        numbered.filter(|(_, folder)| holds_server(folder)).max().map(|(_, folder)| folder)
    })
}

fn holds_server(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "createdb"].iter().all(|program| folder.join(program).is_file())
}

/// Waits until somebody waits for a lock in the database of `db`.
pub async fn somebody_waits(db: &Db) {
    let waiting = Sql::new(
        "who waits",
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    while db.fetch_all(&waiting, Vec::new()).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
