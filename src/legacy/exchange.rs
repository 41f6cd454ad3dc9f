//! The wire to the old system: sends what is filled in, to hosts that the configuration names, and reads what comes back. Somebody may
//! watch. No redirect is followed and nothing is sent twice.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use super::answer::{Answer, Format, NoAnswer};
use super::facts::Facts;
use super::origins::Origins;
use super::request::{Filled, RequestDescription, Unfilled};
use crate::secret::Secret;

/// Who watches what is said: the workbench. Everything that it is shown may hold secrets.
pub trait Watch: Send + Sync {
    /// A request goes out.
    fn asked(&self, step: &str, method: &Method, url: &Url, headers: &HeaderMap, body: &[u8]);
    /// Its answer came: the status, and the document that formulas see.
    fn answered(&self, step: &str, status: u16, document: &Value);
    /// What was made of it, in words that hold no secret.
    fn noted(&self, step: &str, what: &str);
    /// Something came to light that must never be shown: a token, or what is kept of a challenge.
    fn secret(&self, secret: &Secret);
}

/// The wire.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) base_url: Arc<str>,
    pub(super) largest_answer: usize,
    pub(super) origins: Origins,
    /// The header in which the old system is told who asks, for its own throttle.
    pub(super) forward_address: Option<HeaderName>,
    pub(super) http: reqwest::Client,
    pub(super) watch: Option<Arc<dyn Watch>>,
}

impl Exchange {
    /// Fills `request` in and sends it.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub(super) async fn ask(
        &self,
        step: &str,
        request: &RequestDescription,
        facts: &Facts<'_>,
        format: Format,
    ) -> Result<Answer, NoAnswer> {
        let mut filled = request.fill(&self.base_url, facts).map_err(|unfilled| unmade(step, &unfilled))?;
        filled.headers.extend(self.about_the_visitor(facts));
        self.send(step, filled, format).await
    }

    /// Sends what is filled in.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub(super) async fn send(&self, step: &str, request: Filled, format: Format) -> Result<Answer, NoAnswer> {
        let Filled { method, url, headers, body, timeout } = request;
        // Tokens and passwords go to no host that an answer chose.
        if !self.origins.has(&url) {
            let origin = url.origin().ascii_serialization();
            return Err(NoAnswer::NoRequest(format!(
                "step {step}: {origin} is neither base_url's nor among origins"
            )));
        }
        if let Some(watch) = &self.watch {
            watch.asked(step, &method, &url, &headers, &body);
        }
        let mut request = self.http.request(method, url).headers(headers).body(body);
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        let answer = Answer::to(request, format, self.largest_answer).await?;
        if let Some(watch) = &self.watch {
            watch.answered(step, answer.status, &answer.document);
        }
        Ok(answer)
    }

    /// The address of the person who signs in, where the configuration says to tell it.
    pub(super) fn about_the_visitor(&self, facts: &Facts<'_>) -> HeaderMap {
        let address =
            facts.named("visitor").and_then(|visitor| visitor.get("address")).and_then(Value::as_str);
        let value = address.and_then(|address| HeaderValue::from_str(address).ok());
        self.forward_address.clone().zip(value).into_iter().collect()
    }

    /// Warns whoever watches of secrets.
    pub(super) fn warn_of<'s>(&self, secrets: impl IntoIterator<Item = &'s Secret>) {
        if let Some(watch) = &self.watch {
            secrets.into_iter().for_each(|secret| watch.secret(secret));
        }
    }

    /// Tells whoever watches.
    pub(super) fn note(&self, step: &str, what: impl FnOnce() -> String) {
        if let Some(watch) = &self.watch {
            watch.noted(step, &what());
        }
    }
}

/// Why a step's request is not made. A value that fits nowhere is the old system's doing.
pub(super) fn unmade(step: &str, unfilled: &Unfilled) -> NoAnswer {
    let why = format!("step {step}: {unfilled}");
    match unfilled {
        Unfilled::Missing(_) => NoAnswer::Missing(why),
        Unfilled::Unfit(_) => NoAnswer::Unfit(why),
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange({})", self.base_url)
    }
}
