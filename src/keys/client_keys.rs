//! A client's JWK Set, read once and kept as ready verifiers for its signed assertions. Fetching a set is done elsewhere.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

use super::compact::{Unverified, VerifiedJws, VerifyError};
use super::jwk::{PublicHalf, UnfitKey, Verifier, permitted_algorithms};
use crate::id::KeyId;
use crate::oauth::algorithm::SigningAlgorithm;

/// Real sets hold one to five keys.
const MOST_KEYS: usize = 32;
/// How many keys are tried on a token that names none: a stranger's token must not cost more than this.
const MOST_TRIES: usize = 8;

/// Why a client's JWK Set is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeysError {
    /// No object with an array `keys` (RFC 7517 §5.1).
    #[error("not a JWK Set: a JSON object with an array `keys` is needed")]
    NotASet,
    /// More keys than anybody needs.
    #[error("the JWK Set has {0} keys; at most {MOST_KEYS} are taken")]
    TooMany(usize),
    /// A key that must not stand there.
    #[error("keys[{index}]{}: {reason}", named(.kid.as_ref()))]
    Unfit {
        /// Which one, counted from 0.
        index: usize,
        /// Its `kid`, when it has one.
        kid: Option<KeyId>,
        /// What is wrong with it.
        reason: UnfitKey,
    },
    /// Nothing in it verifies a signature of ours.
    #[error("the JWK Set has no key for RS256, PS256, ES256 or EdDSA signatures{}", list(.0))]
    NothingUsable(Vec<Self>),
}

/// A client's keys, ready to verify.
pub struct ClientKeys(Vec<ClientKey>);

struct ClientKey {
    kid: Option<KeyId>,
    /// `kid`, or the thumbprint in its place.
    name: KeyId,
    verifiers: BTreeMap<SigningAlgorithm, Verifier>,
}

impl ClientKeys {
    /// Reads a JWK Set. A key for another use, or of a type that we do not speak, is passed over (RFC 7517 §5); one that is
    /// private, symmetric, weak or broken refuses the whole set, so that its owner hears of it.
    ///
    /// # Errors
    /// [`ClientKeysError`], which says which key and why.
    pub fn from_jwks(jwks: &Value) -> Result<Self, ClientKeysError> {
        let (keys, unfit) = sorted(jwks)?;
        match unfit.iter().find(|(_, passes)| !passes) {
            Some((mistake, _)) => Err(mistake.clone()),
            None => Self::of(keys, unfit).map(|(keys, _)| keys),
        }
    }

    /// Reads the JWK Set of somebody who publishes it for everybody and is not here to be told: whatever cannot be used is passed over,
    /// and listed. A key whose private half stands in the set too is none that could be believed.
    pub(super) fn from_published(jwks: &Value) -> Result<(Self, Vec<ClientKeysError>), ClientKeysError> {
        let (keys, unfit) = sorted(jwks)?;
        Self::of(keys, unfit)
    }

    fn of(
        keys: Vec<ClientKey>,
        unfit: Vec<(ClientKeysError, bool)>,
    ) -> Result<(Self, Vec<ClientKeysError>), ClientKeysError> {
        let unfit = unfit.into_iter().map(|(unfit, _)| unfit).collect();
        if keys.is_empty() { Err(ClientKeysError::NothingUsable(unfit)) } else { Ok((Self(keys), unfit)) }
    }

    /// Checks that one of the client's keys signed `compact`: the one it names, or any that fits when it names none.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn verify(&self, compact: &str) -> Result<VerifiedJws, VerifyError> {
        self.vouch_for(&Unverified::parse(compact)?)
    }

    /// The same for a token that was taken apart.
    pub(super) fn vouch_for(&self, token: &Unverified<'_>) -> Result<VerifiedJws, VerifyError> {
        // RFC 7517 §4.5 lets keys share a `kid`, so a name too may mean several.
        let candidates: Vec<(&ClientKey, &Verifier)> = self
            .0
            .iter()
            .filter(|key| token.kid.is_none() || key.kid.as_ref().map(KeyId::as_str) == token.kid.as_deref())
            .filter_map(|key| Some((key, key.verifiers.get(&token.algorithm)?)))
            .collect();
        match candidates.len() {
            0 => return Err(VerifyError::UnknownKey),
            1..=MOST_TRIES => {}
            _ => return Err(VerifyError::UnnamedKey),
        }
        let mut tries =
            candidates.into_iter().map(|(key, verifier)| token.vouched_for(&**verifier, &key.name));
        tries.find(|tried| *tried != Err(VerifyError::Signature)).unwrap_or(Err(VerifyError::Signature))
    }
}

impl ClientKey {
    fn read(jwk: &Value) -> Result<Self, UnfitKey> {
        let members: &Map<String, Value> = jwk.as_object().ok_or(UnfitKey::NotAKey)?;
        let half = PublicHalf::from_members(members)?;
        if members.get("kid").is_some_and(|kid| !kid.is_string()) {
            return Err(UnfitKey::Member("kid"));
        }
        let verifiers = permitted_algorithms(&half, members)?
            .into_iter()
            .map(|algorithm| Ok((algorithm, half.verifier(algorithm).map_err(|_| UnfitKey::NoSuchKey)?)))
            .collect::<Result<_, UnfitKey>>()?;
        let kid = kid(jwk);
        let name = kid.clone().unwrap_or_else(|| half.thumbprint());
        Ok(Self { kid, name, verifiers })
    }
}

/// The keys of a set that can be used, and the others, each with whether it may stand there.
type Sorted = (Vec<ClientKey>, Vec<(ClientKeysError, bool)>);

fn sorted(jwks: &Value) -> Result<Sorted, ClientKeysError> {
    let keys = jwks.get("keys").and_then(Value::as_array).ok_or(ClientKeysError::NotASet)?;
    if keys.len() > MOST_KEYS {
        return Err(ClientKeysError::TooMany(keys.len()));
    }
    let mut usable = Vec::new();
    let mut unfit = Vec::new();
    for (index, jwk) in keys.iter().enumerate() {
        match ClientKey::read(jwk) {
            Ok(key) => usable.push(key),
            Err(reason) => {
                let passes = reason.may_be_passed_over();
                unfit.push((ClientKeysError::Unfit { index, kid: kid(jwk), reason }, passes));
            }
        }
    }
    Ok((usable, unfit))
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.name)).finish()
    }
}

fn kid(jwk: &Value) -> Option<KeyId> {
    jwk.get("kid").and_then(Value::as_str).map(KeyId::from)
}

fn named(kid: Option<&KeyId>) -> String {
    kid.map(|kid| format!(" (kid {:?})", kid.as_str())).unwrap_or_default()
}

fn list(passed_over: &[ClientKeysError]) -> String {
    passed_over.iter().map(|unfit| format!("; {unfit}")).collect()
}
