//! A whole bridge without a socket, as the example configuration has it, on a database in memory.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::Bridge;
use passerelle::config::environment::Environment;
use passerelle::secret::Chance;
use passerelle::time::Clock;

use super::machines::{Answer, send};
use super::parts::BEGINNING;

/// The routes of the example configuration, whose keys `changes` override as environment variables do.
pub async fn bridge(changes: &[(&str, &str)]) -> Router {
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let master = "0f".repeat(32);
    let given = [("STORAGE__URL", "sqlite::memory:"), ("KEYS__MASTER_KEY", master.as_str())];
    let environment: Environment = given
        .iter()
        .chain(changes)
        .map(|(key, value)| (format!("PASSERELLE__{key}"), (*value).to_owned()))
        .collect();
    let blueprint = Blueprint::of_file(Path::new("config.toml"), &environment).unwrap();
    Bridge::open(blueprint, Clock::set_to(BEGINNING), Chance::System).await.unwrap().router()
}

/// Gets `path` with `headers`.
pub async fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}
