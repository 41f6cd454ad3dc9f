//! What the reading and the sections' checks find: problems, with which nothing starts, and warnings, with which it does.

use std::fmt;

use super::duration::Span;
use super::environment::Overrides;
use super::reading::Problem;

/// Everything found so far, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Nothing starts before these are gone.
    pub problems: Vec<Problem>,
    /// Worth knowing.
    pub warnings: Vec<Problem>,
}

impl Findings {
    /// Adds a problem at `path`.
    pub fn problem(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem::new(path, message));
    }

    /// Adds that nothing stands at `path`, unless what stood there, or below, could not be read: that has been told.
    pub(super) fn missing(&mut self, path: impl Into<String>, message: impl Into<String>) {
        let path = path.into();
        let told = self.problems.iter().any(|problem| {
            let below = problem.path.strip_prefix(&path);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        });
        if !told {
            self.problem(path, message);
        }
    }

    /// Adds a warning at `path`.
    pub fn warning(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.warnings.push(Problem::new(path, message));
    }

    /// The value, or what stands in its place until its problem, which is kept, is gone.
    pub(super) fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.problems.push(problem)).ok()
    }

    /// A length of time that must not be zero, `default` when none is written.
    pub(super) fn some_time(&mut self, written: Option<Span>, default: Span, at: &str) -> Span {
        match written {
            Some(span) if span.is_zero() => {
                self.problem(at, format!("no time at all; the default is \"{default}\""));
                default
            }
            written => written.unwrap_or(default),
        }
    }

    /// Demands that the span called `shorter` is not longer than the one called `longer`.
    pub(super) fn in_order(&mut self, shorter: (&str, Span), longer: (&str, Span)) {
        if shorter.1 > longer.1 {
            self.problem(
                shorter.0,
                format!("\"{}\" is longer than {}, which is \"{}\"", shorter.1, longer.0, longer.1),
            );
        }
    }

    /// Adds to each finding at an overridden key which variable set it.
    pub(super) fn name_origins(&mut self, overrides: &Overrides) {
        self.problems.iter_mut().chain(&mut self.warnings).for_each(|finding| overrides.name_origin(finding));
    }
}

/// One line each, problems first.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problems.iter().try_for_each(|problem| writeln!(f, "problem: {problem}"))?;
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}
