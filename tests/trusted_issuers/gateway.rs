//! Through the whole gateway with another issuer's token: in comes the partner's token, on goes the person's own legacy token.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use passerelle::time::Timestamp;
use serde_json::{Value, json};

use super::changed;
use crate::support::app::Tokens;
use crate::support::browser::Shown;
use crate::support::foreign_issuer::{ForeignIssuer, Key};
use crate::support::house::House;
use crate::support::trust::issuer;

const ROUTE: &str = r#"
[[gateway.route]]
prefix = "/gateway/legacy"
upstream = "{legacy}"
audience = "https://api.example.org"
identity = "user"
[[gateway.route.rule]]
methods = ["GET"]
path = "/api/me"
scopes = ["members.read"]
clients = ["partner:portal"]
[[gateway.route.rule]]
methods = ["GET"]
path = "/api/me"
scopes = ["events.read"]
clients = ["web"]
[[gateway.route.rule]]
methods = ["GET"]
path = "/api/user"
roles = ["sync"]
clients = ["partner:crm-sync"]
[[service_account]]
name = "members"
user_name = "svc"
password = "svc-password-for-loopback-only"
"#;
const RULE: &str = r#"
[[gateway.issuer.identity]]
client = "crm-sync"
role = "sync"
service_account = "members"
[[gateway.issuer.identity]]
claim = "preferred_username"
names = "user_name"
"#;

struct Gate {
    house: House,
    partner: ForeignIssuer,
}

impl Gate {
    async fn open(lines: &str) -> Self {
        let partner = ForeignIssuer::open().await;
        let trusted = issuer("partner", &partner.url, &format!("{lines}\n{RULE}"));
        Self { house: House::with(&format!("{trusted}{ROUTE}")).await, partner }
    }

    /// A token of the partner for alice, with `changes`.
    fn token(&self, changes: &Value) -> String {
        let alice = changed(self.partner.claims(self.now()), &json!({"preferred_username": "alice"}));
        Key::First.token(&changed(alice, changes))
    }

    fn now(&self) -> Timestamp {
        self.house.now()
    }

    /// Alice, at the web app: with that she has an account and tokens in the vault.
    async fn alice_signs_in(&self) -> String {
        let (app, mut browser) = (self.house.web(), self.house.browser());
        let page = browser.get(&app.request(&[("scope", "openid events.read")])).await;
        let shown = browser.sign_in(&page, "alice", "wonderland").await;
        let code = shown.sent_to(app.redirect)["code"].clone();
        Tokens::of(app.redeem(&code).await).access().to_owned()
    }

    async fn me(&self, token: &str) -> Shown {
        self.get("/gateway/legacy/api/me", token).await
    }

    async fn get(&self, path: &str, token: &str) -> Shown {
        let request = Request::builder().method(Method::GET).uri(path);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        Shown::of(&self.house.router, request.body(Body::empty()).unwrap()).await
    }

    /// The status, the error and its challenge.
    async fn refused(&self, token: &str) -> (StatusCode, String, Option<String>) {
        let shown = self.me(token).await;
        let body: Value = serde_json::from_str(&shown.body).unwrap();
        let challenge = shown.headers.get(header::WWW_AUTHENTICATE);
        let challenge = challenge.map(|challenge| challenge.to_str().unwrap().to_owned());
        (shown.status, body["error"].as_str().unwrap().to_owned(), challenge)
    }

    fn calls_to_me(&self) -> usize {
        self.house.old_system().journal.calls_to("/api/me").len()
    }
}

#[tokio::test]
async fn a_partners_token_carries_the_persons_own_legacy_token_and_only_hers() {
    let gate = Gate::open("").await;
    // She has never signed in here: nobody is made up.
    let (status, error, _) = gate.refused(&gate.token(&json!({}))).await;
    assert_eq!((status, error.as_str()), (StatusCode::FORBIDDEN, "access_denied"));
    let ours = gate.alice_signs_in().await;
    let shown = gate.me(&gate.token(&json!({"jti": "2"}))).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    // The old system knows who asks by its own token alone.
    assert!(shown.body.contains("alice"), "{}", shown.body);
    // The bridge's own tokens are what they were.
    assert_eq!(gate.me(&ours).await.status, StatusCode::OK);
    // A rule about one of ours is none about theirs.
    let called_web = gate.token(&json!({"client_id": "web", "scope": "events.read"}));
    assert_eq!(gate.me(&called_web).await.status, StatusCode::FORBIDDEN);
    let too_little = gate.token(&json!({"scope": "other"}));
    let (status, error, challenge) = gate.refused(&too_little).await;
    assert_eq!((status, error.as_str()), (StatusCode::FORBIDDEN, "insufficient_scope"));
    assert!(challenge.unwrap().contains("scope=\"members.read\""));
    assert_eq!(gate.calls_to_me(), 2);
}

