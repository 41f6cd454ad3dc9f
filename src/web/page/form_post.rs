//! The page that carries an answer back to an app by POST (OAuth 2.0 Form Post Response Mode): the only one with a
//! script, one constant line whose hash goes into the policy.

use askama::Template;
use askama_web::WebTemplate;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

use crate::web::page::frame::Frame;

/// Carries the response parameters to the app.
#[derive(Clone, Template, WebTemplate)]
#[template(path = "oidc/form_post.html")]
pub struct FormPostPage {
    /// Language and organisation.
    pub frame: Frame,
    /// The redirect URI, registered and checked.
    pub action: String,
    /// Names and values of the response, in the order they are sent.
    pub parameters: Vec<(String, String)>,
}

impl FormPostPage {
    const SCRIPT: &str = "document.getElementById(\"form-post\").submit();";

    /// The script as a source of `script-src`, without quotes.
    #[must_use]
    pub fn script_hash() -> String {
        format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(Self::SCRIPT)))
    }

    /// One with values that would be markup.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        vec![Self {
            frame: frame.clone(),
            action: "https://tickets.example/callback?a=1&b=\"2\"".to_owned(),
            parameters: vec![
                pair("code", "c0de"),
                pair("state", "\"><script>alert('state')</script>"),
                pair("iss", "https://login.example"),
            ],
        }]
    }
}
