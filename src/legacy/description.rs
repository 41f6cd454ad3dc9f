//! What the configuration says of an old system, checked: the `[legacy]` table over its preset. Asks nobody and decides nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use url::Url;

use super::claim_source::ClaimSource;
use super::error_rule::ErrorRule;
use super::place::Place;
use super::probe::ProbeDescription;
use super::refresh::RefreshDescription;
use super::site::SiteDescription;
use super::template::Template;
use crate::id::ConnectorId;
use crate::secret::Secret;

/// An old system.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its name: accounts hang on it, so it never changes.
    pub id: ConnectorId,
    /// Its address, without a slash at the end.
    pub base_url: String,
    /// How long a sign-in there may take, all calls together.
    pub timeout: Duration,
    /// Where passwords are tried.
    pub token: TokenEndpoint,
    /// How tokens are refreshed; none where the bridge is no client over there.
    pub refresh: Option<RefreshDescription>,
    /// How it is found out whether a person is still good.
    pub alive: Option<ProbeDescription>,
    /// The legacy system's own site.
    pub site: Option<SiteDescription>,
    /// What the bridge calls when a person's last session ends.
    pub sign_out: Option<SignOutCall>,
    /// How a person's profile is fetched.
    pub profile: Vec<ProfileStep>,
    /// Who a person is, by what was answered.
    pub mapping: Mapping,
    /// Where people are helped.
    pub help: HelpUris,
}

/// The token endpoint.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    /// Its URL.
    pub url: Url,
    /// The form field that holds the user name.
    pub username_field: String,
    /// The form field that holds the password.
    pub password_field: String,
    /// Fields that are always the same.
    pub fields: BTreeMap<String, String>,
    /// How the bridge names itself there.
    pub client: ClientPlace,
    /// Where the access token stands in the answer.
    pub access_token: Place,
    /// Where the refresh token stands.
    pub refresh_token: Place,
    /// Where it stands how many seconds the access token can be used.
    pub expires_in: Place,
    /// The form field of a refresh grant that holds the refresh token.
    pub refresh_field: String,
    /// What its refusals mean.
    pub errors: Vec<ErrorRule>,
    /// The most bytes that an answer may have.
    pub largest_answer: usize,
}

/// A call with the person's access token that ends their session over there.
#[derive(Clone, Debug)]
pub struct SignOutCall {
    /// Where it is posted to.
    pub url: Url,
}

/// Where the bridge's own credentials stand in a password grant.
#[derive(Clone, Debug)]
pub enum ClientPlace {
    /// Nowhere: the endpoint takes no client.
    None,
    /// In the form.
    Body(LegacyClient),
    /// In the `Authorization` header.
    Basic(LegacyClient),
}

impl ClientPlace {
    /// The bridge's `client_id` there; empty without one.
    pub fn client_id(&self) -> &str {
        match self {
            Self::None => "",
            Self::Body(client) | Self::Basic(client) => &client.id,
        }
    }
}

/// What the old system calls the bridge.
#[derive(Clone, Debug)]
pub struct LegacyClient {
    /// `client_id`.
    pub id: String,
    /// `client_secret`; a public client has none.
    pub secret: Option<Secret>,
}

/// One GET of the profile chain.
#[derive(Clone, Debug)]
pub struct ProfileStep {
    /// Under which name its answer is known to what comes after.
    pub name: String,
    /// Where.
    pub url: Template,
    /// Which row of the answer is the person.
    pub expect: Option<Expected>,
}

/// How the one row that is the person is told from others.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Where the rows stand.
    pub rows: Place,
    /// Where a row has its name.
    pub at: Place,
    /// Where the wanted name stands in what is known already.
    pub same_as: Place,
}

/// Who a person is, by what the old system answered.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The id that never changes.
    pub legacy_id: Place,
    /// The user name of today.
    pub user_name: Place,
    /// The claims.
    pub claims: BTreeMap<String, ClaimSource>,
}

/// Where the old system's own site helps people.
#[derive(Clone, Debug, Default)]
pub struct HelpUris {
    /// A new password.
    pub password: Option<String>,
    /// Unlocking or confirming an account.
    pub account: Option<String>,
}
