//! The preset underneath, and what the administrator wrote on top.

use toml::{Table, Value};

use crate::config::reading::{self, Problem, key};
use crate::legacy::preset;

/// Ways to say one thing: whoever writes one replaces the preset's other.
const WAYS: [&[&str]; 2] = [&["form", "json", "body"], &["token", "login"]];

/// Puts what was written over the preset that it names.
pub(super) fn over_preset(written: Table, at: &str) -> (Table, Option<Problem>) {
    let Some(name) = written.get("preset").and_then(Value::as_str) else { return (written, None) };
    let Some(text) = preset::text(name) else {
        let known = preset::names().collect::<Vec<_>>().join("`, `");
        let problem = Problem::new(key(at, "preset"), format!("there is no such preset; there is `{known}`"));
        return (written, Some(problem));
    };
    let mut merged = reading::parse(text).unwrap_or_default();
    lay_over(&mut merged, written);
    (merged, None)
}

fn lay_over(below: &mut Table, above: Table) {
    for ways in WAYS {
        if ways.iter().any(|way| above.contains_key(*way)) {
            below.retain(|key, _| !ways.iter().any(|way| *key == **way) || above.contains_key(key));
        }
    }
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            // A claim's source is one thing, not a table to be mixed with another source.
            (Some(Value::Table(inner)), Value::Table(outer)) if !is_source(inner) => lay_over(inner, outer),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn is_source(table: &Table) -> bool {
    ["from", "first", "each", "join", "template", "constant", "object"]
        .iter()
        .any(|key| table.contains_key(*key))
}
