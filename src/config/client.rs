//! `[[client]]`: an application that may ask, and what it may have. The keys are named as RFC 7591 names them, where it does.

mod addresses;
mod context;
mod credentials;
mod permissions;
mod raw;
mod redirect_uri;
mod web_origin;

pub(super) use context::Context;
pub use credentials::{Credentials, SecretPlace};
pub(super) use raw::{Raw, check};

use serde::Deserialize;

use super::duration::Span;
use super::tokens::Lifetimes;
use crate::id::{Audience, ClientId, ServiceAccountName};
use crate::oauth::algorithm::SigningAlgorithm;
use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::Scope;

/// A checked element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// What people call it.
    pub name: String,
    /// Its home page.
    pub client_uri: Option<String>,
    /// Its logo.
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// How it proves itself.
    pub credentials: Credentials,
    /// Whether its token requests may be JSON as well.
    pub token_request_json: bool,
    /// The grants it may use.
    pub grant_types: Vec<GrantType>,
    /// Where codes go.
    pub redirect_uris: Vec<String>,
    /// Where browsers go after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Whose scripts may call us.
    pub web_origins: Vec<String>,
    /// Where it is told that a session has ended.
    pub backchannel_logout_uri: Option<String>,
    /// What is shown in a frame then.
    pub frontchannel_logout_uri: Option<String>,
    /// Whether `iss` and `sid` stand in it.
    pub frontchannel_logout_session_required: bool,
    /// Where a sign-in begins that others start.
    pub initiate_login_uri: Option<String>,
    /// What the life of its refresh tokens hangs on.
    pub refresh_tokens: RefreshTokens,
    /// The most it may ask for.
    pub scope: Scope,
    /// The APIs it may have tokens for.
    pub audiences: Vec<Audience>,
    /// As whom it is known to the legacy system when it speaks for itself.
    pub service_account: Option<ServiceAccountName>,
    /// Whether a code needs a challenge.
    pub pkce: Pkce,
    /// Whether the person is asked.
    pub consent: Consent,
    /// What `sub` says.
    pub subject: Subject,
    /// `alg` of its ID tokens.
    pub id_token_signed_response_alg: SigningAlgorithm,
    /// Where the claims of scopes appear.
    pub id_token_claims: ScopeClaims,
    /// `alg` of signed userinfo answers; plain JSON without.
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// How long ago a sign-in may be when it does not say.
    pub default_max_age: Option<Span>,
    /// How long its tokens live.
    pub lifetimes: Lifetimes,
}

/// `pkce`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pkce {
    /// No challenge, no code.
    #[default]
    Required,
    /// For a confidential client whose library cannot.
    Optional,
}

/// `consent`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Once, and remembered.
    #[default]
    Ask,
    /// For an application of the organisation's own.
    Skip,
}

/// `refresh_tokens`: what their life hangs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshTokens {
    /// On the session, unless `offline_access` was granted.
    #[default]
    ByScope,
    /// Always on the session.
    Session,
    /// On themselves alone.
    Standalone,
}

/// `subject`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Ours, for ever.
    #[default]
    Minted,
    /// The legacy user name, for an application that must join on it.
    LegacyUserName,
}

/// `id_token_claims`: where the claims of scopes appear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ScopeClaims {
    /// At the userinfo endpoint.
    #[default]
    #[serde(rename = "userinfo")]
    UserInfo,
    /// In the ID token too.
    #[serde(rename = "id_token")]
    IdTokenToo,
}
