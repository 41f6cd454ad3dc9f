//! The database and the keys, each in the state that it is named for.

use std::time::Duration;

use passerelle::admin::doctor::facts::SigningKeyFacts;
use passerelle::admin::doctor::finding::Level;
use passerelle::admin::doctor::keys::signing;
use passerelle::admin::keys::ListedKey;
use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::store::db::{Arg, Db, Sql};
use passerelle::time::Timestamp;

use super::Practice;
use crate::support::postgres::new_database;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_written_is_a_problem() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    practice.closes().await;
    practice.writes(&practice.config.replace("passerelle.db", "passerelle.db?mode=ro"));
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1), "{}", said.text);
    said.tells("writing", "problem", &["try to write", "the right to write"]);
    // What can be read is read all the same.
    said.tells("master key", "ok", &["sealed under"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_looked_at_alike() {
    let url = new_database();
    let mut practice = Practice::with(|config| config.replace("sqlite:passerelle.db", &url)).await;
    let empty = practice.says(&[]).await;
    assert_eq!(empty.code, Some(0), "{}", empty.text);
    empty.tells("PostgreSQL", "ok", &["answers in"]);
    empty.tells("schema", "note", &["empty"]);
    practice.opens().await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    for (looked_at, words) in [
        ("PostgreSQL", "answers in"),
        ("schema", "up to date"),
        ("writing", "can be written"),
        ("/jwks", "the same"),
    ] {
        said.tells(looked_at, "ok", &[words]);
    }
    practice.closes().await;
    practice
        .writes(&practice.config.replace(&url, &format!("{url}?options[default_transaction_read_only]=on")));
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1), "{}", said.text);
    said.tells("writing", "problem", &["code 25006"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_none_is_a_problem() {
    let practice = Practice::new().await;
    std::fs::write(
        practice.path().join("passerelle.db"),
        "a letter, not a database; long enough to be read as one".repeat(99),
    )
    .unwrap();
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("SQLite", "problem", &["storage.url"]);
    said.tells("master key", "note", &["could not be looked at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_a_problem_and_one_of_an_older_is_none() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    practice.closes().await;
    let url = format!("sqlite:{}", practice.path().join("passerelle.db").display());
    let runs = async |text: &'static str, args: Vec<Arg>| {
        let db = Db::open_as_it_is(&url).await.unwrap().unwrap();
        let sql = Sql::new("pretend", text);
        db.write(move |tx| Box::pin(async move { tx.execute(&sql, args).await.map(drop) })).await.unwrap();
        db.close().await;
    };
    runs(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (4711, 'unknown', $1, $2, 0)",
        vec![Arg::Bool(true), Arg::Bytes(Some(vec![1]))],
    )
    .await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("schema", "problem", &["migration 4711", "a newer version was here"]);
    runs("DELETE FROM _sqlx_migrations WHERE version > 1", Vec::new()).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0), "{}", said.text);
    said.tells("schema", "note", &["at migration 1, this program knows", "brings it up to date"]);
    said.tells("signing keys", "note", &["not looked at"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_master_key_and_a_lost_one_are_problems_and_no_new_one_is_made() {
    let mut practice = Practice::new().await;
    practice.opens().await;
    practice.closes().await;
    let file = practice.path().join("master.key");
    std::fs::remove_file(&file).unwrap();
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("master key", "problem", &["master.key is not there", "put that key back"]);
    assert!(!file.exists());

    practice.writes(&format!("{}[keys]\nmaster_key = \"{}\"\n", practice.config, "0f".repeat(32)));
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(1));
    said.tells("master key", "problem", &["another one", "with that fingerprint"]);
    said.tells("signing keys", "problem", &["master key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_memory_is_warned_of() {
    let practice = Practice::with(|config| config.replace("sqlite:passerelle.db", "sqlite::memory:")).await;
    let said = practice.says(&[]).await;
    assert_eq!(said.code, Some(0));
    said.tells("SQLite", "warning", &["in memory", "storage.url"]);
}

#[test]
fn a_signing_key_is_told_with_its_age_and_its_successor() {
    const DAY: i64 = 86_400;
    let now = Timestamp::from_seconds(1_000 * DAY);
    let key = |id: &str, state, days: i64| ListedKey {
        id: id.into(),
        algorithm: SigningAlgorithm::Es256,
        state,
        created_at: Timestamp::from_seconds((1_000 + days) * DAY),
        signs_from: Timestamp::from_seconds((1_000 + days) * DAY),
        retired_at: None,
    };
    let rows = [
        (
            vec![key("a", "signing", -10)],
            Level::Ok,
            "a has signed for 10 days; the next one is due in 80 days",
        ),
        (
            vec![key("a", "signing", -90), key("b", "published", 1)],
            Level::Ok,
            "a has signed for 90 days; b follows in 1 day",
        ),
        (vec![key("a", "signing", -90)], Level::Warning, "a has signed for 90 days; the next one is overdue"),
        (
            vec![key("a", "signing", -90), key("b", "signing", -1)],
            Level::Ok,
            "b has signed for 1 day; the next one is due in 89 days",
        ),
        (vec![key("a", "retired", -90)], Level::Note, "none signs"),
    ];
    for (listed, level, words) in rows {
        let facts = SigningKeyFacts {
            listed: Some(listed),
            needed: vec!["ES256".to_owned()],
            opened: None,
            rotate_every: Duration::from_hours(90 * 24),
        };
        let found = signing(&facts, now);
        assert_eq!(found[0].level, level, "{found:?}");
        assert!(found[0].found.contains(words), "{words}: {found:?}");
    }
}
