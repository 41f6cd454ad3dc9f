//! Every key of the `[legacy]` table, misspelt, of a wrong type, and leading to a step that is not there: each time the message names the key. The
//! walk is over a table with every key in it, and over every preset.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use passerelle::config::environment::{Environment, Surroundings};
use passerelle::config::reading;
use passerelle::legacy::description_table;
use passerelle::legacy::preset;
use regex::Regex;
use toml::{Table, Value};

const EVERY_KEY: &str = include_str!("every_key.toml");
/// The grant's own keys of `[legacy.refresh]`.
const GRANT: &str =
    "token_field = 'refresh_token'\nfields = { scope = 'x' }\nclient = 'basic'\nrotation = 'none'";
/// A public key, so that there is something to verify a JWT by (RFC 7517 appendix A.1).
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1","alg":"ES256"}]}"#;

/// Tables in which keys are names that somebody chose.
const CHOSEN: [&str; 11] =
    ["secrets", "tables", "query", "headers", "form", "json", "fields", "keep", "claims", "object", "roles"];

/// The files that the table names.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("ca.pem", "ca"), ("certificate.pem", "c"), ("key.pem", "k"), ("keys.json", KEYS)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
});

/// What stands behind an index to tell which element it is.
static TITLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r" \([^)]*\)").unwrap());

/// The table with one of its two ways to log in.
fn tables() -> Vec<(String, Table)> {
    let every: Table = EVERY_KEY.parse().unwrap();
    let without = |key: &str| {
        let mut table = every.clone();
        table.remove(key);
        table
    };
    let by_request = without("token");
    let mut by_grant = without("login");
    by_grant.insert("refresh".to_owned(), Value::Table(GRANT.parse().unwrap()));
    let mut all = vec![("by request".to_owned(), by_request), ("by grant".to_owned(), by_grant)];
    for name in preset::names() {
        let mut table: Table = preset::text(name).unwrap().parse().unwrap();
        let own: Table = preset::own_lines(name).unwrap().parse().unwrap();
        // As a person has it who writes out a preset.
        table.extend(own.into_iter().filter(|(key, _)| {
            matches!(key.as_str(), "base_url" | "client_id" | "client_secret" | "origins")
        }));
        table.entry("profile").or_insert_with(|| {
            "x = [{ name = 'user', url = '{base_url}/me' }]".parse::<Table>().unwrap()["x"].clone()
        });
        let identity = table["identity"].as_table_mut().unwrap();
        identity.entry("legacy_id").or_insert("/user/id".into());
        all.push((name.to_owned(), table));
    }
    all
}

/// The problems, each with the path of its key alone: `legacy.profile[0].url`.
fn problems(table: &Table) -> Vec<(String, String)> {
    let environment = Environment::from_iter([("LEGACY_SECRET", "from-the-environment")]);
    let around = Surroundings { base: FOLDER.path(), environment: &environment };
    let (description, problems) = description_table::read(table.clone(), "legacy", &around);
    assert_eq!(description.is_some(), problems.is_empty());
    problems
        .into_iter()
        .map(|problem| (TITLE.replace_all(&problem.path, "").into_owned(), problem.message))
        .collect()
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Index(usize),
}

fn path(steps: &[Step]) -> String {
    steps.iter().fold("legacy".to_owned(), |path, step| match step {
        Step::Key(key) => format!("{path}.{key}"),
        Step::Index(index) => format!("{path}[{index}]"),
    })
}

/// The keys on the way.
fn keys(steps: &[Step]) -> Vec<&str> {
    steps
        .iter()
        .filter_map(|step| if let Step::Key(key) = step { Some(key.as_str()) } else { None })
        .collect()
}

/// Whether the last key is one that the language has, and not a name that somebody chose.
fn is_of_the_language(steps: &[Step]) -> bool {
    let keys = keys(steps);
    let above = keys.len().checked_sub(2).map(|above| keys[above]);
    let chosen = above.is_some_and(|above| CHOSEN.contains(&above)) && keys != ["identity", "roles"];
    !chosen && !keys[..keys.len() - 1].contains(&"json") && !is_secret(&keys)
}

