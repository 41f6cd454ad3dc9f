//! `[sign_in]`: where people sign in, how long a sign-in page stays usable, and how often a password may be tried.

use serde::Deserialize;

use super::duration::Span;
use super::findings::Findings;
use super::reading;

/// Long enough to look for a password.
const PENDING: Span = Span::minutes(30);

/// Per account: four wrong passwords reach the legacy system. Many lock at the fifth within ten minutes (the ASP.NET membership
/// default), and a guesser at our page must not be able to lock somebody out over there.
const PER_ACCOUNT: Throttle = Throttle { failures: 4, window: Span::minutes(15), pause: Span::minutes(15) };

/// Per address: an office or a school shares one, a guesser with a list of names soon passes it.
const PER_ADDRESS: Throttle = Throttle { failures: 30, window: Span::minutes(15), pause: Span::minutes(15) };

/// The checked section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// How long a request may stand on the sign-in or consent page.
    pub pending: Span,
    /// Tries at one account.
    pub per_account: Throttle,
    /// Tries from one address.
    pub per_address: Throttle,
    /// Where people sign in.
    pub method: Method,
}

/// `method`: where people sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// On the bridge's own page.
    #[default]
    Form,
    /// At the legacy site.
    LegacySite,
    /// As they like.
    Both,
}

/// How many failures are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// Failures within `window` after which no further try is let through.
    pub failures: u32,
    /// The span that failures are counted in.
    pub window: Span,
    /// How long further tries are held off.
    pub pause: Span,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pending: Option<Span>,
    per_account: Option<RawThrottle>,
    per_address: Option<RawThrottle>,
    method: Option<Method>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawThrottle {
    failures: Option<u32>,
    window: Option<Span>,
    pause: Option<Span>,
}

impl Raw {
    pub(super) fn check(self, findings: &mut Findings) -> SignIn {
        SignIn {
            pending: findings.some_time(self.pending, PENDING, "sign_in.pending"),
            per_account: self.per_account.unwrap_or_default().check(
                PER_ACCOUNT,
                "sign_in.per_account",
                findings,
            ),
            per_address: self.per_address.unwrap_or_default().check(
                PER_ADDRESS,
                "sign_in.per_address",
                findings,
            ),
            method: self.method.unwrap_or_default(),
        }
    }
}

impl RawThrottle {
    fn check(self, default: Throttle, at: &str, findings: &mut Findings) -> Throttle {
        let failures = self.failures.unwrap_or(default.failures);
        if failures == 0 {
            findings.problem(
                reading::key(at, "failures"),
                "with 0 nobody could ever sign in; expected 1 or more",
            );
        }
        Throttle {
            failures,
            window: findings.some_time(self.window, default.window, &reading::key(at, "window")),
            pause: findings.some_time(self.pause, default.pause, &reading::key(at, "pause")),
        }
    }
}
