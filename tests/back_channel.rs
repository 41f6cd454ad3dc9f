//! Apps hear that a session has ended, each as the specification says (OpenID Connect Back-Channel Logout): at once where they can, later
//! where they cannot, once where one process lives, and not at all where no session ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use josekit::jwk::Jwk;
use josekit::jws::{self, ES256, RS256};
use passerelle::app::outbound::app_client;
use passerelle::id::{ClientId, NodeId, SessionId};
use passerelle::jobs::deliver_logouts::DeliverLogouts;
use passerelle::model::client::{Appearance, Client};
use passerelle::model::login_session::{EndReason, LoginSession};
use passerelle::model::logout_notice::NoticeOutcome;
use passerelle::provider::logout::back_channel::BackChannel;
use passerelle::provider::logout::end_session::EndSession;
use passerelle::provider::logout::farewell::Farewell;
use passerelle::secret::Chance;
use passerelle::store::db::{Db, Sql};
use passerelle::store::login_sessions;
use passerelle::store::logout_outbox::{self, Standing};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::app::{App, Proof, jose_header};
use crate::support::browser::{Browser, Shown, form};
use crate::support::hearers::{Hearers, Way};
use crate::support::house::{House, ISSUER};
use crate::support::parts::{Parts, web};
use crate::support::postgres::new_database;
use crate::support::process::{Process, Site};

mod delivery;
mod killed;

const SECRET: &str = "told-secret-0123456789-0123456789-0123456789";
const HOUR: Duration = Duration::from_hours(1);

/// Apps of a house that are told at `hearers`; forum knows people by their old names, and wants ES256.
fn told_apps(hearers: &Hearers) -> String {
    let app = |id: &str, more: &str| {
        format!(
            "[[client]]\nid = \"{id}\"\nname = \"The {id}\"\nsecret = \"{SECRET}\"\nconsent = \"skip\"\n\
             redirect_uris = [\"https://{id}.example/callback\"]\n\
             post_logout_redirect_uris = [\"https://{id}.example/bye\"]\n\
             backchannel_logout_uri = \"{}\"\n{more}\n",
            hearers.uri(id)
        )
    };
    let forum = "subject = \"legacy_user_name\"\nid_token_signed_response_alg = \"ES256\"";
    app("tickets", "") + &app("forum", forum) + &app("shop", "")
}

fn told_app(router: &axum::Router, id: &'static str) -> App {
    let redirect = match id {
        "tickets" => "https://tickets.example/callback",
        "forum" => "https://forum.example/callback",
        _ => "https://shop.example/callback",
    };
    App { router: router.clone(), id, proof: Proof::Basic(SECRET), redirect }
}

async fn house() -> (Hearers, House) {
    let hearers = Hearers::open().await;
    let house = House::with(&told_apps(&hearers)).await;
    (hearers, house)
}

/// Signs `browser` in to an app; the session, as its ID token names it.
async fn takes_part(house: &House, browser: &mut Browser, id: &'static str) -> String {
    let tokens = told_app(&house.router, id).tokens(browser, &[("scope", "openid")]).await;
    tokens.id_claims()["sid"].as_str().unwrap().to_owned()
}

async fn signs_out(browser: &mut Browser) -> Shown {
    let page = browser.get("/sign-out").await;
    browser.sign_out(&page, "logout").await
}

/// The claims of a JWT whose signature stands up to the bridge's published keys.
async fn verified(browser: &mut Browser, jwt: &str) -> Value {
    let head = jose_header(jwt);
    let keys = browser.get("/jwks").await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == head["kid"]).unwrap();
    let key = Jwk::from_bytes(key.to_string()).unwrap();
    let payload = match head["alg"].as_str().unwrap() {
        "RS256" => jws::deserialize_compact(jwt, &RS256.verifier_from_jwk(&key).unwrap()).unwrap().0,
        "ES256" => jws::deserialize_compact(jwt, &ES256.verifier_from_jwk(&key).unwrap()).unwrap().0,
        other => panic!("{other}"),
    };
    serde_json::from_slice(&payload).unwrap()
}

#[tokio::test]
async fn a_logout_token_is_what_the_specification_says() {
    let (hearers, house) = house().await;
    let mut browser = house.browser();
    let mut id_tokens = BTreeMap::new();
    for id in ["tickets", "forum"] {
        let tokens = told_app(&house.router, id).tokens(&mut browser, &[("scope", "openid")]).await;
        id_tokens.insert(id.to_owned(), tokens);
    }
    signs_out(&mut browser).await;
    let calls = hearers.calls();
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(call.content_type, "application/x-www-form-urlencoded");
        assert_eq!(call.fields.keys().collect::<Vec<_>>(), ["logout_token"]);
        let id_token = &id_tokens[&call.app];
        let (head, said) = (jose_header(call.token()), id_token.id_claims());
        assert_eq!(head["typ"], "logout+jwt");
        assert_eq!(head["alg"], jose_header(id_token.id())["alg"]);
        let mut claims = verified(&mut browser, call.token()).await;
        let jti = claims.as_object_mut().unwrap().remove("jti").unwrap();
        assert!(jti.as_str().unwrap().len() >= 16);
        let now = house.now().as_seconds();
        let expected = json!({
            "iss": ISSUER,
            "sub": said["sub"],
            "aud": call.app,
            "iat": now,
            "exp": now + 120,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
            "sid": said["sid"],
        });
        assert_eq!(claims, expected, "and no nonce");
    }
    assert_ne!(calls[0].token(), calls[1].token());
}

