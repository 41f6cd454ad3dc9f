//! Every cookie that the bridge leaves in a browser, at its strictest: whom scripts and other sites find, and for how long.

use std::collections::BTreeMap;

use crate::support::browser::{Browser, Shown};
use crate::support::house::{House, ISSUER};
use crate::support::members::house_config;

/// A browser that notes the attributes of each cookie that it is given.
struct Noting {
    browser: Browser,
    noted: BTreeMap<String, String>,
}

impl Noting {
    fn note(&mut self, shown: &Shown) {
        for cookie in shown.headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let (value, attributes) = rest.split_once("; ").unwrap();
            if !value.is_empty() {
                let mut attributes: Vec<_> = attributes.split("; ").collect();
                attributes.sort_unstable();
                self.noted.insert(name.to_owned(), attributes.join("; "));
            }
        }
    }

    async fn gets(&mut self, path: &str) -> Shown {
        let shown = self.browser.send(axum::http::Method::GET, path, None).await;
        self.note(&shown);
        shown
    }

    async fn posts(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let form = crate::support::browser::form(fields);
        let shown = self.browser.send(axum::http::Method::POST, path, Some(form)).await;
        self.note(&shown);
        shown
    }
}

/// Somebody who signs in by the form and at the site, and signs out by way of the site.
async fn everything_is_done_once(issuer: &str) -> BTreeMap<String, String> {
    let config = house_config("both", "sign_out_there = true", "").replace(ISSUER, issuer);
    let house = House::of(&config).await;
    house.old_system().console.change(|settings| settings.sso_redirect = Some(format!("{issuer}/handover")));
    let mut alice = Noting { browser: house.browser(), noted: BTreeMap::new() };
    let page = alice.gets(&house.web().request(&[])).await.sealed();
    alice.gets(&format!("/sign-in/legacy?request={page}")).await;
    let token = house.handed_to_alice().await;
    let shown = house.posts(&mut alice.browser, &token).await;
    alice.note(&shown);
    let password = [("request", page.as_str()), ("username", "alice"), ("password", "wonderland")];
    alice.posts("/sign-in", &password).await;
    alice.gets(&house.web().request(&[])).await.sent_to("https://web.example/callback");
    let page = alice.gets("/sign-out").await.sealed();
    alice.posts("/sign-out", &[("request", &page), ("decision", "logout")]).await;
    alice.noted
}

#[tokio::test]
async fn under_https_each_belongs_to_this_host_and_to_no_script() {
    let noted = everything_is_done_once("https://login.example").await;
    let strict = "HttpOnly; Path=/; SameSite=Lax; Secure";
    let waits = |seconds: u32| format!("HttpOnly; Max-Age={seconds}; Path=/; SameSite=Lax; Secure");
    let expected = [
        ("__Host-passerelle", strict.to_owned()),
        ("__Host-passerelle_browser", strict.to_owned()),
        ("__Host-passerelle_handover", waits(300)),
        ("__Host-passerelle_leaving", waits(1800)),
        ("__Host-passerelle_pending", waits(1800)),
        // An app's frame reads it; it is good for nothing else.
        ("__Host-passerelle_state", "Path=/; SameSite=None; Secure".to_owned()),
    ];
    assert_eq!(noted, expected.map(|(name, attributes)| (name.to_owned(), attributes)).into());
}

#[tokio::test]
async fn on_loopback_only_what_needs_tls_is_missing() {
    let noted = everything_is_done_once(ISSUER).await;
    assert_eq!(noted.len(), 6);
    for (name, attributes) in noted {
        let script = name == "passerelle_state";
        assert_eq!(attributes.contains("HttpOnly"), !script, "{name}: {attributes}");
        assert!(attributes.contains("Path=/") && attributes.contains("SameSite=Lax"), "{name}: {attributes}");
    }
}
