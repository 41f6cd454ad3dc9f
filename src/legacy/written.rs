//! The `[legacy]` table as it is written: which keys there are. What they mean together is judged in `description_table`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::claim_source::ClaimSource;
use super::place::Place;
use super::refusal::Outcome;
use super::template::Template;
use crate::config::duration::Span;
use crate::config::secret_source::SecretSource;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) preset: Option<String>,
    pub(super) name: Option<String>,
    pub(super) base_url: Option<String>,
    pub(super) allow_plain_http: Option<bool>,
    pub(super) timeout: Option<Span>,
    pub(super) largest_answer: Option<u32>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretSource>,
    pub(super) token: RawToken,
    pub(super) error: Vec<RawRule>,
    pub(super) profile: Vec<RawStep>,
    pub(super) identity: RawIdentity,
    pub(super) claims: BTreeMap<String, ClaimSource>,
    pub(super) help: RawHelp,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawToken {
    pub(super) url: Option<Template>,
    pub(super) username_field: Option<String>,
    pub(super) password_field: Option<String>,
    pub(super) fields: BTreeMap<String, String>,
    pub(super) client: Option<RawClientPlace>,
    pub(super) access_token: Option<Place>,
    pub(super) refresh_token: Option<Place>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawClientPlace {
    None,
    Body,
    Basic,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) status: Option<u16>,
    pub(super) at: Option<Place>,
    pub(super) equals: Option<String>,
    pub(super) matches: Option<String>,
    pub(super) outcome: Option<Outcome>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) name: Option<String>,
    pub(super) url: Option<Template>,
    pub(super) expect: Option<RawExpected>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawExpected {
    pub(super) rows: Option<Place>,
    pub(super) at: Option<Place>,
    pub(super) same_as: Option<Place>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawIdentity {
    pub(super) legacy_id: Option<Place>,
    pub(super) user_name: Option<Place>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawHelp {
    pub(super) password_uri: Option<String>,
    pub(super) account_uri: Option<String>,
}
