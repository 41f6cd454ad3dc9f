//! What a hand-over of the legacy site means: a sign-in, a question to the person, or nothing.
//!
//! # Why
//! The site's page posts a token and nothing else: no state, no name. Whoever can make a browser post there could sign its user in as
//! somebody else and then watch what they do (login CSRF). So a hand-over is a sign-in without a question only when it comes from the
//! site beyond doubt and this very browser was waiting for it; and even then it never replaces another person's session silently.

/// What is known of a hand-over when its browser comes back for it.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Whether this browser has a request that waits for it.
    pub awaited: bool,
    /// How well the hand-over is bound to the site and to that request.
    pub bound: Bound,
    /// Who is signed in with this browser.
    pub signed_in: SignedIn,
    /// What the configuration says of hand-overs that nobody waits for.
    pub unsolicited: Unsolicited,
}

/// How well a hand-over is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// `state` of the return URL came back: it answers this request and no other.
    ByState,
    /// `Origin` or `Referer` is the site's.
    BySource,
    /// Neither.
    Not,
    /// A `state` came back that is not this request's.
    ToAnother,
}

/// Who is signed in with this browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedIn {
    /// Nobody.
    Nobody,
    /// The person who was handed over.
    SamePerson,
    /// Somebody else.
    AnotherPerson,
}

/// What a hand-over means that nobody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsolicited {
    /// Nothing.
    Deny,
    /// The person is asked.
    Confirm,
    /// A sign-in, when it comes from the site beyond doubt.
    Allow,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The person is in.
    SignIn,
    /// "Continue as …?"
    Ask,
    /// Nothing.
    Refuse,
}

/// Decides.
pub fn decide(facts: &Facts) -> Verdict {
    if facts.bound == Bound::ToAnother {
        return Verdict::Refuse;
    }
    let trusted = match (facts.awaited, facts.bound) {
        (true, Bound::ByState | Bound::BySource) => true,
        (true, _) => false,
        (false, bound) => match facts.unsolicited {
            Unsolicited::Deny => return Verdict::Refuse,
            Unsolicited::Confirm => false,
            Unsolicited::Allow => bound == Bound::BySource,
        },
    };
    if trusted && facts.signed_in != SignedIn::AnotherPerson { Verdict::SignIn } else { Verdict::Ask }
}
