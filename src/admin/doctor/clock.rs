//! Whether everybody means the same moment: tokens carry times, and whoever receives them compares with a clock of their own.

use super::facts::Reached;
use super::finding::{Finding, Group, Level};

/// A `Date` has whole seconds, and the answer was under way for a while.
const UNSEEN: u64 = 2;
/// What relying parties commonly let pass.
const LEEWAY: u64 = 60;

/// What the answer of `whom` says of the two clocks; more than is let pass is as bad as `worst`.
pub fn compared(whom: &str, reached: &Reached, worst: Level) -> Finding {
    let looked_at = format!("this machine's clock, compared with {whom}");
    let Reached::Answered(answer) = reached else {
        return Finding::new(Group::Clock, Level::Note, looked_at, "not looked at: there was no answer");
    };
    let Some(ahead) = answer.ahead else {
        let found = "its answer has no Date to compare with";
        return Finding::new(Group::Clock, Level::Note, looked_at, found);
    };
    let skew = ahead.unsigned_abs();
    if skew <= UNSEEN {
        return Finding::new(Group::Clock, Level::Ok, looked_at, "the same, as far as can be seen");
    }
    let direction = if ahead > 0 { "behind" } else { "ahead" };
    let found = format!("{skew} s {direction}");
    if skew <= LEEWAY {
        return Finding::new(Group::Clock, Level::Note, looked_at, found);
    }
    Finding::new(Group::Clock, worst, looked_at, found).with_advice(format!(
        "set both by NTP: more than {LEEWAY} s apart, tokens are refused as expired or not yet valid"
    ))
}
