//! Signing in at the old system's own site: the way it should go, and every way in which somebody could make something else of it.

use std::time::Duration;

use axum::http::Method;

use crate::support::app::Tokens;
use crate::support::browser::{Browser, Shown};
use crate::support::house::{CONFIG, House};
use crate::support::members::{answers, is_signed_in, posts, refused};

mod binding;

const WEB: &str = "https://web.example/callback";

async fn house() -> House {
    House::of_site("legacy_site", "").await
}

/// A browser in which a request of the web app waits for a sign-in at the site.
async fn waiting(house: &House) -> Browser {
    let mut browser = house.browser();
    let shown = browser.get(&house.web().request(&[])).await;
    assert!(shown.location().unwrap().starts_with(&house.legacy.base_url), "{shown:?}");
    browser
}

/// A browser in which this person was signed in by a hand-over.
async fn signed_in(house: &House, user_name: &str, password: &str) -> Browser {
    let mut browser = waiting(house).await;
    let token = house.handed_to(user_name, password).await;
    house.hands_over(&mut browser, &token).await.sent_to(WEB);
    browser
}

#[tokio::test]
async fn whoever_signs_in_at_the_site_is_in_without_a_password_here() {
    let house = house().await;
    let mut browser = house.browser();
    let away = browser.get(&house.web().request(&[])).await;
    let site = away.location().unwrap();
    assert!(site.starts_with(&format!("{}/sso", house.legacy.base_url)), "{site}");
    assert!(browser.cookies.contains_key("passerelle_pending"));
    let token = house.handed_to_alice().await;
    let answered = house.posts(&mut browser, &token).await;
    assert_eq!((answered.status.as_u16(), answered.location().unwrap().as_str()), (303, "/handover/resume"));
    let handle = browser.cookies["passerelle_handover"].clone();
    let back = browser.send(Method::GET, "/handover/resume", None).await;
    let sent = back.sent_to(WEB);
    let addresses = [answered.location().unwrap(), back.location().unwrap()];
    assert!(addresses.iter().all(|url| !url.contains(&token) && !url.contains(&handle)), "{addresses:?}");
    assert_eq!(sent["state"], "st&te=1");
    assert_eq!(house.old_system().journal.refreshes(), 1, "a token is spent once");
    assert_eq!(browser.cookies.get("passerelle_handover"), None);
    assert_eq!(browser.cookies.get("passerelle_pending"), None);
    let tokens = Tokens::of(house.web().redeem(&sent["code"]).await);
    let id = tokens.id_claims();
    assert!(id["amr"].as_array().is_none_or(Vec::is_empty), "how she showed who she is, nobody said: {id}");
    let known = house.web().userinfo(tokens.access()).await.json();
    assert_eq!(known["email"], "alice@example.org");
    // A second app wants nothing of her, and nothing of the site.
    assert!(
        browser
            .get(&house.old().request(&[]))
            .await
            .sent_to("https://old.example/callback")
            .contains_key("code")
    );
    assert_eq!(house.old_system().journal.refreshes(), 1);
}

#[tokio::test]
async fn what_the_hand_over_gave_is_kept_and_used_to_ask_after_the_person() {
    let house = house().await;
    let mut browser = signed_in(&house, "alice", "wonderland").await;
    // The access token is over; only the refresh token that came with it can ask.
    house.forward(Duration::from_mins(25));
    let shown = browser.get(&house.web().request(&[])).await;
    assert!(shown.sent_to(WEB).contains_key("code"));
    assert_eq!(house.old_system().journal.refreshes(), 2);
}

#[tokio::test]
async fn who_it_is_comes_from_the_answer_and_from_nothing_else() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    house.old_system().swap_next_refresh("bob").unwrap();
    let sent = house.hands_over(&mut browser, &token).await.sent_to(WEB);
    let tokens = Tokens::of(house.web().redeem(&sent["code"]).await);
    assert_eq!(house.web().userinfo(tokens.access()).await.json()["email"], "bob@example.org");
}

#[tokio::test]
async fn a_hand_over_that_nobody_waits_for_is_a_question_until_it_is_answered() {
    let house = house().await;
    let token = house.handed_to_alice().await;
    let mut browser = house.browser();
    let page = house.hands_over(&mut browser, &token).await;
    assert!(page.is_page("handover-page") && page.body.contains("alice"), "{page:?}");
    assert!(!is_signed_in(&browser).await);
    let mut refusing = browser.clone();
    assert!(answers(&mut refusing, &page, "stop").await.is_page("not-signed-in-page"));
    assert!(!is_signed_in(&refusing).await);
    // Any other button is no yes.
    assert!(answers(&mut browser.clone(), &page, "").await.is_page("not-signed-in-page"));
    assert_eq!(answers(&mut browser, &page, "continue").await.location().as_deref(), Some("/account"));
    assert!(is_signed_in(&browser).await);
}

