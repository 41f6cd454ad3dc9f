//! What machine clients and service accounts may say, and what becomes of it.

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
