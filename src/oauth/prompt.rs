//! `prompt`: what the client wants shown (OpenID Connect Core §3.1.2.1).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::word::words;

words! {
    /// A single `prompt` value.
    Prompt {
        /// Show nothing; answer with an error when something would have to be shown.
        None = "none",
        /// Ask the person to prove themselves again.
        Login = "login",
        /// Ask the person to agree, even if they did before.
        Consent = "consent",
        /// Let the person say who they are.
        SelectAccount = "select_account",
    }
}

/// The set of prompts of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prompts(BTreeSet<Prompt>);

/// A `prompt` that says nothing sensible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPrompt {
    /// A value that is not one of [`Prompt::ALL`] (Initiating User Registration §4.1 asks for an error).
    #[error("prompt holds a value that is not known here: use none, login, consent or select_account")]
    Unknown,
    /// `none` together with another value.
    #[error("prompt=none stands alone or not at all")]
    NoneWithOthers,
}

impl Prompts {
    /// Reads a space-delimited list.
    ///
    /// # Errors
    /// When a value is unknown or `none` stands with others.
    pub fn parse(text: &str) -> Result<Self, MalformedPrompt> {
        let prompts = text
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| Prompt::from_word(word).ok_or(MalformedPrompt::Unknown))
            .collect::<Result<BTreeSet<_>, _>>()?;
        if prompts.contains(&Prompt::None) && prompts.len() > 1 {
            return Err(MalformedPrompt::NoneWithOthers);
        }
        Ok(Self(prompts))
    }

    /// Whether `prompt` is in it.
    pub fn contains(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }
}
