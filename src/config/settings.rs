//! The whole configuration: every section checked, defaults filled in. What only upper floors can judge (colours, keys, the legacy
//! system's description) is still as written.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use super::api::{self, Api};
use super::branding::{self, Branding};
use super::client::{self, Client, Context};
use super::environment::{Environment, Overrides, Surroundings};
use super::findings::Findings;
use super::gateway::{self, Gateway};
use super::keys::{self, Keys};
use super::launch::{self, Launch};
use super::logout::{self, Logout};
use super::reading::{self, Problem};
use super::scopes;
use super::server::{self, Server};
use super::service_account::{self, ServiceAccount};
use super::session::{self, Session};
use super::sign_in::{self, SignIn};
use super::storage::{self, Storage};
use super::tokens::{self, Tokens};
use crate::i18n::Sentence;
use crate::id::ClientId;

/// The sections.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// `[server]`.
    pub server: Server,
    /// `[storage]`.
    pub storage: Storage,
    /// `[keys]`.
    pub keys: Keys,
    /// `[session]`.
    pub session: Session,
    /// `[sign_in]`.
    pub sign_in: SignIn,
    /// `[tokens]`.
    pub tokens: Tokens,
    /// `[logout]`.
    pub logout: Logout,
    /// `[branding]`.
    pub branding: Branding,
    /// `[scopes]`: the claims that each scope stands for, besides the standard ones.
    pub scopes: BTreeMap<String, Vec<String>>,
    /// `[scope_descriptions]`: what the consent page says of them.
    pub scope_descriptions: BTreeMap<String, Sentence>,
    /// `[legacy]`, or each `[[legacy]]`, as written, with its key path; the `legacy` room reads them.
    pub legacy: Vec<(String, Table)>,
    /// `[[api]]`.
    pub apis: Vec<Api>,
    /// `[[service_account]]`.
    pub service_accounts: Vec<ServiceAccount>,
    /// `[[client]]`.
    pub clients: Vec<Client>,
    /// `[[launch]]`.
    pub launches: Vec<Launch>,
    /// `[gateway]`.
    pub gateway: Gateway,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Raw {
    server: server::Raw,
    storage: storage::Raw,
    keys: keys::Raw,
    session: session::Raw,
    sign_in: sign_in::Raw,
    tokens: tokens::Raw,
    logout: logout::Raw,
    branding: branding::Raw,
    scopes: BTreeMap<String, Vec<String>>,
    scope_descriptions: BTreeMap<String, Sentence>,
    legacy: Option<Value>,
    api: Vec<api::Raw>,
    service_account: Vec<service_account::Raw>,
    client: Vec<client::Raw>,
    launch: Vec<launch::Raw>,
    gateway: gateway::Raw,
}

/// A configuration that was read, and what was found in it so far. Upper floors add what they find before anybody is told.
pub struct Reading {
    /// The settings, with defaults in the place of what has a problem.
    pub settings: Settings,
    /// What was found.
    pub findings: Findings,
    base: PathBuf,
    environment: Environment,
    overrides: Overrides,
}

