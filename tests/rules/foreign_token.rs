//! What the claims of another issuer's token must say.

use std::time::Duration;

use passerelle::rules::claim_path::{ClaimPath, words};
use passerelle::rules::foreign_token::{
    Accepted, Expectations, ForeignRefusal as Refusal, Required, Told, check,
};
use serde_json::{Value, json};

use crate::support::parts::BEGINNING;

const ISSUER: &str = "https://login.partner.example/";
const AUDIENCE: &str = "https://api.example.org";

fn expected() -> Expectations {
    Expectations {
        issuer: ISSUER.to_owned(),
        audiences: vec![AUDIENCE.to_owned(), "api".to_owned()],
        required: Vec::new(),
        leeway: Duration::from_mins(1),
        max_age: Some(Duration::from_hours(24)),
        once: false,
        told: Told::Rfc9068,
    }
}

fn at(seconds: i64) -> i64 {
    BEGINNING.as_seconds() + seconds
}

/// A good token with `changes` laid over it; a claim that is changed to null is left out.
fn claims(changes: &Value) -> Value {
    let mut claims =
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "4711", "exp": at(300), "iat": at(0), "jti": "one"});
    let members = claims.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    claims
}

fn told(changes: &Value) -> Result<Accepted, Refusal> {
    check(&claims(changes), &expected(), BEGINNING)
}

#[test]
fn each_claim_has_its_way_to_be_wrong() {
    let rows = [
        // RFC 9068 §4: `iss` matches exactly.
        (json!({"iss": null}), Refusal::Issuer),
        (json!({"iss": "https://login.partner.example"}), Refusal::Issuer),
        (json!({"iss": "HTTPS://login.partner.example/"}), Refusal::Issuer),
        (json!({"iss": [ISSUER]}), Refusal::Issuer),
        // RFC 9068 §4: `aud` holds us.
        (json!({"aud": null}), Refusal::Audience),
        (json!({"aud": ""}), Refusal::Audience),
        (json!({"aud": []}), Refusal::Audience),
        (json!({"aud": "https://api.example.org/"}), Refusal::Audience),
        (json!({"aud": ["https://other.example"]}), Refusal::Audience),
        (json!({"aud": {"https://api.example.org": 1}}), Refusal::Audience),
        // RFC 9068 §2.2.
        (json!({"sub": null}), Refusal::Missing("sub")),
        (json!({"sub": ""}), Refusal::Missing("sub")),
        (json!({"sub": 4711}), Refusal::Missing("sub")),
        (json!({"exp": null}), Refusal::Missing("exp")),
        (json!({"exp": "tomorrow"}), Refusal::Missing("exp")),
        (json!({"iat": null}), Refusal::Missing("iat")),
        (json!({"iat": true}), Refusal::Missing("iat")),
        (json!({"nbf": "now"}), Refusal::Missing("nbf")),
        // RFC 7519 §4.1.4 to §4.1.6, with a minute for the clocks.
        (json!({"exp": at(-60)}), Refusal::Expired),
        (json!({"exp": -1e308}), Refusal::Expired),
        (json!({"nbf": at(61)}), Refusal::NotYetValid),
        (json!({"iat": at(61)}), Refusal::IssuedAhead),
        (json!({"iat": 1e308}), Refusal::IssuedAhead),
        (json!({"iat": at(-24 * 3600 - 61)}), Refusal::TooOld),
    ];
    for (changes, refusal) in rows {
        assert_eq!(told(&changes), Err(refusal), "{changes}");
    }
}

#[test]
fn the_clocks_may_be_apart_and_a_token_may_be_for_several_apis() {
    let rows = [
        json!({}),
        json!({"aud": ["https://other.example", "api"]}),
        json!({"exp": at(-59)}),
        json!({"exp": 1e308}),
        json!({"exp": (at(10) as f64) + 0.5}),
        json!({"nbf": at(60), "iat": at(60)}),
        json!({"iat": at(-24 * 3600 - 60)}),
    ];
    for changes in rows {
        assert!(told(&changes).is_ok(), "{changes}");
    }
}

