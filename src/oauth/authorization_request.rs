//! An authorization request as it was sent (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1). Texts stay texts here: what is wrong
//! with them must become an answer to the client, and that is decided by the rules.

use serde::{Deserialize, Serialize};

use super::params::Params;
use super::resource::Targets;
use crate::id::ClientId;

/// The request. It travels sealed while the person signs in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// `client_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// `redirect_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<String>,
    /// `response_type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,
    /// `response_mode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mode: Option<String>,
    /// `scope`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `state`, given back untouched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `nonce`, given back in the ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// `code_challenge` (RFC 7636 §4.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
    /// `code_challenge_method`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_challenge_method: Option<String>,
    /// `prompt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// `max_age`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<String>,
    /// `display`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// `ui_locales`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
    /// `id_token_hint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    /// `login_hint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    /// `acr_values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr_values: Option<String>,
    /// `claims`, JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claims: Option<String>,
    /// `resource` and `audience`.
    #[serde(skip_serializing_if = "Targets::is_empty")]
    pub targets: Targets,
    /// `request`: a request object, which is not taken here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// `request_uri`, which is not taken here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_uri: Option<String>,
    /// `registration`, which is not taken here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<String>,
}

impl AuthorizationRequest {
    /// Takes the request out of its parameters; unknown ones are ignored (RFC 6749 §3.1).
    pub fn from_params(params: &Params) -> Self {
        Self {
            client_id: params.one("client_id").map(ClientId::from),
            redirect_uri: params.text("redirect_uri"),
            response_type: params.text("response_type"),
            response_mode: params.text("response_mode"),
            scope: params.text("scope"),
            state: params.text("state"),
            nonce: params.text("nonce"),
            code_challenge: params.text("code_challenge"),
            code_challenge_method: params.text("code_challenge_method"),
            prompt: params.text("prompt"),
            max_age: params.text("max_age"),
            display: params.text("display"),
            ui_locales: params.text("ui_locales"),
            id_token_hint: params.text("id_token_hint"),
            login_hint: params.text("login_hint"),
            acr_values: params.text("acr_values"),
            claims: params.text("claims"),
            targets: Targets::from_params(params),
            request: params.text("request"),
            request_uri: params.text("request_uri"),
            registration: params.text("registration"),
        }
    }
}
