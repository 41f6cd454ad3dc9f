//! How a client proves who it is at the token endpoint (OpenID Connect Core §9).

use super::word::words;

words! {
    /// `token_endpoint_auth_method` (RFC 7591 §2).
    AuthenticationMethod {
        /// A public client: it names itself and proves nothing.
        None = "none",
        /// HTTP Basic with form-encoded id and secret (RFC 6749 §2.3.1).
        ClientSecretBasic = "client_secret_basic",
        /// Id and secret in the form body.
        ClientSecretPost = "client_secret_post",
        /// An assertion signed by the client's own key (RFC 7523 §2.2).
        PrivateKeyJwt = "private_key_jwt",
    }
}
