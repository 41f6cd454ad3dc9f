//! Ways to sign in that Django has without any package for tokens, through the bridge's connector: a token that never ends, HTTP Basic, and a
//! form with an anti-forgery token whose answer is a cookie.

use std::time::Duration;

use passerelle::legacy::probe::Life;
use passerelle::legacy::refusal::Refusal;
use serde_json::json;

use super::PASSWORD_OF_BOB;
use super::bridged::{Bridged, account_of, tokens, told};
use crate::support::django_site::DjangoSite;

const DAY: Duration = Duration::from_hours(24);

/// What is the same for all of them; `me` is the page that shows people themselves.
fn site(me: &str, more: &str) -> Bridged {
    Bridged::by(&format!(
        "base_url = '{}'\n{more}
         [[profile]]
         name = 'me'
         url = '{{base_url}}{me}'
         [identity]
         legacy_id = '/me/id'
         user_name = '/me/username'
         [claims]
         given_name = '/me/first_name'
         groups = '/me/groups'",
        DjangoSite::open().base_url()
    ))
}

/// djangorestframework's authtoken: one for each user, for ever, sent with a word of its own. A token that ends with nothing but its user
/// says by its end that they are out.
fn authtoken() -> Bridged {
    site(
        "/api/token/me",
        "user_name = 'typed.user_name | trim'
         send_token = { header = 'Authorization', scheme = 'Token' }
         error = [
             { status = 400, at = '/non_field_errors', outcome = 'wrong_credentials' },
             { status = 400, at = '/username', outcome = 'wrong_credentials' },
             { status = 400, at = '/password', outcome = 'wrong_credentials' },
         ]
         [login]
         url = '{base_url}/api-token-auth/'
         json = { username = '{/typed/user_name}', password = '{/typed/password}' }
         access_token = '/token'
         expires_in = '3650'
         expires_as = 'days'
         [alive]
         url = '{base_url}/api/token/me'
         at = '/is_active'
         equals = true
         over = [{ status = 401 }]",
    )
}

/// The login page itself, as a browser uses it.
fn form() -> Bridged {
    site(
        "/api/session/me",
        r#"send_token = { cookie = 'sessionid' }
         error = [
             { status = 200, at = "'errorlist' in text", equals = true, outcome = 'wrong_credentials' },
             { status = 403, outcome = 'misconfigured' },
         ]
         [[before]]
         name = 'page'
         url = '{base_url}/accounts/login/'
         format = 'text'
         [login]
         url = '{base_url}/accounts/login/'
         headers = { Cookie = 'csrftoken={/from/page/cookie/csrftoken}' }
         success_status = 302
         access_token = 'cookie.sessionid'
         expires_in = '14'
         expires_as = 'days'
         [login.form]
         csrfmiddlewaretoken = '''{page | capture('name="csrfmiddlewaretoken" value="([^"]+)"')}'''
         username = '{/typed/user_name}'
         password = '{/typed/password}'
         [alive]
         url = '{base_url}/api/session/me'
         at = '/is_active'
         equals = true
         over = [{ status = 403 }]"#,
    )
}

fn basic(more: &str) -> Bridged {
    let base_url = DjangoSite::open().base_url();
    let page = "login = { url = '{base_url}/api/basic/me' }";
    Bridged::by(&format!("preset = 'http-basic'\nbase_url = '{base_url}'\n{page}\n{more}"))
}

/// People as everybody else sees them come in and stay out.
async fn knows_who_may_come_in(site: &Bridged) {
    let alice = site.lets_in("alice", "correct horse").await;
    assert_eq!((told(&alice).0, told(&alice).1), ("1", "alice"));
    site.lets_in("bob", PASSWORD_OF_BOB).await;
    for (user_name, password) in
        [("alice", "wrong"), ("nobody", "wrong"), ("carol", "battery staple"), ("Alice", "correct horse")]
    {
        assert_eq!(site.refuses(user_name, password).await, Refusal::WrongCredentials, "{user_name}");
    }
}

