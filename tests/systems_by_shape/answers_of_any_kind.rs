//! Whatever an old system answers, in whatever format: nothing panics, nobody is let in who was not named, and no secret is shown.

use std::path::Path;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use passerelle::app::outbound::legacy_client;
use passerelle::config::environment::{Environment, Surroundings};
use passerelle::config::reading;
use passerelle::legacy::connector::Connector;
use passerelle::legacy::description::Description;
use passerelle::legacy::description_table;
use passerelle::secret::Secret;
use passerelle::time::Clock;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::account;
use super::scripted::{Scripted, bytes};
use crate::support::listening::Listening;

const PASSWORD: &str = "wonderland-of-secrets";
const TOKEN: &str = "T0KEN-of-secrets";
const KINDS: [&str; 6] = ["auto", "json", "form", "xml", "text", "jwt"];

/// A description that looks at every part of an answer.
fn described(base_url: &str, kind: &str) -> Description {
    let (format, place, jwt, id) = match kind {
        "text" => ("text", "", "", "/me/id"),
        "jwt" => {
            ("json", "/access_token", "jwt = { from = '/access_token', trust = 'transport' }", "/jwt/sub")
        }
        format => (format, "/access_token", "", "/me/id"),
    };
    let text = format!(
        "base_url = '{base_url}'
        largest_answer = 65536
        {jwt}
        identity = {{ legacy_id = '{id}', user_name = '/typed/user_name' }}
        claims = {{ all = '/me', roles = {{ each = '/me/roles', take = '/name' }}, first = 'me.roles | first' }}
        profile = [{{ name = 'me', url = '{{base_url}}/me', format = '{format}' }}]
        error = [
            {{ at = '/error', matches = 'lock', outcome = 'locked', after = '/after', after_as = 'date' }},
            {{ at = '/error', matches = 'otp', outcome = 'second_factor_required' }},
            {{ at = '/error', matches = 'old', outcome = 'password_expired', link = '{{base_url}}/{{/after}}' }},
            {{ step = 'me', at = '/error', matches = 'off', outcome = 'disabled' }},
        ]
        refresh = {{ url = '{{base_url}}/refresh', json = {{ token = '{{/token/refresh_token}}' }} }}
        alive = {{ url = '{{base_url}}/me', at = '/id', format = '{format}' }}
        challenge = {{ url = '{{base_url}}/otp', json = {{ code = '{{/typed/code}}' }}, keep = {{ state = '/after', all = '' }} }}
        [login]
        url = '{{base_url}}/login'
        json = {{ name = '{{/typed/user_name}}', password = '{{/typed/password}}' }}
        format = '{format}'
        access_token = '{place}'
        expires_in = '/expires_in'
        expires_as = 'date'"
    );
    let environment = Environment::default();
    let around = Surroundings { base: Path::new("."), environment: &environment };
    let (description, problems) = description_table::read(reading::parse(&text).unwrap(), "legacy", &around);
    description.unwrap_or_else(|| panic!("{problems:#?}"))
}

/// A system that answers anything, and what is needed to ask it.
struct Bench {
    runtime: Runtime,
    old: Scripted,
    http: reqwest::Client,
    descriptions: Vec<Description>,
}

static BENCH: LazyLock<Mutex<Bench>> = LazyLock::new(|| {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let old = runtime.block_on(Scripted::open());
    let descriptions = KINDS.iter().map(|kind| described(&old.base_url, kind)).collect();
    Mutex::new(Bench { runtime, old, http: legacy_client(Duration::from_secs(30)).unwrap(), descriptions })
});

