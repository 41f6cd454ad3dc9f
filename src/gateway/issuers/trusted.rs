//! The issuers whose tokens are taken. A token's own `iss` only chooses among them; then it is checked for that one and no other.

use std::sync::Arc;

use serde_json::Value;
use tracing::info;

use super::asking::Asking;
use super::claimed::Claimed;
use super::description::{IssuerDescription, KeysFrom, Places, Typ, Validation};
use super::error::IssuerError;
use super::fetched_keys::{FetchedKeys, Question, Source};
use super::foreign_token::{ForeignToken, Read};
use crate::keys::compact::VerifiedJws;
use crate::keys::issuer_keys::IssuerKeys;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::rules::claim_path::words;
use crate::rules::foreign_identity::IdentityRule;
use crate::rules::foreign_token::{Accepted, Expectations, ForeignRefusal, check};
use crate::secret::Secret;
use crate::store::db::Db;
use crate::store::used_assertions;
use crate::time::Timestamp;

/// The trusted issuers. Clones share their keys and answers.
#[derive(Clone)]
pub struct Issuers {
    issuers: Arc<[Issuer]>,
    db: Db,
}

/// One of them.
struct Issuer {
    name: Arc<str>,
    iss: Arc<str>,
    expectations: Expectations,
    voucher: Voucher,
    places: Places,
    apis: Option<Vec<String>>,
    identity: Vec<IdentityRule>,
}

/// Who vouches for its tokens.
enum Voucher {
    Keys { algorithms: Vec<SigningAlgorithm>, typ: Typ, keys: Keys },
    Asking(Asking),
}

enum Keys {
    Fixed(Arc<IssuerKeys>),
    Fetched(FetchedKeys),
}

/// Claims that somebody vouches for, and until when.
struct Vouched {
    claims: Value,
    until: Option<Timestamp>,
}

impl Issuers {
    /// Over these descriptions, each with its HTTP client. Nothing is asked yet.
    pub fn new(described: impl IntoIterator<Item = (IssuerDescription, reqwest::Client)>, db: Db) -> Self {
        Self { issuers: described.into_iter().map(|(issuer, http)| Issuer::new(issuer, http)).collect(), db }
    }

    /// Whether there is nobody to trust.
    pub fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// Fetches the keys that will be needed, so that the log tells at once whose cannot be had.
    pub async fn warm(&self, now: Timestamp) {
        for issuer in &*self.issuers {
            if let Voucher::Keys { keys: Keys::Fetched(keys), .. } = &issuer.voucher {
                keys.warm(now).await;
            }
        }
    }

    /// What `token` means; the log has the reason when it means nothing.
    ///
    /// # Errors
    /// [`IssuerError`].
    pub async fn verify(&self, token: &Secret, now: Timestamp) -> Result<ForeignToken, IssuerError> {
        let verified = self.verified(token, now).await;
        if let Err(error) = &verified {
            tell(error);
        }
        verified
    }

    /// The order is security: a token is spent only when everything else holds, so that nobody without the key uses up an id.
    async fn verified(&self, token: &Secret, now: Timestamp) -> Result<ForeignToken, IssuerError> {
        let claimed = Claimed::of(token.expose());
        let (issuer, read) = self.chosen_by(&claimed)?;
        let vouched = issuer.vouched(token, read, now).await?;
        let accepted = check(&vouched.claims, &issuer.expectations, now)?;
        let token = issuer.read(vouched, &accepted)?;
        self.spend(issuer, accepted.spend).await?;
        Ok(token)
    }

    fn chosen_by<'c>(&self, claimed: &'c Claimed) -> Result<(&Issuer, Option<&'c Value>), IssuerError> {
        match claimed {
            Claimed::Nothing => Err(IssuerError::NotAToken),
            Claimed::Encrypted => Err(IssuerError::Encrypted),
            Claimed::Jwt(claims) => {
                let iss = claims.get("iss").and_then(Value::as_str).ok_or(IssuerError::UnknownIssuer)?;
                let issuer = self.named(iss).ok_or(IssuerError::UnknownIssuer)?;
                Ok((issuer, Some(claims)))
            }
            // The configuration has one at most: a token of one issuer is not shown to another.
            Claimed::Opaque => {
                let asked = |issuer: &&Issuer| match &issuer.voucher {
                    Voucher::Asking(asking) => asking.takes_opaque_tokens(),
                    Voucher::Keys { .. } => false,
                };
                self.issuers.iter().find(asked).map(|issuer| (issuer, None)).ok_or(IssuerError::Unknown)
            }
        }
    }

    /// Whom the tokens of `iss` stand for.
    pub(super) fn identity_rules(&self, iss: &str) -> &[IdentityRule] {
        self.named(iss).map(|issuer| issuer.identity.as_slice()).unwrap_or_default()
    }

    fn named(&self, iss: &str) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.expectations.issuer == iss)
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    async fn spend(&self, issuer: &Issuer, spend: Option<(String, Timestamp)>) -> Result<(), IssuerError> {
        let Some((jti, until)) = spend else { return Ok(()) };
        let iss = issuer.iss.clone();
        let write = self.db.write(move |tx| {
            Box::pin(async move { used_assertions::spend_of_issuer(tx, &iss, &jti, until).await })
        });
        if write.await? { Ok(()) } else { Err(IssuerError::Replayed) }
    }
}

