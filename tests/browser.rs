//! The whole town in a real browser: an old system, the bridge, a web app and a JavaScript app. What a person sees is saved as pictures
//! below cargo's directory for temporary files of tests.

use std::path::{Path, PathBuf};

use crate::demo::ports::Ports;
use crate::demo::town::{CONFIG, Town};
use crate::support::chromium::{Chromium, WINDOWS};

async fn town() -> (Town, tempfile::TempDir) {
    let data = tempfile::tempdir().unwrap();
    (Town::start(CONFIG, Ports::FREE, data.path()).await.unwrap(), data)
}

fn pictures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures")
}

async fn picture(chromium: &Chromium, name: &str) {
    for (window, width, height) in WINDOWS {
        chromium.is_as_wide_as(width, height).await;
        for scheme in ["light", "dark"] {
            chromium.prefers(scheme).await;
            chromium.screenshot(&pictures().join(format!("{name}-{window}-{scheme}.png"))).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alice_signs_in_once_for_both_apps_and_signs_out_of_the_bridge_at_one() {
    let (town, _data) = town().await;
    let (web_app, spa) = (town.web_app.base_url.clone(), town.spa.base_url.clone());
    let alice = Chromium::open().await;

    alice.goes_to(&web_app).await;
    picture(&alice, "web-app-before").await;
    alice.clicks("#sign-in").await;
    alice.sees("#login-page").await;
    picture(&alice, "sign-in").await;
    alice.signs_in("alice", "not her password").await;
    alice.sees("#login-page #notice").await;
    picture(&alice, "sign-in-refused").await;
    alice.signs_in("alice", "wonderland").await;
    alice.reads("#claims [data-claim=email]", "alice@example.org").await;
    alice.reads("#claims [data-claim=name]", "Alice Liddell").await;
    picture(&alice, "web-app-after").await;
    alice.clicks("#refresh").await;
    alice.reads("#claims [data-claim=email]", "alice@example.org").await;

    // The JavaScript app: no second password, only the question whether it may.
    alice.goes_to(&spa).await;
    alice.clicks("#sign-in").await;
    alice.sees("#consent-page").await;
    picture(&alice, "consent").await;
    alice.clicks("form#consent button[value=allow]").await;
    alice.reads("#claims [data-claim=email]", "alice@example.org").await;
    picture(&alice, "spa-after").await;
    alice.clicks("#refresh").await;
    alice.reads("#claims [data-claim=name]", "Alice Liddell").await;
    let passwords = town.old_system().journal.calls_to("/token");
    assert_eq!(passwords.len(), 2, "one wrong, one right, and none for the second app");

    // Signing out there ends the session at the bridge: the web app's next sign-in wants a password.
    alice.clicks("#sign-out").await;
    alice.sees("#signed-out:not([hidden])").await;
    assert_eq!(alice.window.current_url().await.unwrap().as_str(), format!("{spa}/"));
    alice.goes_to(&format!("{web_app}/sign-in")).await;
    alice.sees("#login-page").await;

    // A person's own way out, and the page at its end.
    alice.signs_in("alice", "wonderland").await;
    alice.reads("#claims [data-claim=name]", "Alice Liddell").await;
    alice.goes_to(&format!("{}/sign-out", town.bridge_url)).await;
    alice.sees("#logout-page").await;
    picture(&alice, "sign-out").await;
    alice.clicks("form#logout button[value=logout]").await;
    alice.sees("#signed-out-page").await;
    picture(&alice, "signed-out").await;

    // What an app that is not registered leads to.
    alice.goes_to(&format!("{}/authorize?client_id=nobody", town.bridge_url)).await;
    alice.sees("#error-page").await;
    picture(&alice, "error").await;
    drop(alice);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_app_signs_out_of_the_bridge_too() {
    let (town, _data) = town().await;
    let bob = Chromium::open().await;
    bob.goes_to(&town.web_app.base_url).await;
    bob.clicks("#sign-in").await;
    bob.signs_in("bob", "builder").await;
    bob.reads("#claims [data-claim=email]", "bob@example.org").await;
    bob.clicks("#sign-out").await;
    // By way of the bridge and of the old system's own site.
    bob.reads("h1", "You are not signed in").await;
    bob.clicks("#sign-in").await;
    bob.sees("#login-page").await;
    drop(bob);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_does_not_agree_is_told_so_by_the_app() {
    let (town, _data) = town().await;
    let alice = Chromium::open().await;
    alice.goes_to(&town.spa.base_url).await;
    alice.clicks("#sign-in").await;
    alice.signs_in("alice", "wonderland").await;
    alice.clicks("form#consent button[value=deny]").await;
    let problem = alice.sees("#problem:not([hidden])").await.text().await.unwrap();
    assert!(problem.contains("access_denied"), "{problem}");
    picture(&alice, "spa-denied").await;
    drop(alice);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_system_says_is_told_in_plain_words() {
    let (town, _data) = town().await;
    let chromium = Chromium::open().await;
    let people = [
        ("carol", "This account is locked"),
        ("dave", "Your password has expired"),
        ("erin", "This account is switched off"),
    ];
    for (user_name, words) in people {
        chromium.goes_to(&format!("{}/sign-in", town.web_app.base_url)).await;
        chromium.signs_in(user_name, "letmein-please").await;
        chromium.reads("#login-page #notice strong", words).await;
        picture(&chromium, &format!("sign-in-{user_name}")).await;
    }
    let Town { legacy, .. } = town;
    assert_eq!(legacy.system.journal.calls_to("/token").len(), people.len(), "each password was tried once");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_that_carries_an_answer_posts_itself_under_its_policy() {
    let (town, _data) = town().await;
    let bob = Chromium::open().await;
    let redirect = format!("{}/callback", town.web_app.base_url);
    let request = format!(
        "{}/authorize?client_id=demo-web&response_type=code&response_mode=form_post&scope=openid&state=s\
         &redirect_uri={redirect}&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
        town.bridge_url
    );
    bob.goes_to(&request).await;
    bob.signs_in("bob", "builder").await;
    // The app takes answers by GET only; that the browser stands there shows that the form was posted.
    bob.window.wait().for_url(&redirect.parse().unwrap()).await.unwrap();
    drop(bob);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_seen_on_a_phone_and_on_a_desk() {
    // Rendered by the test of all pages; here for the eye.
    crate::pages::write_every_page();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    let chromium = Chromium::open().await;
    let mut seen = 0;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let first_of_its_language = ["-00-en", "-00-fr", "-00-de"].iter().any(|end| name.ends_with(end));
        if file.extension().is_none_or(|kind| kind != "html") || !first_of_its_language {
            continue;
        }
        // The form that posts itself leaves at once, and so does the page that only passes by.
        if name.starts_with("form_post") || name.starts_with("passing") {
            continue;
        }
        chromium.goes_to(&format!("file://{}", file.display())).await;
        for (window, width, height) in WINDOWS {
            chromium.is_as_wide_as(width, height).await;
            let overflow =
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            let overflow = chromium.window.execute(overflow, Vec::new()).await.unwrap();
            assert!(overflow.as_i64().unwrap() <= 0, "{name} is wider than a {window}");
            for scheme in ["light", "dark"] {
                chromium.prefers(scheme).await;
                chromium.screenshot(&pictures().join(format!("page-{name}-{window}-{scheme}.png"))).await;
                seen += 1;
            }
        }
        // Text as large again, as a browser can be set to: it grows, and still fits a phone.
        let (_, width, height) = WINDOWS[0];
        chromium.is_as_wide_as(width, height).await;
        let doubled = "document.documentElement.style.fontSize = '200%';
            return [getComputedStyle(document.body).fontSize,
                document.documentElement.scrollWidth <= document.documentElement.clientWidth]";
        let doubled = chromium.window.execute(doubled, Vec::new()).await.unwrap();
        assert_eq!(doubled, serde_json::json!(["32px", true]), "{name}");
    }
    assert!(seen >= 60, "{seen} pictures");
}
