//! What we answer: the authorization response on its way through the browser, and the JSON of the token endpoint.

use std::fmt;

use serde::{Serialize, Serializer};

use super::error::ErrorCode;
use super::form;
use super::printable::description;
use super::response_mode::ResponseMode;
use super::scope::Scope;
use crate::secret::Secret;

/// What an authorization request ended in.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// A code.
    Code(&'a Secret),
    /// An error and what to say about it.
    Error(ErrorCode, &'a str),
}

/// An authorization response (RFC 6749 §4.1.2, with `iss` of RFC 9207). Only a trusted redirect makes one.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationResponse {
    redirect: String,
    mode: ResponseMode,
    parameters: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    pub(crate) fn new(
        redirect: &str,
        mode: ResponseMode,
        outcome: &Outcome<'_>,
        state: Option<&str>,
        issuer: &str,
    ) -> Self {
        let mut parameters = match outcome {
            Outcome::Code(code) => vec![("code", code.expose().to_owned())],
            Outcome::Error(code, text) => {
                vec![("error", code.to_string()), ("error_description", description(text))]
            }
        };
        parameters.extend(state.map(|state| ("state", state.to_owned())));
        parameters.push(("iss", issuer.to_owned()));
        Self { redirect: redirect.to_owned(), mode, parameters }
    }

    /// The same with `session_state` (OpenID Connect Session Management §2).
    #[must_use]
    pub(crate) fn with_session_state(mut self, session_state: String) -> Self {
        self.parameters.push(("session_state", session_state));
        self
    }

    /// How it travels.
    pub const fn mode(&self) -> ResponseMode {
        self.mode
    }

    /// Where it goes: the action of a form post.
    pub fn redirect(&self) -> &str {
        &self.redirect
    }

    /// What it carries: the fields of a form post.
    pub fn parameters(&self) -> &[(&'static str, String)] {
        &self.parameters
    }

    /// The `Location` of a redirect.
    pub fn to_location(&self) -> String {
        append_query(&self.redirect, &self.parameters)
    }
}

impl fmt::Debug for AuthorizationResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.parameters.iter().map(|(name, _)| *name).collect();
        f.debug_struct("AuthorizationResponse")
            .field("redirect", &self.redirect)
            .field("mode", &self.mode)
            .field("parameters", &names)
            .finish()
    }
}

/// Appends parameters to a URI's query. What stands there already is kept byte for byte (RFC 6749 §3.1.2), which a parser that
/// writes the URI anew would not do.
pub fn append_query(uri: &str, parameters: &[(&'static str, String)]) -> String {
    let mut whole = uri.to_owned();
    let mut separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    for (name, value) in parameters {
        whole.push_str(separator);
        whole.push_str(name);
        whole.push('=');
        whole.push_str(&form::encode(value));
        separator = "&";
    }
    whole
}

/// A successful answer of the token endpoint (RFC 6749 §5.1).
#[derive(Clone, Debug, Serialize)]
pub struct TokenResponse {
    /// `access_token`.
    #[serde(serialize_with = "exposed")]
    pub access_token: Secret,
    /// `token_type`.
    pub token_type: TokenType,
    /// `expires_in`, seconds; left out of a token without end (RFC 6749 §5.1 recommends it), whose seconds many clients could not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// `refresh_token`.
    #[serde(serialize_with = "exposed_if_any", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// `id_token`.
    #[serde(serialize_with = "exposed_if_any", skip_serializing_if = "Option::is_none")]
    pub id_token: Option<Secret>,
    /// `scope`: always told, so that nobody has to remember what was asked for; an empty one has no spelling (RFC 6749 §3.3).
    #[serde(skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
}

/// `token_type` (RFC 6749 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
}

/// An error as JSON (RFC 6749 §5.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErrorResponse {
    /// `error`.
    pub error: ErrorCode,
    /// `error_description`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
}

impl ErrorResponse {
    /// An error with a sentence that says what to do; characters that the grammar forbids are replaced.
    pub fn new(error: ErrorCode, sentence: &str) -> Self {
        Self { error, error_description: Some(description(sentence)) }
    }
}

fn exposed<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

fn exposed_if_any<S: Serializer>(secret: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => exposed(secret, serializer),
        None => serializer.serialize_none(),
    }
}
