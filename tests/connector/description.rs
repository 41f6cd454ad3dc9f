//! The `[legacy]` table: what is wrong with it, at which key, and what a preset gives.

use serde_json::json;

use passerelle::legacy::description::Login;
use passerelle::legacy::facts::Facts;

use super::described;

/// A change to the smallest table, the key path that is named, and words of the message.
const MISTAKES: [(&str, &str, &str); 35] = [
    ("colour = 'red'", "legacy.colour", "unknown key"),
    ("base_url = 'members.example.org'", "legacy.base_url", "not an absolute https URL"),
    ("base_url = 'http://members.example.org'", "legacy.base_url", "in the clear"),
    ("base_url = 'https://u:p@members.example.org'", "legacy.base_url", "credentials"),
    ("preset = 'sims'", "legacy.preset", "no such preset"),
    ("name = 'a b'", "legacy.name", "letters, digits"),
    ("timeout = '0s'", "legacy.timeout", "no time at all"),
    ("timeout = 10", "legacy.timeout", "no unit"),
    ("[token]\nurl = '{base_url'", "legacy.token.url", "not a template"),
    ("[token]\nurl = '{base_url}/{/x}'", "legacy.token.url", "not a URL once"),
    ("[token]\nurl = 'http://members.example.org/token'", "legacy.token.url", "in the clear"),
    ("[token]\nurl = 'https://u:p@members.example.org/token'", "legacy.token.url", "credentials"),
    ("[token]\nurl = 'ftp://members.example.org/token'", "legacy.token.url", "not an https URL"),
    ("[token]\nclient = 'body'", "legacy.token.client", "needs client_id"),
    (
        "client_id = 'x'\n[token]\nclient = 'basic'",
        "legacy.token.client",
        "needs client_id and client_secret",
    ),
    ("[token.fields]\ngrant_type = 'x'", "legacy.token.fields.grant_type", "the bridge fills"),
    ("[token.fields]\nclient_id = 'x'", "legacy.token.fields.client_id", "under [legacy]"),
    ("client_secret = { env = 'NOT_SET' }", "legacy.client_secret", "not set"),
    ("[token]\naccess_token = 'access_token'", "legacy.token.access_token", "did you mean the JSON Pointer"),
    ("error = [{ outcome = 'locked' }]", "legacy.error[0]", "needs a condition"),
    ("error = [{ matches = 'x', outcome = 'locked' }]", "legacy.error[0].at", "missing"),
    ("error = [{ status = 400, outcome = 'lucked' }]", "legacy.error[0].outcome", "unknown word"),
    (
        "error = [{ at = '/e', matches = '(', outcome = 'locked' }]",
        "legacy.error[0].matches",
        "regular expression",
    ),
    ("profile = [{ url = '{base_url}/me' }]", "legacy.profile[0].name", "missing"),
    ("profile = [{ name = 'answer', url = '{base_url}/me' }]", "legacy.profile[0] (answer).name", "taken"),
    (
        "profile = [{ name = 'me', url = '{base_url}/me', expect = { rows = '' } }]",
        "legacy.profile[0] (me).expect.at",
        "missing",
    ),
    ("[claims]\nsub = '/x'", "legacy.claims.sub", "the bridge speaks"),
    ("[claims]\nname = ''", "legacy.claims.name", "not a JSON Pointer"),
    ("[claims]\nname = { template = '{x}' }", "legacy.claims.name.template", "nothing is called `x`"),
    ("[claims]\nname = { constant = 1.5 }", "legacy.claims.name.constant", "a whole number"),
    ("[claims]\nname = { constant = 'x', with = '/y' }", "legacy.claims.name", "exactly one of"),
    ("[claims]\nname = {}", "legacy.claims.name", "exactly one of"),
    ("[claims]\nname = { first = '/x', each = '/y' }", "legacy.claims.name", "exactly one of"),
    ("[claims]\nname = { constant = 'x', take = '/y' }", "legacy.claims.name", "exactly one of"),
    ("[help]\npassword_uri = 'javascript:alert(1)'", "legacy.help.password_uri", "not an absolute"),
];

#[test]
fn every_mistake_is_told_with_its_place() {
    let good = "preset = 'imis'\nbase_url = 'https://members.example.org'\n";
    for (more, path, message) in MISTAKES {
        let text = match more.split_once(" = ") {
            Some((key, _)) if good.contains(&format!("{key} = ")) => {
                let others: Vec<&str> = good.lines().filter(|line| !line.starts_with(key)).collect();
                format!("{}\n{more}", others.join("\n"))
            }
            _ => format!("{good}{more}"),
        };
        let problems = described(&text).unwrap_err();
        assert!(
            problems
                .iter()
                .any(|problem| problem.starts_with(&format!("{path}: ")) && problem.contains(message)),
            "{more}: {problems:#?}"
        );
    }
}

#[test]
fn a_table_with_nothing_in_it_says_all_that_is_needed_at_once() {
    let problems = described("").unwrap_err();
    for path in ["base_url", "token.url", "token.access_token", "identity.legacy_id", "identity.user_name"] {
        assert!(
            problems.iter().any(|problem| problem.starts_with(&format!("legacy.{path}: missing"))),
            "{problems:#?}"
        );
    }
}

#[test]
fn what_is_written_replaces_the_presets_key_and_leaves_the_others() {
    let text = "preset = 'imis'\nbase_url = 'https://members.example.org/app/'\n[token]\nusername_field = 'login'\n\
                [claims]\nemail = '/party/Mail'\nemail_verified = { constant = true }";
    let description = described(text).unwrap();
    let Login::Grant(token) = &description.login else { panic!("a grant") };
    assert_eq!(token.url.as_str(), "https://members.example.org/app/token");
    assert_eq!(token.username_field, "login");
    assert_eq!(token.password_field, "password");
    let email = description.mapping.claims["email"].value(&json!({"party": {"Mail": "a@b.example"}}));
    assert_eq!(email, Some(json!("a@b.example")));
    assert!(description.mapping.claims.contains_key("given_name"));
}

#[test]
fn a_value_stays_within_its_part_of_a_url() {
    use passerelle::legacy::template::Template;
    let template = Template::parse("{base_url}/user/{/id}?name={/name}").unwrap();
    let fill = |id: &str, name: &str| {
        template.fill_url("https://old.example", &Facts::of(&json!({"id": id, "name": name}))).ok()
    };
    assert_eq!(
        fill("../../admin", "a&b=c d").as_deref(),
        Some("https://old.example/user/..%2F..%2Fadmin?name=a%26b%3Dc%20d")
    );
    assert_eq!(fill("..", "x"), None);
    assert_eq!(fill(".", "x"), None);
    assert_eq!(fill("", "x"), None);
}