#[tokio::test]
async fn a_house_that_denies_takes_nobody_whom_it_does_not_wait_for() {
    let house = House::of_site("legacy_site", "unsolicited = \"deny\"").await;
    let token = house.handed_to_alice().await;
    let mut browser = house.browser();
    refused(&house.hands_over(&mut browser, &token).await, 403);
    assert!(!is_signed_in(&browser).await);
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    house.hands_over(&mut browser, &token).await.sent_to(WEB);
}

#[tokio::test]
async fn a_house_that_allows_does_so_only_on_the_sites_own_word() {
    let house = House::of_site("legacy_site", "unsolicited = \"allow\"").await;
    let token = house.handed_to_alice().await;
    let mut browser = house.browser();
    posts(&mut browser, &[], &token).await;
    let page = browser.send(Method::GET, "/handover/resume", None).await;
    assert!(page.is_page("handover-page") && !is_signed_in(&browser).await, "{page:?}");
    let token = house.handed_to_alice().await;
    assert_eq!(house.hands_over(&mut browser, &token).await.location().as_deref(), Some("/account"));
    assert!(is_signed_in(&browser).await);
}

#[tokio::test]
async fn other_pages_are_refused_before_anything_is_redeemed() {
    let site = "origins = [\"https://members.example\"]\nunsolicited = \"allow\"";
    let house = House::of_site("legacy_site", site).await;
    let token = house.handed_to_alice().await;
    let mut browser = waiting(&house).await;
    let origins = [
        "https://elsewhere.example",
        "null",
        "",
        "https://members.example.evil",
        "https://evil.members.example",
        "https://evilmembers.example",
        "http://members.example",
        "https://members.example:8443",
        "https://members.example.",
        "https://members.example/",
        "https://members.example@evil.example",
        "https://members.example https://evil.example",
    ];
    for origin in origins {
        // What is said of the page does not make up for what is said of its origin.
        let headers = [("origin", origin), ("referer", "https://members.example/sso")];
        refused(&posts(&mut browser, &headers, &token).await, 403);
        assert!(!browser.cookies.contains_key("passerelle_handover"), "{origin}");
    }
    let referers = [
        "https://members.example.evil/",
        "http://members.example/",
        "https://e.example/?https://members.example/",
        "nonsense",
    ];
    for referer in referers {
        refused(&posts(&mut browser, &[("referer", referer)], &token).await, 403);
    }
    assert_eq!(house.old_system().journal.refreshes(), 0);
    let headers = [("referer", "https://members.example/sso")];
    posts(&mut browser, &headers, &token).await;
    browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
    assert_eq!(house.old_system().journal.refreshes(), 1, "the token was good all the time");
}

#[tokio::test]
async fn a_hand_over_that_does_not_say_whence_it_comes_is_a_question_even_when_one_waits() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    posts(&mut browser, &[], &token).await;
    let page = browser.send(Method::GET, "/handover/resume", None).await;
    assert!(page.body.contains("Web"), "it names the app that waits: {page:?}");
    assert!(!is_signed_in(&browser).await);
    answers(&mut browser, &page, "continue").await.sent_to(WEB);
}

#[tokio::test]
async fn an_attackers_handle_cannot_be_sent_to_somebody_elses_browser() {
    let house = house().await;
    let mut attacker = house.browser();
    let token = house.handed_to("bob", "builder").await;
    house.posts(&mut attacker, &token).await;
    let handle = attacker.cookies["passerelle_handover"].clone();
    let mut victim = waiting(&house).await;
    for name in ["handle", "handover", "request", "passerelle_handover"] {
        refused(&victim.send(Method::GET, &format!("/handover/resume?{name}={handle}"), None).await, 400);
    }
    assert!(!is_signed_in(&victim).await);
    // The question that the attacker was asked answers itself in no other browser.
    let page = attacker.send(Method::GET, "/handover/resume", None).await;
    refused(&answers(&mut victim, &page, "continue").await, 400);
    assert!(!is_signed_in(&victim).await);
}

