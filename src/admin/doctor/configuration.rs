//! The configuration: what `passerelle check` tells, and whether anything else can be looked at.

use super::finding::{Finding, Group, Level};
use crate::config::findings::Findings;
use crate::config::reading::Problem;

/// A configuration that can be used.
pub fn usable(file: &str, warnings: &[Problem]) -> Vec<Finding> {
    let mut findings =
        vec![Finding::new(Group::Configuration, Level::Ok, file, "understood, without problems")];
    findings.extend(warnings.iter().map(|warning| told(Level::Warning, file, warning)));
    findings
}

/// One that cannot: nothing else can be looked at then.
pub fn unusable(file: &str, findings: &Findings) -> Vec<Finding> {
    let problems = findings.problems.iter().map(|problem| told(Level::Problem, file, problem));
    let warnings = findings.warnings.iter().map(|warning| told(Level::Warning, file, warning));
    let rest = Finding::new(
        Group::Configuration,
        Level::Note,
        "everything else",
        "not looked at: it hangs on a configuration without problems",
    );
    problems
        .chain(warnings)
        .chain([rest.with_advice("correct what is named above, then run this again")])
        .collect()
}

fn told(level: Level, file: &str, problem: &Problem) -> Finding {
    let at = if problem.path.is_empty() { file } else { &problem.path };
    Finding::new(Group::Configuration, level, at, &problem.message)
}
