//! The command line: arguments, logging, run. The only place for anyhow.
//!
//! Exit codes: 0 all is well; 1 a problem with the configuration or while running; 2 the command line was not understood. `connector test`
//! has its own.

mod commands;

use std::io::{IsTerminal as _, stderr};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use commands::check::Check;
use commands::clients::Clients;
use commands::connector::ConnectorCommand;
use commands::doctor::Doctor;
use commands::explain::Explain;
use commands::gateway::GatewayCommand;
use commands::init::Init;
use commands::keys::KeysCommand;
use commands::serve::Serve;
use commands::service_accounts::ServiceAccountsCommand;
use commands::sessions::SessionsCommand;

/// A footbridge from a legacy login to OpenID Connect.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 all is well, 1 a problem, 2 a command line that was not understood."
)]
struct Arguments {
    /// How log lines look; RUST_LOG says which (default: info).
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the bridge.
    Serve(Serve),
    /// Write an annotated configuration to begin with.
    Init(Init),
    /// Tell everything that is wrong with the configuration.
    Check(Check),
    /// Look at everything that a sign-in needs.
    Doctor(Doctor),
    /// Look at the registered applications.
    Clients(Clients),
    /// Work on the description of the legacy system: try it, write it, record and replay it.
    Connector(ConnectorCommand),
    /// Say what the settings mean together.
    Explain(Explain),
    /// Look at the signing keys, replace them, or print their public halves.
    Keys(KeysCommand),
    /// Give service accounts their passwords, and see how they stand.
    ServiceAccounts(ServiceAccountsCommand),
    /// Look at a person's sessions, or end them.
    Sessions(SessionsCommand),
    /// Ask what the gateway would do with a request.
    Gateway(GatewayCommand),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_logging(arguments.log_format);
    // Once per process, before anything speaks TLS. It fails only when there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let outcome = match arguments.command {
        Command::Serve(serve) => serve.run(),
        Command::Init(init) => init.run(),
        Command::Check(check) => check.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Clients(clients) => clients.run(),
        Command::Explain(explain) => explain.run(),
        Command::Connector(connector) => connector.run(),
        Command::Keys(keys) => keys.run(),
        Command::ServiceAccounts(accounts) => accounts.run(),
        Command::Sessions(sessions) => sessions.run(),
        Command::Gateway(gateway) => gateway.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("passerelle: {error:#}");
        ExitCode::FAILURE
    })
}

fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // To stderr: stdout belongs to what a command answers.
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    // A file keeps the words alone; a terminal is coloured unless NO_COLOR says otherwise.
    let lines = if stderr().is_terminal() { lines } else { lines.with_ansi(false) };
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
