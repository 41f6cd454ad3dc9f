//! A refresh token at the token endpoint: rotation, the answer that was lost, theft, and what ends with the session (RFC 6749 §6,
//! RFC 9700 §4.14). `rules::rotation` says why.

use std::time::Duration;

use axum::http::StatusCode;
use passerelle::id::Audience;
use passerelle::model::token_family::{RevocationReason, TokenFamily};
use passerelle::store::token_families;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::support::app::claims;
use crate::support::desk::{Desk, IDLE, SESSION_LIFETIME, WINDOW, granted, proven, refused, stranger, text};
use crate::support::machines::{posted, send};
use crate::support::parts::{API, OPAQUE_API, native, old, service, spa, web};

const SECOND: Duration = Duration::from_secs(1);
const SCOPE: &str = "openid profile events.read events.write";
const OFFLINE: &str = "openid offline_access events.read";

impl Desk {
    /// Web's first refresh token.
    async fn first(&self, scope: &str) -> String {
        text(&self.tokens(&web(), scope).await, "refresh_token").to_owned()
    }

    /// What web gets for a refresh token that is good.
    async fn refreshed(&self, token: &str) -> Value {
        granted(&self.refresh(&web(), token).await)
    }

    /// Asserts that `token` is refused and its family has ended as stolen.
    async fn is_theft(&self, token: &str) {
        refused(&self.refresh(&web(), token).await, "invalid_grant");
        let revoked = self.family_of_token(token).await.revoked;
        assert_eq!(revoked.map(|revoked| revoked.reason), Some(RevocationReason::RefreshTokenReused));
    }

    async fn lives(&self, token: &str) -> TokenFamily {
        let family = self.family_of_token(token).await;
        assert_eq!(family.revoked, None);
        family
    }
}

fn next(tokens: &Value) -> &str {
    text(tokens, "refresh_token")
}

#[tokio::test]
async fn each_refresh_gives_new_tokens_for_the_same_sign_in() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&web(), SCOPE).await;
    desk.wait(Duration::from_mins(5));
    let answer = desk.refresh(&web(), next(&tokens)).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let fresh = granted(&answer);
    assert_ne!(next(&fresh), next(&tokens));
    assert_eq!((&fresh["token_type"], &fresh["expires_in"]), (&"Bearer".into(), &600.into()));
    assert_eq!(fresh["scope"], SCOPE);
    // The handle stays, the secret does not.
    assert_eq!(next(&fresh)[..43], next(&tokens)[..43]);

    let (before, after) = (claims(text(&tokens, "id_token")), claims(text(&fresh, "id_token")));
    for same in ["iss", "sub", "aud", "auth_time", "sid", "acr", "amr"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(after["iat"].as_i64(), before["iat"].as_i64().map(|iat| iat + 300));
    assert_ne!(after["at_hash"], before["at_hash"]);
    assert!(after.get("nonce").is_none(), "OpenID Connect Core §12.2: {after}");

    let (before, after) = (claims(text(&tokens, "access_token")), claims(text(&fresh, "access_token")));
    assert_eq!((&before["gen"], &after["gen"]), (&0.into(), &1.into()));
    assert_eq!(before["fam"], after["fam"]);
    assert_ne!(before["jti"], after["jti"]);
}

#[tokio::test]
async fn a_public_client_refreshes_by_naming_itself() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&spa(), "openid").await;
    let fresh = granted(&desk.refresh(&spa(), next(&tokens)).await);
    granted(&desk.refresh(&spa(), next(&fresh)).await);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_with_the_same_successor() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let lost = desk.refreshed(&first).await;
    desk.wait(WINDOW - SECOND);
    for _ in 0..3 {
        let again = desk.refreshed(&first).await;
        assert_eq!(next(&again), next(&lost));
        assert_ne!(text(&again, "access_token"), text(&lost, "access_token"));
        assert_eq!(claims(text(&again, "access_token"))["gen"], 1);
        assert!(again.get("id_token").is_some());
        assert_eq!(again["scope"], SCOPE);
    }
    let family = desk.lives(&first).await;
    assert_eq!(family.refresh.unwrap().generation, 1);
    desk.refreshed(next(&lost)).await;
}

#[tokio::test]
async fn an_old_token_that_comes_back_after_the_window_is_theft() {
    let desk = Desk::new().await;
    let first = desk.first(OFFLINE).await;
    let tokens = desk.refreshed(&first).await;
    let access = text(&tokens, "access_token");
    assert_eq!(desk.machines.introspected(access).await["active"], true);
    desk.wait(WINDOW);
    desk.is_theft(&first).await;
    // Both parties lose: nobody knows which of them is the thief.
    refused(&desk.refresh(&web(), next(&tokens)).await, "invalid_grant");
    assert_eq!(desk.machines.introspected(access).await["active"], false);
}

