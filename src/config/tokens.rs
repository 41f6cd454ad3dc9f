//! `[tokens]`: how long codes and tokens are good for, unless an API or a client says otherwise.

use serde::Deserialize;

use super::duration::Span;
use super::findings::Findings;
use super::reading;

/// A browser's way back to the application, and the application's to us.
const CODE: Span = Span::minutes(1);
/// RFC 6749 §4.1.2: a maximum of 10 minutes is recommended.
const LONGEST_CODE: Span = Span::minutes(10);
/// A JWT cannot be called back, so it is short-lived.
const ACCESS_TOKEN: Span = Span::minutes(10);
/// A day: beyond it a stolen access token outlives everybody's patience.
const LONG_ACCESS_TOKEN: Span = Span::days(1);
/// It is read once, at sign-in.
const ID_TOKEN: Span = Span::minutes(10);
/// An application that nobody opens for a month asks again.
const REFRESH_IDLE: Span = Span::days(30);
/// And every application once a year.
const REFRESH_ABSOLUTE: Span = Span::days(365);
/// A client that lost an answer tries again within this (`rules/rotation.rs` tells what is risked).
const REPLAY_WINDOW: Span = Span::seconds(30);
/// Beyond this nobody is waiting for a lost answer any more.
const LONGEST_REPLAY_WINDOW: Span = Span::minutes(5);

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// An authorization code.
    pub code: Span,
    /// What a client may set for itself.
    pub lifetimes: Lifetimes,
    /// How long a refresh token whose successor was never used is answered again.
    pub replay_window: Span,
}

/// Lifetimes that a client may set for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token, unless its API says otherwise.
    pub access_token: Span,
    /// An ID token.
    pub id_token: Span,
    /// A refresh token that nobody uses.
    pub refresh_idle: Span,
    /// All refresh tokens that one authorization leads to.
    pub refresh_absolute: Span,
}

const LIFETIMES: Lifetimes = Lifetimes {
    access_token: ACCESS_TOKEN,
    id_token: ID_TOKEN,
    refresh_idle: REFRESH_IDLE,
    refresh_absolute: REFRESH_ABSOLUTE,
};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    code: Option<Span>,
    access_token: Option<Span>,
    id_token: Option<Span>,
    refresh_idle: Option<Span>,
    refresh_absolute: Option<Span>,
    replay_window: Option<Span>,
}

/// A client's own.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawLifetimes {
    access_token: Option<Span>,
    id_token: Option<Span>,
    refresh_idle: Option<Span>,
    refresh_absolute: Option<Span>,
}

impl Raw {
    pub(super) fn check(self, findings: &mut Findings) -> Tokens {
        let code = findings.some_time(self.code, CODE, "tokens.code");
        if code > LONGEST_CODE {
            findings.problem(
                "tokens.code",
                format!(
                    "a code travels through a browser; at most \"{LONGEST_CODE}\" (RFC 6749 section 4.1.2)"
                ),
            );
        }
        let replay_window = self.replay_window.unwrap_or(REPLAY_WINDOW);
        if replay_window > LONGEST_REPLAY_WINDOW {
            findings.problem(
                "tokens.replay_window",
                format!(
                    "it is there for lost answers, and hides thefts; at most \"{LONGEST_REPLAY_WINDOW}\""
                ),
            );
        }
        let lifetimes = RawLifetimes {
            access_token: self.access_token,
            id_token: self.id_token,
            refresh_idle: self.refresh_idle,
            refresh_absolute: self.refresh_absolute,
        };
        Tokens { code, lifetimes: lifetimes.check(&LIFETIMES, "tokens", findings), replay_window }
    }
}

impl RawLifetimes {
    pub(super) fn check(self, default: &Lifetimes, at: &str, findings: &mut Findings) -> Lifetimes {
        let paths = ["access_token", "id_token", "refresh_idle", "refresh_absolute"];
        let [access_at, id_at, idle_at, absolute_at] = paths.map(|key| reading::key(at, key));
        let access_token =
            access_lifetime(self.access_token, &access_at, findings).unwrap_or(default.access_token);
        let id_token = findings.some_time(self.id_token, default.id_token, &id_at);
        let refresh_absolute =
            findings.some_time(self.refresh_absolute, default.refresh_absolute, &absolute_at);
        // A short absolute lifetime alone is no contradiction.
        let refresh_idle = self.refresh_idle.unwrap_or(default.refresh_idle.min(refresh_absolute));
        let refresh_idle = findings.some_time(Some(refresh_idle), default.refresh_idle, &idle_at);
        findings.in_order((&idle_at, refresh_idle), (&absolute_at, refresh_absolute));
        Lifetimes { access_token, id_token, refresh_idle, refresh_absolute }
    }
}

/// A lifetime of access tokens that was written at `at`; a long one is warned of.
pub(super) fn access_lifetime(written: Option<Span>, at: &str, findings: &mut Findings) -> Option<Span> {
    let span = findings.some_time(Some(written?), ACCESS_TOKEN, at);
    if span > LONG_ACCESS_TOKEN {
        findings.warning(
            at,
            format!("nobody can take back a token for \"{span}\"; short ones are refreshed in silence"),
        );
    }
    Some(span)
}
