//! The connector against the stand-in for the old system, over HTTP: who is let in, who is refused and in which words, and what goes
//! over the wire.

mod breaker;
mod description;
pub(crate) mod every_key;
pub(crate) mod foreign;
mod profile;
mod property;
mod steps;
mod token_answers;
mod transport;
mod way;

use std::path::Path;
use std::time::Duration;

use passerelle::app::outbound::legacy_client;
use passerelle::config::environment::{Environment, Surroundings};
use passerelle::config::reading;
use passerelle::legacy::connector::Connector;
use passerelle::legacy::description::Description;
use passerelle::legacy::description_table;
use passerelle::legacy::identity::Identity;
use passerelle::legacy::refusal::Refusal;
use passerelle::secret::Secret;
use passerelle::time::Clock;
use serde_json::json;

pub(crate) use foreign::Foreign;

use crate::legacy_system::{Door, Fault, Person, Running, Settings, start};

fn described(toml: &str) -> Result<Description, Vec<String>> {
    let environment = Environment::from_iter([("LEGACY_SECRET", "from-the-environment")]);
    let around = Surroundings { base: Path::new("."), environment: &environment };
    let (description, problems) = description_table::read(reading::parse(toml).unwrap(), "legacy", &around);
    description.ok_or_else(|| problems.iter().map(ToString::to_string).collect())
}

fn connector(toml: &str) -> Connector {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let description = described(toml).unwrap();
    let http = legacy_client(description.timeout).unwrap();
    Connector::new(description, http, Clock::System)
}

struct Town {
    running: Running,
    connector: Connector,
}

impl Town {
    async fn open() -> Self {
        Self::with(Settings::default(), "").await
    }

    async fn with(settings: Settings, more: &str) -> Self {
        let running = start(settings, 0).await.unwrap();
        let connector = connector(&format!("preset = 'imis'\nbase_url = '{}'\n{more}", running.base_url));
        Self { running, connector }
    }

    async fn sign_in(&self, user_name: &str, password: &str) -> Result<Identity, Refusal> {
        self.connector.sign_in(user_name, &Secret::from(password)).await.map(|arrival| arrival.identity)
    }

    async fn breaks(&self, door: Door, fault: Fault) -> Refusal {
        self.running.system.faults.set(door, fault);
        let refusal = self.sign_in("alice", "wonderland").await.unwrap_err();
        let told = format!("{refusal} {refusal:?}");
        assert!(!told.contains("wonderland") && !told.contains("AAAA"), "{told}");
        refusal
    }
}

#[tokio::test]
async fn alice_is_who_the_old_system_says_she_is() {
    let alice = Town::open().await.sign_in("alice", "wonderland").await.unwrap();
    assert_eq!(alice.legacy_id.as_str(), "6f1d4c2a-0b5e-4e7b-9a31-00c0ffee0001");
    assert_eq!(alice.user_name, "alice");
    assert_eq!(
        serde_json::Value::Object(alice.claims),
        json!({
            "address": {
                "country": "United Kingdom",
                "locality": "Oxford",
                "postal_code": "OX1 1DP",
                "region": "Oxfordshire",
                "street_address": "The Deanery\n1 Looking-Glass Lane",
            },
            "email": "alice@example.org",
            "family_name": "Liddell",
            "given_name": "Alice",
            "member_id": "M-00401",
            "name": "Alice Liddell",
            "nickname": "Alice",
            "organization": "Christ Church",
            "phone_number": "+44 1865 276150",
            "preferred_username": "alice",
            "roles": ["Member"],
        })
    );
}

#[tokio::test]
async fn the_primary_address_counts_and_not_the_first() {
    let bob = Town::open().await.sign_in("bob", "builder").await.unwrap();
    assert_eq!(bob.claims["email"], "bob@example.org");
    assert_eq!(bob.claims["roles"], json!(["Member", "Staff"]));
}

