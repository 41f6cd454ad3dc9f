//! What the configuration says of an old system, checked: the `[legacy]` table over its preset. Asks nobody and decides nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderName;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::answer::Format;
use super::claim::Claim;
use super::error_rule::ErrorRule;
use super::formula::Formula;
use super::jwt::JwtDescription;
use super::origins::Origins;
use super::paging::Paging;
use super::place::Place;
use super::probe::ProbeDescription;
use super::refresh::RefreshDescription;
use super::request::RequestDescription;
use super::site::SiteDescription;
use super::template::Template;
use super::token_answer::TokenAnswer;
use crate::config::reading::Problem;
use crate::id::ConnectorId;
use crate::secret::Secret;

/// An old system.
#[derive(Clone, Debug)]
pub struct Description {
    /// Its name: accounts hang on it, so it never changes.
    pub id: ConnectorId,
    /// What people call it, where they choose among several.
    pub title: Option<String>,
    /// The endings of user names that belong to it.
    pub suffixes: Vec<String>,
    /// Its address, without a slash at the end.
    pub base_url: String,
    /// The way there.
    pub transport: Transport,
    /// How long a sign-in there may take, all calls together.
    pub timeout: Duration,
    /// The most bytes that an answer may have.
    pub largest_answer: usize,
    /// The hosts that requests may go to.
    pub origins: Origins,
    /// What is made of a user name before it is sent.
    pub user_name: Option<Formula>,
    /// Secrets that requests use, by name.
    pub secrets: BTreeMap<String, Secret>,
    /// Lookup tables, by name.
    pub tables: Value,
    /// The bridge's own name and secret there.
    pub client: Option<LegacyClient>,
    /// The header that tells the address of whoever signs in.
    pub forward_address: Option<HeaderName>,
    /// What is called before a password is tried.
    pub before: Vec<BeforeStep>,
    /// Where passwords are tried.
    pub login: Login,
    /// What an answer of the login that is no success means.
    pub errors: Vec<ErrorRule>,
    /// What answers of profile steps mean, by the steps' names.
    pub step_errors: BTreeMap<String, Vec<ErrorRule>>,
    /// How a second factor is sent.
    pub challenge: Option<ChallengeDescription>,
    /// A JWT of the answer that tells who it is.
    pub jwt: Option<JwtDescription>,
    /// Whose token profile calls may use that ask for no person's.
    pub service_account: Option<ServiceAccount>,
    /// How tokens are refreshed; none where the bridge is no client over there.
    pub refresh: Option<RefreshDescription>,
    /// How it is found out whether a person is still good.
    pub alive: Option<ProbeDescription>,
    /// The legacy system's own site.
    pub site: Option<SiteDescription>,
    /// What the bridge calls when a person's last session ends.
    pub sign_out: Option<RequestDescription>,
    /// How a person chooses a new password.
    pub change_password: Option<ChangePassword>,
    /// How a person's profile is fetched.
    pub profile: Vec<ProfileStep>,
    /// Who a person is, by what was answered.
    pub mapping: Mapping,
    /// Where people are helped.
    pub help: HelpUris,
    /// What is allowed and unwise.
    pub warnings: Vec<Problem>,
}

/// The way to the system.
#[derive(Clone, Debug)]
pub struct Transport {
    /// Roots that are trusted instead of the machine's own: a private authority, in PEM.
    pub ca: Option<Vec<u8>>,
    /// A client certificate with its key, in PEM.
    pub identity: Option<Secret>,
    /// An outbound proxy; its URL may hold credentials.
    pub proxy: Option<Secret>,
    /// The most calls at once.
    pub concurrency: usize,
}

/// Where passwords are tried.
#[derive(Clone, Debug)]
pub enum Login {
    /// At a token endpoint, by the grant of RFC 6749 §4.3.
    Grant(Box<TokenEndpoint>),
    /// By any request.
    Request(Box<RequestDescription>, Box<TokenAnswer>),
}

impl Login {
    /// Where the tokens stand in its answer.
    pub fn answer(&self) -> &TokenAnswer {
        match self {
            Self::Grant(endpoint) => &endpoint.answer,
            Self::Request(_, answer) => answer,
        }
    }
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
    /// Further fields.
    pub fields: BTreeMap<String, Template>,
    /// How the bridge names itself there.
    pub client: ClientPlace,
    /// The form field of a refresh grant that holds the refresh token.
    pub refresh_field: String,
    /// Where the tokens stand in the answer.
    pub answer: TokenAnswer,
}

/// A call before the login.
#[derive(Clone, Debug)]
pub struct BeforeStep {
    /// Under which name its answer is known to what comes after.
    pub name: String,
    /// What is sent.
    pub request: RequestDescription,
    /// What the body is written in.
    pub format: Format,
    /// The statuses of a success.
    pub status: Vec<u16>,
    /// How long its answer is good for other sign-ins too.
    pub cache: Option<Duration>,
}

/// How a second factor is sent.
#[derive(Clone, Debug)]
pub struct ChallengeDescription {
    /// What is sent.
    pub request: RequestDescription,
    /// What of the first answer has to be kept for it, by name.
    pub keep: BTreeMap<String, Formula>,
    /// Where the tokens stand in its answer.
    pub answer: TokenAnswer,
    /// Whether the request sends the password once more.
    pub wants_password: bool,
}

/// How a person chooses a new password.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    /// What is sent.
    pub request: RequestDescription,
    /// What the body is written in.
    pub format: Format,
    /// The statuses of a success.
    pub status: Vec<u16>,
}

/// An account of the old system that is nobody's own.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// Its user name.
    pub user_name: String,
    /// Its password.
    pub password: Secret,
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

/// One call of the profile chain.
#[derive(Clone, Debug)]
pub struct ProfileStep {
    /// Under which name its answer is known to what comes after.
    pub name: String,
    /// What is sent.
    pub request: RequestDescription,
    /// What the body is written in.
    pub format: Format,
    /// Whose token it is sent with.
    pub with: With,
    /// Which row of the answer is the person.
    pub expect: Option<Expected>,
    /// How its list comes in pages.
    pub paging: Option<Paging>,
    /// Whether a sign-in goes on without it.
    pub optional: bool,
}

/// Whose token a call is sent with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum With {
    /// The person's.
    #[default]
    Person,
    /// The service account's.
    ServiceAccount,
}

/// How the one row that is the person is told from others.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Where the rows stand.
    pub rows: Place,
    /// Where a row has its name.
    pub at: Place,
    /// Where the wanted name stands in what is known already.
    pub same_as: Formula,
}

/// Who a person is, by what the old system answered.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The id that never changes.
    pub legacy_id: Formula,
    /// The user name of today.
    pub user_name: Formula,
    /// The claims.
    pub claims: BTreeMap<String, Claim>,
}

/// Where the old system's own site helps people.
#[derive(Clone, Debug, Default)]
pub struct HelpUris {
    /// A new password.
    pub password: Option<String>,
    /// Unlocking or confirming an account.
    pub account: Option<String>,
}