/// A status, a media type and a body.
type Answer = (u16, &'static str, Vec<u8>);

fn answer(body: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Answer> {
    let status = proptest::sample::select(vec![200, 200, 200, 201, 204, 301, 400, 401, 403, 429, 500, 503]);
    let kinds = vec![
        "application/json",
        "application/x-www-form-urlencoded",
        "text/xml",
        "text/html; charset=latin1",
        "",
    ];
    (status, proptest::sample::select(kinds), body)
}

/// Values of every type but those that may be an id: no text and no whole number.
fn odd() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        Just(json!(1.5)),
        Just(json!("")),
        Just(json!("  ")),
        Just(json!("00000000-0000-0000-0000-000000000000")),
        Just(serde_json::from_str("123456789012345678901234567890").unwrap()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("id|name|roles", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

fn words() -> impl Strategy<Value = Value> {
    let text = vec![
        TOKEN,
        PASSWORD,
        "lock",
        "otp",
        "old",
        "off",
        "eyJ.e30.x",
        "a.e30.b",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOjEuNX0.",
        "\u{0}\r\n",
    ];
    prop_oneof![
        odd(),
        proptest::sample::select(text).prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from)
    ]
}

/// An answer of the login: anything, a success too.
fn of_login() -> impl Strategy<Value = Vec<u8>> {
    let names = "access_token|refresh_token|expires_in|error|after|id";
    let fields = || proptest::collection::btree_map(names, words(), 0..6);
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        fields().prop_map(|fields| json!(fields).to_string().into_bytes()),
        fields().prop_map(|fields| {
            let pairs =
                fields.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("&")));
            pairs.collect::<Vec<_>>().join("&").into_bytes()
        }),
        fields().prop_map(|fields| {
            let inside: String =
                fields.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
            format!("<access_token>{inside}</access_token>").into_bytes()
        }),
        enormous(),
    ]
}

/// Deep, and longer than anything may be.
fn enormous() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec![
        "[",
        "{\"access_token\":",
        "<access_token>",
        "&access_token=",
        TOKEN,
        "\"",
        "\u{1f9a2}",
        "<!DOCTYPE a [<!ENTITY a '&a;'>]>",
    ];
    (proptest::sample::select(pieces), prop_oneof![1..200_usize, Just(20_000)])
        .prop_map(|(piece, times)| piece.repeat(times).into_bytes())
}

/// A profile that names nobody.
fn of_nobody() -> impl Strategy<Value = Vec<u8>> {
    let profile = (odd(), odd(), prop_oneof![Just("error"), Just("login")], words());
    prop_oneof![
        profile.prop_map(|(id, roles, name, word)| json!({ "id": id, "roles": roles, name: word })
            .to_string()
            .into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..200),
        enormous(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_of_any_kind_lets_nobody_in_and_shows_nothing(login in answer(of_login()), me in answer(of_nobody())) {
        let bench = BENCH.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let said = |(status, kind, body): &Answer| bytes(*status, kind, body.clone());
        for call in ["POST /login", "POST /refresh"] {
            bench.old.on(call, said(&login));
        }
        bench.old.on("GET /me", said(&me));
        let listening = Listening::begin();
        for (kind, description) in KINDS.iter().zip(&bench.descriptions) {
            // One of its own each time: the breaker counts failures.
            let connector = || Connector::new(description.clone(), bench.http.clone(), Clock::System);
            let (signed_in, refreshed, life) = bench.runtime.block_on(async {
                let account = account("alice");
                (
                    connector().sign_in("alice", &Secret::from(PASSWORD)).await.map(|arrival| arrival.identity),
                    connector().refresh(&Secret::from(TOKEN), &account).await.map(|refreshed| refreshed.tokens),
                    connector().life(&Secret::from(TOKEN), &account).await,
                )
            });
            let refusal = signed_in.expect_err(kind);
            let told = format!("{refusal} {refusal:?} {refreshed:?} {life:?}");
            let told = told + &refreshed.err().map(|trouble| trouble.to_string()).unwrap_or_default();
            prop_assert!(!told.contains("of-secrets"), "{}: {}", kind, told);
        }
        let log = listening.heard();
        prop_assert!(!log.is_empty() && !log.contains("of-secrets"), "{}", log);
    }
}

/// So that the property above cannot hold for want of an answer.
#[test]
fn the_same_system_lets_somebody_in_whom_it_names() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let old = Scripted::open().await;
        let http = legacy_client(Duration::from_secs(30)).unwrap();
        old.on("POST /login", bytes(200, "", format!("{{\"access_token\":\"{TOKEN}\"}}").into_bytes()));
        old.on("GET /me", bytes(200, "", b"{\"id\":7,\"roles\":[{\"name\":\"x\"}]}".to_vec()));
        for kind in ["auto", "json"] {
            let connector = Connector::new(described(&old.base_url, kind), http.clone(), Clock::System);
            let arrival = connector.sign_in("alice", &Secret::from(PASSWORD)).await.unwrap();
            assert_eq!(arrival.identity.legacy_id.as_str(), "7", "{kind}");
            assert!(!format!("{arrival:?}").contains("of-secrets"));
        }
    });
}
