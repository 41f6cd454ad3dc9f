//! Many apps, some of them sick: who hears at once, who later, and who is given up.

use super::*;

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

/// Each of both may take as long as one call.
#[tokio::test]
async fn what_waits_for_its_turn_and_for_the_answer_is_not_told_by_somebody_else() {
    let hearers = Hearers::open().await;
    let parts = Parts::with_clients(one_app(&hearers, Way::Hangs)).await;
    let (mut channel, alice) = (parts.back_channel(), parts.everybody_takes_part(0).await);
    channel.limits.timeout = HOUR;
    parts.end_session().end(&alice.id, EndReason::SignedOut, parts.now()).await.unwrap().unwrap();
    for (later, taken) in [(Duration::ZERO, 1), (HOUR * 2, 0), (HOUR, 1)] {
        parts.clock.forward(later);
        assert_eq!(channel.take_due().await.unwrap().len(), taken, "{later:?}");
    }
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
