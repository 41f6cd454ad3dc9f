//! What holds whatever is sent: nothing panics, and nothing is taken that the issuer did not sign as it is.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passerelle::gateway::issuers::claimed::Claimed;
use passerelle::rules::foreign_token::{Expectations, Told, check};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::support::foreign_issuer::{AUDIENCE, Key};
use crate::support::parts::BEGINNING;
use crate::support::trust::Trust;

const ISSUER: &str = "https://login.partner.example";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
/// Its key is written down, so that nobody is asked.
static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let lines = format!("pem = '''\n{}'''", Key::First.pem());
    RUNTIME.block_on(Trust::in_one(ISSUER, &lines))
});
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let now = BEGINNING.as_seconds();
    Key::First.token(&json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "4711", "client_id": "portal", "iat": now, "exp": now + 300,
    }))
});

fn is_taken(token: &str) -> bool {
    RUNTIME.block_on(TRUST.verify(token, BEGINNING)).is_ok()
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![ISSUER, AUDIENCE, "RS256", "none", "HS256", "at+jwt", "first", ""]).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,3}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(select(names), json_value(), 0..names.len()).prop_map(|map| json!(map))
}

const HEADER: &[&str] = &["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "enc", "zip"];
const CLAIMS: &[&str] = &["iss", "aud", "sub", "exp", "iat", "nbf", "jti", "client_id", "scope", "roles"];

#[test]
fn the_token_that_the_properties_change_is_taken() {
    assert!(is_taken(&GOOD));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_texts_are_refused(token in ".{0,200}") {
        prop_assert!(!is_taken(&token));
    }

    #[test]
    fn arbitrary_bytes_in_three_or_five_parts_are_refused(parts in prop::collection::vec(any::<Vec<u8>>(), 1..6)) {
        let token = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect::<Vec<_>>().join(".");
        prop_assert!(!is_taken(&token));
    }

    /// Whatever header and claims a stranger writes and signs.
    #[test]
    fn what_a_stranger_signs_is_refused(header in object(HEADER), claims in object(CLAIMS)) {
        for key in [Key::Stranger, Key::Edwards] {
            prop_assert!(!is_taken(&key.signs(&header, &claims)));
        }
    }

    /// One character of a good token changed, left out or put in; the last bits of a part may be spelt several ways, of which one counts.
    #[test]
    fn a_token_is_taken_as_it_was_signed_or_not_at_all(at in any::<Index>(), by in "[A-Za-z0-9_.=-]", kind in 0..3) {
        let mut letters: Vec<char> = GOOD.chars().collect();
        let (at, by) = (at.index(letters.len()), by.chars().next().unwrap());
        match kind {
            0 => letters[at] = by,
            1 => drop(letters.remove(at)),
            _ => letters.insert(at, by),
        }
        let changed: String = letters.into_iter().collect();
        prop_assert_eq!(is_taken(&changed), changed == *GOOD);
    }

    /// Signed by the right key, whatever it says: the claims decide, and only good ones.
    #[test]
    fn what_the_issuer_signs_is_taken_only_when_its_claims_hold(claims in object(CLAIMS)) {
        if is_taken(&Key::First.token(&claims)) {
            prop_assert_eq!(&claims["iss"], ISSUER);
            let aud = &claims["aud"];
            prop_assert!(aud == AUDIENCE || aud.as_array().is_some_and(|names| names.contains(&json!(AUDIENCE))));
            prop_assert!(claims["sub"].is_string() && claims["exp"].is_number() && claims["iat"].is_number());
        }
    }

    #[test]
    fn whatever_an_issuer_answers_is_judged(claims in object(CLAIMS), seconds in any::<i64>()) {
        let expected = Expectations {
            issuer: ISSUER.to_owned(), audiences: Vec::new(), required: Vec::new(),
            leeway: std::time::Duration::from_mins(1), max_age: None, once: true, told: Told::Perhaps,
        };
        let now = passerelle::time::Timestamp::from_seconds(seconds);
        if let Ok(accepted) = check(&claims, &expected, now) {
            prop_assert!(accepted.spend.is_some() && claims.get("jti").is_some());
        }
    }

    #[test]
    fn what_a_token_looks_like_is_seen_without_a_fault(text in ".{0,80}") {
        if let Claimed::Jwt(claims) = Claimed::of(&text) {
            prop_assert!(claims.is_object());
        }
    }
}
