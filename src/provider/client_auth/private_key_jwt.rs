//! `private_key_jwt`: an assertion signed by the client's own key, good once (RFC 7523 §2.2, OpenID Connect Core §9).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::id::ClientId;
use crate::keys::client_keys::ClientKeys;
use crate::provider::client_auth::error::ClientAuthError;
use crate::rules::client_assertion;
use crate::secret::Secret;
use crate::store::db::Db;
use crate::store::used_assertions;
use crate::time::Timestamp;

/// Checks assertions.
#[derive(Clone, Debug)]
pub struct Assertions {
    /// Where used ones are remembered.
    pub db: Db,
    /// The clients' keys, built once.
    pub keys: Arc<BTreeMap<ClientId, ClientKeys>>,
    /// The names that we answer to: the issuer and the token endpoint's URL.
    pub audiences: Arc<[String]>,
}

impl Assertions {
    /// Whether `assertion` proves `client`. The order is security: it is spent only when everything else holds, so that nobody
    /// without the key uses up an id.
    pub(super) async fn prove(
        &self,
        client: &ClientId,
        assertion: &Secret,
        now: Timestamp,
    ) -> Result<(), ClientAuthError> {
        let keys = self.keys.get(client).ok_or(ClientAuthError::AnotherMethod)?;
        let verified = keys.verify(assertion.expose()).map_err(ClientAuthError::Assertion)?;
        // RFC 8725 §3.11: a token that says it is of another kind is none of ours; most libraries write `JWT` or nothing.
        if verified.typ.is_some()
            && !verified.has_typ("JWT")
            && !verified.has_typ("client-authentication+jwt")
        {
            return Err(ClientAuthError::AssertionKind);
        }
        let accepted = client_assertion::check(&verified.payload, client, &self.audiences, now)?;
        let owner = client.clone();
        let spent = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    used_assertions::spend(tx, &owner, &accepted.jti, accepted.expires_at).await
                })
            })
            .await?;
        if spent { Ok(()) } else { Err(ClientAuthError::AssertionReplayed) }
    }
}
