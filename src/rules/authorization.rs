//! Whether an authorization request can be honoured: an ordered list of checks, one line each. The client is known and its redirect
//! trusted by now, so a refusal here travels back by redirect (RFC 6749 §4.1.2.1). What the person must do is not decided here.

use std::time::Duration;

use crate::id::Audience;
use crate::model::api::Api;
use crate::model::client::{Client, PkcePolicy};
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::oauth::claims::ClaimsRequest;
use crate::oauth::display::Display;
use crate::oauth::grant_type::GrantType;
use crate::oauth::pkce::CodeChallenge;
use crate::oauth::prompt::Prompts;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::scope::{OPENID, Scope};
use crate::rules::authorization_refusal::AuthorizationRefusal;
use crate::rules::scope::for_authorization;

/// How long single parameters may be, in bytes. Far more than anybody needs, and little enough to travel back in a URL.
const LONGEST: usize = 2048;
/// How many `ui_locales` or `acr_values` are looked at.
const MOST_WORDS: usize = 20;

/// A request that can be honoured, as types.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedRequest {
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What the client will have, without what is not known here.
    pub scope: Scope,
    /// The APIs that its tokens may be for.
    pub audiences: Vec<Audience>,
    /// `state`.
    pub state: Option<String>,
    /// `nonce`.
    pub nonce: Option<String>,
    /// `code_challenge`.
    pub challenge: Option<CodeChallenge>,
    /// `prompt`.
    pub prompts: Prompts,
    /// `max_age`, or the client's default.
    pub max_age: Option<Duration>,
    /// `display`, when it is one we know.
    pub display: Option<Display>,
    /// `ui_locales`, in order of preference.
    pub ui_locales: Vec<String>,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// `id_token_hint`, not verified yet.
    pub id_token_hint: Option<String>,
    /// `acr_values`, in order of preference.
    pub acr_values: Vec<String>,
    /// `claims`.
    pub claims: ClaimsRequest,
}

/// Checks a request of `client`. `acr_supported` are the `acr` values that a sign-in here can reach.
///
/// # Errors
/// The first check that fails.
pub fn check(
    request: &AuthorizationRequest,
    client: &Client,
    apis: &[Api],
    acr_supported: &[String],
) -> Result<CheckedRequest, AuthorizationRefusal> {
    no_request_object(request)?;
    response_type(request)?;
    grant(client)?;
    let response_mode = response_mode(request)?;
    lengths(request)?;
    let granted = for_authorization(client, apis, request.scope.as_deref(), &request.targets)?;
    let challenge = challenge(request, client)?;
    nonce(request, &granted.scope, challenge.as_ref())?;
    let prompts = Prompts::parse(request.prompt.as_deref().unwrap_or_default())?;
    let max_age = max_age(request)?.or(client.default_max_age);
    let claims = claims(request, &granted.scope)?;
    acr(&claims, acr_supported)?;
    Ok(CheckedRequest {
        response_mode,
        scope: granted.scope,
        audiences: granted.audiences,
        state: request.state.clone(),
        nonce: request.nonce.clone(),
        challenge,
        prompts,
        max_age,
        display: request.display.as_deref().and_then(Display::from_word),
        ui_locales: words(request.ui_locales.as_deref()),
        login_hint: request.login_hint.clone(),
        id_token_hint: request.id_token_hint.clone(),
        acr_values: words(request.acr_values.as_deref()),
        claims,
    })
}

/// How a refusal of `request` travels: as asked for, where that can be told.
pub fn refusal_mode(request: &AuthorizationRequest) -> ResponseMode {
    request.response_mode.as_deref().and_then(ResponseMode::from_word).unwrap_or(ResponseMode::Query)
}

/// OpenID Connect Core §3.1.2.6, §6.1, §6.2, §7.2.1: each has an error of its own.
fn no_request_object(request: &AuthorizationRequest) -> Result<(), AuthorizationRefusal> {
    match (&request.request, &request.request_uri, &request.registration) {
        (Some(_), _, _) => Err(AuthorizationRefusal::RequestObject),
        (None, Some(_), _) => Err(AuthorizationRefusal::RequestUri),
        (None, None, Some(_)) => Err(AuthorizationRefusal::Registration),
        (None, None, None) => Ok(()),
    }
}

/// RFC 6749 §3.1.1. The implicit and hybrid types are not offered (RFC 9700 §2.1.2).
fn response_type(request: &AuthorizationRequest) -> Result<(), AuthorizationRefusal> {
    match request.response_type.as_deref() {
        Some("code") => Ok(()),
        Some(_) => Err(AuthorizationRefusal::ResponseTypeUnsupported),
        None => Err(AuthorizationRefusal::ResponseTypeMissing),
    }
}

