//! Back-channel logout (OpenID Connect Back-Channel Logout §2.5): takes logout notices out of the outbox and tells the clients, many at
//! once, each within a bound; whoever does not hear is told again, later and later, until nobody waits for it any more.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use crate::id::{ClientId, NodeId, SessionId};
use crate::model::logout_notice::{LogoutNotice, NoticeOutcome};
use crate::model::registry::Registry;
use crate::provider::logout::turns::Turns;
use crate::secret::Chance;
use crate::store::db::Db;
use crate::store::error::StoreError;
use crate::store::{accounts, logout_outbox};
use crate::time::{Clock, Timestamp};
use crate::tokens::logout::LogoutTokens;

/// After a first try that failed; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// What a lease allows beyond waiting for one's turn and the call, which take up to the timeout each: signing, and writing down what came
/// of it.
const BEYOND_THE_CALL: Duration = Duration::from_mins(1);

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct BackChannelLimits {
    /// One call.
    pub timeout: Duration,
    /// All tries together, from the end of the session.
    pub give_up_after: Duration,
}

/// Delivers. Clones share what limits them.
#[derive(Clone)]
pub struct BackChannel {
    /// Where the outbox is.
    pub db: Db,
    /// Whom to tell where.
    pub registry: Registry,
    /// Signs what is told.
    pub tokens: LogoutTokens,
    /// For leases: which process this is.
    pub node: NodeId,
    /// For pauses.
    pub chance: Chance,
    /// Tells the time, also while clients are waited for.
    pub clock: Clock,
    /// A client that follows no redirect (§2.5 knows none).
    pub http: reqwest::Client,
    /// How long things may take.
    pub limits: BackChannelLimits,
    /// How many are told at once.
    pub turns: Turns,
    /// Rings when something was put into the outbox.
    pub wake: Arc<Notify>,
}

/// Why a client has not heard.
enum Deaf {
    /// It is tried again.
    Later(String),
    /// There is nobody to tell any more.
    Never(&'static str),
}

impl BackChannel {
    /// Takes what is due, of each client as much as can be told at once, so that nobody else tells it meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_due(&self) -> Result<Vec<LogoutNotice>, StoreError> {
        let (node, now, turns) = (self.node.clone(), self.clock.now(), self.turns.clone());
        let until = self.lease_until(now);
        let claim = self.db.write(move |tx| {
            Box::pin(async move {
                let share = |client: &ClientId, taken| turns.free(client, taken);
                logout_outbox::claim_due(tx, &node, share, (now, until)).await
            })
        });
        claim.await
    }

    /// Takes what is due and tells it; answers how much that was. Comes back when all of it was tried.
    ///
    /// # Errors
    /// When the database does not answer; what was not written down is told again.
    pub async fn deliver_due(&self) -> Result<usize, StoreError> {
        let notices = self.take_due().await?;
        let claimed = notices.len();
        self.deliver(notices).await;
        Ok(claimed)
    }

