//! `none`: a public client names itself and proves nothing (RFC 6749 §2.1). What protects its codes is PKCE.

use crate::model::client::Credentials;
use crate::provider::client_auth::error::ClientAuthError;

/// Whether the client may go without proof. A confidential one may not, even where it would be harmless.
pub(super) const fn prove(registered: &Credentials) -> Result<(), ClientAuthError> {
    match registered {
        Credentials::Public => Ok(()),
        Credentials::Secret { .. } | Credentials::PrivateKey { .. } => Err(ClientAuthError::AnotherMethod),
    }
}
