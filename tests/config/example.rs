//! `config.toml` at the top level: it is what it says it is.

use std::path::Path;

use passerelle::app::blueprint::Blueprint;
use passerelle::config::environment::Environment;
use regex::Regex;

const EXAMPLE: &str = include_str!("../../config.toml");

/// With the comment signs of the lines that begin with `sign` and a key taken away.
fn uncommented(sign: &str) -> (String, usize) {
    let line = Regex::new(&format!(r"(?m)^{} ([a-z_]+ = )", regex::escape(sign))).unwrap();
    (line.replace_all(EXAMPLE, "$1").into_owned(), line.find_iter(EXAMPLE).count())
}

fn read(text: &str) -> Blueprint {
    Blueprint::of_text(text, Path::new(""), &Environment::default()).unwrap()
}

#[test]
fn the_example_has_no_problem_and_nothing_to_warn_of() {
    assert_eq!(read(EXAMPLE).warnings, Vec::new());
}

#[test]
fn what_the_example_calls_a_default_is_the_default() {
    let (all, count) = uncommented("#");
    assert!(count > 30, "{count}");
    let (plain, written_out) = (read(EXAMPLE), read(&all));
    let without_legacy = |blueprint: &Blueprint| {
        let mut settings = blueprint.settings.clone();
        settings.legacy = Vec::new();
        // The colour is the pages' default, not the section's.
        settings.branding.accent = None;
        settings
    };
    assert_eq!(without_legacy(&plain), without_legacy(&written_out));
    assert_eq!(plain.branding, written_out.branding);
    assert_eq!(format!("{:?}", plain.legacy), format!("{:?}", written_out.legacy));
}

#[test]
fn every_example_of_a_key_names_a_key() {
    let (all, count) = uncommented("#?");
    assert!(count > 15, "{count}");
    let found = Blueprint::of_text(&all, Path::new(""), &Environment::default()).unwrap_err();
    for problem in found.problems {
        assert!(!problem.message.contains("unknown"), "{problem}");
        assert!(!problem.message.contains("not TOML"), "{problem}");
    }
}

/// The structs are read, not a list beside them: a key that nobody mentions is found here.
#[test]
fn every_key_there_is_stands_in_the_example() {
    for (section, keys) in known_keys() {
        for key in keys {
            let mentioned = Regex::new(&format!(
                r"(?m)^(#\?? )?{key} = |\b{key} = |`?{key} = |^\[\[([a-z]+\.)*{key}\]\]$"
            ))
            .unwrap();
            assert!(mentioned.is_match(EXAMPLE), "{section}: {key}");
        }
    }
}

/// What each section knows, by its own words: the refusal of a key that it does not know lists them.
fn known_keys() -> Vec<(&'static str, Vec<String>)> {
    let sections = [
        "[server]",
        "[storage]",
        "[keys]",
        "[session]",
        "[sign_in]",
        "[tokens]",
        "[logout]",
        "[branding]",
        "[[api]]",
        "[[service_account]]",
        "[[client]]",
        "[[launch]]",
        "[gateway]",
        "[[gateway.route]]",
        "[[gateway.route]]\n[[gateway.route.rule]]",
    ];
    let word = Regex::new("`([a-z0-9_]+)`").unwrap();
    sections
        .into_iter()
        .map(|section| {
            let text = format!("{section}\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq = 1\n");
            let found = Blueprint::of_text(&text, Path::new(""), &Environment::default()).unwrap_err();
            let refusal =
                found.problems.iter().find(|problem| problem.message.starts_with("unknown key")).unwrap();
            let keys =
                word.captures_iter(&refusal.message).map(|found| found[1].to_owned()).collect::<Vec<_>>();
            assert!(keys.len() > 1, "{refusal}");
            (section, keys)
        })
        .collect()
}
