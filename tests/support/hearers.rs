//! Apps that are told of logouts, all behind one socket: each hears, is slow, hangs, fails or sends elsewhere, as the story wants it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, post};
use axum::{Form, Router};
use tokio::net::TcpListener;

use crate::support::app::claims;

/// What an app does when it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It says 200 at once.
    Hears,
    /// It says 204 at once, as some frameworks do.
    Nods,
    /// It says 200 after a while.
    Takes(Duration),
    /// It never answers.
    Hangs,
    /// It says 500.
    Fails,
    /// It sends whoever calls elsewhere.
    Redirects,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The app that was called.
    pub app: String,
    /// `Content-Type`.
    pub content_type: String,
    /// The form.
    pub fields: BTreeMap<String, String>,
}

/// The apps. Clones share what they heard.
#[derive(Clone)]
pub struct Hearers {
    base: String,
    slamming: String,
    ears: Ears,
}

#[derive(Clone, Default)]
struct Ears {
    ways: Arc<Mutex<BTreeMap<String, Way>>>,
    calls: Arc<Mutex<Vec<Call>>>,
    strays: Arc<AtomicUsize>,
}

impl Call {
    /// `logout_token`.
    pub fn token(&self) -> &str {
        &self.fields["logout_token"]
    }

    /// The app, and the session that it was told of.
    pub fn told(&self) -> (String, String) {
        (self.app.clone(), claims(self.token())["sid"].as_str().unwrap().to_owned())
    }
}

impl Hearers {
    /// Every app hears until it is told to do otherwise.
    pub async fn open() -> Self {
        let ears = Ears::default();
        let routes = Router::new()
            .route("/{app}/logout", post(called))
            .route("/elsewhere", any(strayed))
            .with_state(ears.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { base, slamming: slams_doors().await, ears }
    }

    /// Where `app` is told.
    pub fn uri(&self, app: &str) -> String {
        format!("{}/{app}/logout", self.base)
    }

    /// Where every connection is closed without a word.
    pub fn slamming_uri(&self) -> String {
        self.slamming.clone()
    }

    /// From now on `app` goes about it in this way.
    pub fn go_about(&self, app: &str, way: Way) {
        self.ears.ways.lock().unwrap().insert(app.to_owned(), way);
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.ears.calls.lock().unwrap().clone()
    }

    /// How often each app was told of each session.
    pub fn told(&self) -> BTreeMap<(String, String), usize> {
        let mut told = BTreeMap::new();
        for call in self.calls() {
            *told.entry(call.told()).or_default() += 1;
        }
        told
    }

    /// How many followed a redirect.
    pub fn strays(&self) -> usize {
        self.ears.strays.load(Ordering::SeqCst)
    }
}

async fn called(
    State(ears): State<Ears>,
    Path(app): Path<String>,
    headers: HeaderMap,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Response {
    let content_type = headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let way = ears.ways.lock().unwrap().get(&app).copied().unwrap_or(Way::Hears);
    ears.calls.lock().unwrap().push(Call { app, content_type, fields });
    match way {
        Way::Hears => StatusCode::OK.into_response(),
        Way::Nods => StatusCode::NO_CONTENT.into_response(),
        Way::Takes(while_) => {
            tokio::time::sleep(while_).await;
            StatusCode::OK.into_response()
        }
        Way::Hangs => std::future::pending().await,
        Way::Fails => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Way::Redirects => Redirect::temporary("/elsewhere").into_response(),
    }
}

async fn strayed(State(ears): State<Ears>) -> StatusCode {
    ears.strays.fetch_add(1, Ordering::SeqCst);
    StatusCode::OK
}

async fn slams_doors() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/logout", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            drop(connection);
        }
    });
    uri
}
