//! What comes next in an authorization: the whole table of the one dispatcher.

use std::time::Duration;

use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::prompt::{Prompt, Prompts};
use passerelle::rules::consent::Standing;
use passerelle::rules::interaction::{
    ConsentAnswer, Facts, InteractionRefusal as Refusal, Next, Occasion, SignInReason, SignedIn, Whom, next,
};

use crate::support::parts::BEGINNING;

const PROMPTS: [&str; 9] = [
    "",
    "none",
    "login",
    "consent",
    "select_account",
    "login consent",
    "login select_account",
    "consent select_account",
    "login consent select_account",
];

/// Who is signed in, as a row says it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Session {
    Nobody,
    /// Before this request, so many seconds ago.
    Earlier(u64),
    /// On the sign-in page of this request, so many seconds ago.
    Now(u64),
}
use Session::{Earlier, Nobody, Now};

/// Whom the client means.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meant {
    Anybody,
    Ann,
    Bob,
}
use Meant::{Ann, Anybody, Bob};

/// `max_age`, when there is one.
type MaxAge = Option<u64>;

/// Ann is the one who is signed in, if anybody is.
fn told(
    prompts: &str,
    max_age: MaxAge,
    session: Session,
    meant: Meant,
    consent: Standing,
    answer: Option<ConsentAnswer>,
) -> Next {
    let whom = if meant == Bob { Whom::Another } else { Whom::Meant };
    let signed_in =
        |ago, occasion| Some(SignedIn { whom, auth_time: BEGINNING - Duration::from_secs(ago), occasion });
    next(&Facts {
        prompts: &Prompts::parse(prompts).unwrap(),
        max_age: max_age.map(Duration::from_secs),
        session: match session {
            Nobody => None,
            Earlier(ago) => signed_in(ago, Occasion::Earlier),
            Now(ago) => signed_in(ago, Occasion::ThisRequest),
        },
        consent,
        answer,
        now: BEGINNING,
    })
}

#[test]
fn who_the_person_is_is_settled_first() {
    use SignInReason::{AnotherPersonMeant, Asked, ChooseAccount, NobodySignedIn, TooLongAgo};
    let sign_in = Next::SignIn;
    let refuse = Next::Refuse;
    // OpenID Connect Core §3.1.2.1 (prompt, max_age, id_token_hint), §3.1.2.2 (sub), §3.1.2.3.
    let rows = [
        // Nobody is signed in.
        ("", None, Nobody, Anybody, sign_in(NobodySignedIn)),
        ("", None, Nobody, Bob, sign_in(NobodySignedIn)),
        ("login", None, Nobody, Anybody, sign_in(NobodySignedIn)),
        ("select_account", None, Nobody, Anybody, sign_in(NobodySignedIn)),
        ("none", None, Nobody, Anybody, refuse(Refusal::NobodySignedIn)),
        ("none", Some(0), Nobody, Bob, refuse(Refusal::NobodySignedIn)),
        // Somebody was before.
        ("", None, Earlier(1_000_000), Anybody, Next::Issue),
        ("none", None, Earlier(1_000_000), Anybody, Next::Issue),
        ("login", None, Earlier(0), Anybody, sign_in(Asked)),
        ("select_account", None, Earlier(0), Anybody, sign_in(ChooseAccount)),
        ("login select_account", None, Earlier(0), Anybody, sign_in(ChooseAccount)),
        // max_age: longer ago than it.
        ("", Some(60), Earlier(59), Anybody, Next::Issue),
        ("", Some(60), Earlier(60), Anybody, Next::Issue),
        ("", Some(60), Earlier(61), Anybody, sign_in(TooLongAgo)),
        ("none", Some(60), Earlier(60), Anybody, Next::Issue),
        ("none", Some(60), Earlier(61), Anybody, refuse(Refusal::SignedInTooLongAgo)),
        ("", Some(0), Earlier(0), Anybody, sign_in(TooLongAgo)),
        ("none", Some(0), Earlier(0), Anybody, refuse(Refusal::SignedInTooLongAgo)),
        ("", Some(u64::MAX), Earlier(1_000_000), Anybody, Next::Issue),
        // Whom the client means.
        ("", None, Earlier(0), Ann, Next::Issue),
        ("none", None, Earlier(0), Ann, Next::Issue),
        ("", None, Earlier(0), Bob, sign_in(AnotherPersonMeant)),
        ("select_account", None, Earlier(0), Bob, sign_in(AnotherPersonMeant)),
        ("none", None, Earlier(0), Bob, refuse(Refusal::AnotherPersonSignedIn)),
        ("none", Some(0), Earlier(9), Bob, refuse(Refusal::AnotherPersonSignedIn)),
        // Who signed in for this request has done what prompt and max_age can ask, once.
        ("login", None, Now(0), Anybody, Next::Issue),
        ("select_account", None, Now(0), Anybody, Next::Issue),
        ("login select_account", Some(0), Now(1_000), Ann, Next::Issue),
        ("", Some(0), Now(0), Anybody, Next::Issue),
        ("", Some(60), Now(1_000), Anybody, Next::Issue),
        // But must be the one meant: never a second sign-in page, which could go round for ever.
        ("", None, Now(0), Bob, refuse(Refusal::WrongPersonSignedIn)),
        ("login", None, Now(0), Bob, refuse(Refusal::WrongPersonSignedIn)),
    ];
    for (prompts, max_age, session, meant, expected) in rows {
        let found = told(prompts, max_age, session, meant, Standing::NotAsked, None);
        assert_eq!(found, expected, "{prompts:?} {max_age:?} {session:?} {meant:?}");
    }
}

