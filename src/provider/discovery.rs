//! What the provider says of itself: one document, as OpenID Connect Discovery §3 and RFC 8414 §2 want it, made once. It announces
//! what works and nothing else: its lists are those of the enums that the flows run on.

use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::url::ParseError;
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, IssuerUrl, JsonWebKeySetUrl, LanguageTag, ProviderMetadata,
    ResponseTypes, Scope as AnnouncedScope, TokenUrl, UserInfoUrl,
};
use serde::{Deserialize, Serialize};

use crate::i18n::Language;
use crate::model::claim_scopes::ClaimScopes;
use crate::model::registry::Registry;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::oauth::client_authentication::AuthenticationMethod;
use crate::oauth::display::Display;
use crate::oauth::grant_type::GrantType;
use crate::oauth::prompt::Prompt;
use crate::oauth::response_mode::ResponseMode;
use crate::oauth::scope::{OFFLINE_ACCESS, OPENID};

/// The absolute URLs of the endpoints.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// `authorization_endpoint`.
    pub authorization: String,
    /// `token_endpoint`.
    pub token: String,
    /// `userinfo_endpoint`.
    pub userinfo: String,
    /// `jwks_uri`.
    pub jwks: String,
    /// `introspection_endpoint`.
    pub introspection: String,
    /// `revocation_endpoint`.
    pub revocation: String,
    /// `end_session_endpoint`.
    pub end_session: String,
    /// `check_session_iframe`.
    pub check_session: String,
}

/// What the openidconnect crate has no field for.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Additional {
    end_session_endpoint: String,
    check_session_iframe: String,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    introspection_endpoint: String,
    introspection_endpoint_auth_methods_supported: Vec<AuthenticationMethod>,
    introspection_endpoint_auth_signing_alg_values_supported: Vec<SigningAlgorithm>,
    revocation_endpoint: String,
    revocation_endpoint_auth_methods_supported: Vec<AuthenticationMethod>,
    revocation_endpoint_auth_signing_alg_values_supported: Vec<SigningAlgorithm>,
    code_challenge_methods_supported: Vec<String>,
    authorization_response_iss_parameter_supported: bool,
    prompt_values_supported: Vec<Prompt>,
}

impl AdditionalProviderMetadata for Additional {}

type Metadata = ProviderMetadata<
    Additional,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// The issuer or an endpoint is no URL.
    #[error("an endpoint is not a URL: {0}")]
    Url(#[from] ParseError),
    /// It cannot be written.
    #[error("the discovery document cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The document as bytes.
///
/// # Errors
/// [`DiscoveryError`]; a checked configuration gives none.
pub fn document(
    issuer: &str,
    endpoints: &Endpoints,
    registry: &Registry,
    scopes: &ClaimScopes,
    acr: &[String],
) -> Result<Vec<u8>, DiscoveryError> {
    let algorithms: Vec<_> = SigningAlgorithm::ALL.iter().map(|algorithm| announced(*algorithm)).collect();
    let methods = || AuthenticationMethod::ALL.iter().copied();
    let proving = || methods().filter(|method| *method != AuthenticationMethod::None).collect();
    let additional = Additional {
        end_session_endpoint: endpoints.end_session.clone(),
        check_session_iframe: endpoints.check_session.clone(),
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        introspection_endpoint: endpoints.introspection.clone(),
        // A public client cannot introspect.
        introspection_endpoint_auth_methods_supported: proving(),
        introspection_endpoint_auth_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
        revocation_endpoint: endpoints.revocation.clone(),
        revocation_endpoint_auth_methods_supported: methods().collect(),
        revocation_endpoint_auth_signing_alg_values_supported: SigningAlgorithm::ALL.to_vec(),
        code_challenge_methods_supported: vec!["S256".to_owned()],
        authorization_response_iss_parameter_supported: true,
        prompt_values_supported: Prompt::ALL.to_vec(),
    };
    let words = |words: Vec<&'static str>| serde_json::to_value(words).unwrap_or_default();
    let metadata =
        Metadata::new(
            IssuerUrl::new(issuer.to_owned())?,
            AuthUrl::new(endpoints.authorization.clone())?,
            JsonWebKeySetUrl::new(endpoints.jwks.clone())?,
            vec![ResponseTypes::new(vec![CoreResponseType::Code])],
            vec![CoreSubjectIdentifierType::Public],
            algorithms.clone(),
            additional,
        )
        .set_token_endpoint(Some(TokenUrl::new(endpoints.token.clone())?))
        .set_userinfo_endpoint(Some(UserInfoUrl::new(endpoints.userinfo.clone())?))
        .set_scopes_supported(Some(scopes_supported(registry, scopes)))
        .set_claims_supported(Some(claims_supported(scopes)))
        .set_grant_types_supported(serde_json::from_value(words(
            GrantType::ALL.iter().map(|grant| grant.as_str()).collect(),
        ))?)
        .set_response_modes_supported(serde_json::from_value(words(
            ResponseMode::ALL.iter().map(|mode| mode.as_str()).collect(),
        ))?)
        .set_display_values_supported(serde_json::from_value(words(
            Display::ALL.iter().map(|display| display.as_str()).collect(),
        ))?)
        .set_token_endpoint_auth_methods_supported(serde_json::from_value(words(
            AuthenticationMethod::ALL.iter().map(|method| method.as_str()).collect(),
        ))?)
        .set_token_endpoint_auth_signing_alg_values_supported(Some(algorithms.clone()))
        .set_userinfo_signing_alg_values_supported(Some(algorithms))
        // §4.2: "Claims with zero elements MUST be omitted".
        .set_acr_values_supported((!acr.is_empty()).then(|| {
            acr.iter().map(|acr| openidconnect::AuthenticationContextClass::new(acr.clone())).collect()
        }))
        .set_claim_types_supported(Some(vec![CoreClaimType::Normal]))
        .set_claims_parameter_supported(Some(true))
        .set_request_parameter_supported(Some(false))
        // Left out it would mean true (OpenID Connect Discovery §3).
        .set_request_uri_parameter_supported(Some(false))
        .set_ui_locales_supported(Some(
            Language::ALL.iter().map(|language| LanguageTag::new(language.tag().to_owned())).collect(),
        ));
    Ok(serde_json::to_vec(&metadata)?)
}

const fn announced(algorithm: SigningAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        SigningAlgorithm::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        SigningAlgorithm::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlgorithm::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
    }
}

fn scopes_supported(registry: &Registry, scopes: &ClaimScopes) -> Vec<AnnouncedScope> {
    let of_apis = registry.apis().iter().flat_map(|api| &api.scopes).map(|scope| scope.token.as_str());
    let mut all: Vec<&str> = vec![OPENID];
    for scope in scopes.scopes().chain([OFFLINE_ACCESS]).chain(of_apis) {
        if !all.contains(&scope) {
            all.push(scope);
        }
    }
    all.into_iter().map(|scope| AnnouncedScope::new(scope.to_owned())).collect()
}

/// What userinfo may tell, and what ID tokens say of themselves.
fn claims_supported(scopes: &ClaimScopes) -> Vec<CoreClaimName> {
    let own = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid"];
    own.into_iter().chain(scopes.claims()).map(|claim| CoreClaimName::new(claim.to_owned())).collect()
}
