//! Service accounts: signed in when a token is wanted, by one at a time, and never with a password that was refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use passerelle::admin::service_accounts::{ServiceAccountError, ServiceAccounts as Operator};
use passerelle::id::ServiceAccountName;
use passerelle::model::service_account::{KeptServiceAccount, ServiceAccount};
use passerelle::store::service_accounts::{self, Held as HeldAccount};
use passerelle::vault::service_accounts::ServiceAccounts;
use passerelle::vault::service_passwords::ServicePasswords;

use super::*;
use crate::support::postgres;

const PASSWORD: &str = "svc-password-for-loopback-only";
/// Long enough for everybody to come while a sign-in is under way.
const A_WHILE: Duration = Duration::from_millis(500);

fn members() -> ServiceAccountName {
    ServiceAccountName::from("members")
}

fn account(user_name: &str, password: Option<&str>) -> ServiceAccount {
    ServiceAccount { name: members(), user_name: user_name.to_owned(), password: password.map(Secret::from) }
}

fn passwords(account: ServiceAccount) -> ServicePasswords {
    ServicePasswords {
        sealer: sealer(),
        chance: Chance::System,
        accounts: Arc::new(BTreeMap::from([(account.name.clone(), account)])),
    }
}

impl Town {
    /// The service accounts of a bridge that has just started.
    fn services(&self, account: ServiceAccount) -> ServiceAccounts {
        ServiceAccounts::new(self.vault.clone(), passwords(account))
    }

    fn operator(&self, account: ServiceAccount) -> Operator {
        Operator { db: self.vault.db.clone(), passwords: passwords(account) }
    }

    /// How often a password of this user was sent.
    fn sign_ins(&self, user_name: &str) -> usize {
        let calls = self.system().journal.calls_to("/token").into_iter();
        let of = |call: &crate::legacy_system::Call| {
            call.field("grant_type") == Some("password") && call.field("username") == Some(user_name)
        };
        calls.filter(of).count()
    }

    async fn kept(&self) -> KeptServiceAccount {
        service_accounts::find(&self.vault.db, &members()).await.unwrap().unwrap()
    }

    /// No refresh token comes with a sign-in, as with a bare password grant.
    async fn without_refresh_tokens() -> Self {
        let Self { running, clock, vault } = Self::open().await;
        running.system.console.change(|settings| settings.refresh_on_password = false);
        let plain = connector(&format!("preset = 'imis'\nbase_url = '{}'\ntimeout = '1s'", running.base_url));
        let vault = Vault::new(vault.db, sealer(), plain, clock.clone(), Chance::System);
        Self { running, clock, vault }
    }
}

async fn at_once(services: &ServiceAccounts, how_many: usize) -> Vec<Result<Secret, VaultError>> {
    let asked = (0..how_many).map(|_| {
        let services = services.clone();
        tokio::spawn(async move { services.fresh(&members()).await })
    });
    join_all(asked).await.into_iter().map(Result::unwrap).collect()
}

fn is_refused(token: &Result<Secret, VaultError>) -> bool {
    matches!(token, Err(VaultError::Refused { .. }))
}

fn is_unavailable(token: &Result<Secret, VaultError>) -> bool {
    matches!(token, Err(VaultError::Unavailable { .. }))
}

#[tokio::test]
async fn an_account_signs_in_when_its_token_is_first_wanted_and_not_again_while_it_works() {
    let town = Town::open().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    assert_eq!(town.sign_ins("svc"), 0);
    let token = services.fresh(&members()).await.unwrap();
    assert_eq!(services.fresh(&members()).await.unwrap(), token);
    assert_eq!((town.sign_ins("svc"), town.refreshes()), (1, 0));
    // After a restart it still has it.
    assert_eq!(town.services(account("svc", Some(PASSWORD))).fresh(&members()).await.unwrap(), token);
    assert_eq!(town.sign_ins("svc"), 1);
    town.forward(BEYOND_ITS_LIFE);
    assert_ne!(services.fresh(&members()).await.unwrap(), token);
    assert_eq!((town.sign_ins("svc"), town.refreshes()), (1, 1), "refreshed like everybody's");
}

#[tokio::test]
async fn an_account_signs_in_again_where_there_is_nothing_to_refresh_with() {
    let town = Town::without_refresh_tokens().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    let first = services.fresh(&members()).await.unwrap();
    town.forward(BEYOND_ITS_LIFE);
    assert_ne!(services.fresh(&members()).await.unwrap(), first);
    assert_eq!((town.sign_ins("svc"), town.refreshes()), (2, 0));
}

