//! A client that speaks for itself (RFC 6749 §4.4, RFC 9068 §2.2).

use std::time::Duration;

use axum::http::StatusCode;
use passerelle::id::{Audience, ClientId, ServiceAccountName};
use passerelle::model::api::{AccessTokenFormat, AccessTokenType, Api, TokenLifetime};
use passerelle::model::client::{Client, Credentials, SecretMethod};
use passerelle::model::registry::Registry;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::scope::Scope;
use passerelle::secret::Digest;

use crate::support::app::{claims, jose_header};
use crate::support::desk::{Desk, granted, refused, text};
use crate::support::machines::{Answer, posted, send};
use crate::support::parts::{API, ISSUER, OPAQUE_API, Parts, apis, service, spa, web};

impl Desk {
    async fn for_itself(&self, client: &Client, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![("grant_type", "client_credentials")];
        fields.extend_from_slice(more);
        self.ask(client, &fields).await
    }
}

#[tokio::test]
async fn a_service_gets_a_token_that_speaks_of_nobody_else() {
    let desk = Desk::new().await;
    let answer = desk.for_itself(&service(), &[]).await;
    assert_eq!((answer.header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
    let tokens = granted(&answer);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    assert_eq!(tokens["scope"], "events.read events.write");
    assert!(tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none(), "{tokens}");
    let access = claims(text(&tokens, "access_token"));
    assert_eq!(access["iss"], ISSUER);
    assert_eq!((&access["sub"], &access["client_id"]), (&"service".into(), &"service".into()));
    assert_eq!(access["aud"], API);
    assert_eq!(access["scope"], tokens["scope"]);
    for absent in ["fam", "gen", "sid", "auth_time", "acr", "amr"] {
        assert!(access.get(absent).is_none(), "{absent}: {access}");
    }
}

/// Neither a read nor a write: there is nothing left that could be asked. And no slow hash: what is kept of a secret is one SHA-256.
#[tokio::test]
async fn a_jwt_for_a_service_needs_no_database_at_all() {
    let secret =
        |method, secrets: [&str; 2]| Credentials::Secret { method, digests: secrets.map(Digest::of).into() };
    let by_header = Client {
        id: ClientId::from("by-header"),
        credentials: secret(SecretMethod::Basic, ["another", "by-header-secret"]),
        ..service()
    };
    let bound = Client {
        id: ClientId::from("bound"),
        credentials: secret(SecretMethod::Post, ["bound-secret", "another"]),
        service_account: Some(ServiceAccountName::from("members")),
        ..service()
    };
    let all = vec![service(), by_header.clone(), bound.clone()];
    let desk = Desk::with_clients(all).await;
    desk.parts().db.close().await;
    for client in [service(), by_header, bound] {
        granted(&desk.for_itself(&client, &[]).await);
        granted(&desk.for_itself(&client, &[("resource", API), ("scope", "events.read")]).await);
        refused(
            &desk.for_itself(&client, &[("resource", "https://unknown.example")]).await,
            "invalid_target",
        );
    }
    // An opaque one does: nobody is answered before its record is durable.
    let answer = desk.for_itself(&service(), &[("resource", OPAQUE_API)]).await;
    let told = (answer.status, answer.error());
    assert_eq!(told, (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable".to_owned()));
}

#[tokio::test]
async fn an_opaque_token_for_a_service_is_one_record() {
    let desk = Desk::new().await;
    let tokens = granted(&desk.for_itself(&service(), &[("resource", OPAQUE_API)]).await);
    assert_eq!(tokens["scope"], "ledger.read");
    assert_eq!((desk.opaque_tokens().await, desk.families().await), (1, 0));
    let meant = desk.machines.introspected(text(&tokens, "access_token")).await;
    assert_eq!((&meant["active"], &meant["sub"]), (&true.into(), &"service".into()), "{meant}");
    assert_eq!((&meant["aud"], &meant["scope"]), (&OPAQUE_API.into(), &"ledger.read".into()));
    desk.wait(Duration::from_mins(10));
    assert_eq!(desk.machines.introspected(text(&tokens, "access_token")).await["active"], false);
}

#[tokio::test]
async fn the_scope_points_to_the_api_that_is_meant() {
    let desk = Desk::new().await;
    for (scope, audience) in [("events.read", API), ("ledger.read", OPAQUE_API)] {
        let tokens = granted(&desk.for_itself(&service(), &[("scope", scope)]).await);
        assert_eq!(tokens["scope"], scope);
        let meant = desk.machines.introspected(text(&tokens, "access_token")).await;
        assert_eq!(meant["aud"], audience);
    }
}

#[tokio::test]
async fn a_service_gets_no_scope_that_speaks_of_a_person_or_is_not_its_own() {
    let personal = Client {
        id: ClientId::from("personal"),
        scope: Scope::parse("openid profile email offline_access events.read").unwrap(),
        ..service()
    };
    let personal = Client {
        credentials: Credentials::Secret {
            method: SecretMethod::Post,
            digests: vec![Digest::of("personal-secret")],
        },
        ..personal
    };
    let desk = Desk::with_clients(vec![service(), personal.clone()]).await;
    for scope in ["openid", "profile", "offline_access", "openid events.read", "events.write", "nonsense"] {
        refused(&desk.for_itself(&personal, &[("scope", scope)]).await, "invalid_scope");
    }
    let tokens = granted(&desk.for_itself(&personal, &[]).await);
    assert_eq!(tokens["scope"], "events.read");
    refused(&desk.for_itself(&service(), &[("scope", "events.read a\\b")]).await, "invalid_scope");
}

#[tokio::test]
async fn a_target_that_is_not_the_services_is_refused() {
    let narrow = Client { audiences: vec![Audience::from(API)], ..service() };
    let desk = Desk::with_clients(vec![narrow.clone()]).await;
    for (name, target) in [
        ("resource", "https://unknown.example"),
        ("audience", "https://unknown.example"),
        ("resource", OPAQUE_API),
        ("audience", OPAQUE_API),
        ("resource", "https://api.example.org#part"),
        ("resource", "api"),
    ] {
        refused(&desk.for_itself(&narrow, &[(name, target)]).await, "invalid_target");
    }
    let both = [("resource", API), ("resource", OPAQUE_API)];
    let desk = Desk::new().await;
    refused(&desk.for_itself(&service(), &both).await, "invalid_target");
    for name in ["resource", "audience"] {
        granted(&desk.for_itself(&service(), &[(name, API)]).await);
    }
}

#[tokio::test]
async fn several_apis_that_are_named_stand_together_in_one_token() {
    let second = "https://second.example.org";
    let mut all = apis();
    all.push(Api { audience: Audience::from(second), ..all[0].clone() });
    let client = Client { audiences: vec![Audience::from(API), Audience::from(second)], ..service() };
    let parts = Parts::with_clients(vec![client.clone()]).await;
    let desk = Desk::of(Parts { registry: Registry::new([client.clone()], all), ..parts });
    let both = [("resource", API), ("resource", second)];
    let tokens = granted(&desk.for_itself(&client, &both).await);
    assert_eq!(claims(text(&tokens, "access_token"))["aud"], serde_json::json!([API, second]));
}

#[tokio::test]
async fn the_api_decides_what_its_tokens_look_like_and_how_long_they_live() {
    for (algorithm, typ) in [
        (SigningAlgorithm::Rs256, AccessTokenType::Jwt),
        (SigningAlgorithm::Ps256, AccessTokenType::AtJwt),
        (SigningAlgorithm::Es256, AccessTokenType::Jwt),
        (SigningAlgorithm::EdDsa, AccessTokenType::AtJwt),
    ] {
        let mut all = apis();
        all[0].format = AccessTokenFormat::Jwt { algorithm, typ };
        all[0].lifetime = Some(TokenLifetime::Limited(Duration::from_mins(2)));
        let desk = Desk::of(Parts { registry: Registry::new([service()], all), ..Parts::new().await });
        let tokens = granted(&desk.for_itself(&service(), &[]).await);
        let header = jose_header(text(&tokens, "access_token"));
        assert_eq!(
            (header["alg"].as_str(), header["typ"].as_str()),
            (Some(algorithm.as_str()), Some(typ.as_str()))
        );
        let access = claims(text(&tokens, "access_token"));
        assert_eq!(tokens["expires_in"], 120);
        assert_eq!(access["exp"].as_i64(), access["iat"].as_i64().map(|iat| iat + 120));
    }
}

#[tokio::test]
async fn an_api_without_scopes_is_served_by_its_name_alone() {
    let bare = "https://bare.example.org";
    let mut all = apis();
    all.push(Api { audience: Audience::from(bare), scopes: Vec::new(), ..all[0].clone() });
    let client = Client { audiences: vec![Audience::from(bare)], scope: Scope::default(), ..service() };
    let desk = Desk::of(Parts { registry: Registry::new([client.clone()], all), ..Parts::new().await });
    let tokens = granted(&desk.for_itself(&client, &[]).await);
    // RFC 6749 §3.3: an empty scope has no spelling.
    assert!(tokens.get("scope").is_none(), "{tokens}");
    let access = claims(text(&tokens, "access_token"));
    assert_eq!((&access["aud"], access.get("scope")), (&bare.into(), None));
}

#[tokio::test]
async fn scopes_that_mean_nothing_at_the_api_that_is_named_are_refused_rather_than_dropped_to_nothing() {
    let desk = Desk::new().await;
    let fields = [("scope", "ledger.read"), ("resource", API)];
    refused(&desk.for_itself(&service(), &fields).await, "invalid_scope");
    let some = [("scope", "ledger.read events.read"), ("resource", API)];
    assert_eq!(granted(&desk.for_itself(&service(), &some).await)["scope"], "events.read");
}

#[tokio::test]
async fn each_token_has_a_name_of_its_own() {
    let desk = Desk::new().await;
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let tokens = granted(&desk.for_itself(&service(), &[]).await);
        let jti = claims(text(&tokens, "access_token"))["jti"].as_str().unwrap().to_owned();
        // 128 bits are 22 characters of base64url.
        assert!(jti.len() >= 22 && names.insert(jti));
    }
}

#[tokio::test]
async fn only_a_client_that_is_registered_for_it_and_proves_itself_speaks_for_itself() {
    let desk = Desk::new().await;
    for client in [web(), spa()] {
        refused(&desk.for_itself(&client, &[]).await, "unauthorized_client");
    }
    for secret in [None, Some("wrong")] {
        let mut fields = vec![("grant_type", "client_credentials"), ("client_id", "service")];
        fields.extend(secret.map(|secret| ("client_secret", secret)));
        let answer = send(&desk.router, posted("/token", None, &fields)).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    }
}