impl Issuer {
    fn new(described: IssuerDescription, http: reqwest::Client) -> Self {
        let IssuerDescription { name, url, expectations, apis, validation, places, identity, timeout: _ } =
            described;
        let iss = expectations.issuer.clone();
        let voucher = match validation {
            Validation::Local { algorithms, typ, keys: KeysFrom::Fixed(keys) } => {
                Voucher::Keys { algorithms, typ, keys: Keys::Fixed(keys) }
            }
            Validation::Local { algorithms, typ, keys: KeysFrom::Fetched { jwks_uri, rhythm } } => {
                let source =
                    Source { name: name.clone(), issuer: url, iss: iss.clone(), jwks_uri, http, rhythm };
                Voucher::Keys { algorithms, typ, keys: Keys::Fetched(FetchedKeys::new(source)) }
            }
            Validation::Asked(asked) => {
                Voucher::Asking(Asking::new(name.clone(), (url, iss.clone()), asked, http))
            }
        };
        Self { name: name.into(), iss: iss.into(), expectations, voucher, places, apis, identity }
    }

    async fn vouched(
        &self,
        token: &Secret,
        read: Option<&Value>,
        now: Timestamp,
    ) -> Result<Vouched, IssuerError> {
        match &self.voucher {
            Voucher::Keys { algorithms, typ, keys } => {
                let question = Question { token: token.expose(), algorithms, now };
                let verified = match keys {
                    Keys::Fixed(keys) => keys.verify(question.token, algorithms)?,
                    Keys::Fetched(keys) => keys.verify(question).await?,
                };
                typ.demand_of(&verified)?;
                let claims = verified.claims().map_err(|_| IssuerError::NotAToken)?;
                Ok(Vouched { claims, until: None })
            }
            Voucher::Asking(asking) => {
                let vouched = asking.vouches_for(token, read, now).await?;
                let claims = Value::clone(&vouched.claims);
                Ok(Vouched { claims, until: Some(vouched.until) })
            }
        }
    }

    /// What is written, or else those of our names that the token itself says.
    fn audiences(&self, claims: &Value) -> Vec<String> {
        if let Some(apis) = &self.apis {
            return apis.clone();
        }
        let named = words(&["aud".into()], claims);
        let ours = self.expectations.audiences.iter().filter(|audience| named.contains(&audience.as_str()));
        ours.cloned().collect()
    }

    fn read(&self, vouched: Vouched, accepted: &Accepted) -> Result<ForeignToken, IssuerError> {
        let Vouched { claims, until } = vouched;
        let read = Read::of(&claims, &self.places);
        // RFC 7662 §2.2 lets an answer name nobody.
        let subject = read.subject.or_else(|| read.client.clone());
        let ends = [accepted.expires_at, until].into_iter().flatten().min();
        Ok(ForeignToken {
            issuer: self.iss.clone(),
            issuer_name: self.name.clone(),
            audiences: self.audiences(&claims),
            subject: subject.ok_or(ForeignRefusal::Missing("sub"))?,
            client: read.client,
            scope: read.scope,
            roles: read.roles,
            acr: read.acr,
            auth_time: read.auth_time,
            // A token that is verified by a key says it, and an answer has an end.
            expires_at: ends.ok_or(ForeignRefusal::Missing("exp"))?,
            once: accepted.spend.is_some(),
            claims,
        })
    }
}

/// Once for each token, whoever asked.
pub(super) fn tell(error: &IssuerError) {
    info!(reason = error.reason(), "refused a token of another issuer: {error}");
}

impl Typ {
    /// RFC 9068 §4: `at+jwt` or `application/at+jwt`. A provider that marks nothing calls its tokens `JWT`, or nothing at all; those that
    /// are marked as something else are something else, and an ID token or a logout token is told by what only it may hold.
    fn demand_of(self, verified: &VerifiedJws) -> Result<(), IssuerError> {
        let marked = verified.has_typ("at+jwt");
        let unmarked = verified.typ.is_none() || verified.has_typ("JWT");
        match self {
            _ if marked => Ok(()),
            Self::Unmarked if unmarked => {
                let claims: Value = verified.claims().map_err(|_| IssuerError::NotAToken)?;
                let others = ["at_hash", "c_hash", "s_hash", "events"];
                if others.iter().any(|name| claims.get(name).is_some()) {
                    Err(IssuerError::Type)
                } else {
                    Ok(())
                }
            }
            Self::AtJwt | Self::Unmarked => Err(IssuerError::Type),
        }
    }
}
