//! The `[legacy]` table as it is written: which keys there are. What they mean together is judged in `description_table`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use super::answer::Format;
use super::claim::Claim;
use super::description::With;
use super::expiry::ExpiresAs;
use super::formula::Formula;
use super::place::Place;
use super::refresh::{Class, Rotation};
use super::refusal::Outcome;
use super::site::{Handover, Unsolicited};
use super::template::Template;
use super::written_words::{JsonText, MethodWord, OneOrMore, Plain, SendTokenWord};
use crate::config::duration::Span;
use crate::config::secret_source::SecretSource;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) preset: Option<String>,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) suffixes: Option<Vec<String>>,
    pub(super) base_url: Option<String>,
    pub(super) origins: Option<Vec<String>>,
    pub(super) allow_plain_http: Option<bool>,
    pub(super) tls: RawTls,
    pub(super) proxy: Option<SecretSource>,
    pub(super) concurrency: Option<u32>,
    pub(super) timeout: Option<Span>,
    pub(super) largest_answer: Option<u32>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretSource>,
    pub(super) secrets: BTreeMap<String, SecretSource>,
    pub(super) tables: BTreeMap<String, BTreeMap<String, Plain>>,
    pub(super) user_name: Option<Formula>,
    pub(super) forward_address: Option<String>,
    pub(super) send_token: Option<SendTokenWord>,
    pub(super) before: Vec<RawBefore>,
    pub(super) token: RawToken,
    pub(super) login: Option<RawLogin>,
    pub(super) challenge: Option<RawChallenge>,
    pub(super) jwt: Option<RawJwt>,
    pub(super) service_account: Option<RawServiceAccount>,
    pub(super) refresh: RawRefresh,
    pub(super) alive: Option<RawProbe>,
    pub(super) site: Option<RawSite>,
    pub(super) sign_out: Option<RawSignOut>,
    pub(super) change_password: Option<RawChangePassword>,
    pub(super) error: Vec<RawRule>,
    pub(super) profile: Vec<RawStep>,
    pub(super) identity: RawIdentity,
    pub(super) claims: BTreeMap<String, Claim>,
    pub(super) help: RawHelp,
}

/// Declares tables that hold a request, an answer's reading, or both, beside keys of their own: serde's `flatten` cannot refuse unknown keys.
macro_rules! tables {
    ($($name:ident $([$($part:ident),*])? { $($field:ident: $type:ty),* $(,)? })*) => { $(
        tables!(@build $name { $($($part)*)? } { $($field: $type,)* });
    )* };
    (@build $name:ident { request answer } { $($rest:tt)* }) => {
        tables!(@struct $name {
            method: Option<MethodWord>, url: Option<Template>, query: BTreeMap<String, Template>,
            headers: BTreeMap<String, Template>, form: Option<BTreeMap<String, Template>>, json: Option<JsonText>,
            body: Option<Template>, content_type: Option<String>, basic: Option<RawBasic>,
            send_token: Option<SendTokenWord>, timeout: Option<Span>,
            format: Option<Format>, success_status: Option<OneOrMore>, success: Vec<RawConditions>,
            gives_tokens: Option<bool>, access_token: Option<Formula>, refresh_token: Option<Formula>,
            expires_in: Option<Formula>, expires_as: Option<ExpiresAs>, $($rest)*
        });
        tables!(@request $name);
        tables!(@answer $name);
    };
    (@build $name:ident { request } { $($rest:tt)* }) => {
        tables!(@struct $name {
            method: Option<MethodWord>, url: Option<Template>, query: BTreeMap<String, Template>,
            headers: BTreeMap<String, Template>, form: Option<BTreeMap<String, Template>>, json: Option<JsonText>,
            body: Option<Template>, content_type: Option<String>, basic: Option<RawBasic>,
            send_token: Option<SendTokenWord>, timeout: Option<Span>, format: Option<Format>, $($rest)*
        });
        tables!(@request $name);
    };
    (@build $name:ident { answer } { $($rest:tt)* }) => {
        tables!(@struct $name {
            format: Option<Format>, success_status: Option<OneOrMore>, success: Vec<RawConditions>,
            gives_tokens: Option<bool>, access_token: Option<Formula>, refresh_token: Option<Formula>,
            expires_in: Option<Formula>, expires_as: Option<ExpiresAs>, $($rest)*
        });
        tables!(@answer $name);
    };
    (@build $name:ident { } { $($rest:tt)* }) => { tables!(@struct $name { $($rest)* }); };
    (@struct $name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(super) struct $name { $(pub(super) $field: $type),* }
    };
    (@request $name:ident) => {
        impl $name {
            /// The keys of its request, taken out.
            pub(super) fn take_request(&mut self) -> RawRequest {
                RawRequest {
                    method: self.method.take(), url: self.url.take(), query: std::mem::take(&mut self.query),
                    headers: std::mem::take(&mut self.headers), form: self.form.take(), json: self.json.take(),
                    body: self.body.take(), content_type: self.content_type.take(), basic: self.basic.take(),
                    send_token: self.send_token.take(), timeout: self.timeout.take(),
                }
            }
        }
    };
    (@answer $name:ident) => {
        impl $name {
            /// The keys of its answer, taken out.
            pub(super) fn take_answer(&mut self) -> RawAnswer {
                RawAnswer {
                    format: self.format.take(), success_status: self.success_status.take(),
                    success: std::mem::take(&mut self.success), gives_tokens: self.gives_tokens.take(),
                    access_token: self.access_token.take(), refresh_token: self.refresh_token.take(),
                    expires_in: self.expires_in.take(), expires_as: self.expires_as.take(),
                }
            }
        }
    };
}

