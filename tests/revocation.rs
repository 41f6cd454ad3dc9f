//! What a client may take back, and what not (RFC 7009).

use axum::http::StatusCode;
use passerelle::model::token_family::RevocationReason;

use crate::support::machines::{Answer, Grant, Machines, basic};
use crate::support::parts::{API, OPAQUE_API, service, spa, web};

impl Machines {
    async fn web_revokes(&self, token: &str, hint: &str) -> Answer {
        let me = basic("web", "web-secret");
        self.post("/revoke", Some(&me), &[("token", token), ("token_type_hint", hint)]).await
    }

    async fn is_revoked(&self, grant: &Grant) -> Option<RevocationReason> {
        self.family(grant).await.revoked.map(|revoked| revoked.reason)
    }

    async fn is_active(&self, token: &str) -> bool {
        self.introspected(token).await["active"] == true
    }
}

#[tokio::test]
async fn a_refresh_token_takes_its_whole_family_along_whatever_the_hint() {
    let machines = Machines::new().await;
    for hint in ["refresh_token", "access_token", "nonsense", ""] {
        let grant = machines.alice_signs_in(&web(), "openid events.read", API).await;
        let access = machines.access_token(&grant, 0).await;
        assert!(machines.is_active(&access).await);
        let answer = machines.web_revokes(grant.refresh_token.expose(), hint).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "{hint}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(machines.is_revoked(&grant).await, Some(RevocationReason::ByClient));
        assert!(!machines.is_active(&access).await);
        assert_eq!(machines.userinfo(&access).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn an_access_token_goes_alone_whatever_it_looks_like() {
    let machines = Machines::new().await;
    for (audience, scope) in [(API, "openid events.read"), (OPAQUE_API, "openid ledger.read")] {
        for hint in ["access_token", "refresh_token"] {
            let grant = machines.alice_signs_in(&web(), scope, audience).await;
            let (revoked, kept) =
                (machines.access_token(&grant, 0).await, machines.access_token(&grant, 0).await);
            assert_eq!(machines.web_revokes(&revoked, hint).await.status, StatusCode::OK);
            assert!(!machines.is_active(&revoked).await);
            assert_eq!(machines.userinfo(&revoked).await.status, StatusCode::UNAUTHORIZED);
            assert!(machines.is_active(&kept).await);
            assert_eq!(machines.is_revoked(&grant).await, None);
        }
    }
}

#[tokio::test]
async fn a_service_takes_back_its_own_token() {
    let machines = Machines::new().await;
    let token = machines.own_token(&service(), "events.read", API).await;
    let fields = [("client_id", "service"), ("client_secret", "service-secret"), ("token", &token)];
    assert_eq!(machines.post("/revoke", None, &fields).await.status, StatusCode::OK);
    assert!(!machines.is_active(&token).await);
}

#[tokio::test]
async fn a_public_client_takes_back_its_own_tokens_by_naming_itself() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&spa(), "openid events.read", API).await;
    let fields = [("client_id", "spa"), ("token", grant.refresh_token.expose())];
    assert_eq!(machines.post("/revoke", None, &fields).await.status, StatusCode::OK);
    assert_eq!(machines.is_revoked(&grant).await, Some(RevocationReason::ByClient));
}

#[tokio::test]
async fn what_is_unknown_or_dead_already_is_no_error() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid events.read", API).await;
    let id_token = machines.id_token(&grant).await;
    let unknown = format!("{}.{}", "h".repeat(43), "s".repeat(43));
    for token in ["nonsense", "a.b.c", &unknown, &id_token] {
        assert_eq!(machines.web_revokes(token, "").await.status, StatusCode::OK, "{token}");
    }
    assert_eq!(machines.is_revoked(&grant).await, None);
    for _ in 0..2 {
        assert_eq!(machines.web_revokes(grant.refresh_token.expose(), "").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn another_clients_token_is_left_alone_and_the_client_is_told() {
    let machines = Machines::new().await;
    let jwt = machines.alice_signs_in(&spa(), "openid events.read", API).await;
    let opaque = machines.alice_signs_in(&spa(), "openid ledger.read", OPAQUE_API).await;
    let (jwt_access, opaque_access) =
        (machines.access_token(&jwt, 0).await, machines.access_token(&opaque, 0).await);
    for token in [jwt.refresh_token.expose(), &jwt_access, &opaque_access] {
        let answer = machines.web_revokes(token, "").await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_grant"));
    }
    assert_eq!(machines.is_revoked(&jwt).await, None);
    assert!(machines.is_active(&jwt_access).await);
    assert!(machines.is_active(&opaque_access).await);
}

#[tokio::test]
async fn nobody_revokes_without_proving_who_it_is() {
    let machines = Machines::new().await;
    let grant = machines.alice_signs_in(&web(), "openid", API).await;
    let token = grant.refresh_token.expose();
    let wrong = basic("web", "wrong");
    for (header, fields) in [
        (None, vec![("token", token)]),
        (None, vec![("token", token), ("client_id", "web")]),
        (None, vec![("token", token), ("client_id", "web"), ("client_secret", "web-secret")]),
        (Some(wrong.as_str()), vec![("token", token)]),
    ] {
        let answer = machines.post("/revoke", header, &fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    }
    assert_eq!(machines.is_revoked(&grant).await, None);
}

#[tokio::test]
async fn a_request_without_a_token_or_with_two_is_malformed() {
    let machines = Machines::new().await;
    let me = basic("web", "web-secret");
    for fields in [vec![], vec![("token", "")], vec![("token", "a"), ("token", "b")]] {
        let answer = machines.post("/revoke", Some(&me), &fields).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
    }
}
