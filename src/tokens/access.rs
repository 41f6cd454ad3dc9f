//! Access tokens: a JWT that an API checks by itself (RFC 9068), or a random text that only introspection explains. Which of the two
//! is the API's choice.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{Audience, FamilyId};
use crate::keys::keyring::{Keyring, SignError};
use crate::model::account::Account;
use crate::model::api::{AccessTokenFormat, AccessTokenType, AudienceShape, TokenLifetime};
use crate::model::authorization::Authorization;
use crate::model::client::Client;
use crate::model::opaque_token::OpaqueToken;
use crate::model::registry::Registry;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::secret::{Chance, Digest, Secret};
use crate::time::Timestamp;
use crate::tokens::subject::subject_at;

/// What a token for no API, good at the userinfo endpoint only, looks like.
const FOR_USERINFO: AccessTokenFormat =
    AccessTokenFormat::Jwt { algorithm: SigningAlgorithm::Es256, typ: AccessTokenType::AtJwt };

/// `exp` of a token that an administrator wants without end. RFC 9068 §2.2 requires one: the last second of the year 9999, beyond which
/// RFC 3339 and many libraries know no time.
pub const FOR_EVER: Timestamp = Timestamp::from_seconds(253_402_300_799);

/// The claims of a JWT access token (RFC 9068 §2.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// `iss`.
    pub iss: String,
    /// `sub`: the person as the client knows them, or the client that acts for itself.
    pub sub: String,
    /// `aud`.
    pub aud: OneOrMany,
    /// `exp`, seconds since the epoch.
    pub exp: i64,
    /// `iat`, seconds since the epoch.
    pub iat: i64,
    /// `jti`.
    pub jti: String,
    /// `client_id` (RFC 8693 §4.3).
    pub client_id: String,
    /// `scope` (RFC 8693 §4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `auth_time` (RFC 9068 §2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// `acr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// `amr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// `sid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The family that it ends with: ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fam: Option<FamilyId>,
    /// The family's generation that it was handed out with: ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#gen: Option<i64>,
}

/// `aud`: a text or several (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The names of `audiences`, as their APIs want them written; the issuer, whose userinfo endpoint is always meant, when there are
    /// none.
    pub fn of(audiences: &[Audience], registry: &Registry, issuer: &str) -> Self {
        let as_array = registry.apis_of(audiences).any(|api| api.aud == AudienceShape::Array);
        match audiences {
            [] => Self::One(issuer.to_owned()),
            [one] if !as_array => Self::One(one.to_string()),
            many => Self::Many(many.iter().map(ToString::to_string).collect()),
        }
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

/// Whom an access token speaks for.
#[derive(Clone, Copy, Debug)]
pub enum Bearer<'a> {
    /// A person, in the family `family` at its generation `generation`.
    Person {
        /// Who.
        account: &'a Account,
        /// Which family.
        family: &'a FamilyId,
        /// Which generation.
        generation: i64,
    },
    /// The client itself.
    Client,
}

/// An access token that was just made.
#[derive(Clone, Debug)]
pub struct MintedAccess {
    /// What the client gets.
    pub token: Secret,
    /// How long it is good for; none when without end.
    pub lifetime: Option<Duration>,
    /// Its record, to be stored before anybody gets it; none for a JWT.
    pub record: Option<OpaqueToken>,
}

/// Mints access tokens.
#[derive(Clone)]
pub struct AccessTokens {
    /// Signs them.
    pub keyring: Keyring,
    /// The APIs that they are for.
    pub registry: Registry,
    /// For `jti` and opaque tokens.
    pub chance: Chance,
    /// `iss`.
    pub issuer: Arc<str>,
}

impl AccessTokens {
    /// A token for `granted`, whose scope and audiences were narrowed to this token before.
    ///
    /// # Errors
    /// [`SignError`].
    pub async fn mint(
        &self,
        client: &Client,
        granted: &Authorization,
        bearer: Bearer<'_>,
        now: Timestamp,
    ) -> Result<MintedAccess, SignError> {
        // One token has one shape: the rules have seen to it that all its APIs want the same.
        let api = self.registry.apis_of(&granted.audiences).next();
        let (lifetime, expires_at) = match self.lifetime(client, &granted.audiences, bearer) {
            TokenLifetime::Limited(lifetime) => (Some(lifetime), now + lifetime),
            TokenLifetime::Unlimited => (None, FOR_EVER),
        };
        match api.map_or(FOR_USERINFO, |api| api.format) {
            AccessTokenFormat::Jwt { algorithm, typ } => {
                let claims = self.claims(client, granted, bearer, now, expires_at);
                let token = self.keyring.sign(algorithm, typ.as_str(), &claims).await?;
                Ok(MintedAccess { token: Secret::from(token), lifetime, record: None })
            }
            AccessTokenFormat::Opaque => {
                let token = self.chance.secret();
                let (family, generation) = match bearer {
                    Bearer::Person { family, generation, .. } => (Some(family.clone()), generation),
                    Bearer::Client => (None, 0),
                };
                let record = OpaqueToken {
                    digest: Digest::of(token.expose()),
                    authorization: granted.clone(),
                    family,
                    generation,
                    issued_at: now,
                    expires_at,
                };
                Ok(MintedAccess { token, lifetime, record: Some(record) })
            }
        }
    }

    /// The shortest that one of its APIs wants, or the client's. What a person gave ends some day, and their tokens with it.
    fn lifetime(&self, client: &Client, audiences: &[Audience], bearer: Bearer<'_>) -> TokenLifetime {
        let wanted = self.registry.apis_of(audiences).filter_map(|api| api.lifetime).min();
        match (wanted, bearer) {
            (None, _) => TokenLifetime::Limited(client.lifetimes.access_token),
            (Some(TokenLifetime::Unlimited), Bearer::Person { .. }) => {
                TokenLifetime::Limited(client.lifetimes.refresh_token_absolute)
            }
            (Some(wanted), _) => wanted,
        }
    }

    fn claims(
        &self,
        client: &Client,
        granted: &Authorization,
        bearer: Bearer<'_>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> AccessClaims {
        let person = granted.person.as_ref();
        let (sub, fam, generation) = match bearer {
            Bearer::Person { account, family, generation } => {
                let apis = self.registry.apis_of(&granted.audiences);
                (subject_at(apis, client, account), Some(family.clone()), Some(generation))
            }
            // RFC 9068 §2.2: "an identifier the authorization server uses to indicate the client application".
            Bearer::Client => (client.id.to_string(), None, None),
        };
        AccessClaims {
            iss: self.issuer.to_string(),
            sub,
            aud: OneOrMany::of(&granted.audiences, &self.registry, &self.issuer),
            exp: expires_at.as_seconds(),
            iat: now.as_seconds(),
            jti: self.chance.secret().expose().to_owned(),
            client_id: client.id.to_string(),
            scope: (!granted.scope.is_empty()).then(|| granted.scope.to_string()),
            auth_time: person.map(|person| person.auth_time.as_seconds()),
            acr: person.map(|person| person.acr.clone()),
            amr: person.map(|person| person.amr.clone()),
            sid: person.map(|person| person.session.to_string()),
            fam,
            r#gen: generation,
        }
    }
}