#[tokio::test]
async fn what_the_old_system_does_not_know_is_left_out() {
    let admin = Town::open().await.sign_in("admin", "opensesame").await.unwrap();
    for claim in ["address", "phone_number", "organization"] {
        assert!(!admin.claims.contains_key(claim), "{claim}: {:?}", admin.claims);
    }
}

#[tokio::test]
async fn each_refusal_is_told_in_its_own_word() {
    let town = Town::open().await;
    for (user_name, password, refusal) in [
        ("alice", "wrong", Refusal::WrongCredentials),
        ("nobody", "wrong", Refusal::WrongCredentials),
        ("carol", "letmein-please", Refusal::Locked { after: None }),
        ("dave", "letmein-please", Refusal::PasswordExpired { link: None }),
        ("erin", "letmein-please", Refusal::Disabled),
    ] {
        assert_eq!(town.sign_in(user_name, password).await, Err(refusal), "{user_name}");
    }
}

#[tokio::test]
async fn a_sentence_that_no_rule_knows_claims_nothing() {
    let town = Town::with(Settings::default(), "error = [{ status = 418, outcome = 'locked' }]").await;
    let refusal = town.sign_in("alice", "wrong").await.unwrap_err();
    assert!(matches!(refusal, Refusal::Unknown { .. }), "{refusal}");
}

#[tokio::test]
async fn a_changed_login_is_the_same_person_and_a_reused_one_is_not() {
    let town = Town::open().await;
    let people = &town.running.system.people;
    let before = town.sign_in("alice", "wonderland").await.unwrap();
    people.rename("alice", "alice.liddell").unwrap();
    let renamed = town.sign_in("alice.liddell", "wonderland").await.unwrap();
    assert_eq!((&renamed.legacy_id, renamed.user_name.as_str()), (&before.legacy_id, "alice.liddell"));
    people.rename("alice.liddell", "alice").unwrap();
    people.give_login_to_another("alice", "another-wonder").unwrap();
    let another = town.sign_in("alice", "another-wonder").await.unwrap();
    assert_ne!(another.legacy_id, before.legacy_id);
}

#[tokio::test]
async fn without_an_id_that_stays_nobody_is_let_in() {
    let town = Town::open().await;
    town.running.system.people.lose_guid("alice").unwrap();
    let refusal = town.sign_in("alice", "wonderland").await.unwrap_err();
    assert!(matches!(refusal, Refusal::NoImmutableId { .. }), "{refusal}");
}

#[tokio::test]
async fn alice_is_not_alice2_although_the_search_finds_both_and_the_newest_first() {
    let town = Town::open().await;
    town.running.system.people.add(Person::new("alice2", "looking-glass")).unwrap();
    let alice = town.sign_in("alice", "wonderland").await.unwrap();
    assert_eq!(alice.claims["given_name"], "Alice");
    let other = town.sign_in("alice2", "looking-glass").await.unwrap();
    assert_ne!(other.legacy_id, alice.legacy_id);
    assert_eq!(town.sign_in("ALICE", "wonderland").await.unwrap().legacy_id, alice.legacy_id);
}

