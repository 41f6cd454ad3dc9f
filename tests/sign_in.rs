//! A password on its way to the old system: how often it is tried, what becomes of the session, and who is held back.

use std::time::Duration;

use axum::http::Method;
use futures_util::future::join_all;

use crate::legacy_system::{Door, Fault};
use crate::support::app::Tokens;
use crate::support::browser::{Browser, Shown, form};
use crate::support::house::House;

const WEB: &str = "https://web.example/callback";

/// The sign-in page of the web app in a browser that was never here.
async fn visits(house: &House) -> (Browser, Shown) {
    let mut browser = house.browser();
    let page = browser.get(&house.web().request(&[])).await;
    (browser, page)
}

/// The status of a try, in a browser of its own.
async fn tries(house: &House, name: &str, password: &str) -> u16 {
    let (mut browser, page) = visits(house).await;
    browser.sign_in(&page, name, password).await.status.as_u16()
}

#[tokio::test]
async fn each_submit_is_one_password_call_with_what_was_typed_byte_by_byte() {
    let house = House::open().await;
    let (mut browser, page) = visits(&house).await;
    for (name, password) in [
        ("a&b=c%20+d", "p&q=r%41+s"),
        ("line\r\nbreak", " spaces around "),
        ("Zoë 好", "пароль"),
        ("' OR 1=1 --", "\u{1f511}"),
    ] {
        house.old_system().journal.clear();
        assert_eq!(browser.sign_in(&page, name, password).await.status, 200);
        let calls = house.old_system().journal.calls_to("/token");
        assert_eq!(calls.len(), 1, "{name:?}");
        assert_eq!(calls[0].field("username"), Some(name));
        assert_eq!(calls[0].field("password"), Some(password));
    }
}

#[tokio::test]
async fn what_was_typed_stands_on_the_page_again_but_for_the_password() {
    let house = House::open().await;
    let (mut browser, page) = visits(&house).await;
    let again = browser.sign_in(&page, "al<i>ce", "my-secret-password").await;
    assert!(again.body.contains(r#"value="al&#60;i&#62;ce""#), "{}", again.body);
    assert!(!again.body.contains("my-secret-password"));
    assert!(again.location().is_none());
}

#[tokio::test]
async fn a_form_that_is_sent_twice_signs_in_twice_and_leaves_one_session() {
    let house = House::open().await;
    let (mut browser, page) = visits(&house).await;
    let first = browser.sign_in(&page, "alice", "wonderland").await;
    let first = Tokens::of(house.web().redeem(&first.sent_to(WEB)["code"]).await);
    house.forward(Duration::from_secs(1));
    let second = browser.sign_in(&page, "alice", "wonderland").await;
    let second = Tokens::of(house.web().redeem(&second.sent_to(WEB)["code"]).await);
    assert_eq!(first.id_claims()["sid"], second.id_claims()["sid"]);
    assert_eq!(house.passwords_tried(), 2, "each submit is a try");
    // Without the password the form is worth nothing.
    assert!(browser.sign_in(&page, "alice", "").await.is_page("login-page"));
}

/// A form that is sent a second time before the first is answered.
#[tokio::test]
async fn a_form_that_is_sent_twice_at_once_is_one_try() {
    let house = House::open().await;
    for (password, status) in [("wrong", 200), ("wonderland", 303)] {
        house.old_system().journal.clear();
        house.old_system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(1)));
        let (browser, page) = visits(&house).await;
        let (mut first, mut second) = (browser.clone(), browser);
        let (first_shown, second_shown) =
            tokio::join!(first.sign_in(&page, "alice", password), second.sign_in(&page, "alice", password));
        assert_eq!((first_shown.status.as_u16(), second_shown.status.as_u16()), (status, status));
        assert_eq!(house.passwords_tried(), 1, "{password}");
        assert_eq!(first.cookies, second.cookies, "whichever answer the browser heeds");
        assert_eq!(first_shown.location(), second_shown.location());
    }
}

