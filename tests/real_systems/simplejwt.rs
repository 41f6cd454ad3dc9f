//! djangorestframework-simplejwt 5.5: JSON that is no OAuth, and an expiry that stands in the tokens only.

use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use super::{ALICE, PASSWORD_OF_BOB, claims_of};
use crate::support::django_site::DjangoSite;
use crate::support::process::client;
use crate::support::systems::Answer;

async fn posts(site: &DjangoSite, path: &str, body: &Value) -> Answer {
    Answer::to(client().post(format!("{}{path}", site.base_url())).json(body)).await
}

async fn signs_in(site: &DjangoSite, user_name: &str, password: &str) -> Answer {
    posts(site, "/api/token/", &json!({ "username": user_name, "password": password })).await
}

async fn refreshes(site: &DjangoSite, token: &str) -> Answer {
    posts(site, "/api/token/refresh/", &json!({ "refresh": token })).await
}

async fn profile(site: &DjangoSite, token: &str) -> Answer {
    Answer::to(client().get(format!("{}/api/jwt/me", site.base_url())).bearer_auth(token)).await
}

fn lifetime(token: &str) -> i64 {
    let claims = claims_of(token);
    claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
}

#[tokio::test]
async fn alice_signs_in_and_is_shown_with_her_token() {
    let site = DjangoSite::open();
    let answer = signs_in(site, "alice", "correct horse").await;
    let pair = json!({ "refresh": "…", "access": "…" });
    assert_eq!(answer.told_but(&["/refresh", "/access"]), (200, pair.clone()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let (access, refresh) = (answer.text_at("/access"), answer.text_at("/refresh"));
    let claims = claims_of(&access);
    let names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["token_type", "exp", "iat", "jti", "user_id"]);
    // The number of the profile, but a text.
    assert_eq!((&claims["token_type"], &claims["user_id"]), (&json!("access"), &json!("1")));
    // A later access token keeps the `iat` of its refresh token: its life is told by `exp` and the clock alone.
    assert_eq!((lifetime(&access), lifetime(&refresh)), (300, 86400));
    assert_eq!(profile(site, &access).await.told(), (200, ALICE.clone()));

    let answer = signs_in(site, "bob", PASSWORD_OF_BOB).await;
    assert_eq!(answer.told_but(&["/refresh", "/access"]), (200, pair));
    let (status, shown) = profile(site, &answer.text_at("/access")).await.told();
    assert_eq!((status, &shown["last_name"]), (200, &json!("Ångström")));
}

#[tokio::test]
async fn wrong_password_unknown_user_and_disabled_user_are_one_answer() {
    let site = DjangoSite::open();
    let refusal = json!({ "detail": "No active account found with the given credentials" });
    for (user_name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("carol", "battery staple")] {
        let answer = signs_in(site, user_name, password).await;
        assert_eq!(answer.told(), (401, refusal.clone()), "{user_name}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"api\""));
    }
    for (body, told) in [
        (json!({ "username": "alice" }), json!({ "password": ["This field is required."] })),
        (
            json!({ "username": "alice", "password": "" }),
            json!({ "password": ["This field may not be blank."] }),
        ),
        (
            json!({ "username": "al\0ice", "password": "x" }),
            json!({ "username": ["Null characters are not allowed."] }),
        ),
    ] {
        assert_eq!(posts(site, "/api/token/", &body).await.told(), (400, told));
    }
}

#[tokio::test]
async fn a_refresh_brings_an_access_token_only_and_the_refresh_token_is_kept() {
    let site = DjangoSite::open();
    let refresh = signs_in(site, "alice", "correct horse").await.text_at("/refresh");
    for _ in 0..2 {
        let answer = refreshes(site, &refresh).await;
        assert_eq!(answer.told_but(&["/access"]), (200, json!({ "access": "…" })));
        assert_eq!(profile(site, &answer.text_at("/access")).await.status, 200);
    }
    let refusal = json!({ "detail": "Token is invalid", "code": "token_not_valid" });
    assert_eq!(refreshes(site, "nonsense").await.told(), (401, refusal));
}

