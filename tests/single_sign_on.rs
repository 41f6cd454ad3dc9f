//! One sign-on and one sign-out between the old system's own site and both apps, in a real browser with a tab for each.

use fantoccini::wd::WindowHandle;

use crate::demo::ports::Ports;
use crate::demo::town::{CONFIG, Town};
use crate::support::chromium::Chromium;

/// A browser in which a person works, with the whole town behind it.
struct Desk {
    town: Town,
    browser: Chromium,
    _data: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let town = Town::start(CONFIG, Ports::FREE, data.path()).await.unwrap();
        Self { town, browser: Chromium::open().await, _data: data }
    }

    async fn new_tab(&self) -> WindowHandle {
        let tab = self.browser.window.new_window(true).await.unwrap().handle;
        self.browser.window.switch_to_window(tab.clone()).await.unwrap();
        tab
    }

    async fn turns_to(&self, tab: &WindowHandle) {
        self.browser.window.switch_to_window(tab.clone()).await.unwrap();
    }

    async fn signs_in_at_the_old_site(&self) {
        let Self { browser, town, .. } = self;
        browser.goes_to(&format!("{}/members", town.legacy.base_url)).await;
        browser.sees("#aspnetForm input[name=username]").await.send_keys("alice").await.unwrap();
        browser.sees("#aspnetForm input[name=password]").await.send_keys("wonderland").await.unwrap();
        browser.clicks("#aspnetForm input[type=submit]").await;
        browser.reads("#member", "Alice").await;
    }

    /// Alice, signed in at the old site, goes on to both apps by its links. The tabs of the site, the web app and the JavaScript app.
    async fn alice_is_everywhere(&self) -> [WindowHandle; 3] {
        let Self { browser, town, .. } = self;
        let site = browser.window.window().await.unwrap();
        self.signs_in_at_the_old_site().await;
        let web_app = self.new_tab().await;
        browser.goes_to(&format!("{}/launch/web", town.bridge_url)).await;
        browser.reads("#claims [data-claim=email]", "alice@example.org").await;
        let spa = self.new_tab().await;
        browser.goes_to(&format!("{}/launch/javascript", town.bridge_url)).await;
        browser.clicks("form#consent button[value=allow]").await;
        browser.reads("#claims [data-claim=email]", "alice@example.org").await;
        [site, web_app, spa]
    }

    async fn nobody_is_signed_in_at_the_old_site(&self, tab: &WindowHandle) {
        self.turns_to(tab).await;
        self.browser.goes_to(&format!("{}/members", self.town.legacy.base_url)).await;
        self.browser.sees("#aspnetForm").await;
    }

    async fn the_web_app_has_heard(&self, tab: &WindowHandle) {
        self.turns_to(tab).await;
        self.browser.goes_to(&self.town.web_app.base_url).await;
        self.browser.reads("#ended-elsewhere", "You were signed out elsewhere.").await;
    }

    async fn the_javascript_app_has_noticed(&self, tab: &WindowHandle) {
        self.turns_to(tab).await;
        self.browser.reads("#ended-elsewhere", "You were signed out elsewhere.").await;
    }

    /// For the eye, and for the README.
    async fn picture(&self, name: &str) {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
        self.browser.screenshot(&folder.join(format!("{name}.png"))).await;
    }

    async fn closes(self) {
        drop(self.browser);
        self.town.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_in_at_the_old_site_is_asked_for_no_password_anywhere() {
    let desk = Desk::open().await;
    desk.alice_is_everywhere().await;
    desk.browser.goes_to(&format!("{}/account", desk.town.bridge_url)).await;
    desk.browser.sees("#account-page").await;
    desk.picture("account").await;
    let journal = &desk.town.old_system().journal;
    assert_eq!(journal.refreshes(), 1, "the site handed her over once");
    assert_eq!(journal.calls_to("/token").len(), 1, "and no password came through the bridge");
    desk.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_at_the_web_app_is_one_everywhere() {
    let desk = Desk::open().await;
    let [site, web_app, spa] = desk.alice_is_everywhere().await;
    desk.turns_to(&web_app).await;
    desk.browser.clicks("#sign-out").await;
    desk.browser.reads("h1", "You are not signed in").await;
    desk.the_javascript_app_has_noticed(&spa).await;
    desk.nobody_is_signed_in_at_the_old_site(&site).await;
    desk.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_at_the_javascript_app_is_one_everywhere() {
    let desk = Desk::open().await;
    let [site, web_app, spa] = desk.alice_is_everywhere().await;
    desk.turns_to(&spa).await;
    desk.browser.clicks("#sign-out").await;
    desk.browser.sees("#signed-out:not([hidden])").await;
    desk.the_web_app_has_heard(&web_app).await;
    desk.nobody_is_signed_in_at_the_old_site(&site).await;
    desk.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_at_the_old_site_is_one_everywhere() {
    let desk = Desk::open().await;
    let [site, web_app, spa] = desk.alice_is_everywhere().await;
    desk.turns_to(&site).await;
    desk.browser.goes_to(&format!("{}/members", desk.town.legacy.base_url)).await;
    desk.browser.clicks("a[href*='logout.aspx']").await;
    desk.browser.sees("#signed-out-page").await;
    desk.browser.sees("#signed-out-page #told").await;
    desk.picture("told").await;
    desk.the_web_app_has_heard(&web_app).await;
    desk.the_javascript_app_has_noticed(&spa).await;
    desk.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_app_notices_that_another_device_ended_the_session() {
    let desk = Desk::open().await;
    let [_, _, spa] = desk.alice_is_everywhere().await;
    desk.turns_to(&spa).await;
    let other = Chromium::open().await;
    other.goes_to(&format!("{}/account", desk.town.bridge_url)).await;
    other.signs_in("alice", "wonderland").await;
    other.clicks("button[name=end_others]").await;
    desk.the_javascript_app_has_noticed(&spa).await;
    desk.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hand_over_that_nobody_here_waits_for_is_a_question() {
    let desk = Desk::open().await;
    desk.signs_in_at_the_old_site().await;
    desk.picture("old-site").await;
    desk.browser.goes_to(&format!("{}/sso", desk.town.legacy.base_url)).await;
    desk.browser.reads("#handover-page h1", "Continue as alice?").await;
    desk.picture("handover").await;
    desk.browser.clicks("form#handover button[value=continue]").await;
    desk.browser.sees("#account-page").await;
    desk.closes().await;
}
