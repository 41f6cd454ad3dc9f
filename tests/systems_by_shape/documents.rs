//! `docs/legacy-systems.md` says what there is: every preset, every system of these stories, and every key of the language.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use passerelle::legacy::preset;
use regex::Regex;

use crate::connector::every_key::known_keys;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/legacy-systems.md")).unwrap()
}

/// The lines below a heading, down to the next.
fn section(text: &str, heading: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("\n### {heading}\n"))?;
    Some(rest.split("\n#").next().unwrap().to_owned())
}

#[test]
fn every_preset_is_in_the_table_of_systems() {
    let text = document();
    let (_, systems) = text.split_once("\n## The systems\n").unwrap();
    let rows: Vec<&str> =
        systems.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| ")).collect();
    for name in preset::names() {
        assert!(rows.iter().any(|row| row.contains(&format!("| `{name}` |"))), "{name}");
    }
    let named = Regex::new(r"^\| [^|]+ \| `([^`]+)` \|").unwrap();
    for row in rows {
        let named = named.captures(row).map(|found| found[1].to_owned());
        assert!(named.iter().all(|name| preset::text(name).is_some()), "there is no such preset: {row}");
    }
}

#[test]
fn every_system_that_was_tried_is_in_the_table_with_its_stories() {
    let text = document();
    let link = Regex::new(r"\]\(\.\./(tests/[a-z0-9_/]+\.rs)\)").unwrap();
    let linked: BTreeSet<PathBuf> = link.captures_iter(&text).map(|found| root().join(&found[1])).collect();
    for file in &linked {
        assert!(file.is_file(), "{}", file.display());
    }
    let way = Regex::new(r"const [A-Z]+: Way = ").unwrap();
    for entry in std::fs::read_dir(root().join("tests/systems_by_shape")).unwrap() {
        let file = entry.unwrap().path();
        if way.is_match(&std::fs::read_to_string(&file).unwrap()) {
            assert!(linked.contains(&file), "{}", file.display());
        }
    }
}

#[test]
fn every_key_of_the_language_is_explained_where_it_stands() {
    let text = document();
    let shared = [("(#requests)", "Requests"), ("(#answers)", "Answers"), ("(#conditions)", "Conditions")];
    let mut count = 0;
    for (place, keys) in known_keys() {
        // A secret is written in one way wherever it stands.
        if keys.iter().map(String::as_str).eq(["env", "file"]) {
            assert!(text.contains("`{ env = \"NAME\" }` or `{ file = \"path\" }`"));
            continue;
        }
        let heading = match place.as_str() {
            "" => "`[legacy]`".to_owned(),
            // Where they stand is told with the tables around them.
            place if place.ends_with(".basic") => "Requests".to_owned(),
            place if place.ends_with("success") || place.ends_with("over") => "Conditions".to_owned(),
            place if place.ends_with(".expect") || place.ends_with(".paging") => {
                "`[[legacy.profile]]`".to_owned()
            }
            place if place.ends_with("send_token") => "Requests".to_owned(),
            place if place.starts_with("claims") => "`[legacy.claims]`".to_owned(),
            "refresh.class" => "`[legacy.refresh]`".to_owned(),
            place @ ("before" | "error" | "profile") => format!("`[[legacy.{place}]]`"),
            place => format!("`[legacy.{place}]`"),
        };
        let mut told = section(&text, &heading).unwrap_or_else(|| panic!("no heading {heading}"));
        for (link, name) in shared {
            if told.contains(link) {
                told.push_str(&section(&text, name).unwrap());
            }
        }
        for key in keys {
            assert!(told.contains(&format!("\n| `{key}` |")), "{heading} does not explain `{key}`");
            count += 1;
        }
    }
    assert!(count > 250, "{count}");
}
