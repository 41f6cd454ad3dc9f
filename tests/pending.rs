//! A request that waits on a page: whose it is, how long it waits, and what it is worth elsewhere.

use std::time::Duration;

use crate::support::answers::{error_of, is_refused_on_a_page};
use crate::support::browser::Shown;
use crate::support::house::{CONFIG, House};

const WEB: &str = "https://web.example/callback";

#[tokio::test]
async fn a_sign_in_for_one_request_does_not_count_for_another() {
    let house = House::open().await;
    let mut browser = house.browser();
    let first = browser.get(&house.web().request(&[("prompt", "login")])).await;
    let second = browser.get(&house.web().request(&[("prompt", "login"), ("state", "2")])).await;
    browser.sign_in(&first, "alice", "wonderland").await.sent_to(WEB);
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
    browser.sign_in(&page, "alice", "wonderland").await.sent_to(WEB);
}

#[tokio::test]
async fn a_request_waits_half_an_hour_however_often_its_page_is_shown() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    house.forward(Duration::from_secs(29 * 60));
    let again = browser.sign_in(&page, "alice", "wrong").await;
    house.forward(Duration::from_secs(60));
    house.old_system().journal.clear();
    let late = browser.sign_in(&again, "alice", "wonderland").await;
    is_refused_on_a_page(&late, "too late");
    // Whoever was too late is shown where to begin again.
    assert!(late.body.contains(r#"href="https://web.example/">Back to Web</a>"#), "{late:?}");
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
    let shown = elsewhere(&moved).sign_in(&page, "alice", "wonderland").await;
    is_refused_on_a_page(&shown, "its redirect is gone");
    let mut visitor = elsewhere(&narrowed);
    let shown = visitor.get(&format!("/sign-in?request={}", page.sealed())).await;
    assert_eq!(error_of(&shown, WEB), "invalid_scope");
    assert!(!visitor.cookies.contains_key("passerelle"));
    assert_eq!(moved.passwords_tried() + narrowed.passwords_tried(), 0, "no password is tried in vain");
}
