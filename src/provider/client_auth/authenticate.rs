//! The one way to an [`AuthenticatedClient`]: the registered method and no other (RFC 9700 §2.5).

use std::sync::Arc;

use tracing::Span;

use crate::model::client::{Client, SecretMethod, TokenRequests};
use crate::model::registry::Registry;
use crate::oauth::body_encoding::BodyEncoding;
use crate::oauth::printable::printable;
use crate::provider::client_auth::credentials::{Credentials, Proof};
use crate::provider::client_auth::error::ClientAuthError;
use crate::provider::client_auth::private_key_jwt::Assertions;
use crate::provider::client_auth::{none, secret};
use crate::secret::Digest;
use crate::time::Timestamp;

/// A client that proved itself, or is public and named itself. Made in this file only.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient(Arc<Client>);

impl AuthenticatedClient {
    /// The client.
    pub fn client(&self) -> &Arc<Client> {
        &self.0
    }
}

/// Authenticates clients.
#[derive(Clone, Debug)]
pub struct ClientAuth {
    /// Who is registered.
    pub registry: Registry,
    /// For those with keys.
    pub assertions: Assertions,
}

impl ClientAuth {
    /// Finds the client that the request names and checks its proof.
    ///
    /// # Errors
    /// [`ClientAuthError`].
    pub async fn authenticate(
        &self,
        credentials: &Credentials,
        now: Timestamp,
    ) -> Result<AuthenticatedClient, ClientAuthError> {
        let (id, proof) = credentials.sorted()?;
        // Whatever the log says of this request from here on, it says of this client.
        Span::current().record("client.id", printable(id.as_str()));
        let Some(client) = self.registry.client(&id) else {
            return Err(unknown(&proof));
        };
        match &proof {
            Proof::Name => none::prove(&client.credentials)?,
            Proof::Basic(sent) => secret::prove(&client.credentials, SecretMethod::Basic, sent)?,
            Proof::Post(sent) => secret::prove(&client.credentials, SecretMethod::Post, sent)?,
            Proof::Assertion(assertion) => self.assertions.prove(&id, assertion, now).await?,
        }
        // After the proof: a stranger does not learn how a client writes.
        if credentials.encoding == BodyEncoding::Json && client.token_requests == TokenRequests::Form {
            return Err(ClientAuthError::JsonNotRegistered);
        }
        Ok(AuthenticatedClient(client))
    }
}

/// An unknown client is told what a known one is told, after the same work where that is a digest. A signature is another matter: how
/// long its check takes tells that a client with keys exists, which the authorization endpoint tells anybody who asks.
fn unknown(proof: &Proof) -> ClientAuthError {
    if let Proof::Basic(sent) | Proof::Post(sent) = proof {
        std::hint::black_box(Digest::of(sent.expose()));
    }
    ClientAuthError::UnknownClient
}