#[tokio::test]
async fn an_old_token_whose_successor_was_used_is_theft_however_soon() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let second = desk.refreshed(&first).await;
    let third = desk.refreshed(next(&second)).await;
    desk.is_theft(&first).await;
    refused(&desk.refresh(&web(), next(&third)).await, "invalid_grant");
}

#[tokio::test]
async fn an_answer_whose_access_token_was_seen_at_userinfo_was_not_lost() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let tokens = desk.refreshed(&first).await;
    assert_eq!(desk.machines.userinfo(text(&tokens, "access_token")).await.status, StatusCode::OK);
    desk.is_theft(&first).await;
}

#[tokio::test]
async fn an_answer_whose_access_token_an_api_asked_about_was_not_lost() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let tokens = desk.refreshed(&first).await;
    assert_eq!(desk.machines.introspected(text(&tokens, "access_token")).await["active"], true);
    desk.is_theft(&first).await;
}

#[tokio::test]
async fn an_older_access_token_in_use_says_nothing_about_the_newest_answer() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&web(), SCOPE).await;
    let lost = desk.refreshed(next(&tokens)).await;
    assert_eq!(desk.machines.userinfo(text(&tokens, "access_token")).await.status, StatusCode::OK);
    assert_eq!(next(&desk.refreshed(next(&tokens)).await), next(&lost));
}

#[tokio::test]
async fn an_access_token_in_use_before_the_first_refresh_does_not_close_the_window_of_that_refresh() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&web(), SCOPE).await;
    assert_eq!(desk.machines.userinfo(text(&tokens, "access_token")).await.status, StatusCode::OK);
    let lost = desk.refreshed(next(&tokens)).await;
    assert_eq!(next(&desk.refreshed(next(&tokens)).await), next(&lost));
}

#[tokio::test]
async fn each_rotation_opens_a_window_of_its_own() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let second = desk.refreshed(&first).await;
    assert_eq!(desk.machines.userinfo(text(&second, "access_token")).await.status, StatusCode::OK);
    desk.wait(WINDOW * 2);
    let lost = desk.refreshed(next(&second)).await;
    assert_eq!(next(&desk.refreshed(next(&second)).await), next(&lost));
    // The one before that is older than any answer that may be lost.
    desk.is_theft(&first).await;
}

#[tokio::test]
async fn the_right_handle_with_a_secret_that_was_never_issued_ends_the_family() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let forged = format!("{}.{}", &first[..43], "A".repeat(43));
    desk.is_theft(&forged).await;
}

