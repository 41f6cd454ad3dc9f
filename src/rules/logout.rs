//! Whether an end-session request ends the session at once, asks first, or is refused, and where the browser may go afterwards (OpenID
//! Connect RP-Initiated Logout §2, §3).
//!
//! # Why the cookie decides whose session ends
//!
//! Anybody who ever got an ID token can put it into a link. So the hint only names the client; the session that ends is the one of
//! this browser's cookie, and it ends without a question only when the hint was issued in this very session. Everybody else is asked.

use crate::id::{ClientId, SessionId};
use crate::model::client::Client;
use crate::oauth::response::append_query;

/// What is known of `id_token_hint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// None was sent.
    Absent,
    /// Not a token that we signed.
    Unverifiable,
    /// An ID token of ours; expired or not (§2).
    Ours(HintClaims),
}

/// The claims of a verified hint that matter here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintClaims {
    /// `aud`.
    pub audiences: Vec<ClientId>,
    /// `azp`.
    pub authorized_party: Option<ClientId>,
    /// `sid`.
    pub session: Option<SessionId>,
}

/// What is known when the request is decided.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// `id_token_hint`.
    pub hint: &'a Hint,
    /// The client that [`named_client`] told, as registered; none when it told none.
    pub client: Option<&'a Client>,
    /// `post_logout_redirect_uri`.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// The session of the browser's cookie.
    pub session: Option<&'a SessionId>,
}

/// What an end-session request leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens to the session.
    pub then: Then,
    /// Where the browser goes afterwards; the signed-out page where none.
    pub redirect: Option<TrustedPostLogoutRedirect>,
}

/// What happens to the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The person is asked first.
    Ask,
    /// It ends.
    EndNow,
    /// There is none.
    NothingToEnd,
}

/// Why an end-session request is answered by an error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutRefusal {
    /// §2: `client_id` must be the client that the hint was issued to.
    #[error("client_id is not the client that id_token_hint was issued to")]
    ClientContradictsHint,
    /// The client is not registered here.
    #[error("the client is not known here")]
    UnknownClient,
    /// §3: exactly one of those registered.
    #[error(
        "post_logout_redirect_uri is none of those registered for this client; they must match character by character"
    )]
    RedirectNotRegistered,
}

/// A URI that this client registered for the time after signing out. Made here only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedPostLogoutRedirect(String);

impl TrustedPostLogoutRedirect {
    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `Location`, with `state` given back (§3).
    pub fn to_location(&self, state: Option<&str>) -> String {
        let parameters: Vec<_> = state.map(|state| ("state", state.to_owned())).into_iter().collect();
        append_query(&self.0, &parameters)
    }
}

/// Which client the request comes from, to be looked up before [`decide`].
///
/// # Errors
/// When `client_id` and hint contradict one another.
pub fn named_client(hint: &Hint, client_id: Option<&ClientId>) -> Result<Option<ClientId>, LogoutRefusal> {
    match (hint, client_id) {
        (Hint::Ours(claims), Some(client)) => {
            let fits =
                claims.issued_to().map_or_else(|| claims.audiences.contains(client), |party| party == client);
            if fits { Ok(Some(client.clone())) } else { Err(LogoutRefusal::ClientContradictsHint) }
        }
        (Hint::Ours(claims), None) => Ok(claims.issued_to().cloned()),
        (Hint::Absent | Hint::Unverifiable, client) => Ok(client.cloned()),
    }
}

/// Decides. `named` is what [`named_client`] told, and `facts.client` what the registry knows of it.
///
/// # Errors
/// When the client or the redirect is not registered: a page tells, the session stays.
pub fn decide(named: Option<&ClientId>, facts: &Facts<'_>) -> Result<Decision, LogoutRefusal> {
    if named.is_some() && facts.client.is_none() {
        return Err(LogoutRefusal::UnknownClient);
    }
    let redirect = redirect(facts)?;
    let then = match (facts.session, facts.hint) {
        (None, _) => Then::NothingToEnd,
        (Some(session), Hint::Ours(claims)) if claims.session.as_ref() == Some(session) => Then::EndNow,
        (Some(_), _) => Then::Ask,
    };
    Ok(Decision { then, redirect })
}

/// §3: a redirect needs a client that registered it; without one it is not followed. A hint that cannot be verified is an error in
/// the request, after which no redirect may follow (§4), whatever else the request says.
fn redirect(facts: &Facts<'_>) -> Result<Option<TrustedPostLogoutRedirect>, LogoutRefusal> {
    let (Some(asked), Some(client), Hint::Absent | Hint::Ours(_)) =
        (facts.post_logout_redirect_uri, facts.client, facts.hint)
    else {
        return Ok(None);
    };
    if client.post_logout_redirect_uris.iter().any(|registered| registered == asked) {
        Ok(Some(TrustedPostLogoutRedirect(asked.to_owned())))
    } else {
        Err(LogoutRefusal::RedirectNotRegistered)
    }
}

impl HintClaims {
    /// OpenID Connect Core §2: `azp` where there is one, else the only audience.
    fn issued_to(&self) -> Option<&ClientId> {
        match (&self.authorized_party, self.audiences.as_slice()) {
            (Some(party), _) => Some(party),
            (None, [only]) => Some(only),
            (None, _) => None,
        }
    }
}
