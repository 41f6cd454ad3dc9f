//! From the first request to tokens, told by people: who is asked what, and who is not.

use std::time::Duration;

use crate::legacy_system::{Door, Fault};
use crate::support::app::{Tokens, claims, jose_header};
use crate::support::house::{House, ISSUER};

#[tokio::test]
async fn alice_signs_in_to_an_app_with_a_password_that_only_the_old_system_knows() {
    let house = House::open().await;
    let mut browser = house.browser();
    let tokens =
        house.web().tokens(&mut browser, &[("scope", "openid profile email roles events.read")]).await;
    assert_eq!(house.passwords_tried(), 1);
    let id = tokens.id_claims();
    assert_eq!((id["iss"].as_str(), id["aud"].as_str()), (Some(ISSUER), Some("web")));
    assert_eq!(id["nonce"], "n-0S6");
    assert_eq!(id["amr"], serde_json::json!(["pwd"]));
    assert!(id.get("email").is_none(), "claims of scopes come from userinfo: {id}");
    let access = claims(tokens.access());
    assert_eq!(jose_header(tokens.access())["typ"], "at+jwt");
    assert_eq!(access["aud"], "https://api.example.org");
    assert_eq!(access["scope"], "openid profile email roles events.read");
    let known = house.web().userinfo(tokens.access()).await.json();
    assert_eq!(known["sub"], id["sub"]);
    assert_eq!(known["email"], "alice@example.org");
    assert_eq!(known["name"], "Alice Liddell");
    assert_eq!(known["roles"], serde_json::json!(["Member"]));
    assert!(known.get("address").is_none(), "not asked for: {known}");
}

#[tokio::test]
async fn a_second_app_asks_for_consent_and_not_for_a_password() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    let page = browser.get(&house.spa().request(&[])).await;
    assert!(page.is_page("consent-page"), "{page:?}");
    let shown = browser.consent(&page, "allow").await;
    assert!(shown.sent_to("https://spa.example/callback").contains_key("code"));
    // Remembered: the next time nothing is shown.
    let again = browser.get(&house.spa().request(&[])).await;
    assert!(again.sent_to("https://spa.example/callback").contains_key("code"));
    // More than was agreed to is asked for again.
    let more = browser.get(&house.spa().request(&[("scope", "openid events.write")])).await;
    assert!(more.is_page("consent-page") && more.body.contains("Register you for events"), "{more:?}");
    assert_eq!(house.passwords_tried(), 1);
}

#[tokio::test]
async fn the_answer_goes_back_with_state_and_issuer() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    let sent = browser.sign_in(&page, "alice", "wonderland").await.sent_to("https://web.example/callback");
    assert_eq!(sent["state"], "st&te=1");
    assert_eq!(sent["iss"], ISSUER);
}

#[tokio::test]
async fn a_person_who_says_no_is_taken_back_with_access_denied() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.spa().request(&[])).await;
    let page = browser.sign_in(&page, "alice", "wonderland").await;
    let sent = browser.consent(&page, "deny").await.sent_to("https://spa.example/callback");
    assert_eq!(sent["error"], "access_denied");
}

#[tokio::test]
async fn each_refusal_of_the_old_system_is_told_in_plain_words_and_the_password_was_tried_once() {
    let house = House::open().await;
    for (user_name, password, words) in [
        ("alice", "wrong", "Wrong username or password"),
        ("nobody", "wrong", "Wrong username or password"),
        ("carol", "letmein-please", "This account is locked"),
        ("dave", "letmein-please", "Your password has expired"),
        ("erin", "letmein-please", "This account is switched off"),
    ] {
        house.old_system().journal.clear();
        let mut browser = house.browser();
        let page = browser.get(&house.web().request(&[])).await;
        let again = browser.sign_in(&page, user_name, password).await;
        assert!(again.is_page("login-page") && again.body.contains(words), "{user_name}: {again:?}");
        assert_eq!(again.status, 200);
        assert!(!again.body.contains(password), "a password is never shown again");
        assert_eq!(house.passwords_tried(), 1, "{user_name}");
        // The same page can be used again.
        let shown = browser.sign_in(&again, "bob", "builder").await;
        assert!(shown.sent_to("https://web.example/callback").contains_key("code"));
    }
}

#[tokio::test]
async fn an_old_system_that_fails_is_told_as_unavailable_and_other_sessions_live_on() {
    let house = House::open().await;
    let mut alice = house.browser();
    let tokens = house.web().tokens(&mut alice, &[]).await;
    for fault in [
        Fault::Html503,
        Fault::Status500,
        Fault::HalfAnswer,
        Fault::Huge,
        Fault::Delay(Duration::from_secs(60)),
    ] {
        house.old_system().faults.set(Door::Token, fault);
        let mut bob = house.browser();
        let page = bob.get(&house.web().request(&[])).await;
        let again = bob.sign_in(&page, "bob", "builder").await;
        assert_eq!(again.status, 503);
        assert!(again.body.contains("Signing in is not possible right now"), "{again:?}");
        assert!(!again.body.contains("AAAA"));
        // Alice is not asked again, and her tokens work.
        let sent = alice.get(&house.web().request(&[])).await.sent_to("https://web.example/callback");
        assert!(sent.contains_key("code"));
        assert_eq!(house.web().userinfo(tokens.access()).await.status, 200);
    }
    assert_eq!(house.browser().get("/.well-known/openid-configuration").await.status, 200);
}

