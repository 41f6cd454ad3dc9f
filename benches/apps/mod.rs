//! The apps of the benchmarks: how they are configured, and what they send.

/// Where the web app is.
pub const REDIRECT: &str = "https://web.example/callback";

/// A web app that asks nobody for consent, and a service.
pub const CONFIG: &str = r#"
[[api]]
audience = "https://api.example.org"
scopes = ["events.read"]
[[client]]
id = "web"
secret = "web-secret-0123456789-0123456789-0123456789"
token_endpoint_auth_method = "client_secret_post"
redirect_uris = ["https://web.example/callback"]
consent = "skip"
[[client]]
id = "service"
secret = "service-secret-0123456789-0123456789-0123456789"
token_endpoint_auth_method = "client_secret_post"
grant_types = ["client_credentials"]
scopes = ["events.read"]
audiences = ["https://api.example.org"]
"#;

/// How the web app says who it is.
pub const WEB: [(&str, &str); 2] =
    [("client_id", "web"), ("client_secret", "web-secret-0123456789-0123456789-0123456789")];

/// What the service sends for a token.
pub const SERVICE: [(&str, &str); 3] = [
    ("grant_type", "client_credentials"),
    ("client_id", "service"),
    ("client_secret", "service-secret-0123456789-0123456789-0123456789"),
];

/// What the web app asks for. The challenge is that of RFC 7636 appendix B.
pub const AUTHORIZATION: [(&str, &str); 6] = [
    ("client_id", "web"),
    ("redirect_uri", REDIRECT),
    ("response_type", "code"),
    ("scope", "openid profile"),
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("code_challenge_method", "S256"),
];

/// What the web app sends for the tokens of `code`.
pub fn redemption(code: &str) -> [(&str, &str); 6] {
    let [id, secret] = WEB;
    [
        ("grant_type", "authorization_code"),
        id,
        secret,
        ("redirect_uri", REDIRECT),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ("code", code),
    ]
}

/// The code in the address of an answer.
pub fn code_in(location: &str) -> &str {
    location.split("code=").nth(1).and_then(|after| after.split('&').next()).unwrap_or_default()
}

/// The request that waits in a page's form.
pub fn sealed_in(html: &str) -> &str {
    html.split("name=\"request\" value=\"")
        .nth(1)
        .and_then(|after| after.split('"').next())
        .unwrap_or_default()
}
