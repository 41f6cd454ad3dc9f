//! A program on somebody's own machine that signs them in with their browser: `cargo run --example native_app`.
//! It follows RFC 8252: the system's browser, a loopback port that is free just now, a public client, PKCE.

#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "native_app/mod.rs"]
pub mod native_app;

use std::error::Error;
use std::process::{Command, ExitCode};

/// The command line of the program.
#[derive(clap::Parser)]
#[command(about = "A native app that signs its user in through an OpenID Provider")]
struct Arguments {
    /// The OpenID Provider.
    #[arg(long, default_value = "http://localhost:8080")]
    issuer: String,
    /// What the provider calls this app. It must know http://127.0.0.1/callback; the port may be any (RFC 8252 §7.3).
    #[arg(long, default_value = "demo-native")]
    client_id: String,
    /// Only print the URL, for a browser that you open yourself.
    #[arg(long)]
    no_browser: bool,
}

/// Signs in, prints the claims, ends.
#[tokio::main]
async fn main() -> ExitCode {
    loopback::ending::of(run(clap::Parser::parse()).await)
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let Arguments { issuer, client_id, no_browser } = arguments;
    let waiting = native_app::start(&issuer, &client_id).await?;
    println!("Please sign in with your browser:\n\n  {}\n", waiting.url);
    if !no_browser {
        open(waiting.url.as_str());
    }
    let signed_in = waiting.finish().await?;
    println!("Signed in. The verified ID token says:\n");
    for claim in loopback::claims::rows(&signed_in.claims) {
        println!("  {:<20} {}", claim.name, claim.value.replace('\n', ", "));
    }
    let refresh =
        if signed_in.has_refresh_token { "A refresh token came too." } else { "No refresh token came." };
    println!("\n{refresh} A real program keeps it in the system's key ring.");
    Ok(())
}

/// Shows the URL in the user's browser. When that fails the printed URL remains.
fn open(url: &str) {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(windows) {
        "explorer"
    } else {
        "xdg-open"
    };
    Command::new(opener).arg(url).spawn().ok();
}
