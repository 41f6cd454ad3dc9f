//! Everything at once, on loopback, without TLS, Docker or a database server: `cargo run --example demo`.
//! It starts an old system that knows nothing of OpenID Connect, the bridge in front of it, and two apps to sign in to.

#[path = "demo/mod.rs"]
pub mod demo;
#[path = "legacy_system.rs"]
pub mod legacy_system;
#[path = "loopback/mod.rs"]
pub mod loopback;
#[path = "spa/mod.rs"]
pub mod spa;
#[path = "web_app/mod.rs"]
pub mod web_app;

use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use demo::ports::Ports;
use demo::town::{CONFIG, Town};
use tracing_subscriber::EnvFilter;

/// The command line of the demo.
#[derive(clap::Parser)]
#[command(about = "The bridge between an old system and two modern apps, on this machine")]
struct Arguments {
    /// Put the bridge on this port, and the old system, the web app and the JavaScript app on the three behind it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=i64::from(Ports::HIGHEST_BASE)))]
    port_base: Option<u16>,
    /// Where the bridge keeps its database and its master key.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/demo-data"))]
    data: PathBuf,
}

/// Runs until Ctrl-C.
#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { port_base, data } = clap::Parser::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,passerelle=info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    // Whoever reads may be gone (`| head`): here, and wherever this writes, that is no reason to panic.
    let lines = lines.log_internal_errors(false);
    let lines = if stderr().is_terminal() { lines } else { lines.with_ansi(false) };
    lines.init();
    let ports = port_base.map_or(Ports::CONFIGURED, Ports::from);
    let town = match Town::start(CONFIG, ports, &data).await {
        Ok(town) => town,
        Err(error) => {
            let _ = writeln!(stderr(), "{error}");
            return ExitCode::FAILURE;
        }
    };
    introduce(&town);
    let stopped = tokio::signal::ctrl_c().await;
    let _ = writeln!(stdout(), "\nStopping.");
    town.stop().await;
    if stopped.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn introduce(town: &Town) {
    let (bridge, legacy) = (&town.bridge_url, &town.legacy.base_url);
    let (web_app, spa) = (&town.web_app.base_url, &town.spa.base_url);
    let people = town.old_system().people.introduce();
    let _ = writeln!(
        stdout(),
        "
  The old system       {legacy}   passwords live here, and nowhere else
  The bridge           {bridge}   speaks OpenID Connect for it
  The web app          {web_app}   a server that signs people in
  The JavaScript app   {spa}   the same in a browser alone

Users:
{people}

What to try:
  1. Open {web_app} and sign in as alice with the password wonderland.
  2. Open {spa} and sign in there: nobody asks for a password again.
  3. Sign out in one of them: the other is signed out too, and so is the old site.
  4. Sign in at the old site, {legacy}, and follow its links to the apps: no password. Log out there.
  5. See who is signed in where, and end it: {bridge}/account
  6. Try carol, dave or erin, and read what the page says.
  7. See what the bridge offers: {bridge}/.well-known/openid-configuration
  8. A program and a service, in another terminal:
       cargo run --example native_app -- --issuer {bridge}
       cargo run --example service -- --issuer {bridge}

Ctrl-C stops everything."
    );
}
