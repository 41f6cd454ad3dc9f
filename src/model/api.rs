//! An API that accepts our access tokens: a resource server (RFC 8707), and the shape of token it wants.

use std::time::Duration;

use crate::i18n::Sentence;
use crate::id::{Audience, ClientId};
use crate::model::client::SubjectKind;
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
    /// How `aud` is written in them.
    pub aud: AudienceShape,
    /// What their `sub` says of a person; the client's setting where none.
    pub subject: Option<SubjectKind>,
    /// How long they live; the client's setting where none.
    pub lifetime: Option<TokenLifetime>,
    /// The clients by which the API itself asks what a token means (RFC 7662).
    pub introspected_by: Vec<ClientId>,
}

/// How `aud` is written (RFC 7519 §4.1.3 allows both).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AudienceShape {
    /// A text when it is one, since many libraries read nothing else.
    #[default]
    Text,
    /// An array even of one, for a library that insists.
    Array,
}

/// How long access tokens live. The order is that of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenLifetime {
    /// So long.
    Limited(Duration),
    /// Without end, as far as that can be said.
    Unlimited,
}

/// A scope of an API, in words a person understands.
#[derive(Clone, Debug)]
pub struct ApiScope {
    /// The scope token.
    pub token: String,
    /// One sentence for the consent page; the token itself where none.
    pub description: Option<Sentence>,
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
