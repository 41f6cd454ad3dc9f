//! A token that a site hands over in the query: it leaves the address bar with the first answer whatever becomes of it, and no log has it.

use axum::http::Method;

use crate::legacy_system::{Door, Fault};
use crate::support::browser::{Browser, Shown};
use crate::support::house::House;
use crate::support::listening::Listening;
use crate::support::members::is_signed_in;

const WEB: &str = "https://web.example/callback";

async fn house() -> House {
    House::of_site("legacy_site", "handover = \"query\"\nfield = \"ticket\"").await
}

async fn waiting(house: &House) -> Browser {
    let mut browser = house.browser();
    browser.get(&house.web().request(&[])).await;
    browser
}

/// Opens the link that holds `token`; only the first answer.
async fn brings(browser: &mut Browser, headers: &[(&'static str, &str)], token: &str) -> Shown {
    browser.send_with(headers, Method::GET, &format!("/handover?ticket={token}&state="), None).await
}

#[tokio::test]
async fn a_refusal_is_told_where_the_token_is_not() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let site = format!("{}/sso", house.legacy.base_url);
    let token = house.handed_to_alice().await;
    let listening = Listening::begin();
    for (refusals, (referer, given, fault, status, words)) in (1..).zip([
        (site.as_str(), "made-up", Fault::None, 403, "is not valid any more"),
        ("https://evil.example/", token.as_str(), Fault::None, 403, "You were not signed in"),
        (site.as_str(), token.as_str(), Fault::Html503, 503, "Not available right now"),
    ]) {
        house.old_system().faults.set(Door::Token, fault);
        let first = brings(&mut browser, &[("referer", referer)], given).await;
        let location = first.location().unwrap_or_else(|| panic!("the token stays: {first:?}"));
        assert!(first.status == 303 && location.starts_with("/handover/resume?refused="), "{first:?}");
        assert!(!location.contains(given) && !first.body.contains(given), "{first:?}");
        assert_eq!(first.header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(first.header("referrer-policy").as_deref(), Some("no-referrer"));
        let told = browser.send(Method::GET, &location, None).await;
        assert!(told.status == status && told.is_page("error-page"), "{told:?}");
        assert!(told.body.contains(words), "{words}: {}", told.body);
        // One line in the log, under the reference that the person can read out.
        let (_, after) = told.body.split_once("<code>").unwrap();
        let reference = after.split('<').next().unwrap();
        let log = listening.heard();
        assert_eq!(log.matches(&format!("reference={reference}")).count(), 1, "{log}");
        assert_eq!(log.matches("reference=").count(), refusals, "{log}");
    }
    // It was never taken, and counts.
    house.old_system().faults.set(Door::Token, Fault::None);
    brings(&mut browser, &[("referer", &site)], &token).await;
    browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
}

#[tokio::test]
async fn whoever_brings_too_many_is_told_when_to_come_again() {
    let more = "handover = \"query\"\nfield = \"ticket\"\n[sign_in.per_address]\nfailures = 1";
    let house = House::of_site("legacy_site", more).await;
    let mut browser = house.browser();
    let site = format!("{}/sso", house.legacy.base_url);
    brings(&mut browser, &[("referer", &site)], "made-up").await;
    let first = brings(&mut browser, &[("referer", &site)], "made-up").await;
    let told = browser.get(&first.location().unwrap()).await;
    assert_eq!(told.status, 429, "{told:?}");
    let seconds: u64 = told.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=900).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn nobody_makes_the_house_say_something_by_a_link() {
    let house = house().await;
    let listening = Listening::begin();
    for link in ["nonsense", "%3Cscript%3Ealert(1)%3C/script%3E", "../../account", "handover_gone", ""] {
        let told = house.browser().get(&format!("/handover/resume?refused={link}")).await;
        assert!(told.status == 400 && told.is_page("error-page"), "{told:?}");
        assert!(!told.body.contains("nonsense") && !told.body.contains("<script"), "{told:?}");
    }
    assert!(!listening.heard().contains("ERROR"), "{}", listening.heard());
}

#[tokio::test]
async fn a_picture_or_a_frame_hands_nothing_over() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    let site = format!("{}/sso", house.legacy.base_url);
    for destination in ["image", "iframe", "script", "empty", "embed"] {
        for headers in [vec![], vec![("referer", site.as_str())]] {
            let headers = [headers, vec![("sec-fetch-dest", destination)]].concat();
            let shown = brings(&mut browser, &headers, &token).await;
            assert!(!browser.cookies.contains_key("passerelle_handover"), "{destination}: {shown:?}");
        }
    }
    assert_eq!(house.old_system().journal.refreshes(), 0);
    brings(&mut browser, &[("referer", &site), ("sec-fetch-dest", "document")], &token).await;
    browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
}

#[tokio::test]
async fn a_cookie_without_a_token_is_none() {
    let house = House::of_site("legacy_site", "handover = \"cookie\"\nfield = \"ticket\"").await;
    let mut browser = waiting(&house).await;
    browser.cookies.insert("ticket".to_owned(), String::new());
    let referer = format!("{}/sso", house.legacy.base_url);
    let shown = browser.send_with(&[("referer", &referer)], Method::GET, "/handover", None).await;
    assert!(shown.status == 400 && shown.is_page("error-page"), "{shown:?}");
    assert_eq!(house.old_system().journal.refreshes(), 0);
}

#[tokio::test]
async fn no_log_has_the_token_or_the_handle() {
    let listening = Listening::begin();
    let mut secrets = Vec::new();
    for way in ["query", "form"] {
        let house =
            House::of_site("legacy_site", &format!("handover = \"{way}\"\nfield = \"refresh_token\"")).await;
        let site = format!("{}/sso", house.legacy.base_url);
        let mut browser = waiting(&house).await;
        let mut tokens = vec![house.handed_to_alice().await];
        // One that is good, and two that are not: spent, and made up.
        tokens.extend([tokens[0].clone(), "7d6c5b4a39281706f5e4d3c2b1a09f8e".to_owned()]);
        for token in tokens {
            let shown = match way {
                "form" => house.posts(&mut browser, &token).await,
                _ => {
                    let path = format!("/handover?refresh_token={token}");
                    browser.send_with(&[("referer", &site)], Method::GET, &path, None).await
                }
            };
            secrets.push(token);
            if shown.location().as_deref() == Some("/handover/resume") {
                secrets.extend(
                    [&browser.cookies["passerelle_handover"], &browser.cookies["passerelle_pending"]]
                        .map(Clone::clone),
                );
                browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
                secrets.push(browser.cookies["passerelle"].clone());
            }
        }
        assert!(is_signed_in(&browser).await);
    }
    let log = listening.heard();
    assert!(
        log.contains("the legacy site hands somebody over") && log.contains("refused"),
        "nothing was logged: {log}"
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} stands in the log");
    }
}