    /// Tells at once what a session that has just ended left in the outbox. What does not hear in time is left to the job.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_of(&self, session: &SessionId) -> Result<(), StoreError> {
        let (node, session, now) = (self.node.clone(), session.clone(), self.clock.now());
        let until = self.lease_until(now);
        let claim = self.db.write(move |tx| {
            Box::pin(async move { logout_outbox::claim_of_session(tx, &session, &node, until, now).await })
        });
        let notices = claim.await?;
        self.deliver(notices).await;
        Ok(())
    }

    fn lease_until(&self, now: Timestamp) -> Timestamp {
        now + self.limits.timeout * 2 + BEYOND_THE_CALL
    }

    async fn deliver(&self, notices: Vec<LogoutNotice>) {
        let mut under_way = JoinSet::new();
        for notice in notices {
            let channel = self.clone();
            under_way.spawn(async move { channel.tell_and_note(notice).await });
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Tells one client, which this process has taken before, and writes down what came of it.
    pub async fn tell_and_note(self, notice: LogoutNotice) {
        // Whoever waits longer for a turn waits for a client that hangs: the job calls it when it is its turn.
        let turn = tokio::time::timeout(self.limits.timeout, self.turns.take(&notice.client)).await;
        let noted = match turn {
            Ok(Some(turn)) => {
                let heard = self.tell(&notice).await;
                drop(turn);
                self.note(&notice, heard).await
            }
            Ok(None) | Err(_) => self.give_back(&notice).await,
        };
        if let Err(error) = noted {
            // The lease runs out, and it is told again.
            warn!(client.id = %notice.client, session.id = %notice.session, "a logout was not noted: {error}");
        }
    }

    async fn give_back(&self, notice: &LogoutNotice) -> Result<(), StoreError> {
        let (id, node) = (notice.id.clone(), self.node.clone());
        let release =
            self.db.write(move |tx| Box::pin(async move { logout_outbox::release(tx, &id, &node).await }));
        release.await.map(drop)
    }

    async fn tell(&self, notice: &LogoutNotice) -> Result<(), Deaf> {
        let later = |error: StoreError| Deaf::Later(error.to_string());
        let client =
            self.registry.client(&notice.client).ok_or(Deaf::Never("it is not registered any more"))?;
        let uri = client.backchannel_logout_uri.as_ref();
        let uri = uri.ok_or(Deaf::Never("it has no backchannel_logout_uri any more"))?;
        let account = accounts::find(&self.db, &notice.account).await.map_err(later)?;
        let account = account.ok_or(Deaf::Never("the account is gone"))?;
        let token = self.tokens.mint(&client, &account, &notice.session, self.clock.now()).await;
        let token = token.map_err(|error| Deaf::Later(error.to_string()))?;
        let form = [("logout_token", token.expose())];
        let request = self.http.post(uri).timeout(self.limits.timeout).form(&form);
        let answer = request.send().await.map_err(|error| Deaf::Later(reason(&error)))?;
        match answer.status() {
            // §2.8 wants 200; some frameworks say 204 for an answer without content.
            StatusCode::OK | StatusCode::NO_CONTENT => Ok(()),
            status => Err(Deaf::Later(format!("status {}", status.as_u16()))),
        }
    }

    async fn note(&self, notice: &LogoutNotice, heard: Result<(), Deaf>) -> Result<(), StoreError> {
        let (id, node, now) = (notice.id.clone(), self.node.clone(), self.clock.now());
        let client = &notice.client;
        let (outcome, trouble) = match heard {
            Ok(()) => {
                debug!(client.id = %client, session.id = %notice.session, "told {client} of a logout");
                (NoticeOutcome::Delivered, None)
            }
            Err(Deaf::Later(trouble)) if now.since(notice.created_at) < self.limits.give_up_after => {
                info!(
                    client.id = %client, session.id = %notice.session, attempts = notice.attempts + 1,
                    "{client} has not heard of a logout yet: {trouble}"
                );
                let due_at = now + self.pause(notice.attempts);
                let postpone = self.db.write(move |tx| {
                    Box::pin(async move { logout_outbox::postpone(tx, &id, &node, due_at, &trouble).await })
                });
                return postpone.await.map(drop);
            }
            Err(Deaf::Later(trouble)) => (NoticeOutcome::GivenUp, Some(trouble)),
            Err(Deaf::Never(trouble)) => (NoticeOutcome::GivenUp, Some(trouble.to_owned())),
        };
        if let Some(trouble) = &trouble {
            warn!(
                client.id = %client, session.id = %notice.session, attempts = notice.attempts + 1,
                "gave up telling {client} of a logout: {trouble}"
            );
        }
        let settle = self.db.write(move |tx| {
            Box::pin(async move {
                logout_outbox::settle(tx, &id, &node, (outcome, trouble.as_deref()), now).await
            })
        });
        settle.await.map(drop)
    }

    /// Twice as long after each try, and never the same for all.
    fn pause(&self, attempts: i64) -> Duration {
        let doubled = FIRST_PAUSE * 2_u32.pow(u32::try_from(attempts.clamp(0, 10)).unwrap_or(0));
        let [share] = self.chance.bytes::<1>();
        doubled.min(LONGEST_PAUSE).mul_f64(0.75 + f64::from(share) / 512.0)
    }
}

/// What reqwest says of itself, without the URL.
fn reason(error: &reqwest::Error) -> String {
    let reason = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the request failed"
    };
    reason.to_owned()
}