#[tokio::test]
async fn who_sends_a_form_again_and_hangs_up_on_the_first_gets_its_answer() {
    let house = House::open().await;
    house.old_system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(1)));
    let (browser, page) = visits(&house).await;
    let mut hasty = browser.clone();
    let mut submit = Box::pin(hasty.sign_in(&page, "alice", "wonderland"));
    while house.passwords_tried() < 1 {
        let answered = tokio::time::timeout(Duration::from_millis(5), &mut submit).await;
        assert!(answered.is_err(), "the old system answers late: {answered:?}");
    }
    // A browser does so at a double click.
    drop(submit);
    let shown = browser.clone().sign_in(&page, "alice", "wonderland").await;
    assert!(shown.sent_to(WEB).contains_key("code"), "{shown:?}");
    assert_eq!(house.passwords_tried(), 1);
    // Something else was typed: that is another try.
    assert_eq!(browser.clone().sign_in(&page, "alice", "wrong").await.status, 200);
    assert_eq!(house.passwords_tried(), 2);
}

/// A thread that serves ends with its last connection; another one may wait for the same try.
#[tokio::test]
async fn a_try_outlives_the_thread_in_which_it_began() {
    let house = House::open().await;
    house.old_system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(1)));
    let (browser, page) = visits(&house).await;
    let (mut hasty, begun, system) = (browser.clone(), page.clone(), house.old_system().clone());
    let lane = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let asked = async {
                while system.journal.calls_to("/token").is_empty() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                shown = hasty.sign_in(&begun, "alice", "wonderland") => panic!("{shown:?} came before the thread ended"),
                () = asked => {}
            }
        });
    });
    tokio::task::spawn_blocking(|| lane.join().unwrap()).await.unwrap();
    let shown = browser.clone().sign_in(&page, "alice", "wonderland").await;
    assert!(shown.sent_to(WEB).contains_key("code"), "{shown:?}");
    assert_eq!(house.passwords_tried(), 1);
}

#[tokio::test]
async fn reloading_the_page_after_a_sign_in_sends_no_password_again() {
    let house = House::open().await;
    let mut browser = house.browser();
    let page = browser.get(&house.spa().request(&[])).await;
    let fields = form(&[("request", &page.sealed()), ("username", "alice"), ("password", "wonderland")]);
    let shown = browser.send(Method::POST, "/sign-in", Some(fields)).await;
    assert_eq!(shown.status, 303, "{shown:?}");
    assert_eq!(shown.header("cache-control").as_deref(), Some("no-store"));
    let location = shown.location().unwrap();
    for _ in 0..2 {
        assert!(browser.send(Method::GET, &location, None).await.is_page("consent-page"));
    }
    assert_eq!(house.passwords_tried(), 1);
}

#[tokio::test]
async fn a_sign_in_of_another_person_ends_the_session_before_it() {
    let house = House::open().await;
    let mut browser = house.browser();
    let alice = house.web().tokens(&mut browser, &[]).await;
    let mut thief = browser.clone();
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    browser.sign_in(&page, "bob", "builder").await.sent_to(WEB);
    assert!(thief.get(&house.web().request(&[])).await.is_page("login-page"), "her cookie names nothing");
    assert_eq!(house.web().userinfo(alice.access()).await.status, 401, "and what hung on it has ended");
}

#[tokio::test]
async fn a_refused_password_leaves_the_session_as_it_is() {
    let house = House::open().await;
    let mut browser = house.browser();
    house.web().code(&mut browser, &[]).await;
    let page = browser.get(&house.web().request(&[("prompt", "login")])).await;
    let before = browser.cookies.clone();
    assert_eq!(browser.sign_in(&page, "alice", "wrong").await.status, 200);
    assert_eq!(browser.cookies, before);
    assert!(browser.get(&house.web().request(&[])).await.sent_to(WEB).contains_key("code"));
}

