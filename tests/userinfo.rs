//! What userinfo tells, and to whom it tells nothing (OpenID Connect Core §5.3, RFC 6750).

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use openidconnect::SubjectIdentifier;
use openidconnect::core::CoreUserInfoClaims;
use passerelle::model::client::Client;
use passerelle::model::login_session::EndReason;
use passerelle::model::token_family::RevocationReason;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::store::{login_sessions, token_families};
use serde_json::json;

use crate::support::assertions::{ClientKey, honest};
use crate::support::machines::{Answer, Machines, posted};
use crate::support::parts::{API, ISSUER, OPAQUE_API, clients, old, service, web};

fn says(answer: &Answer, status: StatusCode, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.error(), error);
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn an_app_is_told_what_the_scope_and_the_claims_request_ask_for_and_no_more() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid email", API).await;
    let token = machines.access_token(&grant, 0).await;
    let answer = machines.userinfo(&token).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = json!({
        "sub": grant.account.id,
        "email": "alice@example.org",
        "email_verified": true,
        "member_id": "M-1001",
    });
    assert_eq!(answer.json(), told);
}

#[tokio::test]
async fn a_client_library_reads_the_answer() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid profile email", "").await;
    let token = machines.access_token(&grant, 0).await;
    let body = machines.userinfo(&token).await.body;
    let claims = CoreUserInfoClaims::from_json::<std::convert::Infallible>(
        body.as_bytes(),
        Some(&SubjectIdentifier::new(grant.account.id.to_string())),
    )
    .unwrap();
    assert_eq!(claims.subject().as_str(), grant.account.id.as_str());
    assert_eq!(claims.email().unwrap().as_str(), "alice@example.org");
    assert_eq!(claims.name().unwrap().get(None).unwrap().as_str(), "Alice Liddell");
}

#[tokio::test]
async fn each_app_hears_the_subject_by_which_it_knows_the_person() {
    let machines = Machines::new().await;
    let at_web = machines.alice_signs_in(&web(), "openid", "").await;
    let at_old = machines.alice_signs_in(&old(), "openid", "").await;
    let web_hears = machines.userinfo(&machines.access_token(&at_web, 0).await).await.json();
    let old_hears = machines.userinfo(&machines.access_token(&at_old, 0).await).await.json();
    assert_eq!(web_hears["sub"], json!(at_web.account.id));
    assert_eq!(old_hears["sub"], "alice");
}

#[tokio::test]
async fn an_opaque_token_is_as_good_as_a_jwt() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid ledger.read", OPAQUE_API).await;
    let token = machines.access_token(&grant, 0).await;
    assert!(!token.contains('.'));
    assert_eq!(machines.userinfo(&token).await.json()["sub"], json!(grant.account.id));
}

#[tokio::test]
async fn an_app_that_wants_a_signed_answer_gets_one_that_names_us_and_it() {
    for algorithm in SigningAlgorithm::ALL {
        let client = Client { userinfo_signed_response_alg: Some(*algorithm), ..web() };
        let machines = Machines::with_clients(vec![client.clone()]).await;
        let grant = machines.alice_signs_in(&client, "openid email", "").await;
        let answer = machines.userinfo(&machines.access_token(&grant, 0).await).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/jwt"));
        let verified = machines.parts.keyring.verify(&answer.body).unwrap();
        assert_eq!(verified.algorithm, *algorithm);
        let claims: serde_json::Value = verified.claims().unwrap();
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(ISSUER), &json!("web")));
        assert_eq!(claims["sub"], json!(grant.account.id));
        assert_eq!(claims["email"], "alice@example.org");
        // Nor is it an access token itself.
        says(&machines.userinfo(&answer.body).await, StatusCode::UNAUTHORIZED, "invalid_token");
    }
}

