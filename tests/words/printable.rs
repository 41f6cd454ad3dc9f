//! Foreign text, made fit to be shown.

use passerelle::oauth::printable::{description, printable};
use passerelle::oauth::resource::is_resource;
use passerelle::oauth::response::append_query;
use proptest::prelude::*;

#[test]
fn a_resource_is_an_absolute_uri_without_a_fragment() {
    for (text, fits) in [
        ("https://api.example.org", true),
        ("urn:example:api", true),
        ("api:x", true),
        ("api", false),
        ("/api", false),
        ("//api.example.org", false),
        ("", false),
        ("https://api.example.org#", false),
        ("https://api.example.org/#x", false),
    ] {
        assert_eq!(is_resource(text), fits, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    // RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E.
    #[test]
    fn whatever_was_sent_an_error_description_keeps_to_its_grammar(text in "\\PC{0,120}|[\"\\\\\r\n\t\0]{0,9}") {
        let fits = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        prop_assert!(description(&text).bytes().all(fits));
        prop_assert!(printable(&text).bytes().all(fits));
        prop_assert!(printable(&text).len() <= 83);
    }

    #[test]
    fn what_is_appended_to_a_uri_is_read_back_and_what_stood_there_stays(
        registered in "[a-z.]{1,5}:/{0,2}[a-z]{0,5}(\\?[a-z0-9%=&+]{0,9})?",
        state in "\\PC{1,20}",
    ) {
        let location = append_query(&registered, &[("code", "c".to_owned()), ("state", state.clone())]);
        prop_assert!(location.starts_with(&registered));
        let added = location[registered.len()..].trim_start_matches(['?', '&']);
        let pairs = passerelle::oauth::form::decode_pairs(added.as_bytes()).unwrap();
        prop_assert_eq!(pairs, vec![("code".to_owned(), "c".to_owned()), ("state".to_owned(), state)]);
        prop_assert_eq!(location.matches('?').count(), 1);
    }
}
