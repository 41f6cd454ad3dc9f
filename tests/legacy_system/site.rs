//! The web site: login with a return URL, logout by GET, and the single-sign-on page.

use reqwest::Response;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use rstest::rstest;

use super::Town;
use crate::legacy_system::Settings;

const LOGIN: &str = "/AsiCommon/Controls/Shared/FormsAuthentication/Login.aspx";
const LOGOUT: &str = "/AsiCommon/Controls/Shared/FormsAuthentication/logout.aspx";
const BRIDGE: &str = "http://localhost:8080/legacy/sso?from=guild&v=1";

async fn town_with_bridge() -> Town {
    Town::open_with(Settings { sso_redirect: Some(BRIDGE.into()), ..Settings::default() }).await
}

async fn login(town: &Town, login: &str, password: &str, return_url: &str) -> Response {
    let fields = [("username", login), ("password", password), ("ReturnUrl", return_url)];
    town.http.post(town.url(LOGIN)).form(&fields).send().await.unwrap()
}

fn cookie(response: &Response) -> String {
    response.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status(), 302);
    response.headers()[LOCATION].to_str().unwrap()
}

/// What stands in the attribute that follows `before`.
fn attribute<'a>(html: &'a str, before: &str) -> &'a str {
    let (_, rest) = html.split_once(before).unwrap_or_else(|| panic!("no {before} in {html}"));
    rest.split_once('"').unwrap().0
}

