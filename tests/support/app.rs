//! An app: asks for authorization, redeems what comes back, and calls the machine endpoints. It does by hand what a library does, so that
//! stories can do each thing wrong.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::browser::{Browser, Shown, form};
use crate::support::house::House;

/// A verifier that every story may use.
pub const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0123456789";

/// How an app proves itself.
#[derive(Clone, Copy, Debug)]
pub enum Proof {
    /// It names itself.
    Name,
    /// HTTP Basic.
    Basic(&'static str),
    /// In the form.
    Post(&'static str),
}

/// An app.
#[derive(Clone)]
pub struct App {
    /// The bridge that it calls.
    pub router: Router,
    /// `client_id`.
    pub id: &'static str,
    /// Its proof.
    pub proof: Proof,
    /// `redirect_uri`.
    pub redirect: &'static str,
}

/// Tokens, as the token endpoint answers them.
#[derive(Clone, Debug)]
pub struct Tokens(pub Value);

impl House {
    /// The confidential web app.
    pub fn web(&self) -> App {
        let proof = Proof::Basic("web-secret-0123456789-0123456789-0123456789");
        App { router: self.router.clone(), id: "web", proof, redirect: "https://web.example/callback" }
    }

    /// The public app in the browser, which asks for consent.
    pub fn spa(&self) -> App {
        App {
            router: self.router.clone(),
            id: "spa",
            proof: Proof::Name,
            redirect: "https://spa.example/callback",
        }
    }

    /// The app that does without PKCE.
    pub fn old(&self) -> App {
        let proof = Proof::Post("old-secret-0123456789-0123456789-0123456789");
        App { router: self.router.clone(), id: "old", proof, redirect: "https://old.example/callback" }
    }

    /// The service that speaks for itself.
    pub fn service(&self) -> App {
        let proof = Proof::Post("service-secret-0123456789-0123456789-0123456789");
        App { router: self.router.clone(), id: "service", proof, redirect: "" }
    }

    /// The client by which the APIs introspect.
    pub fn api(&self) -> App {
        let proof = Proof::Basic("api-secret-0123456789-0123456789-0123456789");
        App { router: self.router.clone(), id: "api", proof, redirect: "" }
    }
}

impl App {
    /// The path of its authorization request, with `more` replacing or adding parameters; an empty value takes one out.
    pub fn request(&self, more: &[(&str, &str)]) -> String {
        let challenge = challenge();
        let mut parameters = BTreeMap::from([
            ("client_id", self.id),
            ("redirect_uri", self.redirect),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "st&te=1"),
            ("nonce", "n-0S6"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(more.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        format!("/authorize?{}", form(&parameters.into_iter().collect::<Vec<_>>()))
    }

    /// Alice signs in to it; the code that it gets.
    pub async fn code(&self, browser: &mut Browser, more: &[(&str, &str)]) -> String {
        let mut shown = browser.get(&self.request(more)).await;
        if shown.is_page("login-page") {
            shown = browser.sign_in(&shown, "alice", "wonderland").await;
        }
        if shown.is_page("consent-page") {
            shown = browser.consent(&shown, "allow").await;
        }
        let sent = shown.sent_to(self.redirect);
        sent.get("code").unwrap_or_else(|| panic!("no code: {sent:?}")).clone()
    }

    /// Alice signs in to it; the tokens that it gets.
    pub async fn tokens(&self, browser: &mut Browser, more: &[(&str, &str)]) -> Tokens {
        let code = self.code(browser, more).await;
        Tokens::of(self.redeem(&code).await)
    }

    /// Redeems a code as it should be done.
    pub async fn redeem(&self, code: &str) -> Shown {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect),
            ("code_verifier", VERIFIER),
        ])
        .await
    }

    /// Refreshes.
    pub async fn refresh(&self, token: &str) -> Shown {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A token request with its proof.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Shown {
        self.call("/token", fields).await
    }

    /// A request with its proof to any machine endpoint.
    pub async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let mut fields = fields.to_vec();
        let mut request = Request::builder().method(Method::POST).uri(path);
        match self.proof {
            Proof::Name => fields.push(("client_id", self.id)),
            Proof::Post(secret) => fields.extend([("client_id", self.id), ("client_secret", secret)]),
            Proof::Basic(secret) => request = request.header(header::AUTHORIZATION, basic(self.id, secret)),
        }
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        Shown::of(&self.router, request.body(Body::from(form(&fields))).unwrap()).await
    }

    /// Asks userinfo.
    pub async fn userinfo(&self, token: &str) -> Shown {
        let request = Request::get("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
        Shown::of(&self.router, request.body(Body::empty()).unwrap()).await
    }
}

impl Tokens {
    /// What a successful answer holds.
    pub fn of(shown: Shown) -> Self {
        assert_eq!(shown.status, 200, "{shown:?}");
        Self(shown.json())
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.0))
    }

    /// `access_token`.
    pub fn access(&self) -> &str {
        self.text("access_token")
    }

    /// `refresh_token`.
    pub fn refresh(&self) -> &str {
        self.text("refresh_token")
    }

    /// `id_token`.
    pub fn id(&self) -> &str {
        self.text("id_token")
    }

    /// The claims of the ID token, not verified.
    pub fn id_claims(&self) -> Value {
        claims(self.id())
    }
}

/// The claims of a JWT, not verified.
pub fn claims(jwt: &str) -> Value {
    part(jwt, 1)
}

/// The header of a JWT.
pub fn jose_header(jwt: &str) -> Value {
    part(jwt, 0)
}

fn part(jwt: &str, index: usize) -> Value {
    let part = jwt.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The challenge of [`VERIFIER`].
pub fn challenge() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// Basic credentials.
pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

/// What an error answer says.
pub fn error(shown: &Shown) -> (u16, String) {
    (shown.status.as_u16(), shown.json()["error"].as_str().unwrap_or_default().to_owned())
}
