//! What a refused sign-in is told as: the words for the person, and the status for machines.

use std::time::Duration;

use axum::http::StatusCode;

use crate::legacy::refusal::Refusal;
use crate::provider::step::{SignInPrompt, SignInRefusal};
use crate::rules::interaction::SignInReason;
use crate::time::Timestamp;
use crate::web::page::notice::Notice;

/// The notice of a sign-in page, if it has one.
pub fn notice(prompt: &SignInPrompt, now: Timestamp) -> Option<Notice> {
    match &prompt.refusal {
        Some(refusal) => Some(of_refusal(refusal, now)),
        None => match prompt.reason {
            SignInReason::Asked | SignInReason::TooLongAgo => Some(Notice::SignInAgain),
            SignInReason::NobodySignedIn | SignInReason::AnotherPersonMeant | SignInReason::ChooseAccount => {
                None
            }
        },
    }
}

/// The notice that a refusal is told by.
pub fn of_refusal(refusal: &SignInRefusal, now: Timestamp) -> Notice {
    match refusal {
        SignInRefusal::Throttled { until } => Notice::RateLimited { remaining: Some(until.since(now)) },
        SignInRefusal::NewPasswordsDiffer => Notice::NewPasswordsDiffer,
        SignInRefusal::Legacy(refusal) => told(refusal),
    }
}

/// The page is shown all the same; a status tells machines and caches what kind of page it is.
pub fn status(prompt: &SignInPrompt) -> StatusCode {
    match &prompt.refusal {
        Some(SignInRefusal::Throttled { .. } | SignInRefusal::Legacy(Refusal::RateLimited { .. })) => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Some(SignInRefusal::Legacy(
            Refusal::Unavailable { .. }
            | Refusal::Maintenance
            | Refusal::Misconfigured { .. }
            | Refusal::TokenRefused { .. },
        )) => StatusCode::SERVICE_UNAVAILABLE,
        Some(SignInRefusal::Legacy(_) | SignInRefusal::NewPasswordsDiffer) | None => StatusCode::OK,
    }
}

/// How long to wait, where it is known (RFC 9110 §10.2.3).
pub fn retry_after(prompt: &SignInPrompt, now: Timestamp) -> Option<Duration> {
    match &prompt.refusal {
        Some(SignInRefusal::Throttled { until }) => Some(until.since(now)),
        Some(SignInRefusal::Legacy(Refusal::RateLimited { after })) => *after,
        _ => None,
    }
}

fn told(refusal: &Refusal) -> Notice {
    match refusal {
        Refusal::WrongCredentials | Refusal::UnknownUser => Notice::WrongCredentials,
        Refusal::Locked { after } => Notice::Locked { remaining: *after },
        Refusal::Disabled => Notice::Disabled,
        Refusal::Unconfirmed => Notice::Unconfirmed,
        Refusal::PasswordExpired { .. } => Notice::PasswordExpired,
        Refusal::MustChangePassword { .. } => Notice::MustChangePassword,
        Refusal::SecondFactorWrong(_) => Notice::SecondFactorWrong,
        Refusal::RateLimited { after } => Notice::RateLimited { remaining: *after },
        Refusal::Maintenance => Notice::Maintenance,
        Refusal::Unavailable { .. } => Notice::Unavailable,
        Refusal::Misconfigured { .. } | Refusal::TokenRefused { .. } => Notice::Misconfigured,
        Refusal::NoImmutableId { .. }
        | Refusal::SecondFactorRequired(_)
        | Refusal::HandoverRefused { .. }
        | Refusal::Unknown { .. } => Notice::Unknown,
    }
}
