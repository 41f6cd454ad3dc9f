//! The authorization endpoint: what is told on a page and never by redirect, and what travels back to the app.

use axum::http::Method;

use crate::support::answers::{error_of, is_refused_on_a_page};
use crate::support::app::App;
use crate::support::browser::form;
use crate::support::house::House;

const WEB: &str = "https://web.example/callback";

#[tokio::test]
async fn what_is_wrong_with_client_or_redirect_is_a_page_and_never_a_redirect() {
    let house = House::open().await;
    let web = house.web();
    let mut browser = house.browser();
    for more in [
        ("client_id", ""),
        ("client_id", "evil"),
        ("client_id", "service"),
        ("redirect_uri", ""),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", "https://web.example/callback/evil"),
        ("redirect_uri", "https://web.example/callback?evil"),
        ("redirect_uri", "https://web.example/callback#evil"),
        ("redirect_uri", "https://web.example:443/callback"),
        ("redirect_uri", "HTTPS://web.example/callback"),
        ("redirect_uri", "https://spa.example/callback"),
    ] {
        // Other mistakes in the same request change nothing about that.
        for and in
            [("state", "s"), ("response_type", "token"), ("prompt", "none"), ("response_mode", "form_post")]
        {
            is_refused_on_a_page(
                &browser.get(&web.request(&[more, and])).await,
                &format!("{more:?} {and:?}"),
            );
        }
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_a_page() {
    let house = House::open().await;
    let request = house.web().request(&[]);
    let mut browser = house.browser();
    let many: String = (0..65).map(|n| format!("&p{n}=1")).collect();
    let long = format!("&x={}", "a".repeat(33 * 1024));
    for wrong in ["&x=%ff", "&x=%00", &many, &long, "&client_id=web", "&client_id=evil"] {
        is_refused_on_a_page(
            &browser.get(&format!("{request}{wrong}")).await,
            wrong.get(..20).unwrap_or(wrong),
        );
    }
}

#[tokio::test]
async fn a_request_that_would_not_come_back_from_the_sign_in_page_never_gets_there() {
    let house = House::open().await;
    // All that travels through the pages, sealed: longer than what was sent.
    let longest = house.web().request(&[("display", &"x".repeat(20 * 1024))]);
    let mut browser = house.browser();
    let page = browser.get(&longest).await;
    let back = browser.sign_in(&page, "alice", "wonderland").await.sent_to(WEB);
    assert!(back.contains_key("code"), "{back:?}");
    let longer = house.web().request(&[("display", &"x".repeat(24 * 1024))]);
    is_refused_on_a_page(&house.browser().get(&longer).await, "too long to be sealed");
    // Whoever is signed in sees no page on the way.
    assert!(browser.get(&longer).await.sent_to(WEB).contains_key("code"));
}

#[tokio::test]
async fn a_repeated_redirect_uri_is_a_page_even_where_only_one_is_registered() {
    let house = House::open().await;
    let mut browser = house.browser();
    // Without `openid` a redirect URI may be left out; one that stands twice was not left out.
    let request = house.web().request(&[("scope", "events.read")]);
    for second in [WEB, "https://evil.example/"] {
        let twice = format!("{request}&{}", form(&[("redirect_uri", second)]));
        is_refused_on_a_page(&browser.get(&twice).await, second);
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_told_to_the_app_when_client_and_redirect_are_beyond_doubt() {
    let house = House::open().await;
    let mut browser = house.browser();
    let request = house.web().request(&[]);
    let shown = browser.get(&format!("{request}&scope=openid")).await;
    assert_eq!(error_of(&shown, WEB), "invalid_request");
    assert_eq!(shown.sent_to(WEB)["state"], "st&te=1");
    // Which of two states is meant nobody can tell, so none goes back.
    let shown = browser.get(&format!("{request}&state=other")).await;
    assert_eq!(error_of(&shown, WEB), "invalid_request");
    assert!(!shown.sent_to(WEB).contains_key("state"));
}

#[tokio::test]
async fn what_else_is_wrong_travels_back_to_the_app_with_its_state() {
    let house = House::open().await;
    let mut browser = house.browser();
    let long = "n".repeat(2049);
    for (app, more, error) in [
        (house.web(), ("response_type", ""), "invalid_request"),
        (house.web(), ("response_type", "token"), "unsupported_response_type"),
        (house.web(), ("response_type", "code id_token"), "unsupported_response_type"),
        (house.web(), ("response_mode", "fragment"), "invalid_request"),
        (house.web(), ("request", "eyJ"), "request_not_supported"),
        (house.web(), ("request_uri", "https://evil.example/r"), "request_uri_not_supported"),
        (house.web(), ("registration", "{}"), "registration_not_supported"),
        (house.web(), ("scope", "nothing_known"), "invalid_scope"),
        (house.web(), ("scope", "openid \"quoted\""), "invalid_scope"),
        (house.spa(), ("scope", "openid ledger.read"), "invalid_scope"),
        (house.web(), ("resource", "https://evil.example"), "invalid_target"),
        (house.web(), ("audience", "evil"), "invalid_target"),
        (house.web(), ("code_challenge", ""), "invalid_request"),
        (house.web(), ("code_challenge_method", ""), "invalid_request"),
        (house.web(), ("code_challenge_method", "plain"), "invalid_request"),
        (house.web(), ("code_challenge", "short"), "invalid_request"),
        (house.web(), ("prompt", "none login"), "invalid_request"),
        (house.web(), ("prompt", "create"), "invalid_request"),
        (house.web(), ("max_age", "-1"), "invalid_request"),
        (house.web(), ("max_age", "soon"), "invalid_request"),
        (house.web(), ("claims", "[]"), "invalid_request"),
        (house.web(), ("nonce", &long), "invalid_request"),
        (
            house.web(),
            ("claims", r#"{"id_token":{"acr":{"essential":true,"value":"urn:two-factors"}}}"#),
            "unmet_authentication_requirements",
        ),
        (house.web(), ("id_token_hint", "eyJ.eyJ.eyJ"), "invalid_request"),
    ] {
        let shown = browser.get(&app.request(&[more])).await;
        assert!(!shown.is_page("login-page"), "{more:?} is taken");
        assert_eq!(error_of(&shown, app.redirect), error, "{more:?}");
        assert_eq!(shown.sent_to(app.redirect)["state"], "st&te=1", "{more:?}");
        assert_eq!(shown.status, 303, "{more:?}");
    }
    // Without PKCE the nonce is what protects the code.
    let bare = [("code_challenge", ""), ("code_challenge_method", ""), ("nonce", "")];
    let shown = browser.get(&house.old().request(&bare)).await;
    assert_eq!(error_of(&shown, house.old().redirect), "invalid_request");
    assert_eq!(house.passwords_tried(), 0);
}

#[tokio::test]
async fn an_app_that_asked_for_a_form_post_gets_codes_and_errors_by_form() {
    let house = House::open().await;
    let mut browser = house.browser();
    let wrong = [("response_mode", "form_post"), ("prompt", "none")];
    let shown = browser.get(&house.web().request(&wrong)).await;
    assert!(shown.is_page("form-post-page") && shown.location().is_none(), "{shown:?}");
    assert!(shown.body.contains(r#"name="error" value="login_required""#), "{}", shown.body);

    let page = browser.get(&house.web().request(&[("response_mode", "form_post")])).await;
    let shown = browser.sign_in(&page, "alice", "wonderland").await;
    assert!(shown.is_page("form-post-page") && shown.location().is_none(), "{shown:?}");
    assert!(shown.body.contains(&format!(r#"<form id="form-post" method="post" action="{WEB}">"#)));
    for field in [r#"name="code" value=""#, r#"name="state" value="st&#38;te=1""#, r#"name="iss" value=""#] {
        assert!(shown.body.contains(field), "{field}: {}", shown.body);
    }
    let policy = shown.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://web.example;"), "{policy}");
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert_eq!(shown.header("cache-control").as_deref(), Some("no-store"));
}

#[tokio::test]
async fn a_posted_request_becomes_the_same_request_by_get() {
    let house = House::open().await;
    let mut browser = house.browser();
    let request = house.web().request(&[("ui_locales", "de")]);
    let query = request.strip_prefix("/authorize?").unwrap();
    let shown = browser.send(Method::POST, "/authorize", Some(query.to_owned())).await;
    assert_eq!(shown.status, 303);
    assert_eq!(shown.location().as_deref(), Some(request.as_str()), "byte by byte");
    assert!(browser.get(&request).await.is_page("login-page"));
    // Another site's form brings no cookies: the browser keeps its binding, and what waits in another tab stays good.
    let waiting = browser.get(&request).await;
    for path in ["/authorize", "/end-session"] {
        browser.posts_from_elsewhere(&[], path, query.to_owned()).await;
    }
    let signed_in = browser.sign_in(&waiting, "alice", "wonderland").await;
    assert!(signed_in.sent_to(house.web().redirect).contains_key("code"));
    let smuggled = browser.send(Method::POST, "/authorize", Some(format!("{query}\r\nx: y"))).await;
    is_refused_on_a_page(&smuggled, "a line break");
}

#[tokio::test]
async fn a_native_app_listens_on_any_loopback_port_and_nowhere_else() {
    let house = House::open().await;
    let native = |redirect: &'static str| App { id: "native", redirect, ..house.spa() };
    for redirect in
        ["http://127.0.0.1:49152/callback", "http://127.0.0.1/callback", "com.example.native:/callback"]
    {
        let mut browser = house.browser();
        let app = native(redirect);
        let code = app.code(&mut browser, &[("scope", "openid profile")]).await;
        assert_eq!(app.redeem(&code).await.status, 200, "{redirect}");
    }
    for redirect in [
        "http://localhost:49152/callback",
        "http://127.0.0.1:49152/evil",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1:99999/callback",
        "com.example.native:/evil",
    ] {
        let request = native(redirect).request(&[("scope", "openid")]);
        is_refused_on_a_page(&house.browser().get(&request).await, redirect);
    }
}

#[tokio::test]
async fn the_sign_in_page_speaks_the_language_of_the_app_and_lets_its_form_end_there() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.language = Some("fr".to_owned());
    let page = browser.get(&house.web().request(&[])).await;
    assert!(page.body.contains("<html lang=\"fr\">"), "{page:?}");
    let page = browser.get(&house.web().request(&[("ui_locales", "xx de-AT")])).await;
    assert!(page.body.contains("<html lang=\"de\">"), "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://web.example;"), "{policy}");
    // An error page speaks it too.
    let page = browser.get(&house.web().request(&[("ui_locales", "de"), ("client_id", "x")])).await;
    assert!(page.body.contains("<html lang=\"de\">"), "{page:?}");
}
