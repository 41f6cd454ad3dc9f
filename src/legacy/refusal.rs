//! Why the old system let nobody in, in our words. What a person reads of it is the page's affair.

use std::time::Duration;

use serde::Deserialize;

use crate::secret::Secret;

/// Why a sign-in did not happen. `why` is for the log: it names places and states, never what was sent or received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user name or the password is wrong; which of the two is not told.
    #[error("wrong user name or password")]
    WrongCredentials,
    /// The user name is wrong, says the old system; people are told as if it were either.
    #[error("unknown user name")]
    UnknownUser,
    /// Locked by the old system.
    #[error("the account is locked")]
    Locked {
        /// For how long yet, when it says so.
        after: Option<Duration>,
    },
    /// Switched off by an operator of the old system.
    #[error("the account is disabled")]
    Disabled,
    /// The e-mail address was never confirmed.
    #[error("the account is not confirmed")]
    Unconfirmed,
    /// The password was right but is too old.
    #[error("the password has expired")]
    PasswordExpired {
        /// Where a new one is chosen.
        link: Option<String>,
    },
    /// The password was right but has to be replaced first.
    #[error("the password must be changed")]
    MustChangePassword {
        /// Where it is.
        link: Option<String>,
    },
    /// The password was right, and a second factor is asked for.
    #[error("a second factor is required")]
    SecondFactorRequired(Box<Challenge>),
    /// The second factor was wrong.
    #[error("the second factor is wrong")]
    SecondFactorWrong(Box<Challenge>),
    /// Too many tries, counted by the old system.
    #[error("the legacy system counts too many tries")]
    RateLimited {
        /// How long it says to wait.
        after: Option<Duration>,
    },
    /// It says that it is closed for a while.
    #[error("the legacy system is under maintenance")]
    Maintenance,
    /// It does not answer, not in time, or not in a form that can be read.
    #[error("the legacy system is not available: {why}")]
    Unavailable {
        /// What happened.
        why: String,
    },
    /// It refuses us, not the person.
    #[error("the legacy system refuses the bridge: {why}")]
    Misconfigured {
        /// What happened.
        why: String,
    },
    /// It does not take the token that it has just given.
    #[error("the legacy system does not take its own token: {why}")]
    TokenRefused {
        /// Which call said so.
        why: String,
    },
    /// It did not say which person this is in a way that stays true.
    #[error("the legacy system gave no immutable id: {why}")]
    NoImmutableId {
        /// What was missing.
        why: String,
    },
    /// What the legacy site handed over is not good (any more).
    #[error("the hand-over was refused: {why}")]
    HandoverRefused {
        /// Its status.
        why: String,
    },
    /// A refusal that no rule explains.
    #[error("a refusal that no error rule explains: {why}")]
    Unknown {
        /// Its status.
        why: String,
    },
}

impl Refusal {
    /// Whether it says that the person is out, however good the tokens are.
    pub(super) const fn is_on_the_person(&self) -> bool {
        matches!(
            self,
            Self::Locked { .. }
                | Self::Disabled
                | Self::Unconfirmed
                | Self::PasswordExpired { .. }
                | Self::MustChangePassword { .. }
                | Self::TokenRefused { .. }
        )
    }
}

/// A second factor that the old system waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// What it said that has to be sent along, as JSON: it is as good as a password, and never shown.
    pub kept: Secret,
    /// Whether the password has to be sent along too, so that the person types it once more.
    pub wants_password: bool,
}

/// What an error rule can say: the word in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// [`Refusal::WrongCredentials`].
    WrongCredentials,
    /// [`Refusal::UnknownUser`].
    UnknownUser,
    /// [`Refusal::Locked`].
    Locked,
    /// [`Refusal::Disabled`].
    Disabled,
    /// [`Refusal::Unconfirmed`].
    Unconfirmed,
    /// [`Refusal::PasswordExpired`].
    PasswordExpired,
    /// [`Refusal::MustChangePassword`].
    MustChangePassword,
    /// [`Refusal::SecondFactorRequired`], or [`Refusal::SecondFactorWrong`] when one was sent.
    SecondFactorRequired,
    /// [`Refusal::SecondFactorWrong`].
    SecondFactorWrong,
    /// [`Refusal::RateLimited`].
    RateLimited,
    /// [`Refusal::Maintenance`].
    Maintenance,
    /// [`Refusal::Unavailable`].
    Unavailable,
    /// [`Refusal::Misconfigured`].
    Misconfigured,
}

/// What an answer says beside its outcome.
#[derive(Debug, Default)]
pub(super) struct Particulars {
    /// Which rule it was.
    pub(super) rule: String,
    /// The status.
    pub(super) status: u16,
    /// How long it lasts.
    pub(super) after: Option<Duration>,
    /// Where the person can do something about it.
    pub(super) link: Option<String>,
    /// What is kept for the second factor.
    pub(super) kept: Option<Challenge>,
    /// Whether a second factor was sent.
    pub(super) code_was_sent: bool,
}

impl Outcome {
    /// The refusal that the word stands for.
    pub(super) fn refusal(self, particulars: Particulars) -> Refusal {
        let Particulars { rule, status, after, link, kept, code_was_sent } = particulars;
        let why = || format!("status {status}, by {rule}");
        match self {
            Self::WrongCredentials => Refusal::WrongCredentials,
            Self::UnknownUser => Refusal::UnknownUser,
            Self::Locked => Refusal::Locked { after },
            Self::Disabled => Refusal::Disabled,
            Self::Unconfirmed => Refusal::Unconfirmed,
            Self::PasswordExpired => Refusal::PasswordExpired { link },
            Self::MustChangePassword => Refusal::MustChangePassword { link },
            Self::SecondFactorRequired | Self::SecondFactorWrong => match kept {
                None => {
                    Refusal::Misconfigured { why: format!("{}, and there is no [legacy.challenge]", why()) }
                }
                Some(challenge) if code_was_sent => Refusal::SecondFactorWrong(Box::new(challenge)),
                Some(challenge) => Refusal::SecondFactorRequired(Box::new(challenge)),
            },
            Self::RateLimited => Refusal::RateLimited { after },
            Self::Maintenance => Refusal::Maintenance,
            Self::Unavailable => Refusal::Unavailable { why: why() },
            Self::Misconfigured => Refusal::Misconfigured { why: why() },
        }
    }
}
