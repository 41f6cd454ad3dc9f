//! An API that accepts our access tokens: a resource server (RFC 8707), and the shape of token it wants.

use std::time::Duration;

use crate::id::{Audience, ClientId};
use crate::oauth::algorithm::SigningAlgorithm;

/// A resource server.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name: what clients say in `resource` or `audience`, and what its tokens carry in `aud`.
    pub audience: Audience,
    /// The scopes that mean something there.
    pub scopes: Vec<ApiScope>,
    /// What its access tokens look like.
    pub format: AccessTokenFormat,
    /// How long they live; the client's setting where none.
    pub lifetime: Option<Duration>,
    /// The clients by which the API itself asks what a token means (RFC 7662).
    pub introspected_by: Vec<ClientId>,
}

/// A scope of an API, in words a person understands.
#[derive(Clone, Debug)]
pub struct ApiScope {
    /// The scope token.
    pub token: String,
    /// One sentence for the consent page; the token itself where none.
    pub description: Option<String>,
}

/// What an access token looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenFormat {
    /// A signed JWT (RFC 9068).
    Jwt {
        /// Its `alg`.
        algorithm: SigningAlgorithm,
        /// Its `typ`.
        typ: AccessTokenType,
    },
    /// A random string that only introspection explains.
    Opaque,
}

/// The `typ` header of a JWT access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenType {
    /// `at+jwt` (RFC 9068 §2.1).
    AtJwt,
    /// `JWT`, for an API whose library insists.
    Jwt,
}

impl AccessTokenType {
    /// The header's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }
}
