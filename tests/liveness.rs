//! Whether a person is still good at the old system, told through a whole bridge: who is shut out over there is out here within the
//! interval, and a system that says nothing throws nobody out.

use std::time::Duration;

use futures_util::future::join_all;
use passerelle::id::SessionId;
use passerelle::model::account::{Account, LastHeard};
use passerelle::model::login_session::{EndReason, LoginSession};
use passerelle::secret::Digest;
use passerelle::store::db::{Db, Sql};
use passerelle::store::{accounts, login_sessions, logout_outbox};
use tempfile::TempDir;

use crate::legacy_system::{Door, Fault};
use crate::support::app::{App, Tokens, error};
use crate::support::browser::Browser;
use crate::support::house::{CONFIG, House};

const MINUTE: Duration = Duration::from_mins(1);
/// What the stories are configured with: asked every five minutes, an hour counts.
const SESSION: &str = "[session]\nrevalidate = '5min'\nmax_stale = '1h'\n";

/// A house, and a second look into its database.
struct Story {
    house: House,
    db: Db,
    _folder: TempDir,
}

/// Who was signed in before something happened.
struct Bob {
    browser: Browser,
    tokens: Tokens,
}

fn with_client(config: &str) -> String {
    let client = "timeout = \"2s\"\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"";
    config.replace("timeout = \"2s\"", client) + "[legacy.token]\nclient = \"body\"\n"
}

impl Story {
    /// The bridge is a client of the old system, and gets refresh tokens.
    async fn open(more: &str) -> Self {
        let story = Self::of(&(with_client(CONFIG) + more)).await;
        story.house.old_system().console.change(|settings| settings.refresh_on_password = true);
        story
    }

    async fn of(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let house = House::of(&config.replace("sqlite::memory:", &url)).await;
        let db = Db::open(&url, 2).await.unwrap();
        Self { house, db, _folder: folder }
    }

    /// Bob signs in to `app` with a new browser; nothing of that stays in the journal.
    async fn bob(&self, app: &App, scope: &str) -> Bob {
        let mut browser = self.house.browser();
        let page = browser.get(&app.request(&[("scope", scope)])).await;
        let shown = browser.sign_in(&page, "bob", "builder").await;
        let code = shown.sent_to(app.redirect)["code"].clone();
        let tokens = Tokens::of(app.redeem(&code).await);
        self.house.old_system().journal.clear();
        Bob { browser, tokens }
    }

    fn forward(&self, minutes: u32) {
        self.house.forward(MINUTE * minutes);
    }

    fn calls(&self) -> usize {
        self.house.old_system().journal.calls().len()
    }

    fn probes(&self) -> usize {
        self.house.old_system().journal.calls_to("/api/user").len()
    }

    fn disable_bob(&self) {
        self.house.old_system().people.disable("bob").unwrap();
    }

    fn breaks(&self, fault: &Fault) {
        for door in [Door::Token, Door::Profile] {
            self.house.old_system().faults.set(door, fault.clone());
        }
    }

    async fn sessions(&self) -> Vec<LoginSession> {
        let ids = Sql::new("all sessions", "SELECT id FROM login_sessions ORDER BY id");
        let mut sessions = Vec::new();
        for row in self.db.fetch_all(&ids, Vec::new()).await.unwrap() {
            let id = SessionId::from(row.text("id").unwrap());
            sessions.extend(login_sessions::find(&self.db, &id).await.unwrap());
        }
        sessions
    }

    async fn ends(&self) -> Vec<Option<EndReason>> {
        let sessions = self.sessions().await;
        sessions.into_iter().map(|session| session.ended.map(|ended| ended.reason)).collect()
    }

    /// Refreshes at web.
    async fn refreshes(&self, bob: &mut Bob) {
        bob.tokens = Tokens::of(self.house.web().refresh(bob.tokens.refresh()).await);
    }

    async fn refusal(&self, bob: &Bob) -> (u16, String) {
        error(&self.house.web().refresh(bob.tokens.refresh()).await)
    }

    async fn userinfo(&self, bob: &Bob) -> u16 {
        self.house.web().userinfo(bob.tokens.access()).await.status.as_u16()
    }

