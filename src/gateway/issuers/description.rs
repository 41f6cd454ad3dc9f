//! A trusted issuer as the configuration describes it, read by every floor. Nothing was asked of it yet.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::keys::issuer_keys::IssuerKeys;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::rules::claim_path::ClaimPath;
use crate::rules::foreign_identity::IdentityRule;
use crate::rules::foreign_token::Expectations;
use crate::secret::Secret;

/// A trusted issuer.
#[derive(Clone, Debug)]
pub struct IssuerDescription {
    /// What the log calls it.
    pub name: String,
    /// Its URL.
    pub url: Url,
    /// What its tokens must say.
    pub expectations: Expectations,
    /// The audiences of the routes that they are good for; those in their `aud` that mean us when nothing is written.
    pub apis: Option<Vec<String>>,
    /// Who vouches for them.
    pub validation: Validation,
    /// Where things stand in their claims.
    pub places: Places,
    /// Who they are for the legacy system, in order.
    pub identity: Vec<IdentityRule>,
    /// How long one call to it may take.
    pub timeout: Duration,
}

/// Who vouches for a token.
#[derive(Clone, Debug)]
pub enum Validation {
    /// A key of the issuer's.
    Local {
        /// The algorithms that count.
        algorithms: Vec<SigningAlgorithm>,
        /// `typ`.
        typ: Typ,
        /// Where the keys are.
        keys: KeysFrom,
    },
    /// The issuer itself, asked about each token.
    Asked(Asked),
}

/// What `typ` must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// `at+jwt` (RFC 9068 §4).
    AtJwt,
    /// `at+jwt`, `JWT` or nothing: for a provider that does not mark its access tokens.
    Unmarked,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug)]
pub enum KeysFrom {
    /// In the configuration.
    Fixed(Arc<IssuerKeys>),
    /// At the issuer.
    Fetched {
        /// Where; told by its discovery document when nothing is written.
        jwks_uri: Option<Url>,
        /// When.
        rhythm: Rhythm,
    },
}

/// When keys are fetched.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// The time between two fetches for keys that nobody knows.
    pub pause: Duration,
    /// The age at which keys are fetched anew, behind the requests' backs.
    pub refresh: Duration,
    /// The age up to which keys count when the issuer does not answer.
    pub keep: Duration,
}

/// How the issuer is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Where, and as whom.
    pub endpoint: Endpoint,
    /// How long an answer counts.
    pub interval: Duration,
    /// Whether tokens that name no issuer are sent there.
    pub opaque_tokens: bool,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// With the token itself (OpenID Connect Core §5.3).
    UserInfo {
        /// Told by the discovery document when nothing is written.
        url: Option<Url>,
    },
    /// About the token (RFC 7662).
    Introspection {
        /// Told by the discovery document when nothing is written.
        url: Option<Url>,
        /// Who asks.
        client_id: String,
        /// Our proof.
        client_secret: Secret,
    },
}

/// Where things stand in the claims. The first place counts where there is something.
#[derive(Clone, Debug)]
pub struct Places {
    /// The client.
    pub client: Vec<ClaimPath>,
    /// Its scopes, as a text or a list.
    pub scope: Vec<ClaimPath>,
    /// The roles, as a text or a list.
    pub roles: Vec<ClaimPath>,
}
