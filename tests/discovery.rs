//! What the bridge announces of itself, and that it can be relied on.

use axum::http::StatusCode;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata, CoreResponseMode};
use openidconnect::{IssuerUrl, JsonWebKey as _};
use passerelle::model::claim_scopes::ClaimScopes;
use passerelle::model::registry::Registry;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::client_authentication::AuthenticationMethod;
use passerelle::oauth::grant_type::GrantType;
use passerelle::provider::discovery::{Endpoints, document};
use serde_json::{Value, json};

use crate::support::bridge::{bridge, get};
use crate::support::client_library::over;
use crate::support::parts::{apis, clients};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

fn words(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

#[tokio::test]
async fn both_documents_announce_what_works() {
    let router = bridge(&[]).await;
    let openid = get(&router, OPENID, &[]).await;
    assert_eq!((openid.status, openid.header("content-type")), (StatusCode::OK, "application/json"));
    insta::assert_json_snapshot!("openid_configuration", openid.json());
    let oauth = get(&router, OAUTH, &[]).await;
    assert_eq!((oauth.status, oauth.header("content-type")), (StatusCode::OK, "application/json"));
    insta::assert_json_snapshot!("oauth_authorization_server", oauth.json());
}

#[tokio::test]
async fn the_lists_are_those_of_the_code() {
    let announced = get(&bridge(&[]).await, OPENID, &[]).await.json();
    let methods: Vec<_> = AuthenticationMethod::ALL.iter().map(|method| method.as_str()).collect();
    assert_eq!(words(&announced["token_endpoint_auth_methods_supported"]), methods);
    assert_eq!(words(&announced["revocation_endpoint_auth_methods_supported"]), methods);
    // A public client cannot introspect.
    assert_eq!(words(&announced["introspection_endpoint_auth_methods_supported"]), methods[1..]);
    let grants: Vec<_> = GrantType::ALL.iter().map(|grant| grant.as_str()).collect();
    assert_eq!(words(&announced["grant_types_supported"]), grants);
    let algorithms: Vec<_> = SigningAlgorithm::ALL.iter().map(|algorithm| algorithm.as_str()).collect();
    for list in [
        "id_token_signing_alg_values_supported",
        "userinfo_signing_alg_values_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ] {
        assert_eq!(words(&announced[list]), algorithms, "{list}");
    }
}

#[tokio::test]
async fn no_list_is_empty_and_no_member_is_null() {
    let urls = |name: &str| format!("https://login.example.org/{name}");
    let endpoints = Endpoints {
        authorization: urls("authorize"),
        token: urls("token"),
        userinfo: urls("userinfo"),
        jwks: urls("jwks"),
        introspection: urls("introspect"),
        revocation: urls("revoke"),
        end_session: urls("end-session"),
        check_session: urls("check-session"),
    };
    let registry = Registry::new(clients(), apis());
    let issuer = "https://login.example.org";
    let made = document(issuer, &endpoints, &registry, &ClaimScopes::default(), &[]).unwrap();
    let made: Value = serde_json::from_slice(&made).unwrap();
    for (name, value) in made.as_object().unwrap() {
        assert!(!value.is_null() && *value != json!([]), "{name}");
    }
    assert_eq!(made["issuer"], issuer);
}

#[tokio::test]
async fn a_client_library_discovers_the_bridge_and_its_keys() {
    let router = bridge(&[]).await;
    let http = |request: openidconnect::HttpRequest| over(router.clone(), request);
    let issuer = IssuerUrl::new("http://localhost:8080".to_owned()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &http).await.unwrap();
    assert_eq!(metadata.token_endpoint().unwrap().as_str(), "http://localhost:8080/token");
    assert_eq!(
        metadata.response_modes_supported().unwrap(),
        &vec![CoreResponseMode::Query, CoreResponseMode::FormPost,]
    );
    // It fetched them from `jwks_uri`.
    assert!(!metadata.jwks().keys().is_empty());
}

#[tokio::test]
async fn the_key_set_is_public_json_that_names_each_key_and_holds_no_private_half() {
    let router = bridge(&[]).await;
    let answer = get(&router, "/jwks", &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    let keys: CoreJsonWebKeySet = serde_json::from_str(&answer.body).unwrap();
    assert!(keys.keys().iter().all(|key| key.key_id().is_some()));
    for key in answer.json()["keys"].as_array().unwrap() {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
        assert_eq!(key["use"], "sig");
        assert!(SigningAlgorithm::from_word(key["alg"].as_str().unwrap()).is_some());
    }
}

#[tokio::test]
async fn the_documents_are_cached_and_a_cache_that_still_has_one_is_told_so() {
    let router = bridge(&[]).await;
    for path in [OPENID, OAUTH, "/jwks"] {
        let fresh = get(&router, path, &[]).await;
        assert_eq!(fresh.header("cache-control"), "public, max-age=600", "{path}");
        let tag = fresh.header("etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let answer = get(&router, path, &[("if-none-match", &known)]).await;
            assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
            assert_eq!(answer.header("etag"), tag);
        }
        let changed = get(&router, path, &[("if-none-match", "\"other\"")]).await;
        assert_eq!((changed.status, changed.body), (StatusCode::OK, fresh.body));
    }
}

#[tokio::test]
async fn an_issuer_with_a_path_is_found_by_both_specifications() {
    let router = bridge(&[("SERVER__ISSUER", "http://localhost:8080/login")]).await;
    for path in [
        // OpenID Connect Discovery §4.1: behind the issuer.
        "/login/.well-known/openid-configuration",
        // RFC 8414 §3.1: before its path.
        "/.well-known/oauth-authorization-server/login",
    ] {
        let answer = get(&router, path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        let announced = answer.json();
        assert_eq!(announced["issuer"], "http://localhost:8080/login");
        assert_eq!(announced["jwks_uri"], "http://localhost:8080/login/jwks");
    }
    assert_eq!(get(&router, "/login/jwks", &[]).await.status, StatusCode::OK);
    assert_eq!(get(&router, "/jwks", &[]).await.status, StatusCode::NOT_FOUND);
}