    /// What a silent sign-on says: an error, or nothing where it gives a code.
    async fn silent(&self, bob: &mut Bob) -> Option<String> {
        let web = self.house.web();
        let sent = bob.browser.get(&web.request(&[("prompt", "none")])).await.sent_to(web.redirect);
        assert!(sent.contains_key("code") != sent.contains_key("error"), "{sent:?}");
        sent.get("error").cloned()
    }
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

/// The one of three doors at which he is met first.
#[derive(Clone, Copy, Debug)]
enum First {
    Refresh,
    UserInfo,
    Silent,
}

async fn is_met_at(story: &Story, bob: &mut Bob, door: First) {
    match door {
        First::Refresh => assert_eq!(story.refusal(bob).await, invalid_grant()),
        First::UserInfo => assert_eq!(story.userinfo(bob).await, 401),
        First::Silent => assert_eq!(story.silent(bob).await.as_deref(), Some("login_required")),
    }
}

#[tokio::test]
async fn who_is_disabled_over_there_is_out_at_whichever_door_he_comes_first() {
    for door in [First::Refresh, First::UserInfo, First::Silent] {
        let story = Story::open(SESSION).await;
        let mut bob = story.bob(&story.house.web(), "openid").await;
        story.disable_bob();
        story.forward(6);
        is_met_at(&story, &mut bob, door).await;
        assert_eq!(story.ends().await, [Some(EndReason::LegacyRefused)], "{door:?}");
        for other in [First::Refresh, First::UserInfo, First::Silent] {
            is_met_at(&story, &mut bob, other).await;
        }
    }
}

#[tokio::test]
async fn before_the_interval_is_over_nobody_is_asked() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    story.forward(4);
    story.refreshes(&mut bob).await;
    assert_eq!((story.userinfo(&bob).await, story.silent(&mut bob).await), (200, None));
    assert_eq!(story.calls(), 0);
}

#[tokio::test]
async fn everything_of_a_person_who_is_out_ends_and_every_app_hears_of_it() {
    let config = with_client(CONFIG).replace(
        "client_uri = \"https://web.example/\"",
        "client_uri = \"https://web.example/\"\nbackchannel_logout_uri = \"https://web.example/backchannel\"",
    );
    let config = config.replace(
        "redirect_uris = [\"https://old.example/callback\"]",
        "redirect_uris = [\"https://old.example/callback\"]\nbackchannel_logout_uri = \"https://old.example/backchannel\"",
    );
    let story = Story::of(&(config + SESSION)).await;
    story.house.old_system().console.change(|settings| settings.refresh_on_password = true);
    let web = story.house.web();
    let offline = story.bob(&web, "openid offline_access").await;
    let mut bob = story.bob(&web, "openid").await;
    let old = story.house.old();
    let sent = bob.browser.get(&old.request(&[("scope", "openid")])).await.sent_to(old.redirect);
    Tokens::of(old.redeem(&sent["code"]).await);
    story.disable_bob();
    story.forward(6);
    assert_eq!(story.userinfo(&bob).await, 401);
    assert_eq!(story.ends().await, [Some(EndReason::LegacyRefused); 2]);
    assert_eq!(story.refusal(&offline).await, invalid_grant());
    assert_eq!(story.refusal(&bob).await, invalid_grant());
    let mut told = Vec::new();
    for session in story.sessions().await {
        let standing = logout_outbox::standing(&story.db, &session.id).await.unwrap();
        told.push(standing.iter().map(|notice| notice.client.as_str().to_owned()).collect::<Vec<_>>());
    }
    told.iter_mut().for_each(|clients| clients.sort());
    told.sort();
    assert_eq!(told, [vec!["old", "web"], vec!["web"]]);
}

#[tokio::test]
async fn many_calls_ask_once_in_each_interval() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    for interval in 1..=2 {
        story.forward(5);
        let answers = join_all((0..10).map(|_| story.userinfo(&bob))).await;
        assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
        assert_eq!(story.silent(&mut bob).await, None);
        story.refreshes(&mut bob).await;
        assert_eq!((story.probes(), story.calls()), (interval, interval));
    }
}

#[tokio::test]
async fn a_system_that_is_down_for_ten_minutes_signs_nobody_out() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.breaks(&Fault::Html503);
    for _ in 0..2 {
        story.forward(5);
        story.refreshes(&mut bob).await;
        assert_eq!((story.userinfo(&bob).await, story.silent(&mut bob).await), (200, None));
    }
    assert_eq!((story.ends().await, story.probes()), (vec![None], 2));
    // And it is not forgotten to ask.
    story.breaks(&Fault::None);
    story.disable_bob();
    story.forward(5);
    assert_eq!(story.refusal(&bob).await, invalid_grant());
}

