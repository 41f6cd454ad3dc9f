//! `session_state`: by which an app in a browser notices that the session at the provider is not the one it signed in with (OpenID Connect
//! Session Management §2, §3.2). The provider's page in a frame makes the same value out of the cookie; see `web/oidc/check_session`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::id::{ClientId, SessionId};
use crate::secret::{Chance, Digest};

/// The value for `client`, which is answered at `redirect_uri`; `None` for an app that lives in no browser and so has no origin.
pub fn session_state(
    client: &ClientId,
    redirect_uri: &str,
    session: &SessionId,
    chance: &Chance,
) -> Option<String> {
    let url = Url::parse(redirect_uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = url.origin().ascii_serialization();
    let salt = URL_SAFE_NO_PAD.encode(chance.bytes::<9>());
    // §3.2: Client ID, origin, browser state and salt, in this order. What the browser has is the name of the session.
    let hash = Digest::of(&format!("{client} {origin} {session} {salt}")).to_text();
    Some(format!("{hash}.{salt}"))
}
