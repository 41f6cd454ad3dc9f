//! A machine that speaks for itself: `cargo run --example service`. It gets an access token with its own credentials (RFC 6749 §4.4) for
//! one API, shows what that API will read in it, and reads the old system's members with it, through the gateway. With `--audience` the
//! token is for another API, such as the one of `examples/own_api.rs`.

#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "service/mod.rs"]
pub mod service;

use std::error::Error;
use std::process::ExitCode;

/// Asks, prints, ends.
#[tokio::main]
async fn main() -> ExitCode {
    loopback::ending::of(run(clap::Parser::parse()).await)
}

async fn run(settings: service::Settings) -> Result<(), Box<dyn Error>> {
    let token = service::access_token(&settings).await?;
    if settings.token_only {
        println!("{}", token.secret.secret());
        return Ok(());
    }
    println!("{} holds an access token for {}.", settings.client_id, settings.audience());
    match token.expires_in {
        Some(lifetime) => {
            println!("It is good for {} seconds; then the service asks again.\n", lifetime.as_secs())
        }
        None => println!("The provider does not say how long it is good for.\n"),
    }
    match &token.claims {
        Some(claims) => {
            for claim in loopback::claims::rows(claims) {
                println!("  {:<12} {}", claim.name, claim.value);
            }
        }
        None => println!("  It is opaque: the API asks the provider what it means (RFC 7662)."),
    }
    if settings.audience() == settings.gateway() {
        let members = service::members(&settings, &token).await?;
        println!("\nThrough the gateway it reads {} members: {}.", members.len(), members.join(", "));
    }
    Ok(())
}