#[tokio::test]
async fn the_token_comes_in_the_header_or_in_the_form() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    let token = machines.access_token(&grant, 0).await;
    let bearer = format!("Bearer {token}");
    for request in [
        Request::get("/userinfo")
            .header(header::AUTHORIZATION, format!("bearer {token}"))
            .body(Body::empty()),
        Request::post("/userinfo").header(header::AUTHORIZATION, &bearer).body(Body::empty()),
        Request::post("/userinfo")
            .header(header::AUTHORIZATION, &bearer)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from("{}")),
        Ok(posted("/userinfo", None, &[("access_token", &token)])),
    ] {
        let answer = machines.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_token_sent_twice_is_an_invalid_request() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    let token = machines.access_token(&grant, 0).await;
    let bearer = format!("Bearer {token}");
    let both = posted("/userinfo", Some(&bearer), &[("access_token", &token)]);
    let twice = posted("/userinfo", None, &[("access_token", &token), ("access_token", &token)]);
    let two_headers = Request::get("/userinfo")
        .header(header::AUTHORIZATION, &bearer)
        .header(header::AUTHORIZATION, &bearer)
        .body(Body::empty());
    for request in [both, twice, two_headers.unwrap()] {
        says(&machines.send(request).await, StatusCode::BAD_REQUEST, "invalid_request");
    }
}

#[tokio::test]
async fn a_request_without_a_token_is_told_no_error_code_in_its_challenge() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    let token = machines.access_token(&grant, 0).await;
    for request in [
        Request::get("/userinfo").body(Body::empty()).unwrap(),
        // Never in the query, where logs and histories keep it.
        Request::get(format!("/userinfo?access_token={token}")).body(Body::empty()).unwrap(),
        Request::post(format!("/userinfo?access_token={token}")).body(Body::empty()).unwrap(),
        Request::get("/userinfo")
            .header(header::AUTHORIZATION, "Basic d2ViOng=")
            .body(Body::empty())
            .unwrap(),
        Request::get("/userinfo").header(header::AUTHORIZATION, "Bearer").body(Body::empty()).unwrap(),
    ] {
        let answer = machines.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"passerelle\"");
    }
}

#[tokio::test]
async fn a_token_without_the_scope_openid_says_too_little() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "events.read", API).await;
    let token = machines.access_token(&grant, 0).await;
    says(&machines.userinfo(&token).await, StatusCode::FORBIDDEN, "insufficient_scope");
    let own = machines.own_token(&service(), "openid events.read", API).await;
    says(&machines.userinfo(&own).await, StatusCode::FORBIDDEN, "insufficient_scope");
}

#[tokio::test]
async fn tokens_of_other_kinds_are_no_access_tokens() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    let now = machines.parts.now().as_seconds();
    let claims = json!({
        "iss": ISSUER, "sub": grant.account.id, "aud": ISSUER, "client_id": "web", "jti": "j", "scope": "openid",
        "exp": now + 600, "iat": now, "fam": grant.family.id, "gen": 0,
    });
    let keyring = &machines.parts.keyring;
    let typed = async |typ| keyring.sign(SigningAlgorithm::Es256, typ, &claims).await.unwrap();
    let mut elsewhere = claims.clone();
    elsewhere["iss"] = json!("https://elsewhere.example");
    let elsewhere = keyring.sign(SigningAlgorithm::Es256, "at+jwt", &elsewhere).await.unwrap();
    // The same claims in the right type are taken, so it is the type that counts below.
    assert_eq!(machines.userinfo(&typed("at+jwt").await).await.status, StatusCode::OK);
    let access = machines.access_token(&grant, 0).await;
    let (unsigned, signature) = access.rsplit_once('.').unwrap();
    let flipped: String = signature.chars().rev().collect();
    for (kind, token) in [
        ("an ID token", machines.id_token(&grant).await),
        ("a refresh token", grant.refresh_token.expose().to_owned()),
        ("a logout token", typed("logout+jwt").await),
        ("a security event", typed("secevent+jwt").await),
        ("a client assertion", ClientKey::new("k").signs(None, &honest("web", "1"))),
        ("an access token by another key", ClientKey::new("k").signs(Some("at+jwt"), &claims)),
        ("another issuer's", elsewhere),
        ("an unsigned one", format!("{unsigned}.")),
        ("a wrongly signed one", format!("{unsigned}.{flipped}")),
        ("nonsense", "nonsense".to_owned()),
        ("dots", "..".to_owned()),
        ("nothing", " ".to_owned()),
    ] {
        let answer = machines.userinfo(&token).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{kind}");
        says(&answer, StatusCode::UNAUTHORIZED, "invalid_token");
    }
}