#[tokio::test]
async fn a_system_that_says_nothing_for_too_long_gives_nothing_new_and_ends_nothing() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.breaks(&Fault::Html503);
    story.forward(55);
    story.refreshes(&mut bob).await;
    story.forward(6);
    assert_eq!(story.userinfo(&bob).await, 503);
    let late = (503, "temporarily_unavailable".to_owned());
    assert_eq!(story.refusal(&bob).await, late);
    assert_eq!(story.refusal(&bob).await, late, "also while it is not asked again");
    assert_eq!(story.silent(&mut bob).await.as_deref(), Some("login_required"));
    assert_eq!(story.ends().await, [None]);
    story.breaks(&Fault::None);
    story.forward(6);
    story.refreshes(&mut bob).await;
    assert_eq!((story.userinfo(&bob).await, story.silent(&mut bob).await), (200, None));
    assert_eq!(story.ends().await, [None]);
}

#[tokio::test]
async fn an_access_token_that_died_early_costs_one_refresh_and_no_session() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.house.old_system().end_access_tokens();
    story.forward(6);
    story.refreshes(&mut bob).await;
    assert_eq!((story.userinfo(&bob).await, story.silent(&mut bob).await), (200, None));
    assert_eq!((story.house.old_system().journal.refreshes(), story.probes()), (1, 2));
    assert_eq!(story.ends().await, [None]);
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_ends_the_session() {
    let story = Story::open(SESSION).await;
    let bob = story.bob(&story.house.web(), "openid").await;
    story.house.old_system().rotate_elsewhere("bob", "passerelle").unwrap();
    story.forward(30);
    assert_eq!(story.refusal(&bob).await, invalid_grant());
    assert_eq!(story.ends().await, [Some(EndReason::LegacyRefused)]);
}

#[tokio::test]
async fn a_lost_answer_ends_no_session() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.house.old_system().faults.set(Door::Token, Fault::Lost);
    story.forward(30);
    story.refreshes(&mut bob).await;
    assert_eq!((story.silent(&mut bob).await, story.ends().await), (None, vec![None]));
}

#[tokio::test]
async fn who_cannot_be_asked_about_any_more_counts_as_good_for_a_while_and_signs_in_again_then() {
    let story = Story::open(SESSION).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.house.old_system().faults.set(Door::Token, Fault::Lost);
    story.forward(30);
    story.refreshes(&mut bob).await;
    story.house.old_system().faults.set(Door::Token, Fault::None);
    story.forward(29);
    story.refreshes(&mut bob).await;
    // An hour after the last answer. Nothing ends, and nothing new is given for an old word.
    story.forward(2);
    for _ in 0..2 {
        assert_eq!(story.refusal(&bob).await, invalid_grant());
        assert_eq!(story.userinfo(&bob).await, 401);
        assert_eq!(story.silent(&mut bob).await.as_deref(), Some("login_required"));
    }
    assert_eq!(story.ends().await, [None]);
    let page = bob.browser.get(&story.house.web().request(&[])).await;
    bob.browser.sign_in(&page, "bob", "builder").await;
    story.refreshes(&mut bob).await;
    assert_eq!((story.userinfo(&bob).await, story.silent(&mut bob).await), (200, None));
}

#[tokio::test]
async fn a_sign_in_that_brought_nothing_to_ask_with_lives_by_the_rules_of_the_bridge() {
    // A client for hand-overs alone: who signs in here gets no refresh token over there.
    let client = "timeout = \"2s\"\nclient_id = \"passerelle\"\nclient_secret = \"legacy-client-secret\"";
    let story = Story::of(&(CONFIG.replace("timeout = \"2s\"", client) + SESSION)).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.forward(120);
    story.refreshes(&mut bob).await;
    assert_eq!((story.calls(), story.ends().await), (0, vec![None]));
}

/// The gateway meets it first, for example.
#[tokio::test]
async fn a_refusal_that_somebody_else_met_does_not_wait_for_the_interval() {
    let story = Story::open(&format!("{SESSION}revalidate_idle = false\n")).await;
    story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    story.forward(1);
    story.house.bridge.round().await.unwrap();
    assert_eq!((story.calls(), story.ends().await), (0, vec![None]));
    let doubt = Sql::new("doubt", "UPDATE accounts SET asked_at = NULL");
    story.db.write(move |tx| Box::pin(async move { tx.execute(&doubt, Vec::new()).await })).await.unwrap();
    story.house.bridge.round().await.unwrap();
    assert_eq!(story.ends().await, [Some(EndReason::LegacyRefused)]);
}

#[tokio::test]
async fn a_doubt_stays_until_the_old_system_has_answered() {
    let story = Story::open(&format!("{SESSION}revalidate_idle = false\n")).await;
    story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    let doubt = Sql::new("doubt", "UPDATE accounts SET asked_at = NULL");
    story.db.write(move |tx| Box::pin(async move { tx.execute(&doubt, Vec::new()).await })).await.unwrap();
    story.breaks(&Fault::Html503);
    story.house.bridge.round().await.unwrap();
    assert_eq!((story.probes(), story.ends().await), (1, vec![None]));
    story.breaks(&Fault::None);
    story.house.bridge.round().await.unwrap();
    assert_eq!(story.ends().await, [Some(EndReason::LegacyRefused)]);
}

