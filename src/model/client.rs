//! A client: an application that was registered here, and what it may do (RFC 7591 §2 names the fields).

use std::time::Duration;

use crate::id::{Audience, ClientId, ServiceAccountName};
use crate::oauth::algorithm::SigningAlgorithm;
use crate::oauth::client_authentication::AuthenticationMethod;
use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::Scope;
use crate::secret::Digest;

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// How it shows itself to people.
    pub appearance: Appearance,
    /// How it proves itself at the token endpoint.
    pub credentials: Credentials,
    /// Whether its token requests may be JSON as well.
    pub token_requests: TokenRequests,
    /// Which grants it may use.
    pub grant_types: Vec<GrantType>,
    /// `redirect_uris`, exactly as registered.
    pub redirect_uris: Vec<String>,
    /// `post_logout_redirect_uris`, exactly as registered.
    pub post_logout_redirect_uris: Vec<String>,
    /// `backchannel_logout_uri`: where it hears of the end of a session (OpenID Connect Back-Channel Logout §2.2).
    pub backchannel_logout_uri: Option<String>,
    /// `frontchannel_logout_uri`: what is shown in a frame at the end of a session (OpenID Connect Front-Channel Logout §2).
    pub frontchannel_logout_uri: Option<String>,
    /// `frontchannel_logout_session_required`: whether `iss` and `sid` stand in it.
    pub frontchannel_logout_session_required: bool,
    /// `initiate_login_uri`: where a sign-in begins that others start (OpenID Connect Core §4).
    pub initiate_login_uri: Option<String>,
    /// What the life of its refresh tokens hangs on.
    pub refresh_tokens: RefreshBinding,
    /// Origins from which its scripts call us (CORS), such as `https://app.example.org`.
    pub web_origins: Vec<String>,
    /// The most it may ask for.
    pub scope: Scope,
    /// The APIs it may ask tokens for; the first is meant when it names none.
    pub audiences: Vec<Audience>,
    /// As whom it is known to the legacy system when it speaks for itself; with it, it never speaks for a person.
    pub service_account: Option<ServiceAccountName>,
    /// Whether a code without a challenge is acceptable from it.
    pub pkce: PkcePolicy,
    /// Whether the person is asked before data is handed over.
    pub consent: ConsentPolicy,
    /// What `sub` says to it.
    pub subject: SubjectKind,
    /// How its ID tokens look.
    pub id_token: IdTokenSettings,
    /// `userinfo_signed_response_alg`: a signed userinfo answer instead of plain JSON.
    pub userinfo_signed_response_alg: Option<SigningAlgorithm>,
    /// `default_max_age`, seconds since the last authentication that it tolerates when it does not say.
    pub default_max_age: Option<Duration>,
    /// How long what it gets is good for.
    pub lifetimes: Lifetimes,
}

impl Client {
    /// Whether it cannot keep a secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        matches!(self.credentials, Credentials::Public)
    }
}

/// What pages show of a client.
#[derive(Clone, Debug, Default)]
pub struct Appearance {
    /// `client_name`.
    pub name: String,
    /// `client_uri`.
    pub client_uri: Option<String>,
    /// `logo_uri`.
    pub logo_uri: Option<String>,
    /// `policy_uri`.
    pub policy_uri: Option<String>,
    /// `tos_uri`.
    pub tos_uri: Option<String>,
}

/// How a client proves itself; the method is fixed at registration, so that a weaker one never works (RFC 9700 §2.5).
#[derive(Clone, Debug)]
pub enum Credentials {
    /// `none`.
    Public,
    /// A shared secret, sent one way. Two may overlap while one is rotated out.
    Secret {
        /// Basic or post.
        method: SecretMethod,
        /// SHA-256 of each secret that is accepted.
        digests: Vec<Digest>,
    },
    /// `private_key_jwt` with these public keys, a JWK Set (RFC 7517 §5).
    PrivateKey {
        /// The set as registered.
        jwks: serde_json::Value,
    },
}

impl Credentials {
    /// The `token_endpoint_auth_method` that these credentials stand for.
    pub fn method(&self) -> AuthenticationMethod {
        match self {
            Self::Public => AuthenticationMethod::None,
            Self::Secret { method: SecretMethod::Basic, .. } => AuthenticationMethod::ClientSecretBasic,
            Self::Secret { method: SecretMethod::Post, .. } => AuthenticationMethod::ClientSecretPost,
            Self::PrivateKey { .. } => AuthenticationMethod::PrivateKeyJwt,
        }
    }
}

/// Where a client secret stands in the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretMethod {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
}

/// How a client's requests to the token endpoint are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenRequests {
    /// As forms (RFC 6749 §3.2).
    #[default]
    Form,
    /// As forms or as JSON, for a client that knows no better.
    FormOrJson,
}

/// Whether PKCE may be left out. A challenge that was sent is always enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkcePolicy {
    /// No challenge, no code (RFC 9700 §2.1.1); the only choice for a public client.
    Required,
    /// A confidential client may do without, protected by its `nonce`.
    Optional,
}

/// What the life of a client's refresh tokens hangs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshBinding {
    /// On the session, unless `offline_access` was granted (OpenID Connect Back-Channel Logout §2.7).
    #[default]
    ByScope,
    /// Always on the session.
    Session,
    /// On themselves alone.
    Standalone,
}

/// Whether a person is asked to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentPolicy {
    /// Ask once and remember.
    Ask,
    /// A first-party application: signing in is agreeing.
    Skip,
}

/// What `sub` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    /// The subject that the bridge minted: it never changes and is never given to another person.
    Minted,
    /// The legacy user name, for an application that must join on it and accepts that user names change hands.
    LegacyUserName,
}

/// How a client's ID tokens look.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenSettings {
    /// `id_token_signed_response_alg`.
    pub algorithm: SigningAlgorithm,
    /// Where claims that a scope asks for appear.
    pub scope_claims: ScopeClaims,
}

/// Where claims asked for by scope appear (OpenID Connect Core §5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeClaims {
    /// At the userinfo endpoint only, as the specification has it for the code flow.
    UserInfo,
    /// In the ID token as well, for libraries that never call userinfo.
    IdTokenToo,
}

/// How long things are good for.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// An access token, unless its API says otherwise.
    pub access_token: Duration,
    /// An ID token.
    pub id_token: Duration,
    /// A refresh token that nobody uses.
    pub refresh_token_idle: Duration,
    /// The whole family, however often it is refreshed.
    pub refresh_token_absolute: Duration,
}
