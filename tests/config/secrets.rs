//! Where secrets come from, and that none of them is ever shown.

use std::path::Path;

use passerelle::app::seal::MasterKeySource;
use passerelle::model::client::Credentials;
use passerelle::secret::{Digest, Secret};

use super::{STRONG, configuration, lay_over, read, read_with, with_client};

fn digests(credentials: &Credentials) -> Vec<Digest> {
    let Credentials::Secret { digests, .. } = credentials else { panic!("no secret") };
    digests.clone()
}

#[test]
fn a_secret_comes_from_the_environment_a_file_or_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), format!("{STRONG}-in-a-file\n")).unwrap();
    let digest = "a".repeat(64);
    let table = with_client(&format!("secrets = [{{ file = \"secret\" }}, {{ sha256 = \"{digest}\" }}]"));
    let blueprint = read_with(&table, &[], folder.path()).unwrap();
    let client = blueprint.registry.client(&"shop".into()).unwrap();
    let known = digests(&client.credentials);
    assert_eq!(known[0], Digest::of(STRONG));
    assert_eq!(known[1], Digest::of(&format!("{STRONG}-in-a-file")));
    assert_eq!(known[2].as_bytes(), &[0xaa; 32]);
}

#[test]
fn the_database_and_the_master_key_are_secrets_too() {
    let table = configuration(r#"storage.url = { env = "DATABASE" }"#);
    let variables = [("DATABASE", "postgres://me:pw@host/database")];
    let blueprint = read_with(&table, &variables, Path::new("")).unwrap();
    assert_eq!(blueprint.settings.storage.url, Secret::from("postgres://me:pw@host/database"));
    assert_eq!(blueprint.warnings, Vec::new());
    let MasterKeySource::Given(text) = &blueprint.master_key else { panic!("no key was given") };
    assert_eq!(*text, Secret::from("0f".repeat(32)));
}

#[test]
fn relative_paths_begin_at_the_configuration() {
    let table = configuration("[keys]\nmaster_key = \"-\"");
    let blueprint = read_with(&table, &[], Path::new("/etc/100% sure?")).unwrap();
    let MasterKeySource::File(path) = &blueprint.master_key else { panic!("a key was given") };
    assert_eq!(path, Path::new("/etc/100% sure?/master.key"));
    assert_eq!(blueprint.settings.storage.url, Secret::from("sqlite:/etc/100%25 sure%3F/passerelle.db"));
    for url in ["sqlite::memory:", "sqlite:/var/lib/passerelle.db", "sqlite:///var/lib/passerelle.db"] {
        let table = configuration(&format!("storage.url = \"{url}\""));
        let blueprint = read_with(&table, &[], Path::new("/etc")).unwrap();
        assert_eq!(blueprint.settings.storage.url, Secret::from(url));
    }
}

#[test]
fn no_finding_and_no_debug_output_shows_a_secret() {
    let hidden = "swordfish";
    let mut table = with_client(&format!(
        r#"
        secret = "{hidden}"
        secrets = ["{hidden}", {{ env = "HIDDEN" }}, {{ sha256 = "{hidden}" }}, 5]
        "#
    ));
    let rest = format!(
        r#"
        server.issuer = "https://me:{hidden}@login.example.org"
        storage.url = "mysql://me:{hidden}@host/database"
        keys.master_key = "{hidden}"
        legacy.client_secret = "{hidden}"
        legacy.token.client = "{hidden}"
        "#
    );
    lay_over(&mut table, rest.parse().unwrap());
    let variables = [("HIDDEN", hidden), ("PASSERELLE__KEYS__MASTER_KEY", hidden)];
    let found = read_with(&table, &variables, Path::new("")).unwrap_err();
    assert!(found.problems.len() >= 7, "{found:#?}");
    let told = format!("{found:?}");
    assert!(!told.contains(hidden), "{told}");

    let blueprint = read(&with_client(&format!("secret = \"{STRONG}\""))).unwrap();
    let shown = format!("{blueprint:?}");
    assert!(!shown.contains(STRONG) && !shown.contains(&"0f".repeat(32)), "{shown}");
}

#[test]
fn a_file_that_is_no_key_set_is_told_without_its_text() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jwks"), "-----BEGIN PRIVATE KEY----- swordfish").unwrap();
    let table = with_client("secret = \"-\"\njwks_file = \"jwks\"");
    let found = read_with(&table, &[], folder.path()).unwrap_err().problems;
    let [problem] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(problem.path, "client[0] (shop).jwks_file");
    assert!(problem.message.contains("not JSON") && !problem.message.contains("swordfish"), "{problem}");
}
