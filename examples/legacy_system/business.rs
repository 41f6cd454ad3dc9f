//! The business side of the REST API: list, read, create and replace events, invoices and members, each as far as the caller's rights reach.

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Extension, Json, Router};

use super::form;
use super::gate::Caller;
use super::ledger::{Ledger, Record, Shelf};
use super::person::Person;
use super::reply::{ApiError, Collection, Window};
use super::rights::{Action, Reach, reach};

pub(super) fn router(ledger: Ledger) -> Router {
    Router::new()
        .merge(shelf("/api/events", ledger.events))
        .merge(shelf("/api/invoices", ledger.invoices))
        .merge(shelf("/api/members", ledger.members))
}

fn shelf<R: Record>(path: &str, shelf: Shelf<R>) -> Router {
    Router::new()
        .route(path, get(list::<R>).post(create::<R>))
        .route(&format!("{path}/{{id}}"), get(read::<R>).put(replace::<R>))
        .with_state(shelf)
}

async fn list<R: Record>(
    State(shelf): State<Shelf<R>>,
    Extension(Caller(caller)): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<Collection<R>>, ApiError> {
    if reach(&caller, Action::Read, R::RESOURCE) == Reach::Nothing {
        return Err(ApiError::Forbidden);
    }
    let window = Window::parse(&form::fields(query.unwrap_or_default().as_bytes()))?;
    let seen = shelf.all().into_iter().filter(|record| reaches(&caller, Action::Read, record)).collect();
    Ok(Json(window.of(seen)))
}

async fn read<R: Record>(
    State(shelf): State<Shelf<R>>,
    Extension(Caller(caller)): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<R>, ApiError> {
    let record = shelf.find(&id).ok_or(ApiError::NotFound)?;
    if reaches(&caller, Action::Read, &record) { Ok(Json(record)) } else { Err(ApiError::Forbidden) }
}

async fn create<R: Record>(
    State(shelf): State<Shelf<R>>,
    Extension(Caller(caller)): Extension<Caller>,
    body: Bytes,
) -> Result<(StatusCode, Json<R>), ApiError> {
    let draft = draft(&caller, Action::Create, &body)?;
    Ok((StatusCode::CREATED, Json(shelf.add(draft))))
}

async fn replace<R: Record>(
    State(shelf): State<Shelf<R>>,
    Extension(Caller(caller)): Extension<Caller>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<R>, ApiError> {
    let draft = draft(&caller, Action::Update, &body)?;
    shelf.replace(&id, draft).map(Json).ok_or(ApiError::NotFound)
}

/// Only who may write at all learns what is wrong with the body. No role may write merely its own records.
fn draft<R: Record>(caller: &Person, action: Action, body: &[u8]) -> Result<R, ApiError> {
    if reach(caller, action, R::RESOURCE) != Reach::Everything {
        return Err(ApiError::Forbidden);
    }
    serde_json::from_slice(body).map_err(|error| ApiError::BadRequest(error.to_string()))
}

fn reaches<R: Record>(caller: &Person, action: Action, record: &R) -> bool {
    match reach(caller, action, R::RESOURCE) {
        Reach::Everything => true,
        Reach::Own => record.owner() == Some(caller.party_id.as_str()),
        Reach::Nothing => false,
    }
}