#[tokio::test]
async fn a_logout_token_is_good_for_nothing_else() {
    let (hearers, house) = house().await;
    let mut browser = house.browser();
    let app = told_app(&house.router, "tickets");
    let tokens = app.tokens(&mut browser, &[("scope", "openid")]).await;
    signs_out(&mut browser).await;
    let token = hearers.calls()[0].token().to_owned();
    let hinted = |hint: &str| {
        let fields = [("id_token_hint", hint), ("post_logout_redirect_uri", "https://tickets.example/bye")];
        format!("/end-session?{}", form(&fields))
    };
    let by_id_token = browser.get(&hinted(tokens.id())).await;
    assert_eq!(by_id_token.location().as_deref(), Some("https://tickets.example/bye"));
    let by_logout_token = browser.get(&hinted(&token)).await;
    assert_eq!(by_logout_token.location(), None, "{by_logout_token:?}");
    assert_eq!(app.userinfo(&token).await.status, 401);
    for caller in [house.api(), app] {
        assert_eq!(caller.call("/introspect", &[("token", &token)]).await.json(), json!({ "active": false }));
    }
}

/// The apps under the heading with this id.
fn listed(page: &Shown, id: &str) -> Vec<String> {
    let Some((_, after)) = page.body.split_once(&format!("aria-labelledby=\"{id}\">")) else {
        return Vec::new();
    };
    let list = after.split("</ul>").next().unwrap();
    list.split("<li>").skip(1).map(|item| item.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_page_shows_who_heard_and_who_did_not() {
    let (hearers, house) = house().await;
    hearers.go_about("shop", Way::Fails);
    let mut browser = house.browser();
    for id in ["tickets", "forum", "shop"] {
        takes_part(&house, &mut browser, id).await;
    }
    let page = signs_out(&mut browser).await;
    assert!(page.is_page("signed-out-page"), "{page:?}");
    assert_eq!(listed(&page, "told"), ["The forum", "The tickets"]);
    assert_eq!(listed(&page, "unreached"), ["The shop"]);
}

#[tokio::test]
async fn who_is_asked_back_goes_at_once_when_everybody_has_heard() {
    let (hearers, house) = house().await;
    for (way, status) in [(Way::Hears, 303), (Way::Fails, 200)] {
        hearers.go_about("shop", way);
        let mut browser = house.browser();
        takes_part(&house, &mut browser, "shop").await;
        let tokens = told_app(&house.router, "tickets").tokens(&mut browser, &[("scope", "openid")]).await;
        let bye = "https://tickets.example/bye";
        let fields = [("id_token_hint", tokens.id()), ("post_logout_redirect_uri", bye)];
        let shown = browser.send(Method::GET, &format!("/end-session?{}", form(&fields)), None).await;
        assert_eq!(shown.status, status, "{shown:?}");
        assert_eq!(shown.location().as_deref(), (status == 303).then_some(bye));
    }
}

#[tokio::test]
async fn a_session_that_expires_is_told_and_one_that_lives_is_not() {
    let hearers = Hearers::open().await;
    let spans = "[session]\nidle = \"2h\"\nabsolute = \"5h\"\n";
    let house = House::with(&format!("{}{spans}", told_apps(&hearers))).await;
    let (mut idler, mut user) = (house.browser(), house.browser());
    let idle = takes_part(&house, &mut idler, "tickets").await;
    let used = takes_part(&house, &mut user, "tickets").await;
    house.round().await;
    assert!(hearers.calls().is_empty(), "nobody's time is over");
    for hour in 1..=4 {
        house.forward(HOUR);
        takes_part(&house, &mut user, "tickets").await;
        house.round().await;
        let told: Vec<_> = hearers.calls().iter().map(|call| call.told().1).collect();
        assert_eq!(told, if hour < 2 { vec![] } else { vec![idle.clone()] }, "after {hour} h");
    }
    house.forward(HOUR);
    house.round().await;
    let told: Vec<_> = hearers.calls().iter().map(|call| call.told().1).collect();
    assert_eq!(told, [idle, used], "used to the last, and over all the same");
}

/// Waits, for a minute at most, until it is so; whoever called says whether it became so.
async fn until(so: impl AsyncFn() -> bool) {
    for _ in 0..6_000 {
        if so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
