//! TOML into a section: everything that is wrong at once, each thing with its path, and no value in it.

use passerelle::config::duration::Span;
use passerelle::config::reading::{Problem, element, key, nearest, parse, read};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Section {
    name: Option<String>,
    port: Option<u16>,
    open: Option<bool>,
    idle: Option<Span>,
    kind: Option<Kind>,
    uris: Option<Vec<String>>,
    inner: Option<Inner>,
    client: Vec<Inner>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
struct Inner {
    id: Option<String>,
    size: Option<u8>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Round,
    Square,
}

fn problems(text: &str) -> (Section, Vec<Problem>) {
    read(parse(text).unwrap(), "")
}

#[test]
fn a_good_section_is_read() {
    let text = r#"
        name = "n"
        port = 80
        open = true
        idle = "5h 30min"
        kind = "square"
        uris = ["a", "b"]
        inner = { id = "i", size = 3 }
        [[client]]
        id = "one"
    "#;
    let (section, found) = problems(text);
    assert_eq!(found, []);
    assert_eq!((section.port, section.open, section.kind), (Some(80), Some(true), Some(Kind::Square)));
    assert_eq!(section.client[0].id.as_deref(), Some("one"));
    assert_eq!(problems(""), (Section::default(), Vec::new()));
}

#[test]
fn each_kind_of_fault_is_told_by_its_path() {
    for (text, path, part) in [
        ("nmae = 1", "nmae", "did you mean `name`?"),
        ("NAME = 1", "NAME", "did you mean `name`?"),
        ("colour = 1", "colour", "unknown key"),
        ("name = 1", "name", "text"),
        ("port = \"80\"", "port", "whole number"),
        ("port = 65536", "port", "out of range"),
        ("port = -1", "port", "out of range"),
        ("port = 1.5", "port", "whole number"),
        ("open = \"yes\"", "open", "true or false"),
        ("idle = 10", "idle", "unit"),
        ("idle = \"soon\"", "idle", "whole number before"),
        ("kind = \"triangle\"", "kind", "round"),
        ("uris = \"a\"", "uris", "list"),
        ("uris = [\"a\", 1]", "uris[1]", "text"),
        ("inner = 1", "inner", "table"),
        ("[inner]\nsize = 256", "inner.size", "out of range"),
        ("[[client]]\nid = \"a\"\n[[client]]\nid = \"b\"\nsize = true", "client[1] (b).size", "whole number"),
        ("[[client]]\nsice = 1", "client[0].sice", "did you mean `size`?"),
        ("name = 1979-05-27", "name", "text"),
    ] {
        let (_, found) = problems(text);
        let [problem] = found.as_slice() else { panic!("{text}: {found:?}") };
        assert_eq!(problem.path, path, "{text}");
        assert!(problem.message.contains(part), "{problem}");
        assert_eq!(problem.to_string(), format!("{path}: {}", problem.message));
    }
}

#[test]
fn all_faults_are_told_at_once_and_the_rest_is_read() {
    let text = r#"
        name = "kept"
        port = "no"
        uris = ["a", 1, "b", 2, "c"]
        colour = "swordfish"
        [[client]]
        id = "a"
        size = 999
        [[client]]
        id = "b"
        wrong = 1
        size = 2
    "#;
    let (section, found) = problems(text);
    let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    let expected = ["client[0] (a).size", "client[1] (b).wrong", "colour", "port", "uris[1]", "uris[3]"];
    assert_eq!(sorted, expected);
    assert_eq!(section.name.as_deref(), Some("kept"));
    assert_eq!(section.uris.unwrap(), ["a", "b", "c"]);
    assert_eq!((section.client[0].size, section.client[1].size), (None, Some(2)));
    assert!(found.iter().all(|problem| !problem.message.contains("swordfish")), "{found:?}");
    let (_, below) = read::<Section>(parse("port = true").unwrap(), "server");
    assert_eq!(below[0].path, "server.port");
}

#[test]
fn what_is_no_toml_is_told_by_line_and_column_without_the_line() {
    for (text, path) in [
        ("a = ", "line 1, column 5"),
        ("a = 1\nb = \"swordfish\n", "line 2, column"),
        ("a = 1\na = 2", "line 2, column 1"),
        ("é = 1", "line 1, column 1"),
        ("[a\n", "line 1, column"),
    ] {
        let problem = parse(text).unwrap_err();
        assert!(problem.path.starts_with(path), "{text:?}: {problem}");
        assert!(problem.message.starts_with("not TOML: ") && !problem.message.contains("swordfish"));
    }
}

#[test]
fn paths_and_misspellings() {
    assert_eq!(key("", "a"), "a");
    assert_eq!(key("a", "b"), "a.b");
    assert_eq!(element("client", 2, None), "client[2]");
    assert_eq!(element("client", 2, Some("web")), "client[2] (web)");
    assert_eq!(Problem::new("", "all is wrong").to_string(), "all is wrong");
    let known = ["redirect_uris", "secret", "scope"];
    for (word, meant) in [
        ("redirect-uris", Some("redirect_uris")),
        ("redirectURIs", Some("redirect_uris")),
        ("redirct_uri", Some("redirect_uris")),
        ("sceret", Some("secret")),
        ("scopes", Some("scope")),
        ("colour", None),
        ("", None),
    ] {
        assert_eq!(nearest(word, &known), meant, "{word}");
    }
    assert_eq!(nearest("a", &[]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_toml_or_is_refused(text in "\\PC{0,40}|[a-c=\\[\\]{}\", \n1]{0,40}") {
        if let Ok(table) = parse(&text) {
            let size = table.len();
            let (_, found) = read::<Section>(table, "");
            prop_assert!(found.len() >= size.saturating_sub(8).min(1));
        }
    }

    #[test]
    fn what_is_wrong_is_found_wherever_it_stands(
        good in proptest::collection::vec(any::<bool>(), 0..12),
        sizes in proptest::collection::vec(-300..300_i64, 0..6),
    ) {
        let uris: Vec<&str> = good.iter().map(|good| if *good { "\"u\"" } else { "1" }).collect();
        let clients: String = sizes.iter().map(|size| format!("[[client]]\nsize = {size}\n")).collect();
        let (section, found) = problems(&format!("uris = [{}]\n{clients}", uris.join(", ")));
        let wrong_uris = good.iter().enumerate().filter(|(_, good)| !**good).map(|(index, _)| format!("uris[{index}]"));
        let wrong_sizes = sizes.iter().enumerate().filter(|(_, size)| u8::try_from(**size).is_err());
        let wrong_sizes = wrong_sizes.map(|(index, _)| format!("client[{index}].size"));
        let mut expected: Vec<String> = wrong_uris.chain(wrong_sizes).collect();
        let mut paths: Vec<String> = found.into_iter().map(|problem| problem.path).collect();
        expected.sort();
        paths.sort();
        prop_assert_eq!(paths, expected);
        prop_assert_eq!(section.uris.unwrap().len(), good.iter().filter(|good| **good).count());
        prop_assert_eq!(section.client.len(), sizes.len());
    }
}
