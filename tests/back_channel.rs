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

/// Clients with these ids, each told at its address.
fn clients(uris: &BTreeMap<String, String>) -> Vec<Client> {
    let client = |(id, uri): (&String, &String)| Client {
        id: ClientId::from(id.as_str()),
        appearance: Appearance { name: id.clone(), ..Appearance::default() },
        backchannel_logout_uri: Some(uri.clone()),
        ..web()
    };
    uris.iter().map(client).collect()
}

/// Seventy that hear, and thirty that do not, each in its own way.
fn a_hundred(hearers: &Hearers) -> BTreeMap<String, String> {
    let mut uris = BTreeMap::new();
    let kinds = [
        ("hears", 70, Way::Hears),
        ("hangs", 10, Way::Hangs),
        ("fails", 10, Way::Fails),
        ("redirects", 5, Way::Redirects),
    ];
    for (kind, count, way) in kinds {
        for number in 0..count {
            let id = format!("{kind}-{number}");
            hearers.go_about(&id, way);
            uris.insert(id.clone(), hearers.uri(&id));
        }
    }
    uris.extend((0..5).map(|number| (format!("slams-{number}"), hearers.slamming_uri())));
    uris
}

fn with_outcome(standing: &[Standing], outcome: Option<NoticeOutcome>) -> Vec<&Standing> {
    standing.iter().filter(|note| note.outcome == outcome).collect()
}

