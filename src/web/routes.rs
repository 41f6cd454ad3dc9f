//! Every path, once. Links, form actions and discovery are made from here.

use std::sync::Arc;

/// The authorization endpoint.
pub const AUTHORIZE: &str = "/authorize";
/// The token endpoint.
pub const TOKEN: &str = "/token";
/// The userinfo endpoint.
pub const USERINFO: &str = "/userinfo";
/// The JWK Set.
pub const JWKS: &str = "/jwks";
/// The introspection endpoint.
pub const INTROSPECT: &str = "/introspect";
/// The revocation endpoint.
pub const REVOKE: &str = "/revoke";
/// The end-session endpoint.
pub const END_SESSION: &str = "/end-session";
/// The sign-in page of a pending request.
pub const SIGN_IN: &str = "/sign-in";
/// Where a second factor is sent.
pub const SIGN_IN_CODE: &str = "/sign-in/code";
/// Where a new password is sent.
pub const SIGN_IN_NEW_PASSWORD: &str = "/sign-in/new-password";
/// The consent page of a pending request.
pub const CONSENT: &str = "/consent";
/// The page that asks before a session ends.
pub const SIGN_OUT: &str = "/sign-out";
/// The way to the legacy site for a pending request.
pub const LEGACY_SIGN_IN: &str = "/sign-in/legacy";
/// Where the legacy site hands somebody over.
pub const HANDOVER: &str = "/handover";
/// Where the browser comes back with its own cookies after a hand-over.
pub const HANDOVER_RESUMED: &str = "/handover/resume";
/// Where the legacy site's sign-out page sends the browser back to, after we sent it there.
pub const SIGNED_OUT: &str = "/signed-out";
/// Where the legacy site tells that somebody signed out there.
pub const LEGACY_SIGNED_OUT: &str = "/legacy/signed-out";
/// Targets that the legacy site may start.
pub const LAUNCH: &str = "/launch/{name}";
/// A person's own sessions and apps.
pub const ACCOUNT: &str = "/account";
/// The page in a frame by which apps notice that the session changed (OpenID Connect Session Management §3.2).
pub const CHECK_SESSION: &str = "/check-session";
/// Whether the bridge and its database answer.
pub const HEALTH: &str = "/healthz";
/// What a route of the gateway says of itself, before the path of the route (RFC 9728 §3.1).
pub const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";
/// The discovery document (OpenID Connect Discovery §4).
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// The same by its other name (RFC 8414 §3).
pub const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

/// Where the paths begin.
#[derive(Clone, Debug)]
pub struct Routes {
    issuer: Arc<str>,
    base: Arc<str>,
}

impl Routes {
    /// Paths below `issuer`, whose own path, if it has one, is `base`.
    pub fn new(issuer: &str, base: &str) -> Self {
        Self { issuer: issuer.into(), base: base.into() }
    }

    /// The path of a route as a browser sees it.
    pub fn path(&self, route: &str) -> String {
        format!("{}{route}", self.base)
    }

    /// The absolute URL of a route.
    pub fn url(&self, route: &str) -> String {
        format!("{}{route}", self.issuer)
    }

    /// What stands before every path: empty for most.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Whether browsers come by https.
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https:")
    }
}