/// The keys of a request, whichever table they stand in.
#[derive(Default)]
pub(super) struct RawRequest {
    pub(super) method: Option<MethodWord>,
    pub(super) url: Option<Template>,
    pub(super) query: BTreeMap<String, Template>,
    pub(super) headers: BTreeMap<String, Template>,
    pub(super) form: Option<BTreeMap<String, Template>>,
    pub(super) json: Option<JsonText>,
    pub(super) body: Option<Template>,
    pub(super) content_type: Option<String>,
    pub(super) basic: Option<RawBasic>,
    pub(super) send_token: Option<SendTokenWord>,
    pub(super) timeout: Option<Span>,
}

/// The keys that say where tokens stand, whichever table they stand in.
#[derive(Default)]
pub(super) struct RawAnswer {
    pub(super) format: Option<Format>,
    pub(super) success_status: Option<OneOrMore>,
    pub(super) success: Vec<RawConditions>,
    pub(super) gives_tokens: Option<bool>,
    pub(super) access_token: Option<Formula>,
    pub(super) refresh_token: Option<Formula>,
    pub(super) expires_in: Option<Formula>,
    pub(super) expires_as: Option<ExpiresAs>,
}

tables! {
    RawTls { ca_file: Option<PathBuf>, certificate_file: Option<PathBuf>, key_file: Option<PathBuf> }
    RawBasic { user_name: Option<Template>, password: Option<Template> }
    RawBefore [request] { name: Option<String>, success_status: Option<OneOrMore>, cache: Option<Span> }
    RawToken [answer] {
        url: Option<Template>, username_field: Option<String>, password_field: Option<String>,
        fields: BTreeMap<String, Template>, client: Option<RawClientPlace>,
    }
    RawLogin [request, answer] {}
    RawChallenge [request, answer] { keep: BTreeMap<String, Formula> }
    RawJwt { from: Option<Formula>, trust: Option<TrustWord>, jwks_file: Option<PathBuf> }
    RawServiceAccount { user_name: Option<String>, password: Option<SecretSource> }
    RawRefresh [request, answer] {
        token_field: Option<String>, fields: Option<BTreeMap<String, Template>>, client: Option<RawClientPlace>,
        rotation: Option<Rotation>, lifetime: Option<Span>, class: Vec<RawClass>,
    }
    RawProbe [request] {
        expect: Option<RawExpected>, at: Option<Formula>, equals: Option<Value>, over: Vec<RawConditions>,
    }
    RawSite {
        sign_in_url: Option<Template>, sign_in_again_url: Option<Template>, sign_out_url: Option<Template>,
        sign_out_there: Option<bool>, handover: Option<Handover>, field: Option<String>,
        origins: Option<Vec<String>>, unsolicited: Option<Unsolicited>, landing: Option<String>,
        embedded_sign_out: Option<bool>,
    }
    RawSignOut [request] {}
    RawChangePassword [request] { success_status: Option<OneOrMore> }
    RawConditions {
        status: Option<OneOrMore>, at: Option<Formula>, equals: Option<Plain>, matches: Option<String>,
        absent: Option<bool>,
    }
    RawRule {
        status: Option<OneOrMore>, at: Option<Formula>, equals: Option<Plain>, matches: Option<String>,
        absent: Option<bool>, outcome: Option<Outcome>, step: Option<String>, after: Option<Formula>,
        after_as: Option<ExpiresAs>, link: Option<Template>,
    }
    RawClass {
        status: Option<OneOrMore>, at: Option<Formula>, equals: Option<Plain>, matches: Option<String>,
        absent: Option<bool>, class: Option<Class>,
    }
    RawStep [request] {
        name: Option<String>, with: Option<With>, expect: Option<RawExpected>, paging: Option<RawPaging>,
        optional: Option<bool>,
    }
    RawExpected { rows: Option<Place>, at: Option<Place>, same_as: Option<Formula> }
    RawPaging {
        items: Option<Place>, next: Option<Formula>, offset: Option<String>, page: Option<String>,
        first: Option<u64>, more: Option<Formula>, most_pages: Option<usize>, most_items: Option<usize>,
    }
    RawIdentity { legacy_id: Option<Formula>, user_name: Option<Formula> }
    RawHelp { password_uri: Option<String>, account_uri: Option<String> }
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawClientPlace {
    None,
    Body,
    Basic,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TrustWord {
    Transport,
    Signature,
}
