//! How clients prove themselves, and all the ways in which they do not.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use passerelle::id::ClientId;
use passerelle::model::client::{Client, Credentials as Registered, SecretMethod};
use passerelle::oauth::client_authentication::AuthenticationMethod;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::token_request::ClientParameters;
use passerelle::provider::client_auth::credentials::Credentials;
use passerelle::provider::client_auth::error::ClientAuthError;
use passerelle::rules::client_assertion::AssertionRefusal;
use passerelle::secret::{Digest, Secret};
use serde_json::{Value, json};

use crate::support::assertions::{ClientKey, honest, keyed};
use crate::support::machines::{Machines, basic, posted};
use crate::support::parts::{BEGINNING, ISSUER, clients, service, web};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const FORM: &str = "application/x-www-form-urlencoded";

fn by_header(id: &str, secret: &str) -> Credentials {
    Credentials { authorization: Some(Secret::from(basic(id, secret))), ..Credentials::default() }
}

fn by_form(id: &str, secret: Option<&str>) -> Credentials {
    let body = ClientParameters {
        client_id: Some(ClientId::from(id)),
        client_secret: secret.map(Secret::from),
        ..ClientParameters::default()
    };
    Credentials { body, ..Credentials::default() }
}

fn by_assertion(assertion: &str) -> Credentials {
    let body = ClientParameters {
        client_assertion_type: Some(JWT_BEARER.to_owned()),
        client_assertion: Some(Secret::from(assertion)),
        ..ClientParameters::default()
    };
    Credentials { body, ..Credentials::default() }
}

/// The usual clients, and `keyed`, whose key this is.
async fn with_a_keyed_client() -> (Machines, ClientKey) {
    let key = ClientKey::new("k1");
    let mut all = clients();
    all.push(keyed("keyed", &key));
    all.push(keyed("other-keyed", &ClientKey::new("k1")));
    (Machines::with_clients(all).await, key)
}

impl Machines {
    async fn proves(&self, credentials: &Credentials) -> Result<String, ClientAuthError> {
        let authenticated = self.auth.authenticate(credentials, self.parts.now()).await;
        authenticated.map(|client| client.client().id.to_string())
    }
}

#[tokio::test]
async fn each_client_proves_itself_by_the_method_that_it_registered_and_by_no_other() {
    let (machines, key) = with_a_keyed_client().await;
    let assertion = |client: &str| key.signs(Some("JWT"), &honest(client, &format!("{client}-1")));
    for client in machines.parts.registry.clients().cloned().collect::<Vec<_>>() {
        let id = client.id.as_str();
        if id == "other-keyed" {
            continue;
        }
        let secret = format!("{id}-secret");
        for method in AuthenticationMethod::ALL {
            let credentials = match method {
                AuthenticationMethod::None => by_form(id, None),
                AuthenticationMethod::ClientSecretBasic => by_header(id, &secret),
                AuthenticationMethod::ClientSecretPost => by_form(id, Some(&secret)),
                AuthenticationMethod::PrivateKeyJwt => by_assertion(&assertion(id)),
            };
            let proved = machines.proves(&credentials).await;
            if client.credentials.method() == *method {
                assert_eq!(proved.as_deref(), Ok(id), "{id} by {method}");
            } else {
                assert_eq!(proved, Err(ClientAuthError::AnotherMethod), "{id} by {method}");
            }
        }
    }
}

