//! The page door: which page a flow's error becomes, with which status, and what the log says of it. A page names a reference that
//! the log line has too; what was compared with what is in the log, and on the page in development mode only.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tracing::{error, warn};

use crate::id::ReferenceId;
use crate::keys::form::FormError;
use crate::legacy::refusal::Refusal;
use crate::oauth::printable::printable;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::handover_error::HandoverError;
use crate::provider::logout::rp_initiated::SignOutError;
use crate::rules::logout::LogoutRefusal;
use crate::rules::redirect_uri::UntrustedRedirect;
use crate::store::error::StoreError;
use crate::web::extract::params::MalformedForm;
use crate::web::page::error::{ErrorDetails, ErrorPage, ErrorReason};
use crate::web::page::frame::BackLink;
use crate::web::pages::{Allowed, Details, Pages, home};

/// What an error becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub status: StatusCode,
    /// What the person reads.
    pub reason: ErrorReason,
    /// The name of the check that failed.
    pub check: &'static str,
    /// The client as it was named.
    pub client: String,
    /// What was sent.
    pub sent: String,
    /// What would have been accepted.
    pub registered: Vec<String>,
    /// The way back to the app, where one is known.
    pub back: Option<BackLink>,
    /// The whole, for the log.
    pub cause: String,
}

impl Refused {
    fn of(
        status: StatusCode,
        reason: ErrorReason,
        check: &'static str,
        cause: &dyn std::error::Error,
    ) -> Self {
        Self::because(status, reason, check, &cause.to_string())
    }

    fn because(status: StatusCode, reason: ErrorReason, check: &'static str, cause: &str) -> Self {
        Self {
            status,
            reason,
            check,
            client: String::new(),
            sent: String::new(),
            registered: Vec::new(),
            back: None,
            cause: cause.to_owned(),
        }
    }

    /// A form whose bytes are no form encoding.
    pub fn malformed_form() -> Self {
        let cause = "the form is not ASCII without spaces, as a form encoding is";
        Self::because(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "parameters", cause)
    }

    /// No page has this address.
    pub fn not_found() -> Self {
        let cause = "there is nothing at this address";
        Self::because(StatusCode::NOT_FOUND, ErrorReason::NotFound, "route", cause)
    }

    /// The page at this address is not for this method.
    pub fn method_not_allowed() -> Self {
        let cause = "the address does not take this method";
        Self::because(StatusCode::METHOD_NOT_ALLOWED, ErrorReason::InvalidRequest, "method", cause)
    }

    /// A handler panicked. What it said may hold anything; where it happened is in the panic hook's own line.
    pub fn panicked() -> Self {
        let cause = "a request panicked";
        Self::because(StatusCode::INTERNAL_SERVER_ERROR, ErrorReason::Internal, "panic", cause)
    }
}

impl From<&AuthorizeError> for Refused {
    fn from(error: &AuthorizeError) -> Self {
        let refused = |status, reason, check| Self::of(status, reason, check, error);
        match error {
            AuthorizeError::Malformed(_) => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "parameters")
            }
            AuthorizeError::ClientMissing => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::UnknownClient, "client_id_missing")
            }
            AuthorizeError::UnknownClient { sent } => Self {
                client: printable(sent),
                sent: printable(sent),
                ..refused(StatusCode::BAD_REQUEST, ErrorReason::UnknownClient, "client_id_unknown")
            },
            AuthorizeError::Redirect { client, refusal, sent } => Self {
                client: client.id.to_string(),
                sent: sent.as_deref().map(shown).unwrap_or_default(),
                registered: client.redirect_uris.clone(),
                back: home(client),
                ..refused(StatusCode::BAD_REQUEST, ErrorReason::RedirectMismatch, redirect_check(*refusal))
            },
            AuthorizeError::Form(error) => form(*error),
            AuthorizeError::TooLate { client } => {
                Self { client: client.id.to_string(), back: home(client), ..form(FormError::Expired) }
            }
            AuthorizeError::NoImmutableId { .. } => {
                refused(StatusCode::FORBIDDEN, ErrorReason::IncompleteAccount, "legacy_id")
            }
            AuthorizeError::NoRealm => refused(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "realm"),
            AuthorizeError::NothingMissing => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "halfway")
            }
            AuthorizeError::UnknownLaunch => {
                refused(StatusCode::NOT_FOUND, ErrorReason::NotFound, "launch_unknown")
            }
            AuthorizeError::NoLegacySite => {
                refused(StatusCode::NOT_FOUND, ErrorReason::NotFound, "legacy_site_unknown")
            }
            AuthorizeError::HandoverGone => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::Expired, "handover_gone")
            }
            AuthorizeError::Crossed => {
                refused(StatusCode::SERVICE_UNAVAILABLE, ErrorReason::Unavailable, "crossed")
            }
            AuthorizeError::BrokenOff => {
                refused(StatusCode::INTERNAL_SERVER_ERROR, ErrorReason::Internal, "broken_off")
            }
            AuthorizeError::Unsealable => {
                refused(StatusCode::INTERNAL_SERVER_ERROR, ErrorReason::Internal, "seal")
            }
            AuthorizeError::Store(error) => store(error),
        }
    }
}

