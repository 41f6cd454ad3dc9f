//! Tokens that somebody makes up: the old system hears of a few, and nobody else is kept out by them.

use std::time::Duration;

use futures_util::future::join_all;

use crate::legacy_system::{Door, Fault};
use crate::support::browser::{Browser, Shown};
use crate::support::house::{House, ISSUER};
use crate::support::members::{house_config, is_signed_in, posts};

const WEB: &str = "https://web.example/callback";

/// A house that takes three wrong tokens from an address, behind a proxy that tells addresses.
async fn house() -> House {
    let limit = "[sign_in.per_address]\nfailures = 3\n";
    let config = house_config("both", "", limit);
    let house = House::of(&config.replace("[storage]", "trusted_proxies = [\"127.0.0.1\"]\n[storage]")).await;
    house.old_system().console.change(|settings| settings.sso_redirect = Some(format!("{ISSUER}/handover")));
    house
}

/// A browser at an address that waits for a hand-over.
async fn browser_at(house: &House, address: &str) -> Browser {
    let mut browser = house.browser();
    browser.headers = vec![("x-forwarded-for", address.to_owned())];
    let page = browser.get(&house.web().request(&[])).await;
    let sealed = page.sealed();
    browser.get(&format!("/sign-in/legacy?request={sealed}")).await;
    browser
}

async fn makes_up(house: &House, browser: &mut Browser, times: usize) {
    for number in 0..times {
        let shown = house.posts(browser, &format!("{number:032x}")).await;
        assert_eq!(shown.status, 403, "{shown:?}");
    }
}

fn is_held_off(shown: &Shown) {
    assert!(shown.status == 429 && shown.is_page("error-page"), "{shown:?}");
    assert_eq!(shown.header("retry-after").as_deref(), Some("900"));
}

#[tokio::test]
async fn made_up_tokens_are_held_off_before_the_old_system_hears_of_them() {
    let house = house().await;
    let mut browser = browser_at(&house, "203.0.113.7").await;
    makes_up(&house, &mut browser, 3).await;
    is_held_off(&house.posts(&mut browser, "made-up").await);
    let token = house.handed_to_alice().await;
    is_held_off(&house.posts(&mut browser, &token).await);
    assert_eq!(house.old_system().journal.refreshes(), 3);
    // Which is not spent by that.
    house.forward(Duration::from_mins(15));
    house.hands_over(&mut browser, &token).await.sent_to(WEB);
}

#[tokio::test]
async fn of_fifty_at_once_no_more_than_the_limit_reach_the_old_system() {
    let house = house().await;
    let browser = browser_at(&house, "203.0.113.7").await;
    let tokens: Vec<String> = (0..50).map(|number| format!("{number:032x}")).collect();
    join_all(tokens.iter().map(async |token| house.posts(&mut browser.clone(), token).await)).await;
    assert!((1..=3).contains(&house.old_system().journal.refreshes()));
}

#[tokio::test]
async fn whoever_makes_tokens_up_keeps_nobody_else_out_and_nobody_from_the_form() {
    let house = house().await;
    makes_up(&house, &mut browser_at(&house, "203.0.113.7").await, 3).await;
    let token = house.handed_to_alice().await;
    house.hands_over(&mut browser_at(&house, "203.0.113.8").await, &token).await.sent_to(WEB);
    // At the same address by the form; and wrong passwords do not count for hand-overs.
    for (address, password) in [("203.0.113.7", "wonderland"), ("203.0.113.9", "wrong")] {
        let mut browser = house.browser();
        browser.headers = vec![("x-forwarded-for", address.to_owned())];
        for _ in 0..3 {
            let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
            browser.sign_in(&page, "alice", password).await;
        }
        assert_eq!(is_signed_in(&browser).await, password == "wonderland", "{address}");
    }
    let token = house.handed_to("bob", "builder").await;
    house.hands_over(&mut browser_at(&house, "203.0.113.9").await, &token).await.sent_to(WEB);
}

#[tokio::test]
async fn what_other_pages_post_into_a_browser_does_not_count_against_its_address() {
    let house = house().await;
    let mut browser = browser_at(&house, "203.0.113.7").await;
    for origin in ["https://evil.example", "null", "https://evil.example", "null"] {
        assert_eq!(posts(&mut browser, &[("origin", origin)], "made-up").await.status, 403);
    }
    assert_eq!(house.posts(&mut browser, "").await.status, 400);
    let token = house.handed_to_alice().await;
    house.hands_over(&mut browser, &token).await.sent_to(WEB);
    assert_eq!(house.old_system().journal.refreshes(), 1);
}

#[tokio::test]
async fn an_old_system_that_does_not_answer_says_nothing_about_a_token() {
    let house = house().await;
    let mut browser = browser_at(&house, "203.0.113.7").await;
    for _ in 0..4 {
        house.old_system().faults.set(Door::Token, Fault::Html503);
        assert_eq!(house.posts(&mut browser, "0123456789abcdef").await.status, 503);
    }
    house.old_system().faults.set(Door::Token, Fault::None);
    let token = house.handed_to_alice().await;
    house.hands_over(&mut browser, &token).await.sent_to(WEB);
}

#[tokio::test]
async fn a_refusal_that_no_rule_explains_counts_and_keeps_nobody_from_the_old_system() {
    let house = house().await;
    house.old_system().faults.set(Door::Token, Fault::Html403);
    for address in ["203.0.113.7", "203.0.113.8"] {
        let mut browser = browser_at(&house, address).await;
        makes_up(&house, &mut browser, 3).await;
        is_held_off(&house.posts(&mut browser, "made-up").await);
    }
    house.old_system().faults.set(Door::Token, Fault::None);
    let mut browser = house.browser();
    browser.headers = vec![("x-forwarded-for", "203.0.113.9".to_owned())];
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    browser.sign_in(&page, "alice", "wonderland").await;
    assert!(is_signed_in(&browser).await, "the system answered all along");
}
