//! Django and Django REST framework by themselves: a token that never ends, HTTP Basic, and a form with an anti-forgery token whose answer
//! is a cookie.

use regex::Regex;
use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use serde_json::json;

use super::{ALICE, PASSWORD_OF_BOB};
use crate::support::django_site::DjangoSite;
use crate::support::process::client;
use crate::support::systems::Answer;

fn gets(path: &str) -> RequestBuilder {
    client().get(format!("{}{path}", DjangoSite::open().base_url()))
}

fn posts(path: &str) -> RequestBuilder {
    client().post(format!("{}{path}", DjangoSite::open().base_url()))
}

#[tokio::test]
async fn a_token_of_the_rest_framework_has_a_scheme_of_its_own() {
    let signs_in = async |user_name: &str, password: &str| {
        let body = json!({ "username": user_name, "password": password });
        Answer::to(posts("/api-token-auth/").json(&body)).await
    };
    let answer = signs_in("alice", "correct horse").await;
    assert_eq!(answer.told_but(&["/token"]), (200, json!({ "token": "…" })));
    let token = answer.text_at("/token");
    let shown = Answer::to(gets("/api/token/me").header(AUTHORIZATION, format!("Token {token}"))).await;
    assert_eq!(shown.told(), (200, ALICE.clone()));
    assert_eq!(Answer::to(gets("/api/token/me").bearer_auth(&token)).await.status, 401);
    assert_eq!(signs_in("alice", "correct horse").await.text_at("/token"), token, "there is one a user");
    let refusal = json!({ "non_field_errors": ["Unable to log in with provided credentials."] });
    for (user_name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("carol", "battery staple")] {
        assert_eq!(signs_in(user_name, password).await.told(), (400, refusal.clone()), "{user_name}");
    }
}

#[tokio::test]
async fn http_basic_opens_the_page_itself() {
    let comes = async |user_name: &str, password: &str| {
        Answer::to(gets("/api/basic/me").basic_auth(user_name, Some(password))).await
    };
    assert_eq!(comes("alice", "correct horse").await.told(), (200, ALICE.clone()));
    assert_eq!(comes("bob", PASSWORD_OF_BOB).await.status, 200, "UTF-8, RFC 7617 §2.1");
    let refusal = json!({ "detail": "Invalid username/password." });
    for (user_name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("carol", "battery staple")] {
        let answer = comes(user_name, password).await;
        assert_eq!(answer.told(), (401, refusal.clone()), "{user_name}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"api\""));
    }
}

/// Name and value of each cookie that an answer sets.
fn cookies(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all(SET_COOKIE).iter();
    values.map(|value| value.to_str().unwrap().split_once(';').unwrap().0.to_owned()).collect()
}

/// Fetches the form, then sends it.
async fn fills_in(user_name: &str, password: &str) -> Answer {
    let form = Answer::to(gets("/accounts/login/")).await;
    let field = Regex::new(r#"name="csrfmiddlewaretoken" value="([^"]+)""#).unwrap();
    let token = field.captures(&form.text).unwrap()[1].to_owned();
    let fields = [("csrfmiddlewaretoken", token.as_str()), ("username", user_name), ("password", password)];
    let cookies = cookies(&form);
    assert!(cookies.len() == 1 && cookies[0].starts_with("csrftoken="), "{cookies:?}");
    Answer::to(posts("/accounts/login/").header(COOKIE, &cookies[0]).form(&fields)).await
}

#[tokio::test]
async fn the_login_page_wants_its_own_token_back_and_answers_with_a_cookie() {
    let answer = fills_in("alice", "correct horse").await;
    assert_eq!((answer.status, answer.header("location")), (302, Some("/")));
    let session = cookies(&answer).into_iter().find(|cookie| cookie.starts_with("sessionid=")).unwrap();
    let shown = Answer::to(gets("/api/session/me").header(COOKIE, &session)).await;
    assert_eq!(shown.told(), (200, ALICE.clone()));
    let nobody = Answer::to(gets("/api/session/me")).await;
    assert_eq!(nobody.told(), (403, json!({ "detail": "Authentication credentials were not provided." })));
    // Refused is the form again, with 200.
    for (user_name, password) in [("alice", "wrong"), ("nobody", "wrong"), ("carol", "battery staple")] {
        let answer = fills_in(user_name, password).await;
        assert_eq!(answer.status, 200, "{user_name}");
        assert!(answer.text.contains("Please enter a correct username and password."), "{answer:?}");
        assert!(cookies(&answer).iter().all(|cookie| !cookie.starts_with("sessionid=")));
    }
    let fields = [("username", "alice"), ("password", "correct horse")];
    assert_eq!(Answer::to(posts("/accounts/login/").form(&fields)).await.status, 403, "without the token");
}
