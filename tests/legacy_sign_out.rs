//! Signing out at the old system's own site ends the session here, and signing out here can lead by that site; nobody else can do either.

use axum::http::Method;

use crate::support::app::Tokens;
use crate::support::browser::{Browser, Shown, form};
use crate::support::house::House;
use crate::support::members::{house_config, is_signed_in};

const BYE: &str = "https://web.example/bye";
const TOLD: &str = "/legacy/signed-out";

async fn signed_in(house: &House) -> Browser {
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    browser
}

async fn told(browser: &mut Browser, headers: &[(&'static str, &str)]) -> Shown {
    browser.send_with(headers, Method::GET, TOLD, None).await
}

fn page_of(house: &House) -> String {
    format!("{}/logout", house.legacy.base_url)
}

#[tokio::test]
async fn whoever_signs_out_at_the_site_is_signed_out_here() {
    let house = House::of_site("both", "").await;
    let mut browser = signed_in(&house).await;
    assert!(browser.cookies.contains_key("passerelle_state"));
    let copied = browser.clone();
    let shown = told(&mut browser, &[("referer", &page_of(&house)), ("sec-fetch-dest", "document")]).await;
    assert!(shown.is_page("signed-out-page"), "{shown:?}");
    assert!(!browser.cookies.contains_key("passerelle") && !browser.cookies.contains_key("passerelle_state"));
    assert!(!is_signed_in(&copied).await, "the session itself is over");
}

#[tokio::test]
async fn a_link_from_elsewhere_or_from_nowhere_is_a_question() {
    let house = House::of_site("both", "embedded_sign_out = true").await;
    let mut browser = signed_in(&house).await;
    let (good, evil) = (page_of(&house), page_of(&house).replace("localhost", "localhost.evil.example"));
    let rows: [&[(&'static str, &str)]; 5] = [
        &[],
        &[("referer", "https://elsewhere.example/")],
        &[("referer", &evil)],
        &[("origin", "null"), ("referer", &good)],
        &[("origin", "https://elsewhere.example"), ("referer", &good)],
    ];
    for headers in rows {
        let shown = told(&mut browser, headers).await;
        assert!(shown.is_page("logout-page"), "{headers:?}: {shown:?}");
        assert!(is_signed_in(&browser).await, "{headers:?}");
    }
}

#[tokio::test]
async fn a_picture_or_a_frame_does_nothing() {
    for (embedded, ends) in
        [("", false), ("embedded_sign_out = false", false), ("embedded_sign_out = true", true)]
    {
        let house = House::of_site("both", embedded).await;
        for destination in ["image", "iframe", "frame", "empty", "script", "embed"] {
            let mut browser = signed_in(&house).await;
            for headers in [vec![], vec![("referer", "https://elsewhere.example/")]] {
                let headers = [headers, vec![("sec-fetch-dest", destination)]].concat();
                let shown = told(&mut browser, &headers).await;
                assert_eq!((shown.status.as_u16(), shown.body.as_str()), (204, ""), "{destination}");
                assert!(is_signed_in(&browser).await, "{destination} {embedded}");
            }
            told(&mut browser, &[("referer", &page_of(&house)), ("sec-fetch-dest", destination)]).await;
            assert_eq!(is_signed_in(&browser).await, !ends, "{destination} {embedded}");
        }
    }
}

#[tokio::test]
async fn opening_a_page_changes_nothing() {
    let house = House::of_site("both", "sign_out_there = true").await;
    let mut browser = signed_in(&house).await;
    let paths = [
        "/sign-out",
        "/sign-out?decision=logout",
        "/account",
        "/account?end_others=yes",
        "/account?disconnect=web",
        "/end-session",
        "/end-session?client_id=web",
        "/end-session?client_id=web&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye",
        "/end-session?id_token_hint=made.up.token",
        "/signed-out",
    ];
    for path in paths {
        for headers in [vec![], vec![("referer", page_of(&house))]] {
            browser.headers = headers;
            browser.send(Method::GET, path, None).await;
            assert!(is_signed_in(&browser).await, "{path}");
        }
    }
}

/// A browser that has signed out by the app and is on its way to the site, and the page that sends it there.
async fn leaving(house: &House) -> (Browser, Shown) {
    let mut browser = house.browser();
    let code = house.web().code(&mut browser, &[]).await;
    let tokens = Tokens::of(house.web().redeem(&code).await);
    let query =
        form(&[("id_token_hint", tokens.id()), ("post_logout_redirect_uri", BYE), ("state", "a b&c")]);
    let page = browser.send(Method::GET, &format!("/end-session?{query}"), None).await;
    (browser, page)
}

#[tokio::test]
async fn whoever_signs_out_here_is_led_by_the_sites_sign_out_page_and_on_to_the_app() {
    let house = House::of_site("both", "sign_out_there = true").await;
    let (mut browser, page) = leaving(&house).await;
    assert!(page.is_page("passing-page") && page.location().is_none(), "{page:?}");
    let there =
        format!("{}/AsiCommon/Controls/Shared/FormsAuthentication/logout.aspx", house.legacy.base_url);
    let back = "returnurl=http%3A%2F%2Flocalhost%3A8080%2Fsigned-out";
    assert!(page.body.contains(&format!("0;url={there}?{back}")), "{page:?}");
    assert!(!is_signed_in(&browser).await, "it has ended before the browser leaves");
    let shown = browser.send(Method::GET, "/signed-out", None).await;
    assert_eq!(shown.location().as_deref(), Some("https://web.example/bye?state=a+b%26c"));
    assert!(!browser.cookies.contains_key("passerelle_leaving"));
    // Once.
    let again = browser.send(Method::GET, "/signed-out", None).await;
    assert!(again.is_page("signed-out-page") && again.location().is_none(), "{again:?}");
}

/// Nobody knows whether the site sends the browser back.
#[tokio::test]
async fn apps_in_frames_have_heard_before_the_browser_leaves_for_the_site() {
    let framed = "frontchannel_logout_uri = \"https://web.example/out\"\nredirect_uris = [\"https://web";
    let config = house_config("both", "sign_out_there = true", "");
    let house = House::of(&config.replacen("redirect_uris = [\"https://web", framed, 1)).await;
    let (_, page) = leaving(&house).await;
    assert!(page.is_page("passing-page") && page.body.contains("content=\"3;url="), "{page:?}");
    assert!(page.body.contains("<iframe class=\"unseen\" src=\"https://web.example/out?iss="), "{page:?}");
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-src https://web.example;"), "{policy}");
}

#[tokio::test]
async fn without_the_key_nobody_is_sent_there() {
    let house = House::of_site("both", "").await;
    let (browser, shown) = leaving(&house).await;
    assert_eq!(shown.location().as_deref(), Some("https://web.example/bye?state=a+b%26c"));
    assert!(!browser.cookies.contains_key("passerelle_leaving"));
}

#[tokio::test]
async fn the_page_afterwards_leads_nowhere_without_this_browsers_own_farewell() {
    let house = House::of_site("both", "sign_out_there = true").await;
    let (attacker, _) = leaving(&house).await;
    let foreign = attacker.cookies["passerelle_leaving"].clone();
    let mut victim = signed_in(&house).await;
    let other_form = victim.get("/sign-out").await.sealed();
    let forged = ["https://evil.example/", "v1.made-up", foreign.as_str(), other_form.as_str()];
    for value in forged {
        for path in [
            "/signed-out",
            "/signed-out?post_logout_redirect_uri=https://evil.example/&returnurl=https://evil.example/",
        ] {
            victim.cookies.insert("passerelle_leaving".to_owned(), value.to_owned());
            let shown = victim.send(Method::GET, path, None).await;
            assert!(shown.is_page("signed-out-page") && shown.location().is_none(), "{value}: {shown:?}");
            assert!(!shown.body.contains("evil.example") && !shown.body.contains("web.example"), "{shown:?}");
        }
    }
    assert!(is_signed_in(&victim).await);
}
