//! Believing a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6). Pure: what the provider publishes and the time come in, whose
//! sessions end goes out. It knows no session, and it does not remember what it has seen: that is for `used_tokens`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use openidconnect::JsonWebKey;
use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The member of `events` that makes a token a logout token.
const LOGOUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How many seconds two clocks may be apart.
const CLOCK_SKEW: f64 = 60.0;

/// How many seconds a token may have been on its way.
const LONGEST_WAY: f64 = 300.0;

/// What a logout token is held against.
pub(super) struct Expected<'e> {
    pub issuer: &'e str,
    pub client_id: &'e str,
    /// Those that the provider announces for ID tokens.
    pub algorithms: &'e [CoreJwsSigningAlgorithm],
    pub keys: &'e CoreJsonWebKeySet,
    pub now: Timestamp,
}

/// What a logout token says that is to be believed.
pub(super) struct Notice {
    pub jti: String,
    pub whom: Whom,
}

/// Whose sessions at this app end.
pub(super) enum Whom {
    /// Those that came of one session at the provider.
    Session(String),
    /// All of one person.
    Person(String),
}

/// Why a logout token ends nothing. The provider reads it in its log; none holds a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum Distrust {
    #[error("there is no logout_token")]
    Missing,
    #[error("the provider's keys are not to be had: {0}")]
    NoKeys(String),
    #[error("it is no signed JWT")]
    NoJwt,
    #[error("it is a JWT of another type")]
    OtherType,
    #[error("it is signed with an algorithm that the provider does not announce")]
    Algorithm,
    #[error("it has critical parameters that are not understood")]
    Critical,
    #[error("the provider did not sign it")]
    Signature,
    #[error("it comes from another issuer")]
    OtherIssuer,
    #[error("it is for another client")]
    OtherAudience,
    #[error("it was not issued in the last minutes")]
    NotRecent,
    #[error("it has expired")]
    Expired,
    #[error("it tells of no logout")]
    NoLogout,
    #[error("it has a nonce")]
    Nonce,
    #[error("it names neither a session nor a person")]
    NobodyMeant,
    #[error("it has no jti")]
    NoJti,
    #[error("it was used before")]
    Replayed,
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// Everything that is asked of a logout token but whether it is the first time; nothing it says counts before the signature does.
pub(super) fn believe(token: &str, expected: &Expected<'_>) -> Result<Notice, Distrust> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Distrust::NoJwt)?;
    let (header, claims) = signed.split_once('.').ok_or(Distrust::NoJwt)?;
    let header: Header = json(header)?;
    is_a_logout_token(&header)?;
    is_signed(&header, signed, signature, expected)?;

    let claims: Map<String, Value> = json(claims)?;
    comes_from_here_to_us(&claims, expected)?;
    is_of_now(&claims, expected.now)?;
    tells_of_a_logout(&claims)?;
    let jti = claims.get("jti").and_then(Value::as_str).ok_or(Distrust::NoJti)?.to_owned();
    Ok(Notice { jti, whom: whom(&claims)? })
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, Distrust> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Distrust::NoJwt)?;
    serde_json::from_slice(&bytes).map_err(|_| Distrust::NoJwt)
}

/// §2.4: the type may be missing, for providers that are older than it. RFC 7515 §4.1.9: `application/` may stand before it.
fn is_a_logout_token(header: &Header) -> Result<(), Distrust> {
    let Some(kind) = header.typ.as_deref().map(str::to_ascii_lowercase) else { return Ok(()) };
    let kind = kind.strip_prefix("application/").unwrap_or(&kind);
    if kind == "logout+jwt" { Ok(()) } else { Err(Distrust::OtherType) }
}

fn is_signed(
    header: &Header,
    signed: &str,
    signature: &str,
    expected: &Expected<'_>,
) -> Result<(), Distrust> {
    // §2.6: `none` is never good enough, whatever is announced.
    if header.alg == CoreJwsSigningAlgorithm::None || !expected.algorithms.contains(&header.alg) {
        return Err(Distrust::Algorithm);
    }
    // RFC 7515 §4.1.11: what must be understood, and is not, makes the signature worthless. This app understands nothing of the kind.
    if header.crit.is_some() {
        return Err(Distrust::Critical);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Distrust::NoJwt)?;
    let is_named = |key: &&_| match (&header.kid, JsonWebKey::key_id(*key)) {
        (Some(wanted), id) => id.is_some_and(|id| **id == *wanted),
        (None, _) => true,
    };
    // The library refuses a key that is for encryption, or for another algorithm.
    let mut keys = expected.keys.keys().iter().filter(is_named);
    let good = keys.any(|key| key.verify_signature(&header.alg, signed.as_bytes(), &signature).is_ok());
    if good { Ok(()) } else { Err(Distrust::Signature) }
}

fn comes_from_here_to_us(claims: &Map<String, Value>, expected: &Expected<'_>) -> Result<(), Distrust> {
    if claims.get("iss").is_none_or(|issuer| issuer != expected.issuer) {
        return Err(Distrust::OtherIssuer);
    }
    // RFC 7519 §4.1.3: one audience, or a list of them.
    let ours = match claims.get("aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == expected.client_id),
        audience => audience.is_some_and(|audience| audience == expected.client_id),
    };
    if ours { Ok(()) } else { Err(Distrust::OtherAudience) }
}

/// `exp` alone would do by the book; `iat` keeps a provider that lets its tokens live for long from being replayed for long.
fn is_of_now(claims: &Map<String, Value>, now: Timestamp) -> Result<(), Distrust> {
    let now = now.as_duration().as_secs_f64();
    let moment = |name| claims.get(name).and_then(Value::as_f64);
    let issued = moment("iat").ok_or(Distrust::NotRecent)?;
    if issued > now + CLOCK_SKEW || issued < now - LONGEST_WAY {
        return Err(Distrust::NotRecent);
    }
    if moment("exp").is_none_or(|expires| expires <= now - CLOCK_SKEW) {
        return Err(Distrust::Expired);
    }
    Ok(())
}

/// §2.4: the event is an object, commonly empty. A nonce is forbidden, so that an ID token is never taken for a logout token.
fn tells_of_a_logout(claims: &Map<String, Value>) -> Result<(), Distrust> {
    let event = claims.get("events").and_then(|events| events.get(LOGOUT));
    if !event.is_some_and(Value::is_object) {
        return Err(Distrust::NoLogout);
    }
    if claims.contains_key("nonce") { Err(Distrust::Nonce) } else { Ok(()) }
}

/// §2.4: a session, a person, or both, and then the session is meant. A `sid` that is no text must not widen to all of the person's.
fn whom(claims: &Map<String, Value>) -> Result<Whom, Distrust> {
    match (claims.get("sid"), claims.get("sub")) {
        (Some(Value::String(sid)), _) => Ok(Whom::Session(sid.clone())),
        (None, Some(Value::String(sub))) => Ok(Whom::Person(sub.clone())),
        _ => Err(Distrust::NobodyMeant),
    }
}
