//! What tokens say, as somebody reads them who shares no code with us: the `openidconnect` crate verifies every signature here.

use std::collections::BTreeMap;
use std::time::Duration;

use openidconnect::core::{
    CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClientId as TheirClientId, ClientSecret, IssuerUrl, JsonWebKey, Nonce,
};
use passerelle::id::{AccountId, ClientId, ConnectorId, FamilyId, LegacyId};
use passerelle::keys::seal::Sealer;
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::api::{AccessTokenFormat, AccessTokenType};
use passerelle::model::claim_scopes::ClaimScopes;
use passerelle::model::client::{Client, IdTokenSettings, ScopeClaims};
use passerelle::model::registry::Registry;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::claims::{ClaimsRequest, IndividualClaim};
use passerelle::oauth::scope::Scope;
use passerelle::secret::{Chance, Digest, Secret};
use passerelle::tokens::claims::released;
use passerelle::tokens::hint::hint;
use passerelle::tokens::refresh;
use serde_json::{Map, Value, json};

use crate::support::app::{claims, jose_header};
use crate::support::desk::{Desk, granted, text};
use crate::support::parts::{API, BEGINNING, ISSUER, Parts, apis, clients, keyring, old, sealer, spa, web};

/// The published keys, as a library reads them.
fn published() -> CoreJsonWebKeySet {
    serde_json::from_slice(&keyring().jwks()).unwrap()
}

fn theirs(algorithm: SigningAlgorithm) -> CoreJwsSigningAlgorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        SigningAlgorithm::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        SigningAlgorithm::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        SigningAlgorithm::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
    }
}

/// The published key that `jwt` names.
fn key_of(jwt: &str) -> CoreJsonWebKey {
    let kid = jose_header(jwt)["kid"].as_str().unwrap().to_owned();
    let keys = published();
    keys.keys().iter().find(|key| key.key_id().is_some_and(|id| id.as_str() == kid)).unwrap().clone()
}

/// Whether a library finds the signature good.
fn is_signed(jwt: &str, algorithm: SigningAlgorithm) -> bool {
    use base64::Engine as _;
    let (message, signature) = jwt.rsplit_once('.').unwrap();
    let signature = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    key_of(jwt).verify_signature(&theirs(algorithm), message.as_bytes(), &signature).is_ok()
}

/// `web` with ID tokens of this kind.
fn web_with(algorithm: SigningAlgorithm, scope_claims: ScopeClaims) -> Client {
    Client { id_token: IdTokenSettings { algorithm, scope_claims }, ..web() }
}

/// The ID token and the access token that `client` gets for `scope` and the `claims` parameter.
async fn both(client: &Client, scope: &str, asked: &str) -> (String, String) {
    let desk = Desk::with_clients(vec![client.clone()]).await;
    let issued = desk
        .code_with(client, scope, |code| code.authorization.claims = ClaimsRequest::parse(asked).unwrap())
        .await;
    let tokens = granted(&desk.redeem(&issued).await);
    (text(&tokens, "id_token").to_owned(), text(&tokens, "access_token").to_owned())
}

fn names(claims: &Value) -> Vec<&str> {
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test]
async fn an_id_token_of_each_algorithm_is_good_for_a_library_that_is_not_ours() {
    for algorithm in SigningAlgorithm::ALL {
        let client = web_with(*algorithm, ScopeClaims::UserInfo);
        let (id_token, access_token) = both(&client, "openid profile events.read", "{}").await;
        assert_eq!(jose_header(&id_token)["alg"], algorithm.as_str());
        assert!(is_signed(&id_token, *algorithm));

        let parsed: CoreIdToken = id_token.parse().unwrap();
        let verifier = CoreIdTokenVerifier::new_confidential_client(
            TheirClientId::new("web".to_owned()),
            ClientSecret::new("web-secret".to_owned()),
            IssuerUrl::new(ISSUER.to_owned()).unwrap(),
            published(),
        )
        .set_allowed_algs([theirs(*algorithm)])
        .set_time_fn(|| (std::time::UNIX_EPOCH + Duration::from_secs(1_800_000_000)).into());
        let verified = parsed.claims(&verifier, &Nonce::new("n-0S6".to_owned())).unwrap();
        assert!(parsed.claims(&verifier, &Nonce::new("another".to_owned())).is_err());
        let key = parsed.signing_key(&verifier).unwrap();
        let hash =
            AccessTokenHash::from_token(&AccessToken::new(access_token), &theirs(*algorithm), key).unwrap();
        assert_eq!(Some(&hash), verified.access_token_hash(), "{algorithm}");
    }
}

