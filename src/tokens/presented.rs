//! What an access token means that somebody presents to us, and whether it still means it: signature or record, type, issuer, age,
//! revocation, the family it ends with.

use std::sync::Arc;

use crate::id::{Audience, ClientId};
use crate::keys::compact::VerifiedJws;
use crate::keys::keyring::Keyring;
use crate::model::authorization::Authorization;
use crate::model::opaque_token::OpaqueToken;
use crate::model::token_family::TokenFamily;
use crate::oauth::scope::Scope;
use crate::secret::Digest;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{opaque_tokens, revoked_tokens, token_families};
use crate::time::Timestamp;
use crate::tokens::access::AccessClaims;

/// An access token that is good now.
#[derive(Clone, Debug)]
pub struct LiveAccess {
    /// What it stands for, narrowed to this token.
    pub authorization: Authorization,
    /// The family it belongs to; none when a client acts for itself.
    pub family: Option<TokenFamily>,
    /// The family's generation that it was handed out with.
    pub generation: i64,
    /// `jti` of a JWT.
    pub jti: Option<String>,
    /// `sub` as it stands in a JWT.
    pub subject: Option<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Opens access tokens.
#[derive(Clone)]
pub struct Presented {
    /// Where records and revocations are.
    pub db: Db,
    /// Whose signatures count.
    pub keyring: Keyring,
    /// `iss`.
    pub issuer: Arc<str>,
}

impl Presented {
    /// What `token` means; `None` when it is no access token of ours, or is not good any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(&self, token: &str, now: Timestamp) -> Result<Option<LiveAccess>, StoreError> {
        let Some(live) = self.read(token, now).await?.filter(|live| live.expires_at > now) else {
            return Ok(None);
        };
        if let Some(family) = &live.family {
            let seen = family.refresh.as_ref();
            let newest = seen
                .is_some_and(|refresh| refresh.generation == live.generation && refresh.successor.is_some());
            if newest {
                self.arrived(family, live.generation).await?;
            }
        }
        Ok(Some(live))
    }

    async fn read(&self, token: &str, now: Timestamp) -> Result<Option<LiveAccess>, StoreError> {
        if token.contains('.') {
            let claims = self.keyring.verify(token).ok().and_then(|verified| self.access_claims(&verified));
            // An expired one costs no question.
            match claims.filter(|claims| claims.exp > now.as_seconds()) {
                Some(claims) => self.of_jwt(claims).await,
                None => Ok(None),
            }
        } else {
            match opaque_tokens::find(&self.db, &Digest::of(token)).await? {
                Some(record) => self.of_record(record).await,
                None => Ok(None),
            }
        }
    }

    /// RFC 9068 §4: the type is checked first, so that an ID token or a logout token is never taken for an access token. An API that
    /// insists on `typ` JWT has tokens that are told from ID tokens by `client_id` and `jti`, which those never have.
    fn access_claims(&self, verified: &VerifiedJws) -> Option<AccessClaims> {
        if !verified.has_typ("at+jwt") && !verified.has_typ("JWT") {
            return None;
        }
        verified.claims::<AccessClaims>().ok().filter(|claims| claims.iss == *self.issuer)
    }

    async fn of_jwt(&self, claims: AccessClaims) -> Result<Option<LiveAccess>, StoreError> {
        let family = match &claims.fam {
            None => {
                if revoked_tokens::contains(&self.db, &claims.jti).await? {
                    return Ok(None);
                }
                None
            }
            // A family's tokens die with it, and each may be revoked alone.
            Some(id) => match token_families::find_for_token(&self.db, id, &claims.jti).await? {
                Some((family, false)) if family.revoked.is_none() => Some(family),
                _ => return Ok(None),
            },
        };
        let scope = Scope::parse(claims.scope.as_deref().unwrap_or_default()).unwrap_or_default();
        let audiences = claims.aud.iter().filter(|name| *name != &*self.issuer).map(Audience::from).collect();
        let authorization = Authorization {
            client: ClientId::from(claims.client_id),
            person: family.as_ref().and_then(|family| family.authorization.person.clone()),
            scope,
            audiences,
            claims: family.as_ref().map(|family| family.authorization.claims.clone()).unwrap_or_default(),
        };
        Ok(Some(LiveAccess {
            authorization,
            family,
            generation: claims.r#gen.unwrap_or(0),
            jti: Some(claims.jti),
            subject: Some(claims.sub),
            issued_at: Timestamp::from_seconds(claims.iat),
            expires_at: Timestamp::from_seconds(claims.exp),
        }))
    }

    async fn of_record(&self, record: OpaqueToken) -> Result<Option<LiveAccess>, StoreError> {
        let family = match &record.family {
            None => None,
            Some(id) => match token_families::find(&self.db, id).await? {
                Some(family) if family.revoked.is_none() => Some(family),
                _ => return Ok(None),
            },
        };
        Ok(Some(LiveAccess {
            authorization: record.authorization,
            family,
            generation: record.generation,
            jti: None,
            subject: None,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
        }))
    }

    /// A token of the newest answer is in use, so that answer arrived: `rules::rotation` tells why that matters.
    async fn arrived(&self, family: &TokenFamily, generation: i64) -> Result<(), StoreError> {
        let id = family.id.clone();
        let write = self.db.write(move |tx| {
            Box::pin(async move { token_families::mark_successor_used(tx, &id, generation).await })
        });
        write.await.map(drop)
    }
}