#[tokio::test]
async fn where_they_rotate_a_reused_refresh_token_is_refused() {
    let site = DjangoSite::guarded();
    let first = signs_in(site, "alice", "correct horse").await.text_at("/refresh");
    let answer = refreshes(site, &first).await;
    assert_eq!(answer.told_but(&["/access", "/refresh"]), (200, json!({ "access": "…", "refresh": "…" })));
    let second = answer.text_at("/refresh");
    assert_ne!(first, second);
    let refusal = json!({ "detail": "Token is blacklisted", "code": "token_not_valid" });
    assert_eq!(refreshes(site, &first).await.told(), (401, refusal));
    assert_eq!(refreshes(site, &second).await.status, 200, "the successor lives on");
}

#[tokio::test]
async fn a_disabled_user_is_told_by_refresh_and_profile() {
    let site = DjangoSite::open();
    site.admits("dora-of-jwt", "correct horse");
    let answer = signs_in(site, "dora-of-jwt", "correct horse").await;
    let (access, refresh) = (answer.text_at("/access"), answer.text_at("/refresh"));
    site.disables("dora-of-jwt");
    let refusal = json!({ "detail": "No active account found for the given token." });
    // Without a `code`, unlike a token that is no longer good.
    assert_eq!(refreshes(site, &refresh).await.told(), (401, refusal));
    let refusal = json!({ "detail": "User is inactive", "code": "user_inactive" });
    assert_eq!(profile(site, &access).await.told(), (401, refusal));
}

#[tokio::test]
async fn a_deleted_user_makes_the_refresh_fail_as_if_the_site_were_broken() {
    let site = DjangoSite::open();
    site.admits("erin-of-jwt", "correct horse");
    let answer = signs_in(site, "erin-of-jwt", "correct horse").await;
    site.removes("erin-of-jwt");
    let broken = refreshes(site, &answer.text_at("/refresh")).await;
    assert_eq!((broken.status, broken.header("content-type")), (500, Some("text/html; charset=utf-8")));
    let refusal = json!({ "detail": "User not found", "code": "user_not_found" });
    assert_eq!(profile(site, &answer.text_at("/access")).await.told(), (401, refusal));
}

#[tokio::test]
async fn signing_out_is_once_and_the_access_token_lives_on() {
    let site = DjangoSite::open();
    let answer = signs_in(site, "alice", "correct horse").await;
    let body = json!({ "refresh": answer.text_at("/refresh") });
    assert_eq!(posts(site, "/api/token/blacklist/", &body).await.told(), (200, json!({})));
    let refusal = json!({ "detail": "Token is blacklisted", "code": "token_not_valid" });
    assert_eq!(posts(site, "/api/token/blacklist/", &body).await.told(), (401, refusal.clone()));
    assert_eq!(refreshes(site, &answer.text_at("/refresh")).await.told(), (401, refusal));
    assert_eq!(profile(site, &answer.text_at("/access")).await.status, 200);
}

#[tokio::test]
async fn only_an_access_token_opens_the_profile() {
    let site = DjangoSite::open();
    let refresh = signs_in(site, "alice", "correct horse").await.text_at("/refresh");
    let refusal = json!({
        "detail": "Given token not valid for any token type",
        "code": "token_not_valid",
        "messages": [{ "token_class": "AccessToken", "token_type": "access", "message": "Token has wrong type" }],
    });
    assert_eq!(profile(site, &refresh).await.told(), (401, refusal));
}

#[tokio::test]
async fn spaces_around_name_and_password_are_cut_and_the_last_slash_is_not() {
    let site = DjangoSite::open();
    assert_eq!(signs_in(site, " alice ", " correct horse ").await.status, 200);
    assert_eq!(signs_in(site, "Alice", "correct horse").await.status, 401, "case matters");
    // Whoever follows this has lost the body.
    let lost = posts(site, "/api/token", &json!({ "username": "alice", "password": "correct horse" })).await;
    assert_eq!((lost.status, lost.header("location")), (301, Some("/api/token/")));
}

#[tokio::test]
async fn whoever_accepts_html_first_is_shown_a_page_around_the_tokens() {
    let request = client().post(format!("{}/api/token/", DjangoSite::open().base_url()));
    let body = json!({ "username": "alice", "password": "correct horse" });
    let answer = Answer::to(request.header(ACCEPT, "text/html").json(&body)).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
}