/// What may be `{ env = … }` is read by another table.
fn is_secret(keys: &[&str]) -> bool {
    keys.len() > 1 && keys.contains(&"secrets")
}

/// Every value, with the way to it.
fn walk(value: &Value, steps: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if !steps.is_empty() {
        found.push(steps.clone());
    }
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                steps.push(Step::Key(key.clone()));
                walk(value, steps, found);
                steps.pop();
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                steps.push(Step::Index(index));
                walk(value, steps, found);
                steps.pop();
            }
        }
        _ => {}
    }
}

fn ways(table: &Table) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    walk(&Value::Table(table.clone()), &mut Vec::new(), &mut found);
    found
}

fn at<'t>(table: &'t mut Table, steps: &[Step]) -> &'t mut Value {
    let Some((Step::Key(first), rest)) = steps.split_first() else { panic!("{steps:?}") };
    rest.iter().fold(table.get_mut(first).unwrap(), |value, step| match step {
        Step::Key(key) => value.get_mut(key).unwrap(),
        Step::Index(index) => value.get_mut(*index).unwrap(),
    })
}

/// The table that holds a key.
fn around<'t>(table: &'t mut Table, steps: &[Step]) -> &'t mut Table {
    match steps {
        [_] => table,
        _ => at(table, &steps[..steps.len() - 1]).as_table_mut().unwrap(),
    }
}

fn tells(found: &[(String, String)], wanted: &str) -> bool {
    found.iter().any(|(path, _)| {
        path == wanted || path.starts_with(&format!("{wanted}.")) || path.starts_with(&format!("{wanted}["))
    })
}

/// What each table knows, by its own words: the refusal of a key that it does not know lists them. Under its keys without indices.
pub(crate) fn known_keys() -> BTreeMap<String, BTreeSet<String>> {
    let word = Regex::new("`([a-z0-9_]+)`").unwrap();
    let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, table) in tables().into_iter().take(2) {
        let mut holders = ways(&table);
        holders.push(Vec::new());
        for steps in holders {
            let mut changed = table.clone();
            let holder =
                if steps.is_empty() { Some(&mut changed) } else { at(&mut changed, &steps).as_table_mut() };
            let Some(holder) = holder else { continue };
            holder.insert("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq".to_owned(), Value::from(1));
            for (_, message) in problems(&changed) {
                if message.starts_with("unknown key; this table knows") {
                    let words = word.captures_iter(&message).map(|found| found[1].to_owned());
                    known.entry(keys(&steps).join(".")).or_default().extend(words);
                }
            }
        }
    }
    known
}

#[test]
fn the_table_with_every_key_has_every_key_and_no_problem() {
    let all = tables();
    for (name, table) in &all {
        assert_eq!(problems(table), Vec::new(), "{name}");
    }
    let mut written: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, table) in all.iter().take(2) {
        for steps in ways(table) {
            if let Some((Step::Key(last), before)) = steps.split_last() {
                written.entry(keys(before).join(".")).or_default().insert(last.clone());
            }
        }
    }
    // One of several ways to say a thing stands there, and the others in a table beside it.
    let elsewhere = [
        "preset",
        "form",
        "json",
        "body",
        "content_type",
        "header",
        "scheme",
        "query",
        "cookie",
        "env",
        "file",
    ];
    let known = known_keys();
    assert!(known.len() > 25, "{known:#?}");
    for (place, keys) in known {
        if place.starts_with("claims.") {
            continue;
        }
        let there = &written[&place];
        let missing: Vec<&String> =
            keys.iter().filter(|key| !there.contains(*key) && !elsewhere.contains(&key.as_str())).collect();
        assert!(missing.is_empty(), "[legacy.{place}]: {missing:?}");
    }
}

#[test]
fn a_key_that_is_misspelt_is_named() {
    let mut count = 0;
    for (name, table) in tables() {
        for steps in ways(&table).into_iter().filter(|steps| is_of_the_language(steps)) {
            let Some(Step::Key(key)) = steps.last() else { continue };
            let mut changed = table.clone();
            let holder = around(&mut changed, &steps);
            let value = holder.remove(key).unwrap();
            holder.insert(format!("{key}_zz"), value);
            let wanted = format!("{}_zz", path(&steps));
            let found = problems(&changed);
            let told =
                found.iter().any(|(path, message)| *path == wanted && message.starts_with("unknown key"));
            assert!(told, "{name}: {wanted}: {found:#?}");
            count += 1;
        }
    }
    assert!(count > 800, "{count}");
}

