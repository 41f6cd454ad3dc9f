//! What a request brings as proof of its client, sorted by method. A request brings one proof and no more (RFC 6749 §2.3).

use crate::id::ClientId;
use crate::oauth::basic;
use crate::oauth::body_encoding::BodyEncoding;
use crate::oauth::token_request::ClientParameters;
use crate::provider::client_auth::error::ClientAuthError;
use crate::secret::Secret;

/// The only kind of assertion that is taken (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A request's credentials as they came.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The value of the `Authorization` header.
    pub authorization: Option<Secret>,
    /// The body's part.
    pub body: ClientParameters,
    /// How the body was written.
    pub encoding: BodyEncoding,
}

/// The one proof that a request brings.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// It only names itself.
    Name,
    /// `client_secret_basic`.
    Basic(Secret),
    /// `client_secret_post`.
    Post(Secret),
    /// `private_key_jwt`.
    Assertion(Secret),
}

impl Credentials {
    /// Whether HTTP Basic was tried: then a refusal must offer it again (RFC 6749 §5.2).
    pub fn used_header(&self) -> bool {
        self.authorization.is_some()
    }

    /// Who the client says it is, and its proof.
    pub(super) fn sorted(&self) -> Result<(ClientId, Proof), ClientAuthError> {
        let body = &self.body;
        let proofs =
            [self.authorization.is_some(), body.client_secret.is_some(), body.client_assertion.is_some()];
        if proofs.into_iter().filter(|proof| *proof).count() > 1 {
            return Err(ClientAuthError::SeveralMethods);
        }
        if let Some(header) = &self.authorization {
            let (id, secret) = basic::parse(header.expose())?;
            return agreed(id, body.client_id.as_ref()).map(|id| (id, Proof::Basic(secret)));
        }
        if let Some(assertion) = &body.client_assertion {
            if body.client_assertion_type.as_deref() != Some(JWT_BEARER) {
                return Err(ClientAuthError::AssertionType);
            }
            // RFC 7521 §4.2: client_id is optional here; the assertion's own `sub` is compared with it later.
            let id = body.client_id.clone().or_else(|| claimed_subject(assertion.expose()));
            return id
                .map(|id| (id, Proof::Assertion(assertion.clone())))
                .ok_or(ClientAuthError::NobodyNamed);
        }
        let id = body.client_id.clone().ok_or(ClientAuthError::NobodyNamed)?;
        Ok((id, body.client_secret.clone().map_or(Proof::Name, Proof::Post)))
    }
}

/// RFC 6749 §3.2.1 lets a client name itself in the form as well; two names are no name.
fn agreed(id: ClientId, named: Option<&ClientId>) -> Result<ClientId, ClientAuthError> {
    if named.is_none_or(|named| *named == id) { Ok(id) } else { Err(ClientAuthError::TwoNames) }
}

/// Whom an assertion speaks of, before anybody believes it: only to find the keys that it must verify with.
fn claimed_subject(assertion: &str) -> Option<ClientId> {
    use base64::Engine as _;
    let payload = assertion.split('.').nth(1)?;
    let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&json).ok()?;
    claims.get("sub").and_then(serde_json::Value::as_str).map(ClientId::from)
}
