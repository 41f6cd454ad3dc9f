//! Why the old system let nobody in, in our words. What a person reads of it is the page's affair.

use std::time::Duration;

use serde::Deserialize;

/// Why a sign-in did not happen. `why` is for the log: it names places and states, never what was sent or received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user name or the password is wrong; which of the two is not told.
    #[error("wrong user name or password")]
    WrongCredentials,
    /// Locked by the old system.
    #[error("the account is locked")]
    Locked,
    /// Switched off by an operator of the old system.
    #[error("the account is disabled")]
    Disabled,
    /// The e-mail address was never confirmed.
    #[error("the account is not confirmed")]
    Unconfirmed,
    /// The password was right but is too old.
    #[error("the password has expired")]
    PasswordExpired,
    /// The password was right but has to be replaced first.
    #[error("the password must be changed")]
    MustChangePassword,
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

/// What an error rule can say: the word in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// [`Refusal::WrongCredentials`].
    WrongCredentials,
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
    /// [`Refusal::RateLimited`].
    RateLimited,
    /// [`Refusal::Maintenance`].
    Maintenance,
    /// [`Refusal::Unavailable`].
    Unavailable,
    /// [`Refusal::Misconfigured`].
    Misconfigured,
}

impl Outcome {
    /// The refusal that the word stands for.
    pub fn refusal(self, status: u16, retry_after: Option<Duration>) -> Refusal {
        let why = || format!("status {status}, by an error rule");
        match self {
            Self::WrongCredentials => Refusal::WrongCredentials,
            Self::Locked => Refusal::Locked,
            Self::Disabled => Refusal::Disabled,
            Self::Unconfirmed => Refusal::Unconfirmed,
            Self::PasswordExpired => Refusal::PasswordExpired,
            Self::MustChangePassword => Refusal::MustChangePassword,
            Self::RateLimited => Refusal::RateLimited { after: retry_after },
            Self::Maintenance => Refusal::Maintenance,
            Self::Unavailable => Refusal::Unavailable { why: why() },
            Self::Misconfigured => Refusal::Misconfigured { why: why() },
        }
    }
}