#[tokio::test]
async fn a_person_who_signs_in_for_the_first_time_in_four_browsers_at_once_is_one_person() {
    let house = House::open().await;
    let visitors = join_all((0..4).map(|_| visits(&house))).await;
    let signing_in = visitors.into_iter().map(|(mut browser, page)| {
        let web = house.web();
        tokio::spawn(async move {
            let shown = browser.sign_in(&page, "bob", "builder").await;
            let claims = Tokens::of(web.redeem(&shown.sent_to(WEB)["code"]).await).id_claims();
            (claims["sub"].to_string(), claims["sid"].to_string())
        })
    });
    let people: Vec<_> = join_all(signing_in).await.into_iter().map(Result::unwrap).collect();
    let subjects: std::collections::BTreeSet<_> = people.iter().map(|(sub, _)| sub).collect();
    let sessions: std::collections::BTreeSet<_> = people.iter().map(|(_, sid)| sid).collect();
    assert_eq!((subjects.len(), sessions.len()), (1, 4));
}

#[tokio::test]
async fn of_twenty_wrong_passwords_at_once_no_more_than_the_limit_reach_the_old_system() {
    let house = House::open().await;
    let (browser, page) = visits(&house).await;
    let guesses = (0..20).map(|guess| {
        let (mut browser, page) = (browser.clone(), page.clone());
        let password = format!("wrong {guess}");
        tokio::spawn(async move { browser.sign_in(&page, "alice", &password).await.status.as_u16() })
    });
    let answers: Vec<_> = join_all(guesses).await.into_iter().map(Result::unwrap).collect();
    // The first one always does; one whose failure is both under way and counted may keep another one out.
    assert!((1..=4).contains(&house.passwords_tried()), "{}", house.passwords_tried());
    let held_back = answers.iter().filter(|status| **status == 429).count();
    assert_eq!(held_back, 20 - house.passwords_tried(), "{answers:?}");
}

#[tokio::test]
async fn tries_that_were_held_back_hold_nobody_back_themselves() {
    let house = House::open().await;
    house.old_system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(1)));
    let visitors = join_all((0..6).map(|_| visits(&house))).await;
    let at_once = visitors.into_iter().map(|(mut browser, page)| {
        tokio::spawn(async move { browser.sign_in(&page, "alice", "wonderland").await })
    });
    let shown: Vec<_> = join_all(at_once).await.into_iter().map(Result::unwrap).collect();
    let held: Vec<_> = shown.iter().filter(|shown| shown.status == 429).collect();
    assert_eq!(held.len(), 2, "four may be under way at once");
    // Nothing has failed, so they wait for a moment and not for the whole pause.
    assert!(held.iter().all(|shown| shown.header("retry-after").as_deref() == Some("5")), "{held:?}");
    house.old_system().faults.set(Door::Token, Fault::None);
    assert_eq!(tries(&house, "alice", "wonderland").await, 303);
}

#[tokio::test]
async fn a_guesser_who_hangs_up_is_counted_all_the_same() {
    let house = House::open().await;
    house.old_system().faults.set(Door::Token, Fault::Delay(Duration::from_secs(1)));
    let (browser, page) = visits(&house).await;
    for guess in 1..=4 {
        let mut browser = browser.clone();
        let password = format!("wrong {guess}");
        let mut submit = Box::pin(browser.sign_in(&page, "alice", &password));
        while house.passwords_tried() < guess {
            let answered = tokio::time::timeout(Duration::from_millis(5), &mut submit).await;
            assert!(answered.is_err(), "the old system answers late: {answered:?}");
        }
        // Here it is dropped, as it is when the connection closes.
    }
    house.old_system().faults.set(Door::Token, Fault::None);
    let counted = async {
        loop {
            let (mut browser, page) = visits(&house).await;
            let shown = browser.sign_in(&page, "alice", "wonderland").await;
            assert_eq!(shown.status, 429, "neither while the tries are under way nor afterwards: {shown:?}");
            if shown.header("retry-after").as_deref() == Some("900") {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), counted).await.expect("the failures are written down");
    assert_eq!(house.passwords_tried(), 4);
}

#[tokio::test]
async fn an_address_that_guesses_at_many_accounts_is_held_back_and_others_are_not() {
    let house =
        House::with("[sign_in]\nper_address = { failures = 6, window = \"15min\", pause = \"15min\" }\n")
            .await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        assert_eq!(tries(&house, name, "wrong").await, 200, "{name}");
    }
    assert_eq!(tries(&house, "bob", "builder").await, 429);
    assert_eq!(house.passwords_tried(), 6);
    house.forward(Duration::from_secs(901));
    assert_eq!(tries(&house, "bob", "builder").await, 303);
}

