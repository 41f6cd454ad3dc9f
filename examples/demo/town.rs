//! The whole town on loopback: the old system, the bridge in front of it, and two apps. The demo runs it on known ports, the tests on
//! free ones. Whoever includes this file has the parts as modules of its root: `legacy_system`, `loopback`, `web_app`, `spa`.

use std::io;
use std::path::Path;

use passerelle::app::blueprint::Blueprint;
use passerelle::app::bridge::{self, Bridge};
use passerelle::config::environment::Environment;
use passerelle::config::findings::Findings;
use passerelle::secret::Chance;
use passerelle::time::Clock;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::ports::Ports;
use crate::legacy_system::{self, LegacySystem};
use crate::loopback::serving::{Port, Running};
use crate::{spa, web_app};

/// The configuration of the demo, and the example for everybody else's.
pub const CONFIG: &str = include_str!("../../config.toml");

/// Everything that runs.
pub struct Town {
    /// `http://localhost:<port>`, the issuer.
    pub bridge_url: String,
    /// The old system.
    pub legacy: legacy_system::Running,
    /// The server-side web app.
    pub web_app: Running,
    /// The JavaScript app.
    pub spa: Running,
    closing: oneshot::Sender<()>,
    bridge: JoinHandle<io::Result<()>>,
}

/// Why the town does not stand.
#[derive(Debug, thiserror::Error)]
pub enum TownError {
    /// Somebody else listens there.
    #[error(
        "port {port} for the {part} is taken; stop what listens there, or choose four free ports in a row, N to N + 3: \
         cargo run --example demo -- --port-base N"
    )]
    PortTaken {
        /// Who wanted it.
        part: &'static str,
        /// The port.
        port: u16,
    },
    /// The machine does not let us listen.
    #[error("the {part} cannot listen: {error}")]
    Listen {
        /// Who wanted to.
        part: &'static str,
        /// Why not.
        error: io::Error,
    },
    /// There is no place for the database.
    #[error("cannot make the directory {0}: {1}")]
    Data(String, io::Error),
    /// The ports could not be written into the configuration.
    #[error(transparent)]
    Ports(#[from] regex::Error),
    /// The configuration has problems.
    #[error("the configuration:\n{0}")]
    Configuration(Findings),
    /// The bridge does not open.
    #[error("the bridge: {0}")]
    Bridge(#[from] bridge::OpenError),
}

impl Town {
    /// Starts everything; `config` is [`CONFIG`] or begins with it, and what is kept goes into the directory `data`.
    ///
    /// # Errors
    /// [`TownError`]; what was started by then is stopped.
    pub async fn start(config: &str, wanted: Ports, data: &Path) -> Result<Self, TownError> {
        // Refused when somebody in this process already installed a provider, which is as good.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let door = Port::take(wanted.bridge).await.map_err(listening("bridge", wanted.bridge))?;
        let issuer = door.base_url.clone();
        let legacy = legacy_system::start(legacy_system::Settings::default(), wanted.legacy);
        let legacy = legacy.await.map_err(listening("old system", wanted.legacy))?;
        let settings = web_app::Settings {
            issuer: issuer.clone(),
            client_id: "demo-web".to_owned(),
            client_secret: "demo-web-secret-for-loopback-only".to_owned(),
        };
        let web_app = web_app::start(settings, wanted.web_app);
        let web_app = web_app.await.map_err(listening("web app", wanted.web_app))?;
        let settings = spa::Settings { issuer: issuer.clone(), client_id: "demo-spa".to_owned() };
        let spa = spa::start(settings, wanted.spa).await.map_err(listening("JavaScript app", wanted.spa))?;

        introduce(&legacy.system, &issuer);
        let ports =
            Ports { bridge: door.number(), legacy: legacy.port, web_app: web_app.port, spa: spa.port };
        let config = ports.moved(config)?;
        std::fs::create_dir_all(data).map_err(|error| TownError::Data(data.display().to_string(), error))?;
        let blueprint = Blueprint::of_text(&config, data, &Environment::default());
        let blueprint = blueprint.map_err(TownError::Configuration)?;
        let bridge = Bridge::open(blueprint, Clock::System, Chance::System).await?;
        let (closing, closed) = oneshot::channel::<()>();
        let listener = door.into_listener().map_err(listening("bridge", wanted.bridge))?;
        let serving = bridge.serve(listener, async { drop(closed.await) });
        let bridge = tokio::spawn(serving);
        Ok(Self { bridge_url: issuer, legacy, web_app, spa, closing, bridge })
    }

    /// The old system's console, journal and people.
    pub fn old_system(&self) -> &LegacySystem {
        &self.legacy.system
    }

    /// Stops everything, the apps first.
    pub async fn stop(self) {
        self.web_app.stop().await;
        self.spa.stop().await;
        drop(self.closing);
        self.bridge.await.ok();
        self.legacy.stop().await;
    }
}

/// What the administrator of the old system sets up once: where its single-sign-on page hands people over, where its sign-out page
/// leads, and the links on the members' page.
fn introduce(system: &LegacySystem, issuer: &str) {
    system.console.change(|settings| {
        settings.sso_redirect = Some(format!("{issuer}/handover"));
        settings.sign_out_redirect = Some(format!("{issuer}/legacy/signed-out"));
        settings.links = vec![
            ("The web app".to_owned(), format!("{issuer}/launch/web")),
            ("The JavaScript app".to_owned(), format!("{issuer}/launch/javascript")),
            ("Your sessions and apps".to_owned(), format!("{issuer}/account")),
        ];
    });
}

fn listening(part: &'static str, port: u16) -> impl FnOnce(io::Error) -> TownError {
    move |error| match error.kind() {
        io::ErrorKind::AddrInUse => TownError::PortTaken { part, port },
        _ => TownError::Listen { part, error },
    }
}