#[test]
fn then_what_they_agree_to() {
    use ConsentAnswer::{Allowed, Denied};
    // OpenID Connect Core §3.1.2.4; RFC 6749 §4.1.2.1 access_denied.
    let rows = [
        ("", Standing::NotAsked, None, Next::Issue),
        ("", Standing::Given, None, Next::Issue),
        ("", Standing::Missing, None, Next::Consent),
        ("none", Standing::NotAsked, None, Next::Issue),
        ("none", Standing::Given, None, Next::Issue),
        ("none", Standing::Missing, None, Next::Refuse(Refusal::NotAgreed)),
        // prompt=consent asks even a first-party client's people, and who agreed before.
        ("consent", Standing::NotAsked, None, Next::Consent),
        ("consent", Standing::Given, None, Next::Consent),
        ("consent", Standing::Missing, None, Next::Consent),
        ("consent", Standing::Given, Some(Allowed), Next::Issue),
        ("", Standing::Missing, Some(Allowed), Next::Issue),
        ("", Standing::Missing, Some(Denied), Next::Refuse(Refusal::Denied)),
        ("consent", Standing::Given, Some(Denied), Next::Refuse(Refusal::Denied)),
        // A no stands even where nobody had to be asked.
        ("", Standing::Given, Some(Denied), Next::Refuse(Refusal::Denied)),
        ("", Standing::NotAsked, Some(Denied), Next::Refuse(Refusal::Denied)),
    ];
    for (prompts, consent, answer, expected) in rows {
        let found = told(prompts, None, Earlier(0), Anybody, consent, answer);
        assert_eq!(found, expected, "{prompts:?} {consent:?} {answer:?}");
    }
}

#[test]
fn each_refusal_has_the_protocols_word() {
    // OpenID Connect Core §3.1.2.6; §3.1.2.1 on id_token_hint: "such as login_required".
    let codes = [
        (Refusal::NobodySignedIn, ErrorCode::LoginRequired),
        (Refusal::AnotherPersonSignedIn, ErrorCode::LoginRequired),
        (Refusal::SignedInTooLongAgo, ErrorCode::LoginRequired),
        (Refusal::WrongPersonSignedIn, ErrorCode::LoginRequired),
        (Refusal::NotAgreed, ErrorCode::ConsentRequired),
        (Refusal::Denied, ErrorCode::AccessDenied),
    ];
    for (refusal, code) in codes {
        assert_eq!(refusal.code(), code, "{refusal}");
    }
}

/// The facts of one combination.
type Combination = (&'static str, MaxAge, Session, Meant, Standing, Option<ConsentAnswer>);

/// Every combination of facts, with what comes next.
fn everything() -> impl Iterator<Item = (Combination, Next)> {
    let sessions = [Nobody, Earlier(0), Earlier(61), Now(0), Now(61)];
    let standings = [Standing::NotAsked, Standing::Given, Standing::Missing];
    let answers = [None, Some(ConsentAnswer::Allowed), Some(ConsentAnswer::Denied)];
    PROMPTS.into_iter().flat_map(move |prompts| {
        [None, Some(0), Some(60)].into_iter().flat_map(move |max_age| {
            sessions.into_iter().flat_map(move |session| {
                [Anybody, Ann, Bob].into_iter().flat_map(move |meant| {
                    standings.into_iter().flat_map(move |standing| {
                        answers.into_iter().map(move |answer| {
                            let next = told(prompts, max_age, session, meant, standing, answer);
                            ((prompts, max_age, session, meant, standing, answer), next)
                        })
                    })
                })
            })
        })
    })
}

#[test]
fn a_code_is_issued_only_to_the_right_person_who_did_all_that_was_asked() {
    assert_eq!(everything().count(), 9 * 3 * 5 * 3 * 3 * 3);
    for (facts, _) in everything().filter(|(_, next)| *next == Next::Issue) {
        let (prompts, max_age, session, meant, standing, answer) = facts;
        let asked = |word: &str| prompts.split(' ').any(|prompt| prompt == word);
        assert!(session != Nobody && meant != Bob, "{facts:?}");
        assert_ne!(answer, Some(ConsentAnswer::Denied), "{facts:?}");
        let agreed = answer == Some(ConsentAnswer::Allowed);
        assert!(agreed || standing != Standing::Missing && !asked("consent"), "{facts:?}");
        if let Earlier(ago) = session {
            assert!(!asked("login") && !asked("select_account"), "{facts:?}");
            assert!(max_age.is_none_or(|longest| longest > 0 && ago <= longest), "{facts:?}");
        }
    }
}

#[test]
fn prompt_none_shows_nothing_ever() {
    // OpenID Connect Core §3.1.2.1: "MUST NOT display any authentication or consent user interface pages".
    for (facts, next) in everything().filter(|((prompts, ..), _)| prompts.contains("none")) {
        assert!(matches!(next, Next::Issue | Next::Refuse(_)), "{facts:?}: {next:?}");
    }
}

#[test]
fn nobody_is_asked_to_agree_in_another_ones_name() {
    for (facts, next) in everything().filter(|(_, next)| *next == Next::Consent) {
        let (_, _, session, meant, _, answer) = facts;
        assert!(session != Nobody && meant != Bob && answer.is_none(), "{facts:?}: {next:?}");
    }
}

#[test]
fn who_signed_in_for_this_request_never_sees_the_sign_in_page_again() {
    for (facts, next) in everything().filter(|((_, _, session, ..), _)| matches!(session, Now(_))) {
        assert!(!matches!(next, Next::SignIn(_)), "{facts:?}: {next:?}");
    }
}

#[test]
fn the_table_knows_every_prompt() {
    for prompt in Prompt::ALL {
        assert!(PROMPTS.contains(&prompt.as_str()), "{prompt}");
    }
}
