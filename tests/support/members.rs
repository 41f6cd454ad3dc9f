//! The old system's own site as its members see it, and the way from its single-sign-on page into the bridge.

use axum::http::Method;
use regex::Regex;

use crate::legacy_system::LegacySystem;
use crate::support::browser::{Browser, Shown, form};
use crate::support::house::{CONFIG, House, ISSUER};

/// The configuration of a house whose people sign in by `method`, with `site` in `[legacy.site]` and `more` behind it.
pub fn house_config(method: &str, site: &str, more: &str) -> String {
    let client = "timeout = \"2s\"\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"";
    let legacy = CONFIG.replace("timeout = \"2s\"", client);
    format!("{legacy}\n[sign_in]\nmethod = \"{method}\"\n[legacy.site]\n{site}\n{more}")
}

impl House {
    /// A house with the old system's site.
    pub async fn of_site(method: &str, site: &str) -> Self {
        Self::with_site(method, site, "").await
    }

    /// The same with `more` behind its configuration.
    pub async fn with_site(method: &str, site: &str, more: &str) -> Self {
        let house = Self::of(&house_config(method, site, more)).await;
        house
            .old_system()
            .console
            .change(|settings| settings.sso_redirect = Some(format!("{ISSUER}/handover")));
        house
    }

    /// The refresh token that the single-sign-on page of the site hands to this person.
    pub async fn handed_to(&self, user_name: &str, password: &str) -> String {
        handed_by(self.old_system(), user_name, password).await
    }

    /// The same for Alice.
    pub async fn handed_to_alice(&self) -> String {
        self.handed_to("alice", "wonderland").await
    }

    /// The site's page posts `token`; the answer to the post.
    pub async fn posts(&self, browser: &mut Browser, token: &str) -> Shown {
        let origin = self.legacy.base_url.clone();
        posts(browser, &[("origin", &origin)], token).await
    }

    /// The site's page posts `token`, and the browser follows into the bridge; what it sees in the end.
    pub async fn hands_over(&self, browser: &mut Browser, token: &str) -> Shown {
        let shown = self.posts(browser, token).await;
        assert_eq!(shown.location().as_deref(), Some("/handover/resume"), "{shown:?}");
        browser.send(Method::GET, "/handover/resume", None).await
    }
}

/// The refresh token that the single-sign-on page of `system` hands to this person.
pub async fn handed_by(system: &LegacySystem, user_name: &str, password: &str) -> String {
    let mut member = Browser::new(system.router());
    let fields = [("username", user_name), ("password", password), ("ReturnUrl", "/sso")];
    let page = member.post("/login", &fields).await;
    let field = Regex::new(r#"name="refresh_token" value="([^"]+)""#).unwrap();
    field.captures(&page.body).unwrap_or_else(|| panic!("not handed over: {page:?}"))[1].to_owned()
}

/// A page elsewhere posts `token` with these headers.
pub async fn posts(browser: &mut Browser, headers: &[(&'static str, &str)], token: &str) -> Shown {
    browser.posts_from_elsewhere(headers, "/handover", form(&[("refresh_token", token)])).await
}

/// Presses a button on the page that asks "Continue as …?".
pub async fn answers(browser: &mut Browser, page: &Shown, decision: &str) -> Shown {
    assert!(page.is_page("handover-page"), "not the question: {page:?}");
    let fields = form(&[("request", &page.sealed()), ("decision", decision)]);
    browser.send(Method::POST, "/handover/resume", Some(fields)).await
}

/// Whether somebody is signed in with this browser.
pub async fn is_signed_in(browser: &Browser) -> bool {
    browser.clone().send(Method::GET, "/account", None).await.is_page("account-page")
}

/// Somebody is told on a page what went wrong, and is sent nowhere.
pub fn refused(shown: &Shown, status: u16) {
    assert_eq!(shown.status, status, "{shown:?}");
    assert!(shown.is_page("error-page") && shown.location().is_none(), "{shown:?}");
}
