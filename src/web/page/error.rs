//! The error page: `#error-page`. For what must never become a redirect, and for what went wrong where no app waits.

use askama::Template;
use askama_web::WebTemplate;
use serde::{Deserialize, Serialize};

use crate::web::page::frame::{BackLink, Frame};

/// Tells what went wrong, and what the visitor can do about it.
#[derive(Clone, Debug, Template, WebTemplate)]
#[template(path = "page/error.html")]
pub struct ErrorPage {
    /// Language and organisation.
    pub frame: Frame,
    /// What is told.
    pub reason: ErrorReason,
    /// The same as in the log.
    pub reference: String,
    /// The way back to the app, where it is known and trusted.
    pub back: Option<BackLink>,
    /// Only in development mode: it shows what is registered.
    pub details: Option<ErrorDetails>,
}

/// What a person is told. Coarser than the error catalogue: it says what one can do, not what failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorReason {
    /// No client of this id is registered.
    UnknownClient,
    /// The redirect URI is not one of the registered ones.
    RedirectMismatch,
    /// A parameter is missing, doubled or wrong.
    InvalidRequest,
    /// The pending request is too old or already answered.
    Expired,
    /// The cookie that binds the pending request to its browser is missing.
    OtherBrowser,
    /// The legacy system gave no immutable id for the user.
    IncompleteAccount,
    /// The legacy system does not take what its site handed over.
    HandoverRefused,
    /// The hand-over does not come from the legacy site.
    HandoverElsewhere,
    /// Nothing waits for the hand-over.
    HandoverUnexpected,
    /// The sign-out request names a client, a redirect or a token that does not fit.
    InvalidSignOut,
    /// No page has this address.
    NotFound,
    /// The visitor is being slowed down.
    TooManyRequests,
    /// Something this server needs does not answer.
    Unavailable,
    /// The fault is this server's.
    Internal,
}

/// For the developer of an app: what was compared with what. The parts are identifiers, not sentences.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ErrorDetails {
    /// The client id as it was sent.
    pub client: String,
    /// The name of the check that failed, as in the log.
    pub check: String,
    /// The value that was sent.
    pub sent: String,
    /// The values that would have been accepted.
    pub registered: Vec<String>,
}

impl ErrorReason {
    /// Every reason once.
    pub const ALL: [Self; 14] = [
        Self::UnknownClient,
        Self::RedirectMismatch,
        Self::InvalidRequest,
        Self::Expired,
        Self::OtherBrowser,
        Self::IncompleteAccount,
        Self::HandoverRefused,
        Self::HandoverElsewhere,
        Self::HandoverUnexpected,
        Self::InvalidSignOut,
        Self::NotFound,
        Self::TooManyRequests,
        Self::Unavailable,
        Self::Internal,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::UnknownClient => "error.unknown_client.title",
            Self::RedirectMismatch => "error.redirect_mismatch.title",
            Self::InvalidRequest => "error.invalid_request.title",
            Self::Expired => "error.expired.title",
            Self::OtherBrowser => "error.other_browser.title",
            Self::IncompleteAccount => "error.incomplete_account.title",
            Self::HandoverRefused => "error.handover_refused.title",
            Self::HandoverElsewhere => "error.handover_elsewhere.title",
            Self::HandoverUnexpected => "error.handover_unexpected.title",
            Self::InvalidSignOut => "error.invalid_sign_out.title",
            Self::NotFound => "error.not_found.title",
            Self::TooManyRequests => "error.too_many_requests.title",
            Self::Unavailable => "error.unavailable.title",
            Self::Internal => "error.internal.title",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::UnknownClient => "error.unknown_client.text",
            Self::RedirectMismatch => "error.redirect_mismatch.text",
            Self::InvalidRequest => "error.invalid_request.text",
            Self::Expired => "error.expired.text",
            Self::OtherBrowser => "error.other_browser.text",
            Self::IncompleteAccount => "error.incomplete_account.text",
            Self::HandoverRefused => "error.handover_refused.text",
            Self::HandoverElsewhere => "error.handover_elsewhere.text",
            Self::HandoverUnexpected => "error.handover_unexpected.text",
            Self::InvalidSignOut => "error.invalid_sign_out.text",
            Self::NotFound => "error.not_found.text",
            Self::TooManyRequests => "error.too_many_requests.text",
            Self::Unavailable => "error.unavailable.text",
            Self::Internal => "error.internal.text",
        }
    }
}

impl ErrorPage {
    /// Every reason, with and without a way back, and two with details.
    #[must_use]
    pub fn samples(frame: &Frame) -> Vec<Self> {
        let page = |reason, back| Self {
            frame: frame.clone(),
            reason,
            reference: "7K3M-Q9TX".to_owned(),
            back,
            details: None,
        };
        let reasons = ErrorReason::ALL.into_iter().map(|reason| page(reason, None));
        let backs = BackLink::samples().into_iter().map(|back| page(ErrorReason::Expired, back));
        let details = [
            ErrorDetails {
                client: "demo-web".to_owned(),
                check: "redirect_uri_not_registered".to_owned(),
                sent: "http://localhost:3000/callback/<script>sent</script>?next=%2Fa-rather-long-path"
                    .to_owned(),
                registered: vec![
                    "http://localhost:3000/callback".to_owned(),
                    "<script>registered</script>".to_owned(),
                ],
            },
            ErrorDetails::default(),
        ];
        let details = details
            .map(|details| Self { details: Some(details), ..page(ErrorReason::RedirectMismatch, None) });
        reasons.chain(backs).chain(details).collect()
    }
}
