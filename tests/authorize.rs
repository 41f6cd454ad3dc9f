//! The authorization endpoint: what is told on a page and never by redirect, what travels back to the app, and when a person is asked.

use std::time::Duration;

use axum::http::Method;

use crate::support::app::{App, Tokens};
use crate::support::browser::{Browser, Shown, form};
use crate::support::house::{CONFIG, House, ISSUER};

const WEB: &str = "https://web.example/callback";

/// An error page that leads nowhere and repeats nothing.
fn is_refused_on_a_page(shown: &Shown, told: &str) {
    assert_eq!(shown.status, 400, "{told}: {shown:?}");
    assert!(shown.is_page("error-page"), "{told}: {shown:?}");
    assert_eq!(shown.location(), None, "{told}");
    assert!(!shown.body.contains("evil"), "{told}: what was sent stands on the page");
}

/// The error that the app at `redirect` hears.
fn error_of(shown: &Shown, redirect: &str) -> String {
    let sent = shown.sent_to(redirect);
    assert_eq!(sent["iss"], ISSUER, "RFC 9207: an error says who sends it too");
    assert!(!sent.contains_key("code"));
    assert!(sent["error_description"].len() > 10, "{sent:?}");
    sent["error"].clone()
}

/// Signs in on the page that is shown and goes on to the app.
async fn signs_in(browser: &mut Browser, page: &Shown, name: &str, password: &str) -> Shown {
    browser.sign_in(page, name, password).await
}

async fn tokens_after(app: &App, shown: &Shown) -> Tokens {
    Tokens::of(app.redeem(&shown.sent_to(app.redirect)["code"]).await)
}

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
    let smuggled = browser.send(Method::POST, "/authorize", Some(format!("{query}\r\nx: y"))).await;
    is_refused_on_a_page(&smuggled, "a line break");
}

#[tokio::test]
async fn prompt_none_shows_nothing_whatever_happens() {
    let house = House::open().await;
    let mut browser = house.browser();
    let silent = [("prompt", "none")];
    assert_eq!(error_of(&browser.get(&house.web().request(&silent)).await, WEB), "login_required");
    house.web().code(&mut browser, &[]).await;
    assert!(browser.get(&house.web().request(&silent)).await.sent_to(WEB).contains_key("code"));
    let shown = browser.get(&house.spa().request(&silent)).await;
    assert_eq!(error_of(&shown, house.spa().redirect), "consent_required");
    house.forward(Duration::from_secs(61));
    let old = browser.get(&house.web().request(&[("prompt", "none"), ("max_age", "60")])).await;
    assert_eq!(error_of(&old, WEB), "login_required");
}

#[tokio::test]
async fn prompt_login_asks_once_even_within_the_same_second() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    for more in [("prompt", "login"), ("max_age", "0")] {
        let page = browser.get(&house.web().request(&[more])).await;
        assert!(page.is_page("login-page"), "{more:?}: {page:?}");
        assert!(page.body.contains(r#"value="alice""#), "who is known need not type their name: {more:?}");
        let shown = signs_in(&mut browser, &page, "alice", "wonderland").await;
        assert!(shown.sent_to(WEB).contains_key("code"), "{more:?}");
    }
    // An app that wants consent as well: the sign-in counts while the person reads that page, however long.
    let page = browser.get(&house.spa().request(&[("prompt", "login"), ("max_age", "1")])).await;
    let page = signs_in(&mut browser, &page, "alice", "wonderland").await;
    house.forward(Duration::from_secs(600));
    let shown = browser.consent(&page, "allow").await;
    assert!(shown.sent_to(house.spa().redirect).contains_key("code"));
}

#[tokio::test]
async fn a_sign_in_for_one_request_does_not_count_for_another() {
    let house = House::open().await;
    let mut browser = house.browser();
    let first = browser.get(&house.web().request(&[("prompt", "login")])).await;
    let second = browser.get(&house.web().request(&[("prompt", "login"), ("state", "2")])).await;
    signs_in(&mut browser, &first, "alice", "wonderland").await.sent_to(WEB);
    // The other tab, looked at again, still wants its own.
    let shown = browser.get(&format!("/sign-in?request={}", second.sealed())).await;
    assert!(shown.is_page("login-page"), "{shown:?}");
}

#[tokio::test]
async fn a_tab_that_waited_goes_on_when_the_person_signed_in_elsewhere() {
    let house = House::open().await;
    let mut browser = house.browser();
    let waiting = browser.get(&house.web().request(&[("state", "waiting")])).await;
    house.web().code(&mut browser, &[]).await;
    let shown = browser.get(&format!("/sign-in?request={}", waiting.sealed())).await;
    assert_eq!(shown.sent_to(WEB)["state"], "waiting");
    assert!(shown.sent_to(WEB).contains_key("code"));
    assert_eq!(house.passwords_tried(), 1);
}

#[tokio::test]
async fn max_age_asks_again_only_when_the_sign_in_is_older() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    house.forward(Duration::from_secs(60));
    let young = browser.get(&house.web().request(&[("max_age", "60")])).await;
    assert!(young.sent_to(WEB).contains_key("code"));
    let old = browser.get(&house.web().request(&[("max_age", "59")])).await;
    assert!(old.is_page("login-page"), "{old:?}");
}

