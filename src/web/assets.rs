//! The stylesheet: its name holds a hash of its bytes, so browsers keep it for ever.

use axum::Router;
use axum::http::header;
use axum::routing::get;

use crate::web::page::stylesheet::Stylesheet;

/// Serves it.
pub fn router(stylesheet: &Stylesheet) -> Router {
    let text = axum::body::Bytes::from(stylesheet.text.clone());
    let serve = move || async move {
        let headers = [
            (header::CONTENT_TYPE, Stylesheet::CONTENT_TYPE),
            (header::CACHE_CONTROL, Stylesheet::CACHE_CONTROL),
        ];
        (headers, text.clone())
    };
    Router::new().route(&stylesheet.path, get(serve))
}
