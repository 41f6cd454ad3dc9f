//! `[[gateway.issuer]]`: each mistake at its key, and the block of the example is what it says.

use std::path::Path;

use passerelle::app::blueprint::Blueprint;
use passerelle::config::environment::Environment;
use regex::Regex;
use toml::Table;

use super::{configuration, problems, read, warnings};

const EXAMPLE: &str = include_str!("../../config.toml");

/// An issuer without mistakes, with `changes`: a line of the same key takes the place of what stands there.
fn issuer(changes: &str) -> String {
    let mut lines = vec![
        "name = \"partner\"",
        "issuer = \"https://login.partner.example\"",
        "audiences = [\"https://api.example.org\"]",
    ];
    let key = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let (keys, rules) = changes.split_once("[[").unwrap_or((changes, ""));
    lines.retain(|line| keys.lines().all(|change| key(change) != key(line)));
    lines.extend(keys.lines().filter(|line| !line.ends_with("\"-\"")));
    let rules = match rules {
        "" => "[[gateway.issuer.identity]]\nclaim = \"member\"\nnames = \"legacy_id\"".to_owned(),
        "none" => String::new(),
        rules => format!("[[{rules}"),
    };
    format!("[[gateway.issuer]]\n{}\n{rules}", lines.join("\n"))
}

/// With two service accounts that rules may name.
fn configured(written: &str) -> Table {
    let account =
        |name: &str| format!("[[service_account]]\nname = \"{name}\"\nuser_name = \"svc-{name}\"\n");
    configuration(&format!("{}{}{written}", account("b"), account("c")))
}

fn assert_problem(written: &str, path: &str, fragment: &str) {
    let found = problems(&configured(written));
    let [(at, message)] = found.as_slice() else { panic!("{written}: {found:?}") };
    assert_eq!(at, path, "{written}: {message}");
    assert!(message.contains(fragment), "{written}: {message}");
}

#[test]
fn an_issuer_that_says_the_least_has_no_problem_and_no_warning() {
    assert_eq!(read(&configuration(&issuer(""))).unwrap().warnings, Vec::new());
}

