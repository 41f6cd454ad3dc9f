//! Logout tokens: that a session has ended, said to one client (OpenID Connect Back-Channel Logout §2.4).

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::id::SessionId;
use crate::keys::keyring::{Keyring, SignError};
use crate::model::account::Account;
use crate::model::client::Client;
use crate::secret::{Chance, Secret};
use crate::time::Timestamp;
use crate::tokens::subject::subject;

/// §2.4 wants it short, "preferably at most two minutes in the future": it is signed when it is sent.
const LIFETIME: Duration = Duration::from_mins(2);
/// The one member of `events`.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Mints logout tokens.
#[derive(Clone)]
pub struct LogoutTokens {
    /// Signs them.
    pub keyring: Keyring,
    /// `iss`.
    pub issuer: Arc<str>,
    /// For `jti`.
    pub chance: Chance,
}

#[derive(Serialize)]
struct LogoutClaims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    events: serde_json::Value,
    sid: &'a str,
}

impl LogoutTokens {
    /// A logout token. There is never a `nonce` in it (§2.4), and its `typ` keeps it from being taken for an ID token (RFC 8725 §3.11).
    /// Each try to deliver has its own `jti`: a client that refuses a repeated one hears all the same.
    ///
    /// # Errors
    /// [`SignError`].
    pub async fn mint(
        &self,
        client: &Client,
        account: &Account,
        session: &SessionId,
        now: Timestamp,
    ) -> Result<Secret, SignError> {
        let claims = LogoutClaims {
            iss: &self.issuer,
            sub: subject(client, account),
            aud: client.id.as_str(),
            iat: now.as_seconds(),
            exp: (now + LIFETIME).as_seconds(),
            jti: self.chance.secret().expose().to_owned(),
            events: json!({ EVENT: {} }),
            sid: session.as_str(),
        };
        // §2.6: verified with the keys and the algorithm of the client's ID tokens.
        self.keyring.sign(client.id_token.algorithm, "logout+jwt", &claims).await.map(Secret::from)
    }
}
