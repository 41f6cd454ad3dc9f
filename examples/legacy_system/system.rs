//! The whole system: its parts wired together, listening on loopback, and the handle by which a demo or a test holds it.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use axum::http::StatusCode;
use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::faults::{self, Door, Faults};
use super::gate::{Gate, require_token};
use super::journal::{self, Journal};
use super::ledger::Ledger;
use super::people::{People, RosterError};
use super::settings::{Console, Settings};
use super::site::{Sessions, Site};
use super::token_endpoint::TokenEndpoint;
use super::tokens::TokenBook;
use super::{business, chance, profile, roster, sign_out, site, token_endpoint};

/// The state of the system. Clones share it, and it outlives the server: stop, start on the same port, and nothing is lost.
#[derive(Clone)]
pub struct LegacySystem {
    /// Settings.
    pub console: Console,
    /// Who can sign in.
    pub people: People,
    /// What was called.
    pub journal: Journal,
    /// What is broken.
    pub faults: Faults,
    tokens: TokenBook,
    sessions: Sessions,
    ledger: Ledger,
}

impl LegacySystem {
    /// A system with its founders and records, not yet listening.
    pub fn new(settings: Settings) -> Self {
        Self {
            console: Console::new(settings),
            people: People::of(roster::founders()),
            journal: Journal::default(),
            faults: Faults::default(),
            tokens: TokenBook::default(),
            sessions: Sessions::default(),
            ledger: Ledger::opening(&roster::founders()),
        }
    }

    /// Everything under one roof. The journal stands outside the faults: it also sees the calls that fail.
    pub fn router(&self) -> Router {
        let Self { console, people, tokens, .. } = self.clone();
        let endpoint =
            TokenEndpoint { console: console.clone(), people: people.clone(), tokens: tokens.clone() };
        let gate = Gate { people: people.clone(), tokens: tokens.clone() };
        let site = Site { console, people: people.clone(), tokens, sessions: self.sessions.clone() };
        let failing = |door| middleware::from_fn_with_state((self.faults.clone(), door), faults::fail);
        let api = profile::router(people)
            .route_layer(failing(Door::Profile))
            .merge(business::router(self.ledger.clone()))
            .merge(sign_out::router(self.tokens.clone()))
            .route_layer(middleware::from_fn_with_state(gate, require_token));
        token_endpoint::router(endpoint)
            .route_layer(failing(Door::Token))
            .merge(api)
            .merge(site::router(site))
            .fallback(async || StatusCode::NOT_FOUND)
            .layer(middleware::from_fn_with_state(self.journal.clone(), journal::keep))
            .merge(journal::router(self.journal.clone()))
    }

    /// Listens on that loopback port; 0 takes a free one.
    pub async fn serve(&self, port: u16) -> io::Result<Running> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = listener.local_addr()?.port();
        let (closing, closed) = oneshot::channel::<()>();
        // A dropped `Running` drops `closing`, which ends the wait as well as a message would.
        let server =
            axum::serve(listener, self.router()).with_graceful_shutdown(async { drop(closed.await) });
        let task = tokio::spawn(async { server.await });
        Ok(Running {
            base_url: format!("http://localhost:{port}"),
            port,
            system: self.clone(),
            closing,
            task,
        })
    }

    /// What the person does in another program of the same client: it is given a new refresh token, and the one before is dead.
    ///
    /// # Errors
    /// Nobody has that login.
    pub fn rotate_elsewhere(&self, login: &str, client_id: &str) -> Result<String, RosterError> {
        let person = self.people.by_login(login).ok_or(RosterError::NobodyHasThatLogin)?;
        let expires = chance::now() + self.console.read().refresh_lifetime;
        Ok(self.tokens.issue_refresh(&person.party_id, client_id, expires))
    }

    /// The next refresh grant that succeeds, whoever's it is, is answered with the tokens and the user name of this other person, once:
    /// what a cache does that is keyed by too little.
    ///
    /// # Errors
    /// Nobody has that login.
    pub fn swap_next_refresh(&self, login_of_other: &str) -> Result<(), RosterError> {
        let other = self.people.by_login(login_of_other).ok_or(RosterError::NobodyHasThatLogin)?;
        self.tokens.mix_up_next(other.party_id);
        Ok(())
    }

    /// Every access token is dead from now on, as after a restart of the web server's worker.
    pub fn end_access_tokens(&self) {
        self.tokens.end_access_tokens();
    }
}

/// A new system that listens. Dropping the answer stops it.
pub async fn start(settings: Settings, port: u16) -> io::Result<Running> {
    LegacySystem::new(settings).serve(port).await
}

/// A system that listens.
pub struct Running {
    /// `http://localhost:<port>`, without a slash at the end.
    pub base_url: String,
    /// The port, to be served on again after a stop.
    pub port: u16,
    /// The handle on its state.
    pub system: LegacySystem,
    closing: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Closes the port and the idle connections, and waits a moment for the busy ones. The state is handed back to be served again.
    pub async fn stop(self) -> LegacySystem {
        drop(self.closing);
        let abort = self.task.abort_handle();
        if tokio::time::timeout(Duration::from_secs(1), self.task).await.is_err() {
            abort.abort();
        }
        self.system
    }
}
