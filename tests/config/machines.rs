//! What machine clients and service accounts may say, and what becomes of it.

use std::time::Duration;

use passerelle::app::custody_policy::{custody_policy, longest_token_of_a_person};
use passerelle::model::api::{AudienceShape, TokenLifetime};
use passerelle::model::client::{SubjectKind, TokenRequests};
use passerelle::secret::Secret;

use super::{STRONG, configuration, problems, read, warnings};

/// A service that may speak to one API, with `keys`; `more` stands before it.
fn with_service(more: &str, keys: &str) -> toml::Table {
    configuration(&format!(
        r#"
        {more}
        [[api]]
        audience = "https://api.example"
        scopes = ["events.read"]
        [[client]]
        id = "nightly"
        secret = {{ env = "STRONG" }}
        audiences = ["https://api.example"]
        {keys}
        "#
    ))
}

const ACCOUNT: &str = r#"
    [[service_account]]
    name = "members"
    user_name = "svc"
    "#;

fn one(found: Vec<(String, String)>, path: &str, fragment: &str) {
    let [(at, message)] = found.as_slice() else { panic!("{path}: {found:?}") };
    assert!(at == path && message.contains(fragment), "{at}: {message}");
}

#[test]
fn a_client_is_bound_to_a_service_account_with_or_without_a_password() {
    let bound = "grant_types = [\"client_credentials\"]\nservice_account = \"members\"";
    for (password, known) in [("", None), ("password = { env = \"STRONG\" }", Some(STRONG))] {
        let table = with_service(&format!("{ACCOUNT}{password}"), bound);
        let blueprint = read(&table).unwrap();
        assert_eq!(blueprint.warnings, Vec::new());
        let nightly = blueprint.registry.client(&"nightly".into()).unwrap();
        let name = nightly.service_account.clone().unwrap();
        let account = &blueprint.service_accounts[&name];
        assert_eq!((account.user_name.as_str(), &account.password), ("svc", &known.map(Secret::from)));
    }
}

#[test]
fn each_problem_of_a_service_account_is_told_at_its_key() {
    for (written, path, fragment) in [
        ("user_name = \"svc\"", "service_account[0].name", "letters, digits"),
        ("name = \"a b\"\nuser_name = \"svc\"", "service_account[0] (a b).name", "letters, digits"),
        ("name = \"a\"", "service_account[0] (a).user_name", "missing"),
        (
            "name = \"a\"\nuser_name = \"svc\"\npassword = { env = \"ABSENT\" }",
            "service_account[0] (a).password",
            "`ABSENT` is not set",
        ),
        (
            "name = \"a\"\nuser_name = \"svc\"\n[[service_account]]\nname = \"a\"\nuser_name = \"other\"",
            "service_account[1] (a).name",
            "already",
        ),
        (
            "name = \"a\"\nuser_name = \"svc\"\n[[service_account]]\nname = \"b\"\nuser_name = \"svc\"",
            "service_account[1] (b).user_name",
            "several clients may share",
        ),
    ] {
        let table = configuration(&format!("[[service_account]]\n{written}"));
        one(problems(&table), path, fragment);
    }
    let literal = configuration(&format!("{ACCOUNT}password = \"swordfish\""));
    one(warnings(&literal), "service_account[0] (members).password", "service-accounts set members");
    assert!(!format!("{:?}", read(&literal).unwrap()).contains("swordfish"));
}

#[test]
fn a_machine_is_another_client_than_the_one_that_people_sign_in_to() {
    let at = "client[0] (nightly).service_account";
    for grants in [
        "[\"client_credentials\", \"authorization_code\"]",
        "[\"authorization_code\"]",
        "[\"authorization_code\", \"refresh_token\"]",
    ] {
        let keys = format!(
            "grant_types = {grants}\nservice_account = \"members\"\nredirect_uris = [\"https://a.example/\"]"
        );
        let found = problems(&with_service(ACCOUNT, &keys));
        one(found, at, "people sign in to another [[client]]");
    }
    let unknown = "grant_types = [\"client_credentials\"]\nservice_account = \"member\"";
    one(problems(&with_service(ACCOUNT, unknown)), at, "did you mean \"members\"");
    // Without a service account it is only unwise.
    let both = "grant_types = [\"client_credentials\", \"authorization_code\"]\nredirect_uris = [\"https://a.example/\"]";
    one(warnings(&with_service("", both)), "client[0] (nightly).grant_types", "RFC 9700");
}