#[tokio::test]
async fn an_id_token_says_who_signed_in_when_how_and_where() {
    let (id_token, access_token) =
        both(&web_with(SigningAlgorithm::Es256, ScopeClaims::UserInfo), "openid profile email", "{}").await;
    assert_eq!(jose_header(&id_token)["typ"], "JWT");
    let id = claims(&id_token);
    assert_eq!(
        names(&id),
        ["acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sid", "sub"],
        "claims of scopes are at userinfo, and there is one audience and so no azp"
    );
    let now = BEGINNING.as_seconds();
    assert_eq!((&id["iss"], &id["aud"]), (&ISSUER.into(), &"web".into()));
    assert_eq!((&id["iat"], &id["exp"], &id["auth_time"]), (&now.into(), &(now + 600).into(), &now.into()));
    assert_eq!((&id["acr"], &id["amr"]), (&"password".into(), &json!(["pwd"])));
    let access = claims(&access_token);
    assert_eq!((&id["sub"], &id["sid"]), (&access["sub"], &access["sid"]));
}

#[tokio::test]
async fn claims_of_scopes_stand_in_the_id_token_only_where_a_client_wants_them_there() {
    let client = web_with(SigningAlgorithm::Es256, ScopeClaims::IdTokenToo);
    let id = claims(&both(&client, "openid profile", "{}").await.0);
    assert_eq!(id["name"], "Alice Liddell");
    assert_eq!(id["updated_at"], BEGINNING.as_seconds());
    assert!(id.get("email").is_none(), "not granted: {id}");
    let id = claims(&both(&client, "openid email", "{}").await.0);
    assert_eq!((&id["email"], &id["email_verified"]), (&"alice@example.org".into(), &true.into()));
    assert!(id.get("name").is_none());
}

#[tokio::test]
async fn a_claim_that_was_asked_for_by_name_stands_where_it_was_asked_for() {
    let client = web_with(SigningAlgorithm::Es256, ScopeClaims::UserInfo);
    let asked = r#"{"id_token":{"email":{"essential":true},"shoe_size":null},"userinfo":{"name":null}}"#;
    let id = claims(&both(&client, "openid", asked).await.0);
    assert_eq!(id["email"], "alice@example.org");
    for absent in ["shoe_size", "name", "email_verified"] {
        assert!(id.get(absent).is_none(), "{absent}: {id}");
    }
}

#[tokio::test]
async fn nobody_is_given_another_identity_by_asking_for_it() {
    let client = web_with(SigningAlgorithm::Es256, ScopeClaims::UserInfo);
    let honest = claims(&both(&client, "openid", "{}").await.0);
    let asked = r#"{"id_token":{"sub":null,"aud":{"value":"spa"},"iss":{"value":"https://evil.example"},"exp":{"value":1}}}"#;
    let id = both(&client, "openid", asked).await.0;
    for name in ["aud", "iss", "exp"] {
        assert_eq!(claims(&id)[name], honest[name], "{name}");
    }
    assert_eq!(names(&claims(&id)), names(&honest));
}

#[tokio::test]
async fn an_access_token_says_what_rfc_9068_wants() {
    let (_, token) = both(&web(), "openid profile events.read", "{}").await;
    let header = jose_header(&token);
    assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()));
    assert!(is_signed(&token, SigningAlgorithm::Es256));
    let access = claims(&token);
    assert_eq!(
        names(&access),
        [
            "acr",
            "amr",
            "aud",
            "auth_time",
            "client_id",
            "exp",
            "fam",
            "gen",
            "iat",
            "iss",
            "jti",
            "scope",
            "sid",
            "sub"
        ],
        "no claim of a person"
    );
    let now = BEGINNING.as_seconds();
    assert_eq!(
        (&access["iss"], &access["aud"], &access["client_id"]),
        (&ISSUER.into(), &API.into(), &"web".into())
    );
    assert_eq!(
        (&access["iat"], &access["exp"], &access["auth_time"]),
        (&now.into(), &(now + 600).into(), &now.into())
    );
    assert_eq!(access["scope"], "openid profile events.read");
    assert_eq!((&access["acr"], &access["amr"]), (&"password".into(), &json!(["pwd"])));
}

#[tokio::test]
async fn an_access_token_of_each_algorithm_is_good_for_a_library_that_is_not_ours() {
    for algorithm in SigningAlgorithm::ALL {
        let mut all = apis();
        all[0].format = AccessTokenFormat::Jwt { algorithm: *algorithm, typ: AccessTokenType::AtJwt };
        let desk = Desk::of(Parts { registry: Registry::new(clients(), all), ..Parts::new().await });
        let tokens = desk.tokens(&web(), "openid events.read").await;
        let token = text(&tokens, "access_token");
        assert_eq!(jose_header(token)["alg"], algorithm.as_str());
        assert!(is_signed(token, *algorithm));
        let (message, signature) = token.rsplit_once('.').unwrap();
        let forged = format!("{message}x.{signature}");
        assert!(!is_signed(&forged, *algorithm));
    }
}

