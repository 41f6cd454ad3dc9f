//! The web site: cookie login with a return URL, the members' page, logout by GET, and the page that hands a refresh token to the bridge.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use url::Url;

use super::pages::{LoginPage, handover_page, members_page, notice_page};
use super::people::People;
use super::person::{Person, Standing};
use super::settings::Console;
use super::tokens::TokenBook;
use super::{chance, form};

const LOGIN: &str = "/AsiCommon/Controls/Shared/FormsAuthentication/Login.aspx";
const LOGOUT: &str = "/AsiCommon/Controls/Shared/FormsAuthentication/logout.aspx";
const MEMBERS: &str = "/members";
const COOKIE: &str = ".ASPXAUTH";

#[derive(Clone)]
pub(super) struct Site {
    pub console: Console,
    pub people: People,
    pub tokens: TokenBook,
    pub sessions: Sessions,
}

/// The signed-in browsers: cookie value to party number.
#[derive(Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<HashMap<String, String>>>);

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The long paths are those of the real system; the short ones are for people who type.
pub(super) fn router(site: Site) -> Router {
    Router::new()
        .route(LOGIN, get(login_form).post(login))
        .route("/login", get(login_form).post(login))
        .route(LOGOUT, get(logout))
        .route("/logout", get(logout))
        .route("/", get(members))
        .route(MEMBERS, get(members))
        .route("/sso", get(sso))
        .with_state(site)
}

async fn login_form(RawQuery(query): RawQuery) -> Response {
    let query = form::fields(query.unwrap_or_default().as_bytes());
    let return_url = form::value(&query, "ReturnUrl").unwrap_or_default();
    LoginPage { action: LOGIN, return_url, login: "", complaint: None }.into_response()
}

async fn login(State(site): State<Site>, body: Bytes) -> Response {
    let fields = form::fields(&body);
    let field = |name| form::value(&fields, name).unwrap_or_default();
    let return_url = field("ReturnUrl");
    match site.people.sign_in(field("username"), field("password")) {
        Ok(person) => {
            let session = chance::hex_token();
            site.sessions.lock().insert(session.clone(), person.party_id);
            let target = if stays_on_this_site(return_url) { return_url } else { MEMBERS };
            let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Lax");
            ([(header::SET_COOKIE, cookie)], found(target)).into_response()
        }
        Err(refusal) => {
            let complaint = Some(refusal.sentence());
            LoginPage { action: LOGIN, return_url, login: field("username"), complaint }.into_response()
        }
    }
}

async fn members(State(site): State<Site>, headers: HeaderMap) -> Response {
    match site.visitor(&headers) {
        Some(person) => members_page(&person, &site.console.read().links, LOGOUT),
        None => sign_in_first(MEMBERS),
    }
}

/// By GET and without a token, as the real one. The visitor may have it return to its own pages and to the bridge's site; where else it
/// may lead is for the administrator to say.
async fn logout(State(site): State<Site>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Some(session) = session_cookie(&headers) {
        site.sessions.lock().remove(session);
    }
    let query = form::fields(query.unwrap_or_default().as_bytes());
    let page = match form::value(&query, "returnurl") {
        Some(url) if stays_on_this_site(url) || site.leads_to_the_bridge(url) => found(url),
        _ => match site.console.read().sign_out_redirect {
            Some(url) => found(&url),
            None => notice_page("Signed Out", "You have been signed out."),
        },
    };
    ([(header::SET_COOKIE, format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))], page)
        .into_response()
}

/// The single-sign-on page. The token in it is fresh, and it ends the one that this user had through the client before.
async fn sso(State(site): State<Site>, headers: HeaderMap) -> Response {
    let Some(person) = site.visitor(&headers) else { return sign_in_first("/sso") };
    let settings = site.console.read();
    let Some(target) = settings.sso_redirect else {
        return (
            StatusCode::NOT_FOUND,
            notice_page("Single Sign-On", "No login redirect URL is configured."),
        )
            .into_response();
    };
    let expires = chance::now() + settings.refresh_lifetime;
    handover_page(&target, &site.tokens.issue_refresh(&person.party_id, &settings.client_id, expires))
}

impl Site {
    fn visitor(&self, headers: &HeaderMap) -> Option<Person> {
        let party_id = self.sessions.lock().get(session_cookie(headers)?).cloned()?;
        self.people.by_party(&party_id).filter(|person| person.standing != Standing::Disabled)
    }

    fn leads_to_the_bridge(&self, url: &str) -> bool {
        let bridge = self.console.read().sso_redirect.and_then(|target| Url::parse(&target).ok());
        let url = Url::parse(url).ok();
        url.zip(bridge)
            .is_some_and(|(url, bridge)| url.origin().is_tuple() && url.origin() == bridge.origin())
    }
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// One leading slash, no backslash and no control character: `/\evil.example` and `/<TAB>/evil.example` are absolute to a browser.
fn stays_on_this_site(url: &str) -> bool {
    let strange = |character: char| character == '\\' || character.is_control();
    url.starts_with('/') && !url.starts_with("//") && !url.contains(strange)
}

fn sign_in_first(return_url: &str) -> Response {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("ReturnUrl", return_url).finish();
    found(&format!("{LOGIN}?{query}"))
}

/// The old 302. A target that cannot stand in a header leads to the members' page.
fn found(target: &str) -> Response {
    let location = header::HeaderValue::from_str(target).unwrap_or(header::HeaderValue::from_static(MEMBERS));
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}