#[tokio::test]
async fn another_persons_session_is_replaced_only_after_a_question_that_names_both() {
    for unsolicited in ["confirm", "allow"] {
        let house = House::of_site("legacy_site", &format!("unsolicited = \"{unsolicited}\"")).await;
        let mut browser = signed_in(&house, "alice", "wonderland").await;
        let token = house.handed_to("bob", "builder").await;
        let page = house.hands_over(&mut browser, &token).await;
        assert!(page.is_page("handover-page"), "{page:?}");
        assert!(page.body.contains("alice") && page.body.contains("bob"), "{page:?}");
        let account = browser.clone().get("/account").await;
        assert!(account.body.contains("<strong>alice</strong>"), "{account:?}");
        answers(&mut browser, &page, "continue").await;
        assert!(browser.get("/account").await.body.contains("<strong>bob</strong>"));
    }
}

#[tokio::test]
async fn somebody_who_was_here_before_replaces_nobody_silently_either() {
    let house = house().await;
    signed_in(&house, "bob", "builder").await;
    let mut browser = signed_in(&house, "alice", "wonderland").await;
    // A request of this very browser waits, and the site hands bob over.
    browser.get(&house.web().request(&[("prompt", "login")])).await;
    let token = house.handed_to("bob", "builder").await;
    let page = house.hands_over(&mut browser, &token).await;
    assert!(page.is_page("handover-page") && page.body.contains("alice"), "{page:?}");
    assert!(browser.clone().get("/account").await.body.contains("<strong>alice</strong>"));
    answers(&mut browser, &page, "continue").await.sent_to(WEB);
}

#[tokio::test]
async fn a_yes_does_not_count_against_somebody_who_signed_in_after_the_question() {
    let house = House::of_site("both", "").await;
    let mut browser = house.browser();
    let token = house.handed_to_alice().await;
    let page = house.hands_over(&mut browser, &token).await;
    assert!(page.is_page("handover-page") && !page.body.contains("bob"), "{page:?}");
    // In another tab.
    let form = browser.get("/account").await;
    assert!(browser.sign_in(&form, "bob", "builder").await.is_page("account-page"));
    let again = answers(&mut browser, &page, "continue").await;
    assert!(again.is_page("handover-page") && again.body.contains("bob"), "{again:?}");
    assert!(browser.clone().get("/account").await.body.contains("<strong>bob</strong>"));
    assert_eq!(answers(&mut browser, &again, "continue").await.location().as_deref(), Some("/account"));
    assert!(browser.get("/account").await.body.contains("<strong>alice</strong>"));
}

#[tokio::test]
async fn a_token_in_the_query_vanishes_from_the_address_bar() {
    let house = House::of_site("legacy_site", "handover = \"query\"\nfield = \"ticket\"").await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    let referer = format!("{}/sso", house.legacy.base_url);
    let path = format!("/handover?ticket={token}");
    let shown = browser.send_with(&[("referer", &referer)], Method::GET, &path, None).await;
    assert_eq!((shown.status.as_u16(), shown.location().as_deref()), (303, Some("/handover/resume")));
    assert!(!shown.body.contains(&token));
    browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
}

#[tokio::test]
async fn a_token_in_a_cookie_is_taken_from_there() {
    let house = House::of_site("legacy_site", "handover = \"cookie\"\nfield = \"ticket\"").await;
    let mut browser = waiting(&house).await;
    browser.cookies.insert("ticket".to_owned(), house.handed_to_alice().await);
    let referer = format!("{}/sso", house.legacy.base_url);
    let shown = browser.send_with(&[("referer", &referer)], Method::GET, "/handover", None).await;
    assert_eq!(shown.location().as_deref(), Some("/handover/resume"), "{shown:?}");
    browser.send(Method::GET, "/handover/resume", None).await.sent_to(WEB);
}

#[tokio::test]
async fn a_token_that_comes_by_another_way_is_not_taken() {
    for configured in ["form", "query", "cookie"] {
        let house =
            House::of_site("legacy_site", &format!("handover = \"{configured}\"\nfield = \"refresh_token\""))
                .await;
        let token = house.handed_to_alice().await;
        let (referer, query) =
            (format!("{}/", house.legacy.base_url), format!("/handover?refresh_token={token}"));
        if configured != "form" {
            refused(&house.posts(&mut house.browser(), &token).await, 404);
        }
        if configured != "query" {
            let mut browser = house.browser();
            browser.headers = vec![("referer", referer.clone())];
            refused(&browser.get(&query).await, 404);
        }
        if configured != "cookie" {
            let mut browser = house.browser();
            browser.cookies.insert("refresh_token".to_owned(), token);
            refused(&browser.send_with(&[("referer", &referer)], Method::GET, "/handover", None).await, 404);
        }
        assert_eq!(house.old_system().journal.refreshes(), 0, "{configured}");
    }
}