async fn fifty_refresh_at_once(desk: Desk, audience: &'static str) {
    let issued = desk
        .code_with(&web(), "openid events.read ledger.read", |code| {
            code.authorization.audiences = vec![Audience::from(audience)];
        })
        .await;
    let tokens = granted(&desk.redeem(&issued).await);
    let first = next(&tokens);
    let mut racing = JoinSet::new();
    for _ in 0..50 {
        let (header, fields) = proven(&web(), &[("grant_type", "refresh_token"), ("refresh_token", first)]);
        let router = desk.router.clone();
        racing.spawn(async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            send(&router, posted("/token", header.as_deref(), &fields)).await
        });
    }
    let answers = racing.join_all().await;
    let mut successors: Vec<_> = answers.iter().map(|answer| next(&granted(answer)).to_owned()).collect();
    successors.sort();
    successors.dedup();
    assert_eq!(successors.len(), 1, "one branch and no more");
    let family = desk.lives(first).await;
    assert_eq!(family.refresh.unwrap().generation, 1);
    let fresh = desk.refreshed(&successors[0]).await;
    // Everybody's token but the newest is spent now.
    desk.is_theft(first).await;
    refused(&desk.refresh(&web(), next(&fresh)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_at_once_end_in_one_successor() {
    fifty_refresh_at_once(Desk::new().await, API).await;
    fifty_refresh_at_once(Desk::new().await, OPAQUE_API).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_at_once_end_in_one_successor_in_a_file_too() {
    let folders = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fifty_refresh_at_once(Desk::in_a_file(&folders.0).await, API).await;
    fifty_refresh_at_once(Desk::in_a_file(&folders.1).await, OPAQUE_API).await;
}

#[tokio::test]
async fn the_idle_end_slides_with_each_use_and_the_absolute_end_stays() {
    let desk = Desk::new().await;
    let lifetimes = web().lifetimes;
    let mut token = desk.first(OFFLINE).await;
    let end = desk.lives(&token).await.expires_at;
    let almost = lifetimes.refresh_token_idle - SECOND;
    while desk.parts().now() + almost < end {
        desk.wait(almost);
        let fresh = desk.refreshed(&token).await;
        next(&fresh).clone_into(&mut token);
        let family = desk.lives(&token).await;
        assert_eq!(family.expires_at, end);
        let idle = desk.parts().now() + lifetimes.refresh_token_idle;
        assert_eq!(family.refresh.unwrap().idle_expires_at, idle.min(end));
    }
    desk.wait(almost);
    refused(&desk.refresh(&web(), &token).await, "invalid_grant");
    // Too old is not stolen.
    desk.lives(&token).await;
}

#[tokio::test]
async fn a_refresh_token_that_nobody_uses_expires() {
    let desk = Desk::new().await;
    let (early, late) = (desk.first(OFFLINE).await, desk.first(OFFLINE).await);
    desk.wait(web().lifetimes.refresh_token_idle - SECOND);
    desk.refreshed(&early).await;
    desk.wait(SECOND);
    refused(&desk.refresh(&web(), &late).await, "invalid_grant");
    desk.lives(&late).await;
}

#[tokio::test]
async fn signing_out_ends_what_hangs_on_the_session_and_spares_what_is_offline() {
    let desk = Desk::new().await;
    let (bound, offline) = (desk.code(&web(), SCOPE).await, desk.code(&web(), OFFLINE).await);
    let (bound_tokens, offline_tokens) =
        (granted(&desk.redeem(&bound).await), granted(&desk.redeem(&offline).await));
    desk.signs_out(&bound.session).await;
    desk.signs_out(&offline.session).await;
    refused(&desk.refresh(&web(), next(&bound_tokens)).await, "invalid_grant");
    let reason = desk.family(&bound).await.revoked.map(|revoked| revoked.reason);
    assert_eq!(reason, Some(RevocationReason::SessionEnded));
    assert_eq!(desk.machines.introspected(text(&bound_tokens, "access_token")).await["active"], false);
    let fresh = desk.refreshed(next(&offline_tokens)).await;
    assert_eq!(claims(text(&fresh, "id_token"))["sid"], offline.session.id.as_str());
}

#[tokio::test]
async fn a_lost_answer_is_not_given_again_after_signing_out() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), SCOPE).await;
    let tokens = granted(&desk.redeem(&issued).await);
    desk.refreshed(next(&tokens)).await;
    desk.signs_out(&issued.session).await;
    refused(&desk.refresh(&web(), next(&tokens)).await, "invalid_grant");
}

