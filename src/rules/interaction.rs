//! What comes next in an authorization: sign in, ask, issue or refuse (OpenID Connect Core §3.1.2.3, §3.1.2.4). The one dispatcher
//! of the flow asks here after each step; steps never route to one another.

use std::time::Duration;

use crate::oauth::error::ErrorCode;
use crate::oauth::prompt::{Prompt, Prompts};
use crate::rules::consent::Standing;
use crate::time::Timestamp;

/// What is known when the dispatcher asks.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// `prompt`.
    pub prompts: &'a Prompts,
    /// `max_age`, or the client's default.
    pub max_age: Option<Duration>,
    /// Who is signed in with this browser.
    pub session: Option<SignedIn>,
    /// Whether the person agreed before.
    pub consent: Standing,
    /// What the person just answered on the consent page of this very request.
    pub answer: Option<ConsentAnswer>,
    /// The present.
    pub now: Timestamp,
}

/// A live session.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// Whether the client wants this person.
    pub whom: Whom,
    /// When they last proved who they are.
    pub auth_time: Timestamp,
    /// Whether they did so for this request.
    pub occasion: Occasion,
}

/// Whether a person is the one whom `id_token_hint` or a requested `sub` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// It is them, or the client named nobody.
    Meant,
    /// The client named somebody else.
    Another,
}

/// On what occasion a person proved who they are. Seconds cannot tell: a sign-in and the next request often share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// On the sign-in page of this request.
    ThisRequest,
    /// Before.
    Earlier,
}

/// What the person pressed on the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// Yes.
    Allowed,
    /// No.
    Denied,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The sign-in page, and why.
    SignIn(SignInReason),
    /// The consent page.
    Consent,
    /// A code.
    Issue,
    /// An error.
    Refuse(InteractionRefusal),
}

/// Why the sign-in page is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInReason {
    /// Nobody is signed in.
    NobodySignedIn,
    /// The client means another person than the one signed in.
    AnotherPersonMeant,
    /// `prompt=login`.
    Asked,
    /// `prompt=select_account`.
    ChooseAccount,
    /// `max_age` has passed.
    TooLongAgo,
}

/// Why the request ends without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InteractionRefusal {
    /// `prompt=none`, but nobody is signed in.
    #[error("nobody is signed in, and prompt=none forbids to ask")]
    NobodySignedIn,
    /// `prompt=none`, but somebody else is signed in.
    #[error("another person than the one meant is signed in, and prompt=none forbids to ask")]
    AnotherPersonSignedIn,
    /// `prompt=none`, but the sign-in is older than `max_age`.
    #[error("the sign-in is older than max_age, and prompt=none forbids to ask")]
    SignedInTooLongAgo,
    /// Asked to sign in as one person, another did.
    #[error("another person than the one meant has signed in")]
    WrongPersonSignedIn,
    /// `prompt=none`, but the person must agree first.
    #[error("the person has not agreed yet, and prompt=none forbids to ask")]
    NotAgreed,
    /// The person said no.
    #[error("the person did not agree")]
    Denied,
}

impl InteractionRefusal {
    /// The protocol's word for it (OpenID Connect Core §3.1.2.6, RFC 6749 §4.1.2.1).
    pub const fn code(self) -> ErrorCode {
        match self {
            // §3.1.2.1 on id_token_hint: "otherwise, it MUST return an error, such as login_required".
            Self::NobodySignedIn
            | Self::AnotherPersonSignedIn
            | Self::SignedInTooLongAgo
            | Self::WrongPersonSignedIn => ErrorCode::LoginRequired,
            Self::NotAgreed => ErrorCode::ConsentRequired,
            Self::Denied => ErrorCode::AccessDenied,
        }
    }
}

/// Decides.
///
/// The order is security: who the person is comes before what they agreed to, so that nobody agrees in another one's name.
pub fn next(facts: &Facts<'_>) -> Next {
    authentication(facts).or_else(|| agreement(facts)).unwrap_or(Next::Issue)
}

/// Whether the right person is signed in, recently enough. A person who signed in for this request has done all that `prompt` and
/// `max_age` can ask, once: however long they then read the consent page, they are not sent back.
fn authentication(facts: &Facts<'_>) -> Option<Next> {
    let silent = facts.prompts.contains(Prompt::None);
    let ask = |reason, refusal| Some(if silent { Next::Refuse(refusal) } else { Next::SignIn(reason) });
    let Some(session) = facts.session else {
        return ask(SignInReason::NobodySignedIn, InteractionRefusal::NobodySignedIn);
    };
    match (session.occasion, session.whom) {
        (Occasion::ThisRequest, Whom::Meant) => None,
        (Occasion::ThisRequest, Whom::Another) => Some(Next::Refuse(InteractionRefusal::WrongPersonSignedIn)),
        (Occasion::Earlier, Whom::Another) => {
            ask(SignInReason::AnotherPersonMeant, InteractionRefusal::AnotherPersonSignedIn)
        }
        (Occasion::Earlier, Whom::Meant) if facts.prompts.contains(Prompt::SelectAccount) => {
            Some(Next::SignIn(SignInReason::ChooseAccount))
        }
        (Occasion::Earlier, Whom::Meant) if facts.prompts.contains(Prompt::Login) => {
            Some(Next::SignIn(SignInReason::Asked))
        }
        (Occasion::Earlier, Whom::Meant) if is_too_old(&session, facts) => {
            ask(SignInReason::TooLongAgo, InteractionRefusal::SignedInTooLongAgo)
        }
        (Occasion::Earlier, Whom::Meant) => None,
    }
}

/// OpenID Connect Core §3.1.2.1: longer ago than `max_age`; `max_age=0` is `prompt=login`, even within the same second.
fn is_too_old(session: &SignedIn, facts: &Facts<'_>) -> bool {
    facts.max_age.is_some_and(|max_age| max_age.is_zero() || facts.now.since(session.auth_time) > max_age)
}

fn agreement(facts: &Facts<'_>) -> Option<Next> {
    let wanted = facts.consent == Standing::Missing || facts.prompts.contains(Prompt::Consent);
    match facts.answer {
        Some(ConsentAnswer::Denied) => Some(Next::Refuse(InteractionRefusal::Denied)),
        Some(ConsentAnswer::Allowed) => None,
        None if wanted && facts.prompts.contains(Prompt::None) => {
            Some(Next::Refuse(InteractionRefusal::NotAgreed))
        }
        None if wanted => Some(Next::Consent),
        None => None,
    }
}
