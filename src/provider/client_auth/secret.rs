//! `client_secret_basic` and `client_secret_post`: a shared secret, sent the one way that was registered (RFC 6749 §2.3.1).

use crate::model::client::{Credentials, SecretMethod};
use crate::provider::client_auth::error::ClientAuthError;
use crate::secret::{Digest, Secret};

/// Whether `secret`, sent by `method`, is one of those registered. Each is compared, so that the time does not tell which.
pub(super) fn prove(
    registered: &Credentials,
    method: SecretMethod,
    secret: &Secret,
) -> Result<(), ClientAuthError> {
    // Computed for every client, so that one that is registered for something else takes no less time.
    let sent = Digest::of(secret.expose());
    match registered {
        Credentials::Secret { method: allowed, digests } if *allowed == method => {
            let met = digests.iter().fold(false, |met, digest| (*digest == sent) | met);
            if met { Ok(()) } else { Err(ClientAuthError::WrongSecret) }
        }
        _ => Err(ClientAuthError::AnotherMethod),
    }
}
