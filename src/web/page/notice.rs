//! What the sign-in page says before its form: in most cases what the legacy system answered, in plain words, with the
//! way out where there is one. Which answer means what is the connector's affair.

use std::time::Duration;

use crate::web::page::frame::Frame;
use crate::web::page::uri::WebUri;

/// One thing that is told before the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The same words for an unknown user and a wrong password.
    WrongCredentials,
    /// Locked by the legacy system or by us.
    Locked {
        /// How much longer, where it is known.
        remaining: Option<Duration>,
    },
    /// Switched off by an operator of the legacy system.
    Disabled,
    /// The e-mail address was never confirmed.
    Unconfirmed,
    /// The password was right but is too old.
    PasswordExpired,
    /// The password was right but has to be replaced first.
    MustChangePassword,
    /// Too many tries, counted by the legacy system or by us.
    RateLimited {
        /// How much longer, where it is known.
        remaining: Option<Duration>,
    },
    /// The legacy system says that it is closed for a while.
    Maintenance,
    /// The legacy system does not answer, or not in time.
    Unavailable,
    /// The legacy system refuses us, not the visitor.
    Misconfigured,
    /// The second factor is not right.
    SecondFactorWrong,
    /// The two new passwords are not the same.
    NewPasswordsDiffer,
    /// A refusal that no rule explains: nothing is claimed about the cause.
    Unknown,
    /// The app asked for a fresh sign-in (`prompt=login`, `max_age`).
    SignInAgain,
}

/// Where the legacy site lets people help themselves.
#[derive(Clone, Debug, Default)]
pub struct Help {
    /// A new password, be it forgotten or expired.
    pub password_uri: Option<WebUri>,
    /// Unlocking or confirming an account.
    pub account_uri: Option<WebUri>,
}

impl Notice {
    /// Every notice, and those that may last with and without a time.
    pub const ALL: [Self; 16] = [
        Self::WrongCredentials,
        Self::Locked { remaining: None },
        Self::Locked { remaining: Some(Duration::from_mins(15)) },
        Self::Disabled,
        Self::Unconfirmed,
        Self::PasswordExpired,
        Self::MustChangePassword,
        Self::RateLimited { remaining: None },
        Self::RateLimited { remaining: Some(Duration::from_secs(30)) },
        Self::Maintenance,
        Self::Unavailable,
        Self::Misconfigured,
        Self::SecondFactorWrong,
        Self::NewPasswordsDiffer,
        Self::Unknown,
        Self::SignInAgain,
    ];

    /// Red for what did not work, amber for what has to wait, the organisation's own colour for the rest.
    #[must_use]
    pub const fn tone(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } | Self::Maintenance | Self::Unavailable => "caution",
            Self::SignInAgain => "info",
            _ => "problem",
        }
    }

    /// Whether something did not work.
    #[must_use]
    pub const fn is_problem(&self) -> bool {
        !matches!(self, Self::SignInAgain)
    }

    /// A screen reader interrupts for an alert and waits for a pause with a status.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        if self.is_problem() { "alert" } else { "status" }
    }

    /// The key of the short line in bold.
    #[must_use]
    pub const fn title(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "notice.wrong_credentials.title",
            Self::Locked { .. } => "notice.locked.title",
            Self::Disabled => "notice.disabled.title",
            Self::Unconfirmed => "notice.unconfirmed.title",
            Self::PasswordExpired => "notice.password_expired.title",
            Self::MustChangePassword => "notice.must_change_password.title",
            Self::RateLimited { .. } => "notice.rate_limited.title",
            Self::Maintenance => "notice.maintenance.title",
            Self::Unavailable => "notice.unavailable.title",
            Self::Misconfigured => "notice.misconfigured.title",
            Self::SecondFactorWrong => "notice.second_factor_wrong.title",
            Self::NewPasswordsDiffer => "notice.new_passwords_differ.title",
            Self::Unknown => "notice.unknown.title",
            Self::SignInAgain => "notice.sign_in_again.title",
        }
    }

    const fn text_key(&self) -> &'static str {
        match self {
            Self::WrongCredentials => "notice.wrong_credentials.text",
            Self::Locked { .. } => "notice.locked.text",
            Self::Disabled => "notice.disabled.text",
            Self::Unconfirmed => "notice.unconfirmed.text",
            Self::PasswordExpired => "notice.password_expired.text",
            Self::MustChangePassword => "notice.must_change_password.text",
            Self::RateLimited { .. } => "notice.rate_limited.text",
            Self::Maintenance => "notice.maintenance.text",
            Self::Unavailable => "notice.unavailable.text",
            Self::Misconfigured => "notice.misconfigured.text",
            Self::SecondFactorWrong => "notice.second_factor_wrong.text",
            Self::NewPasswordsDiffer => "notice.new_passwords_differ.text",
            Self::Unknown => "notice.unknown.text",
            Self::SignInAgain => "notice.sign_in_again.text",
        }
    }

    /// The sentence, and when one can try again if that is known.
    #[must_use]
    pub fn text(&self, frame: &Frame) -> String {
        let again = |remaining: &Duration| {
            frame.with("notice.try_again_in", &[("wait", &frame.messages.wait(*remaining))])
        };
        let text = frame.about_organisation(self.text_key());
        match self {
            Self::Locked { remaining: Some(remaining) } => format!("{text} {}", again(remaining)),
            // The general sentence says "a little"; the exact one replaces it.
            Self::RateLimited { remaining: Some(remaining) } => again(remaining),
            _ => text,
        }
    }

    /// The way out, where somebody has given us its address. Beside wrong credentials there is none: the page has its
    /// link for a forgotten password anyway.
    #[must_use]
    pub fn link<'a>(&self, frame: &'a Frame, help: &'a Help) -> Option<(&'a WebUri, String)> {
        let (uri, label) = match self {
            Self::Locked { .. } => (help.account_uri.as_ref(), "notice.unlock"),
            Self::Unconfirmed => (help.account_uri.as_ref(), "notice.confirm"),
            Self::PasswordExpired | Self::MustChangePassword => {
                (help.password_uri.as_ref(), "notice.new_password")
            }
            Self::Disabled | Self::Misconfigured | Self::Unknown => {
                (frame.branding.support_uri.as_ref(), "notice.contact")
            }
            Self::WrongCredentials
            | Self::RateLimited { .. }
            | Self::Maintenance
            | Self::Unavailable
            | Self::SecondFactorWrong
            | Self::NewPasswordsDiffer
            | Self::SignInAgain => return None,
        };
        Some((uri?, frame.about_organisation(label)))
    }
}
