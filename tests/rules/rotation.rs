//! What a refresh token that is presented means.

use std::time::Duration;

use passerelle::id::{ClientId, FamilyId};
use passerelle::model::authorization::Authorization;
use passerelle::model::token_family::{Binding, RefreshState, RevocationReason, Revoked, TokenFamily};
use passerelle::oauth::claims::ClaimsRequest;
use passerelle::oauth::scope::Scope;
use passerelle::rules::rotation::{Decision, decide};
use passerelle::secret::Digest;
use passerelle::time::Timestamp;

use crate::support::parts::BEGINNING;

const WINDOW: Duration = Duration::from_secs(30);

fn after(seconds: u64) -> Timestamp {
    BEGINNING + Duration::from_secs(seconds)
}

/// Rotated at the beginning: `second` works, `first` was before it, and the answer may still have been lost.
fn state() -> RefreshState {
    RefreshState {
        handle: Digest::of("handle"),
        current: Digest::of("second"),
        previous: Some(Digest::of("first")),
        generation: 1,
        rotated_at: BEGINNING,
        idle_expires_at: after(1_000),
        successor: Some(vec![1]),
        successor_used: false,
    }
}

fn family(refresh: RefreshState) -> TokenFamily {
    TokenFamily {
        id: FamilyId::from("family"),
        authorization: Authorization {
            client: ClientId::from("web"),
            person: None,
            scope: Scope::parse("openid").unwrap(),
            audiences: Vec::new(),
            claims: ClaimsRequest::default(),
        },
        bound_to: Binding::Session,
        refresh: Some(refresh),
        created_at: BEGINNING,
        expires_at: after(5_000),
        revoked: None,
    }
}

fn told(family: &TokenFamily, token: &str, now: Timestamp) -> Decision {
    decide(family, &ClientId::from("web"), &Digest::of(token), WINDOW, now)
}

#[test]
fn the_current_token_rotates_and_every_other_one_is_a_theft_or_a_lost_answer() {
    let fresh = RefreshState { previous: None, successor: None, generation: 0, ..state() };
    let used = RefreshState { successor_used: true, ..state() };
    let swept = RefreshState { successor: None, ..state() };
    // RFC 9700 §4.14.2. The state, the token, after how many seconds, the decision.
    let rows = [
        (fresh.clone(), "second", 0, Decision::Rotate),
        (fresh.clone(), "first", 0, Decision::Reuse),
        (fresh, "never-issued", 0, Decision::Reuse),
        (state(), "second", 0, Decision::Rotate),
        (state(), "second", 999, Decision::Rotate),
        (used.clone(), "second", 0, Decision::Rotate),
        // The one before it: again the same, while nothing of the first answer was seen and the window is open.
        (state(), "first", 0, Decision::Replay),
        (state(), "first", 29, Decision::Replay),
        (state(), "first", 30, Decision::Reuse),
        (state(), "first", 31, Decision::Reuse),
        (state(), "first", 999, Decision::Reuse),
        (used.clone(), "first", 0, Decision::Reuse),
        (used, "first", 29, Decision::Reuse),
        (swept, "first", 0, Decision::Reuse),
        // Older ones.
        (state(), "zeroth", 0, Decision::Reuse),
        (state(), "handle", 0, Decision::Reuse),
    ];
    for (state, token, seconds, expected) in rows {
        let shown = format!("{token} after {seconds}: {state:?}");
        assert_eq!(told(&family(state), token, after(seconds)), expected, "{shown}");
    }
}

#[test]
fn without_a_window_no_answer_is_ever_lost() {
    let decision =
        decide(&family(state()), &ClientId::from("web"), &Digest::of("first"), Duration::ZERO, BEGINNING);
    assert_eq!(decision, Decision::Reuse);
}

#[test]
fn a_clock_that_went_back_does_not_close_the_window() {
    let earlier = BEGINNING - Duration::from_secs(5);
    assert_eq!(told(&family(state()), "first", earlier), Decision::Replay);
}

#[test]
fn a_family_ends_when_nobody_uses_it_and_at_its_absolute_end() {
    let busy = RefreshState { idle_expires_at: after(9_000), ..state() };
    for token in ["second", "first", "zeroth"] {
        assert_eq!(told(&family(state()), token, after(1_000)), Decision::Expired, "{token}");
        assert_eq!(told(&family(busy.clone()), token, after(5_000)), Decision::Expired, "{token}");
    }
    assert_eq!(told(&family(state()), "second", after(999)), Decision::Rotate);
    assert_eq!(told(&family(busy), "second", after(4_999)), Decision::Rotate);
}

#[test]
fn a_revoked_family_and_one_without_refresh_tokens_give_nothing() {
    for reason in RevocationReason::ALL {
        let revoked = TokenFamily { revoked: Some(Revoked { at: BEGINNING, reason }), ..family(state()) };
        for token in ["second", "first", "zeroth"] {
            assert_eq!(told(&revoked, token, after(1)), Decision::Revoked, "{reason:?} {token}");
        }
        assert_eq!(
            told(&revoked, "second", after(9_000)),
            Decision::Revoked,
            "revoked stands before expired"
        );
    }
    let without = TokenFamily { refresh: None, ..family(state()) };
    assert_eq!(told(&without, "second", BEGINNING), Decision::Revoked);
}

#[test]
fn another_client_learns_nothing_and_harms_nobody() {
    // RFC 6749 §6.
    let revoked = Some(Revoked { at: BEGINNING, reason: RevocationReason::ByClient });
    let families = [family(state()), TokenFamily { revoked, ..family(state()) }];
    for family in families {
        for (token, now) in
            [("second", BEGINNING), ("first", BEGINNING), ("zeroth", BEGINNING), ("second", after(9_000))]
        {
            let decision = decide(&family, &ClientId::from("spa"), &Digest::of(token), WINDOW, now);
            assert_eq!(decision, Decision::WrongClient, "{token}");
        }
    }
}
