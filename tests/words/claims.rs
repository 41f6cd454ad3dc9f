//! The `claims` parameter.

use passerelle::oauth::claims::{ClaimsRequest, MalformedClaims};

#[test]
fn the_example_of_the_specification_is_understood() {
    // OpenID Connect Core §5.5.
    let text = r#"{
        "userinfo": {
            "given_name": {"essential": true},
            "nickname": null,
            "email": {"essential": true},
            "email_verified": {"essential": true},
            "picture": null,
            "http://example.info/claims/groups": null
        },
        "id_token": {
            "auth_time": {"essential": true},
            "acr": {"values": ["urn:mace:incommon:iap:silver"]}
        }
    }"#;
    let request = ClaimsRequest::parse(text).unwrap();
    assert_eq!((request.userinfo.len(), request.id_token.len()), (6, 2));
    assert!(request.userinfo["email"].as_ref().unwrap().essential);
    assert_eq!(request.userinfo["nickname"], None);
    assert_eq!(request.essential_acr(), None, "merely welcome");
    assert!(request.takes_subject("anybody"));
}

#[test]
fn subject_and_acr_that_must_be_met_are_found() {
    let read = |text: &str| ClaimsRequest::parse(text).unwrap();
    // OpenID Connect Core §5.5.1: one value, or several of which one will do; in both places of the same person.
    for (text, alice, bob) in [
        (r#"{"id_token":{"sub":null},"userinfo":{"sub":{"essential":true}}}"#, true, true),
        (r#"{"id_token":{"sub":{"value":"alice"}}}"#, true, false),
        (r#"{"id_token":{"sub":{"values":["alice"]}}}"#, true, false),
        (r#"{"id_token":{"sub":{"values":["carol","bob","alice"]}}}"#, true, true),
        (r#"{"userinfo":{"sub":{"value":"alice"}}}"#, true, false),
        (r#"{"id_token":{"sub":{"value":"alice"}},"userinfo":{"sub":{"values":["bob"]}}}"#, false, false),
        (r#"{"id_token":{"sub":{"value":1}}}"#, false, false),
        (r#"{"id_token":{"sub":{"values":[]}}}"#, false, false),
    ] {
        let request = read(text);
        assert_eq!((request.takes_subject("alice"), request.takes_subject("bob")), (alice, bob), "{text}");
    }
    for (acr, wanted) in [
        (r#"{"essential":true,"value":"a"}"#, Some(vec!["a"])),
        (r#"{"essential":true,"values":["a","b"]}"#, Some(vec!["a", "b"])),
        (r#"{"essential":true,"values":[]}"#, Some(vec![])),
        (r#"{"essential":true,"values":[1]}"#, Some(vec![])),
        (r#"{"essential":true}"#, None),
        (r#"{"essential":false,"value":"a"}"#, None),
        (r#"{"value":"a"}"#, None),
        ("null", None),
    ] {
        let request = read(&format!(r#"{{"id_token":{{"acr":{acr}}}}}"#));
        assert_eq!(request.essential_acr(), wanted, "{acr}");
    }
}

#[test]
fn what_is_no_claims_object_or_too_much_is_refused() {
    let many = |count: usize| {
        let claims: Vec<_> = (0..count).map(|i| format!(r#""c{i}":null"#)).collect();
        format!(r#"{{"userinfo":{{{}}}}}"#, claims.join(","))
    };
    let deep = |depth: usize| {
        format!(r#"{{"userinfo":{{"a":{{"value":{}1{}}}}}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    for (text, expected) in [
        ("{}".to_owned(), None),
        (r#"{"verified_claims":[1],"userinfo":{"a":{"purpose":"x"}}}"#.to_owned(), None),
        (many(100), None),
        (many(101), Some(MalformedClaims::TooMuch)),
        (deep(3), None),
        (deep(4), Some(MalformedClaims::TooMuch)),
        (deep(200), Some(MalformedClaims::NotClaims)),
        (format!("{{}}{}", " ".repeat(8190)), None),
        (format!("{{}}{}", " ".repeat(8191)), Some(MalformedClaims::TooMuch)),
        (String::new(), Some(MalformedClaims::NotClaims)),
        ("null".to_owned(), Some(MalformedClaims::NotClaims)),
        ("[]".to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"[{"a":null},{}]"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":[]}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":null}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":{"a":1}}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":{"a":[]}}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"id_token":{"a":[true,"x"]}}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":{"a":{"essential":"yes"}}}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":{},"userinfo":{}}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        (r#"{"userinfo":{"a":{"value":1,"value":2}}}"#.to_owned(), Some(MalformedClaims::NotClaims)),
        ("{} {}".to_owned(), Some(MalformedClaims::NotClaims)),
    ] {
        assert_eq!(ClaimsRequest::parse(&text).err(), expected, "{text:.80}");
    }
}
