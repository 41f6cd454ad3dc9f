//! What can only be told on a page: everything about client and redirect (RFC 6749 §4.1.2.1), about the sealed request itself, and
//! what broke here.

use std::sync::Arc;

use crate::keys::form::FormError;
use crate::model::client::Client;
use crate::oauth::params::MalformedParams;
use crate::rules::redirect_uri::UntrustedRedirect;
use crate::store::error::StoreError;

/// Why a page has to tell it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// The parameters cannot be read.
    #[error(transparent)]
    Malformed(#[from] MalformedParams),
    /// No `client_id`.
    #[error("client_id is missing")]
    ClientMissing,
    /// No such client.
    #[error("the client is not known here")]
    UnknownClient {
        /// What was sent.
        sent: String,
    },
    /// The redirect cannot be trusted.
    #[error("{refusal}")]
    Redirect {
        /// Whose it would be.
        client: Arc<Client>,
        /// Which check failed.
        refusal: UntrustedRedirect,
        /// What was sent.
        sent: Option<String>,
    },
    /// The sealed request is another browser's, was changed, or is too old.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The request waited for too long, and this is the app that it came from.
    #[error("the form has expired")]
    TooLate {
        /// Where the person begins again.
        client: Arc<Client>,
    },
    /// The old system did not say which person this is.
    #[error("the legacy system gave no immutable id: {why}")]
    NoImmutableId {
        /// What was missing.
        why: String,
    },
    /// The old system that somebody chose, or began at, is not open to the app (any more).
    #[error("no legacy system is open to this app")]
    NoRealm,
    /// A form came for something that the sign-in does not miss.
    #[error("nothing is missing from this sign-in")]
    NothingMissing,
    /// No launch has this name.
    #[error("there is no such target")]
    UnknownLaunch,
    /// There is no legacy site to sign in at.
    #[error("sign-in at the legacy site is not configured")]
    NoLegacySite,
    /// The hand-over was used before, or waited for too long.
    #[error("the hand-over was used before, or is too old")]
    HandoverGone,
    /// Two first sign-ins of one person crossed again and again.
    #[error("several sign-ins of one person crossed")]
    Crossed,
    /// A sign-in under way came to no end.
    #[error("the sign-in was broken off")]
    BrokenOff,
    /// A request could not be sealed.
    #[error("the request could not be sealed")]
    Unsealable,
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
