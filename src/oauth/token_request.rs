//! Requests to the token, introspection and revocation endpoints, one type per grant. Who the client is stands apart from what it wants.

use super::grant_type::GrantType;
use super::params::Params;
use super::resource::Targets;
use super::word::words;
use crate::id::ClientId;
use crate::secret::Secret;

/// A token request without its client's credentials.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// What it shows for the token.
    pub grant: GrantRequest,
    /// Which APIs the access token is for (RFC 8707 §2.2).
    pub targets: Targets,
}

/// The grants' own parameters.
#[derive(Clone, Debug)]
pub enum GrantRequest {
    /// `authorization_code`.
    AuthorizationCode(CodeRequest),
    /// `refresh_token`.
    RefreshToken(RefreshRequest),
    /// `client_credentials`.
    ClientCredentials(ClientCredentialsRequest),
}

/// RFC 6749 §4.1.3, RFC 7636 §4.5.
#[derive(Clone, Debug)]
pub struct CodeRequest {
    /// `code`.
    pub code: Secret,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `code_verifier`.
    pub code_verifier: Option<Secret>,
}

/// RFC 6749 §6.
#[derive(Clone, Debug)]
pub struct RefreshRequest {
    /// `refresh_token`.
    pub refresh_token: Secret,
    /// `scope`, to have less than was granted.
    pub scope: Option<String>,
}

/// RFC 6749 §4.4.2.
#[derive(Clone, Debug)]
pub struct ClientCredentialsRequest {
    /// `scope`.
    pub scope: Option<String>,
}

/// A token request that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedTokenRequest {
    /// A parameter that the request needs.
    #[error("the parameter `{0}` is missing")]
    Missing(&'static str),
    /// A `grant_type` that is not known here (RFC 6749 §5.2).
    #[error("this grant_type is not known here")]
    UnknownGrantType,
}

impl TokenRequest {
    /// Takes the request out of its parameters.
    ///
    /// # Errors
    /// When the grant type is missing or unknown, or its own parameter is missing.
    pub fn from_params(params: &Params) -> Result<Self, MalformedTokenRequest> {
        let word = params.one("grant_type").ok_or(MalformedTokenRequest::Missing("grant_type"))?;
        let grant_type = GrantType::from_word(word).ok_or(MalformedTokenRequest::UnknownGrantType)?;
        let grant = match grant_type {
            GrantType::AuthorizationCode => GrantRequest::AuthorizationCode(CodeRequest {
                code: required(params, "code")?,
                redirect_uri: params.text("redirect_uri"),
                code_verifier: params.one("code_verifier").map(Secret::from),
            }),
            GrantType::RefreshToken => GrantRequest::RefreshToken(RefreshRequest {
                refresh_token: required(params, "refresh_token")?,
                scope: params.text("scope"),
            }),
            GrantType::ClientCredentials => {
                GrantRequest::ClientCredentials(ClientCredentialsRequest { scope: params.text("scope") })
            }
        };
        Ok(Self { grant, targets: Targets::from_params(params) })
    }
}

impl GrantRequest {
    /// The `grant_type` that it came with.
    pub const fn grant_type(&self) -> GrantType {
        match self {
            Self::AuthorizationCode(_) => GrantType::AuthorizationCode,
            Self::RefreshToken(_) => GrantType::RefreshToken,
            Self::ClientCredentials(_) => GrantType::ClientCredentials,
        }
    }

    /// The `scope` that it came with. A code has none: what it stands for was agreed before (RFC 6749 §4.1.3).
    pub fn scope(&self) -> Option<&str> {
        match self {
            Self::AuthorizationCode(_) => None,
            Self::RefreshToken(request) => request.scope.as_deref(),
            Self::ClientCredentials(request) => request.scope.as_deref(),
        }
    }
}

/// How a client names and proves itself in the form body (RFC 6749 §2.3.1, RFC 7523 §2.2).
#[derive(Clone, Debug, Default)]
pub struct ClientParameters {
    /// `client_id`.
    pub client_id: Option<ClientId>,
    /// `client_secret`.
    pub client_secret: Option<Secret>,
    /// `client_assertion_type`.
    pub client_assertion_type: Option<String>,
    /// `client_assertion`.
    pub client_assertion: Option<Secret>,
}

impl ClientParameters {
    /// Takes them out of a request.
    pub fn from_params(params: &Params) -> Self {
        Self {
            client_id: params.one("client_id").map(ClientId::from),
            client_secret: params.one("client_secret").map(Secret::from),
            client_assertion_type: params.text("client_assertion_type"),
            client_assertion: params.one("client_assertion").map(Secret::from),
        }
    }
}

words! {
    /// `token_type_hint` (RFC 7009 §4.1.2.2).
    TokenTypeHint {
        /// An access token.
        AccessToken = "access_token",
        /// A refresh token.
        RefreshToken = "refresh_token",
    }
}

/// A request about a token: introspection (RFC 7662 §2.1) or revocation (RFC 7009 §2.1).
#[derive(Clone, Debug)]
pub struct TokenInquiry {
    /// `token`.
    pub token: Secret,
    /// `token_type_hint`; an unknown one is no hint.
    pub token_type_hint: Option<TokenTypeHint>,
}

impl TokenInquiry {
    /// Takes the request out of its parameters.
    ///
    /// # Errors
    /// When there is no `token`.
    pub fn from_params(params: &Params) -> Result<Self, MalformedTokenRequest> {
        Ok(Self {
            token: required(params, "token")?,
            token_type_hint: params.one("token_type_hint").and_then(TokenTypeHint::from_word),
        })
    }
}

fn required(params: &Params, name: &'static str) -> Result<Secret, MalformedTokenRequest> {
    params.one(name).map(Secret::from).ok_or(MalformedTokenRequest::Missing(name))
}
