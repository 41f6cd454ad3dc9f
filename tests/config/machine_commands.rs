//! The commands for machines, as a script runs them: passwords of service accounts, and public keys for APIs.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::pkey::PKey;

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

#[test]
fn public_keys_are_exported_as_pem_and_as_jwk_and_nothing_private_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("config.toml"), CONFIG).unwrap();
    let none = passerelle(folder, &["keys", "export"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""));
    assert!(none.stderr.contains("no key is published yet"), "{}", none.stderr);
    // The bridge makes them when it starts; so does an operator's rotation.
    let made = passerelle(folder, &["keys", "rotate", "--json"]).json();
    let kids: Vec<&str> = made.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap()).collect();
    assert_eq!(kids.len(), 2);

    let set = passerelle(folder, &["keys", "export", "--format", "jwk"]).json();
    let exported: Vec<&str> =
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
    assert_eq!(exported, kids);
    for key in set["keys"].as_array().unwrap() {
        // RFC 7518 §6: the private members of EC, RSA and OKP keys.
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private}");
        }
        let kid = key["kid"].as_str().unwrap();
        let alone = passerelle(folder, &["keys", "export", "--format", "jwk", "--kid", kid]);
        assert_eq!(alone.json(), *key);

        let pem = passerelle(folder, &["keys", "export", "--kid", kid]).stdout;
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"), "{pem}");
        let public = PKey::public_key_from_pem(pem.as_bytes()).unwrap();
        assert!(PKey::private_key_from_pem(pem.as_bytes()).is_err());
        match key["kty"].as_str().unwrap() {
            "RSA" => {
                let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
                assert_eq!(public.rsa().unwrap().n().to_vec(), modulus);
            }
            "EC" => assert_eq!(public.ec_key().unwrap().group().degree(), 256),
            other => panic!("{other}"),
        }
    }
    let all = passerelle(folder, &["keys", "export"]).stdout;
    assert_eq!(all.matches("-----BEGIN PUBLIC KEY-----").count(), 2);
    assert!(all.starts_with(&format!("{} ", kids[0])) && !all.contains("PRIVATE"), "{all}");
    // OpenSSL passes over the lines between.
    assert!(PKey::public_key_from_pem(all.as_bytes()).is_ok());
    // A name may begin like an option.
    for name in ["nobody", "-zULCu3T-mbBLKY3EUZKd8tywAG50gp5XW4ZftcN4ME", "--nobody"] {
        let unknown = passerelle(folder, &["keys", "export", "--kid", name]);
        assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""), "{name}");
        assert!(unknown.stderr.contains("keys list"), "{}", unknown.stderr);
    }
    assert_eq!(passerelle(folder, &["keys", "export", "--format", "der"]).code, Some(2));
}
