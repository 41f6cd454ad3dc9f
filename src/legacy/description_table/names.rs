//! Which names formulas may begin from, and what is said of one that leads nowhere.

use std::collections::BTreeSet;

use super::Reader;
use crate::config::reading::nearest;
use crate::legacy::formula::Formula;
use crate::legacy::template::Template;
use crate::legacy::written::Raw;

/// What requests may name beside the answers of steps.
const OF_REQUESTS: [&str; 12] = [
    "typed",
    "client",
    "secret",
    "token",
    "visitor",
    "challenge",
    "account",
    "answer",
    "from",
    "jwt",
    "tables",
    "return_url",
];
/// What claims may name beside the answers of steps: nothing secret.
const OF_CLAIMS: [&str; 5] = ["typed", "answer", "from", "jwt", "tables"];
/// What expressions on an answer may name besides.
const OF_ANSWERS: [&str; 5] = ["body", "status", "header", "cookie", "text"];

/// The names that this description has.
pub(super) struct Names {
    before: BTreeSet<String>,
    profile: BTreeSet<String>,
    secrets: BTreeSet<String>,
    tables: BTreeSet<String>,
}

/// Where a formula stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whence {
    /// In a request.
    Request,
    /// About an answer, where pointers begin in its body.
    Answer,
    /// In a claim or the identity.
    Claim,
}

impl Names {
    pub(super) fn of(raw: &Raw) -> Self {
        Self {
            before: raw.before.iter().filter_map(|step| step.name.clone()).collect(),
            profile: raw.profile.iter().filter_map(|step| step.name.clone()).collect(),
            secrets: raw.secrets.keys().cloned().collect(),
            tables: raw.tables.keys().cloned().collect(),
        }
    }

    /// Whether a step may not be called so.
    pub(super) fn is_taken(name: &str) -> bool {
        OF_REQUESTS.contains(&name) || OF_ANSWERS.contains(&name)
    }

    pub(super) fn has_step(&self, name: &str) -> bool {
        self.profile.contains(name)
    }

    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.contains(name)
    }

    fn at(&self, whence: Whence) -> Vec<&str> {
        let fixed: &[&str] = if whence == Whence::Claim { &OF_CLAIMS } else { &OF_REQUESTS };
        let answers: &[&str] = if whence == Whence::Answer { &OF_ANSWERS } else { &[] };
        // Tokens of services stand in the answers of the calls before the login: claims do not see them.
        let before = self.before.iter().filter(|_| whence != Whence::Claim);
        answers
            .iter()
            .chain(fixed)
            .copied()
            .chain(self.profile.iter().chain(before).map(String::as_str))
            .collect()
    }
}

impl Reader<'_> {
    /// Checks a formula at `key_path`.
    pub(super) fn formula(&mut self, formula: &Formula, key_path: &str, whence: Whence) {
        let pointer = matches!(formula, Formula::At(_));
        // A pointer into a body may lead anywhere; only its answer knows.
        if pointer && whence == Whence::Answer {
            return;
        }
        let known: Vec<String> = self.names.at(whence).into_iter().map(str::to_owned).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        self.formula_of(formula, key_path, &known);
        if let Formula::At(place) = formula {
            let mut names = place.as_str().split('/').skip(1);
            let (root, name) = (names.next(), names.next());
            let list = match root {
                Some("secret") => &self.names.secrets,
                Some("tables") => &self.names.tables,
                _ => return,
            };
            let missing = name.filter(|name| !list.contains(*name)).map(str::to_owned);
            if let Some(name) = missing {
                let table = if root == Some("secret") { "secrets" } else { "tables" };
                self.problem(key_path, format!("there is no `{name}` in {table}"));
            }
        }
    }

    /// Checks a formula that may begin from `known` names only.
    pub(super) fn formula_of(&mut self, formula: &Formula, key_path: &str, known: &[&str]) {
        for root in formula.roots() {
            if root.is_empty() || known.contains(&root.as_str()) {
                continue;
            }
            let hint = match nearest(&root, known) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None if *formula == Formula::parse(&root).unwrap_or_else(|_| Formula::pointer("")) => {
                    format!("; did you mean the JSON Pointer \"/{root}\"?")
                }
                None => String::new(),
            };
            self.problem(
                key_path,
                format!("nothing is called `{root}` here; there is `{}`{hint}", known.join("`, `")),
            );
        }
    }

    /// Checks all that a template fills in.
    pub(super) fn template(&mut self, template: &Template, key_path: &str, whence: Whence) {
        for formula in template.formulas() {
            self.formula(formula, key_path, whence);
        }
    }
}
