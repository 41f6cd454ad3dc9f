//! The environment variables of the process, read here and nowhere else, and the one rule by which they override the file.
//!
//! `PASSERELLE__SECTION__KEY=value` sets `key` in `[section]`: two underscores between the parts of the path, letters of
//! either case. The value is read as TOML (`true`, `20`, `["a", "b"]`, `{ env = "X" }`) and, when it is no TOML, as a text
//! (`10min`, `127.0.0.1:8080`). A list, and that includes `[[client]]` and `[[api]]`, is overridden as a whole or not at all.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::{Table, Value};

use super::reading::Problem;
use crate::secret::Secret;

const PREFIX: &str = "PASSERELLE__";

/// Environment variables with their values, which may be secrets.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Secret>);

impl Environment {
    /// The variables of this process. A name or value that is not UTF-8 is left out.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.0.get(name).cloned()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), Secret::from(value.into()))).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// Where a configuration stands: what its relative paths and its secret sources refer to.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The directory of the configuration file.
    pub base: &'a Path,
    /// The environment.
    pub environment: &'a Environment,
}

/// Which key paths were set by which variable.
pub(super) struct Overrides(Vec<(String, String)>);

impl Overrides {
    /// Writes every override of `environment` into `table`.
    pub(super) fn apply(table: &mut Table, environment: &Environment) -> (Self, Vec<Problem>) {
        let mut applied = Self(Vec::new());
        let mut problems = Vec::new();
        for (name, value) in &environment.0 {
            let Some(path) = name.strip_prefix(PREFIX) else { continue };
            let keys: Vec<String> = path.split("__").map(str::to_lowercase).collect();
            match set(table, &keys, parse(value.expose())) {
                Ok(()) => applied.0.push((keys.join("."), name.clone())),
                Err(reason) => {
                    problems.push(Problem::new(
                        keys.join("."),
                        format!("{reason} (set by the environment variable {name})"),
                    ));
                }
            }
        }
        (applied, problems)
    }

    /// Adds to a problem at or below an overridden key which variable set it.
    pub(super) fn name_origin(&self, problem: &mut Problem) {
        let origin = self.0.iter().find(|(path, _)| {
            let below = problem.path.strip_prefix(path.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        if let Some((_, name)) = origin {
            problem.message.push_str(&format!(" (set by the environment variable {name})"));
        }
    }
}

fn parse(text: &str) -> Value {
    let mut table = format!("value = {text}").parse::<Table>().unwrap_or_default();
    match table.remove("value") {
        // A second key: the text had a line break in it and was never one value.
        Some(value) if table.is_empty() => value,
        _ => Value::String(text.to_owned()),
    }
}

fn set(table: &mut Table, keys: &[String], value: Value) -> Result<(), &'static str> {
    match keys {
        [] => Ok(()),
        keys if keys.iter().any(String::is_empty) => {
            Err("expected PASSERELLE__SECTION__KEY, two underscores between parts")
        }
        [last] => {
            table.insert(last.clone(), value);
            Ok(())
        }
        [first, rest @ ..] => {
            match table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new())) {
                Value::Table(inner) => set(inner, rest, value),
                Value::Array(_) => Err(
                    "a list cannot be overridden element by element; set the whole list, or use { env = \"…\" } inside it",
                ),
                _ => Err("this key holds a value and no table"),
            }
        }
    }
}
