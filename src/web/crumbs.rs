//! Small cookies that flows leave for a moment, because the browser goes to another site in between and nothing else comes back with it;
//! and the one that an app's frame watches. What the first kind holds is sealed or a one-time handle.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::id::SessionId;
use crate::web::browsers::{CookieKind, cookie};

/// What is left for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crumb {
    /// The requests that wait while their person is at the legacy site, one for each tab; the last one first.
    Pending,
    /// The handle of what the legacy site handed over.
    Handover,
    /// The farewell that waits while the browser is at the legacy site's sign-out page.
    Leaving,
}

/// Browsers keep no cookie that is longer, name and attributes included (RFC 6265bis §5.7).
const LONGEST: usize = 4000;
/// Between values in one cookie: sealed ones are base64url.
const BETWEEN: &str = ".";
/// More values are not looked at: nobody has so many tabs at the site.
const MOST: usize = 8;

impl Crumb {
    const fn name(self, kind: CookieKind) -> &'static str {
        match (self, kind) {
            (Self::Pending, CookieKind::HostSecure) => "__Host-passerelle_pending",
            (Self::Pending, CookieKind::Plain) => "passerelle_pending",
            (Self::Handover, CookieKind::HostSecure) => "__Host-passerelle_handover",
            (Self::Handover, CookieKind::Plain) => "passerelle_handover",
            (Self::Leaving, CookieKind::HostSecure) => "__Host-passerelle_leaving",
            (Self::Leaving, CookieKind::Plain) => "passerelle_leaving",
        }
    }

    /// Leaves `value` for `lifetime`. False when it is too long for a cookie.
    #[must_use]
    pub fn leave(self, kind: CookieKind, value: &str, lifetime: Duration, response: &mut Response) -> bool {
        let seconds = lifetime.as_secs();
        let cookie = format!("{}={value}; {}; Max-Age={seconds}", self.name(kind), kind.attributes());
        if cookie.len() > LONGEST {
            return false;
        }
        append(&cookie, response)
    }

    /// Leaves several values in one cookie: the first of them, and of the others as many as there is room for. A cookie for each would
    /// grow until a proxy takes no request of this browser any more.
    #[must_use]
    pub fn leave_all(
        self,
        kind: CookieKind,
        values: &[String],
        lifetime: Duration,
        response: &mut Response,
    ) -> bool {
        let some = |most: usize| values.iter().take(most).map(String::as_str).collect::<Vec<_>>();
        (1..=values.len()).rev().any(|most| self.leave(kind, &some(most).join(BETWEEN), lifetime, response))
    }

    /// What was left.
    pub fn read(self, kind: CookieKind, headers: &HeaderMap) -> Option<String> {
        cookie(headers, self.name(kind)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// What was left by [`Crumb::leave_all`]; of what somebody wrote into the cookie themselves, not more.
    pub fn read_all(self, kind: CookieKind, headers: &HeaderMap) -> Vec<String> {
        self.read(kind, headers)
            .iter()
            .flat_map(|all| all.split(BETWEEN))
            .take(MOST)
            .map(str::to_owned)
            .collect()
    }

    /// Takes it back.
    pub fn sweep(self, kind: CookieKind, response: &mut Response) {
        append(&format!("{}=; {}; Max-Age=0", self.name(kind), kind.attributes()), response);
    }
}

/// The cookie that the provider's page in an app's frame reads: for scripts, and across sites, since the frame stands in the app's page.
/// It names the session (`sid`, which every app of the session knows) and is good for nothing else.
const fn state_cookie(kind: CookieKind) -> (&'static str, &'static str) {
    match kind {
        CookieKind::HostSecure => ("__Host-passerelle_state", "Path=/; SameSite=None; Secure"),
        // Without TLS there is no SameSite=None; on loopback every port is the same site.
        CookieKind::Plain => ("passerelle_state", "Path=/; SameSite=Lax"),
    }
}

/// The name of that cookie, for the script of the page.
pub const fn state_name(kind: CookieKind) -> &'static str {
    state_cookie(kind).0
}

/// The session that the browser says is the one.
pub fn shown_state(kind: CookieKind, headers: &HeaderMap) -> Option<SessionId> {
    cookie(headers, state_name(kind)).filter(|value| !value.is_empty()).map(SessionId::from)
}

/// Says that `session` is the one.
pub fn show_state(kind: CookieKind, session: &SessionId, response: &mut Response) {
    let (name, attributes) = state_cookie(kind);
    append(&format!("{name}={session}; {attributes}"), response);
}

/// Says that there is none.
pub fn hide_state(kind: CookieKind, response: &mut Response) {
    let (name, attributes) = state_cookie(kind);
    append(&format!("{name}=; {attributes}; Max-Age=0"), response);
}

fn append(cookie: &str, response: &mut Response) -> bool {
    match HeaderValue::try_from(cookie) {
        Ok(cookie) => {
            response.headers_mut().append(header::SET_COOKIE, cookie);
            true
        }
        Err(_) => false,
    }
}