#[tokio::test]
async fn a_token_for_ever_is_sent_with_its_own_word() {
    let site = authtoken();
    knows_who_may_come_in(&site).await;
    let alice = site.lets_in(" alice ", "correct horse").await;
    assert_eq!(told(&alice).2, json!({ "given_name": "Alice", "groups": ["editors", "members"] }));
    let its = tokens(&alice);
    assert_eq!((its.lifetime, its.refresh_token.is_none()), (Some(DAY * 3650), true));
    assert_eq!(site.0.rotation(), None);
}

#[tokio::test]
async fn a_token_for_ever_ends_with_its_user() {
    let (site, people) = (authtoken(), DjangoSite::open());
    for (user_name, leaves) in [
        ("ivy-of-token", DjangoSite::disables as fn(&DjangoSite, &str)),
        ("joe-of-token", DjangoSite::removes),
    ] {
        people.admits(user_name, "correct horse");
        let person = site.lets_in(user_name, "correct horse").await;
        assert_eq!(site.life(&person, &tokens(&person).access_token).await, Life::Alive);
        leaves(people, user_name);
        assert_eq!(site.life(&person, &tokens(&person).access_token).await, Life::Over, "{user_name}");
    }
}

#[tokio::test]
async fn the_form_is_fetched_filled_in_and_its_cookie_is_the_token() {
    let site = form();
    knows_who_may_come_in(&site).await;
    let alice = site.lets_in("alice", "correct horse").await;
    assert_eq!(told(&alice).2, json!({ "given_name": "Alice", "groups": ["editors", "members"] }));
    assert_eq!(tokens(&alice).lifetime, Some(DAY * 14));
}

#[tokio::test]
async fn the_cookie_of_somebody_disabled_opens_nothing() {
    let (site, people) = (form(), DjangoSite::open());
    people.admits("ivy-of-form", "correct horse");
    let ivy = site.lets_in("ivy-of-form", "correct horse").await;
    assert_eq!(site.life(&ivy, &tokens(&ivy).access_token).await, Life::Alive);
    people.disables("ivy-of-form");
    assert_eq!(site.life(&ivy, &tokens(&ivy).access_token).await, Life::Over);
}

#[tokio::test]
async fn a_page_behind_http_basic_lets_in_and_tells_who_it_is() {
    let site = basic("claims = { given_name = '/answer/first_name', groups = '/answer/groups' }");
    knows_who_may_come_in(&site).await;
    let alice = site.lets_in("alice", "correct horse").await;
    let claims = json!({
        "preferred_username": "alice",
        "email": "alice@example.org",
        "given_name": "Alice",
        "groups": ["editors", "members"],
    });
    assert_eq!(told(&alice).2, claims);
    assert!(alice.tokens.is_none() && site.0.rotation().is_none() && !site.0.tells_of_life());
}

/// As the preset's comments have it, for a page that tells nothing.
#[tokio::test]
async fn where_the_page_tells_nothing_the_name_is_all_there_is() {
    let site = basic(
        "user_name = \"typed.user_name | trim | lower if ':' not in typed.user_name\"
         identity = { legacy_id = '/typed/user_name' }",
    );
    for spelt in ["alice", " Alice ", "ALICE"] {
        assert_eq!(account_of(&site.lets_in(spelt, "correct horse").await).legacy_id.as_str(), "alice");
    }
}

/// RFC 7617 §2: the first colon ends the user name, so `kim:correct` with the password `horse` would be kim past the counter of her tries.
#[tokio::test]
async fn a_name_with_a_colon_is_nobodys() {
    DjangoSite::open().admits("kim-of-basic", "correct:horse");
    let site = basic("");
    site.lets_in("kim-of-basic", "correct:horse").await;
    let open = basic("user_name = '/typed/user_name'");
    open.lets_in("kim-of-basic:correct", "horse").await;
    assert_eq!(site.refuses("kim-of-basic:correct", "horse").await, Refusal::WrongCredentials);
}
