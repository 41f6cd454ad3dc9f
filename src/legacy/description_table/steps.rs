//! `[[legacy.profile]]`, `[legacy.alive]`, `[legacy.identity]` and `[legacy.claims]`: who a person is, and whether still.

use std::collections::BTreeMap;

use super::Reader;
use super::names::Whence;
use super::requests::Purpose;
use crate::config::reading::{element, key};
use crate::legacy::claim::Claim;
use crate::legacy::description::{Expected, Mapping, ProfileStep, With};
use crate::legacy::formula::Formula;
use crate::legacy::paging::{Paging, Way};
use crate::legacy::probe::ProbeDescription;
use crate::legacy::written::{RawExpected, RawIdentity, RawPaging, RawProbe, RawStep};

/// What tokens say of themselves; no mapping may speak for them (OpenID Connect Core §2, RFC 9068 §2.2, RFC 7519 §4.1).
const RESERVED: [&str; 17] = [
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "acr",
    "amr",
    "azp",
    "auth_time",
    "at_hash",
    "c_hash",
    "sid",
    "client_id",
    "scope",
];
/// Pages and elements, where nothing is said.
const MOST_PAGES: usize = 20;
const MOST_ITEMS: usize = 2_000;
/// What the fields are called that people change.
const MUTABLE: [&str; 9] = [
    "username",
    "user_name",
    "userName",
    "login",
    "email",
    "mail",
    "nicename",
    "user_nicename",
    "preferred_username",
];

impl Reader<'_> {
    pub(super) fn profile(
        &mut self,
        raw: Vec<RawStep>,
        base_url: Option<&str>,
        service: bool,
    ) -> Vec<ProfileStep> {
        let mut steps: Vec<ProfileStep> = Vec::new();
        for (index, mut step) in raw.into_iter().enumerate() {
            let at = element("profile", index, step.name.as_deref());
            let name =
                self.step_name(step.name.take(), &at, |name| steps.iter().any(|known| known.name == name));
            let expect = step.expect.take().and_then(|expect| self.expected(expect, &key(&at, "expect")));
            let paging = step.paging.take().and_then(|paging| self.paging(paging, &key(&at, "paging")));
            let with = step.with.unwrap_or_default();
            if with == With::ServiceAccount && !service {
                self.problem(&key(&at, "with"), "needs [legacy.service_account]");
            }
            let (format, optional) = (step.format.take().unwrap_or_default(), step.optional.unwrap_or(false));
            let Some(request) = self.request(step.take_request(), base_url, &at, Purpose::Reads) else {
                continue;
            };
            steps.push(ProfileStep { name, request, format, with, expect, paging, optional });
        }
        steps
    }

    fn expected(&mut self, raw: RawExpected, at: &str) -> Option<Expected> {
        let rows = self.needed(raw.rows, &key(at, "rows"), "where the list stands in the answer");
        let name = self.needed(raw.at, &key(at, "at"), "where a row has its user name");
        let same_as =
            self.needed(raw.same_as, &key(at, "same_as"), "the wanted name, such as \"/answer/userName\"");
        if let Some(formula) = &same_as {
            self.formula(formula, &key(at, "same_as"), Whence::Request);
        }
        Some(Expected { rows: rows?, at: name?, same_as: same_as? })
    }

    fn paging(&mut self, raw: RawPaging, at: &str) -> Option<Paging> {
        let items = self.needed(
            raw.items,
            &key(at, "items"),
            "where the elements of a page stand, such as \"/results\"",
        );
        for (formula, name) in [(&raw.next, "next"), (&raw.more, "more")] {
            if let Some(formula) = formula {
                self.formula(formula, &key(at, name), Whence::Answer);
            }
        }
        if raw.first.is_some() && raw.page.is_none() {
            self.problem(&key(at, "first"), "goes with page");
        }
        let way = match (raw.next, raw.offset, raw.page) {
            (Some(next), None, None) => Way::Link(next),
            (None, Some(parameter), None) => Way::Offset(parameter),
            (None, None, Some(parameter)) => Way::Page { parameter, first: raw.first.unwrap_or(1) },
            _ => {
                self.problem(at, "exactly one of next (where the next page's URL stands), offset and page (the parameter's name)");
                return None;
            }
        };
        let (most_pages, most_items) =
            (raw.most_pages.unwrap_or(MOST_PAGES), raw.most_items.unwrap_or(MOST_ITEMS));
        if most_pages == 0 || most_items == 0 {
            self.problem(at, "most_pages and most_items are at least 1");
        }
        Some(Paging { items: items?, way, more: raw.more, most_pages, most_items })
    }

    pub(super) fn probe(&mut self, mut raw: RawProbe, base_url: Option<&str>) -> Option<ProbeDescription> {
        let expect = raw.expect.take().and_then(|expect| self.expected(expect, "alive.expect"));
        let over = std::mem::take(&mut raw.over).into_iter().enumerate();
        let over: Vec<_> = over
            .filter_map(|(index, raw)| self.conditions(raw, &element("alive.over", index, None)))
            .collect();
        let at = self.needed(
            raw.at.take(),
            "alive.at",
            "where the value stands that tells, such as \"/IsDisable\"",
        );
        if let Some(at) = &at {
            self.formula(at, "alive.at", Whence::Answer);
        }
        let equals = raw.equals.take();
        if equals.as_ref().is_some_and(|equals| equals.is_array() || equals.is_object()) {
            self.problem("alive.equals", "a text, a number, true or false");
        }
        let format = raw.format.take().unwrap_or_default();
        let request = self.request(raw.take_request(), base_url, "alive", Purpose::Reads)?;
        Some(ProbeDescription { request, format, expect, at: at?, equals, over })
    }

    pub(super) fn mapping(&mut self, raw: RawIdentity, claims: BTreeMap<String, Claim>) -> Option<Mapping> {
        for reserved in RESERVED.iter().filter(|name| claims.contains_key(**name)) {
            self.problem(
                &key("claims", reserved),
                "the bridge speaks for this claim itself; choose another name",
            );
        }
        for (name, claim) in &claims {
            for (at, formula) in claim.source.formulas(&key("claims", name)) {
                self.formula(&formula, &at, Whence::Claim);
            }
            if let Some(table) = claim.table.as_ref().filter(|table| !self.names.has_table(table)) {
                self.problem(&key("claims", name), format!("there is no [legacy.tables.{table}]"));
            }
        }
        let legacy_id = self.needed(
            raw.legacy_id,
            "identity.legacy_id",
            "where the id stands that the old system never changes and never gives to another, such as \"/user/UserId\"",
        );
        let user_name = self.needed(raw.user_name, "identity.user_name", "such as \"/answer/userName\"");
        for (formula, at) in [(&legacy_id, "identity.legacy_id"), (&user_name, "identity.user_name")] {
            if let Some(formula) = formula {
                self.formula(formula, at, Whence::Claim);
            }
        }
        if legacy_id.as_ref().is_some_and(is_mutable) {
            self.warning(
                "identity.legacy_id",
                "this looks like a name that people change, and that is given to others later: whoever gets it is then taken for \
                 the person who had it; use an id that never changes",
            );
        }
        Some(Mapping { legacy_id: legacy_id?, user_name: user_name?, claims })
    }
}

fn is_mutable(formula: &Formula) -> bool {
    match formula {
        Formula::At(place) => place.as_str().rsplit('/').next().is_some_and(|last| MUTABLE.contains(&last)),
        Formula::Made(expression) => {
            let text = expression.to_string();
            text.split(|character: char| !character.is_alphanumeric() && character != '_')
                .any(|word| MUTABLE.contains(&word))
        }
    }
}