#[tokio::test]
async fn whoever_has_to_sign_in_anew_is_signed_out_at_the_site_on_the_way() {
    let house = house().await;
    let mut browser = signed_in(&house, "alice", "wonderland").await;
    for more in [[("prompt", "login")], [("max_age", "0")]] {
        // The clock stands still: a sign-in of this very second would do for max_age=0.
        house.forward(Duration::from_secs(1));
        let away = browser.get(&house.web().request(&more)).await;
        let location = away.location().unwrap();
        assert!(location.contains("/logout.aspx?returnurl=%2Fsso"), "{more:?}: {location}");
        let token = house.handed_to_alice().await;
        assert!(house.hands_over(&mut browser, &token).await.sent_to(WEB).contains_key("code"), "{more:?}");
    }
    // Nobody is signed in here, but perhaps there.
    for more in [("max_age", "60"), ("prompt", "login"), ("prompt", "select_account")] {
        let away = house.browser().get(&house.web().request(&[more])).await;
        assert!(away.location().unwrap().contains("/logout.aspx"), "{more:?}: {away:?}");
    }
}

#[tokio::test]
async fn whoever_may_choose_is_signed_out_at_the_site_only_when_the_app_wants_them_anew() {
    let house = House::of_site("both", "").await;
    let mut alice = house.browser();
    house.web().code(&mut alice, &[]).await;
    let stranger = house.browser();
    for (browser, wish, anew) in [
        (&stranger, None, false),
        (&stranger, Some(("prompt", "login")), true),
        (&stranger, Some(("prompt", "select_account")), true),
        (&stranger, Some(("max_age", "3600")), true),
        // She is signed in, and somebody else is meant or wants to be.
        (&alice, Some(("prompt", "select_account")), true),
    ] {
        let mut browser = browser.clone();
        let more = wish.as_slice();
        let page = browser.get(&house.web().request(more)).await;
        assert!(page.is_page("login-page"), "{page:?}");
        let away = browser.get(&format!("/sign-in/legacy?request={}", page.sealed())).await;
        assert_eq!(away.location().unwrap().contains("/logout.aspx"), anew, "{more:?}: {away:?}");
        let token = house.handed_to_alice().await;
        let sent = house.hands_over(&mut browser, &token).await.sent_to(WEB);
        assert!(sent.contains_key("code"), "{more:?}: {sent:?}");
    }
    // "Use another account", without a wish of the app.
    let mut alice = house.browser();
    house.web().code(&mut alice, &[]).await;
    let page = alice.get(&house.spa().request(&[])).await;
    let page = alice.get(&format!("/sign-in?request={}&prompt=login", page.sealed())).await;
    let away = alice.get(&format!("/sign-in/legacy?request={}", page.sealed())).await;
    assert!(away.location().unwrap().contains("/logout.aspx"), "{away:?}");
}

#[tokio::test]
async fn a_browser_that_keeps_no_cookies_is_told_so() {
    let house = house().await;
    let mut browser = waiting(&house).await;
    let token = house.handed_to_alice().await;
    house.posts(&mut browser, &token).await;
    let shown = house.browser().send(Method::GET, "/handover/resume", None).await;
    refused(&shown, 400);
    assert!(shown.body.contains("Allow cookies for this site"), "{shown:?}");
}

#[tokio::test]
async fn an_app_that_wants_alice_does_not_get_bob() {
    let house = house().await;
    let mut alice = waiting(&house).await;
    let token = house.handed_to_alice().await;
    let sent = house.hands_over(&mut alice, &token).await.sent_to(WEB);
    let hint = Tokens::of(house.web().redeem(&sent["code"]).await).id().to_owned();
    let mut bob = signed_in(&house, "bob", "builder").await;
    let away = bob.get(&house.web().request(&[("id_token_hint", &hint)])).await;
    assert!(away.location().unwrap().contains("/logout.aspx?returnurl=%2Fsso"), "{away:?}");
    let token = house.handed_to("bob", "builder").await;
    let sent = house.hands_over(&mut bob, &token).await.sent_to(WEB);
    assert_eq!(sent["error"], "login_required", "{sent:?}");
}

#[tokio::test]
async fn a_bridge_that_the_old_system_does_not_know_takes_no_hand_over() {
    let house = House::of(&format!("{CONFIG}[sign_in]\nmethod = \"form\"\n")).await;
    let mut browser = house.browser();
    assert!(browser.get(&house.web().request(&[])).await.is_page("login-page"));
    refused(&house.posts(&mut browser, "token").await, 404);
    refused(&browser.get("/handover?refresh_token=token").await, 404);
    assert_eq!(house.old_system().journal.refreshes(), 0);
}
