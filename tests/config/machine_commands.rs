//! The commands for service accounts, as a script runs them.

use super::command_line::{Run, passerelle, passerelle_reads};

const CONFIG: &str = r#"
server.issuer = "http://localhost:8080"
legacy = { preset = "imis", base_url = "http://localhost:9090" }
[[service_account]]
name = "members"
user_name = "svc"
[[client]]
id = "shop"
public = true
redirect_uris = ["http://localhost:3000/"]
"#;

#[test]
fn a_password_is_read_from_the_standard_input_and_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), CONFIG).unwrap();
    let run = |arguments: &[&str], input: &str| {
        let words: Vec<&str> = ["service-accounts"].iter().chain(arguments).copied().collect();
        passerelle_reads(folder.path(), &words, input)
    };
    let state = |run: Run| {
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        let listed = run.json();
        (listed[0]["password"].as_str().unwrap().to_owned(), listed[0]["state"].as_str().unwrap().to_owned())
    };
    let is = |password: &str, state: &str| (password.to_owned(), state.to_owned());
    assert_eq!(state(run(&["list", "--json"], "")), is("none", "no_password"));
    assert_eq!(state(run(&["set", "members", "--json"], "sword fish \nmore\n")), is("vault", "ready"));
    let plain = run(&["list"], "");
    assert!(
        plain.stdout.starts_with("members  svc  password: vault  ready  signed in: never"),
        "{}",
        plain.stdout
    );
    assert!(!format!("{}{}", plain.stdout, plain.stderr).contains("sword fish"));
    assert_eq!(state(run(&["retry", "members", "--json"], "")), is("vault", "ready"));
    assert_eq!(state(run(&["remove", "members", "--json"], "")), is("none", "no_password"));

    for (arguments, input, fragment) in [
        (["remove", "members"], "", "nothing is kept"),
        (["retry", "members"], "", "nothing is kept"),
        (["set", "members"], "\n", "empty"),
        (["set", "member"], "swordfish\n", "no [[service_account]] is called member"),
    ] {
        let refused = run(&arguments, input);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{arguments:?}");
        assert!(refused.stderr.contains(fragment), "{}", refused.stderr);
    }
    let folder = folder.path();
    assert_eq!(passerelle(folder, &["service-accounts", "set", "members", "swordfish"]).code, Some(2));
}
