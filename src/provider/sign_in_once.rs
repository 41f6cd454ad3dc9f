//! A form that is sent twice at once, by a double click or by somebody impatient, is one try: the old system is asked once, and both
//! requests get the same answer. It holds on one node, and while the try is under way: who sends a form again later means it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::provider::authorize_error::AuthorizeError;
use crate::provider::sign_in::SignInOutcome;
use crate::secret::{Digest, Secret};
use crate::vault::errands::Errands;

type Outcome = Result<SignInOutcome, AuthorizeError>;

/// A form and what was typed into it. A form holds chance, so that no two pages have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SentForm([u8; 32]);

impl SentForm {
    pub(super) fn of(sealed: &str, typed: &[&Secret]) -> Self {
        let mut all = Zeroizing::new(sealed.to_owned());
        for text in typed {
            all.push('\0');
            all.push_str(text.expose());
        }
        Self(*Digest::of(&all).as_bytes())
    }
}

type Tries = Arc<Mutex<HashMap<SentForm, watch::Receiver<Option<Outcome>>>>>;

/// The tries under way. Clones share them.
#[derive(Clone, Debug)]
pub struct TriesUnderWay {
    tries: Tries,
    errands: Errands,
}

/// A try among those under way, until it is dropped.
struct UnderWay {
    all: Tries,
    form: SentForm,
}

impl TriesUnderWay {
    /// None yet; each will be one of `errands`.
    pub fn new(errands: Errands) -> Self {
        Self { tries: Tries::default(), errands }
    }

    /// Tries, or waits for what came of the same form. A try is brought to its end and counted, also when the browser hangs up meanwhile:
    /// otherwise a guesser who always hangs up would never be held back.
    pub(super) async fn once(
        &self,
        form: SentForm,
        trying: impl Future<Output = Outcome> + Send + 'static,
    ) -> Outcome {
        let mut outcome = self.begin(form, trying);
        let found = outcome.wait_for(Option::is_some).await;
        found.ok().and_then(|found| found.clone()).unwrap_or(Err(AuthorizeError::BrokenOff))
    }

    fn begin(
        &self,
        form: SentForm,
        trying: impl Future<Output = Outcome> + Send + 'static,
    ) -> watch::Receiver<Option<Outcome>> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = tries.get(&form) {
            return outcome.clone();
        }
        let (tell, outcome) = watch::channel(None);
        tries.insert(form, outcome.clone());
        let under_way = UnderWay { all: self.tries.clone(), form };
        self.errands.begin(async move {
            tell.send_replace(Some(trying.await));
            drop(under_way);
        });
        outcome
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.form);
    }
}
