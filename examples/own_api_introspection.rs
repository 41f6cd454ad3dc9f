//! An API of your own that asks the bridge about each access token: `cargo run --example own_api_introspection -- --client-id …`. It hears
//! of a revoked token at once and reads opaque ones too; the price is a call for each request.

#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "own_api_introspection/mod.rs"]
pub mod own_api_introspection;

use std::error::Error;
use std::process::ExitCode;

/// Serves until Ctrl-C.
#[tokio::main]
async fn main() -> ExitCode {
    loopback::ending::of(run(clap::Parser::parse()).await)
}

async fn run(settings: own_api_introspection::Settings) -> Result<(), Box<dyn Error>> {
    let api = own_api_introspection::start(&settings).await?;
    println!("{} listens on {}; Ctrl-C stops it.", settings.audience, api.base_url);
    tokio::signal::ctrl_c().await?;
    api.stop().await;
    Ok(())
}
