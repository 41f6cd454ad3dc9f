//! A code at the token endpoint: who may redeem it, once, and what a second showing ends (RFC 6749 §4.1.3, RFC 7636 §4.6).

use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use passerelle::id::{Audience, FamilyId};
use passerelle::keys::ring::Ring;
use passerelle::model::client::Client;
use passerelle::model::token_family::{Binding, RevocationReason, TokenFamily};
use passerelle::oauth::grant_type::GrantType;
use passerelle::provider::grant::settlement::{Settled, Settlement};
use passerelle::store::{codes, login_sessions};
use tokio::task::JoinSet;

use crate::support::app::claims;
use crate::support::desk::{CODE_LIFETIME, Desk, IDLE, SESSION_LIFETIME, granted, proven, refused, text};
use crate::support::machines::{Answer, basic, posted, send};
use crate::support::parts::{API, OPAQUE_API, keyring, native, old, service, spa, web};

#[tokio::test]
async fn a_code_becomes_tokens_that_nobody_may_store() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid profile events.read").await;
    let answer = desk.redeem(&issued).await;
    let tokens = granted(&answer);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    assert_eq!(tokens["scope"], "openid profile events.read");
    assert_eq!(claims(text(&tokens, "id_token"))["nonce"], "n-0S6");
    assert_eq!(text(&tokens, "refresh_token").len(), 43 + 1 + 43);
    let family = desk.family(&issued).await;
    assert_eq!(claims(text(&tokens, "access_token"))["fam"], family.id.as_str());
    assert_eq!(family.revoked, None);
}

#[tokio::test]
async fn expires_in_is_what_the_access_token_says_of_itself() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&web(), "openid events.read").await;
    let access = claims(text(&tokens, "access_token"));
    let lifetime = access["exp"].as_i64().unwrap() - access["iat"].as_i64().unwrap();
    assert_eq!(tokens["expires_in"], lifetime);
}

#[tokio::test]
async fn a_wrong_proof_redeems_nothing_and_spoils_nothing() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let another = "another-verifier-of-forty-three-characters-or-more";
    let (short, odd) = ("x".repeat(42), "ä".repeat(43));
    let long = "x".repeat(129);
    for wrong in [
        ("code_verifier", ""),
        ("code_verifier", another),
        ("code_verifier", &short),
        ("code_verifier", &long),
        ("code_verifier", &odd),
        ("redirect_uri", ""),
        ("redirect_uri", "https://web.example/callback/"),
        ("redirect_uri", "https://evil.example/callback"),
    ] {
        refused(&desk.redeem_with(&issued, &[wrong]).await, "invalid_grant");
        assert_eq!(desk.record(&issued).await.redeemed_as, None, "{wrong:?}");
    }
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn another_client_redeems_nothing_and_spoils_nothing() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    for another in [spa(), native(), old()] {
        refused(&desk.ask(&another, &issued.fields(&[])).await, "invalid_grant");
    }
    assert_eq!(desk.record(&issued).await.redeemed_as, None);
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn a_client_that_does_not_prove_itself_redeems_nothing_and_spoils_nothing() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let mut in_the_form = issued.fields(&[]);
    in_the_form.extend([("client_id", "web"), ("client_secret", "web-secret")]);
    let mut named = issued.fields(&[]);
    named.push(("client_id", "web"));
    let wrong = basic("web", "wrong");
    for (header, fields, challenge) in [
        (Some(wrong.as_str()), issued.fields(&[]), "Basic realm=\"passerelle\", charset=\"UTF-8\""),
        (None, in_the_form, ""),
        (None, named, ""),
    ] {
        let answer = send(&desk.router, posted("/token", header, &fields)).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
        assert_eq!(answer.header("www-authenticate"), challenge);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert_eq!(desk.record(&issued).await.redeemed_as, None);
}

