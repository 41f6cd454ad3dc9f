//! The catalogue of sentences: the same in every language, and none missing or left over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use passerelle::i18n::{Language, Messages};
use regex::Regex;

/// The catalogue of one language, flattened: key to sentence.
fn catalogue(language: Language) -> BTreeMap<String, String> {
    fn flatten(prefix: &str, table: &toml::Table, into: &mut BTreeMap<String, String>) {
        for (name, value) in table {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                toml::Value::Table(table) => flatten(&key, table, into),
                value => assert!(into.insert(key, value.as_str().unwrap().to_owned()).is_none()),
            }
        }
    }
    let path = format!("{}/templates/i18n/{}.toml", env!("CARGO_MANIFEST_DIR"), language.tag());
    let mut keys = BTreeMap::new();
    flatten("", &std::fs::read_to_string(path).unwrap().parse().unwrap(), &mut keys);
    keys
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[test]
fn every_language_says_the_same_things() {
    let placeholder = Regex::new(r"%\{[a-z_]*\}").unwrap();
    let shape = |language| -> BTreeMap<String, BTreeSet<String>> {
        let placeholders =
            |text: &str| placeholder.find_iter(text).map(|found| found.as_str().to_owned()).collect();
        catalogue(language).iter().map(|(key, text)| (key.clone(), placeholders(text))).collect()
    };
    let english = shape(Language::En);
    for language in Language::ALL {
        assert_eq!(shape(language), english, "{language:?}");
        for (key, text) in catalogue(language) {
            assert!(!text.trim().is_empty() && text.trim() == text, "{language:?} {key}");
            // French sets a space before these, and it must not break the line.
            assert!(![" ?", " !", " :", " ;"].iter().any(|mark| text.contains(mark)), "{language:?} {key}");
            assert_eq!(Messages { language }.text(&key), text, "{key} is compiled in as it is written");
        }
    }
}

#[test]
fn every_sentence_is_used_and_every_used_one_exists() {
    let catalogue: BTreeSet<String> = catalogue(Language::En).into_keys().collect();
    let groups: BTreeSet<&str> = catalogue.iter().filter_map(|key| key.split('.').next()).collect();
    let groups = Vec::from_iter(groups).join("|");
    let key = Regex::new(&format!(r#""((?:{groups})(?:\.[a-z_]+)+)""#)).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("src/i18n.rs")];
    files.extend(files_below(&root.join("src/web")));
    files.extend(
        files_below(&root.join("templates"))
            .into_iter()
            .filter(|path| path.extension() != Some("toml".as_ref())),
    );
    let texts = files.iter().map(|path| std::fs::read_to_string(path).unwrap());
    let used: BTreeSet<String> = texts
        .flat_map(|text| key.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>())
        .collect();
    assert_eq!(used.difference(&catalogue).collect::<Vec<_>>(), Vec::<&String>::new(), "used, but missing");
    assert_eq!(
        catalogue.difference(&used).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "written, but never used"
    );
}
