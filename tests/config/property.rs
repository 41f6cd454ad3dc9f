//! Whatever is written, it is read or refused; nothing falls over.

use std::path::Path;

use passerelle::app::blueprint::Blueprint;
use passerelle::config::duration::Span;
use passerelle::config::environment::Environment;
use passerelle::config::issuer::Issuer;
use proptest::prelude::*;

const WORDS: [&str; 34] = [
    "server",
    "issuer",
    "listen",
    "tls",
    "storage",
    "url",
    "keys",
    "master_key",
    "session",
    "idle",
    "tokens",
    "code",
    "branding",
    "accent",
    "scopes",
    "legacy",
    "preset",
    "claims",
    "profile",
    "api",
    "audience",
    "format",
    "client",
    "id",
    "secret",
    "jwks",
    "redirect_uris",
    "web_origins",
    "lifetimes",
    "env",
    "file",
    "sha256",
    "roles",
    "error",
];

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        Just("1.5".to_owned()),
        Just("1979-05-27T07:32:00Z".to_owned()),
        proptest::sample::select(vec![
            "imis",
            "opaque",
            "https://a.example",
            "http://localhost:1",
            "1y 5min",
            "RS256",
            "/a/b",
            "openid",
            "{base_url}/x",
        ])
        .prop_map(|text| format!("{text:?}")),
        "[ -~]{0,12}".prop_map(|text| toml::Value::String(text).to_string()),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = proptest::sample::select(WORDS.to_vec());
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", "))),
            proptest::collection::btree_map(key, inner, 0..4).prop_map(|table| {
                let pairs: Vec<String> =
                    table.into_iter().map(|(key, value)| format!("{key} = {value}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_configuration_of_known_words_is_read_or_refused(
        table in proptest::collection::btree_map(proptest::sample::select(WORDS.to_vec()), value(), 0..6)
    ) {
        let text: String = table.into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        match Blueprint::of_text(&text, Path::new(""), &Environment::default()) {
            Ok(_) => {}
            Err(found) => prop_assert!(!found.problems.is_empty()),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = Blueprint::of_text(&text, Path::new(""), &Environment::default());
        let _ = Issuer::parse(&text);
        let _ = text.parse::<Span>();
    }

    #[test]
    fn a_duration_is_written_the_way_it_is_read(seconds in 0..=31_536_000_000_u64) {
        let span = Span::seconds(seconds);
        prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
    }
}
