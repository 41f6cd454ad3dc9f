//! The plan of the house, held: imports only fall, no rooms stand in a ring, a `mod.rs` only gathers, and each big dependency is named
//! by its doorkeeper only. Reads the source as text; what it would say of a badly built house is tested here too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

/// The rooms from the ground up.
const FLOORS: [&[&str]; 9] = [
    &["oauth", "id", "secret", "time", "i18n", "config"],
    &["model", "keys"],
    &["rules", "store", "legacy"],
    &["tokens", "vault"],
    &["provider", "gateway"],
    &["admin", "jobs", "workbench"],
    &["web"],
    &["app"],
    &["main", "commands"],
];

/// On how many floors, from the ground, rooms may know their neighbours.
const NEIGHBOURLY: usize = 2;

/// Which crate is named where: rooms end in `/`, files in `.rs`.
const DOORKEEPERS: [(&str, &[&str]); 19] = [
    ("axum", &["web/", "app.rs", "app/"]),
    ("axum_server", &["web/"]),
    ("tower_http", &["web/", "app.rs", "app/"]),
    ("tower_sessions", &["web/", "app.rs", "app/", "store/cookies.rs"]),
    ("askama", &["web/"]),
    ("askama_web", &["web/"]),
    ("sqlx", &["store/"]),
    ("josekit", &["keys/"]),
    ("openssl", &["keys/"]),
    ("reqwest", &["legacy/", "provider/logout/back_channel.rs", "gateway/", "app.rs", "app/"]),
    ("oauth2", &["legacy/"]),
    ("openidconnect", &["oauth/", "provider/discovery.rs"]),
    ("anyhow", &["main.rs", "commands/"]),
    ("hyper_util", &["gateway/", "web/serve.rs", "app/"]),
    ("hyper_rustls", &["gateway/upstream.rs", "app/outbound.rs"]),
    ("rustls_platform_verifier", &["app/outbound.rs"]),
    ("governor", &["gateway/limits.rs"]),
    ("moka", &["gateway/"]),
    ("matchit", &["rules/access.rs"]),
];

static COMMENT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)(^|\s)//.*$").unwrap());
static ROOT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:crate|passerelle)::").unwrap());
static SUPER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:super::)+").unwrap());
static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[a-z_][a-z0-9_]*").unwrap());
static GATHERING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(#\[.*\]|(pub |pub\(crate\) )?mod [a-z_0-9]+;)?$").unwrap());

/// A file of the house, by its path below `src/`.
struct File {
    path: String,
    code: String,
}

impl File {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), code: COMMENT.replace_all(text, "").into_owned() }
    }

    fn room(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// How many `super::` lead from here to the root of the crate.
    fn depth(&self) -> usize {
        let names = self.path.split('/').count();
        if self.path.ends_with("/mod.rs") { names - 1 } else { names }
    }

    /// The rooms that this file names, in `use` lines or in the middle of the code.
    fn names(&self) -> BTreeSet<String> {
        let whole = ROOT.find_iter(&self.code).map(|found| found.end());
        let climbing = SUPER
            .find_iter(&self.code)
            .filter(|found| found.as_str().matches("super").count() >= self.depth())
            .map(|found| found.end());
        whole.chain(climbing).flat_map(|at| firsts(&self.code[at..])).collect()
    }

    /// Whether `dependency` is named: by a path that begins with it, or alone in a `use` line.
    fn mentions(&self, dependency: &str) -> bool {
        self.code.match_indices(dependency).any(|(at, _)| {
            let before = &self.code[..at];
            let after = self.code[at + dependency.len()..].trim_start();
            let imports = before.rsplit(';').next().unwrap_or_default().trim_start().starts_with("use ");
            let alone = after.starts_with([';', ',', '}']) || after.starts_with("as ");
            begins_a_path(before) && (after.starts_with("::") || imports && alone)
        })
    }
}

/// `::axum` begins a path; `a::axum` and `my_axum` do not.
fn begins_a_path(before: &str) -> bool {
    match before.strip_suffix("::") {
        Some(root) => !ends_a_name(root),
        None => !ends_a_name(before),
    }
}

fn ends_a_name(text: &str) -> bool {
    text.ends_with(|character: char| character.is_alphanumeric() || character == '_')
}

/// The first names of a path or of a group of paths: `a` of `a::b`, `a` and `c` of `{a::b, c::{d, e}}`.
fn firsts(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return NAME.find(rest).map(|name| name.as_str().to_owned()).into_iter().collect();
    };
    let mut names = Vec::new();
    let (mut depth, mut begins) = (0, 0);
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.extend(firsts(group[begins..at].trim()));
                begins = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Everything in the house that is not as planned.
fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut arrows: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path != "lib.rs") {
        let room = file.room();
        let names = file.names();
        faults.extend(names.iter().filter_map(|other| misplaced(file, other)));
        arrows.entry(room).or_default().extend(names.into_iter().filter(|other| other != room));
        faults.extend(smuggled(file));
        if file.path.ends_with("mod.rs") {
            let lines = file.code.lines().map(str::trim).filter(|line| !GATHERING.is_match(line));
            faults.extend(lines.map(|line| format!("{} does more than gather: {line}", file.path)));
        }
    }
    faults.extend(
        arrows
            .keys()
            .filter(|room| reaches(room, room, &arrows))
            .map(|room| format!("{room} is part of a ring")),
    );
    faults
}

/// What is wrong with `file` naming the room `other`.
fn misplaced(file: &File, other: &str) -> Option<String> {
    let room = file.room();
    let path = &file.path;
    match (floor(room), floor(other)) {
        _ if room == other => None,
        (None, _) => Some(format!("{path}: {room} stands on no floor")),
        (_, None) => Some(format!("{path} names {other}, which stands on no floor")),
        (Some(own), Some(theirs)) if own < theirs => Some(format!("{path} climbs to {other}")),
        (Some(own), Some(theirs)) if own == theirs && own >= NEIGHBOURLY && own < FLOORS.len() - 1 => {
            Some(format!("{path} names its neighbour {other}"))
        }
        (Some(_), Some(_)) => None,
    }
}

fn smuggled(file: &File) -> Vec<String> {
    let behind = |places: &[&str]| {
        places.iter().any(|place| file.path == *place || place.ends_with('/') && file.path.starts_with(place))
    };
    let strays = DOORKEEPERS.iter().filter(|(name, places)| !behind(places) && file.mentions(name));
    strays.map(|(name, _)| format!("{} names {name}, which has a doorkeeper", file.path)).collect()
}

fn reaches(from: &str, to: &str, arrows: &BTreeMap<&str, BTreeSet<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        for other in arrows.get(next).into_iter().flatten() {
            if other == to {
                return true;
            }
            if seen.insert(other) {
                open.push(other);
            }
        }
    }
    false
}

fn read(below: &Path, path: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(below, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(below).unwrap().to_str().unwrap().replace('\\', "/");
            files.push(File::new(&name, &fs::read_to_string(&path).unwrap()));
        }
    }
}

fn house() -> Vec<File> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    read(&source, &source, &mut files);
    files
}

#[test]
fn the_house_stands_as_it_is_planned() {
    let files = house();
    assert!(files.len() > 100, "only {} files were found", files.len());
    let faults = faults(&files);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_of_the_house_stands_on_a_floor() {
    for file in house() {
        assert!(file.path == "lib.rs" || floor(file.room()).is_some(), "{} stands on no floor", file.path);
    }
}

#[test]
fn the_map_in_the_library_shows_the_rooms_that_there_are_on_their_floors() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for room in house().iter().map(File::room).filter(|room| !["lib", "commands"].contains(room)) {
        let drawn = format!("//! {}  ", floor(room).unwrap() + 1);
        let line = library.lines().find(|line| line.starts_with(&drawn)).unwrap();
        assert!(line.split_whitespace().any(|word| word == room), "{room} is not drawn: {line}");
    }
}

#[test]
fn the_house_is_really_read() {
    let files = house();
    let of = |path: &str| files.iter().find(|file| file.path == path).unwrap();
    assert!(of("rules/rotation.rs").names().contains("model"));
    assert!(of("store/db.rs").mentions("sqlx"));
    assert!(of("keys/jwk.rs").mentions("josekit"));
    assert!(of("commands/serve.rs").mentions("anyhow"));
}

fn told(files: &[(&str, &str)]) -> Vec<String> {
    faults(&files.iter().map(|(path, text)| File::new(path, text)).collect::<Vec<_>>())
}

#[test]
fn an_arrow_that_climbs_is_a_fault() {
    let climbs = [
        "use crate::web::routes::TOKEN;",
        "fn f() -> crate::web::pages::Pages { todo!() }",
        "pub(crate) use crate::web::routes;",
        "use crate::{id::ClientId, web::routes};",
        "use crate::{\n    id::{ClientId, KeyId},\n    web,\n};",
        "use super::super::web::routes;",
        "use crate::web;",
    ];
    for line in climbs {
        assert_eq!(told(&[("rules/code.rs", line)]), ["rules/code.rs climbs to web"], "{line}");
    }
    assert_eq!(
        told(&[("oauth/scope.rs", "use crate::model::client::Client;")]),
        ["oauth/scope.rs climbs to model"]
    );
    assert_eq!(told(&[("web/routes.rs", "use crate::app::seal;")]), ["web/routes.rs climbs to app"]);
    assert_eq!(told(&[("id.rs", "use super::store::db::Db;")]), ["id.rs climbs to store"]);
}

