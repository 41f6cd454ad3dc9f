//! What is written becomes what the rooms use.

use std::time::Duration;

use passerelle::app::custody_policy::custody_policy;
use passerelle::i18n::Sentence;
use passerelle::id::Audience;
use passerelle::model::api::{AccessTokenFormat, AccessTokenType, TokenLifetime};
use passerelle::model::client::{ConsentPolicy, Credentials, PkcePolicy, ScopeClaims, SubjectKind};
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::scope::Scope;

use super::{configuration, problems, read, with_client};

#[test]
fn a_client_that_says_nothing_gets_the_careful_defaults() {
    let blueprint = read(&configuration("")).unwrap();
    let shop = blueprint.registry.client(&"shop".into()).unwrap();
    assert_eq!(shop.appearance.name, "shop");
    assert_eq!(shop.pkce, PkcePolicy::Required);
    assert_eq!(shop.consent, ConsentPolicy::Ask);
    assert_eq!(shop.subject, SubjectKind::Minted);
    assert_eq!(shop.id_token.algorithm, SigningAlgorithm::Rs256);
    assert_eq!(shop.id_token.scope_claims, ScopeClaims::UserInfo);
    assert_eq!(shop.scope.to_string(), "openid profile email");
    assert_eq!(shop.lifetimes.access_token, Duration::from_mins(10));
}

#[test]
fn what_a_client_says_is_kept() {
    let blueprint = read(&with_client(
        r#"
        name = "Shop"
        token_endpoint_auth_method = "client_secret_post"
        pkce = "optional"
        consent = "skip"
        subject = "legacy_user_name"
        id_token_signed_response_alg = "PS256"
        id_token_claims = "id_token"
        userinfo_signed_response_alg = "EdDSA"
        default_max_age = "1h"
        lifetimes.access_token = "2h"
        "#,
    ))
    .unwrap();
    let shop = blueprint.registry.client(&"shop".into()).unwrap();
    assert_eq!(shop.appearance.name, "Shop");
    assert_eq!(shop.credentials.method().as_str(), "client_secret_post");
    assert_eq!(shop.pkce, PkcePolicy::Optional);
    assert_eq!(shop.consent, ConsentPolicy::Skip);
    assert_eq!(shop.subject, SubjectKind::LegacyUserName);
    assert_eq!(shop.id_token.scope_claims, ScopeClaims::IdTokenToo);
    assert_eq!(shop.default_max_age, Some(Duration::from_hours(1)));
    let policy = custody_policy(&blueprint.settings, &blueprint.registry);
    assert_eq!(policy.algorithms, SigningAlgorithm::ALL);
    // A node signs with a retired key until it has heard of it.
    assert_eq!(policy.longest_token, Duration::from_mins(2 * 60 + 1));
}

#[test]
fn an_api_gets_the_token_that_it_wants() {
    let blueprint = read(&configuration(
        r#"
        [[api]]
        audience = "plain"
        scopes = ["read", { name = "write", description = "Change it" }]
        [[api]]
        audience = "old"
        typ = "JWT"
        algorithm = "RS256"
        lifetime = "5min"
        [[client]]
        id = "all"
        public = true
        redirect_uris = ["https://a.example/"]
        scopes = ["read", "write"]
        audiences = ["plain", "old"]
        "#,
    ))
    .unwrap();
    let [plain, old] = blueprint.registry.apis() else { panic!("two APIs") };
    let es256 = AccessTokenFormat::Jwt { algorithm: SigningAlgorithm::Es256, typ: AccessTokenType::AtJwt };
    assert_eq!(plain.format, es256);
    assert_eq!(plain.scopes[1].description, Some(Sentence::of("Change it")));
    let rs256 = AccessTokenFormat::Jwt { algorithm: SigningAlgorithm::Rs256, typ: AccessTokenType::Jwt };
    assert_eq!((old.format, old.lifetime), (rs256, Some(TokenLifetime::Limited(Duration::from_mins(5)))));
    let all = blueprint.registry.client(&"all".into()).unwrap();
    assert_eq!(all.audiences, [Audience::from("plain"), Audience::from("old")]);
}

#[test]
fn every_mapped_claim_is_found_under_some_scope() {
    let blueprint = read(&configuration(r#"scopes.roles = ["roles"]"#)).unwrap();
    let of = |scope: &str| blueprint.claim_scopes.claims_of(&Scope::parse(scope).unwrap());
    assert_eq!(of("roles").into_iter().collect::<Vec<_>>(), ["roles"]);
    assert!(of("profile").contains("member_id") && !of("profile").contains("roles"));
    assert!(!of("profile").contains("email") && of("email").contains("email"));
}

#[test]
fn a_key_set_is_judged_by_the_room_that_will_use_it() {
    let with_keys = |keys: &str| problems(&with_client(&format!("secret = \"-\"\njwks = {keys}")));
    for (keys, fragment) in [
        ("{ keys = [] }", "no key for"),
        ("{ keys = [] }", "JWK Set"),
        (r#"{ keys = [{ kty = "oct", k = "AAAA" }] }"#, "keys[0]"),
    ] {
        let found = with_keys(keys);
        let [(path, message)] = found.as_slice() else { panic!("{keys}: {found:?}") };
        assert_eq!(path, "client[0] (shop).jwks");
        assert!(message.contains(fragment), "{keys}: {message}");
    }
    let good = r#"{ keys = [{ kty = "EC", crv = "P-256", x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" }] }"#;
    assert_eq!(with_keys(good), Vec::new());
    let blueprint = read(&with_client(&format!("secret = \"-\"\njwks = {good}"))).unwrap();
    let shop = blueprint.registry.client(&"shop".into()).unwrap();
    assert!(matches!(shop.credentials, Credentials::PrivateKey { .. }));
}

#[test]
fn an_issuer_may_have_a_path() {
    let base = |issuer: &str| {
        let blueprint = read(&configuration(&format!("server.issuer = \"{issuer}\""))).unwrap();
        blueprint.settings.server.issuer.base_path().to_owned()
    };
    assert_eq!(base("https://login.example.org"), "");
    assert_eq!(base("https://login.example.org/a/b"), "/a/b");
}
