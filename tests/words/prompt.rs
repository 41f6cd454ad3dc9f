//! `prompt` and the other closed sets of words.

use passerelle::oauth::algorithm::SigningAlgorithm;
use passerelle::oauth::client_authentication::AuthenticationMethod;
use passerelle::oauth::display::Display;
use passerelle::oauth::error::ErrorCode;
use passerelle::oauth::grant_type::GrantType;
use passerelle::oauth::prompt::{MalformedPrompt, Prompt, Prompts};
use passerelle::oauth::response_mode::ResponseMode;

#[test]
fn prompts_are_a_set_of_known_words_and_none_stands_alone() {
    for (text, expected) in [
        ("", Ok(vec![])),
        (" ", Ok(vec![])),
        ("none", Ok(vec![Prompt::None])),
        ("none none", Ok(vec![Prompt::None])),
        ("login  consent", Ok(vec![Prompt::Login, Prompt::Consent])),
        ("consent login login", Ok(vec![Prompt::Login, Prompt::Consent])),
        ("none login", Err(MalformedPrompt::NoneWithOthers)),
        ("select_account none", Err(MalformedPrompt::NoneWithOthers)),
        ("Login", Err(MalformedPrompt::Unknown)),
        ("login,consent", Err(MalformedPrompt::Unknown)),
        ("login\tconsent", Err(MalformedPrompt::Unknown)),
        ("create none", Err(MalformedPrompt::Unknown)),
    ] {
        let held = |prompts: &Prompts| Prompt::ALL.iter().copied().filter(|p| prompts.contains(*p)).collect();
        assert_eq!(Prompts::parse(text).as_ref().map(held).map_err(|error| *error), expected, "{text:?}");
    }
}

#[test]
fn every_closed_set_reads_what_it_writes_and_nothing_in_another_case() {
    macro_rules! round {
        ($($set:ident),*) => {$(
            for word in $set::ALL {
                assert_eq!($set::from_word(word.as_str()), Some(*word));
                assert_eq!(word.to_string(), word.as_str());
                let json = serde_json::to_string(word).unwrap();
                assert_eq!(json, format!("{:?}", word.as_str()));
                assert_eq!(serde_json::from_str::<$set>(&json).unwrap(), *word);
                let turned: String = word.as_str().chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
                assert_eq!($set::from_word(&turned), None, "{turned}");
                assert_eq!($set::from_word(&format!("{word} ")), None);
            }
        )*};
    }
    round!(Prompt, Display, ErrorCode, GrantType, ResponseMode, SigningAlgorithm, AuthenticationMethod);
    for dangerous in ["none", "HS256", "fragment", "password", "implicit"] {
        assert_eq!(SigningAlgorithm::from_word(dangerous), None);
        assert_eq!(ResponseMode::from_word(dangerous), None);
        assert_eq!(GrantType::from_word(dangerous), None);
    }
}
