//! A client with a key of its own, and the assertions that it signs. josekit plays the client's library.

use josekit::jwk::Jwk;
use josekit::jws::{self, ES256, JwsHeader};
use passerelle::id::ClientId;
use passerelle::model::client::{Client, Credentials};
use serde_json::{Value, json};

use super::parts::{BEGINNING, ISSUER, web};

/// A client's key.
pub struct ClientKey(Jwk);

impl ClientKey {
    /// A new key, by the name `kid`.
    pub fn new(kid: &str) -> Self {
        let mut jwk = Jwk::generate_ec_key(josekit::jwk::P_256).unwrap();
        jwk.set_key_id(kid);
        Self(jwk)
    }

    /// The JWK Set that the client registers.
    pub fn jwks(&self) -> Value {
        let mut public = self.0.to_public_key().unwrap();
        public.set_key_id(self.0.key_id().unwrap());
        json!({ "keys": [public] })
    }

    /// `claims` signed, with a `typ` or without.
    pub fn signs(&self, typ: Option<&str>, claims: &Value) -> String {
        let mut header = JwsHeader::new();
        header.set_key_id(self.0.key_id().unwrap());
        if let Some(typ) = typ {
            header.set_token_type(typ);
        }
        let signer = ES256.signer_from_jwk(&self.0).unwrap();
        jws::serialize_compact(claims.to_string().as_bytes(), &header, &signer).unwrap()
    }
}

/// A confidential client, `id`, that proves itself with `key`.
pub fn keyed(id: &str, key: &ClientKey) -> Client {
    Client { id: ClientId::from(id), credentials: Credentials::PrivateKey { jwks: key.jwks() }, ..web() }
}

/// What an honest assertion of `client` says.
pub fn honest(client: &str, jti: &str) -> Value {
    let now = BEGINNING.as_seconds();
    json!({ "iss": client, "sub": client, "aud": ISSUER, "exp": now + 60, "iat": now, "jti": jti })
}