#[tokio::test]
async fn a_verifier_without_a_challenge_betrays_that_pkce_was_stripped() {
    let desk = Desk::new().await;
    let issued = desk.code_with(&old(), "openid", |code| code.challenge = None).await;
    let verifier = ("code_verifier", "a-verifier-of-at-least-forty-three-characters-0123456789");
    refused(&desk.redeem_with(&issued, &[verifier]).await, "invalid_grant");
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn a_redirect_that_was_left_out_is_left_out_again() {
    let desk = Desk::new().await;
    let issued = desk.code_with(&web(), "openid", |code| code.redirect_uri = None).await;
    let sent = ("redirect_uri", "https://web.example/callback");
    refused(&desk.redeem_with(&issued, &[sent]).await, "invalid_grant");
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn a_code_that_was_never_issued_is_refused() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let changed = format!("{}A", issued.code);
    for code in ["nonsense", &changed, &issued.record.digest.to_text()] {
        refused(&desk.redeem_with(&issued, &[("code", code)]).await, "invalid_grant");
    }
    refused(&desk.redeem_with(&issued, &[("code", "")]).await, "invalid_request");
}

#[tokio::test]
async fn a_code_is_good_until_the_second_it_expires_in() {
    let desk = Desk::new().await;
    let (early, late) = (desk.code(&web(), "openid").await, desk.code(&web(), "openid").await);
    desk.wait(CODE_LIFETIME - Duration::from_secs(1));
    granted(&desk.redeem(&early).await);
    desk.wait(Duration::from_secs(1));
    refused(&desk.redeem(&late).await, "invalid_grant");
}

#[tokio::test]
async fn a_code_that_is_shown_again_ends_what_came_of_it() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid offline_access events.read").await;
    let tokens = granted(&desk.redeem(&issued).await);
    let access = text(&tokens, "access_token");
    assert_eq!(desk.machines.introspected(access).await["active"], true);
    refused(&desk.redeem(&issued).await, "invalid_grant");
    let revoked = desk.family(&issued).await.revoked.unwrap();
    assert_eq!(revoked.reason, RevocationReason::CodeReplayed);
    assert_eq!(desk.machines.introspected(access).await["active"], false);
    refused(&desk.refresh(&web(), text(&tokens, "refresh_token")).await, "invalid_grant");
    // The first reason stands.
    refused(&desk.redeem(&issued).await, "invalid_grant");
    assert_eq!(desk.family(&issued).await.revoked, Some(revoked));
}

#[tokio::test]
async fn a_code_that_is_shown_again_after_signing_out_ends_what_lives_on_offline() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid offline_access").await;
    granted(&desk.redeem(&issued).await);
    desk.signs_out(&issued.session).await;
    assert_eq!(desk.family(&issued).await.revoked, None);
    refused(&desk.redeem(&issued).await, "invalid_grant");
    let revoked = desk.family(&issued).await.revoked;
    assert_eq!(revoked.map(|revoked| revoked.reason), Some(RevocationReason::CodeReplayed));
}

#[tokio::test]
async fn somebody_who_merely_saw_a_spent_code_ends_nothing() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let tokens = granted(&desk.redeem(&issued).await);
    let another = "another-verifier-of-forty-three-characters-or-more";
    refused(&desk.redeem_with(&issued, &[("code_verifier", another)]).await, "invalid_grant");
    refused(&desk.redeem_with(&issued, &[("redirect_uri", "")]).await, "invalid_grant");
    refused(&desk.ask(&native(), &issued.fields(&[])).await, "invalid_grant");
    assert_eq!(desk.family(&issued).await.revoked, None);
    granted(&desk.refresh(&web(), text(&tokens, "refresh_token")).await);
}