/// A service of the partner's, which no person stands behind.
#[tokio::test]
async fn a_partners_service_calls_as_the_service_account_of_its_rule() {
    let gate = Gate::open("").await;
    let service = json!({
        "sub": "crm-sync", "client_id": "crm-sync", "roles": ["sync"], "preferred_username": null,
    });
    let shown = gate.get("/gateway/legacy/api/user?username=alice", &gate.token(&service)).await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    assert!(shown.body.contains("alice"), "{}", shown.body);
    let signed_in = gate.house.old_system().journal.calls_to("/token");
    assert_eq!(signed_in.iter().map(|call| call.field("username")).collect::<Vec<_>>(), [Some("svc")]);
    // Without the role of the rule it is nobody.
    let (status, error, _) = gate.refused(&gate.token(&changed(service, &json!({"roles": []})))).await;
    assert_eq!((status, error.as_str()), (StatusCode::FORBIDDEN, "access_denied"));
}

#[tokio::test]
async fn a_refused_token_is_told_as_rfc_6750_says_and_nothing_reaches_the_old_system() {
    let gate = Gate::open("").await;
    gate.alice_signs_in().await;
    let now = gate.now().as_seconds();
    for changes in [
        json!({"exp": now - 61}),
        json!({"iat": now + 61}),
        json!({"aud": "https://other.example"}),
        json!({"iss": "https://login.other.example"}),
        json!({"iss": null}),
    ] {
        let (status, error, challenge) = gate.refused(&gate.token(&changes)).await;
        assert_eq!((status, error.as_str()), (StatusCode::UNAUTHORIZED, "invalid_token"), "{changes}");
        let challenge = challenge.unwrap();
        assert!(
            challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""),
            "{challenge}"
        );
    }
    assert_eq!(gate.refused("opaque").await.1, "invalid_token");
    // Whoever has a token of a key that cannot be looked up keeps it and tries again.
    gate.partner.now_says(|says| says.is_down = true);
    let shown = gate.me(&Key::Second.token(&gate.partner.claims(gate.now()))).await;
    assert_eq!(shown.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(shown.headers.contains_key(header::RETRY_AFTER));
    assert_eq!(gate.calls_to_me(), 0);
}

#[tokio::test]
async fn a_token_for_one_request_gets_through_once() {
    let gate = Gate::open("single_use = true").await;
    gate.alice_signs_in().await;
    let token = gate.token(&json!({}));
    assert_eq!(gate.me(&token).await.status, StatusCode::OK);
    assert_eq!(gate.refused(&token).await.1, "invalid_token");
    assert_eq!(gate.calls_to_me(), 1);
}

#[tokio::test]
async fn an_issuer_that_is_asked_is_asked_once_in_an_interval_however_many_requests_there_are() {
    let gate = Gate::open("validation = \"userinfo\"\nopaque_tokens = true\nvalidation_interval = \"30s\"\nclient_claim = [\"client\"]\naudiences = []\napis = [\"https://api.example.org\"]\nrequired_claims = { tenant = \"guild\" }").await;
    gate.alice_signs_in().await;
    let answer = json!({
        "sub": "4711", "tenant": "guild", "preferred_username": "alice", "client": "portal", "scope": "members.read",
    });
    gate.partner.now_says(|says| says.user_info = (200, answer));
    for _ in 0..5 {
        assert_eq!(gate.me("opaque").await.status, StatusCode::OK);
    }
    assert_eq!(gate.partner.calls_of("/userinfo"), 1);
    // It was revoked over there: after the interval it is over here too.
    gate.partner.now_says(|says| says.user_info = (401, Value::Null));
    gate.house.forward(Duration::from_secs(29));
    assert_eq!(gate.me("opaque").await.status, StatusCode::OK);
    gate.house.forward(Duration::from_secs(1));
    assert_eq!(gate.refused("opaque").await.1, "invalid_token");
    assert_eq!(gate.partner.calls_of("/userinfo"), 2);
}
