//! An API of your own that checks the bridge's access tokens by itself: `cargo run --example own_api`. Any app may call it that gets tokens
//! for it; beside the demo a service does:
//!
//! ```sh
//! TOKEN=$(cargo run -q --example service -- --audience https://api.example.org --token-only)
//! curl -H "Authorization: Bearer $TOKEN" http://localhost:3002/events
//! ```

#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "own_api/mod.rs"]
pub mod own_api;

use std::error::Error;
use std::process::ExitCode;

/// Serves until Ctrl-C.
#[tokio::main]
async fn main() -> ExitCode {
    loopback::ending::of(run(clap::Parser::parse()).await)
}

async fn run(settings: own_api::Settings) -> Result<(), Box<dyn Error>> {
    let api = own_api::start(&settings).await?;
    println!("{} listens on {}; Ctrl-C stops it.", settings.audience, api.base_url);
    tokio::signal::ctrl_c().await?;
    api.stop().await;
    Ok(())
}