/// Fifty requests at once. Each of the losers is a second showing, so that what the winner got has ended.
async fn fifty_redeem_at_once(desk: Desk, audience: &'static str) {
    let issued = desk
        .code_with(&web(), "openid events.read ledger.read", |code| {
            code.authorization.audiences = vec![Audience::from(audience)];
        })
        .await;
    let mut racing = JoinSet::new();
    for _ in 0..50 {
        let (header, fields) = proven(&web(), &issued.fields(&[]));
        let router = desk.router.clone();
        racing.spawn(async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            send(&router, posted("/token", header.as_deref(), &fields)).await
        });
    }
    let answers = racing.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (1, 49));
    lost.iter().for_each(|answer| refused(answer, "invalid_grant"));
    assert_eq!(desk.families().await, 1);
    assert_eq!(desk.opaque_tokens().await, usize::from(audience == OPAQUE_API));
    let revoked = desk.family(&issued).await.revoked;
    assert_eq!(revoked.map(|revoked| revoked.reason), Some(RevocationReason::CodeReplayed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_redeem_a_code_at_once_one_succeeds() {
    fifty_redeem_at_once(Desk::new().await, API).await;
    fifty_redeem_at_once(Desk::new().await, OPAQUE_API).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_who_redeem_a_code_at_once_one_succeeds_in_a_file_too() {
    let folders = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fifty_redeem_at_once(Desk::in_a_file(&folders.0).await, API).await;
    fifty_redeem_at_once(Desk::in_a_file(&folders.1).await, OPAQUE_API).await;
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_its_session_has_ended() {
    let desk = Desk::new().await;
    for scope in ["openid", "openid offline_access"] {
        let issued = desk.code(&web(), scope).await;
        desk.signs_out(&issued.session).await;
        refused(&desk.redeem(&issued).await, "invalid_grant");
        assert_eq!(desk.record(&issued).await.redeemed_as, None);
    }
    assert_eq!(desk.families().await, 0);
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_its_session_is_over_by_itself() {
    let desk = Desk::new().await;
    for over_after in [IDLE, SESSION_LIFETIME] {
        let issued = desk
            .code_with(&web(), "openid", |code| code.expires_at = code.expires_at + SESSION_LIFETIME)
            .await;
        let fresh = desk.parts().now() + over_after;
        let id = issued.session.id.clone();
        desk.wait(over_after);
        if over_after == SESSION_LIFETIME {
            let touch = desk
                .parts()
                .db
                .write(move |tx| Box::pin(async move { login_sessions::touch(tx, &id, fresh).await }));
            touch.await.unwrap();
        }
        refused(&desk.redeem(&issued).await, "invalid_grant");
    }
}

/// What the code grant hands to the pipeline for `client`'s code, just before it is committed.
fn family(desk: &Desk, issued: &crate::support::desk::Issued) -> TokenFamily {
    TokenFamily {
        id: FamilyId::mint(desk.parts().now(), &desk.parts().chance),
        authorization: issued.record.authorization.clone(),
        bound_to: Binding::Session,
        refresh: None,
        created_at: desk.parts().now(),
        expires_at: issued.session.expires_at,
        revoked: None,
    }
}

#[tokio::test]
async fn a_session_that_ends_while_its_code_is_redeemed_leaves_no_family_behind() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let settlement = || Settlement::Redeem {
        code: issued.record.digest,
        family: Box::new(family(&desk, &issued)),
        session: issued.session.id.clone(),
    };
    let (late, early) = (settlement(), settlement());
    desk.signs_out(&issued.session).await;
    let (db, now) = (&desk.parts().db, desk.parts().now());
    assert_eq!(late.commit(db, None, now).await.unwrap(), Settled::SessionOver);
    assert_eq!(desk.families().await, 0);
    assert_eq!(desk.record(&issued).await.redeemed_as, None);
    // The same a moment before the session expires, and in that moment.
    let another = desk.code(&web(), "openid").await;
    let Settlement::Redeem { family, .. } = early else { unreachable!() };
    let settlement =
        Settlement::Redeem { code: another.record.digest, family, session: another.session.id.clone() };
    let over = another.session.expires_at;
    assert_eq!(settlement.clone().commit(db, None, over).await.unwrap(), Settled::SessionOver);
    assert_eq!(settlement.commit(db, None, now).await.unwrap(), Settled::Done);
}

#[tokio::test]
async fn a_signature_that_fails_leaves_the_code_good() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid events.read").await;
    desk.parts().keyring.replace(Ring::assemble(&[], &desk.parts().sealer).unwrap());
    let answer = desk.redeem(&issued).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_str()), (500, "server_error"));
    let told = answer.json()["error_description"].as_str().unwrap().to_owned();
    assert!(told.contains("reference") && !told.contains("key"), "{told}");
    assert_eq!(desk.record(&issued).await.redeemed_as, None);

    let desk = Desk::of(crate::support::parts::Parts { keyring: keyring(), ..desk.machines.parts });
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn a_refresh_token_lives_on_with_offline_access_and_hangs_on_the_session_without() {
    let desk = Desk::new().await;
    let bound = desk.code(&spa(), "openid").await;
    let offline = desk.code(&spa(), "openid offline_access").await;
    let now = desk.parts().now();
    granted(&desk.redeem(&bound).await);
    granted(&desk.redeem(&offline).await);
    let (bound, session, offline) =
        (desk.family(&bound).await, bound.session.clone(), desk.family(&offline).await);
    assert_eq!(bound.bound_to, Binding::Session);
    assert_eq!(bound.expires_at, session.expires_at);
    assert_eq!(offline.bound_to, Binding::Offline);
    assert_eq!(offline.expires_at, now + spa().lifetimes.refresh_token_absolute);
    let idle = now + spa().lifetimes.refresh_token_idle;
    assert_eq!(offline.refresh.unwrap().idle_expires_at, idle);
    assert_eq!(bound.refresh.unwrap().idle_expires_at, session.expires_at.min(idle));
}

#[tokio::test]
async fn a_client_without_the_refresh_grant_gets_no_refresh_token() {
    let client = Client { grant_types: vec![GrantType::AuthorizationCode], ..web() };
    let desk = Desk::with_clients(vec![client.clone()]).await;
    let tokens = desk.tokens(&client, "openid events.read").await;
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "whatever")];
    refused(&desk.ask(&client, &fields).await, "unauthorized_client");
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let desk = Desk::new().await;
    let tokens = desk.tokens(&web(), "events.read").await;
    assert!(tokens.get("id_token").is_none(), "{tokens}");
    assert_eq!(tokens["scope"], "events.read");
}

