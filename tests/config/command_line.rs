//! The program itself, as a script runs it: exit codes and answers.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub(super) struct Run {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Run {
    pub(super) fn json(&self) -> Value {
        let Self { code, stdout, stderr } = self;
        serde_json::from_str(stdout).unwrap_or_else(|why| panic!("{why}; exit code {code:?}: {stderr}"))
    }
}

pub(super) fn passerelle(folder: &Path, arguments: &[&str]) -> Run {
    passerelle_reads(folder, arguments, "")
}

/// The same with something to read.
pub(super) fn passerelle_reads(folder: &Path, arguments: &[&str], input: &str) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
    command.args(arguments).current_dir(folder).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Who wants nothing to read may have gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn example() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn what_init_writes_is_short_and_passes_check() {
    let folder = tempfile::tempdir().unwrap();
    let written = passerelle(folder.path(), &["init", "--preset", "imis"]);
    assert_eq!((written.code, written.stderr.as_str()), (Some(0), ""));
    assert!(written.stdout.lines().count() <= 60);
    let written = passerelle(folder.path(), &["init", "--output", "config.toml"]);
    assert_eq!(written.code, Some(0));
    let checked = passerelle(folder.path(), &["check"]);
    assert_eq!(checked.stdout, "The configuration has no problems and no warnings.\n", "{}", checked.stderr);
    assert_eq!(checked.code, Some(0));
}

/// Every preset leaves a few lines to the administrator; as they come they are places to fill, and nothing else is wrong.
#[test]
fn what_init_writes_for_any_preset_is_short_and_passes_check() {
    for preset in passerelle::legacy::preset::names() {
        let folder = tempfile::tempdir().unwrap();
        let written = passerelle(folder.path(), &["init", "--preset", preset, "--output", "config.toml"]);
        assert_eq!((written.code, written.stderr.as_str()), (Some(0), ""), "{preset}");
        let text = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
        assert!(
            text.lines().count() <= 60 && text.contains(&format!("preset = \"{preset}\"")),
            "{preset}: {text}"
        );
        let checked = passerelle(folder.path(), &["check"]);
        assert_eq!(checked.stdout, "The configuration has no problems and no warnings.\n", "{preset}");
        assert_eq!(checked.code, Some(0), "{preset}");
    }
}

#[test]
fn init_leaves_a_file_alone_unless_it_is_told_to_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "mine").unwrap();
    let refused = passerelle(folder.path(), &["init", "--output", "mine.toml"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("mine.toml exists already"), "{}", refused.stderr);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let replaced = passerelle(folder.path(), &["init", "--output", "mine.toml", "--force"]);
    assert_eq!(replaced.code, Some(0));
    assert!(std::fs::read_to_string(&file).unwrap().contains("[server]"));
    // A client secret is in it.
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn init_makes_a_new_secret_each_time() {
    let secret = || {
        let written = passerelle(example(), &["init"]).stdout;
        written.lines().find(|line| line.starts_with("secret = ")).unwrap().to_owned()
    };
    assert_ne!(secret(), secret());
}

#[test]
fn check_tells_every_problem_and_exits_with_1() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "[server]\nissuer = \"x\"\nisten = 1\n").unwrap();
    let told = passerelle(folder.path(), &["check"]);
    assert_eq!(told.code, Some(1));
    for line in [
        "problem: server.isten: unknown key; did you mean `listen`?",
        "problem: server.issuer: not an absolute https URL",
        "problem: legacy: missing",
        "The configuration has 3 problems and 1 warning.",
    ] {
        assert!(told.stdout.contains(line), "{line}: {}", told.stdout);
    }
    let told = passerelle(folder.path(), &["check", "--json"]);
    assert_eq!(told.code, Some(1));
    assert_eq!(told.json()["ok"], false);
    assert_eq!(told.json()["problems"].as_array().unwrap().len(), 3);
    assert_eq!(told.json()["problems"][0]["path"], "server.isten");
    assert_eq!(told.json()["warnings"][0]["path"], "client");
}

#[test]
fn check_of_a_good_configuration_exits_with_0() {
    let told = passerelle(example(), &["check", "--json"]);
    assert_eq!(told.code, Some(0), "{}", told.stdout);
    assert_eq!(told.json(), serde_json::json!({ "ok": true, "problems": [], "warnings": [] }));
}