#[tokio::test]
async fn what_hangs_on_the_session_ends_when_nobody_uses_it_or_its_time_is_up() {
    let desk = Desk::new().await;
    let (idle, used) = (desk.first(SCOPE).await, desk.code(&web(), SCOPE).await);
    let tokens = granted(&desk.redeem(&used).await);
    let mut used_token = next(&tokens).to_owned();
    let step = IDLE - SECOND;
    // An application in use keeps its session from being idle, but not beyond the absolute end.
    while desk.parts().now() + step < used.session.expires_at {
        desk.wait(step);
        let fresh = desk.refreshed(&used_token).await;
        next(&fresh).clone_into(&mut used_token);
    }
    refused(&desk.refresh(&web(), &idle).await, "invalid_grant");
    let left = used.session.expires_at.since(desk.parts().now());
    assert!(left < IDLE && left < SESSION_LIFETIME);
    desk.wait(left);
    refused(&desk.refresh(&web(), &used_token).await, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_the_next_for_all_of_it_again() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let less = granted(&desk.refresh_with(&web(), &first, &[("scope", "events.read")]).await);
    assert_eq!(less["scope"], "events.read");
    assert_eq!(claims(text(&less, "access_token"))["scope"], "events.read");
    assert!(less.get("id_token").is_none(), "without openid: {less}");
    let all = desk.refreshed(next(&less)).await;
    assert_eq!(all["scope"], SCOPE);
    assert!(all.get("id_token").is_some());
}

#[tokio::test]
async fn a_refresh_never_gives_more_than_was_granted_and_asking_costs_nothing() {
    let desk = Desk::new().await;
    let first = desk.first("openid events.read").await;
    for scope in
        ["events.write", "openid email", "openid offline_access", "nonsense", "openid EVENTS.READ", "a\"b"]
    {
        refused(&desk.refresh_with(&web(), &first, &[("scope", scope)]).await, "invalid_scope");
    }
    for target in ["https://unknown.example", OPAQUE_API] {
        refused(&desk.refresh_with(&web(), &first, &[("resource", target)]).await, "invalid_target");
    }
    assert_eq!(desk.lives(&first).await.refresh.unwrap().generation, 0);
    desk.refreshed(&first).await;
}

#[tokio::test]
async fn a_refresh_serves_each_of_the_apis_that_were_granted() {
    let desk = Desk::new().await;
    let issued = desk
        .code_with(&web(), "openid events.read ledger.read", |code| {
            code.authorization.audiences = vec![Audience::from(API), Audience::from(OPAQUE_API)];
        })
        .await;
    let tokens = granted(&desk.redeem_with(&issued, &[("resource", API)]).await);
    assert_eq!(desk.opaque_tokens().await, 0);
    let opaque = granted(&desk.refresh_with(&web(), next(&tokens), &[("resource", OPAQUE_API)]).await);
    assert_eq!((&opaque["scope"], desk.opaque_tokens().await), (&"openid ledger.read".into(), 1));
    // The same answer again: another token, and a record for it too.
    let again = granted(&desk.refresh_with(&web(), next(&tokens), &[("resource", OPAQUE_API)]).await);
    assert_eq!((next(&again), desk.opaque_tokens().await), (next(&opaque), 2));
    for tokens in [&opaque, &again] {
        let meant = desk.machines.introspected(text(tokens, "access_token")).await;
        assert_eq!((&meant["active"], &meant["aud"]), (&true.into(), &OPAQUE_API.into()), "{meant}");
    }
    let jwt = granted(&desk.refresh_with(&web(), next(&again), &[("audience", API)]).await);
    assert_eq!(claims(text(&jwt, "access_token"))["aud"], API);
}

#[tokio::test]
async fn another_clients_refresh_token_is_refused_and_its_family_left_alone() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let second = desk.refreshed(&first).await;
    for another in [spa(), native(), old()] {
        for token in [first.as_str(), next(&second)] {
            refused(&desk.refresh(&another, token).await, "invalid_grant");
        }
    }
    desk.lives(&first).await;
    desk.refreshed(next(&second)).await;
    refused(&desk.refresh(&service(), next(&second)).await, "unauthorized_client");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&web(), SCOPE).await;
    let good = next(&tokens);
    let unknown = format!("{0}.{0}", stranger().expose());
    let (handle, longer) = (&good[..43], format!("{good}A"));
    for token in [
        "nonsense",
        handle,
        &format!("{handle}."),
        &longer,
        &unknown,
        text(&tokens, "access_token"),
        text(&tokens, "id_token"),
    ] {
        refused(&desk.refresh(&web(), token).await, "invalid_grant");
    }
    refused(&desk.refresh(&web(), "").await, "invalid_request");
    desk.lives(good).await;
    desk.refreshed(good).await;
}

#[tokio::test]
async fn a_refresh_token_that_its_client_took_back_is_worth_nothing() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let second = desk.refreshed(&first).await;
    let (id, now) = (desk.lives(&first).await.id, desk.parts().now());
    let revoke = desk.parts().db.write(move |tx| {
        Box::pin(async move { token_families::revoke(tx, &id, RevocationReason::ByClient, now).await })
    });
    assert!(revoke.await.unwrap());
    for token in [first.as_str(), next(&second)] {
        refused(&desk.refresh(&web(), token).await, "invalid_grant");
    }
    let reason = desk.family_of_token(&first).await.revoked.map(|revoked| revoked.reason);
    assert_eq!(reason, Some(RevocationReason::ByClient));
}

#[tokio::test]
async fn no_refresh_token_can_be_read_in_the_database() {
    let desk = Desk::new().await;
    let first = desk.first(SCOPE).await;
    let second = desk.refreshed(&first).await;
    let stands = desk.lives(&first).await.refresh.unwrap();
    let sealed = stands.successor.unwrap();
    let secret = &next(&second).as_bytes()[44..];
    assert!(!sealed.windows(secret.len()).any(|window| window == secret));
    // It is forgotten as soon as the answer is known to have arrived.
    desk.machines.userinfo(text(&second, "access_token")).await;
    assert_eq!(desk.lives(&first).await.refresh.unwrap().successor, None);
}
