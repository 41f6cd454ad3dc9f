//! `[[legacy.error]]` and the conditions of every other rule.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};

use super::Reader;
use super::names::Whence;
use crate::config::reading::{element, key};
use crate::legacy::answer_rule::{AnswerRule, Conditions};
use crate::legacy::error_rule::{ErrorRule, Meaning};
use crate::legacy::refresh::ClassRule;
use crate::legacy::refusal::Outcome;
use crate::legacy::written::{RawClass, RawConditions, RawRule};

impl Reader<'_> {
    /// The rules about the login, and those about each step.
    pub(super) fn rules(&mut self, raw: Vec<RawRule>) -> (Vec<ErrorRule>, BTreeMap<String, Vec<ErrorRule>>) {
        let mut of_login = Vec::new();
        let mut of_steps: BTreeMap<String, Vec<ErrorRule>> = BTreeMap::new();
        for (index, rule) in raw.into_iter().enumerate() {
            let at = element("error", index, None);
            let RawRule { status, at: place, equals, matches, absent, outcome, step, after, after_as, link } =
                rule;
            let outcome =
                self.needed(outcome, &key(&at, "outcome"), "what the rule means, such as \"locked\"");
            let when = self.conditions(RawConditions { status, at: place, equals, matches, absent }, &at);
            if let Some(formula) = &after {
                self.formula(formula, &key(&at, "after"), Whence::Answer);
            } else if after_as.is_some() {
                self.problem(&key(&at, "after_as"), "goes with after, which says where the time stands");
            }
            if let Some(step) = step.as_ref().filter(|step| !self.names.has_step(step)) {
                self.problem(&key(&at, "step"), format!("no [[legacy.profile]] is called `{step}`"));
            }
            let timed = matches!(outcome, Some(Outcome::Locked | Outcome::RateLimited) | None);
            if after.is_some() && !timed {
                self.problem(&key(&at, "after"), "only \"locked\" and \"rate_limited\" last for a time");
            }
            if let Some(link) = &link {
                self.template(link, &key(&at, "link"), Whence::Answer);
                let linked =
                    matches!(outcome, Some(Outcome::PasswordExpired | Outcome::MustChangePassword) | None);
                if !linked {
                    self.problem(
                        &key(&at, "link"),
                        "only \"password_expired\" and \"must_change_password\" have a link",
                    );
                }
            }
            let (Some(when), Some(outcome)) = (when, outcome) else { continue };
            let after = after.map(|after| (after, after_as.unwrap_or_default()));
            let means = Meaning { key: key(self.at, &at), step: step.clone(), outcome, after, link };
            let rule = AnswerRule { when, means };
            match step {
                None => of_login.push(rule),
                Some(step) => of_steps.entry(step).or_default().push(rule),
            }
        }
        (of_login, of_steps)
    }

    pub(super) fn classes(&mut self, raw: Vec<RawClass>) -> Vec<ClassRule> {
        let mut rules = Vec::new();
        for (index, rule) in raw.into_iter().enumerate() {
            let at = element("refresh.class", index, None);
            let what = "what such an answer means: \"fatal\", \"transient\" or \"unknown\"";
            let means = self.needed(rule.class, &key(&at, "class"), what);
            let RawClass { status, at: place, equals, matches, absent, .. } = rule;
            let when = self.conditions(RawConditions { status, at: place, equals, matches, absent }, &at);
            rules.extend(when.zip(means).map(|(when, means)| AnswerRule { when, means }));
        }
        rules
    }

    /// Conditions that make sense together.
    pub(super) fn conditions(&mut self, raw: RawConditions, at: &str) -> Option<Conditions> {
        let RawConditions { status, at: place, equals, matches, absent } = raw;
        let broken = matches.is_some();
        let matches = self.pattern(matches, &key(at, "matches"));
        let broken = broken && matches.is_none();
        if status.is_none()
            && place.is_none()
            && equals.is_none()
            && matches.is_none()
            && absent.is_none()
            && !broken
        {
            self.problem(at, "a rule needs a condition: status, or at with equals, matches or absent");
            return None;
        }
        if place.is_none() && (equals.is_some() || matches.is_some() || absent.is_some()) {
            let missing = "missing; where the text stands that is compared, such as \"/error\"";
            self.problem(&key(at, "at"), missing);
        }
        if absent == Some(true) && (equals.is_some() || matches.is_some()) {
            self.problem(
                &key(at, "absent"),
                "what is not there equals and matches nothing; leave one of them out",
            );
        }
        if let Some(formula) = &place {
            self.formula(formula, &key(at, "at"), Whence::Answer);
        }
        Some(Conditions {
            status: status.map(|statuses| statuses.0).unwrap_or_default(),
            at: place,
            equals: equals.map(|plain| plain.word()),
            matches,
            absent: absent.unwrap_or(false),
        })
    }

    fn pattern(&mut self, written: Option<String>, at: &str) -> Option<Regex> {
        let compiled = RegexBuilder::new(&written?).case_insensitive(true).size_limit(1 << 20).build();
        compiled
            .map_err(|_| self.problem(at, "not a regular expression that can be used; see docs.rs/regex"))
            .ok()
    }
}