#[tokio::test]
async fn an_apps_default_max_age_counts_when_its_request_says_nothing() {
    let config = CONFIG.replace("id = \"web\"", "id = \"web\"\ndefault_max_age = \"1min\"");
    let house = House::of(&config).await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    house.forward(Duration::from_secs(61));
    assert!(browser.get(&house.web().request(&[])).await.is_page("login-page"));
    let said = browser.get(&house.web().request(&[("max_age", "3600")])).await;
    assert!(said.sent_to(WEB).contains_key("code"));
}

#[tokio::test]
async fn select_account_lets_another_person_sign_in() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let page = browser.get(&house.web().request(&[("prompt", "select_account")])).await;
    assert!(!page.body.contains("alice"), "{page:?}");
    let shown = signs_in(&mut browser, &page, "bob", "builder").await;
    let bob = tokens_after(&house.web(), &shown).await;
    assert_ne!(bob.id_claims()["sub"], alice.id_claims()["sub"]);
}

#[tokio::test]
async fn login_hint_fills_the_user_name_in_and_is_text_only() {
    let house = House::open().await;
    let hint = r#""><script>alert(1)</script>"#;
    let page = house.browser().get(&house.web().request(&[("login_hint", hint)])).await;
    assert!(page.is_page("login-page") && !page.body.contains("<script"), "{page:?}");
    let page = house.browser().get(&house.web().request(&[("login_hint", "bob")])).await;
    assert!(page.body.contains(r#"value="bob""#), "{page:?}");
}

#[tokio::test]
async fn a_hint_of_the_person_who_is_signed_in_needs_no_page() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let sub = alice.id_claims()["sub"].as_str().unwrap().to_owned();
    let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    // An ID token of long ago is as good (OpenID Connect Core §3.1.2.1).
    house.forward(Duration::from_secs(3600));
    for more in [("id_token_hint", alice.id()), ("claims", claims.as_str())] {
        let shown = browser.get(&house.web().request(&[more, ("prompt", "none")])).await;
        assert!(shown.sent_to(WEB).contains_key("code"), "{more:?}: {shown:?}");
    }
}

#[tokio::test]
async fn a_hint_of_somebody_else_asks_for_them_and_takes_nobody_else() {
    let house = House::open().await;
    let alice = house.web().tokens(&mut house.browser(), &[]).await;
    let sub = alice.id_claims()["sub"].as_str().unwrap().to_owned();
    let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    for more in [("id_token_hint", alice.id()), ("claims", claims.as_str())] {
        let mut browser = house.browser();
        let page = browser.get(&house.web().request(&[])).await;
        signs_in(&mut browser, &page, "bob", "builder").await.sent_to(WEB);
        let silent = browser.get(&house.web().request(&[more, ("prompt", "none")])).await;
        assert_eq!(error_of(&silent, WEB), "login_required");
        let page = browser.get(&house.web().request(&[more])).await;
        let shown = signs_in(&mut browser, &page, "bob", "builder").await;
        assert_eq!(error_of(&shown, WEB), "login_required", "bob is not alice");
        let page = browser.get(&house.web().request(&[more])).await;
        let shown = signs_in(&mut browser, &page, "alice", "wonderland").await;
        assert_eq!(tokens_after(&house.web(), &shown).await.id_claims()["sub"], sub.as_str());
    }
}

#[tokio::test]
async fn a_hint_must_be_an_id_token_for_this_very_app() {
    let house = House::open().await;
    let mut browser = house.browser();
    let web = house.web().tokens(&mut browser, &[]).await;
    let spa = house.spa().tokens(&mut browser, &[]).await;
    let (head, tail) = web.id().rsplit_once('.').unwrap();
    let forged = format!("{head}.{}{tail}", "AA");
    for hint in [spa.id(), web.access(), &forged] {
        let shown = browser.get(&house.web().request(&[("id_token_hint", hint)])).await;
        assert_eq!(error_of(&shown, WEB), "invalid_request");
    }
}

#[tokio::test]
async fn an_app_that_joins_on_user_names_hints_by_user_name() {
    let house = House::open().await;
    let mut browser = house.browser();
    let old = house.old();
    let bare = [("code_challenge", ""), ("code_challenge_method", "")];
    old.code(&mut browser, &bare).await;
    let asks = |name: &str| {
        let claims = format!(r#"{{"id_token":{{"sub":{{"value":"{name}"}}}}}}"#);
        old.request(&[bare[0], bare[1], ("prompt", "none"), ("claims", &claims)])
    };
    assert!(browser.get(&asks("alice")).await.sent_to(old.redirect).contains_key("code"));
    assert_eq!(error_of(&browser.get(&asks("bob")).await, old.redirect), "login_required");
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
async fn a_waiting_request_opens_in_its_own_browser_only_and_not_when_changed() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    let sealed = page.sealed();
    let mut stranger = house.browser();
    stranger.get(&house.web().request(&[])).await;
    let mut changed = sealed.clone().into_bytes();
    let middle = changed.len() / 2;
    changed[middle] = if changed[middle] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    for (who, request) in [
        (&mut stranger, sealed.as_str()),
        (&mut house.browser(), &sealed),
        (&mut browser.clone(), &changed),
        (&mut browser.clone(), "evil"),
        (&mut browser.clone(), ""),
    ] {
        for path in ["/sign-in", "/consent"] {
            is_refused_on_a_page(&who.get(&format!("{path}?request={request}")).await, path);
            let fields = [
                ("request", request),
                ("username", "alice"),
                ("password", "wonderland"),
                ("decision", "allow"),
            ];
            is_refused_on_a_page(&who.post(path, &fields).await, path);
        }
        assert!(!who.cookies.contains_key("passerelle"));
    }
    assert_eq!(house.passwords_tried(), 0, "the old system hears of none of them");
    signs_in(&mut browser, &page, "alice", "wonderland").await.sent_to(WEB);
}

#[tokio::test]
async fn a_request_waits_half_an_hour_however_often_its_page_is_shown() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    house.forward(Duration::from_secs(29 * 60));
    let again = signs_in(&mut browser, &page, "alice", "wrong").await;
    house.forward(Duration::from_secs(60));
    house.old_system().journal.clear();
    let late = signs_in(&mut browser, &again, "alice", "wonderland").await;
    is_refused_on_a_page(&late, "too late");
    assert_eq!(house.passwords_tried(), 0);
}

#[tokio::test]
async fn a_form_of_another_kind_is_no_waiting_request() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    let sign_out = browser.get("/end-session").await;
    assert!(sign_out.is_page("logout-page"), "{sign_out:?}");
    let shown = browser.get(&format!("/sign-in?request={}", sign_out.sealed())).await;
    is_refused_on_a_page(&shown, "a sign-out form");
    let nonsense = browser.get("/sign-in?request=nonsense").await;
    let title = |shown: &Shown| shown.body.split("<title>").nth(1).map(|rest| rest[..20].to_owned());
    assert_eq!(title(&shown), title(&nonsense), "it does not even open");
}

#[tokio::test]
async fn a_client_that_was_changed_meanwhile_is_checked_anew() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    // The same master key, so the sealed request opens there.
    let moved = House::of(&CONFIG.replace(WEB, "https://web.example/moved")).await;
    let narrowed =
        House::of(&CONFIG.replace("\"openid\", \"profile\", \"email\", \"address\"", "\"openid\"")).await;
    let elsewhere = |house: &House| house.browser().with_cookies_of(&browser);
    let shown = signs_in(&mut elsewhere(&moved), &page, "alice", "wonderland").await;
    is_refused_on_a_page(&shown, "its redirect is gone");
    let mut visitor = elsewhere(&narrowed);
    let shown = visitor.get(&format!("/sign-in?request={}", page.sealed())).await;
    assert_eq!(error_of(&shown, WEB), "invalid_scope");
    assert!(!visitor.cookies.contains_key("passerelle"));
    assert_eq!(moved.passwords_tried() + narrowed.passwords_tried(), 0, "no password is tried in vain");
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
