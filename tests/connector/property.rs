//! Whatever a table says, it becomes a description or problems, and never both or neither.

use std::path::Path;

use passerelle::config::environment::{Environment, Surroundings};
use passerelle::legacy::claim::Claim;
use passerelle::legacy::description_table;
use passerelle::legacy::facts::Facts;
use passerelle::legacy::place::Place;
use passerelle::legacy::template::Template;
use proptest::prelude::*;
use serde_json::json;
use toml::{Table, Value};

const WORDS: [&str; 44] = [
    "preset",
    "name",
    "base_url",
    "allow_plain_http",
    "timeout",
    "largest_answer",
    "client_id",
    "client_secret",
    "token",
    "error",
    "profile",
    "identity",
    "claims",
    "help",
    "url",
    "username_field",
    "password_field",
    "fields",
    "client",
    "access_token",
    "refresh_token",
    "status",
    "at",
    "equals",
    "matches",
    "outcome",
    "expect",
    "rows",
    "same_as",
    "legacy_id",
    "user_name",
    "first",
    "each",
    "join",
    "only",
    "take",
    "with",
    "template",
    "constant",
    "object",
    "env",
    "file",
    "email",
    "sub",
];

const TEXTS: [&str; 20] = [
    "imis",
    "legacy",
    "https://members.example.org",
    "http://[::1]:9/a/",
    "{base_url}/token",
    "{base_url}/{/answer/x}",
    "{",
    "}",
    "{}",
    "/a/b",
    "/~",
    "",
    "10s",
    "body",
    "basic",
    "locked",
    "(",
    "a{9999}{9999}",
    "HOME",
    "\u{0}\r\n",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        proptest::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from), table(inner)]
    })
}

fn table(of: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let key = proptest::sample::select(WORDS.to_vec()).prop_map(str::to_owned);
    proptest::collection::btree_map(key, of, 0..7)
        .prop_map(|entries| Value::Table(entries.into_iter().collect()))
}

fn read(table: Table) -> (bool, Vec<String>) {
    let environment = Environment::default();
    let around = Surroundings { base: Path::new("/nowhere"), environment: &environment };
    let (description, problems) = description_table::read(table, "legacy", &around);
    (description.is_some(), problems.iter().map(ToString::to_string).collect())
}

proptest! {
    #[test]
    fn a_table_is_understood_or_its_problems_are_told(table in table(value())) {
        let Value::Table(table) = table else { unreachable!("made above") };
        let (understood, problems) = read(table);
        prop_assert_eq!(understood, problems.is_empty(), "{:#?}", problems);
        prop_assert!(problems.iter().all(|problem| problem.starts_with("legacy")), "{:#?}", problems);
    }

    #[test]
    fn a_change_to_the_preset_is_understood_or_its_problems_are_told(table in table(value())) {
        let Value::Table(mut table) = table else { unreachable!("made above") };
        table.insert("preset".to_owned(), "imis".into());
        table.insert("base_url".to_owned(), "https://members.example.org".into());
        let (understood, problems) = read(table);
        prop_assert_eq!(understood, problems.is_empty(), "{:#?}", problems);
    }

    #[test]
    fn a_source_finds_something_or_nothing(source in table(value()), document in "\\PC{0,40}") {
        if let Ok(source) = source.try_into::<Claim>() {
            let documents = [json!(null), json!({"a": {"b": [document.clone(), {"a": 1}]}}), json!([document])];
            for document in documents {
                let found = source.value(&document);
                prop_assert!(found.as_ref().is_none_or(|found| !found.is_null() && found != ""), "{:?}", found);
            }
        }
    }

    #[test]
    fn any_text_is_a_place_or_a_template_or_none(text in "[{}/~a-c0-1. ]{0,24}") {
        let document = json!({"a": {"b": "v"}, "": 1});
        if let Some(place) = Place::parse(&text) {
            let _ = place.text(&document);
        }
        if let Ok(template) = Template::parse(&text) {
            let _ = template.fill_text("", &Facts::of(&document));
            let _ = template.fixed_address("https://members.example.org");
        }
    }

    #[test]
    fn no_value_leaves_its_place_in_a_url(value in "\\PC{1,30}|[./\\\\?#&=%:@\\r\\n\\t ]{1,12}") {
        let template = Template::parse("{base_url}/user/{/v}/profile?q={/v}&fixed=1").unwrap();
        let Ok(filled) = template.fill_url("https://old.example/app", &Facts::of(&json!({"v": value.clone()}))) else {
            return Ok(());
        };
        let url = url::Url::parse(&filled).unwrap();
        prop_assert_eq!(url.origin().ascii_serialization(), "https://old.example");
        let segments: Vec<&str> = url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 4, "{}", url);
        prop_assert_eq!((segments[0], segments[1], segments[3]), ("app", "user", "profile"));
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        prop_assert_eq!(pairs, vec![("q".to_owned(), value), ("fixed".to_owned(), "1".to_owned())]);
    }
}
