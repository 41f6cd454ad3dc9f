//! The session cookie, given at sign-in and taken back at sign-out. tower-sessions carries it; what it names is our own record.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use tower_sessions::Session;
use tracing::warn;

use crate::secret::Secret;
use crate::store::cookies::COOKIE;
use crate::store::error::StoreError;
use crate::web::browsers::CookieKind;

/// Gives the browser the cookie of the session that was just committed; the value it came with is forgotten (session fixation).
///
/// # Errors
/// When the session cannot be carried: then the browser is not signed in, although the record stands.
pub async fn give(session: &Session, cookie: &Secret) -> Result<(), StoreError> {
    let failed = |error: tower_sessions::session::Error| {
        warn!("the session cookie could not be set: {error}");
        StoreError::Unavailable {
            during: "set session cookie",
            cause: "the session could not be carried".to_owned(),
        }
    };
    session.cycle_id().await.map_err(failed)?;
    session.insert(COOKIE, cookie.expose()).await.map_err(failed)
}

/// Takes the cookie back. The library's own removal lacks `Secure`, without which a browser ignores it for a `__Host-` name, so a
/// complete one goes along.
pub async fn take_back(session: &Session, kind: CookieKind, response: &mut Response) {
    if let Err(error) = session.flush().await {
        // The record has ended: the cookie that stays names nothing.
        warn!("the session cookie could not be taken back: {error}");
    }
    let removal = format!("{}=; {}; Max-Age=0", kind.session_name(), kind.attributes());
    if let Ok(removal) = HeaderValue::try_from(removal) {
        response.headers_mut().append(header::SET_COOKIE, removal);
    }
}
