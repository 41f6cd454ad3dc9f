//! Several old systems side by side: whose people may use which app, and where each is asked.

use super::*;

/// Two systems: the members' with its endings, and the staff's.
const TWO: &str = r#"
[[legacy]]
name = "members"
title = "Members of the guild"
suffixes = ["@members.example"]
base_url = "{old}"
user_name = "typed.user_name | trim | lower | without_suffix('@members.example')"
login = { url = "{base_url}/login", json = { name = "{/typed/user_name}", secret = "{/typed/password}" }, access_token = "/token" }
profile = [{ name = "me", url = "{base_url}/me" }]
identity = { legacy_id = "/me/id", user_name = "/me/name" }
[[legacy]]
name = "staff"
base_url = "{legacy}"
preset = "imis"
"#;

#[tokio::test]
async fn of_two_systems_the_ending_of_the_name_decides_or_else_the_person() {
    let (house, old) = house_of(TWO).await;
    let mut bob = house.browser();
    let page = bob.get(&house.web().request(&[("scope", "openid")])).await;
    assert!(
        page.body.contains("Members of the guild") && page.body.contains(r#"value="staff""#),
        "{}",
        page.body
    );
    // The ending counts, whatever was chosen.
    let fields = [
        ("request", &*page.sealed()),
        ("username", " BOB@Members.example "),
        ("password", "fixer"),
        ("realm", "staff"),
    ];
    bob.post("/sign-in", &fields).await.sent_to(WEB);
    assert_eq!(old.asked("/login")[0]["name"], "bob");

    let mut alice = house.browser();
    let page = alice.get(&house.web().request(&[("scope", "openid")])).await;
    let fields =
        [("request", &*page.sealed()), ("username", "alice"), ("password", "wonderland"), ("realm", "staff")];
    alice.post("/sign-in", &fields).await.sent_to(WEB);
    assert_eq!(old.asked("/login").len(), 1, "the other system heard nothing of it");
}

#[tokio::test]
async fn an_app_of_one_system_takes_nobody_of_the_other() {
    let (old, base) = Old::open().await;
    let before = CONFIG.split("[legacy]").next().unwrap();
    let after = CONFIG[CONFIG.find("[[api]]").unwrap()..]
        .replace("id = \"old\"", "id = \"old\"\nrealms = [\"staff\"]");
    let house = House::of(&format!("{before}{}{after}", TWO.replace("{old}", &base))).await;
    let mut bob = house.browser();
    let page = bob.get(&house.web().request(&[("scope", "openid")])).await;
    let fields =
        [("request", &*page.sealed()), ("username", "bob"), ("password", "fixer"), ("realm", "members")];
    bob.post("/sign-in", &fields).await.sent_to(WEB);
    // Signed in, but nobody to the staff's app; and there is nothing to choose.
    let page = bob.get(&house.old().request(&[("scope", "openid")])).await;
    assert!(page.is_page("login-page") && !page.body.contains("name=\"realm\""), "{page:?}");
    let refused = bob.sign_in(&page, "bob", "fixer").await;
    assert!(refused.is_page("login-page"), "{refused:?}");
    assert_eq!(
        old.asked("/login").len(),
        1,
        "a name with the other system's password goes to the app's system only"
    );
}

#[tokio::test]
async fn an_app_whose_people_are_not_the_sites_shows_the_form_and_sends_nobody_to_the_site_and_back_for_ever()
{
    let (old, base) = Old::open().await;
    let before = CONFIG.split("[legacy]").next().unwrap();
    let after = CONFIG[CONFIG.find("[[api]]").unwrap()..]
        .replace("id = \"old\"", "id = \"old\"\nrealms = [\"members\"]");
    let known = "preset = \"imis\"\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"";
    let two = TWO.replace("{old}", &base).replace("preset = \"imis\"", known);
    for method in ["legacy_site", "both"] {
        let house = House::of(&format!("{before}{two}{after}\n[sign_in]\nmethod = \"{method}\"\n")).await;
        let mut bob = house.browser();
        let page = bob.get(&house.old().request(&[("scope", "openid")])).await;
        assert!(page.is_page("login-page") && !page.body.contains("/sign-in/legacy?"), "{method}: {page:?}");
        bob.sign_in(&page, "bob", "fixer").await.sent_to("https://old.example/callback");
        // Everybody else's app still leads there.
        let shown = house.browser().get(&house.web().request(&[("scope", "openid")])).await;
        let there = format!("{}/sso", house.legacy.base_url);
        let leads = shown.location().is_some_and(|location| location.starts_with(&there));
        assert!(leads || shown.body.contains("/sign-in/legacy?"), "{method}: {shown:?}");
    }
    assert_eq!(old.asked("/login").len(), 2);
}