fn with_api(keys: &str) -> toml::Table {
    configuration(&format!("[[api]]\naudience = \"https://api.example\"\n{keys}"))
}

#[test]
fn an_api_says_how_long_its_tokens_live_in_every_unit_there_is() {
    for (written, seconds) in [
        ("15s", 15),
        ("30min", 1_800),
        ("5h", 18_000),
        ("7d", 604_800),
        ("3w", 1_814_400),
        ("2m", 5_184_000),
        ("1y", 31_536_000),
        ("1y 2m 3w 7d 5h 30min 15s", 39_159_015),
        ("1y2m3w7d5h30min15s", 39_159_015),
    ] {
        let blueprint = read(&with_api(&format!("lifetime = \"{written}\""))).unwrap();
        let [api] = blueprint.registry.apis() else { panic!("one API") };
        assert_eq!(api.lifetime, Some(TokenLifetime::Limited(Duration::from_secs(seconds))), "{written}");
    }
    for (written, fragment) in [
        ("\"forever\"", "whole number"),
        ("\"5m 3y\"", "shorter unit"),
        ("300", "no unit"),
        ("true", "\"unlimited\""),
        ("\"0s\"", "no time at all"),
    ] {
        let found = problems(&with_api(&format!("lifetime = {written}")));
        one(found, "api[0] (https://api.example).lifetime", fragment);
    }
}

#[test]
fn whoever_insists_on_tokens_without_end_is_warned_and_the_keys_stay() {
    let at = "api[0] (https://api.example).lifetime";
    let jwt = with_api("lifetime = \"unlimited\"");
    one(warnings(&jwt), at, "nobody can take back");
    let opaque = with_api("lifetime = \"unlimited\"\nformat = \"opaque\"\nintrospected_by = [\"shop\"]");
    one(warnings(&opaque), at, "until somebody revokes it");

    let policy = |table| {
        let blueprint = read(table).unwrap();
        let [api] = blueprint.registry.apis() else { panic!("one API") };
        assert_eq!(api.lifetime, Some(TokenLifetime::Unlimited));
        let person = longest_token_of_a_person(&blueprint.registry);
        (custody_policy(&blueprint.settings, &blueprint.registry).longest_token, person)
    };
    // What a person gave ends after a year, and with it what the database keeps of it.
    let year = Duration::from_hours(24 * 365);
    assert_eq!(policy(&jwt), (Duration::MAX, year));
    assert_eq!(policy(&opaque), (year + Duration::from_mins(1), year));
}

#[test]
fn an_api_says_how_aud_and_sub_look_and_a_client_that_it_writes_json() {
    let plain = read(&with_api("")).unwrap();
    let [api] = plain.registry.apis() else { panic!("one API") };
    assert_eq!((api.aud, api.subject, api.lifetime), (AudienceShape::Text, None, None));
    let said = read(&with_api("aud = \"array\"\nsubject = \"legacy_user_name\"")).unwrap();
    let [api] = said.registry.apis() else { panic!("one API") };
    assert_eq!((api.aud, api.subject), (AudienceShape::Array, Some(SubjectKind::LegacyUserName)));
    for (keys, path) in [("aud = \"list\"", "aud"), ("subject = \"email\"", "subject")] {
        one(problems(&with_api(keys)), &format!("api[0] (https://api.example).{path}"), "`");
    }
    for (keys, requests) in
        [("", TokenRequests::Form), ("token_request_json = true", TokenRequests::FormOrJson)]
    {
        let keys = format!("grant_types = [\"client_credentials\"]\n{keys}");
        let blueprint = read(&with_service("", &keys)).unwrap();
        assert_eq!(blueprint.registry.client(&"nightly".into()).unwrap().token_requests, requests);
    }
}

#[test]
fn scopes_may_be_uris_and_nothing_that_breaks_their_grammar() {
    let uris = r#"scopes = ["https://api.example/events.read?v=1#all", "urn:example:events:write"]"#;
    assert_eq!(warnings(&with_api(uris)), Vec::new());
    for broken in ["https://api.example/a b", "https://api.example/\\\"", "https://api.example/é"] {
        let found = problems(&with_api(&format!("scopes = [\"{broken}\"]")));
        assert!(found[0].1.contains("not a scope"), "{found:?}");
    }
}