impl Reading {
    /// Reads the file at `path` and lays the environment's overrides over it.
    ///
    /// # Errors
    /// When there is nothing to read: no file, or no TOML.
    pub fn of_file(path: &Path, environment: &Environment) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let way = match error.kind() {
                ErrorKind::NotFound => format!("; `passerelle init --output {}` writes one", path.display()),
                _ => String::new(),
            };
            Problem::new("", format!("cannot read the configuration {}: {error}{way}", path.display()))
        })?;
        Self::of_text(&text, path.parent().unwrap_or(Path::new("")), environment)
    }

    /// Reads a configuration whose relative paths begin at `base`.
    ///
    /// # Errors
    /// When the text is no TOML.
    pub fn of_text(text: &str, base: &Path, environment: &Environment) -> Result<Self, Problem> {
        let mut table = reading::parse(text)?;
        let (overrides, problems) = Overrides::apply(&mut table, environment);
        let (raw, more) = reading::read::<Raw>(table, "");
        let mut findings = Findings::default();
        findings.problems.extend(problems);
        findings.problems.extend(more);
        let settings = raw.check(&Surroundings { base, environment }, &mut findings);
        Ok(Self { settings, findings, base: base.to_owned(), environment: environment.clone(), overrides })
    }

    /// What relative paths and secret sources refer to.
    pub fn surroundings(&self) -> Surroundings<'_> {
        Surroundings { base: &self.base, environment: &self.environment }
    }

    /// The settings with their warnings, when everything that was found by now lets the bridge start.
    ///
    /// # Errors
    /// Every problem, each with the variable that set it where one did.
    pub fn finish(mut self) -> Result<(Settings, Vec<Problem>), Findings> {
        self.findings.name_origins(&self.overrides);
        if self.findings.problems.is_empty() {
            Ok((self.settings, self.findings.warnings))
        } else {
            Err(self.findings)
        }
    }
}

impl Raw {
    fn check(self, around: &Surroundings<'_>, findings: &mut Findings) -> Settings {
        let server = self.server.check(around, findings);
        let storage = self.storage.check(around, findings);
        let keys = self.keys.check(around, findings);
        let session = self.session.check(findings);
        let sign_in = self.sign_in.check(findings);
        let tokens = self.tokens.check(findings);
        let logout = self.logout.check(findings);
        let branding = self.branding.check(findings);
        let scopes = scopes::check(self.scopes, findings);
        scopes::check_descriptions(&self.scope_descriptions, &scopes, findings);
        let apis = api::check(self.api, server.issuer.as_str(), &scopes, findings);
        let service_accounts = service_account::check(self.service_account, &server, around, findings);
        let context = Context {
            around: *around,
            server: &server,
            lifetimes: &tokens.lifetimes,
            scopes: &scopes,
            apis: &apis,
            service_accounts: &service_accounts,
        };
        let clients = client::check(self.client, &context, findings);
        if clients.is_empty() {
            findings.warning("client", "no application is registered; each is a [[client]]");
        }
        let launches = launch::check(self.launch, &clients, findings);
        let ids: Vec<ClientId> = clients.iter().map(|client| client.id.clone()).collect();
        let beside = gateway::Around {
            around: *around,
            ours: &server.issuer,
            clients: &ids,
            apis: &apis,
            service_accounts: &service_accounts,
            proxies: !server.trusted_proxies.is_empty(),
            issuers: &[],
        };
        let gateway = self.gateway.check(&beside, findings);
        let legacy = legacy_tables(self.legacy, findings);
        Settings {
            server,
            storage,
            keys,
            session,
            sign_in,
            tokens,
            logout,
            branding,
            scopes,
            scope_descriptions: self.scope_descriptions,
            legacy,
            apis,
            service_accounts,
            clients,
            launches,
            gateway,
        }
    }
}

/// One table, or several: several systems stand side by side.
fn legacy_tables(written: Option<Value>, findings: &mut Findings) -> Vec<(String, Table)> {
    let wanted = "the login to bridge, such as: [legacy] preset = \"imis\" with the URL of your system";
    let tables = match written {
        None => Vec::new(),
        Some(Value::Table(table)) => return vec![("legacy".to_owned(), table)],
        Some(Value::Array(several)) if several.iter().all(Value::is_table) => several,
        Some(_) => {
            findings.problem("legacy", format!("not a table; {wanted}"));
            return Vec::new();
        }
    };
    if tables.is_empty() {
        findings.missing("legacy", format!("missing; {wanted}"));
    }
    let named = tables.into_iter().enumerate().filter_map(|(index, table)| {
        let Value::Table(table) = table else { return None };
        let title = table.get("name").and_then(Value::as_str).map(str::to_owned);
        Some((reading::element("legacy", index, title.as_deref()), table))
    });
    named.collect()
}
