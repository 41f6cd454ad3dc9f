//! What comes next for the browser, as values: a page to show, or an answer to carry to the app.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ConnectorId, SessionId};
use crate::legacy::refusal::Refusal;
use crate::model::client::Client;
use crate::oauth::response::AuthorizationResponse;
use crate::rules::interaction::SignInReason;
use crate::time::Timestamp;

/// What the browser is shown or sent.
#[derive(Clone, Debug)]
pub enum Step {
    /// The sign-in page.
    SignIn(Box<SignInPrompt>),
    /// The consent page.
    Consent(Box<ConsentPrompt>),
    /// The answer, which goes to the app.
    Answer(Box<Answer>),
    /// The legacy site, where the person signs in.
    LegacySite(Box<LegacyVisit>),
    /// The account page.
    Account,
    /// A target that is started from here: its address.
    Launch(String),
}

/// Where a browser may go that wants nothing but a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// The account page.
    Account,
    /// The configured target of this name.
    Launch(String),
}

/// A visit to the legacy site.
#[derive(Clone)]
pub struct LegacyVisit {
    /// The pending request, sealed, for a cookie: the site gives nothing back that could carry it.
    pub pending: String,
    /// Where the browser goes.
    pub location: String,
    /// How long the request waits.
    pub waits: Duration,
}

/// What the app hears.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The response.
    pub response: AuthorizationResponse,
    /// The language that the app asked for.
    pub ui_locales: Vec<String>,
    /// The session that the answer came of, for the cookie that the app's frame watches.
    pub session: Option<SessionId>,
}

/// What the sign-in page needs.
#[derive(Clone)]
pub struct SignInPrompt {
    /// The pending request, sealed.
    pub request: String,
    /// The app that one signs in to; none for a page of our own.
    pub client: Option<Arc<Client>>,
    /// Where its answer will go.
    pub redirect_uri: Option<String>,
    /// Whether one can sign in at the legacy site as well.
    pub legacy_site: bool,
    /// The old systems to choose from, where there are several.
    pub realms: Vec<Realm>,
    /// What to fill in already.
    pub user_name: String,
    /// Why it is shown.
    pub reason: SignInReason,
    /// Why the last try did not work.
    pub refusal: Option<SignInRefusal>,
    /// The language that the app asked for.
    pub ui_locales: Vec<String>,
}

/// An old system that a person can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Realm {
    /// Its name in the configuration.
    pub id: ConnectorId,
    /// What people call it.
    pub title: String,
    /// Whether it is chosen already.
    pub chosen: bool,
}

/// What the pages between password and session need: a second factor, or a new password.
#[derive(Clone, Debug)]
pub struct FurtherPrompt {
    /// The sign-in page that it came from, with the pending request that knows how far it is.
    pub page: Box<SignInPrompt>,
    /// Whose password has to be typed (again).
    pub user_name: String,
    /// What is asked for.
    pub asks: Asks,
    /// What went wrong with the last try.
    pub refusal: Option<SignInRefusal>,
}

/// What is asked for between password and session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// A code.
    Code {
        /// Whether the password has to be sent along.
        with_password: bool,
    },
    /// A new password.
    NewPassword,
}

/// Why a try to sign in did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInRefusal {
    /// The old system said so, or does not answer.
    Legacy(Refusal),
    /// The two new passwords are not the same, or none was typed.
    NewPasswordsDiffer,
    /// Too many tries: the old system was not asked.
    Throttled {
        /// Until when.
        until: Timestamp,
    },
}

/// What the consent page needs.
#[derive(Clone)]
pub struct ConsentPrompt {
    /// The pending request, sealed for the person who is asked.
    pub request: String,
    /// The app that asks.
    pub client: Arc<Client>,
    /// Where its answer will go.
    pub redirect_uri: String,
    /// The person, by the name that they sign in with.
    pub account_name: String,
    /// What is asked for: scopes with the words of the configuration where it has some.
    pub scopes: Vec<(String, Option<String>)>,
    /// The language that the app asked for.
    pub ui_locales: Vec<String>,
}

// A sealed request is as good as its browser's cookie makes it, and has no place in a log all the same.
impl std::fmt::Debug for SignInPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInPrompt")
            .field("client", &self.client.as_ref().map(|client| &client.id))
            .field("reason", &self.reason)
            .field("refusal", &self.refusal)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for LegacyVisit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyVisit").field("location", &self.location).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for ConsentPrompt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsentPrompt")
            .field("client", &self.client.id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