#[test]
fn an_answer_of_the_issuer_may_tell_less_but_nothing_wrong() {
    let expected = Expectations { told: Told::Perhaps, audiences: Vec::new(), ..expected() };
    let little = json!({"iss": null, "aud": null, "sub": null, "exp": null, "iat": null});
    assert!(check(&claims(&little), &expected, BEGINNING).is_ok());
    for (changes, refusal) in [
        (json!({"iss": "https://other.example"}), Refusal::Issuer),
        (json!({"exp": at(-60)}), Refusal::Expired),
        (json!({"iat": at(61)}), Refusal::IssuedAhead),
    ] {
        assert_eq!(check(&claims(&changes), &expected, BEGINNING), Err(refusal));
    }
    let with_audience = Expectations { audiences: vec!["api".to_owned()], ..expected };
    assert_eq!(check(&claims(&little), &with_audience, BEGINNING), Err(Refusal::Audience));
}

#[test]
fn required_claims_are_there_with_one_of_their_values() {
    let one_of = |values: &[Value]| Required::OneOf(values.to_vec());
    let rows = [
        ("tenant", Required::Any, json!({"tenant": "a"}), true),
        ("tenant", Required::Any, json!({"tenant": false}), true),
        ("tenant", Required::Any, json!({}), false),
        ("tenant", one_of(&[json!("a")]), json!({"tenant": "a"}), true),
        ("tenant", one_of(&[json!("a"), json!("b")]), json!({"tenant": "b"}), true),
        ("tenant", one_of(&[json!("a")]), json!({"tenant": "A"}), false),
        ("tenant", one_of(&[json!("a")]), json!({"tenant": ["b", "a"]}), true),
        ("tenant", one_of(&[json!("a")]), json!({"tenant": ["b"]}), false),
        ("email_verified", one_of(&[json!(true)]), json!({"email_verified": true}), true),
        ("email_verified", one_of(&[json!(true)]), json!({"email_verified": "true"}), false),
        ("/realm/name", one_of(&[json!("a")]), json!({"realm": {"name": "a"}}), true),
        ("/realm/name", one_of(&[json!("a")]), json!({"/realm/name": "a"}), false),
        ("https://claims.example/a.b", Required::Any, json!({"https://claims.example/a.b": 1}), true),
    ];
    for (path, required, changes, holds) in rows {
        let expected = Expectations { required: vec![(ClaimPath::from(path), required)], ..expected() };
        let outcome = check(&claims(&changes), &expected, BEGINNING).map(drop);
        let wanted = if holds { Ok(()) } else { Err(Refusal::Claim(path.to_owned())) };
        assert_eq!(outcome, wanted, "{path} in {changes}");
    }
}

#[test]
fn a_token_for_one_request_is_remembered_until_it_is_refused_for_its_age() {
    let once = Expectations { once: true, ..expected() };
    let spent = |changes: &Value| check(&claims(changes), &once, BEGINNING).map(|accepted| accepted.spend);
    let until =
        |seconds: i64| Ok(Some(("one".to_owned(), BEGINNING + Duration::from_secs(seconds.unsigned_abs()))));
    assert_eq!(spent(&json!({})), until(300 + 61));
    // A token that lives for a year is too old after a day.
    assert_eq!(spent(&json!({"exp": at(365 * 86_400)})), until(86_400 + 61));
    for jti in [json!(null), json!(""), json!(1), json!("j".repeat(256))] {
        assert_eq!(spent(&json!({"jti": jti})), Err(Refusal::Missing("jti")));
    }
    let forgetful = Expectations { told: Told::Perhaps, max_age: None, ..once.clone() };
    assert_eq!(check(&claims(&json!({"exp": null})), &forgetful, BEGINNING), Err(Refusal::Missing("exp")));
    for (after, refusal) in [(361, true), (359, false)] {
        let later = BEGINNING + Duration::from_secs(after);
        assert_eq!(check(&claims(&json!({})), &once, later).is_err(), refusal, "{after}");
    }
}

#[test]
fn scopes_and_roles_are_a_text_or_a_list_at_the_first_place_that_has_any() {
    let paths = ["scope".into(), "scp".into(), "/realm_access/roles".into()];
    let rows = [
        (json!({"scope": "a b"}), vec!["a b"]),
        (json!({"scp": ["a", "b", 1]}), vec!["a", "b"]),
        (json!({"scope": null, "realm_access": {"roles": ["c"]}}), vec!["c"]),
        (json!({"scope": {}, "scp": "a"}), vec![]),
        (json!({}), vec![]),
    ];
    for (claims, expected) in rows {
        assert_eq!(words(&paths, &claims), expected, "{claims}");
    }
}