#[test]
fn a_preset_that_is_not_there_is_named_with_those_that_are() {
    for (text, message) in [
        ("preset_zz = 'imis'", "unknown key"),
        ("preset = 1", ""),
        ("preset = 'imiss'", "`http-basic`, `imis`"),
    ] {
        let found = problems(&text.parse().unwrap());
        assert!(
            found.iter().any(|(path, told)| path.starts_with("legacy.preset") && told.contains(message)),
            "{found:?}"
        );
    }
}

#[test]
fn a_value_of_a_wrong_type_is_named() {
    let mut count = 0;
    for (name, table) in tables() {
        for steps in ways(&table) {
            // Any JSON can be sent.
            if keys(&steps).contains(&"json") {
                continue;
            }
            let mut changed = table.clone();
            let value = at(&mut changed, &steps);
            *value = match value {
                Value::Table(_) | Value::Array(_) => Value::from(true),
                _ => Value::Array(vec![Value::Table(Table::new())]),
            };
            let (wanted, found) = (path(&steps), problems(&changed));
            assert!(tells(&found, &wanted), "{name}: {wanted}: {found:#?}");
            count += 1;
        }
    }
    assert!(count > 800, "{count}");
}

/// Where a step's name may stand, as a template or as a formula.
fn leads_to_a_step(steps: &[Step]) -> Option<&'static str> {
    let keys = keys(steps);
    let filled = ["query", "headers", "form", "json", "fields", "basic"];
    let (last, above) = (keys[keys.len() - 1], &keys[..keys.len() - 1]);
    match (keys[0], last) {
        ("site" | "help" | "service_account" | "secrets" | "tables", _) => None,
        ("claims", "only" | "take" | "with" | "type" | "scope" | "table" | "constant" | "at" | "equals") => {
            None
        }
        ("claims", "template") => Some("{/nowhere/x}"),
        ("claims" | "identity", _) | (_, "same_as") | ("user_name", _) => Some("/nowhere/x"),
        (_, "url" | "body") => Some("{base_url}/x/{/nowhere/x}"),
        _ if above.iter().any(|key| filled.contains(key)) => Some("{/nowhere/x}"),
        _ => None,
    }
}

#[test]
fn a_pointer_to_a_step_that_is_not_there_is_named() {
    let mut count = 0;
    for (name, table) in tables() {
        for steps in ways(&table) {
            let Some(nowhere) = leads_to_a_step(&steps) else { continue };
            let mut changed = table.clone();
            let value = at(&mut changed, &steps);
            if !value.is_str() {
                continue;
            }
            *value = Value::from(nowhere);
            let (wanted, found) = (path(&steps).to_lowercase(), problems(&changed));
            // A claim that is a formula and one that is `{ from = … }` are the same claim.
            let wanted = wanted.strip_suffix(".from").map_or(wanted.clone(), str::to_owned);
            // What cannot be filled in at all says that; every other message names the name that leads nowhere.
            let told = found.iter().any(|(path, message)| {
                path.to_lowercase() == wanted
                    && (message.contains("`nowhere`") || message.starts_with("not a URL once"))
            });
            assert!(told, "{name}: {wanted}: {found:#?}");
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

#[test]
fn no_message_shows_a_secret() {
    let environment = Environment::default();
    let around = Surroundings { base: Path::new("."), environment: &environment };
    let text = "client_secret = { evn = 'swordfish' }\nsecrets = { a = ['swordfish'] }\nproxy = 'swordfish'\nbase_url = 'https://u:swordfish@x.example'";
    let (_, problems) = description_table::read(reading::parse(text).unwrap(), "legacy", &around);
    assert!(problems.len() >= 4, "{problems:?}");
    assert!(!format!("{problems:?}").contains("swordfish"), "{problems:?}");
}
