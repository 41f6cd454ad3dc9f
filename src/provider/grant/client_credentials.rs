//! `client_credentials` (RFC 6749 §4.4): a client speaks for itself. No refresh token (§4.4.3), no person, and with a JWT nothing is
//! written.

use crate::model::authorization::Authorization;
use crate::model::client::Client;
use crate::model::registry::Registry;
use crate::oauth::claims::ClaimsRequest;
use crate::provider::grant::granted::Granted;
use crate::provider::grant::settlement::Settlement;
use crate::rules::scope::of_client_itself;

/// All that `client` may have for itself.
pub fn authorize(client: &Client, registry: &Registry) -> Granted {
    Granted {
        authorization: Authorization {
            client: client.id.clone(),
            person: None,
            scope: of_client_itself(client, registry.apis()),
            audiences: client.audiences.clone(),
            claims: ClaimsRequest::default(),
        },
        person: None,
        nonce: None,
        refresh_token: None,
        settlement: Settlement::Nothing,
    }
}