#[tokio::test]
async fn an_account_signs_in_again_when_its_refresh_token_was_spent_elsewhere() {
    let town = Town::open().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    services.fresh(&members()).await.unwrap();
    town.forward(BEYOND_ITS_LIFE);
    town.system().rotate_elsewhere("svc", CLIENT).unwrap();
    services.fresh(&members()).await.unwrap();
    assert_eq!((town.sign_ins("svc"), town.refreshes()), (2, 1));
}

#[tokio::test]
async fn a_token_that_died_before_its_time_is_replaced() {
    let town = Town::without_refresh_tokens().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    let dead = services.fresh(&members()).await.unwrap();
    town.forward(Duration::from_mins(1));
    town.system().end_access_tokens();
    let living = services.fresh_instead_of(&members(), &dead).await.unwrap();
    assert_ne!(living, dead);
    // Somebody who held the dead one too is given what there is.
    assert_eq!(services.fresh_instead_of(&members(), &dead).await.unwrap(), living);
    assert_eq!(town.sign_ins("svc"), 2);
}

#[tokio::test]
async fn an_api_that_refuses_every_token_does_not_make_the_account_sign_in_for_each_request() {
    let town = Town::without_refresh_tokens().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    let mut token = services.fresh(&members()).await.unwrap();
    for _ in 0..60 {
        if let Ok(other) = services.fresh_instead_of(&members(), &token).await {
            token = other;
        }
        town.forward(Duration::from_secs(1));
    }
    assert!(town.sign_ins("svc") <= 7, "{}", town.sign_ins("svc"));
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_who_ask_at_once_share_one_sign_in() {
    let town = Town::open().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    town.breaks(Fault::Delay(A_WHILE));
    let tokens: Vec<Secret> = at_once(&services, 20).await.into_iter().map(Result::unwrap).collect();
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(town.sign_ins("svc"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_one_sign_in() {
    let url = postgres::new_database();
    let town = Town::on(&url, "").await;
    let other_db = Db::open(&url, 8).await.unwrap();
    let other = vault(&other_db, &town.running.base_url, "", &town.clock);
    assert_ne!(other.node, town.vault.node);
    let ours = town.services(account("svc", Some(PASSWORD)));
    let theirs = ServiceAccounts::new(other, passwords(account("svc", Some(PASSWORD))));
    town.breaks(Fault::Delay(A_WHILE));
    let (mut tokens, more) = tokio::join!(at_once(&ours, 10), at_once(&theirs, 10));
    tokens.extend(more);
    let tokens: Vec<Secret> = tokens.into_iter().map(Result::unwrap).collect();
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(town.sign_ins("svc"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_whose_caller_goes_away_is_finished_and_kept() {
    let town = Town::open().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    town.breaks(Fault::Delay(A_WHILE));
    tokio::time::timeout(A_WHILE / 5, services.fresh(&members())).await.unwrap_err();
    services.fresh(&members()).await.unwrap();
    assert_eq!(town.sign_ins("svc"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_refused_is_sent_once_and_never_again() {
    let url = postgres::new_database();
    let town = Town::on(&url, "").await;
    let wrong = || account("svc", Some("not the password"));
    let services = town.services(wrong());
    for token in at_once(&services, 20).await {
        assert!(is_refused(&token), "{token:?}");
    }
    // Not later, not on another node, not after a restart, not instead of a dead token.
    town.forward(Duration::from_hours(24 * 30));
    let other_db = Db::open(&url, 8).await.unwrap();
    let other = vault(&other_db, &town.running.base_url, "", &town.clock);
    let elsewhere = ServiceAccounts::new(other, passwords(wrong()));
    for services in [&services, &elsewhere, &town.services(wrong())] {
        assert!(is_refused(&services.fresh(&members()).await));
        assert!(is_refused(&services.fresh_instead_of(&members(), &Secret::from("dead")).await));
    }
    assert_eq!(town.sign_ins("svc"), 1);
    // Another password is tried, and another user name too.
    assert!(is_refused(&town.services(account("svc", Some("nor this"))).fresh(&members()).await));
    town.services(account("svc", Some(PASSWORD))).fresh(&members()).await.unwrap();
    assert_eq!(town.sign_ins("svc"), 3);
    assert_eq!(town.kept().await.refused, None);
}

#[tokio::test]
async fn a_refused_password_does_no_harm_to_tokens_that_still_work() {
    let town = Town::open().await;
    let token = town.services(account("svc", Some(PASSWORD))).fresh(&members()).await.unwrap();
    let services = town.services(account("svc", Some("mistyped")));
    assert_eq!(services.fresh(&members()).await.unwrap(), token);
    assert_eq!(town.sign_ins("svc"), 1, "nothing had to be tried");
}

#[tokio::test]
async fn an_account_that_is_locked_over_there_is_left_alone_until_an_operator_says_so() {
    let town = Town::open().await;
    let carol = || account("carol", Some("letmein-please"));
    let services = town.services(carol());
    for _ in 0..3 {
        assert!(is_refused(&services.fresh(&members()).await));
        town.forward(Duration::from_hours(1));
    }
    assert_eq!(town.sign_ins("carol"), 1);
    town.system().people.enable("carol").unwrap();
    town.operator(carol()).retry(&members(), town.clock.now()).await.unwrap();
    services.fresh(&members()).await.unwrap();
    assert_eq!(town.sign_ins("carol"), 2);
}

#[tokio::test]
async fn a_system_that_does_not_work_has_not_judged_the_password() {
    let town = Town::open().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    for fault in [Fault::Html503, Fault::Status500, Fault::Lost, Fault::HalfAnswer] {
        town.breaks(fault);
        let before = town.sign_ins("svc");
        for _ in 0..5 {
            assert!(is_unavailable(&services.fresh(&members()).await));
        }
        assert!(town.sign_ins("svc") <= before + 1, "not before its pause is over");
        assert_eq!(town.kept().await.refused, None);
        town.forward(Duration::from_mins(6));
    }
    town.breaks(Fault::None);
    services.fresh(&members()).await.unwrap();
    let kept = town.kept().await;
    assert_eq!((kept.failures, kept.lease), (0, None));
}

/// It holds the lease and has perhaps sent the password; nobody will ever know.
async fn a_node_dies_over_it(town: &Town) {
    let kept = town.kept().await;
    let now = town.clock.now();
    let held = HeldAccount { name: members(), generation: kept.generation, node: NodeId::from("dead") };
    let (until, retry_at) = (now + Duration::from_secs(30), now + Duration::from_mins(2));
    let lease = town.vault.db.write(move |tx| {
        Box::pin(async move { service_accounts::lease(tx, &held, until, retry_at, now).await })
    });
    assert!(lease.await.unwrap());
}

#[tokio::test]
async fn a_sign_in_that_a_dead_node_began_counts_as_failed() {
    let town = Town::without_refresh_tokens().await;
    let services = town.services(account("svc", Some(PASSWORD)));
    services.fresh(&members()).await.unwrap();
    town.forward(BEYOND_ITS_LIFE);
    a_node_dies_over_it(&town).await;
    assert_eq!(town.kept().await.failures, 1);
    town.forward(Duration::from_secs(31));
    assert!(is_unavailable(&services.fresh(&members()).await), "its lease is over, the pause is not");
    assert_eq!(town.sign_ins("svc"), 1);
    town.forward(Duration::from_mins(2));
    services.fresh(&members()).await.unwrap();
    assert_eq!((town.sign_ins("svc"), town.kept().await.failures), (2, 0));
}

#[tokio::test]
async fn what_a_sign_in_says_of_a_password_that_was_changed_meanwhile_counts_no_more() {
    let town = Town::open().await;
    let vaulted = || account("svc", None);
    let operator = town.operator(vaulted());
    operator.set(&members(), &Secret::from("mistyped"), town.clock.now()).await.unwrap();
    town.breaks(Fault::Delay(A_WHILE));
    let services = town.services(vaulted());
    let asking = tokio::spawn(async move { services.fresh(&members()).await });
    while town.sign_ins("svc") == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    operator.set(&members(), &Secret::from(PASSWORD), town.clock.now()).await.unwrap();
    asking.await.unwrap().unwrap();
    assert_eq!((town.sign_ins("svc"), town.kept().await.refused), (2, None));
}

#[tokio::test]
async fn an_operator_gives_the_vault_a_password_and_takes_it_away() {
    let town = Town::open().await;
    let (operator, services) = (town.operator(account("svc", None)), town.services(account("svc", None)));
    let now = town.clock.now();
    let state = async || {
        let [listed] = &operator.list().await.unwrap()[..] else { panic!("one account") };
        (listed.password, listed.state, listed.signed_in_at)
    };
    assert_eq!(state().await, ("none", "no_password", None));
    let none = services.fresh(&members()).await.unwrap_err();
    assert!(matches!(none, VaultError::NeedsSignIn { .. }), "{none:?}");
    assert!(matches!(
        operator.set(&members(), &Secret::from(""), now).await,
        Err(ServiceAccountError::Empty)
    ));

    operator.set(&members(), &Secret::from("mistyped"), now).await.unwrap();
    assert_eq!(state().await, ("vault", "ready", None));
    assert!(is_refused(&services.fresh(&members()).await));
    assert_eq!(state().await, ("vault", "refused", None));
    let [listed] = &operator.list().await.unwrap()[..] else { panic!("one account") };
    assert_eq!(listed.refused.as_deref(), Some("wrong user name or password"));
    assert_eq!(listed.refused_at, Some(now));

    operator.set(&members(), &Secret::from(PASSWORD), now).await.unwrap();
    assert_eq!(state().await, ("vault", "ready", None));
    services.fresh(&members()).await.unwrap();
    assert_eq!(state().await, ("vault", "ready", Some(now)));

    let person = town.kept().await.signed_in.unwrap().account;
    operator.remove(&members(), now).await.unwrap();
    assert_eq!(state().await, ("none", "no_password", None));
    assert!(legacy_grants::list(&town.vault.db, &person).await.unwrap().is_empty());
    let nothing = operator.remove(&members(), now).await;
    assert!(matches!(nothing, Err(ServiceAccountError::NothingKept(_))));
    assert!(services.fresh(&members()).await.is_err());
    assert_eq!(town.sign_ins("svc"), 2);
}

#[tokio::test]
async fn a_password_of_the_vault_is_sent_for_the_user_name_that_it_was_set_for_alone() {
    let town = Town::open().await;
    town.operator(account("svc", None))
        .set(&members(), &Secret::from(PASSWORD), town.clock.now())
        .await
        .unwrap();
    town.services(account("svc", None)).fresh(&members()).await.unwrap();
    let renamed = town.services(account("admin", None));
    let error = renamed.fresh(&members()).await.unwrap_err();
    assert!(matches!(error, VaultError::NeedsSignIn { .. }), "nor are the tokens given out: {error:?}");
    assert_eq!(town.sign_ins("admin"), 0);
    let [listed] = &town.operator(account("admin", None)).list().await.unwrap()[..] else { panic!() };
    assert_eq!(listed.state, "other_user_name");
}

#[tokio::test]
async fn what_the_configuration_gives_cannot_be_set_and_what_it_does_not_know_is_only_listed() {
    let town = Town::open().await;
    let now = town.clock.now();
    let given = town.operator(account("svc", Some(PASSWORD)));
    let error = given.set(&members(), &Secret::from("x"), now).await.unwrap_err();
    assert!(matches!(error, ServiceAccountError::InConfiguration(_)), "{error:?}");
    let stranger = ServiceAccountName::from("stranger");
    let error = given.set(&stranger, &Secret::from("x"), now).await.unwrap_err();
    assert!(matches!(error, ServiceAccountError::Unknown(_)), "{error:?}");
    let unknown = town.services(account("svc", Some(PASSWORD))).fresh(&stranger).await;
    assert!(matches!(unknown, Err(VaultError::Empty)));

    town.operator(account("svc", None)).set(&members(), &Secret::from("x"), now).await.unwrap();
    let other = ServiceAccount { name: stranger.clone(), ..account("svc", None) };
    let listed = town.operator(other).list().await.unwrap();
    let states: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.state)).collect();
    assert_eq!(states, [("stranger", "no_password"), ("members", "not_configured")]);
}

#[tokio::test]
async fn a_service_and_a_person_of_one_legacy_user_do_not_end_each_others_tokens() {
    let town = Town::open().await;
    let services = town.services(account("alice", Some("wonderland")));
    let alice = town.alice().await;
    services.fresh(&members()).await.unwrap();
    assert_eq!(town.kept().await.signed_in.unwrap().account, alice.id);
    town.forward(BEYOND_ITS_LIFE);
    // The old system keeps one refresh token for each user and client: both live on the newest.
    let fresh = town.vault.fresh(&alice).await.unwrap();
    assert_eq!(services.fresh(&members()).await.unwrap(), fresh);
    assert_eq!((town.sign_ins("alice"), town.refreshes()), (2, 1));
}

/// Looks into the files themselves: no column of no table is left out.
#[tokio::test]
async fn nothing_readable_of_a_password_stands_in_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let town = Town::on(&format!("sqlite:{}", folder.path().join("store.db").display()), "").await;
    let operator = town.operator(account("svc", None));
    operator.set(&members(), &Secret::from("a mistyped password"), town.clock.now()).await.unwrap();
    assert!(is_refused(&town.services(account("svc", None)).fresh(&members()).await));
    let refused = town.kept().await;
    operator.set(&members(), &Secret::from(PASSWORD), town.clock.now()).await.unwrap();
    let token = town.services(account("svc", None)).fresh(&members()).await.unwrap();
    let shown = format!("{refused:?} {:?}", town.kept().await);
    town.vault.db.close().await;

    let files = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let stored: Vec<u8> = files.flat_map(|file| std::fs::read(file).unwrap()).collect();
    let holds = |text: &[u8]| stored.windows(text.len()).any(|window| window == text);
    assert!(holds(b"members") && holds(b"service_accounts"), "these are the right files");
    for secret in ["a mistyped password", PASSWORD, token.expose()] {
        // A bare digest could be guessed.
        let digest = Digest::of(secret);
        assert!(
            !holds(secret.as_bytes()) && !holds(digest.as_bytes()) && !holds(digest.to_text().as_bytes())
        );
        assert!(!shown.contains(secret));
    }
}
