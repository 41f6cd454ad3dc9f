//! The app's own sessions: a random cookie, and behind it, in memory, who is signed in. An app of yours keeps them in its database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use openidconnect::CsrfToken;

use super::relying_party::{Departure, SignedIn};

/// Cookies know no ports, so that every app on localhost sees the others': the name is the app's own.
const COOKIE: &str = "demo_web_app";

/// At most so many sign-ins are open in one browser; the oldest is forgotten.
const MOST_DEPARTURES: usize = 8;

/// One browser's session.
#[derive(Default)]
pub(super) struct Session {
    /// Several tabs may be on their way at once.
    departures: Vec<Departure>,
    pub user: Option<Arc<SignedIn>>,
}

impl Session {
    pub(super) fn remember(&mut self, departure: Departure) {
        if self.departures.len() == MOST_DEPARTURES {
            self.departures.remove(0);
        }
        self.departures.push(departure);
    }

    /// The departure that this `state` belongs to. It is taken out: an answer counts once.
    pub(super) fn recall(&mut self, state: &str) -> Option<Departure> {
        let at = self.departures.iter().position(|departure| departure.state.secret() == state)?;
        Some(self.departures.remove(at))
    }
}

/// All sessions, by cookie value.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<String, Session>>>);

impl Sessions {
    /// Does something with the session of the browser that sent these headers, if it has one.
    pub(super) fn with<T>(&self, headers: &HeaderMap, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let id = cookie(headers)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(id).map(act)
    }

    /// Opens a session under a new id in place of the one that these headers name: nobody could have known the new id before.
    /// Answers the cookie to set.
    pub(super) fn renew(&self, headers: &HeaderMap, act: impl FnOnce(&mut Session)) -> String {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut session = cookie(headers).and_then(|id| sessions.remove(id)).unwrap_or_default();
        act(&mut session);
        let id = CsrfToken::new_random().into_secret();
        // An app that is served over https adds `Secure`, and the prefix `__Host-` to the name.
        let cookie = format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax");
        sessions.insert(id, session);
        cookie
    }

    /// Ends the session; answers who was signed in.
    pub(super) fn end(&self, headers: &HeaderMap) -> Option<Arc<SignedIn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(cookie(headers)?)?.user
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split("; ")).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}
