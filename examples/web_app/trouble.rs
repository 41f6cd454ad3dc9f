//! What can go wrong between the app and its provider.

use openidconnect::ConfigurationError;

/// Each is told to the person on a page; none holds a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The provider's own answer (OpenID Connect Core §3.1.2.6).
    #[error("the provider refused: {error} {description}")]
    Refused { error: String, description: String },
    #[error("this answer belongs to no sign-in that was begun in this browser; please begin again")]
    NotBegunHere,
    #[error("the answer carries no code")]
    NoCode,
    /// RFC 9207: an answer of another provider.
    #[error("the answer comes from another provider, {0}")]
    OtherProvider(String),
    /// OpenID Connect Core §4: a link that begins a sign-in names who is to be asked.
    #[error("this link begins no sign-in at the provider of this app, but at {0:?}")]
    OtherIssuer(String),
    #[error("{0} is no URL")]
    NoUrl(String),
    #[error("the provider cannot be reached or describes itself wrongly: {0}")]
    Discovery(String),
    #[error("the provider has no endpoint for this: {0}")]
    NoEndpoint(#[from] ConfigurationError),
    #[error("the provider has no endpoint for signing out")]
    NoSignOut,
    #[error("the provider gave no tokens: {0}")]
    Token(String),
    #[error("the provider gave no ID token")]
    NoIdToken,
    #[error("the ID token is not to be believed: {0}")]
    IdToken(String),
    #[error("the provider did not tell more about the user: {0}")]
    UserInfo(String),
    #[error("the provider gave no refresh token")]
    NoRefreshToken,
    #[error("nobody is signed in here")]
    NotSignedIn,
}