/// What is written, below which key the problem stands, and a piece of what it says.
type Row = (&'static str, &'static str, &'static str);

const ISSUER: &[Row] = &[
    ("issuer = \"-\"", "issuer", "missing"),
    ("issuer = \"login\"", "issuer", "not an absolute https URL"),
    ("issuer = \"ftp://login.partner.example\"", "issuer", "not an absolute https URL"),
    ("issuer = \"http://login.partner.example\"", "issuer", "write https"),
    ("issuer = \"https://me:pw@login.partner.example\"", "issuer", "leave out the user name"),
    ("issuer = \"https://login.example.org\"", "issuer", "the bridge itself"),
    ("audiences = []", "audiences", "missing"),
    ("audiences = [\"\"]", "audiences[0]", "has a name"),
    ("apis = [\"\"]", "apis[0]", "has a name"),
    ("isuer = 1", "isuer", "did you mean `issuer`"),
];

const VOUCHING: &[Row] = &[
    ("validation = \"trust\"", "validation", "`local`, `userinfo`, `introspection`"),
    ("algorithms = []", "algorithms", "no token at all"),
    ("algorithms = [\"none\"]", "algorithms[0]", "`RS256`"),
    ("algorithms = [\"RS256\", \"HS256\"]", "algorithms[1]", "`RS256`"),
    ("typ = \"id_token\"", "typ", "`at+jwt`, `JWT`"),
    ("jwks_uri = \"http://keys.partner.example\"", "jwks_uri", "write https"),
    ("jwks = { keys = [] }", "jwks", "no key for RS256"),
    ("jwks = { keys = [{ kty = \"oct\", k = \"AAAA\" }] }", "jwks", "symmetric"),
    ("jwks_file = \"absent.json\"", "jwks_file", "absent.json"),
    ("jwks_file = \"Cargo.toml\"", "jwks_file", "not JSON"),
    ("pem = \"-----BEGIN PRIVATE KEY-----\"", "pem", "private key"),
    ("pem = \"key\"", "pem", "BEGIN PUBLIC KEY"),
    ("pem = \"\"", "pem", "BEGIN PUBLIC KEY"),
    ("pem_file = \"Cargo.toml\"", "pem_file", "BEGIN PUBLIC KEY"),
    (
        "jwks_uri = \"https://keys.partner.example\"\njwks = { keys = [{ kty = \"OKP\", crv = \"Ed25519\", x = \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\" }] }",
        "jwks",
        "keep one",
    ),
    ("keys_refresh = \"0s\"", "keys_refresh", "no time at all"),
    ("keys_refresh = \"8d\"", "keys_refresh", "longer than"),
    ("keys_pause = \"11min\"", "keys_pause", "longer than"),
    ("client_id = \"bridge\"", "client_id", "\"introspection\""),
    ("opaque_tokens = true", "opaque_tokens", "\"userinfo\" or"),
    ("validation = \"userinfo\"\ntyp = \"JWT\"", "typ", "\"local\""),
    ("validation = \"userinfo\"\nclient_id = \"bridge\"", "client_id", "\"introspection\""),
    ("validation = \"userinfo\"\nvalidation_interval = \"0s\"", "validation_interval", "no time at all"),
    ("validation = \"userinfo\"\nvalidation_interval = \"2h\"", "validation_interval", "revoked"),
    ("validation = \"introspection\"\nclient_secret = { env = \"STRONG\" }", "client_id", "missing"),
    ("validation = \"introspection\"\nclient_id = \"bridge\"", "client_secret", "missing"),
    (
        "validation = \"introspection\"\nclient_id = \"bridge\"\nclient_secret = { env = \"ABSENT\" }",
        "client_secret",
        "`ABSENT` is not set",
    ),
    (
        "validation = \"introspection\"\nclient_id = \"b\"\nclient_secret = { env = \"STRONG\" }\nuserinfo_endpoint = \"https://a.example\"",
        "userinfo_endpoint",
        "\"userinfo\"",
    ),
    ("validation = \"userinfo\"\naudiences = []\nrequired_claims = { a = 1 }", "apis", "missing"),
];

const CLAIMS: &[Row] = &[
    ("leeway = \"10min\"", "leeway", "set the clocks"),
    ("max_age = \"0s\"", "max_age", "no time at all"),
    ("required_claims = { tenant = [] }", "required_claims.tenant", "\"*\""),
    ("required_claims = { tenant = { a = 1 } }", "required_claims.tenant", "\"*\""),
    ("roles_claim = [\"/a~2\"]", "roles_claim[0]", "JSON pointer"),
    ("client_claim = [\"\"]", "client_claim[0]", "name of a claim"),
    ("timeout = \"0s\"", "timeout", "no time at all"),
];

const IDENTITY: &[Row] = &[
    ("[[none", "identity", "missing"),
    ("[[gateway.issuer.identity]]\nclient = \"a\"", "identity[0]", "one of `claim`"),
    (
        "[[gateway.issuer.identity]]\nservice_account = \"absent\"",
        "identity[0].service_account",
        "no [[service_account]]",
    ),
    (
        "[[gateway.issuer.identity]]\nclaim = \"a\"\nnames = \"user_name\"\nservice_account = \"b\"",
        "identity[0]",
        "one of `claim`",
    ),
    ("[[gateway.issuer.identity]]\nclaim = \"a\"", "identity[0].names", "missing"),
    ("[[gateway.issuer.identity]]\nclaim = \"a\"\nnames = \"mail\"", "identity[0].names", "`user_name`"),
    (
        "[[gateway.issuer.identity]]\nservice_account = \"b\"\nnames = \"user_name\"",
        "identity[0].names",
        "leave it out",
    ),
    ("[[gateway.issuer.identity]]\nclient = \"\"\nservice_account = \"b\"", "identity[0].client", "empty"),
    (
        "[[gateway.issuer.identity]]\nservice_account = \"b\"\n[[gateway.issuer.identity]]\nservice_account = \"c\"",
        "identity[1]",
        "never reached",
    ),
];

#[test]
fn each_mistake_is_told_at_its_key() {
    for (changes, path, fragment) in [ISSUER, VOUCHING, CLAIMS, IDENTITY].concat() {
        assert_problem(&issuer(changes), &format!("gateway.issuer[0] (partner).{path}"), fragment);
    }
    assert_problem(&issuer("name = \"-\""), "gateway.issuer[0].name", "letters, digits");
    assert_problem(&issuer("name = \"a:b\""), "gateway.issuer[0] (a:b).name", "letters, digits");
}

#[test]
fn two_issuers_do_not_share_a_name_a_url_or_the_tokens_that_say_nothing() {
    let other = "issuer = \"https://login.other.example\"";
    let opaque = "validation = \"userinfo\"\nopaque_tokens = true";
    let both = |first: &str, second: &str| format!("{}\n{}", issuer(first), issuer(second));
    assert_problem(&both("", other), "gateway.issuer[1] (partner).name", "already");
    assert_problem(&both("", "name = \"other\""), "gateway.issuer[1] (other).issuer", "already");
    assert_problem(
        &both(opaque, &format!("name = \"other\"\n{other}\n{opaque}")),
        "gateway.issuer[1] (other).opaque_tokens",
        "not shown to the other",
    );
}

#[test]
fn what_may_be_a_mistake_is_a_warning() {
    let rows = [
        (
            "validation = \"userinfo\"\naudiences = []\napis = [\"https://api.example.org\"]",
            "audiences",
            "whatever application",
        ),
        (
            "validation = \"introspection\"\nclient_id = \"b\"\nclient_secret = \"literal\"",
            "client_secret",
            "{ env = \"NAME\" }",
        ),
        (
            "[[gateway.issuer.identity]]\nclaim = \"email\"\nnames = \"user_name\"",
            "identity[0].claim",
            "email_verified = true",
        ),
    ];
    for (changes, path, fragment) in rows {
        let found = warnings(&configured(&issuer(changes)));
        let [(at, message)] = found.as_slice() else { panic!("{changes}: {found:?}") };
        assert_eq!(at, &format!("gateway.issuer[0] (partner).{path}"));
        assert!(message.contains(fragment), "{message}");
    }
}

/// The block of the example, in which `sign` in front of a key was taken away.
fn block(sign: &str) -> (String, usize) {
    let lines = EXAMPLE.lines().filter_map(|line| line.strip_prefix("#   "));
    let block: String =
        lines.skip_while(|line| *line != "[[gateway.issuer]]").map(|line| format!("{line}\n")).collect();
    let key = Regex::new(&format!(r"(?m)^{} ([a-z_]+ = )", regex::escape(sign))).unwrap();
    (key.replace_all(&block, "$1").into_owned(), key.find_iter(&block).count())
}

fn blueprint(block: &str) -> Result<Blueprint, passerelle::config::findings::Findings> {
    Blueprint::of_text(&format!("{EXAMPLE}\n{block}"), Path::new(""), &Environment::default())
}

#[test]
fn the_block_in_the_example_has_no_problem_and_its_defaults_are_the_defaults() {
    let (plain, _) = block("nothing");
    let (written_out, count) = block("#");
    assert!(count > 12, "{count}: {written_out}");
    let (plain, written_out) = (blueprint(&plain).unwrap(), blueprint(&written_out).unwrap());
    assert_eq!(plain.settings.gateway.issuers.len(), 1);
    assert_eq!(plain.settings.gateway, written_out.settings.gateway);
}

#[test]
fn every_key_of_an_issuer_stands_in_the_block_and_every_example_names_a_key() {
    let (examples, count) = block("#?");
    assert!(count > 10, "{count}");
    for problem in blueprint(&examples).unwrap_err().problems {
        assert!(!problem.message.contains("unknown key"), "{problem}");
    }
    let known = |section: &str| {
        let text = format!("{section}\nqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq = 1\n");
        let found = Blueprint::of_text(&text, Path::new(""), &Environment::default()).unwrap_err();
        let refused = found.problems.into_iter().find(|problem| problem.message.starts_with("unknown key"));
        refused.unwrap().message
    };
    let word = Regex::new("`([a-z0-9_]+)`").unwrap();
    for section in ["[[gateway.issuer]]", "[[gateway.issuer]]\n[[gateway.issuer.identity]]"] {
        let message = known(section);
        let keys: Vec<_> = word.captures_iter(&message).map(|found| found[1].to_owned()).collect();
        assert!(keys.len() > 4, "{message}");
        for key in keys.iter().filter(|key| *key != "identity") {
            assert!(examples.contains(&format!("{key} = ")), "{key}");
        }
    }
}
