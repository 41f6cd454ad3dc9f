//! Where a client may be answered: its redirect URIs and its web origins.

use super::redirect_uri::{self, ClientType, Localhost};
use super::web_origin;
use crate::config::findings::Findings;
use crate::config::reading;
use crate::oauth::grant_type::GrantType;

/// As written, and as registered when nothing is wrong with them.
pub(super) struct Written {
    pub(super) redirect_uris: Vec<String>,
    pub(super) post_logout_redirect_uris: Vec<String>,
    pub(super) web_origins: Vec<String>,
    pub(super) backchannel_logout_uri: Option<String>,
    pub(super) frontchannel_logout_uri: Option<String>,
    pub(super) initiate_login_uri: Option<String>,
}

impl Written {
    pub(super) fn check(
        &self,
        at: &str,
        client: ClientType,
        grant_types: &[GrantType],
        localhost: Localhost,
        findings: &mut Findings,
    ) {
        let redirect_at = reading::key(at, "redirect_uris");
        let uses_codes = grant_types.contains(&GrantType::AuthorizationCode);
        match (uses_codes, self.redirect_uris.is_empty()) {
            (true, true) => findings.missing(
                &redirect_at,
                "missing; where codes are sent, such as [\"https://app.example.org/callback\"]",
            ),
            (false, false) => findings.warning(
                &redirect_at,
                "never used: \"authorization_code\" is not among this client's grant_types",
            ),
            _ => {}
        }
        let logout_at = reading::key(at, "post_logout_redirect_uris");
        for (at, list) in [(redirect_at, &self.redirect_uris), (logout_at, &self.post_logout_redirect_uris)] {
            for (index, uri) in list.iter().enumerate() {
                if let Some(unfit) = redirect_uri::unfit(uri, client, localhost) {
                    findings.problem(reading::element(&at, index, None), unfit.to_string());
                }
            }
        }
        for (name, uri) in [
            ("backchannel_logout_uri", &self.backchannel_logout_uri),
            ("frontchannel_logout_uri", &self.frontchannel_logout_uri),
            ("initiate_login_uri", &self.initiate_login_uri),
        ] {
            // A page or an endpoint of a server, whatever kind of client it belongs to.
            let unfit = |uri: &String| redirect_uri::unfit(uri, ClientType::Confidential, localhost);
            if let Some(unfit) = uri.as_ref().and_then(unfit) {
                findings.problem(reading::key(at, name), unfit.to_string());
            }
        }
        for (index, origin) in self.web_origins.iter().enumerate() {
            if let Some(unfit) = web_origin::unfit(origin, localhost) {
                let list = reading::key(at, "web_origins");
                findings.problem(reading::element(&list, index, None), unfit.to_string());
            }
        }
    }

    /// Whether a client of this type cannot be told from another program that listens at the same address.
    pub(super) fn are_anybodys(&self, client: ClientType) -> bool {
        client == ClientType::Public && self.redirect_uris.iter().any(|uri| redirect_uri::is_anybodys(uri))
    }
}