#[tokio::test]
async fn a_question_is_brought_to_its_end_whatever_becomes_of_the_others() {
    let story = Story::open(&format!("{SESSION}revalidate_idle = true\n")).await;
    story.house.web().code(&mut story.house.browser(), &[]).await;
    story.bob(&story.house.web(), "openid").await;
    let breaks = Sql::new(
        "break",
        "CREATE TRIGGER broken BEFORE UPDATE OF asked_at ON accounts WHEN OLD.user_name = 'alice' \
         BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    story.db.write(move |tx| Box::pin(async move { tx.execute(&breaks, Vec::new()).await })).await.unwrap();
    story.disable_bob();
    // What is said of bob comes after the trouble with alice.
    story.house.old_system().faults.set(Door::Profile, Fault::Delay(Duration::from_millis(300)));
    story.forward(6);
    story.house.bridge.round().await.unwrap_err();
    assert_eq!(story.ends().await.into_iter().flatten().collect::<Vec<_>>(), [EndReason::LegacyRefused]);
}

/// People of a system that is not there any more, or cannot be asked, stand before nobody.
#[tokio::test]
async fn who_cannot_be_asked_about_keeps_nobody_from_his_turn() {
    let story = Story::open(&format!("{SESSION}revalidate_idle = true\n")).await;
    story.bob(&story.house.web(), "openid").await;
    let [session] = &*story.sessions().await else { panic!("bob's") };
    for number in 0..60 {
        let (session, now) = (session.clone(), story.house.now());
        let insert = story.db.write(move |tx| {
            Box::pin(async move {
                let account = Account {
                    id: format!("0-{number}").as_str().into(),
                    connector: "gone".into(),
                    legacy_id: format!("{number}").as_str().into(),
                    user_name: format!("person-{number}"),
                    claims: serde_json::Map::new(),
                    created_at: now,
                    updated_at: now,
                    heard: LastHeard::default(),
                };
                accounts::remember(tx, &account).await?;
                let cookie = Digest::of(&account.user_name);
                let id = format!("session-{number}").as_str().into();
                login_sessions::insert(tx, &LoginSession { id, account: account.id, cookie, ..session }).await
            })
        });
        insert.await.unwrap();
    }
    story.disable_bob();
    story.forward(6);
    story.house.bridge.round().await.unwrap();
    let ends = story.ends().await;
    assert_eq!(ends.iter().flatten().count(), 1, "{ends:?}");
}

#[tokio::test]
async fn without_a_client_over_there_a_session_lives_by_the_rules_of_the_bridge() {
    let story = Story::of(&format!("{CONFIG}{SESSION}")).await;
    let mut bob = story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    // Its access token has expired, and there is no other.
    story.forward(30);
    story.refreshes(&mut bob).await;
    assert_eq!((story.userinfo(&bob).await, story.silent(&mut bob).await), (200, None));
    story.forward(120);
    story.refreshes(&mut bob).await;
    assert_eq!((story.calls(), story.ends().await), (0, vec![None]));
}

#[tokio::test]
async fn without_a_client_the_access_token_still_tells_while_it_lives() {
    let story = Story::of(&format!("{CONFIG}{SESSION}")).await;
    let bob = story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    story.forward(6);
    assert_eq!(story.refusal(&bob).await, invalid_grant());
}

#[tokio::test]
async fn a_session_that_nobody_uses_is_asked_about_where_that_is_wanted() {
    let story = Story::open(&format!("{SESSION}revalidate_idle = true\n")).await;
    story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    story.forward(4);
    story.house.bridge.round().await.unwrap();
    assert_eq!((story.calls(), story.ends().await), (0, vec![None]), "the interval is not over");
    story.forward(2);
    story.house.bridge.round().await.unwrap();
    assert_eq!(story.ends().await, [Some(EndReason::LegacyRefused)]);
}

#[tokio::test]
async fn a_session_that_nobody_uses_is_left_alone_where_it_is_not() {
    let story = Story::open(&format!("{SESSION}revalidate_idle = false\n")).await;
    story.bob(&story.house.web(), "openid").await;
    story.disable_bob();
    story.forward(30);
    story.house.bridge.round().await.unwrap();
    assert_eq!((story.calls(), story.ends().await), (0, vec![None]));
}