impl From<&HandoverError> for Refused {
    fn from(error: &HandoverError) -> Self {
        let refused = |status, reason, check| Self::of(status, reason, check, error);
        match error {
            HandoverError::NotConfigured => {
                refused(StatusCode::NOT_FOUND, ErrorReason::NotFound, "handover_not_configured")
            }
            HandoverError::Elsewhere { from } => Self {
                sent: shown(from),
                ..refused(StatusCode::FORBIDDEN, ErrorReason::HandoverElsewhere, "handover_source")
            },
            HandoverError::Embedded => {
                refused(StatusCode::FORBIDDEN, ErrorReason::HandoverElsewhere, "handover_embedded")
            }
            HandoverError::NoToken => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "handover_token_missing")
            }
            HandoverError::Legacy(Refusal::NoImmutableId { .. }) => {
                refused(StatusCode::FORBIDDEN, ErrorReason::IncompleteAccount, "legacy_id")
            }
            HandoverError::Legacy(
                Refusal::Unavailable { .. } | Refusal::Maintenance | Refusal::RateLimited { .. },
            ) => refused(StatusCode::SERVICE_UNAVAILABLE, ErrorReason::Unavailable, "legacy_unavailable"),
            HandoverError::Legacy(_) => {
                refused(StatusCode::FORBIDDEN, ErrorReason::HandoverRefused, "handover_refused")
            }
            HandoverError::Throttled { .. } => {
                refused(StatusCode::TOO_MANY_REQUESTS, ErrorReason::TooManyRequests, "handover_throttled")
            }
            HandoverError::NoHandle => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::OtherBrowser, "handover_cookie_missing")
            }
            HandoverError::NothingWaits => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::Expired, "handover_gone")
            }
            HandoverError::Unsolicited => {
                refused(StatusCode::FORBIDDEN, ErrorReason::HandoverUnexpected, "handover_unsolicited")
            }
            HandoverError::Unsealable => {
                refused(StatusCode::INTERNAL_SERVER_ERROR, ErrorReason::Internal, "seal")
            }
            HandoverError::Form(error) => form(*error),
            HandoverError::Authorize(error) => error.into(),
            HandoverError::Store(error) => store(error),
        }
    }
}

impl From<&SignOutError> for Refused {
    fn from(error: &SignOutError) -> Self {
        let refused = |status, reason, check| Self::of(status, reason, check, error);
        match error {
            SignOutError::Malformed(_) => {
                refused(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "parameters")
            }
            SignOutError::Refused { refusal, client, sent, registered } => Self {
                client: client.as_deref().map(printable).unwrap_or_default(),
                sent: sent.as_deref().map(shown).unwrap_or_default(),
                registered: registered.clone(),
                ..refused(StatusCode::BAD_REQUEST, ErrorReason::InvalidSignOut, logout_check(*refusal))
            },
            SignOutError::Form(error) => form(*error),
            SignOutError::Unsealable => {
                refused(StatusCode::INTERNAL_SERVER_ERROR, ErrorReason::Internal, "seal")
            }
            SignOutError::Store(error) => store(error),
        }
    }
}

