//! Token requests in JSON, for clients that are registered for it, and nowhere else.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use passerelle::id::ClientId;
use passerelle::model::client::{Client, Credentials, SecretMethod, TokenRequests};
use passerelle::secret::Digest;
use serde_json::{Value, json};

use crate::support::app::claims;
use crate::support::assertions::{ClientKey, honest};
use crate::support::desk::{Desk, granted, refused, text};
use crate::support::machines::{Answer, basic, send};
use crate::support::parts::{API, service, web};

/// A service whose library knows JSON alone; its secret, `old-service-secret`, stands in the body.
fn old_service() -> Client {
    Client {
        id: ClientId::from("old-service"),
        credentials: secret(SecretMethod::Post),
        token_requests: TokenRequests::FormOrJson,
        ..service()
    }
}

fn secret(method: SecretMethod) -> Credentials {
    Credentials::Secret { method, digests: vec![Digest::of("old-service-secret")] }
}

fn asked(more: Value) -> Value {
    let mut body = json!({
        "grant_type": "client_credentials", "client_id": "old-service", "client_secret": "old-service-secret",
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

impl Desk {
    async fn told(&self, path: &str, authorization: Option<&str>, body: &str) -> Answer {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        send(&self.router, request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

#[tokio::test]
async fn a_client_that_is_registered_for_it_asks_in_json() {
    let desk = Desk::with_clients(vec![old_service()]).await;
    let body = asked(json!({ "scope": "events.read", "audience": API })).to_string();
    let tokens = granted(&desk.told("/token", None, &body).await);
    assert_eq!(tokens["scope"], "events.read");
    assert_eq!(claims(text(&tokens, "access_token"))["aud"], API);
    let several = asked(json!({ "resource": [API] })).to_string();
    assert_eq!(granted(&desk.told("/token", None, &several).await)["scope"], "events.read events.write");
    // It may send a form as well.
    let fields = [("grant_type", "client_credentials")];
    granted(&desk.ask(&old_service(), &fields).await);
}

#[tokio::test]
async fn json_changes_nothing_in_how_a_client_proves_itself() {
    let by_header = Client { credentials: secret(SecretMethod::Basic), ..old_service() };
    let desk = Desk::with_clients(vec![by_header]).await;
    let body = json!({ "grant_type": "client_credentials" }).to_string();
    let header = basic("old-service", "old-service-secret");
    granted(&desk.told("/token", Some(&header), &body).await);
    for (header, body) in [
        (None, asked(json!({}))),
        (None, json!({ "grant_type": "client_credentials" })),
        (Some(basic("old-service", "wrong")), json!({ "grant_type": "client_credentials" })),
    ] {
        let answer = desk.told("/token", header.as_deref(), &body.to_string()).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    let both = desk.told("/token", Some(&header), &asked(json!({})).to_string()).await;
    refused(&both, "invalid_request");

    let key = ClientKey::new("k1");
    let keyed = Client { credentials: Credentials::PrivateKey { jwks: key.jwks() }, ..old_service() };
    let desk = Desk::with_clients(vec![keyed]).await;
    let body = json!({
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": key.signs(None, &honest("old-service", "once")),
    });
    granted(&desk.told("/token", None, &body.to_string()).await);
}

#[tokio::test]
async fn a_client_that_is_not_registered_for_it_is_told_so_once_it_has_proved_itself() {
    let plain = Client { token_requests: TokenRequests::Form, ..old_service() };
    let desk = Desk::with_clients(vec![plain]).await;
    let answer = desk.told("/token", None, &asked(json!({})).to_string()).await;
    refused(&answer, "invalid_request");
    assert!(answer.json()["error_description"].as_str().unwrap().contains("www-form-urlencoded"));
    // A stranger learns nothing of how it writes.
    let wrong = asked(json!({ "client_secret": "wrong" })).to_string();
    assert_eq!(desk.told("/token", None, &wrong).await.error(), "invalid_client");
}

#[tokio::test]
async fn names_that_stand_twice_are_refused_before_anybody_is_believed() {
    let desk = Desk::with_clients(vec![old_service(), web()]).await;
    for body in [
        r#"{"grant_type":"client_credentials","client_id":"web","client_id":"old-service","client_secret":"old-service-secret"}"#,
        r#"{"grant_type":"client_credentials","client_id":"old-service","client_secret":"x","client_secret":"old-service-secret"}"#,
        r#"{"grant_type":"client_credentials","client_id":"old-service","client_secret":"old-service-secret","scope":"events.read","sco\u0070e":"events.write"}"#,
        r#"{"grant_type":["client_credentials"],"client_id":["old-service","web"],"client_secret":"old-service-secret"}"#,
    ] {
        refused(&desk.told("/token", None, body).await, "invalid_request");
    }
}

#[tokio::test]
async fn credentials_in_the_address_are_never_read() {
    let desk = Desk::with_clients(vec![old_service()]).await;
    let path = "/token?client_id=old-service&client_secret=old-service-secret&grant_type=client_credentials";
    for (body, status, code) in [
        (r#"{"grant_type":"client_credentials"}"#, 401, "invalid_client"),
        ("{}", 401, "invalid_client"),
        (r#"{"client_id":"old-service","client_secret":"old-service-secret"}"#, 400, "invalid_request"),
    ] {
        let answer = desk.told(path, None, body).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (status, code), "{body}");
    }
}

#[tokio::test]
async fn the_other_endpoints_know_no_json() {
    let desk = Desk::with_clients(vec![old_service()]).await;
    for path in ["/introspect", "/revoke"] {
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
        let body = asked(json!({ "token": "t" })).to_string();
        let answer = desk.machines.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
    }
}