#[test]
fn a_neighbour_from_the_third_floor_up_is_a_stranger() {
    assert_eq!(
        told(&[("rules/code.rs", "use crate::store::db::Db;")]),
        ["rules/code.rs names its neighbour store"]
    );
    assert_eq!(
        told(&[("admin/keys.rs", "use crate::jobs::sweep;")]),
        ["admin/keys.rs names its neighbour jobs"]
    );
    assert_eq!(
        told(&[("gateway/rule.rs", "use crate::provider::step::Step;")]),
        ["gateway/rule.rs names its neighbour provider"]
    );
    assert!(told(&[("config/client.rs", "use crate::oauth::scope::Scope;")]).is_empty());
    assert!(told(&[("keys/jwk.rs", "use crate::model::client::Client;")]).is_empty());
    assert!(told(&[("main.rs", "use crate::commands::serve::Serve;")]).is_empty());
}

#[test]
fn a_ring_is_a_fault() {
    let ring = [
        ("id.rs", "use crate::secret::Digest;"),
        ("secret.rs", "use crate::time::Timestamp;"),
        ("time.rs", "use crate::id::KeyId;"),
    ];
    assert_eq!(told(&ring), ["id is part of a ring", "secret is part of a ring", "time is part of a ring"]);
    assert!(told(&ring[..2]).is_empty());
}

#[test]
fn what_stands_in_a_comment_or_in_the_own_room_is_no_arrow() {
    assert!(
        told(&[(
            "rules/code.rs",
            "//! See [`crate::web::routes`].\n/// `crate::app`\nfn f() {} // crate::web"
        )])
        .is_empty()
    );
    assert!(told(&[("rules/code.rs", "use super::scope::narrow;\nuse crate::rules::scope;")]).is_empty());
    assert!(told(&[("provider/grant/code.rs", "use super::super::token::Token;")]).is_empty());
}

#[test]
fn a_room_that_is_not_in_the_plan_is_a_fault() {
    assert_eq!(
        told(&[("web/a.rs", "use crate::utils::join;")]),
        ["web/a.rs names utils, which stands on no floor"]
    );
    assert_eq!(told(&[("utils.rs", "use crate::id::KeyId;")]), ["utils.rs: utils stands on no floor"]);
}

#[test]
fn a_dependency_that_passes_its_doorkeeper_is_a_fault() {
    let strays = [
        ("provider/step.rs", "use axum::response::Response;", "axum"),
        ("web/pages.rs", "use sqlx::SqlitePool;", "sqlx"),
        ("tokens/access.rs", "fn f(key: josekit::jwk::Jwk) {}", "josekit"),
        ("tokens/access.rs", "fn f(key: &::josekit::jwk::Jwk) {}", "josekit"),
        ("store/db.rs", "use tower_sessions::session::Record;", "tower_sessions"),
        ("rules/code.rs", "use {serde::Serialize, reqwest::Client};", "reqwest"),
        ("provider/token.rs", "use oauth2;", "oauth2"),
        ("provider/token.rs", "use openidconnect as oidc;", "openidconnect"),
        ("app/bridge.rs", "fn f() -> anyhow::Result<()> { Ok(()) }", "anyhow"),
        ("jobs/sweep.rs", "#[derive(askama::Template)]\nstruct Page;", "askama"),
        ("provider/step.rs", "use tower_http::cors::CorsLayer;", "tower_http"),
    ];
    for (path, text, name) in strays {
        assert_eq!(told(&[(path, text)]), [format!("{path} names {name}, which has a doorkeeper")], "{text}");
    }
}

#[test]
fn a_doorkeeper_may_name_its_dependency_and_a_like_name_is_not_one() {
    assert!(told(&[("store/cookies.rs", "use tower_sessions::session::Record;")]).is_empty());
    assert!(told(&[("app.rs", "use axum::Router;")]).is_empty());
    assert!(told(&[("web/serve.rs", "use axum_server::Handle;")]).is_empty());
    assert!(
        told(&[("rules/code.rs", "let sqlx = 1; let x = my_axum::f(); fn g(reqwest: u8) {}")]).is_empty()
    );
}

#[test]
fn a_mod_file_that_does_more_than_gather_is_a_fault() {
    assert!(
        told(&[("rules/mod.rs", "//! Rules.\n\npub mod code;\n#[cfg(unix)]\npub(crate) mod scope;\n")])
            .is_empty()
    );
    for line in ["pub use code::check;", "pub fn f() {}", "mod tests {", "use crate::id::KeyId;"] {
        assert_eq!(told(&[("rules/mod.rs", line)]), [format!("rules/mod.rs does more than gather: {line}")]);
    }
}
