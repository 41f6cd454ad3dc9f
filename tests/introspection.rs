//! What is said of a token to whoever may know, and what to everybody else (RFC 7662).

use std::time::Duration;

use axum::http::StatusCode;
use passerelle::store::db::Sql;
use serde_json::json;

use crate::support::machines::{Machines, basic};
use crate::support::parts::{API, ISSUER, OPAQUE_API, old, service, spa, web};

const NOTHING: &str = r#"{"active":false}"#;

#[tokio::test]
async fn an_api_is_told_what_a_token_allows_whatever_it_looks_like() {
    let machines = Machines::new().await;
    for (audience, scope) in [(API, "openid events.read"), (OPAQUE_API, "openid ledger.read")] {
        let grant = machines.alice_signs_in(&web(), scope, audience).await;
        let token = machines.access_token(&grant, 0).await;
        let mut told = machines.introspected(&token).await;
        let jti = told.as_object_mut().unwrap().remove("jti");
        assert_eq!(jti.is_some(), token.contains('.'), "a JWT has an id");
        let now = machines.parts.now().as_seconds();
        let person = grant.family.authorization.person.as_ref().unwrap();
        let expected = json!({
            "active": true,
            "scope": scope,
            "client_id": "web",
            "username": "alice",
            "token_type": "Bearer",
            "exp": now + 600,
            "iat": now,
            "sub": grant.account.id,
            "aud": audience,
            "iss": ISSUER,
            "sid": person.session,
            "auth_time": now,
            "acr": "password",
        });
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn the_token_of_a_client_that_speaks_for_itself_names_the_client_and_nobody_else() {
    let machines = Machines::new().await;
    let token = machines.own_token(&service(), "events.read", API).await;
    let told = machines.introspected(&token).await;
    assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!("service")));
    for absent in ["username", "sid", "auth_time", "acr"] {
        assert!(told.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn of_a_token_without_a_scope_none_is_told() {
    let machines = Machines::new().await;
    let token = machines.own_token(&service(), "", API).await;
    let told = machines.introspected(&token).await;
    assert_eq!((&told["active"], told.get("scope")), (&json!(true), None));
}

#[tokio::test]
async fn an_api_hears_the_subject_that_the_tokens_client_knows() {
    let machines = Machines::new().await;
    for audience in [API, OPAQUE_API] {
        let grant = machines.alice_signs_in(&old(), "openid", audience).await;
        let told = machines.introspected(&machines.access_token(&grant, 0).await).await;
        assert_eq!(told["sub"], "alice");
    }
}

#[tokio::test]
async fn a_client_may_ask_about_its_own_access_and_refresh_tokens() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid offline_access", API).await;
    let me = basic("web", "web-secret");
    let access = machines.access_token(&grant, 0).await;
    for hint in ["access_token", "refresh_token", "nonsense"] {
        for token in [access.as_str(), grant.refresh_token.expose()] {
            let fields = [("token", token), ("token_type_hint", hint)];
            let told = machines.post("/introspect", Some(&me), &fields).await.json();
            assert_eq!(told["active"], true, "{hint}");
            assert_eq!(told["client_id"], "web");
        }
    }
    let told =
        machines.post("/introspect", Some(&me), &[("token", grant.refresh_token.expose())]).await.json();
    assert_eq!(told["exp"], machines.parts.now().as_seconds() + 24 * 3600);
    assert!(told.get("token_type").is_none());
}

#[tokio::test]
async fn whoever_has_no_business_with_a_token_hears_what_is_said_of_one_that_does_not_exist() {
    let machines = Machines::new().await;
    let jwt = machines.alice_signs_in(&web(), "openid events.read", API).await;
    let opaque = machines.alice_signs_in(&web(), "openid ledger.read", OPAQUE_API).await;
    let for_userinfo_only = machines.alice_signs_in(&web(), "openid", "").await;
    let service = [("client_id", "service"), ("client_secret", "service-secret")];
    for token in [
        machines.access_token(&jwt, 0).await,
        machines.access_token(&opaque, 0).await,
        machines.access_token(&for_userinfo_only, 0).await,
        jwt.refresh_token.expose().to_owned(),
        "nonsense".to_owned(),
    ] {
        let [id, secret] = service;
        let answer = machines.post("/introspect", None, &[id, secret, ("token", &token)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, NOTHING));
    }
    // The API's client is told about access tokens for the API, never about refresh tokens or tokens for others.
    let ledger = basic("ledger", "ledger-secret");
    for token in [jwt.refresh_token.expose().to_owned(), machines.access_token(&for_userinfo_only, 0).await] {
        let answer = machines.post("/introspect", Some(&ledger), &[("token", &token)]).await;
        assert_eq!(answer.body, NOTHING);
    }
}

#[tokio::test]
async fn of_a_token_that_is_no_good_nothing_is_said_but_that() {
    let machines = Machines::new().await;
    let me = basic("web", "web-secret");
    let grant = machines.alice_signs_in(&web(), "openid offline_access", API).await;
    let access = machines.access_token(&grant, 0).await;
    let (handle, secret) = grant.refresh_token.expose().split_once('.').unwrap();
    let older = format!("{handle}.{}", secret.chars().rev().collect::<String>());
    let (signed, _) = access.rsplit_once('.').unwrap();
    for token in
        [older.as_str(), &format!("{signed}.AAAA"), machines.id_token(&grant).await.as_str(), "..", "x"]
    {
        let answer = machines.post("/introspect", Some(&me), &[("token", token)]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, NOTHING), "{token}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    machines.parts.clock.forward(Duration::from_secs(600));
    let answer = machines.post("/introspect", Some(&me), &[("token", &access)]).await;
    assert_eq!(answer.body, NOTHING, "expired");
    machines.parts.clock.forward(Duration::from_hours(24));
    let answer = machines.post("/introspect", Some(&me), &[("token", grant.refresh_token.expose())]).await;
    assert_eq!(answer.body, NOTHING, "nobody used it for too long");
    let grant = machines.alice_signs_in(&web(), "openid offline_access", API).await;
    let revoked = [("token", grant.refresh_token.expose())];
    assert_eq!(machines.post("/introspect", Some(&me), &revoked).await.json()["active"], true);
    machines.post("/revoke", Some(&me), &revoked).await;
    assert_eq!(
        machines.post("/introspect", Some(&me), &revoked).await.body,
        NOTHING,
        "its client took it back"
    );
}

#[tokio::test]
async fn a_token_is_good_for_nothing_once_nothing_is_known_of_its_family() {
    let machines = Machines::new().await;
    let me = basic("web", "web-secret");
    for (scope, audience) in [("openid events.read", API), ("openid ledger.read", OPAQUE_API)] {
        let grant = machines.alice_signs_in(&web(), scope, audience).await;
        let token = machines.access_token(&grant, 0).await;
        assert_eq!(machines.userinfo(&token).await.status, StatusCode::OK);
        let forget = Sql::new("forget families", "DELETE FROM token_families");
        let write =
            machines.parts.db.write(move |tx| Box::pin(async move { tx.execute(&forget, Vec::new()).await }));
        write.await.unwrap();
        assert_eq!(machines.userinfo(&token).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(machines.post("/introspect", Some(&me), &[("token", &token)]).await.body, NOTHING);
    }
}

#[tokio::test]
async fn a_public_client_may_not_ask() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&spa(), "openid", API).await;
    let token = machines.access_token(&grant, 0).await;
    let answer = machines.post("/introspect", None, &[("client_id", "spa"), ("token", &token)]).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
}

#[tokio::test]
async fn whoever_does_not_prove_itself_is_told_401_with_a_challenge() {
    let machines = Machines::new().await;
    let wrong = basic("ledger", "wrong");
    for (header, fields) in [
        (None, vec![("token", "t")]),
        (Some(wrong.as_str()), vec![("token", "t")]),
        (None, vec![("token", "t"), ("client_id", "ledger")]),
        (Some("Bearer abc"), vec![("token", "t")]),
        // Who it is comes before what it asks.
        (None, vec![]),
    ] {
        let answer = machines.post("/introspect", header, &fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
        assert!(answer.header("www-authenticate").starts_with("Basic"));
    }
}

#[tokio::test]
async fn a_request_without_a_token_or_with_two_is_malformed() {
    let machines = Machines::new().await;
    let ledger = basic("ledger", "ledger-secret");
    for fields in [vec![], vec![("token", "")], vec![("token", "a"), ("token", "b")]] {
        let answer = machines.post("/introspect", Some(&ledger), &fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
    }
}