#[tokio::test]
async fn every_byte_of_a_user_name_and_password_arrives_unchanged_and_once() {
    let town = Town::open().await;
    for (user_name, password) in [
        ("a&b=c", "p&password=x"),
        ("100%41+1", "+ +%2B"),
        ("line\r\nbreak", "\r\n\t"),
        ("Zoë Ωmega 🦢", "pass wörd ☃"),
        ("' OR 1=1 --", "\"\\{}/base_url"),
        (" alice ", " wonderland "),
        ("nul\0", "\0"),
    ] {
        town.running.system.journal.clear();
        town.sign_in(user_name, password).await.unwrap_err();
        let calls = town.running.system.journal.calls();
        assert_eq!(calls.len(), 1, "{user_name:?}");
        let fields = [("grant_type", "password"), ("username", user_name), ("password", password)];
        assert_eq!(calls[0].fields, fields.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(calls[0].authorization, None);
    }
}

#[tokio::test]
async fn where_the_password_grant_wants_a_client_it_is_named_in_the_form() {
    let settings = Settings { refresh_on_password: true, ..Settings::default() };
    let client = "client_id = 'passerelle'\nclient_secret = 'legacy-client-secret'\n[token]\nclient = 'body'";
    let town = Town::with(settings, client).await;
    town.sign_in("alice", "wonderland").await.unwrap();
    let call = &town.running.system.journal.calls_to("/token")[0];
    assert_eq!(call.field("client_id"), Some("passerelle"));
    assert_eq!(call.field("client_secret"), Some("legacy-client-secret"));
}

#[tokio::test]
async fn a_wrong_client_is_our_mistake_and_not_the_persons() {
    let settings = Settings { refresh_on_password: true, ..Settings::default() };
    let refusal = Town::with(settings, "").await.sign_in("alice", "wonderland").await.unwrap_err();
    assert!(matches!(refusal, Refusal::Misconfigured { .. }), "{refusal}");
}

#[tokio::test]
async fn whatever_is_broken_there_is_told_as_unavailable_and_in_time() {
    for door in [Door::Token, Door::Profile] {
        let town = Town::with(Settings::default(), "timeout = '1s'").await;
        let begun = std::time::Instant::now();
        for fault in [
            Fault::Html503,
            Fault::Status500,
            Fault::HalfAnswer,
            Fault::Huge,
            Fault::Delay(Duration::from_secs(60)),
        ] {
            let refusal = town.breaks(door, fault).await;
            assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
        }
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "bounded by the configured second, not by the sixty"
        );
        // Five failures in a row: it is left alone for a second, and asked again then.
        town.running.system.faults.set(door, Fault::None);
        let calls = town.running.system.journal.calls().len();
        let refusal = town.sign_in("alice", "wonderland").await.unwrap_err();
        assert!(matches!(refusal, Refusal::Unavailable { .. }), "{refusal}");
        assert_eq!(town.running.system.journal.calls().len(), calls, "nobody was asked");
        tokio::time::sleep(Duration::from_millis(1100)).await;
        town.sign_in("alice", "wonderland").await.unwrap();
    }
}

#[tokio::test]
async fn a_system_that_is_down_is_unavailable() {
    let Town { running, connector } = Town::open().await;
    running.stop().await;
    let refusal = connector.sign_in("alice", &Secret::from("wonderland")).await.unwrap_err();
    assert_eq!(refusal, Refusal::Unavailable { why: "no connection: connection refused".to_owned() });
}

#[tokio::test]
async fn a_password_does_not_travel_on_by_a_redirect() {
    let thief = start(Settings::default(), 0).await.unwrap();
    let town = Town::open().await;
    let elsewhere = Fault::Redirect(format!("{}/token", thief.base_url));
    let refusal = town.breaks(Door::Token, elsewhere).await;
    assert!(matches!(refusal, Refusal::Misconfigured { .. }), "{refusal}");
    assert_eq!(thief.system.journal.calls().len(), 0);
}

#[tokio::test]
async fn what_claims_are_made_of_holds_no_token() {
    let settings = Settings { refresh_on_password: true, ..Settings::default() };
    let town = Town::with(
        settings,
        "client_id = 'passerelle'\nclient_secret = 'legacy-client-secret'\n[token]\nclient = 'body'\n\
         [claims]\naccess = '/answer/access_token'\nrefresh = '/answer/refresh_token'\nissued = '/answer/.issued'\n\
         by = '/answer/as:client_id'",
    )
    .await;
    let claims = town.sign_in("alice", "wonderland").await.unwrap().claims;
    assert!(!claims.contains_key("access") && !claims.contains_key("refresh"), "{claims:?}");
    assert!(claims["issued"].as_str().unwrap().ends_with("GMT"));
    assert_eq!(claims["by"], "passerelle");
}
