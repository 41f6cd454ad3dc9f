//! An issuer's published keys: fetched when the first token comes, anew when a token names a key that nobody knows, and behind the
//! requests' backs when they have become old. They count on while the issuer is down.
//!
//! # Why
//! A token with an unknown key is refused only when a set that was asked for *after* the token came does not hold the key: so no token is
//! refused falsely while an issuer rotates. As a stranger can send unknown keys all day, the issuer is asked once in `pause` at most, and
//! such tokens wait for that. The alternative, to refuse at once whatever comes between two fetches, lets a stranger keep everybody out
//! while the keys rotate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwapOption;
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};
use tokio::time::{Instant, sleep_until};
use tracing::{Instrument as _, Span, info, warn};
use url::Url;

use super::description::Rhythm;
use super::error::IssuerError;
use super::metadata::discover;
use super::outbound::{document, unavailable};
use crate::keys::compact::{VerifiedJws, VerifyError};
use crate::keys::issuer_keys::IssuerKeys;
use crate::oauth::algorithm::SigningAlgorithm;
use crate::time::Timestamp;

/// So many tokens with unknown keys wait at most; the next is told to come again.
const WAITING: usize = 2048;

/// Where the keys are fetched.
pub(super) struct Source {
    /// What the log calls the issuer.
    pub(super) name: String,
    /// Its URL.
    pub(super) issuer: Url,
    /// How it is spelt in tokens and in its discovery document.
    pub(super) iss: String,
    /// Where the keys are, when that is not for the discovery document to say.
    pub(super) jwks_uri: Option<Url>,
    /// A client that follows no redirect.
    pub(super) http: reqwest::Client,
    /// When they are fetched.
    pub(super) rhythm: Rhythm,
}

/// The keys. Clones share them.
#[derive(Clone)]
pub(super) struct FetchedKeys(Arc<Shared>);

struct Shared {
    source: Source,
    held: ArcSwapOption<Held>,
    /// How many fetches have begun: whoever comes while it stands at n is content with the keys of fetch n + 1.
    begun: AtomicU64,
    turn: Arc<Mutex<Turn>>,
    waiting: Semaphore,
}

struct Held {
    keys: IssuerKeys,
    fetched_at: Timestamp,
}

/// What the one who may fetch knows of the fetch before.
struct Turn {
    /// Its number.
    number: u64,
    began: Option<Instant>,
    failed: Option<IssuerError>,
}

/// A token and what counts for it.
#[derive(Clone, Copy)]
pub(super) struct Question<'t> {
    pub(super) token: &'t str,
    pub(super) algorithms: &'t [SigningAlgorithm],
    pub(super) now: Timestamp,
}

impl FetchedKeys {
    /// No key is fetched yet.
    pub(super) fn new(source: Source) -> Self {
        Self(Arc::new(Shared {
            source,
            held: ArcSwapOption::empty(),
            begun: AtomicU64::new(0),
            turn: Arc::new(Mutex::new(Turn { number: 0, began: None, failed: None })),
            waiting: Semaphore::new(WAITING),
        }))
    }

    /// Checks that one of the issuer's keys signed the token.
    ///
    /// # Errors
    /// When none did, or when that cannot be known.
    pub(super) async fn verify(&self, question: Question<'_>) -> Result<VerifiedJws, IssuerError> {
        // Read before the keys are looked at.
        let arrived = self.0.begun.load(Ordering::SeqCst);
        match self.tried(question) {
            Some(Err(VerifyError::UnknownKey)) | None => self.verify_with_newer(question, arrived).await,
            Some(tried) => {
                self.refresh_when_old(question.now);
                Ok(tried?)
            }
        }
    }

    /// Fetches the keys before anybody needs them.
    pub(super) async fn warm(&self, now: Timestamp) {
        let turn = Arc::clone(&self.0.turn).lock_owned().await;
        if turn.number == 0 {
            self.fetch(turn, now).await.ok();
        }
    }

