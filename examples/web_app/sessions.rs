//! The app's own sessions: a random cookie, and behind it, in memory, who is signed in. An app of yours keeps them in its database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, header};
use openidconnect::CsrfToken;

use super::logout_token::Whom;
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
    user: Option<Arc<SignedIn>>,
    /// The provider ended it, and the person has not been told.
    ended_elsewhere: bool,
}

/// Who looks at the front page.
pub(super) enum Visitor {
    Nobody,
    SignedIn(Arc<SignedIn>),
    /// Somebody who was signed in until the provider said otherwise.
    EndedElsewhere,
}

impl Session {
    /// That the session was ended elsewhere is told once.
    pub(super) fn visitor(&mut self) -> Visitor {
        match &self.user {
            Some(user) => Visitor::SignedIn(Arc::clone(user)),
            None if std::mem::take(&mut self.ended_elsewhere) => Visitor::EndedElsewhere,
            None => Visitor::Nobody,
        }
    }

    pub(super) fn user(&self) -> Option<Arc<SignedIn>> {
        self.user.clone()
    }

    pub(super) fn sign_in(&mut self, user: SignedIn) {
        self.user = Some(Arc::new(user));
        self.ended_elsewhere = false;
    }

    /// Puts fresh tokens in the place of those that were refreshed. Who was signed out while the provider was being asked stays so.
    pub(super) fn refresh(&mut self, before: &Arc<SignedIn>, after: SignedIn) {
        if self.user.as_ref().is_some_and(|user| Arc::ptr_eq(user, before)) {
            self.user = Some(Arc::new(after));
        }
    }

    fn end_elsewhere(&mut self, whom: &Whom) {
        if self.user.as_ref().is_some_and(|user| user.is_meant(whom)) {
            self.user = None;
            self.ended_elsewhere = true;
        }
    }

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

    /// Ends every session that the provider means, in whichever browser. The cookies live on and lead to nobody.
    pub(super) fn end_elsewhere(&self, whom: &Whom) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.values_mut().for_each(|session| session.end_elsewhere(whom));
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