#[tokio::test]
async fn a_token_for_no_api_is_for_us() {
    let desk = Desk::new().await;
    let issued =
        desk.code_with(&web(), "openid profile", |code| code.authorization.audiences = Vec::new()).await;
    let tokens = granted(&desk.redeem(&issued).await);
    let token = text(&tokens, "access_token");
    assert_eq!(claims(token)["aud"], ISSUER);
    assert_eq!(jose_header(token)["typ"], "at+jwt");
    let known = desk.machines.userinfo(token).await.json();
    assert_eq!(known["name"], "Alice Liddell");
}

#[tokio::test]
async fn a_client_that_joins_on_the_legacy_user_name_is_given_that_and_the_others_are_not() {
    let desk = Desk::new().await;
    let (legacy, minted) = (desk.tokens(&old(), "openid").await, desk.tokens(&web(), "openid").await);
    for token in ["id_token", "access_token"] {
        assert_eq!(claims(text(&legacy, token))["sub"], "alice");
    }
    let sub = claims(text(&minted, "id_token"))["sub"].as_str().unwrap().to_owned();
    assert_eq!(claims(text(&minted, "access_token"))["sub"], sub.as_str());
    assert_eq!(sub.len(), 36);
    // The same person for every client that is given the minted one.
    assert_eq!(claims(text(&desk.tokens(&spa(), "openid").await, "id_token"))["sub"], sub.as_str());
    let known = desk.machines.userinfo(text(&legacy, "access_token")).await.json();
    assert_eq!(known["sub"], "alice");
}

#[tokio::test]
async fn an_id_token_is_never_taken_for_an_access_token_nor_the_other_way_round() {
    for typ in [AccessTokenType::AtJwt, AccessTokenType::Jwt] {
        let mut all = apis();
        all[0].format = AccessTokenFormat::Jwt { algorithm: SigningAlgorithm::Es256, typ };
        let desk = Desk::of(Parts { registry: Registry::new(clients(), all), ..Parts::new().await });
        // Claims of scopes in the ID token, which make it as rich as it can be.
        let tokens = desk.tokens(&old(), "openid profile email events.read").await;
        let (id_token, access_token) = (text(&tokens, "id_token"), text(&tokens, "access_token"));
        assert_eq!(jose_header(access_token)["typ"], typ.as_str());
        assert_eq!(desk.machines.userinfo(access_token).await.status, 200);
        assert_eq!(desk.machines.userinfo(id_token).await.status, 401);
        assert_eq!(desk.machines.introspected(access_token).await["active"], true);
        assert_eq!(desk.machines.introspected(id_token).await["active"], false);
        assert!(hint(&keyring(), ISSUER, id_token).is_some());
        assert_eq!(hint(&keyring(), ISSUER, access_token), None);
    }
}

#[tokio::test]
async fn a_hint_is_ours_however_old_and_nobody_elses() {
    let desk = Desk::new().await;
    let issued = desk.code(&web(), "openid").await;
    let tokens = granted(&desk.redeem(&issued).await);
    let token = text(&tokens, "id_token");
    // It has no clock: nothing in it asks for the time.
    let known = hint(&keyring(), ISSUER, token).unwrap();
    assert_eq!(known.audiences, [ClientId::from("web")]);
    assert_eq!(known.session, Some(issued.session.id.clone()));
    assert_eq!((known.subject.as_str(), known.authorized_party), (issued.session.account.as_str(), None));
    assert_eq!(hint(&keyring(), "https://another.example", token), None);
    let (message, signature) = token.rsplit_once('.').unwrap();
    for forged in
        [format!("{message}."), format!("{message}x.{signature}"), "nonsense".to_owned(), String::new()]
    {
        assert_eq!(hint(&keyring(), ISSUER, &forged), None);
    }
    let logout = json!({ "iss": ISSUER, "sub": "x", "aud": "web", "auth_time": 1 });
    for (typ, is_hint) in [("JWT", true), ("logout+jwt", false), ("at+jwt", false), ("other", false)] {
        let token = keyring().sign(SigningAlgorithm::Es256, typ, &logout).await.unwrap();
        assert_eq!(hint(&keyring(), ISSUER, &token).is_some(), is_hint, "{typ}");
    }
    // No token of ours lacks the time of the sign-in, so this is none.
    let other = json!({ "iss": ISSUER, "sub": "x", "aud": "web" });
    let other = keyring().sign(SigningAlgorithm::Es256, "JWT", &other).await.unwrap();
    assert_eq!(hint(&keyring(), ISSUER, &other), None);
}