#[tokio::test]
async fn guessers_are_held_back_before_the_old_system_hears_of_them() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    for spelling in ["alice", "ALICE", " alice", "Alice "] {
        browser.sign_in(&page, spelling, "wrong").await;
    }
    assert_eq!(house.passwords_tried(), 4);
    let held = browser.sign_in(&page, "alice", "wonderland").await;
    assert_eq!(held.status, 429, "{held:?}");
    assert!(held.body.contains("Too many tries"));
    assert_eq!(held.header("retry-after").as_deref(), Some("900"));
    assert_eq!(house.passwords_tried(), 4);
    // Somebody else is not held back, and neither is she when the time has passed.
    let mut bob = house.browser();
    let page = bob.get(&house.web().request(&[])).await;
    bob.sign_in(&page, "bob", "builder").await.sent_to("https://web.example/callback");
    house.forward(Duration::from_secs(901));
    let page = browser.get(&house.web().request(&[])).await;
    browser.sign_in(&page, "alice", "wonderland").await.sent_to("https://web.example/callback");
}

#[tokio::test]
async fn of_fifty_guesses_at_once_no_more_than_the_limit_reach_the_old_system() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    let guesses = (0..50).map(|guess| {
        let (mut browser, page) = (browser.clone(), page.clone());
        let password = format!("wrong {guess}");
        tokio::spawn(async move { browser.sign_in(&page, "alice", &password).await.status })
    });
    futures_util::future::join_all(guesses).await;
    assert!(house.passwords_tried() <= 4, "{}", house.passwords_tried());
}

#[tokio::test]
async fn an_empty_field_is_wrong_without_asking_the_old_system() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    for (user_name, password) in [("alice", ""), ("", "wonderland"), ("  ", "x")] {
        let again = browser.sign_in(&page, user_name, password).await;
        assert!(again.body.contains("Wrong username or password"), "{again:?}");
    }
    assert_eq!(house.passwords_tried(), 0);
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_a_week() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    house.forward(Duration::from_secs(8 * 3600 - 1));
    browser.get(&house.web().request(&[])).await.sent_to("https://web.example/callback");
    house.forward(Duration::from_secs(8 * 3600));
    assert!(browser.get(&house.web().request(&[])).await.is_page("login-page"));

    house.web().code(&mut browser, &[]).await;
    for _ in 0..23 {
        house.forward(Duration::from_secs(7 * 3600));
        browser.get(&house.web().request(&[])).await.sent_to("https://web.example/callback");
    }
    house.forward(Duration::from_secs(7 * 3600));
    assert!(browser.get(&house.web().request(&[])).await.is_page("login-page"));
}

