//! django-oauth-toolkit 3.4: a token endpoint by the book, whose refresh tokens rotate and whose refresh does not look at the user.

use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use super::{ALICE, PASSWORD_OF_BOB, claims_of};
use crate::support::django_site::{APPLICATION, DjangoSite};
use crate::support::process::client;
use crate::support::systems::Answer;

/// RFC 6749 §2.3.1: id and secret are form-encoded before they become user name and password.
fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

async fn posts(site: &DjangoSite, path: &str, form: &[(&str, &str)]) -> Answer {
    let (id, secret) = APPLICATION;
    let request = client().post(format!("{}{path}", site.base_url()));
    Answer::to(request.basic_auth(encoded(id), Some(encoded(secret))).form(form)).await
}

async fn signs_in(site: &DjangoSite, user_name: &str, password: &str) -> Answer {
    let form = [("grant_type", "password"), ("username", user_name), ("password", password)];
    posts(site, "/o/token/", &form).await
}

async fn refreshes(site: &DjangoSite, token: &str) -> Answer {
    posts(site, "/o/token/", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

async fn profile(site: &DjangoSite, path: &str, token: &str) -> Answer {
    Answer::to(client().get(format!("{}{path}", site.base_url())).bearer_auth(token)).await
}

fn tokens(scope: &str) -> (u16, Value) {
    let tokens = json!({
        "access_token": "…",
        "expires_in": 36000,
        "token_type": "Bearer",
        "scope": scope,
        "refresh_token": "…",
    });
    (200, tokens)
}

#[tokio::test]
async fn alice_signs_in_and_is_shown_with_her_token() {
    let site = DjangoSite::open();
    let answer = signs_in(site, "alice", "correct horse").await;
    assert_eq!(answer.told_but(&["/access_token", "/refresh_token"]), tokens("read write"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.text_at("/access_token").len(), 30);
    assert_eq!(answer.text_at("/refresh_token").len(), 30);
    let shown = profile(site, "/api/oauth/me", &answer.text_at("/access_token")).await;
    assert_eq!(shown.told(), (200, ALICE.clone()));
    assert_eq!(signs_in(site, "bob", PASSWORD_OF_BOB).await.status, 200);
    assert_eq!(signs_in(site, "Alice", "correct horse").await.status, 400, "case matters");
}

#[tokio::test]
async fn wrong_password_unknown_user_and_disabled_user_are_one_answer() {
    let site = DjangoSite::open();
    let refusal = json!({ "error": "invalid_grant", "error_description": "Invalid credentials given." });
    for (user_name, password) in
        [("alice", "wrong"), ("nobody", "wrong"), ("carol", "battery staple"), ("al\0ice", "x")]
    {
        let answer = signs_in(site, user_name, password).await;
        assert_eq!(answer.told(), (400, refusal.clone()), "{user_name}");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let missing = "Request is missing password parameter.";
    let refusal = json!({ "error": "invalid_request", "error_description": missing });
    assert_eq!(signs_in(site, "alice", "").await.told(), (400, refusal));
}

#[tokio::test]
async fn the_application_proves_itself_in_the_header_encoded_or_in_the_body() {
    let site = DjangoSite::open();
    let (id, secret) = APPLICATION;
    let form = [("grant_type", "password"), ("username", "alice"), ("password", "correct horse")];
    let request = || client().post(format!("{}/o/token/", site.base_url()));
    let in_body = form.iter().copied().chain([("client_id", id), ("client_secret", secret)]);
    let answer = Answer::to(request().form(&in_body.collect::<Vec<_>>())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    for answer in [
        Answer::to(request().form(&form)).await,
        Answer::to(request().form(&form).basic_auth(id, Some("wrong"))).await,
        Answer::to(request().form(&form).basic_auth(id, Some(secret))).await,
    ] {
        assert_eq!(answer.told(), (401, json!({ "error": "invalid_client" })));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_client\""));
    }
    let answer = posts(site, "/o/token/", &[&form[..], &[("scope", "nonsense")]].concat()).await;
    assert_eq!(answer.told(), (400, json!({ "error": "invalid_scope" })));
}

#[tokio::test]
async fn a_refresh_replaces_both_tokens_and_a_reused_one_is_refused() {
    let site = DjangoSite::open();
    let first = signs_in(site, "alice", "correct horse").await;
    let second = refreshes(site, &first.text_at("/refresh_token")).await;
    assert_eq!(second.told_but(&["/access_token", "/refresh_token"]), tokens("read write"));
    assert_ne!(second.text_at("/refresh_token"), first.text_at("/refresh_token"));
    let old = profile(site, "/api/oauth/me", &first.text_at("/access_token")).await;
    // The body does not say it; the header does.
    assert_eq!(old.told(), (401, json!({ "detail": "Authentication credentials were not provided." })));
    let challenge =
        "Bearer realm=\"api\",error=\"invalid_token\",error_description=\"The access token is invalid.\"";
    assert_eq!(old.header("www-authenticate"), Some(challenge));
    for token in [first.text_at("/refresh_token").as_str(), "nonsense"] {
        assert_eq!(refreshes(site, token).await.told(), (400, json!({ "error": "invalid_grant" })));
    }
    assert_eq!(
        refreshes(site, &second.text_at("/refresh_token")).await.status,
        200,
        "the successor lives on"
    );
}

#[tokio::test]
async fn with_reuse_protection_the_whole_family_dies() {
    let site = DjangoSite::guarded();
    let first = signs_in(site, "alice", "correct horse").await;
    let second = refreshes(site, &first.text_at("/refresh_token")).await;
    assert_eq!(second.status, 200);
    assert_eq!(refreshes(site, &first.text_at("/refresh_token")).await.status, 400);
    let answer = refreshes(site, &second.text_at("/refresh_token")).await;
    assert_eq!(answer.told(), (400, json!({ "error": "invalid_grant" })));
}

#[tokio::test]
async fn a_disabled_user_can_still_refresh_and_only_the_profile_tells() {
    let site = DjangoSite::open();
    let dora = site.admits("dora-of-oauth", "correct horse");
    let first = signs_in(site, "dora-of-oauth", "correct horse").await;
    site.disables("dora-of-oauth");
    let second = refreshes(site, &first.text_at("/refresh_token")).await;
    assert_eq!(second.told_but(&["/access_token", "/refresh_token"]), tokens("read write"));
    let (status, shown) = profile(site, "/api/oauth/me", &second.text_at("/access_token")).await.told();
    assert_eq!((status, &shown["id"], &shown["is_active"]), (200, &json!(dora), &json!(false)));
    site.removes("dora-of-oauth");
    let answer = refreshes(site, &second.text_at("/refresh_token")).await;
    assert_eq!(answer.told(), (400, json!({ "error": "invalid_grant" })), "a deleted user's tokens are gone");
}

#[tokio::test]
async fn signing_out_revokes_and_always_says_yes() {
    let site = DjangoSite::open();
    let answer = signs_in(site, "alice", "correct horse").await;
    let (access, refresh) = (answer.text_at("/access_token"), answer.text_at("/refresh_token"));
    for token in [refresh.as_str(), refresh.as_str(), "nonsense"] {
        let form = [("token", token), ("token_type_hint", "refresh_token")];
        let revoked = posts(site, "/o/revoke_token/", &form).await;
        assert_eq!((revoked.status, revoked.text.as_str()), (200, ""));
    }
    assert_eq!(refreshes(site, &refresh).await.status, 400);
    assert_eq!(profile(site, "/api/oauth/me", &access).await.status, 401, "the access token goes with it");
}

#[tokio::test]
async fn userinfo_and_an_id_token_at_each_refresh_want_the_scope_openid() {
    let site = DjangoSite::open();
    let form = [
        ("grant_type", "password"),
        ("username", "alice"),
        ("password", "correct horse"),
        ("scope", "openid read"),
    ];
    let answer = posts(site, "/o/token/", &form).await;
    assert_eq!(answer.told_but(&["/access_token", "/refresh_token"]), tokens("openid read"));
    let shown = profile(site, "/o/userinfo/", &answer.text_at("/access_token")).await;
    assert_eq!(shown.told(), (200, json!({ "sub": "1" })));
    let refreshed = refreshes(site, &answer.text_at("/refresh_token")).await;
    assert_eq!(claims_of(&refreshed.text_at("/id_token"))["sub"], "1");

    let answer = signs_in(site, "alice", "correct horse").await;
    let refused = profile(site, "/o/userinfo/", &answer.text_at("/access_token")).await;
    assert_eq!((refused.status, refused.text_at("/error").as_str()), (401, "invalid_token"));
    assert_eq!(refused.header("content-type"), Some("text/html; charset=utf-8"), "JSON all the same");
}