#[tokio::test]
async fn a_right_password_clears_the_account_and_not_the_address() {
    let house =
        House::with("[sign_in]\nper_address = { failures = 5, window = \"15min\", pause = \"15min\" }\n")
            .await;
    for _ in 0..3 {
        assert_eq!(tries(&house, "alice", "wrong").await, 200);
    }
    assert_eq!(tries(&house, "ALICE", "wonderland").await, 303);
    // Her own count began anew; a guesser who signs in as himself in between gains nothing.
    assert_eq!(tries(&house, "alice", "wrong").await, 200);
    assert_eq!(tries(&house, "alice", "wrong").await, 200);
    assert_eq!(tries(&house, "alice", "wonderland").await, 429, "five failures of this address");
}

#[tokio::test]
async fn after_a_pause_the_counting_begins_anew_though_the_window_is_longer() {
    let house =
        House::with("[sign_in]\nper_account = { failures = 2, window = \"1h\", pause = \"1min\" }\n").await;
    assert_eq!(tries(&house, "alice", "wrong").await, 200);
    assert_eq!(tries(&house, "alice", "wrong").await, 200);
    assert_eq!(tries(&house, "alice", "wonderland").await, 429);
    house.forward(Duration::from_secs(60));
    assert_eq!(tries(&house, "alice", "wrong").await, 200, "the pause is served");
    assert_eq!(tries(&house, "alice", "wonderland").await, 303, "one failure is one failure");
}

#[tokio::test]
async fn only_wrong_credentials_count() {
    let house = House::open().await;
    for _ in 0..6 {
        assert_eq!(tries(&house, "carol", "letmein-please").await, 200);
    }
    house.old_system().faults.set(Door::Token, Fault::Html503);
    for _ in 0..6 {
        assert_eq!(tries(&house, "alice", "wonderland").await, 503);
    }
    house.old_system().faults.set(Door::Token, Fault::None);
    // The old system is left alone for a second after so many failures in a row.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(tries(&house, "alice", "wonderland").await, 303);
}

#[tokio::test]
async fn nothing_about_an_unknown_name_differs_from_a_wrong_password() {
    let house = House::open().await;
    let told = async |name: &str| {
        let (mut browser, page) = visits(&house).await;
        let shown = browser.sign_in(&page, name, "wrong").await;
        (shown.status, shown.body.replace(&shown.sealed(), "").replace(name, ""))
    };
    assert_eq!(told("alice").await, told("nobody").await);
}

#[tokio::test]
async fn a_field_that_stands_twice_is_no_sign_in() {
    let house = House::open().await;
    let (mut browser, page) = visits(&house).await;
    let sealed = page.sealed();
    let fields = [
        ("request", sealed.as_str()),
        ("username", "alice"),
        ("username", "bob"),
        ("password", "wonderland"),
    ];
    let shown = browser.post("/sign-in", &fields).await;
    assert!(shown.is_page("error-page") && shown.status == 400, "{shown:?}");
    assert_eq!(house.passwords_tried(), 0);
}