#[tokio::test]
async fn a_sign_in_gives_a_new_cookie_and_the_one_before_is_nobodys() {
    let house = House::open().await;
    let mut browser = house.browser();
    browser.cookies.insert("passerelle".to_owned(), "AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    house.web().code(&mut browser, &[]).await;
    let first = browser.cookies["passerelle"].clone();
    assert_ne!(first, "AAAAAAAAAAAAAAAAAAAAAA", "a planted cookie becomes nobody's session");
    // The same person again: the session goes on under another cookie.
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    browser.sign_in(&page, "alice", "wonderland").await.sent_to("https://web.example/callback");
    assert_ne!(browser.cookies["passerelle"], first);
    let mut thief = house.browser();
    thief.cookies.insert("passerelle".to_owned(), first);
    assert!(thief.get(&house.web().request(&[])).await.is_page("login-page"));
}

#[tokio::test]
async fn sid_is_stable_for_a_person_who_signs_in_again_and_new_for_another() {
    let house = House::open().await;
    let mut browser = house.browser();
    let first = house.web().tokens(&mut browser, &[]).await.id_claims();
    house.forward(Duration::from_secs(5));
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    let sent = browser.sign_in(&page, "alice", "wonderland").await.sent_to("https://web.example/callback");
    let again = Tokens::of(house.web().redeem(&sent["code"]).await).id_claims();
    assert_eq!((&again["sid"], &again["sub"]), (&first["sid"], &first["sub"]));
    assert_eq!(again["auth_time"], first["auth_time"].as_i64().unwrap() + 5);
    let page = browser.get(&house.web().request(&[("prompt", "select_account")])).await;
    let sent = browser.sign_in(&page, "bob", "builder").await.sent_to("https://web.example/callback");
    let bob = Tokens::of(house.web().redeem(&sent["code"]).await).id_claims();
    assert_ne!(bob["sid"], first["sid"]);
    assert_ne!(bob["sub"], first["sub"]);
}

#[tokio::test]
async fn a_changed_login_keeps_its_subject_and_a_reused_one_gets_another() {
    let house = House::open().await;
    let people = house.old_system().people.clone();
    let subject = async |user_name: &str, password: &str| {
        let mut browser = house.browser();
        let page = browser.get(&house.web().request(&[])).await;
        let shown = browser.sign_in(&page, user_name, password).await;
        let sent = shown.sent_to("https://web.example/callback");
        Tokens::of(house.web().redeem(&sent["code"]).await).id_claims()["sub"].as_str().unwrap().to_owned()
    };
    let alice = subject("alice", "wonderland").await;
    people.rename("alice", "alice.liddell").unwrap();
    assert_eq!(subject("alice.liddell", "wonderland").await, alice);
    people.rename("alice.liddell", "alice").unwrap();
    people.give_login_to_another("alice", "another").unwrap();
    assert_ne!(subject("alice", "another").await, alice);
}

#[tokio::test]
async fn who_has_no_id_that_stays_is_told_so_and_gets_no_session() {
    let house = House::open().await;
    house.old_system().people.lose_guid("alice").unwrap();
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    let shown = browser.sign_in(&page, "alice", "wonderland").await;
    assert!(shown.is_page("error-page") && shown.status == 403, "{shown:?}");
    assert!(!browser.cookies.contains_key("passerelle"));
}

#[tokio::test]
async fn a_client_that_joins_on_user_names_gets_them_and_no_other_client_does() {
    let house = House::open().await;
    let mut browser = house.browser();
    let more = [("code_challenge", ""), ("code_challenge_method", "")];
    let code = house.old().code(&mut browser, &more).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", house.old().redirect),
    ];
    let tokens = Tokens::of(house.old().token(&fields).await);
    assert_eq!(jose_header(tokens.id())["alg"], "ES256");
    let id = tokens.id_claims();
    assert_eq!(id["sub"], "alice");
    assert_eq!(id["email"], "alice@example.org", "its library reads the ID token only");
    let userinfo = house.old().userinfo(tokens.access()).await;
    assert_eq!(userinfo.header("content-type").as_deref(), Some("application/jwt"));
    assert_eq!(jose_header(&userinfo.body)["alg"], "EdDSA");
    assert_eq!(claims(&userinfo.body)["sub"], "alice");
    assert_ne!(house.web().tokens(&mut browser, &[]).await.id_claims()["sub"], "alice");
}

#[tokio::test]
async fn single_claims_can_be_asked_for_by_name() {
    let house = House::open().await;
    let wanted =
        r#"{"userinfo":{"phone_number":null},"id_token":{"email":{"essential":true},"auth_time":null}}"#;
    let mut browser = house.browser();
    let tokens = house.web().tokens(&mut browser, &[("scope", "openid"), ("claims", wanted)]).await;
    assert_eq!(tokens.id_claims()["email"], "alice@example.org");
    assert!(tokens.id_claims().get("phone_number").is_none());
    let known = house.web().userinfo(tokens.access()).await.json();
    assert_eq!(known["phone_number"], "+44 1865 276150");
    assert!(known.get("email").is_none());
}

#[tokio::test]
async fn what_a_person_types_arrives_at_the_old_system_byte_by_byte() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    for (user_name, password) in [
        ("a&b=c%41", "p&q=%2B+ +"),
        (" spaced ", "\ttab\r\nline"),
        ("Zoë Ωmega 🦢", "пароль\u{200b}"),
        ("{base_url}/x", "\"<script>'"),
    ] {
        house.old_system().journal.clear();
        let again = browser.sign_in(&page, user_name, password).await;
        assert!(again.is_page("login-page"), "{again:?}");
        let calls = house.old_system().journal.calls_to("/token");
        assert_eq!(calls.len(), 1);
        let fields = [("grant_type", "password"), ("username", user_name), ("password", password)];
        assert_eq!(calls[0].fields, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

#[tokio::test]
async fn asking_by_name_opens_no_more_than_the_clients_scopes_would() {
    let house = House::open().await;
    let wanted = r#"{"userinfo":{"phone_number":null,"address":null,"email":null}}"#;
    let tokens = house.spa().tokens(&mut house.browser(), &[("scope", "openid"), ("claims", wanted)]).await;
    let known = house.spa().userinfo(tokens.access()).await.json();
    assert_eq!(known["email"], "alice@example.org", "registered for the scope email");
    assert!(known.get("phone_number").is_none() && known.get("address").is_none(), "not registered: {known}");
}

#[tokio::test]
async fn a_claim_that_is_asked_for_by_name_is_told_on_the_consent_page() {
    let house = House::open().await;
    let mut browser = house.browser();
    let wanted = r#"{"userinfo":{"email":null}}"#;
    let page = browser.get(&house.spa().request(&[("scope", "openid"), ("claims", wanted)])).await;
    let page = browser.sign_in(&page, "alice", "wonderland").await;
    assert!(page.is_page("consent-page") && page.body.contains("See your e-mail address"), "{page:?}");
    assert!(!page.body.contains("See your postal address"));
}