    /// What the keys at hand say; `None` when there are none that still count.
    fn tried(&self, question: Question<'_>) -> Option<Result<VerifiedJws, VerifyError>> {
        let held = self.0.held.load();
        let held = held.as_ref()?;
        let counts = question.now.since(held.fetched_at) <= self.0.source.rhythm.keep;
        counts.then(|| held.keys.verify(question.token, question.algorithms))
    }

    async fn verify_with_newer(
        &self,
        question: Question<'_>,
        arrived: u64,
    ) -> Result<VerifiedJws, IssuerError> {
        let _waits =
            self.0.waiting.try_acquire().map_err(|_| unavailable("too many tokens wait for its keys"))?;
        let mut turn = Arc::clone(&self.0.turn).lock_owned().await;
        loop {
            // Whoever had the turn before may have brought the key.
            match self.tried(question) {
                Some(Err(VerifyError::UnknownKey)) | None => {}
                Some(tried) => return Ok(tried?),
            }
            if turn.number > arrived {
                return Err(turn.failed.clone().unwrap_or(IssuerError::Signature(VerifyError::UnknownKey)));
            }
            let next = turn.began.map(|began| began + self.0.source.rhythm.pause);
            if let Some(next) = next.filter(|next| *next > Instant::now()) {
                // An issuer that has just failed will not be better in a moment, and nobody waits for that.
                if let Some(failed) = turn.failed.clone() {
                    return Err(failed);
                }
                sleep_until(next).await;
            }
            turn = self.fetch(turn, question.now).await?;
        }
    }

    fn refresh_when_old(&self, now: Timestamp) {
        let age = self.0.held.load().as_ref().map(|held| now.since(held.fetched_at));
        if age.is_none_or(|age| age < self.0.source.rhythm.refresh) {
            return;
        }
        let Ok(turn) = Arc::clone(&self.0.turn).try_lock_owned() else { return };
        let soon = turn.began.is_some_and(|began| began + self.0.source.rhythm.pause > Instant::now());
        if !soon {
            let keys = self.clone();
            tokio::spawn(async move { keys.fetch(turn, now).await.map(drop) }.instrument(Span::current()));
        }
    }

    /// Fetches, and gives the turn back. It is brought to its end also when the caller goes away meanwhile, since others wait for it.
    async fn fetch(
        &self,
        mut turn: OwnedMutexGuard<Turn>,
        now: Timestamp,
    ) -> Result<OwnedMutexGuard<Turn>, IssuerError> {
        let shared = Arc::clone(&self.0);
        let fetching = async move {
            turn.number = shared.begun.fetch_add(1, Ordering::SeqCst) + 1;
            turn.began = Some(Instant::now());
            turn.failed = shared.fetch(now).await.err();
            turn
        };
        let fetched = tokio::spawn(fetching.instrument(Span::current())).await;
        fetched.map_err(|_| unavailable("the fetch of its keys was broken off"))
    }
}

impl Shared {
    async fn fetch(&self, now: Timestamp) -> Result<(), IssuerError> {
        let name = &self.source.name;
        match self.source.fetch().await {
            Ok(keys) => {
                info!(issuer = name, "fetched the keys of {name}");
                self.held.store(Some(Arc::new(Held { keys, fetched_at: now })));
                Ok(())
            }
            Err(error) => {
                warn!(issuer = name, "cannot fetch the keys of {name}: {error}");
                Err(error)
            }
        }
    }
}

impl Source {
    async fn fetch(&self) -> Result<IssuerKeys, IssuerError> {
        let jwks_uri = match &self.jwks_uri {
            Some(url) => url.clone(),
            None => discover(&self.http, &self.issuer, &self.iss)
                .await?
                .jwks_uri
                .ok_or_else(|| unavailable("the discovery document names no jwks_uri"))?,
        };
        let jwks = document(self.http.get(jwks_uri), "the key set").await?;
        let (keys, unfit) = IssuerKeys::published(&jwks).map_err(|error| unavailable(error.to_string()))?;
        for unfit in unfit {
            info!(issuer = self.name, "a key of {} is not used: {unfit}", self.name);
        }
        Ok(keys)
    }
}
