//! Whether the bridge and its database answer, for whoever watches it. The old system is not asked: when it is down, sessions live on.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use tracing::error;

use crate::store::db::Db;
use crate::web::routes::HEALTH;

/// Serves it.
pub fn router(db: Db) -> Router {
    Router::new().route(HEALTH, get(health)).with_state(db)
}

async fn health(State(db): State<Db>) -> (StatusCode, &'static str) {
    match db.ping().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(cause) => {
            error!("health: {cause}");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
