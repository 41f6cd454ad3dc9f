//! The process is killed while it tells the apps: after the next start everybody has heard of what ended, and of nothing else.

use super::*;

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
