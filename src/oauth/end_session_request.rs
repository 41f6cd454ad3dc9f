//! An end-session request (OpenID Connect RP-Initiated Logout §2), as it was sent.

use serde::{Deserialize, Serialize};

use super::params::Params;
use crate::id::ClientId;

/// The request. It travels sealed while the person is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndSessionRequest {
    /// `id_token_hint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_hint: Option<String>,
    /// `logout_hint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logout_hint: Option<String>,
    /// `client_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// `post_logout_redirect_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uri: Option<String>,
    /// `state`, given back untouched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// `ui_locales`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
}

impl EndSessionRequest {
    /// Takes the request out of its parameters.
    pub fn from_params(params: &Params) -> Self {
        Self {
            id_token_hint: params.text("id_token_hint"),
            logout_hint: params.text("logout_hint"),
            client_id: params.one("client_id").map(ClientId::from),
            post_logout_redirect_uri: params.text("post_logout_redirect_uri"),
            state: params.text("state"),
            ui_locales: params.text("ui_locales"),
        }
    }
}
