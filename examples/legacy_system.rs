//! The old system to bridge, run alone: `cargo run --example legacy_system -- --port 9090`.
//! A stand-in for an association-management system of the iMIS kind; it knows nothing of OpenID Connect and shares no code with the bridge.
//!
//! The demo and the tests include this file as a public module of their root, `#[path = "…/legacy_system.rs"] pub mod legacy_system;`:
//! public, so that what one of them leaves unused (`main`, a fault) is not dead code there.

#[path = "legacy_system/mod.rs"]
mod association;

pub use association::*;

/// The command line of the stand-in.
#[derive(clap::Parser)]
#[command(about = "An association-management system of the old kind, for a bridge to stand in front of")]
struct Arguments {
    /// The loopback port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 9090)]
    port: u16,
    /// The one URL that the single-sign-on page posts refresh tokens to.
    #[arg(long)]
    sso_redirect: Option<String>,
    /// Make the password grant ask for the client's credentials and return a refresh token.
    #[arg(long)]
    refresh_on_password: bool,
}

/// Serves until Ctrl-C.
#[tokio::main]
pub async fn main() -> std::io::Result<()> {
    let arguments = <Arguments as clap::Parser>::parse();
    let settings = Settings {
        sso_redirect: arguments.sso_redirect,
        refresh_on_password: arguments.refresh_on_password,
        ..Settings::default()
    };
    let running = start(settings, arguments.port).await?;
    println!("The old association system listens on {}", running.base_url);
    println!("Users:\n{}", running.system.people.introduce());
    tokio::signal::ctrl_c().await?;
    running.stop().await;
    Ok(())
}
