//! `/launch/{name}`: a link at the legacy site that leads to an app. Whoever is signed in goes on at once; the others sign in first.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;

use crate::provider::authorize::Authorize;
use crate::provider::authorize_error::AuthorizeError;
use crate::provider::step::{Destination, Step};
use crate::time::Clock;
use crate::web::extract::visiting::Visiting;
use crate::web::interaction::step::StepPages;
use crate::web::routes::LAUNCH;

/// What the handlers use.
#[derive(Clone)]
pub struct LaunchHandlers {
    /// The flow.
    pub authorize: Authorize,
    /// What it leads to.
    pub pages: StepPages,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(handlers: LaunchHandlers) -> Router {
    Router::new().route(LAUNCH, get(launch)).with_state(handlers)
}

async fn launch(
    State(handlers): State<LaunchHandlers>,
    Path(name): Path<String>,
    visiting: Visiting,
) -> Response {
    match launched(&handlers, name, &visiting).await {
        Ok(step) => handlers.pages.show(step, &visiting),
        Err(error) => handlers.pages.refuse((&error).into(), &[], &visiting),
    }
}

async fn launched(
    handlers: &LaunchHandlers,
    name: String,
    visiting: &Visiting,
) -> Result<Step, AuthorizeError> {
    let visitor = visiting.visitor().await?;
    handlers.authorize.visit(Destination::Launch(name), &visitor, handlers.clock.now()).await
}