/// RFC 6749 §4.1.2.1.
fn grant(client: &Client) -> Result<(), AuthorizationRefusal> {
    let registered = client.grant_types.contains(&GrantType::AuthorizationCode);
    if registered { Ok(()) } else { Err(AuthorizationRefusal::GrantNotRegistered) }
}

/// OAuth 2.0 Multiple Response Type Encoding Practices §2.1: `query` is the default for `code`.
fn response_mode(request: &AuthorizationRequest) -> Result<ResponseMode, AuthorizationRefusal> {
    match request.response_mode.as_deref() {
        None => Ok(ResponseMode::Query),
        Some(word) => ResponseMode::from_word(word).ok_or(AuthorizationRefusal::ResponseModeUnsupported),
    }
}

fn lengths(request: &AuthorizationRequest) -> Result<(), AuthorizationRefusal> {
    let limited = [
        ("state", &request.state),
        ("nonce", &request.nonce),
        ("scope", &request.scope),
        ("login_hint", &request.login_hint),
        ("ui_locales", &request.ui_locales),
        ("acr_values", &request.acr_values),
    ];
    let long =
        limited.into_iter().find(|(_, value)| value.as_ref().is_some_and(|value| value.len() > LONGEST));
    long.map_or(Ok(()), |(name, _)| Err(AuthorizationRefusal::TooLong(name)))
}

/// RFC 7636 §4.3, RFC 9700 §2.1.1. A challenge without a method means `plain` (RFC 7636 §4.3), which gives away the verifier.
fn challenge(
    request: &AuthorizationRequest,
    client: &Client,
) -> Result<Option<CodeChallenge>, AuthorizationRefusal> {
    let required = client.is_public() || client.pkce == PkcePolicy::Required;
    match (request.code_challenge.as_deref(), request.code_challenge_method.as_deref()) {
        (None, Some(_)) => Err(AuthorizationRefusal::ChallengeMethodAlone),
        (None, None) if required => Err(AuthorizationRefusal::ChallengeMissing),
        (None, None) => Ok(None),
        (Some(_), None | Some("plain")) => Err(AuthorizationRefusal::ChallengePlain),
        (Some(text), Some("S256")) => {
            CodeChallenge::parse(text).map(Some).ok_or(AuthorizationRefusal::ChallengeMalformed)
        }
        (Some(_), Some(_)) => Err(AuthorizationRefusal::ChallengeMethodUnknown),
    }
}

/// RFC 9700 §2.1.1: a confidential client that goes without PKCE protects its code with the `nonce` of the ID token. A request
/// without `openid` has no ID token; there the operator's setting alone decides.
fn nonce(
    request: &AuthorizationRequest,
    scope: &Scope,
    challenge: Option<&CodeChallenge>,
) -> Result<(), AuthorizationRefusal> {
    let unprotected = challenge.is_none() && request.nonce.is_none() && scope.contains(OPENID);
    if unprotected { Err(AuthorizationRefusal::NonceMissing) } else { Ok(()) }
}

/// OpenID Connect Core §3.1.2.1: seconds.
fn max_age(request: &AuthorizationRequest) -> Result<Option<Duration>, AuthorizationRefusal> {
    let Some(text) = request.max_age.as_deref() else { return Ok(None) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| digits).ok_or(AuthorizationRefusal::MaxAgeMalformed)?;
    Ok(Some(Duration::from_secs(seconds)))
}

/// OpenID Connect Core §5.5. Without `openid` the parameter means nothing and is ignored.
fn claims(request: &AuthorizationRequest, scope: &Scope) -> Result<ClaimsRequest, AuthorizationRefusal> {
    match request.claims.as_deref().filter(|_| scope.contains(OPENID)) {
        Some(json) => Ok(ClaimsRequest::parse(json)?),
        None => Ok(ClaimsRequest::default()),
    }
}

/// OpenID Connect Core §5.5.1.1: an essential `acr` that cannot be reached is a failed authentication; `acr_values` is only a wish.
fn acr(claims: &ClaimsRequest, supported: &[String]) -> Result<(), AuthorizationRefusal> {
    let reachable = |wanted: Vec<&str>| wanted.iter().any(|acr| supported.iter().any(|known| known == acr));
    if claims.essential_acr().is_none_or(reachable) {
        Ok(())
    } else {
        Err(AuthorizationRefusal::AcrUnreachable)
    }
}

fn words(text: Option<&str>) -> Vec<String> {
    let words = text.unwrap_or_default().split(' ').filter(|word| !word.is_empty());
    words.take(MOST_WORDS).map(str::to_owned).collect()
}