async fn page(town: &Town, path: &str, cookie: &str) -> String {
    let response = town.get(path).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_visitor_signs_in_sees_the_members_page_and_signs_out() {
    let town = Town::open().await;
    let stranger = town.get("/members").send().await.unwrap();
    assert_eq!(location(&stranger), format!("{LOGIN}?ReturnUrl=%2Fmembers"));
    let signed_in = login(&town, "bob", "builder", "/members").await;
    assert_eq!(location(&signed_in), "/members");
    let bob = cookie(&signed_in);
    let members = page(&town, "/members", &format!("other=1; {bob}")).await;
    assert!(members.contains(r#"<b id="member">Böb</b>"#));
    assert!(members.contains("Brücken &amp; Söhne &lt;GmbH&gt;"), "escaped");
    assert!(members.contains("bob@example.org") && !members.contains("boeb@heim.example"));

    let signed_out = town.get(LOGOUT).header(COOKIE, &bob).send().await.unwrap();
    assert_eq!(signed_out.status(), 200);
    assert!(signed_out.headers()[SET_COOKIE].to_str().unwrap().ends_with("Max-Age=0"));
    let after = town.get("/members").header(COOKIE, &bob).send().await.unwrap();
    assert_eq!(after.status(), 302, "the session has ended, not only the cookie");
}

#[tokio::test]
async fn the_members_page_links_to_what_the_office_wants_and_escapes_it() {
    let town = Town::open().await;
    let alice = cookie(&login(&town, "alice", "wonderland", "/members").await);
    assert!(!page(&town, "/members", &alice).await.contains("id=\"apps\""), "no links, no list");
    town.system().console.change(|settings| {
        settings.links = vec![
            ("Events & <more>".into(), "http://localhost:3000/start?iss=a&login_hint=\"alice\"".into()),
            ("Library".into(), "/library".into()),
        ];
    });
    let members = page(&town, "/members", &alice).await;
    let list = "<ul id=\"apps\">\n\
                <li><a href=\"http://localhost:3000/start?iss=a&amp;login_hint=&quot;alice&quot;\">Events &amp; &lt;more&gt;</a></li>\n\
                <li><a href=\"/library\">Library</a></li>\n</ul>";
    assert!(members.contains(list), "{members}");
}

#[tokio::test]
async fn a_refused_login_says_why_and_repeats_the_input_escaped() {
    let town = Town::open().await;
    let refused = login(&town, "carol", "letmein-please", "/sso").await;
    assert!(refused.headers().get(SET_COOKIE).is_none());
    assert!(refused.text().await.unwrap().contains("has been locked"));
    let hostile = login(&town, r#""><script>"#, "x", r#"/"'>"#).await.text().await.unwrap();
    assert_eq!(attribute(&hostile, r#"name="username" value=""#), "&quot;&gt;&lt;script&gt;");
    assert_eq!(attribute(&hostile, r#"name="ReturnUrl" value=""#), "/&quot;&#39;&gt;");
}

#[rstest]
#[case("/sso?x=1", "/sso?x=1")]
#[case("", "/members")]
#[case("https://evil.example/", "/members")]
#[case("//evil.example/", "/members")]
#[case("/\\evil.example/", "/members")]
#[case("/\t/evil.example/", "/members")]
#[case("/\r\nSet-Cookie: a=b", "/members")]
#[case("javascript:alert(1)", "/members")]
#[tokio::test]
async fn a_login_returns_to_this_site_only(#[case] return_url: &str, #[case] target: &str) {
    let town = Town::open().await;
    assert_eq!(location(&login(&town, "alice", "wonderland", return_url).await), target);
}

#[rstest]
#[case("/members", Some("/members"))]
#[case("http://localhost:8080/signed-out", Some("http://localhost:8080/signed-out"))]
#[case("http://localhost:8081/", None)]
#[case("https://evil.example/", None)]
#[case("http://localhost:8080@evil.example/", None)]
#[case("javascript:alert(1)", None)]
#[tokio::test]
async fn a_logout_returns_to_this_site_or_to_the_bridge(
    #[case] return_url: &str,
    #[case] target: Option<&str>,
) {
    let town = town_with_bridge().await;
    let response = town.get(LOGOUT).query(&[("returnurl", return_url)]).send().await.unwrap();
    assert_eq!(response.headers().get(LOCATION).map(|value| value.to_str().unwrap()), target);
}

#[rstest]
#[case::none(None, "https://bridge.example/signed-out")]
#[case::an_own_page(Some("/members"), "/members")]
#[case::a_foreign_site(Some("https://evil.example/"), "https://bridge.example/signed-out")]
#[tokio::test]
async fn a_logout_without_an_acceptable_return_url_leads_where_the_administrator_says(
    #[case] return_url: Option<&str>,
    #[case] target: &str,
    #[values("/logout", LOGOUT)] path: &str,
) {
    let sign_out_redirect = Some("https://bridge.example/signed-out".into());
    let town = Town::open_with(Settings { sign_out_redirect, ..Settings::default() }).await;
    let alice = cookie(&login(&town, "alice", "wonderland", "").await);
    let query: Vec<_> = return_url.map(|url| ("returnurl", url)).into_iter().collect();
    let signed_out = town.get(path).query(&query).header(COOKIE, &alice).send().await.unwrap();
    assert_eq!(location(&signed_out), target);
    assert!(signed_out.headers()[SET_COOKIE].to_str().unwrap().ends_with("Max-Age=0"));
    let after = town.get("/members").header(COOKIE, &alice).send().await.unwrap();
    assert_eq!(after.status(), 302, "the session had ended before the browser was sent away");
}

#[tokio::test]
async fn the_sso_page_posts_a_fresh_refresh_token_and_nothing_else_to_the_bridge() {
    let town = town_with_bridge().await;
    let stranger = town.get("/sso").send().await.unwrap();
    assert_eq!(location(&stranger), format!("{LOGIN}?ReturnUrl=%2Fsso"));
    let alice = cookie(&login(&town, "alice", "wonderland", "/sso").await);
    let html = page(&town, "/sso", &alice).await;
    assert_eq!(attribute(&html, r#"method="post" action=""#), BRIDGE.replace('&', "&amp;"));
    assert_eq!(html.matches(" name=\"").count(), 1, "one field, and a button without a name");
    assert!(html.contains("<noscript><input type=\"submit\""));
    assert!(html.contains(".submit()"));
    let first = attribute(&html, r#"name="refresh_token" value=""#).to_owned();
    assert_eq!((first.len(), first.bytes().all(|byte| byte.is_ascii_hexdigit())), (32, true));

    let second = page(&town, "/sso", &alice).await;
    let second = attribute(&second, r#"name="refresh_token" value=""#);
    assert_eq!(town.refresh(&first).await.status, 400, "one live token for each user and client");
    assert_eq!(town.refresh(second).await.text("userName"), "alice");
}

#[tokio::test]
async fn a_disabled_user_and_a_system_without_a_bridge_get_no_sso_page() {
    let town = town_with_bridge().await;
    let alice = cookie(&login(&town, "alice", "wonderland", "").await);
    town.system().console.change(|settings| settings.sso_redirect = None);
    let unconfigured = town.get("/sso").header(COOKIE, &alice).send().await.unwrap();
    assert_eq!(unconfigured.status(), 404);
    town.system().people.disable("alice").unwrap();
    assert_eq!(town.get("/sso").header(COOKIE, &alice).send().await.unwrap().status(), 302);
}