async fn standing(db: &Db, session: &LoginSession) -> Vec<Standing> {
    logout_outbox::standing(db, &session.id).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_apps_the_sick_ones_hold_nobody_up_and_are_told_later_or_given_up() {
    let hearers = Hearers::open().await;
    let parts = Parts::with_clients(clients(&a_hundred(&hearers))).await;
    let (farewell, alice) = (parts.farewell(), parts.everybody_takes_part(0).await);
    let began = Instant::now();
    assert!(farewell.end(&alice, EndReason::SignedOut, parts.now()).await.unwrap());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    let told = farewell.told(&alice.id).await.unwrap();
    assert_eq!((told.heard.len(), told.unreached.len()), (70, 30));
    assert!(told.heard.iter().all(|client| client.id.as_str().starts_with("hears-")));
    let calls = hearers.told();
    assert_eq!(calls.len(), 95);
    assert!(calls.values().all(|times| *times == 1), "{calls:?}");

    let notes = standing(&parts.db, &alice).await;
    let open = with_outcome(&notes, None);
    assert_eq!(open.len(), 30);
    assert!(open.iter().all(|note| note.attempts == 1 && note.trouble.is_some()), "{open:?}");
    let channel = &farewell.back_channel;
    assert_eq!(channel.deliver_due().await.unwrap(), 0, "not yet");
    are_tried_again(&parts, &hearers, channel, &alice).await;
    are_given_up(&parts, &hearers, channel, &alice).await;
    assert_eq!(hearers.strays(), 0, "nobody follows a redirect");
}

async fn are_tried_again(parts: &Parts, hearers: &Hearers, channel: &BackChannel, alice: &LoginSession) {
    hearers.go_about("fails-0", Way::Hears);
    parts.clock.forward(Duration::from_secs(7));
    assert_eq!(channel.deliver_due().await.unwrap(), 30);
    let notes = standing(&parts.db, alice).await;
    let healed = notes.iter().find(|note| note.client.as_str() == "fails-0").unwrap();
    assert_eq!(healed.outcome, Some(NoticeOutcome::Delivered));
    assert!(with_outcome(&notes, None).iter().all(|note| note.attempts == 2));
}

async fn are_given_up(parts: &Parts, hearers: &Hearers, channel: &BackChannel, alice: &LoginSession) {
    parts.clock.forward(HOUR * 12);
    assert_eq!(channel.deliver_due().await.unwrap(), 29);
    let notes = standing(&parts.db, alice).await;
    assert_eq!(with_outcome(&notes, Some(NoticeOutcome::GivenUp)).len(), 29);
    assert_eq!(with_outcome(&notes, Some(NoticeOutcome::Delivered)).len(), 71);
    let so_far = hearers.calls().len();
    parts.clock.forward(HOUR * 24);
    assert_eq!(channel.deliver_due().await.unwrap(), 0);
    assert_eq!(hearers.calls().len(), so_far);
}

#[derive(Clone, Copy, Debug)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Parts on a database of `engine`, with as many clients as hear, and a second handle on it.
async fn shared(engine: Engine, hearers: &Hearers, count: usize) -> (tempfile::TempDir, Parts, Db) {
    let folder = tempfile::tempdir().unwrap();
    let url = match engine {
        Engine::Sqlite => format!("sqlite:{}", folder.path().join("store.db").display()),
        Engine::Postgres => new_database(),
    };
    let ids = (0..count).map(|number| format!("app-{number}"));
    let uris = ids.map(|id| (id.clone(), hearers.uri(&id))).collect();
    let (db, other) = (Db::open(&url, 8).await.unwrap(), Db::open(&url, 8).await.unwrap());
    (folder, Parts { db, ..Parts::with_clients(clients(&uris)).await }, other)
}

async fn drains(channel: BackChannel) -> usize {
    let mut all = 0;
    loop {
        match channel.deliver_due().await.unwrap() {
            0 => return all,
            some => all += some,
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_tell_each_app_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let hearers = Hearers::open().await;
    let (_folder, parts, other) = shared(engine, &hearers, 50).await;
    let left = parts.back_channel();
    let right = BackChannel { db: other, node: NodeId::mint(&Chance::System), ..parts.back_channel() };
    for number in 0..6 {
        let ended = parts.everybody_takes_part(number).await;
        parts.end_session().end(&ended.id, EndReason::SignedOut, parts.now()).await.unwrap().unwrap();
    }
    let (left, right) = tokio::join!(tokio::spawn(drains(left)), tokio::spawn(drains(right)));
    assert_eq!(left.unwrap() + right.unwrap(), 300);
    let told = hearers.told();
    assert_eq!(told.len(), 300);
    assert!(told.values().all(|times| *times == 1), "{told:?}");
}

fn one_app(hearers: &Hearers, way: Way) -> Vec<Client> {
    hearers.go_about("app", way);
    clients(&BTreeMap::from([("app".to_owned(), hearers.uri("app"))]))
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_an_app_that_hangs() {
    let hearers = Hearers::open().await;
    let parts = Parts::with_clients(one_app(&hearers, Way::Hangs)).await;
    let (mut farewell, alice) = (parts.farewell(), parts.everybody_takes_part(0).await);
    let hour = Duration::from_hours(1);
    farewell.back_channel.limits.timeout = hour;
    farewell.back_channel.http = app_client(hour).unwrap();
    let answered = farewell.end(&alice, EndReason::SignedOut, parts.now());
    assert!(tokio::time::timeout(Duration::from_mins(2), answered).await.unwrap().unwrap());
    assert_eq!(farewell.told(&alice.id).await.unwrap().unreached.len(), 1);
}

#[tokio::test]
async fn an_answer_without_content_is_one() {
    let hearers = Hearers::open().await;
    let parts = Parts::with_clients(one_app(&hearers, Way::Nods)).await;
    let (farewell, alice) = (parts.farewell(), parts.everybody_takes_part(0).await);
    farewell.end(&alice, EndReason::SignedOut, parts.now()).await.unwrap();
    assert_eq!(farewell.told(&alice.id).await.unwrap().heard.len(), 1);
}

#[tokio::test]
async fn an_app_that_fails_is_told_later_and_later_and_never_after_longer_than_a_quarter_of_an_hour() {
    let hearers = Hearers::open().await;
    let parts = Parts::with_clients(one_app(&hearers, Way::Fails)).await;
    let (channel, alice) = (parts.back_channel(), parts.everybody_takes_part(0).await);
    parts.end_session().end(&alice.id, EndReason::SignedOut, parts.now()).await.unwrap().unwrap();
    let mut pauses = Vec::new();
    for _ in 0..12 {
        assert_eq!(channel.deliver_due().await.unwrap(), 1);
        let due = Sql::new("when it is due", "SELECT due_at FROM logout_outbox");
        let due = parts.db.fetch_all(&due, Vec::new()).await.unwrap().remove(0).time("due_at").unwrap();
        let pause = due.since(parts.now());
        pauses.push(pause.as_secs());
        parts.clock.forward(pause);
    }
    // 5 seconds, doubled each time, a quarter more or less; at most 15 minutes.
    for (pause, exactly) in pauses.iter().zip([5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]) {
        assert!((exactly * 3 / 4..=exactly * 5 / 4).contains(pause), "{pauses:?}");
    }
    let mut last = pauses.split_off(8);
    last.dedup();
    assert!(last.len() > 1, "never the same for all: {last:?}");
}

/// A person signs out of an app that hangs for everybody: when there is no turn for it in time, it is left to the job, untried.
#[tokio::test(flavor = "multi_thread")]
async fn who_gets_no_turn_is_left_to_the_job() {
    let hearers = Hearers::open().await;
    let parts = Parts::with_clients(one_app(&hearers, Way::Hangs)).await;
    let channel = parts.back_channel();
    let ended = parts.everybody_takes_part(0).await;
    parts.end_session().end(&ended.id, EndReason::SignedOut, parts.now()).await.unwrap().unwrap();
    let mut turns = Vec::new();
    while channel.turns.free(&ClientId::from("app"), 0) > 0 {
        turns.push(channel.turns.take(&ClientId::from("app")).await.unwrap());
    }
    assert_eq!(channel.deliver_due().await.unwrap(), 0, "the job takes nothing that it cannot tell");
    channel.deliver_of(&ended.id).await.unwrap();
    assert_eq!((hearers.calls().len(), standing(&parts.db, &ended).await[0].attempts), (0, 0));
    drop(turns);
    hearers.go_about("app", Way::Hears);
    assert_eq!(channel.deliver_due().await.unwrap(), 1, "nobody holds it any more");
    assert_eq!(hearers.calls().len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_a_dead_node_held_is_told_when_its_lease_is_over(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let hearers = Hearers::open().await;
    let (_folder, parts, other) = shared(engine, &hearers, 3).await;
    let ended = parts.everybody_takes_part(0).await;
    parts.end_session().end(&ended.id, EndReason::SignedOut, parts.now()).await.unwrap().unwrap();
    let (dead, now) = (NodeId::mint(&Chance::System), parts.now());
    let claim = other.write(move |tx| {
        let until = now + Duration::from_mins(1);
        Box::pin(async move { logout_outbox::claim_due(tx, &dead, |_, _| 100, (now, until)).await })
    });
    assert_eq!(claim.await.unwrap().len(), 3);
    let living = parts.back_channel();
    parts.clock.forward(Duration::from_secs(59));
    assert_eq!(living.deliver_due().await.unwrap(), 0, "somebody may be about it");
    parts.clock.forward(Duration::from_secs(1));
    assert_eq!(living.deliver_due().await.unwrap(), 3);
    assert_eq!(hearers.calls().len(), 3);
}

/// A farewell beside the job of its own process, as the bridge wires them.
#[tokio::test(flavor = "multi_thread")]
async fn the_person_is_told_who_heard_although_the_job_delivers_too() {
    let hearers = Hearers::open().await;
    let uris =
        (0..3).map(|number| format!("app-{number}")).map(|id| (id.clone(), hearers.uri(&id))).collect();
    for id in BTreeMap::keys(&uris) {
        hearers.go_about(id, Way::Takes(Duration::from_millis(20)));
    }
    let parts = Parts::with_clients(clients(&uris)).await;
    let mut farewell: Farewell = parts.farewell();
    farewell.end_session.wake = Arc::clone(&farewell.back_channel.wake);
    let job = tokio::spawn(DeliverLogouts { back_channel: farewell.back_channel.clone() }.run());
    for number in 0..30 {
        let ended = parts.everybody_takes_part(number).await;
        farewell.end(&ended, EndReason::SignedOut, parts.now()).await.unwrap();
        let told = farewell.told(&ended.id).await.unwrap();
        assert_eq!((told.heard.len(), told.unreached.len()), (3, 0), "the {number}th");
    }
    job.abort();
}

/// Two of ten that never answer hold up nobody: all the others hear while the first calls to those two still hang.
#[tokio::test(flavor = "multi_thread")]
async fn apps_that_hang_keep_no_other_from_hearing() {
    let hearers = Hearers::open().await;
    let kinds = (0..8).map(|number| (format!("hears-{number}"), Way::Hears));
    let kinds = kinds.chain((0..2).map(|number| (format!("hangs-{number}"), Way::Hangs)));
    let mut uris = BTreeMap::new();
    for (id, way) in kinds {
        hearers.go_about(&id, way);
        uris.insert(id.clone(), hearers.uri(&id));
    }
    let parts = Parts::with_clients(clients(&uris)).await;
    let mut channel = parts.back_channel();
    // Longer than this story may take, as the limit of the HTTP client would be.
    channel.limits.timeout = Duration::from_mins(10);
    channel.http = app_client(channel.limits.timeout).unwrap();
    let end_session = EndSession { wake: Arc::clone(&channel.wake), ..parts.end_session() };
    for number in 0..60 {
        let ended = parts.everybody_takes_part(number).await;
        end_session.end(&ended.id, EndReason::Expired, parts.now()).await.unwrap().unwrap();
    }
    let job = tokio::spawn(DeliverLogouts { back_channel: channel }.run());
    let heard = || hearers.calls().iter().filter(|call| call.app.starts_with("hears-")).count();
    until(async || heard() == 480).await;
    assert_eq!(heard(), 480);
    assert_eq!(hearers.calls().len(), 480 + 16, "eight calls to each that hangs, and no more meanwhile");
    job.abort();
}

/// Somebody signed in with a browser.
#[derive(Clone)]
struct Seat {
    browser: Browser,
    sid: String,
}

const APPS: [&str; 3] = ["tickets", "forum", "shop"];

async fn sits_down(router: axum::Router) -> Seat {
    let mut browser = Browser::new(router.clone());
    let mut sid = String::new();
    for id in APPS {
        let tokens = told_app(&router, id).tokens(&mut browser, &[("scope", "openid")]).await;
        tokens.id_claims()["sid"].as_str().unwrap().clone_into(&mut sid);
    }
    Seat { browser, sid }
}

/// Signs out at whatever process runs now, as far as that gets.
async fn tries_to_sign_out(seat: Seat, process: axum::Router) {
    let mut browser = Browser::new(process).with_cookies_of(&seat.browser);
    let page = browser.get("/sign-out").await;
    if page.is_page("logout-page") {
        browser.sign_out(&page, "logout").await;
    }
}

fn sign_out_all(seats: &[Seat], process: &Process) -> Vec<tokio::task::JoinHandle<()>> {
    let tries =
        seats.iter().map(|seat| tokio::spawn(tries_to_sign_out(seat.clone(), process.router.clone())));
    tries.collect()
}

async fn has_ended(db: &Db, seat: &Seat) -> bool {
    let session = login_sessions::find(db, &SessionId::from(seat.sid.as_str())).await.unwrap();
    session.unwrap().ended.is_some()
}

async fn unsettled(db: &Db) -> usize {
    let count = Sql::new("count unsettled", "SELECT id FROM logout_outbox WHERE settled_at IS NULL");
    db.fetch_all(&count, Vec::new()).await.unwrap().len()
}

/// As if a minute and more had gone by: what a dead process held is free.
async fn leases_run_out(db: &Db) {
    let age = Sql::new("age leases", "UPDATE logout_outbox SET leased_until = leased_until - 70");
    db.write(move |tx| Box::pin(async move { tx.execute(&age, Vec::new()).await })).await.unwrap();
}

/// Signs out with every seat while the process is killed again and again; how many notices stood open when it was.
async fn signs_out_under_fire(site: &Site, db: &Db, seats: &[Seat]) -> usize {
    let mut open = 0;
    for (round, some) in seats.chunks(10).enumerate() {
        let process = site.starts().await;
        let tries = sign_out_all(some, &process);
        let [chance] = Chance::System.bytes::<1>();
        if round == 0 {
            // Chance may always miss the moment; this round does not.
            until(async || unsettled(db).await > 0).await;
        } else {
            tokio::time::sleep(Duration::from_millis(50 + u64::from(chance) * 2)).await;
        }
        process.is_killed();
        futures_util::future::join_all(tries).await;
        open += unsettled(db).await;
    }
    open
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

#[tokio::test(flavor = "multi_thread")]
async fn whenever_it_is_killed_everybody_hears_of_what_ended_and_of_nothing_else() {
    let hearers = Hearers::open().await;
    APPS.iter().for_each(|id| hearers.go_about(id, Way::Takes(Duration::from_millis(300))));
    let site = Site::with("sqlite:passerelle.db", &told_apps(&hearers)).await;
    let process = site.starts().await;
    let (mut seats, db) = (Vec::new(), open_beside(&site).await);
    // One after the other: many tries for one person at once are throttled.
    for _ in 0..55 {
        seats.push(sits_down(process.router.clone()).await);
    }
    let (leaving, staying) = seats.split_at(50);
    process.is_killed();

    let open = signs_out_under_fire(&site, &db, leaving).await;
    assert!(open > 0, "it was always killed when nothing was under way");
    leases_run_out(&db).await;
    let process = site.starts().await;
    // Whoever got no answer signs out once more.
    futures_util::future::join_all(sign_out_all(leaving, &process)).await;
    until(async || unsettled(&db).await == 0).await;
    let told = hearers.told();
    for seat in leaving {
        assert!(has_ended(&db, seat).await, "{}", site.logs());
        for id in APPS {
            assert!(told.contains_key(&(id.to_owned(), seat.sid.clone())), "{id} of {}", seat.sid);
        }
    }
    assert_eq!(told.len(), 150, "of nothing else");
    for seat in staying {
        assert!(!has_ended(&db, seat).await);
    }
}

/// A handle of our own on the database of `site`.
async fn open_beside(site: &Site) -> Db {
    Db::open(&format!("sqlite:{}", site.folder.path().join("passerelle.db").display()), 2).await.unwrap()
}