#[tokio::test]
async fn a_grant_that_is_unknown_or_not_the_clients_is_refused() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    refused(&desk.ask(&service(), &issued.fields(&[])).await, "unauthorized_client");
    for (grant_type, code) in [
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("Authorization_Code", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
        ("client_credentials", "unauthorized_client"),
    ] {
        refused(&desk.redeem_with(&issued, &[("grant_type", grant_type)]).await, code);
    }
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn a_parameter_that_stands_twice_is_refused() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    for name in ["code", "grant_type", "code_verifier", "redirect_uri", "nobody_knows_this"] {
        let mut fields = issued.fields(&[("nobody_knows_this", "x")]);
        let value = fields.iter().find(|(known, _)| *known == name).unwrap().1;
        fields.push((name, value));
        refused(&desk.ask(&web(), &fields).await, "invalid_request");
    }
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn only_a_form_that_is_posted_is_read() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let me = basic("web", "web-secret");
    let query = issued.fields(&[]).iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let uri = format!("/token?{}", query.join("&"));
    let request = |method: Method, uri: &str, content_type: &str, body: &str| {
        let request = Request::builder().method(method).uri(uri).header(header::AUTHORIZATION, &me);
        request.header(header::CONTENT_TYPE, content_type).body(body.to_owned().into()).unwrap()
    };
    let form = "application/x-www-form-urlencoded";
    let get: Answer = send(&desk.router, request(Method::GET, &uri, form, "")).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    // RFC 6749 §3.2: parameters in the query are none.
    refused(&send(&desk.router, request(Method::POST, &uri, form, "")).await, "invalid_request");
    let json = r#"{"grant_type":"authorization_code"}"#;
    refused(
        &send(&desk.router, request(Method::POST, "/token", "application/json", json)).await,
        "invalid_request",
    );
    assert_eq!(desk.record(&issued).await.redeemed_as, None);
}

