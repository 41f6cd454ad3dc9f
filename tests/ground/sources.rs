//! Where a secret of the configuration comes from.

use std::path::Path;

use passerelle::config::environment::{Environment, Surroundings};
use passerelle::config::reading::{Problem, parse, read};
use passerelle::config::secret_source::{ClientSecretSource, SecretSource};
use passerelle::secret::{Digest, Secret};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    secret: Option<SecretSource>,
    client: Option<ClientSecretSource>,
}

fn source(text: &str) -> Result<SecretSource, Problem> {
    let (section, mut problems) = read::<Section>(parse(&format!("secret = {text}")).unwrap(), "");
    assert!(problems.len() < 2, "one fault is told once: {problems:?}");
    problems.pop().map_or_else(|| Ok(section.secret.unwrap()), Err)
}

fn client_source(text: &str) -> Result<ClientSecretSource, Problem> {
    let (section, mut problems) = read::<Section>(parse(&format!("client = {text}")).unwrap(), "");
    assert!(problems.len() < 2, "one fault is told once: {problems:?}");
    problems.pop().map_or_else(|| Ok(section.client.unwrap()), Err)
}

#[test]
fn a_source_is_a_text_a_variable_or_a_file() {
    for (text, expected) in [
        ("\"swordfish\"", SecretSource::Literal(Secret::from("swordfish"))),
        ("{ env = \"NAME\" }", SecretSource::Env("NAME".into())),
        ("{ file = \"/run/secret\" }", SecretSource::File("/run/secret".into())),
    ] {
        assert_eq!(source(text), Ok(expected.clone()), "{text}");
        assert_eq!(expected.is_literal(), text.starts_with('"'));
        assert_eq!(client_source(text), Ok(ClientSecretSource::Secret(expected)));
    }
    for text in
        ["{}", "{ env = \"A\", file = \"b\" }", "5", "true", "[\"a\"]", "{ env = 5 }", "{ url = \"x\" }"]
    {
        assert!(source(text).is_err(), "{text}");
        assert!(client_source(text).is_err(), "{text}");
    }
    assert!(source("{ sha256 = \"x\" }").is_err(), "a digest is a client's only");
}

#[test]
fn a_clients_secret_may_be_a_digest_in_hex_or_base64url() {
    let digest = Digest::of("abc");
    let hex = hex::encode(digest.as_bytes());
    for text in [hex.clone(), hex.to_uppercase(), digest.to_text()] {
        let read = client_source(&format!("{{ sha256 = \"{text}\" }}"));
        assert_eq!(read, Ok(ClientSecretSource::Sha256(digest)), "{text}");
    }
    for text in ["", "abc", &hex[2..], &format!("{hex}00"), &format!("{}=", digest.to_text())] {
        let refused = client_source(&format!("{{ sha256 = \"{text}\" }}")).unwrap_err();
        assert!(refused.message.contains("SHA-256"), "{refused}");
    }
    let both = client_source(&format!("{{ sha256 = \"{hex}\", env = \"A\" }}")).unwrap_err();
    assert!(both.message.contains("exactly one"), "{both}");
}

#[test]
fn a_source_is_resolved_where_the_configuration_stands() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    for (name, text) in [
        ("plain", "s3cret"),
        ("line", "s3cret\n"),
        ("windows", "s3cret\r\n"),
        ("two", "s3cret\n\n"),
        ("spaces", " s3cret "),
        ("empty", ""),
        ("blank", "\n"),
    ] {
        write(name, text);
    }
    std::fs::write(folder.path().join("binary"), b"\xff").unwrap();
    let environment: Environment = [("NAME", "s3cret"), ("EMPTY", "")].into_iter().collect();
    let around = Surroundings { base: folder.path(), environment: &environment };
    let absolute = folder.path().join("plain");
    let rows = [
        (SecretSource::Literal(Secret::from("s3cret")), Some("s3cret")),
        (SecretSource::Literal(Secret::from("")), None),
        (SecretSource::Env("NAME".into()), Some("s3cret")),
        (SecretSource::Env("name".into()), None),
        (SecretSource::Env("EMPTY".into()), None),
        (SecretSource::Env("ABSENT".into()), None),
        (SecretSource::File("plain".into()), Some("s3cret")),
        (SecretSource::File(absolute), Some("s3cret")),
        (SecretSource::File("line".into()), Some("s3cret")),
        (SecretSource::File("windows".into()), Some("s3cret")),
        (SecretSource::File("two".into()), Some("s3cret\n")),
        (SecretSource::File("spaces".into()), Some(" s3cret ")),
        (SecretSource::File("empty".into()), None),
        (SecretSource::File("blank".into()), None),
        (SecretSource::File("binary".into()), None),
        (SecretSource::File("absent".into()), None),
        (SecretSource::File(".".into()), None),
    ];
    for (source, expected) in rows {
        match source.resolve("a.b", &around) {
            Ok(secret) => assert_eq!(Some(secret.expose()), expected, "{source:?}"),
            Err(problem) => {
                assert_eq!((problem.path.as_str(), expected), ("a.b", None), "{source:?}: {problem}");
                assert!(!problem.message.contains("s3cret"), "{problem}");
            }
        }
    }
}

#[test]
fn the_environment_shows_no_values() {
    let environment: Environment = [("NAME", "swordfish")].into_iter().collect();
    let around = Surroundings { base: Path::new("/etc"), environment: &environment };
    assert_eq!(environment.secret("NAME"), Some(Secret::from("swordfish")));
    assert!(!format!("{environment:?} {around:?}").contains("swordfish"));
    assert!(!format!("{:?}", source("\"swordfish\"").unwrap()).contains("swordfish"));
    assert!(Environment::of_process().secret("PATH").is_some());
}
