//! What a visitor wanted before a sign-in came between, on its way through the pages: sealed, bound to its browser, with its expiry
//! inside. The server keeps nothing of it, so a visitor who never signs in costs no row, and what a client or a browser changes has no
//! effect.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::id::{AccountId, ClientId, ConnectorId, SessionId};
use crate::keys::form::FormError;
use crate::keys::seal::{Purpose, Sealer};
use crate::model::login_session::LoginSession;
use crate::oauth::authorization_request::AuthorizationRequest;
use crate::provider::step::Destination;
use crate::provider::visitor::Visitor;
use crate::rules::interaction::Occasion;
use crate::secret::{Chance, Secret};
use crate::time::Timestamp;

/// Part of what a sealed request is bound to: other sealed forms do not open as one.
const LABEL: &str = "authorization";

/// What was wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wanted {
    /// A request as the client sent it. It is checked anew at each step: a client may be changed meanwhile.
    Authorization(Box<AuthorizationRequest>),
    /// Something here that wants nothing but a session.
    Place(Destination),
}

/// The wish and what happened for it so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pending {
    /// What was wanted.
    pub(super) wanted: Wanted,
    /// When it began.
    began_at: Timestamp,
    /// The sign-in that was made for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed_in: Option<SignedInFor>,
    /// Who sees its consent page: nobody else's answer counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) asks: Option<AccountId>,
    /// `state` of the return URL, when the browser was sent to the legacy site for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    /// What somebody has to bring yet whose password was right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) halfway: Option<Halfway>,
}

/// A sign-in whose password was right, and which is not done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Halfway {
    /// At which old system.
    pub(super) realm: ConnectorId,
    /// Whose.
    pub(super) user_name: String,
    /// What is missing.
    pub(super) missing: Missing,
}

/// What a sign-in misses yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Missing {
    /// A second factor, and what the old system wants back with it.
    Code { kept: SealedText, with_password: bool },
    /// A new password.
    NewPassword,
}

/// A text that is never shown; it travels sealed only.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct SealedText(Zeroizing<String>);

impl SealedText {
    pub(super) fn of(secret: &Secret) -> Self {
        Self(Zeroizing::new(secret.expose().to_owned()))
    }

    pub(super) fn secret(&self) -> Secret {
        Secret::from(self.0.as_str())
    }
}

impl fmt::Debug for SealedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedText")
    }
}

/// A sign-in, told from an earlier one in the same session by its moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SignedInFor {
    session: SessionId,
    at: Timestamp,
}

impl Pending {
    pub(super) fn new(wanted: Wanted, now: Timestamp) -> Self {
        Self { wanted, began_at: now, signed_in: None, asks: None, state: None, halfway: None }
    }

    /// The client as the request names it, for the log.
    pub(super) fn client(&self) -> &str {
        match &self.wanted {
            Wanted::Authorization(request) => request.client_id.as_ref().map_or("", ClientId::as_str),
            Wanted::Place(_) => "",
        }
    }

    /// The person has just signed in for this request.
    pub(super) fn signed_in(mut self, session: &LoginSession) -> Self {
        self.signed_in = Some(SignedInFor { session: session.id.clone(), at: session.auth_time });
        self.asks = None;
        self.halfway = None;
        self
    }

    /// The same, with what its person has to bring yet.
    pub(super) fn halfway(&self, halfway: Option<Halfway>) -> Self {
        Self { halfway, ..self.clone() }
    }

    /// Its consent page is shown to `account`.
    pub(super) fn asked_of(&self, account: &AccountId) -> Self {
        Self { asks: Some(account.clone()), ..self.clone() }
    }

    /// Whether `session` was signed in to for this request.
    pub(super) fn occasion(&self, session: &LoginSession) -> Occasion {
        let this = SignedInFor { session: session.id.clone(), at: session.auth_time };
        if self.signed_in.as_ref() == Some(&this) { Occasion::ThisRequest } else { Occasion::Earlier }
    }

    /// As text for a form field of this visitor, good until `lifetime` after the request began.
    pub(super) fn seal(
        &self,
        sealer: &Sealer,
        visitor: &Visitor,
        lifetime: Duration,
        chance: &Chance,
    ) -> Result<String, serde_json::Error> {
        sealer.seal_form(Purpose::Browser, &visitor.bound(LABEL), self, self.began_at + lifetime, chance)
    }

    /// Opens what came back from this visitor.
    pub(super) fn open(
        sealer: &Sealer,
        visitor: &Visitor,
        text: &str,
        now: Timestamp,
    ) -> Result<Self, FormError> {
        sealer.open_form(Purpose::Browser, &visitor.bound(LABEL), text, now)
    }
}