fn account(claims: Value) -> Account {
    let Value::Object(claims) = claims else { unreachable!() };
    Account {
        id: AccountId::from("a-1"),
        connector: ConnectorId::from("legacy"),
        legacy_id: LegacyId::from("1001"),
        user_name: "alice".to_owned(),
        claims,
        created_at: BEGINNING,
        updated_at: BEGINNING + Duration::from_secs(5),
        heard: LastHeard::default(),
    }
}

#[test]
fn claims_are_released_by_scope_and_by_name_and_what_is_unknown_is_left_out() {
    let alice =
        account(json!({ "name": "Alice", "email": "a@example.org", "roles": ["member"], "member_id": "M" }));
    let scopes = ClaimScopes::default().with("roles", ["roles"]).with("profile", ["member_id"]);
    let asked = |names: &[&str]| -> BTreeMap<String, Option<IndividualClaim>> {
        names.iter().map(|name| ((*name).to_owned(), None)).collect()
    };
    for (scope, names, wanted) in [
        ("openid", asked(&[]), json!({})),
        ("openid email", asked(&[]), json!({ "email": "a@example.org" })),
        ("roles", asked(&[]), json!({ "roles": ["member"] })),
        (
            "profile",
            asked(&[]),
            json!({ "name": "Alice", "member_id": "M", "updated_at": BEGINNING.as_seconds() + 5 }),
        ),
        // This client is not registered for the scope `roles`.
        ("openid", asked(&["roles"]), json!({})),
        ("openid", asked(&["member_id", "birthdate"]), json!({ "member_id": "M" })),
        ("openid email", asked(&["email"]), json!({ "email": "a@example.org" })),
        ("nonsense", asked(&["updated_at"]), json!({ "updated_at": BEGINNING.as_seconds() + 5 })),
    ] {
        let scope = Scope::parse(scope).unwrap();
        assert_eq!(Value::Object(released(&web(), &alice, &scope, &names, &scopes)), wanted, "{scope}");
    }
    let value = IndividualClaim { value: Some("b@example.org".into()), ..IndividualClaim::default() };
    let asked = BTreeMap::from([("email".to_owned(), Some(value))]);
    // OpenID Connect Core §5.5.1: a value is a wish.
    let got: Map<String, Value> = released(&web(), &alice, &Scope::default(), &asked, &scopes);
    assert_eq!(got["email"], "a@example.org");
}

#[test]
fn a_refresh_token_finds_its_family_by_the_part_that_all_of_it_share() {
    let chance = Chance::seeded(3);
    let first = refresh::first(&chance);
    let second = refresh::successor(first.token.expose(), &chance).unwrap();
    assert_eq!(
        (first.handle, refresh::handle_of(second.token.expose())),
        (second.handle, Some(first.handle))
    );
    assert_ne!(first.digest, second.digest);
    assert_eq!(second.digest, Digest::of(second.token.expose()));
    let good = "A".repeat(43);
    for text in [
        String::new(),
        ".".to_owned(),
        good.clone(),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{}", "A".repeat(42)),
        format!("{good}.{}", "A".repeat(44)),
        format!("{good}.{good}.{good}"),
        format!("{good}.{}=", "A".repeat(42)),
        format!("{good}.{}+", "A".repeat(42)),
        format!("{good} .{good}"),
        format!("{}.{good}", "ä".repeat(43)),
    ] {
        assert_eq!(refresh::handle_of(&text), None, "{text}");
        assert!(refresh::successor(&text, &chance).is_none());
    }
}

#[test]
fn a_sealed_successor_opens_for_its_own_family_and_under_its_own_key_only() {
    let chance = Chance::seeded(3);
    let (mine, another) = (FamilyId::from("mine"), FamilyId::from("another"));
    let token = Secret::from("handle.secret");
    let sealed = refresh::seal(&sealer(), &mine, &token, &chance);
    assert_eq!(refresh::open(&sealer(), &mine, &sealed), Some(token));
    assert_eq!(refresh::open(&sealer(), &another, &sealed), None);
    let master = passerelle::keys::master_key::MasterKey::from_text(&Secret::from("1f".repeat(32))).unwrap();
    assert_eq!(refresh::open(&Sealer::new(&master), &mine, &sealed), None);
    let mut changed = sealed;
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(refresh::open(&sealer(), &mine, &changed), None);
}
