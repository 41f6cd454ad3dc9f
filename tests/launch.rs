//! Links at the old system's site that lead to apps: only those that are configured, and only where the configuration says.

use axum::http::Method;

use crate::support::browser::Browser;
use crate::support::house::{House, ISSUER};
use crate::support::members::refused;

const LAUNCHES: &str = r#"
[[launch]]
name = "shop"
client = "shop"
target_link_uri = "https://shop.example/basket"
[[launch]]
name = "news"
url = "https://news.example/today"
[[client]]
id = "shop"
name = "Shop"
public = true
initiate_login_uri = "https://shop.example/start?by=launch"
redirect_uris = ["https://shop.example/callback"]
"#;

#[tokio::test]
async fn a_launch_leads_where_the_configuration_says_whatever_the_link_says() {
    // Whoever is signed out comes from the old site, and is sent there where that is a way in.
    let house = House::with_site("both", "", LAUNCHES).await;
    let away = house.browser().send(Method::GET, "/launch/news?url=https://evil.example/", None).await;
    assert_eq!(away.location(), Some(format!("{}/sso", house.legacy.base_url)));
    let house = House::with_site("form", "", LAUNCHES).await;
    let mut browser = house.browser();
    let page = browser.get("/launch/news?url=https://evil.example/").await;
    assert!(page.is_page("login-page"), "whoever is signed out signs in first: {page:?}");
    let shown = browser.sign_in(&page, "alice", "wonderland").await;
    assert_eq!(shown.location().as_deref(), Some("https://news.example/today"));
    for name in ["url", "target_link_uri", "iss", "redirect", "redirect_uri", "returnurl", "login_hint"] {
        let query = format!("{name}=https://evil.example/");
        let shown = browser.send(Method::GET, &format!("/launch/news?{query}"), None).await;
        assert_eq!(shown.location().as_deref(), Some("https://news.example/today"), "{name}");
        let shown = browser.send(Method::GET, &format!("/launch/shop?{query}"), None).await;
        let sent = shown.sent_to("https://shop.example/start?by=launch&");
        assert_eq!(sent.len(), 3, "{name}: {sent:?}");
        assert_eq!(sent["iss"], ISSUER);
        assert_eq!(sent["target_link_uri"], "https://shop.example/basket");
    }
}

#[tokio::test]
async fn nothing_else_can_be_launched() {
    let house = House::with_site("both", "", LAUNCHES).await;
    let signed_in = signed_in_here(&house).await;
    for mut browser in [house.browser(), signed_in] {
        for name in ["web", "Shop", "shop%2F", "https:%2F%2Fevil.example", "%2E%2E"] {
            refused(&browser.send(Method::GET, &format!("/launch/{name}"), None).await, 404);
        }
    }
}

async fn signed_in_here(house: &House) -> Browser {
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    browser
}