impl From<&MalformedForm> for Refused {
    fn from(error: &MalformedForm) -> Self {
        Self::of(StatusCode::BAD_REQUEST, ErrorReason::InvalidRequest, "parameters", error)
    }
}

impl From<&StoreError> for Refused {
    fn from(error: &StoreError) -> Self {
        store(error)
    }
}

fn form(error: FormError) -> Refused {
    let (reason, check) = match error {
        FormError::Forged => (ErrorReason::OtherBrowser, "form_binding"),
        FormError::Expired => (ErrorReason::Expired, "form_expiry"),
    };
    Refused::of(StatusCode::BAD_REQUEST, reason, check, &error)
}

fn store(error: &StoreError) -> Refused {
    let (status, reason) = if error.is_passing() {
        (StatusCode::SERVICE_UNAVAILABLE, ErrorReason::Unavailable)
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, ErrorReason::Internal)
    };
    Refused::of(status, reason, "database", error)
}

const fn redirect_check(refusal: UntrustedRedirect) -> &'static str {
    match refusal {
        UntrustedRedirect::NoneRegistered => "redirect_uri_none_registered",
        UntrustedRedirect::MissingForOpenId | UntrustedRedirect::MissingAmongSeveral => {
            "redirect_uri_missing"
        }
        UntrustedRedirect::Fragment => "redirect_uri_fragment",
        UntrustedRedirect::NotRegistered => "redirect_uri_not_registered",
    }
}

const fn logout_check(refusal: LogoutRefusal) -> &'static str {
    match refusal {
        LogoutRefusal::ClientContradictsHint => "client_id_contradicts_hint",
        LogoutRefusal::UnknownClient => "client_id_unknown",
        LogoutRefusal::RedirectNotRegistered => "post_logout_redirect_uri_not_registered",
    }
}

/// A redirect URI as it is shown and logged: long enough to see what differs, and no line of its own making.
fn shown(uri: &str) -> String {
    uri.chars()
        .take(300)
        .map(|character| if character.is_control() { '\u{fffd}' } else { character })
        .collect()
}

/// A refusal that stands in the log: what its page tells. It can be told at another address than the one that was refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    status: u16,
    reason: ErrorReason,
    reference: String,
    #[serde(skip)]
    back: Option<BackLink>,
    details: Option<ErrorDetails>,
    /// After how many seconds it is worth trying again.
    pub retry_after: Option<u64>,
}

impl Pages {
    /// Logs what went wrong, once, and shows the page that tells it.
    pub fn refuse(&self, refused: Refused, ui_locales: &[String], language: Option<&str>) -> Response {
        self.tell(self.note(refused), ui_locales, language)
    }

    /// Logs what went wrong.
    pub fn note(&self, refused: Refused) -> Told {
        let reference = ReferenceId::mint(self.chance());
        let Refused { status, reason, check, client, sent, registered, back, cause } = refused;
        if status.is_server_error() {
            error!(reference = %reference, check, "a page failed: {cause}");
        } else {
            warn!(
                reference = %reference, check, client.id = %client, sent = %sent, registered = ?registered,
                "refused with a page: {cause}"
            );
        }
        let details = (self.details() == Details::Shown && status.is_client_error()).then(|| ErrorDetails {
            client,
            check: check.to_owned(),
            sent,
            registered,
        });
        let (status, reference) = (status.as_u16(), reference.to_string());
        Told { status, reason, reference, back, details, retry_after: None }
    }

    /// Shows the page.
    pub fn tell(&self, told: Told, ui_locales: &[String], language: Option<&str>) -> Response {
        let Told { status, reason, reference, back, details, retry_after } = told;
        let frame = self.frame(ui_locales, language);
        let page = ErrorPage { frame, reason, reference, back, details };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = self.show(status, &page, Allowed::default());
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