#[tokio::test]
async fn an_expired_token_tells_nothing() {
    let machines = Machines::new().await;
    for audience in ["", OPAQUE_API] {
        let grant = machines.alice_signs_in(&web(), "openid", audience).await;
        let token = machines.access_token(&grant, 0).await;
        machines.parts.clock.forward(web().lifetimes.access_token - Duration::from_secs(1));
        assert_eq!(machines.userinfo(&token).await.status, StatusCode::OK);
        machines.parts.clock.forward(Duration::from_secs(1));
        says(&machines.userinfo(&token).await, StatusCode::UNAUTHORIZED, "invalid_token");
    }
}

#[tokio::test]
async fn a_token_tells_nothing_once_its_family_was_revoked() {
    let machines = Machines::new().await;
    for audience in ["", OPAQUE_API] {
        let grant = machines.alice_signs_in(&web(), "openid", audience).await;
        let token = machines.access_token(&grant, 0).await;
        assert_eq!(machines.userinfo(&token).await.status, StatusCode::OK);
        let (id, now) = (grant.family.id.clone(), machines.parts.now());
        let revoke = machines.parts.db.write(move |tx| {
            Box::pin(async move {
                token_families::revoke(tx, &id, RevocationReason::RefreshTokenReused, now).await
            })
        });
        assert!(revoke.await.unwrap());
        says(&machines.userinfo(&token).await, StatusCode::UNAUTHORIZED, "invalid_token");
    }
}

#[tokio::test]
async fn a_token_tells_nothing_once_its_session_ended() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    let token = machines.access_token(&grant, 0).await;
    let session = grant.family.authorization.person.as_ref().unwrap().session.clone();
    let now = machines.parts.now();
    let end = machines.parts.db.write(move |tx| {
        Box::pin(async move { login_sessions::end(tx, &session, EndReason::SignedOut, now).await })
    });
    assert!(end.await.unwrap().is_some());
    says(&machines.userinfo(&token).await, StatusCode::UNAUTHORIZED, "invalid_token");
}

#[tokio::test]
async fn a_token_of_a_client_that_is_not_registered_any_more_tells_nothing() {
    let gone = Client { id: "gone".into(), ..web() };
    let machines = Machines::with_clients(clients()).await;
    let grant = machines.alice_signs_in(&gone, "openid", "").await;
    let token = machines.access_token(&grant, 0).await;
    says(&machines.userinfo(&token).await, StatusCode::UNAUTHORIZED, "invalid_token");
}

#[tokio::test]
async fn a_token_of_the_newest_answer_in_use_shows_that_the_answer_arrived() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    let first = machines.access_token(&grant, 0).await;
    let second = machines.access_token(&grant, 1).await;
    let mut next = grant.family.refresh.clone().unwrap();
    let from = next.current;
    next.generation = 1;
    next.successor = Some(b"sealed".to_vec());
    let id = grant.family.id.clone();
    let rotate = machines
        .parts
        .db
        .write(move |tx| Box::pin(async move { token_families::rotate(tx, &id, &from, &next).await }));
    assert!(rotate.await.unwrap());
    let used = async || machines.family(&grant).await.refresh.unwrap().successor_used;
    // A token of the answer before says nothing about the newest.
    assert_eq!(machines.userinfo(&first).await.status, StatusCode::OK);
    assert!(!used().await);
    assert_eq!(machines.userinfo(&second).await.status, StatusCode::OK);
    assert!(used().await);
    assert_eq!(machines.family(&grant).await.refresh.unwrap().successor, None);
}
