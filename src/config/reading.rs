//! Reads a TOML table into a section's type and tells everything that is wrong with it at once, each with its key path
//! and in words that a stranger can act on. Knows no section; the `legacy` room reads its tables with it too.
//!
//! A section's raw struct has `#[serde(default, deny_unknown_fields)]` and `Option` fields: what is missing is for the
//! section to judge, because only it knows its defaults.
//!
//! # Why
//! serde stops at the first fault. So the offending key is taken out and the reading is done again until nothing is left
//! to complain about. The alternative, collecting faults inside hand-written visitors, would be written again per section.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::tree::{Fault, Node};

/// One thing that is wrong, or worth a warning, in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `legacy.url`, or `client[2] (demo-web).redirect_uris[0]`; list elements are counted from 0.
    pub path: String,
    /// What was found, what is expected, and an example. Never a secret's value.
    pub message: String,
}

impl Problem {
    /// A problem at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

/// Parses TOML text.
///
/// # Errors
/// With line and column when the text is no TOML. The line itself is not quoted: it may hold a secret.
pub fn parse(text: &str) -> Result<Table, Problem> {
    text.parse::<Table>().map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Problem::new(format!("line {line}, column {column}"), format!("not TOML: {}", error.message()))
    })
}

/// Reads `table`, which stands at the key path `at` (empty for the whole file), into a `T`. What is wrong is left out of
/// the `T` and told in the list; an empty list means that everything was understood.
pub fn read<T: DeserializeOwned + Default>(table: Table, at: &str) -> (T, Vec<Problem>) {
    let mut root = Node::from(Value::Table(table));
    let mut problems = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(root.clone()) {
            Ok(read) => return (read, problems),
            Err(error) => error,
        };
        let segments: Vec<Segment> = error.path().iter().cloned().collect();
        let mut path = at.to_owned();
        let removed = remove(&mut root, &segments, &mut path);
        // What lost its offending part may be wrong without it; that is no second fault.
        if !problems.iter().any(|told| is_below(&told.path, &path)) {
            problems.push(Problem::new(path, sentence(error.inner(), segments.last())));
        }
        if !removed {
            return (T::default(), problems);
        }
    }
}

/// The path of an element: `client[2] (demo-web)`.
pub fn element(list: &str, index: usize, title: Option<&str>) -> String {
    match title {
        Some(title) => format!("{list}[{index}] ({title})"),
        None => format!("{list}[{index}]"),
    }
}

/// The path of a key in the table at `at`.
pub fn key(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// Takes out the node that `segments` lead to, or the deepest one on the way that there is, and writes its path in the
/// file to `path`. Whether anything was taken out: only then does reading again make sense.
fn remove(node: &mut Node, segments: &[Segment], path: &mut String) -> bool {
    let Some((segment, rest)) = segments.split_first() else { return false };
    match (node, segment) {
        (Node::Table(entries), Segment::Map { key: wanted } | Segment::Enum { variant: wanted }) => {
            let Some(position) = entries.iter().position(|(known, _)| known == wanted) else { return false };
            *path = key(path, wanted);
            if !entries.get_mut(position).is_some_and(|(_, value)| remove(value, rest, path)) {
                entries.remove(position);
            }
            true
        }
        (Node::List(elements), Segment::Seq { index }) => {
            let Some((place, element_node)) = elements.get_mut(*index) else { return false };
            *path = element(path, *place, element_node.title());
            if !remove(element_node, rest, path) {
                elements.remove(*index);
            }
            true
        }
        _ => false,
    }
}

fn sentence(fault: &Fault, at: Option<&Segment>) -> String {
    match (fault, at) {
        (Fault::UnknownKey(known), Some(Segment::Map { key })) => match nearest(key, known) {
            Some(meant) => format!("unknown key; did you mean `{meant}`?"),
            None => fault.to_string(),
        },
        _ => fault.to_string(),
    }
}

/// The word of `known` that `word` most likely is a misspelling of.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    let word = plain(word);
    let distance = |candidate: &str| strsim::osa_distance(&word, &plain(candidate));
    let best = known.iter().copied().min_by_key(|candidate| distance(candidate))?;
    // A third of the letters may be wrong; more is another word.
    (distance(best) <= best.len().max(3) / 3).then_some(best)
}
