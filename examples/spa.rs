//! An app that runs in the browser alone: `cargo run --example spa -- --issuer http://localhost:8080`. This server only hands out a
//! few files; all of OpenID Connect happens in `spa/app.js`, which is written to be read.

#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "spa/mod.rs"]
pub mod spa;

use std::error::Error;
use std::process::ExitCode;

/// The command line of the app.
#[derive(clap::Parser)]
#[command(about = "A JavaScript app that signs people in through an OpenID Provider")]
struct Arguments {
    /// The OpenID Provider.
    #[arg(long, default_value = "http://localhost:8080")]
    issuer: String,
    /// The loopback port to listen on. The provider must know http://localhost:<port>/callback and /silent, and the origin without a path.
    #[arg(long, default_value_t = 3001)]
    port: u16,
    /// What the provider calls this app.
    #[arg(long, default_value = "demo-spa")]
    client_id: String,
}

/// Serves until Ctrl-C.
#[tokio::main]
async fn main() -> ExitCode {
    loopback::ending::of(run(clap::Parser::parse()).await)
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { issuer, port, client_id } = arguments;
    let running = spa::start(spa::Settings { issuer, client_id }, port).await?;
    println!("The JavaScript app listens on {}", running.base_url);
    tokio::signal::ctrl_c().await?;
    running.stop().await;
    Ok(())
}
