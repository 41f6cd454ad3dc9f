//! What a hand-over is bound to: its one use, its time, its browser and its request.

use super::*;

#[tokio::test]
async fn a_handle_counts_once() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    house.posts(&mut browser, &token).await;
    let mut again = browser.clone();
    browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
    refused(&again.send(Method::GET, "/handover/resume", None).await, 400);
    assert!(!is_signed_in(&again).await);
}

#[tokio::test]
async fn a_token_counts_once() {
    let house = house().await;
    let token = house.handed_to_alice().await;
    house.hands_over(&mut waiting(&house).await, &token).await.sent_to(WEB);
    let mut thief = waiting(&house).await;
    refused(&house.posts(&mut thief, &token).await, 403);
    assert!(!thief.cookies.contains_key("passerelle_handover") && !is_signed_in(&thief).await);
    refused(&house.posts(&mut thief, "made-up").await, 403);
    refused(&house.posts(&mut thief, "").await, 400);
}

#[tokio::test]
async fn a_handle_waits_for_five_minutes() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    house.posts(&mut browser, &token).await;
    house.forward(Duration::from_mins(5));
    refused(&browser.send(Method::GET, "/handover/resume", None).await, 400);
    assert!(!is_signed_in(&browser).await);
}

#[tokio::test]
async fn the_request_that_waits_in_another_browser_is_none() {
    let house = house().await;
    let attacker = waiting(&house).await;
    let mut victim = house.browser();
    victim.get("/healthz").await;
    victim.cookies.insert("passerelle_pending".to_owned(), attacker.cookies["passerelle_pending"].clone());
    let token = house.handed_to_alice().await;
    assert!(house.hands_over(&mut victim, &token).await.is_page("handover-page"));
    assert!(!is_signed_in(&victim).await);
}

const STATE: &str = "sign_in_url = \"{base_url}/sso?returnurl={/return_url}\"";

fn state_of(away: &Shown) -> String {
    let (_, state) =
        away.location().unwrap().split_once("state%3D").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    state.split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn state_of_the_return_url_binds_a_hand_over_to_its_request() {
    let house = House::of_site("legacy_site", STATE).await;
    let (mut browser, mut other) = (house.browser(), house.browser());
    let state = state_of(&browser.get(&house.web().request(&[])).await);
    let foreign = state_of(&other.get(&house.web().request(&[])).await);
    let origin = house.legacy.base_url.clone();
    for (state, accepted) in [(&foreign, false), (&state, true)] {
        let body = format!("refresh_token={}", house.handed_to_alice().await);
        browser.posts_from_elsewhere(&[("origin", &origin)], &format!("/handover?state={state}"), body).await;
        let shown = browser.clone().send(Method::GET, "/handover/resume", None).await;
        if accepted {
            assert!(shown.sent_to(WEB).contains_key("code"));
        } else {
            refused(&shown, 403);
        }
    }
}
