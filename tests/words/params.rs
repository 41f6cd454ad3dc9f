//! Queries and forms.

use std::collections::HashMap;

use passerelle::oauth::form::{MalformedForm, decode, decode_pairs, encode};
use passerelle::oauth::params::{DuplicateParameter, LONGEST, MOST, MalformedParams, Params};
use proptest::prelude::*;

fn form(pairs: &[(String, String)]) -> String {
    let pieces: Vec<_> = pairs.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect();
    pieces.join("&")
}

#[test]
fn a_form_is_decoded_strictly() {
    for (encoded, decoded) in [
        ("", Ok("")),
        ("a+b%20c", Ok("a b c")),
        ("%C3%A9", Ok("é")),
        ("é", Ok("é")),
        ("%", Ok("%")),
        ("%4", Ok("%4")),
        ("%zz%41", Ok("%zzA")),
        ("%%41", Ok("%A")),
        ("%2B%26%3D%25", Ok("+&=%")),
        ("%0D%0A", Ok("\r\n")),
        ("%ff", Err(MalformedForm::NotUtf8)),
        ("%C3", Err(MalformedForm::NotUtf8)),
        ("%ED%A0%80", Err(MalformedForm::NotUtf8)),
        ("%C0%AF", Err(MalformedForm::NotUtf8)),
        ("a%00b", Err(MalformedForm::Nul)),
        ("a\0b", Err(MalformedForm::Nul)),
    ] {
        assert_eq!(decode(encoded.as_bytes()), decoded.map(str::to_owned), "{encoded}");
    }
    let pairs = decode_pairs(b"a=1&&b&=c&d=e=f&").unwrap();
    let expected = [("a", "1"), ("b", ""), ("", "c"), ("d", "e=f")];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn a_parameter_stands_once_and_resource_and_audience_may_stand_often() {
    let params = Params::from_query("resource=a&x=1&resource=b&audience=c&audience=c").unwrap();
    assert_eq!(params.all("resource").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(params.all("audience").collect::<Vec<_>>(), ["c", "c"]);
    assert_eq!((params.one("x"), params.one("X"), params.one("y")), (Some("1"), None, None));
    let Err(MalformedParams::Duplicate(found)) =
        Params::from_query("client_id=a&state=s&scope=x&scope=x&nonce=1&nonce=2")
    else {
        panic!("a duplicate was read")
    };
    assert_eq!(found.name, "scope");
    assert_eq!(found.single.names().collect::<Vec<_>>(), ["client_id", "state"]);
    // The spelling of a name does not hide a duplicate.
    let hidden = Params::from_query("scope=a&sco%70e=b");
    assert!(matches!(hidden, Err(MalformedParams::Duplicate(DuplicateParameter { .. }))), "{hidden:?}");
}

#[test]
fn a_parameter_without_a_value_counts_as_left_out() {
    let params = Params::from_query("state=&scope&nonce=n&state=s").unwrap();
    assert_eq!(params.names().collect::<Vec<_>>(), ["nonce", "state"]);
    assert_eq!(params.one("state"), Some("s"));
}

#[test]
fn too_much_is_not_read() {
    let long = format!("a={}", "x".repeat(LONGEST - 2));
    assert!(Params::from_form(long.as_bytes()).is_ok());
    assert_eq!(Params::from_form(format!("{long}x").as_bytes()), Err(MalformedParams::TooLong));
    let many = |count: usize| (0..count).map(|i| format!("p{i}=1")).collect::<Vec<_>>().join("&");
    assert!(Params::from_query(&many(MOST)).is_ok());
    assert_eq!(Params::from_query(&many(MOST + 1)), Err(MalformedParams::TooMany));
    assert_eq!(Params::from_form(b"a=%ff"), Err(MalformedForm::NotUtf8.into()));
    assert_eq!(Params::from_form(b"a%00=1"), Err(MalformedForm::Nul.into()));
}

#[test]
fn debug_output_shows_names_only() {
    let params = Params::from_query("password=swordfish&code=c0de").unwrap();
    assert_eq!(format!("{params:?}"), r#"Params{"password", "code"}"#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Params::from_form(&bytes);
        let _ = decode(&bytes);
    }

    #[test]
    fn any_query_is_read_or_refused(text in "[a-c=&%+0-9\\PC]{0,60}") {
        let _ = Params::from_query(&text);
    }

    #[test]
    fn what_is_encoded_is_decoded(text in "\\PC{0,40}|[ +%&=\r\n\t]{0,20}") {
        prop_assert_eq!(decode(encode(&text).as_bytes()), Ok(text.clone()));
        prop_assert!(encode(&text).bytes().all(|byte| byte.is_ascii_graphic() && !b"&=".contains(&byte)));
    }

    #[test]
    fn duplicates_are_always_found_and_nothing_else_is(
        pairs in proptest::collection::vec(("[a-d]|resource|audience", "[x-z]{0,2}|\\PC{1,3}"), 0..8)
    ) {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (name, _) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
            *counts.entry(name).or_default() += 1;
        }
        let twice = |name: &str| !["resource", "audience"].contains(&name) && counts[name] > 1;
        match Params::from_form(form(&pairs).as_bytes()) {
            Ok(params) => {
                prop_assert!(!counts.keys().any(|name| twice(name)));
                let sent = pairs.iter().filter(|(_, value)| !value.is_empty());
                prop_assert!(params.names().eq(sent.clone().map(|(name, _)| name.as_str())));
                for (name, value) in sent {
                    prop_assert!(params.all(name).any(|known| known == value));
                }
            }
            Err(MalformedParams::Duplicate(found)) => {
                prop_assert!(twice(&found.name));
                prop_assert!(!found.single.names().any(twice));
            }
            Err(other) => prop_assert!(false, "{other:?}"),
        }
    }
}

#[test]
fn a_json_object_is_read_as_a_form_is() {
    let body = r#" {"grant_type":"client_credentials", "scope":"a \u00e9\n", "resource":["a","b"], "audience":"c", "x":null, "y":"", "z":[]} "#;
    let params = Params::from_json(body.as_bytes()).unwrap();
    assert_eq!(params.one("grant_type"), Some("client_credentials"));
    assert_eq!(params.one("scope"), Some("a é\n"));
    assert_eq!(params.all("resource").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(
        params.names().collect::<Vec<_>>(),
        ["grant_type", "scope", "resource", "resource", "audience"]
    );
}

#[test]
fn json_that_says_a_thing_twice_or_something_else_than_texts_is_refused() {
    let json = |body: &str| Params::from_json(body.as_bytes());
    for body in [
        r#"{"client_id":"a","client_id":"b"}"#,
        r#"{"client_id":"a","client_id":"a"}"#,
        // The spelling of a name does not hide a duplicate, nor does a value that says nothing.
        r#"{"client_id":"a","client\u005fid":"b"}"#,
        r#"{"client_id":null,"client_id":"b"}"#,
        r#"{"client_id":"","client_id":"b"}"#,
        // What forms repeat has arrays here.
        r#"{"resource":"a","resource":"b"}"#,
        r#"{"expires_in":60}"#,
        r#"{"public":true}"#,
        r#"{"client":{"id":"a"}}"#,
        r#"{"resource":["a",1]}"#,
        r#"{"resource":[["a"]]}"#,
        r#"["client_id","a"]"#,
        r#""client_id=a""#,
        r#"{"client_id":"a"} {"client_id":"b"}"#,
        r#"{"client_id":"a""#,
        r#"{'client_id':'a'}"#,
        r#"{"client_id":"\ud800"}"#,
        "",
        "null",
        "client_id=a",
    ] {
        assert_eq!(json(body), Err(MalformedParams::Json), "{body}");
    }
    assert_eq!(Params::from_json(b"{\"client_id\":\"\xff\"}"), Err(MalformedParams::Json));
    let many = json(r#"{"scope":["a","b"]}"#);
    assert!(matches!(&many, Err(MalformedParams::Duplicate(found)) if found.name == "scope"), "{many:?}");
    assert_eq!(json(r#"{"a":"b\u0000"}"#), Err(MalformedForm::Nul.into()));
    assert_eq!(json(r#"{"a\u0000":"b"}"#), Err(MalformedForm::Nul.into()));
    assert_eq!(json(&format!(r#"{{"a":"{}"}}"#, "x".repeat(LONGEST))), Err(MalformedParams::TooLong));
    let array = |count: usize| format!(r#"{{"resource":[{}]}}"#, vec![r#""a""#; count].join(","));
    assert!(json(&array(MOST)).is_ok());
    assert_eq!(json(&array(MOST + 1)), Err(MalformedParams::TooMany));
    assert_eq!(json(&format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))), Err(MalformedParams::Json));
}
