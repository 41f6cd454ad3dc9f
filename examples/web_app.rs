//! A server-side web app that signs people in through the bridge: `cargo run --example web_app -- --issuer http://localhost:8080`.
//! The relying party is the `openidconnect` crate; `web_app/relying_party.rs` is what an app of yours would take over.

#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "web_app/mod.rs"]
pub mod web_app;

use std::error::Error;
use std::process::ExitCode;

/// The command line of the app.
#[derive(clap::Parser)]
#[command(about = "A server-side web app that signs people in through an OpenID Provider")]
struct Arguments {
    /// The OpenID Provider.
    #[arg(long, default_value = "http://localhost:8080")]
    issuer: String,
    /// The loopback port to listen on. The provider must know http://localhost:<port>/callback. It may be told
    /// http://localhost:<port>/backchannel-logout, where the app hears of sign-outs, and http://localhost:<port>/start, where a link begins
    /// a sign-in.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// What the provider calls this app.
    #[arg(long, default_value = "demo-web")]
    client_id: String,
    /// How this app proves that to the provider.
    #[arg(long, default_value = "demo-web-secret-for-loopback-only")]
    client_secret: String,
}

/// Serves until Ctrl-C.
#[tokio::main]
async fn main() -> ExitCode {
    loopback::ending::of(run(clap::Parser::parse()).await)
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { issuer, port, client_id, client_secret } = arguments;
    let running = web_app::start(web_app::Settings { issuer, client_id, client_secret }, port).await?;
    println!("The web app listens on {}", running.base_url);
    tokio::signal::ctrl_c().await?;
    running.stop().await;
    Ok(())
}
