//! Where records are kept.

use super::facts::{DatabaseFacts, DatabaseState};
use super::finding::{Finding, Group, Level};
use crate::admin::words;
use crate::store::inspection::Inspection;

/// What was found.
pub fn findings(facts: &DatabaseFacts) -> Vec<Finding> {
    let finding = |level, found: &str| Finding::new(Group::Database, level, &facts.name, found);
    match &facts.state {
        DatabaseState::InMemory => vec![
            finding(Level::Warning, "in memory: not to be looked at, and gone when the bridge stops").with_advice(
                "write storage.url = \"sqlite:passerelle.db\"; in memory nobody stays signed in, and every key is new at each start",
            ),
        ],
        DatabaseState::Absent => {
            vec![finding(Level::Note, "not there yet; `passerelle serve` makes it at its first start")]
        }
        DatabaseState::Silent(why) => vec![
            finding(Level::Problem, why)
                .with_advice("check storage.url, that the database runs, and that this user may use it"),
        ],
        DatabaseState::Open(inspection) => opened(&facts.name, inspection),
    }
}

fn opened(name: &str, inspection: &Inspection) -> Vec<Finding> {
    let answers = format!("answers in {}", words::millis(inspection.round_trip));
    let mut findings = vec![
        Finding::new(Group::Database, Level::Ok, name, answers),
        schema(inspection.applied.as_deref(), &inspection.known),
    ];
    findings.extend(inspection.writable.as_ref().map(|writable| {
        match writable {
            Ok(()) => Finding::new(Group::Database, Level::Ok, "writing", "it can be written"),
            Err(why) => Finding::new(Group::Database, Level::Problem, "writing", why.to_string())
                .with_advice("give the bridge's user the right to write; nobody can sign in without it"),
        }
    }));
    findings
}

fn schema(applied: Option<&[i64]>, known: &[i64]) -> Finding {
    let finding = |level, found: String| Finding::new(Group::Database, level, "schema", found);
    let Some(applied) = applied else {
        return finding(Level::Note, "empty; `passerelle serve` makes it at its first start".to_owned());
    };
    let newest = |versions: &[i64]| versions.last().copied().unwrap_or_default();
    if let Some(unknown) = applied.iter().find(|version| !known.contains(version)) {
        let found = format!("migration {unknown} is not known to this version of the program");
        return finding(Level::Problem, found)
            .with_advice("a newer version was here: start that one, or restore the copy from before it");
    }
    if applied.len() < known.len() {
        let found = format!("at migration {}, this program knows {}", newest(applied), newest(known));
        return finding(Level::Note, found).with_advice(
            "`passerelle serve` of this version brings it up to date; keep a copy of the database first",
        );
    }
    finding(Level::Ok, format!("up to date, at migration {}", newest(applied)))
}
