//! An `id_token_hint`: an ID token of ours that comes back, expired or not (OpenID Connect Core §3.1.2.1, RP-Initiated Logout §2).

use serde::Deserialize;

use crate::id::{ClientId, SessionId};
use crate::keys::keyring::Keyring;

/// What a verified hint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdTokenHint {
    /// `sub`, as the client knows the person.
    pub subject: String,
    /// `aud`.
    pub audiences: Vec<ClientId>,
    /// `azp`.
    pub authorized_party: Option<ClientId>,
    /// `sid`.
    pub session: Option<SessionId>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMany,
    azp: Option<ClientId>,
    sid: Option<SessionId>,
    /// Every ID token of ours has it, and nothing else that we sign with this `typ` has it without a `client_id`.
    #[expect(dead_code, reason = "its presence is what counts")]
    auth_time: i64,
    client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(ClientId),
    Many(Vec<ClientId>),
}

/// Reads a hint; `None` when it is no ID token that we signed. Its age does not matter: both specifications take expired ones,
/// and nobody can help it that keys changed since.
pub fn hint(keyring: &Keyring, issuer: &str, text: &str) -> Option<IdTokenHint> {
    let verified = keyring.verify_hint(text).ok()?;
    // RFC 8725 §3.11: our other tokens say in `typ` what they are, and none of them is an ID token.
    if !verified.has_typ("JWT") {
        return None;
    }
    let claims: Claims = verified.claims().ok()?;
    // An access token for an API that insists on `typ` JWT has a `client_id`, which no ID token has.
    (claims.iss == issuer && claims.client_id.is_none()).then(|| IdTokenHint {
        subject: claims.sub,
        audiences: match claims.aud {
            OneOrMany::One(audience) => vec![audience],
            OneOrMany::Many(audiences) => audiences,
        },
        authorized_party: claims.azp,
        session: claims.sid,
    })
}