#[tokio::test]
async fn whatever_proof_fails_the_answer_does_not_tell_whether_the_client_exists() {
    let (machines, _) = with_a_keyed_client().await;
    let stranger = ClientKey::new("k1");
    let mut told = Vec::new();
    for credentials in [
        by_header("web", "wrong"),
        by_header("nobody", "wrong"),
        by_header("service", "service-secret"),
        by_header("spa", "anything"),
        by_form("service", Some("wrong")),
        by_form("nobody", Some("wrong")),
        by_form("web", Some("web-secret")),
        by_form("spa", Some("anything")),
        by_form("web", None),
        by_form("nobody", None),
        by_assertion(&stranger.signs(None, &honest("keyed", "1"))),
        by_assertion(&stranger.signs(None, &honest("nobody", "1"))),
        by_assertion(&stranger.signs(None, &honest("web", "1"))),
    ] {
        let error = machines.proves(&credentials).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidClient, "{credentials:?}");
        told.push(error.to_string());
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

#[tokio::test]
async fn two_proofs_in_one_request_are_refused_even_when_both_are_right() {
    let (machines, key) = with_a_keyed_client().await;
    let mut header_and_secret = by_header("web", "web-secret");
    header_and_secret.body = by_form("web", Some("web-secret")).body;
    let mut header_and_assertion = by_header("web", "web-secret");
    header_and_assertion.body = by_assertion(&key.signs(None, &honest("keyed", "1"))).body;
    let mut secret_and_assertion = by_assertion(&key.signs(None, &honest("keyed", "2")));
    secret_and_assertion.body.client_secret = Some(Secret::from("anything"));
    for credentials in [header_and_secret, header_and_assertion, secret_and_assertion] {
        let error = machines.proves(&credentials).await.unwrap_err();
        assert_eq!(error, ClientAuthError::SeveralMethods);
        assert_eq!(error.code(), ErrorCode::InvalidRequest);
    }
}

#[tokio::test]
async fn the_form_may_repeat_the_client_of_the_proof_but_not_name_another() {
    let (machines, key) = with_a_keyed_client().await;
    let named = |mut credentials: Credentials, id: &str| {
        credentials.body.client_id = Some(ClientId::from(id));
        credentials
    };
    let header = || by_header("web", "web-secret");
    assert_eq!(machines.proves(&named(header(), "web")).await.as_deref(), Ok("web"));
    assert_eq!(machines.proves(&named(header(), "spa")).await, Err(ClientAuthError::TwoNames));
    let assertion = |jti: &str| by_assertion(&key.signs(None, &honest("keyed", jti)));
    assert_eq!(machines.proves(&named(assertion("1"), "keyed")).await.as_deref(), Ok("keyed"));
    assert!(machines.proves(&named(assertion("2"), "other-keyed")).await.is_err());
    assert!(machines.proves(&named(assertion("3"), "spa")).await.is_err());
}

#[tokio::test]
async fn both_secrets_work_while_one_is_rotated_out() {
    let digests = vec![Digest::of("old one"), Digest::of("new: one +%&")];
    let credentials = Registered::Secret { method: SecretMethod::Basic, digests };
    let machines = Machines::with_clients(vec![Client { credentials, ..web() }]).await;
    for secret in ["old one", "new: one +%&"] {
        assert_eq!(machines.proves(&by_header("web", secret)).await.as_deref(), Ok("web"), "{secret}");
    }
    assert_eq!(machines.proves(&by_header("web", "")).await, Err(ClientAuthError::WrongSecret));
}

#[tokio::test]
async fn nobody_is_authenticated_without_a_name() {
    let machines = Machines::new().await;
    let mut nameless = by_form("service", Some("service-secret"));
    nameless.body.client_id = None;
    for credentials in [Credentials::default(), nameless, by_assertion("no.jwt"), by_assertion("a.e30.b")] {
        assert_eq!(machines.proves(&credentials).await, Err(ClientAuthError::NobodyNamed));
    }
}

#[tokio::test]
async fn an_assertion_may_say_that_it_is_one_or_say_nothing() {
    let (machines, key) = with_a_keyed_client().await;
    for (jti, typ) in
        [None, Some("JWT"), Some("jwt"), Some("client-authentication+jwt")].into_iter().enumerate()
    {
        let assertion = key.signs(typ, &honest("keyed", &jti.to_string()));
        assert_eq!(machines.proves(&by_assertion(&assertion)).await.as_deref(), Ok("keyed"), "{typ:?}");
    }
}

#[tokio::test]
async fn a_token_of_another_kind_is_no_assertion_though_the_clients_key_signed_it() {
    let (machines, key) = with_a_keyed_client().await;
    for typ in
        ["at+jwt", "application/at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "secevent+jwt"]
    {
        let token = key.signs(Some(typ), &honest("keyed", typ));
        assert_eq!(
            machines.proves(&by_assertion(&token)).await,
            Err(ClientAuthError::AssertionKind),
            "{typ}"
        );
    }
}

#[tokio::test]
async fn tokens_of_ours_are_no_assertions() {
    let (machines, _) = with_a_keyed_client().await;
    let grant = machines.alice_signs_in(&web(), "openid", "").await;
    for token in [machines.access_token(&grant, 0).await, machines.id_token(&grant).await] {
        let mut credentials = by_assertion(&token);
        credentials.body.client_id = Some(ClientId::from("keyed"));
        let error = machines.proves(&credentials).await.unwrap_err();
        assert!(matches!(error, ClientAuthError::Assertion(_)), "{error:?}");
    }
}

#[tokio::test]
async fn an_assertion_works_once() {
    let (machines, key) = with_a_keyed_client().await;
    let assertion = key.signs(None, &honest("keyed", "once"));
    assert!(machines.proves(&by_assertion(&assertion)).await.is_ok());
    assert_eq!(machines.proves(&by_assertion(&assertion)).await, Err(ClientAuthError::AssertionReplayed));
    // The id is what is spent, not the text.
    let again = key.signs(Some("JWT"), &honest("keyed", "once"));
    assert_eq!(machines.proves(&by_assertion(&again)).await, Err(ClientAuthError::AssertionReplayed));
}

#[tokio::test]
async fn of_fifty_who_send_the_same_assertion_at_once_one_is_believed() {
    let (machines, key) = with_a_keyed_client().await;
    let credentials = by_assertion(&key.signs(None, &honest("keyed", "race")));
    let tries = (0..50).map(|_| {
        let (auth, credentials, now) = (machines.auth.clone(), credentials.clone(), machines.parts.now());
        tokio::spawn(async move { auth.authenticate(&credentials, now).await.is_ok() })
    });
    let mut believed = 0;
    for attempt in tries.collect::<Vec<_>>() {
        believed += i32::from(attempt.await.unwrap());
    }
    assert_eq!(believed, 1);
}

#[tokio::test]
async fn two_clients_may_choose_the_same_id_for_their_assertions() {
    let (first, second) = (ClientKey::new("a"), ClientKey::new("b"));
    let machines = Machines::with_clients(vec![keyed("first", &first), keyed("second", &second)]).await;
    for (id, key) in [("first", first), ("second", second)] {
        let assertion = key.signs(None, &honest(id, "same"));
        assert_eq!(machines.proves(&by_assertion(&assertion)).await.as_deref(), Ok(id));
    }
}

#[tokio::test]
async fn an_assertion_that_is_refused_for_what_it_says_is_not_spent() {
    let (machines, key) = with_a_keyed_client().await;
    let mut elsewhere = honest("keyed", "kept");
    elsewhere["aud"] = json!("https://elsewhere.example");
    let refused = machines.proves(&by_assertion(&key.signs(None, &elsewhere))).await;
    assert_eq!(refused, Err(ClientAuthError::AssertionClaims(AssertionRefusal::Audience)));
    assert!(machines.proves(&by_assertion(&key.signs(None, &honest("keyed", "kept")))).await.is_ok());
}

#[tokio::test]
async fn an_assertion_names_its_client_us_and_a_time() {
    let (machines, key) = with_a_keyed_client().await;
    let now = BEGINNING.as_seconds();
    let changed = |name: &str, value: Value| {
        let mut claims = honest("keyed", &format!("{name}-{value}"));
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = honest("keyed", name);
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    for (claims, refusal) in [
        (changed("iss", json!("web")), AssertionRefusal::Issuer),
        (without("iss"), AssertionRefusal::Issuer),
        (changed("aud", json!("https://elsewhere.example")), AssertionRefusal::Audience),
        (changed("aud", json!([ISSUER, "https://elsewhere.example"])), AssertionRefusal::Audience),
        (without("aud"), AssertionRefusal::Audience),
        (changed("exp", json!(now - 61)), AssertionRefusal::Expired),
        (changed("exp", json!(now + 86_400)), AssertionRefusal::TooFarAhead),
        (changed("exp", json!(1e308)), AssertionRefusal::TooFarAhead),
        (without("exp"), AssertionRefusal::NoExpiry),
        (changed("nbf", json!(now + 3600)), AssertionRefusal::NotYetValid),
        (changed("iat", json!(now + 3600)), AssertionRefusal::IssuedAhead),
        (changed("jti", json!("")), AssertionRefusal::NoId),
        (without("jti"), AssertionRefusal::NoId),
    ] {
        let refused = machines.proves(&by_assertion(&key.signs(None, &claims))).await;
        assert_eq!(refused, Err(ClientAuthError::AssertionClaims(refusal)), "{claims}");
    }
    // Signed by `keyed`, but it speaks of another client: then that client's keys count.
    let refused = machines.proves(&by_assertion(&key.signs(None, &honest("other-keyed", "x")))).await;
    assert!(matches!(refused, Err(ClientAuthError::Assertion(_))), "{refused:?}");
    let for_token_endpoint = changed("aud", json!([ISSUER, format!("{ISSUER}/token")]));
    assert!(machines.proves(&by_assertion(&key.signs(None, &for_token_endpoint))).await.is_ok());
}

#[tokio::test]
async fn an_assertion_that_was_remembered_until_it_expired_is_then_refused_for_its_age() {
    let (machines, key) = with_a_keyed_client().await;
    let assertion = by_assertion(&key.signs(None, &honest("keyed", "old")));
    assert!(machines.proves(&assertion).await.is_ok());
    machines.parts.clock.forward(Duration::from_secs(121));
    let refused = machines.proves(&assertion).await;
    assert_eq!(refused, Err(ClientAuthError::AssertionClaims(AssertionRefusal::Expired)));
}

#[tokio::test]
async fn an_assertion_that_nobody_signed_or_that_a_secret_signed_is_refused() {
    use base64::Engine as _;
    let (machines, key) = with_a_keyed_client().await;
    let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let claims = part(&honest("keyed", "1").to_string());
    let signed = key.signs(None, &honest("keyed", "2"));
    let signature = signed.rsplit('.').next().unwrap();
    for assertion in [
        format!("{}.{claims}.", part(r#"{"alg":"none"}"#)),
        format!("{}.{claims}.{signature}", part(r#"{"alg":"HS256","kid":"k1"}"#)),
        format!("{}.{claims}.{signature}", part(r#"{"alg":"ES256","kid":"k1"}"#)),
        format!("{}.{claims}.{signature}", part(r#"{"alg":"ES256","kid":"k2"}"#)),
    ] {
        let refused = machines.proves(&by_assertion(&assertion)).await;
        assert!(matches!(refused, Err(ClientAuthError::Assertion(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn an_assertion_of_another_type_is_refused() {
    let (machines, key) = with_a_keyed_client().await;
    for kind in [None, Some("urn:ietf:params:oauth:client-assertion-type:saml2-bearer")] {
        let mut credentials = by_assertion(&key.signs(None, &honest("keyed", "1")));
        credentials.body.client_assertion_type = kind.map(str::to_owned);
        assert_eq!(machines.proves(&credentials).await, Err(ClientAuthError::AssertionType));
    }
}

// Over HTTP, at the revocation endpoint, where any client may ask.

#[tokio::test]
async fn whoever_tried_the_header_is_told_401_and_that_the_header_is_the_way() {
    let machines = Machines::new().await;
    for header in [
        basic("web", "wrong"),
        "Basic !!!".to_owned(),
        "Basic d2Vi".to_owned(),
        "Basic".to_owned(),
        "Bearer abc".to_owned(),
        "Digest username=web".to_owned(),
    ] {
        let answer = machines.post("/revoke", Some(&header), &[("token", "t")]).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header}");
        assert_eq!(answer.error(), "invalid_client", "{header}");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{header}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn whoever_tried_the_form_is_told_401_without_a_challenge_that_browsers_would_ask_a_password_for() {
    let machines = Machines::new().await;
    let fields = [("client_id", "service"), ("client_secret", "wrong"), ("token", "t")];
    let answer = machines.post("/revoke", None, &fields).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    assert_eq!(answer.header("www-authenticate"), "");
}

#[tokio::test]
async fn two_authorization_headers_prove_nothing() {
    let machines = Machines::new().await;
    let right = basic("web", "web-secret");
    let mut request = posted("/revoke", Some(&right), &[("token", "t")]);
    request.headers_mut().append(header::AUTHORIZATION, right.parse().unwrap());
    let answer = machines.send(request).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
}

#[tokio::test]
async fn credentials_and_parameters_in_the_query_of_a_post_are_never_read() {
    let machines = Machines::new().await;
    let by_query = "/revoke?client_id=service&client_secret=service-secret&token=t";
    let answer = machines.post(by_query, None, &[("token", "t")]).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "invalid_client"));
    let fields = [("client_id", "service"), ("client_secret", "service-secret")];
    let answer = machines.post("/revoke?token=t", None, &fields).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_an_invalid_request() {
    let machines = Machines::new().await;
    let client = format!("client_id={}&client_secret=service-secret&token=t", service().id);
    let many = (0..65).map(|n| format!("p{n}=v")).collect::<Vec<_>>().join("&");
    for (kind, content_type, body) in [
        ("json", "application/json", "{}".to_owned()),
        ("no type", "", client.clone()),
        ("multipart", "multipart/form-data", client.clone()),
        ("prefix", "application/x-www-form-urlencodedx", client.clone()),
        ("twice", FORM, format!("{client}&token=u")),
        ("two ids", FORM, format!("{client}&client_id=service")),
        ("no UTF-8", FORM, format!("{client}&a=%ff")),
        ("NUL", FORM, format!("{client}&a=%00")),
        ("too many", FORM, format!("{client}&{many}")),
        ("too long", FORM, format!("{client}&a={}", "x".repeat(40_000))),
    ] {
        let mut request = Request::post("/revoke");
        if !content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let answer = machines.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{kind}");
        assert_eq!(answer.error(), "invalid_request", "{kind}");
        assert_eq!(answer.header("content-type"), "application/json", "{kind}");
    }
    let with_charset =
        Request::post("/revoke").header(header::CONTENT_TYPE, format!("{FORM}; charset=UTF-8"));
    let answer = machines.send(with_charset.body(Body::from(client)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
}