#[test]
fn a_missing_or_broken_file_is_a_problem_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let told = passerelle(folder.path(), &["check", "--config", "absent.toml"]);
    assert_eq!(told.code, Some(1));
    assert!(
        told.stdout.contains("absent.toml") && told.stdout.contains("passerelle init"),
        "{}",
        told.stdout
    );
    let told = passerelle(folder.path(), &["check", "--config", "."]);
    assert!(told.stdout.contains("directory") && !told.stdout.contains("init"), "{}", told.stdout);
    std::fs::write(folder.path().join("broken.toml"), "[server]\nissuer = swordfish\n").unwrap();
    let told = passerelle(folder.path(), &["check", "--config", "broken.toml"]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains("line 2, column"), "{}", told.stdout);
    assert!(!told.stdout.contains("swordfish"), "{}", told.stdout);
}

#[test]
fn clients_are_listed_and_shown_without_their_secrets() {
    let list = passerelle(example(), &["clients", "list"]);
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    assert_eq!(list.stdout.lines().count(), 4);
    assert!(list.stdout.starts_with("demo-native   none "), "{}", list.stdout);
    let list = passerelle(example(), &["clients", "list", "--json"]);
    assert_eq!(list.json().as_array().unwrap().len(), 4);

    let show = passerelle(example(), &["clients", "show", "demo-web", "--json"]);
    assert_eq!(show.code, Some(0));
    assert_eq!(show.json()["client_id"], "demo-web");
    assert_eq!(show.json()["redirect_uris"][0], "http://localhost:3000/callback");
    let plain = passerelle(example(), &["clients", "show", "demo-web"]);
    assert!(plain.stdout.contains("http://localhost:3000/callback"));
    let digest = passerelle::secret::Digest::of("demo-web-secret-for-loopback-only").to_text();
    for shown in [&show.stdout, &plain.stdout, &list.stdout] {
        assert!(!shown.contains("for-loopback-only") && !shown.contains(&digest[..6]), "{shown}");
    }
}

#[test]
fn a_log_that_no_terminal_shows_has_no_colours_and_says_each_thing_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(example().join("config.toml"), folder.path().join("config.toml")).unwrap();
    let made = passerelle(folder.path(), &["keys", "rotate"]);
    assert!(made.stderr.contains("INFO") && !made.stderr.contains('\u{1b}'), "{}", made.stderr);
    std::fs::write(folder.path().join("passerelle.db"), "a letter, and no database. ".repeat(99)).unwrap();
    let refused = passerelle(folder.path(), &["keys", "list"]);
    let told = "passerelle: storage.url: open SQLite: the database is not available (passerelle.db: it is no SQLite database, code 26)\n";
    assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), told));
}

/// `passerelle … 2>&1 | head -1`: whoever has read enough goes, and that is nobody's fault.
#[test]
fn a_reader_who_goes_away_breaks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["check"][..], &["clients", "list"], &["keys", "list"], &["keys", "rotate"]] {
        for config in ["config.toml", "absent.toml"] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_passerelle"));
            std::fs::copy(example().join("config.toml"), folder.path().join("config.toml")).unwrap();
            command.args(arguments).args(["--config", config]).current_dir(folder.path());
            command.stdin(Stdio::null()).stdout(nobody_reads()).stderr(nobody_reads());
            let code = command.status().unwrap().code();
            assert_eq!(code, Some(i32::from(config == "absent.toml")), "{arguments:?} {config}");
        }
    }
}

/// The end of a pipe whose other end is closed.
fn nobody_reads() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

#[test]
fn a_client_that_is_not_there_exits_with_1() {
    let show = passerelle(example(), &["clients", "show", "nobody"]);
    assert_eq!((show.code, show.stdout.as_str()), (Some(1), ""));
    assert!(show.stderr.contains("clients list"), "{}", show.stderr);
}

#[test]
fn a_command_line_that_is_not_understood_exits_with_2() {
    for arguments in
        [&["chekc"][..], &[], &["clients", "show"], &["init", "--preset", "other"], &["init", "--force"]]
    {
        assert_eq!(passerelle(example(), arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn an_operator_finds_no_sessions_of_a_stranger_and_may_end_them_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(example().join("config.toml"), folder.path().join("config.toml")).unwrap();
    let nothing = serde_json::json!({ "sessions": [], "offline": [] });
    for what in ["list", "end"] {
        let answered = passerelle(folder.path(), &["sessions", what, "--user", "nobody", "--json"]);
        assert_eq!((answered.code, answered.json()), (Some(0), nothing.clone()), "{}", answered.stderr);
    }
    for whose in [&[][..], &["--user", "alice", "--account", "a"]] {
        let nobody = passerelle(folder.path(), &[&["sessions", "end"], whose].concat());
        assert_eq!(nobody.code, Some(2), "whose? {whose:?}");
    }
    let hyphen = passerelle(folder.path(), &["sessions", "list", "--user", "-nobody-", "--json"]);
    assert_eq!(hyphen.code, Some(0), "a user name may begin as it likes: {}", hyphen.stderr);
}