#[tokio::test]
async fn a_resource_narrows_the_token_to_one_of_the_apis_that_were_granted() {
    let desk = Desk::new().await;
    for (name, resource, scope) in [
        ("resource", API, "openid events.read"),
        ("audience", API, "openid events.read"),
        ("resource", OPAQUE_API, "openid ledger.read"),
        ("audience", OPAQUE_API, "openid ledger.read"),
    ] {
        let issued = desk
            .code_with(&web(), "openid events.read ledger.read", |code| {
                code.authorization.audiences = vec![Audience::from(API), Audience::from(OPAQUE_API)];
            })
            .await;
        let tokens = granted(&desk.redeem_with(&issued, &[(name, resource)]).await);
        assert_eq!(tokens["scope"], scope);
        let meant = desk.machines.introspected(text(&tokens, "access_token")).await;
        assert_eq!((&meant["active"], &meant["aud"]), (&true.into(), &resource.into()), "{meant}");
        // What was granted stays whole for the next token.
        assert_eq!(desk.family(&issued).await.authorization, issued.record.authorization);
    }
}

#[tokio::test]
async fn a_target_that_was_not_granted_is_refused_and_leaves_the_code_good() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid events.read").await;
    for target in [
        ("resource", "https://unknown.example"),
        ("resource", OPAQUE_API),
        ("audience", OPAQUE_API),
        ("resource", "https://api.example.org#part"),
        ("resource", "/api"),
    ] {
        refused(&desk.redeem_with(&issued, &[target]).await, "invalid_target");
    }
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn two_apis_that_want_different_kinds_of_token_are_refused_in_one() {
    let desk = Desk::new().await;
    let issued = desk
        .code_with(&web(), "openid events.read ledger.read", |code| {
            code.authorization.audiences = vec![Audience::from(API), Audience::from(OPAQUE_API)];
        })
        .await;
    let both = [("resource", API), ("audience", OPAQUE_API)];
    refused(&desk.redeem_with(&issued, &both).await, "invalid_target");
    granted(&desk.redeem(&issued).await);
}

#[tokio::test]
async fn an_opaque_token_and_its_record_come_with_the_code_in_one_commit() {
    let desk = Desk::new().await;
    let issued = desk
        .code_with(&web(), "openid ledger.read", |code| {
            code.authorization.audiences = vec![Audience::from(OPAQUE_API)];
        })
        .await;
    let tokens = granted(&desk.redeem(&issued).await);
    let access = text(&tokens, "access_token");
    assert_eq!(access.len(), 43);
    assert_eq!(desk.machines.introspected(access).await["active"], true);
    assert_eq!(desk.opaque_tokens().await, 1);
    // A record that cannot be written undoes the redemption: here it is there already.
    let again = desk
        .code_with(&web(), "openid ledger.read", |code| {
            code.authorization.audiences = vec![Audience::from(OPAQUE_API)];
        })
        .await;
    let db = &desk.parts().db;
    let taken = passerelle::store::opaque_tokens::find(db, &passerelle::secret::Digest::of(access)).await;
    let settlement = Settlement::Redeem {
        code: again.record.digest,
        family: Box::new(family(&desk, &again)),
        session: again.session.id.clone(),
    };
    assert!(settlement.commit(db, taken.unwrap(), desk.parts().now()).await.is_err());
    assert_eq!(codes::find(db, &again.record.digest).await.unwrap().unwrap().redeemed_as, None);
    granted(&desk.redeem(&again).await);
}
