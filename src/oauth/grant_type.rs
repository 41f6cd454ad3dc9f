//! Grant types that the token endpoint knows.

use super::word::words;

words! {
    /// `grant_type` (RFC 6749 §4).
    GrantType {
        /// A code from the authorization endpoint.
        AuthorizationCode = "authorization_code",
        /// A refresh token.
        RefreshToken = "refresh_token",
        /// The client speaks for itself.
        ClientCredentials = "client_credentials",
    }
}
