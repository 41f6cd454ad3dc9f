//! The configuration: what is wrong with it is told at once, in words, at its place, and never with a secret.

mod command_line;
mod conversion;
mod environment;
mod example;
mod machine_commands;
mod machines;
mod problems;
mod property;
mod secrets;
mod trusted_issuers;

use std::path::Path;

use passerelle::app::blueprint::Blueprint;
use passerelle::config::environment::Environment;
use passerelle::config::findings::Findings;
use toml::{Table, Value};

/// A secret that a machine might have made.
const STRONG: &str = "0123456789abcdef0123456789abcdef";

/// `changes` over the smallest configuration there is; a text that is "-" takes its key away. `client` is laid over the one client.
fn configuration(changes: &str) -> Table {
    let mut table: Table = r#"
        server.issuer = "https://login.example.org"
        legacy = { preset = "imis", base_url = "https://members.example.org" }
        keys.master_key = { env = "MASTER" }
        [[client]]
        id = "shop"
        secret = { env = "STRONG" }
        redirect_uris = ["https://shop.example.org/callback"]
        "#
    .parse()
    .unwrap();
    lay_over(&mut table, changes.parse().unwrap());
    table
}

/// The same with changes to its one client.
fn with_client(changes: &str) -> Table {
    let mut table = configuration("");
    let Some(Value::Table(client)) = table["client"].as_array_mut().unwrap().first_mut() else {
        unreachable!()
    };
    lay_over(client, changes.parse().unwrap());
    table
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (_, Value::String(text)) if text == "-" => {
                below.remove(&key);
            }
            (Some(Value::Table(inner)), Value::Table(outer)) => lay_over(inner, outer),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn variables() -> Vec<(String, String)> {
    let pairs =
        [("STRONG", STRONG.to_owned()), ("MASTER", "0f".repeat(32)), ("WEAK", "hunter2-hunter2".to_owned())];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

fn read(table: &Table) -> Result<Blueprint, Findings> {
    read_with(table, &[], Path::new(""))
}

fn read_with(table: &Table, more: &[(&str, &str)], base: &Path) -> Result<Blueprint, Findings> {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: Environment = variables().into_iter().chain(more).collect();
    Blueprint::of_text(&table.to_string(), base, &environment)
}

fn problems(table: &Table) -> Vec<(String, String)> {
    let found = read(table).err().unwrap_or_default();
    found.problems.into_iter().map(|problem| (problem.path, problem.message)).collect()
}

fn warnings(table: &Table) -> Vec<(String, String)> {
    let found = read(table).unwrap().warnings;
    found.into_iter().map(|warning| (warning.path, warning.message)).collect()
}
