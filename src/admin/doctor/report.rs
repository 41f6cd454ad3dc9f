//! All findings together, as text for people and as data for scripts.

use std::fmt;

use serde::Serialize;

use super::finding::{Finding, Group, Level};
use crate::admin::words::count_of;

/// What was found. As JSON: `{ "ok", "problems", "warnings", "findings": [{ "group", "level", "looked_at", "found", "advice" }] }`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing is a problem.
    pub ok: bool,
    /// How many problems there are.
    pub problems: usize,
    /// How many warnings.
    pub warnings: usize,
    /// Everything, in groups.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The report of `findings`.
    pub fn of(mut findings: Vec<Finding>) -> Self {
        // A stable sort: within a group the order stays.
        findings.sort_by_key(|finding| Group::ALL.iter().position(|group| *group == finding.group));
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        let (problems, warnings) = (count(Level::Problem), count(Level::Warning));
        Self { ok: problems == 0, problems, warnings, findings }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = None;
        for finding in &self.findings {
            if before != Some(finding.group) {
                let gap = if before.is_some() { "\n" } else { "" };
                writeln!(f, "{gap}{}", finding.group.heading())?;
                before = Some(finding.group);
            }
            writeln!(f, "  {:8} {}: {}", finding.level.as_str(), finding.looked_at, finding.found)?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "           -> {advice}")?;
            }
        }
        let count = |number: usize, name| match number {
            0 => format!("no {name}s"),
            number => count_of(u64::try_from(number).unwrap_or(u64::MAX), name),
        };
        writeln!(f, "\nFound {} and {}.", count(self.problems, "problem"), count(self.warnings, "warning"))
    }
}
