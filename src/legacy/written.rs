//! The `[legacy]` table as it is written: which keys there are. What they mean together is judged in `description_table`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::claim_source::ClaimSource;
use super::place::Place;
use super::refresh::{Class, Rotation};
use super::refusal::Outcome;
use super::site::{Handover, Unsolicited};
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
    pub(super) refresh: RawRefresh,
    pub(super) alive: Option<RawProbe>,
    pub(super) site: Option<RawSite>,
    pub(super) sign_out: Option<RawSignOut>,
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
    pub(super) expires_in: Option<Place>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRefresh {
    pub(super) url: Option<Template>,
    pub(super) token_field: Option<String>,
    pub(super) fields: Option<BTreeMap<String, String>>,
    pub(super) client: Option<RawClientPlace>,
    pub(super) rotation: Option<Rotation>,
    pub(super) class: Vec<RawClass>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawProbe {
    pub(super) url: Option<Template>,
    pub(super) expect: Option<RawExpected>,
    pub(super) at: Option<Place>,
    pub(super) equals: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSite {
    pub(super) sign_in_url: Option<Template>,
    pub(super) sign_in_again_url: Option<Template>,
    pub(super) sign_out_url: Option<Template>,
    pub(super) sign_out_there: Option<bool>,
    pub(super) handover: Option<Handover>,
    pub(super) field: Option<String>,
    pub(super) origins: Option<Vec<String>>,
    pub(super) unsolicited: Option<Unsolicited>,
    pub(super) landing: Option<String>,
    pub(super) embedded_sign_out: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSignOut {
    pub(super) url: Option<Template>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
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

/// The conditions of a rule, whatever it says.
pub(super) struct RawConditions {
    pub(super) status: Option<u16>,
    pub(super) at: Option<Place>,
    pub(super) equals: Option<String>,
    pub(super) matches: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawClass {
    pub(super) status: Option<u16>,
    pub(super) at: Option<Place>,
    pub(super) equals: Option<String>,
    pub(super) matches: Option<String>,
    pub(super) class: Option<Class>,
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
