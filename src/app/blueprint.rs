//! What the bridge will be built from: the whole configuration, checked by every floor and converted. Nothing is opened, made or
//! asked yet, so `check` and `serve` find the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::app::apis::apis;
use crate::app::branding::branding;
use crate::app::claim_scopes::claim_scopes;
use crate::app::clients::clients;
use crate::app::gateway::gateway_routes;
use crate::app::issuers;
use crate::app::seal::MasterKeySource;
use crate::config::environment::Environment;
use crate::config::findings::Findings;
use crate::config::keys;
use crate::config::launch::{Launch, Target};
use crate::config::reading::{self, Problem};
use crate::config::service_account;
use crate::config::settings::{Reading, Settings};
use crate::config::sign_in::Method;
use crate::gateway::issuers::description::IssuerDescription;
use crate::gateway::route::Routes;
use crate::id::ServiceAccountName;
use crate::keys::master_key::MasterKey;
use crate::legacy::description::Description;
use crate::legacy::description_table;
use crate::model::claim_scopes::ClaimScopes;
use crate::model::registry::Registry;
use crate::model::service_account::ServiceAccount;
use crate::oauth::scope::{ADDRESS, EMAIL, PHONE, PROFILE};
use crate::provider::launch::LaunchTarget;
use crate::web::page::branding::Branding;

/// A configuration without problems.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// Every section.
    pub settings: Settings,
    /// The clients and APIs.
    pub registry: Registry,
    /// What scopes stand for.
    pub claim_scopes: Arc<ClaimScopes>,
    /// Whose pages these are.
    pub branding: Arc<Branding>,
    /// The old system; the first, where there are several.
    pub legacy: Description,
    /// The others.
    pub other_legacies: Vec<Description>,
    /// Users of the old system that no person is.
    pub service_accounts: Arc<BTreeMap<ServiceAccountName, ServiceAccount>>,
    /// What the legacy site may start.
    pub launches: Arc<BTreeMap<String, LaunchTarget>>,
    /// The routes of the gateway.
    pub gateway: Routes,
    /// The other identity providers whose tokens are taken.
    pub issuers: Vec<IssuerDescription>,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// What does not keep the bridge from starting.
    pub warnings: Vec<Problem>,
}

impl Blueprint {
    /// Reads the configuration file at `path` with the environment's overrides.
    ///
    /// # Errors
    /// Everything that was found, when there is a problem among it.
    pub fn of_file(path: &Path, environment: &Environment) -> Result<Self, Findings> {
        Reading::of_file(path, environment).map_err(alone).and_then(Self::of)
    }

    /// Reads a configuration whose relative paths begin at `base`.
    ///
    /// # Errors
    /// Everything that was found, when there is a problem among it.
    pub fn of_text(text: &str, base: &Path, environment: &Environment) -> Result<Self, Findings> {
        Reading::of_text(text, base, environment).map_err(alone).and_then(Self::of)
    }

    /// Every old system.
    pub fn legacies(&self) -> impl Iterator<Item = &Description> {
        std::iter::once(&self.legacy).chain(&self.other_legacies)
    }

    fn of(mut reading: Reading) -> Result<Self, Findings> {
        let mut found = std::mem::take(&mut reading.findings);
        let clients = clients(&reading.settings.clients, &mut found);
        let branding = branding(&reading.settings.branding, &mut found);
        let master_key = master_key(&reading.settings.keys.master, &mut found);
        let issuers = issuers::described(&reading.settings.gateway.issuers, &mut found);
        let legacies = legacies(&reading, &mut found);
        if let Some(site) = legacies.iter().find(|legacy| legacy.site.is_some()).or(legacies.first()) {
            legacy_site(site, &reading.settings, &mut found);
        }
        side_by_side(&legacies, &reading.settings, &mut found);
        let gateway = gateway_routes(&reading.settings, &mut found);
        reading.findings = found;
        // Without a description there is a problem, and with a problem no blueprint.
        let (settings, warnings) = reading.finish()?;
        let mut legacies = legacies.into_iter();
        let legacy = legacies.next().ok_or_else(|| alone(Problem::new("legacy", "not understood")))?;
        let other_legacies: Vec<Description> = legacies.collect();
        Ok(Self {
            registry: Registry::new(clients, apis(&settings.apis)),
            claim_scopes: Arc::new(claim_scopes(
                &settings.scopes,
                &settings.scope_descriptions,
                std::iter::once(&legacy).chain(&other_legacies),
            )),
            branding: Arc::new(branding),
            legacy,
            other_legacies,
            service_accounts: Arc::new(service_accounts(&settings.service_accounts)),
            launches: Arc::new(launches(&settings.launches)),
            gateway,
            issuers,
            master_key,
            warnings,
            settings,
        })
    }
}

/// Whether the legacy system is described well enough for people to sign in at its own site.
fn legacy_site(legacy: &Description, settings: &Settings, findings: &mut Findings) {
    let site = legacy.site.as_ref();
    if settings.sign_in.method != Method::Form {
        let wants = "sign_in.method sends people to the legacy site, which needs it";
        if legacy.refresh.is_none() {
            findings.problem(
                "legacy.client_id",
                format!("missing, with client_secret: {wants} to redeem what the site hands over"),
            );
        }
        if site.and_then(|site| site.sign_in_url.as_ref()).is_none() {
            findings.problem("legacy.site.sign_in_url", format!("missing; {wants}"));
        }
    }
    // With "both" the bridge's own page can ask.
    if settings.sign_in.method == Method::LegacySite
        && site.and_then(|site| site.sign_in_again_url.as_ref()).is_none()
    {
        findings.problem(
            "legacy.site.sign_in_again_url",
            "missing; without it nobody can be asked to sign in anew (prompt=login, max_age), such as the sign-out page \
             with the way back to the sign-in page",
        );
    }
    let landing = site.and_then(|site| site.landing.as_ref());
    if landing.is_some_and(|landing| !settings.launches.iter().any(|launch| launch.name == *landing)) {
        findings.problem("legacy.site.landing", "no [[launch]] has this name");
    }
}

fn service_accounts(
    written: &[service_account::ServiceAccount],
) -> BTreeMap<ServiceAccountName, ServiceAccount> {
    let account = |written: &service_account::ServiceAccount| ServiceAccount {
        name: written.name.clone(),
        realm: written.realm.clone(),
        user_name: written.user_name.clone(),
        password: written.password.clone(),
    };
    written.iter().map(|written| (written.name.clone(), account(written))).collect()
}

fn launches(written: &[Launch]) -> BTreeMap<String, LaunchTarget> {
    let target = |launch: &Launch| match &launch.target {
        Target::Client { client, target_link_uri } => {
            LaunchTarget::App { client: client.clone(), target_link_uri: target_link_uri.clone() }
        }
        Target::Url(url) => LaunchTarget::Url(url.clone()),
    };
    written.iter().map(|launch| (launch.name.clone(), target(launch))).collect()
}

fn alone(problem: Problem) -> Findings {
    Findings { problems: vec![problem], warnings: Vec::new() }
}

fn master_key(written: &keys::MasterKey, findings: &mut Findings) -> MasterKeySource {
    match written {
        keys::MasterKey::Given(text) => {
            if let Err(error) = MasterKey::from_text(text) {
                findings.problem("keys.master_key", error.to_string());
            }
            MasterKeySource::Given(text.clone())
        }
        keys::MasterKey::File(path) => MasterKeySource::File(path.clone()),
    }
}

/// Every description that could be read.
fn legacies(reading: &Reading, findings: &mut Findings) -> Vec<Description> {
    let mut descriptions = Vec::new();
    for (at, table) in &reading.settings.legacy {
        let (description, problems) = description_table::read(table.clone(), at, &reading.surroundings());
        findings.problems.extend(problems);
        if let Some(description) = &description {
            findings.warnings.extend(description.warnings.iter().cloned());
        }
        descriptions.extend(description);
    }
    descriptions
}

/// What several systems say of one another, and clients of them, must fit.
fn side_by_side(legacies: &[Description], settings: &Settings, findings: &mut Findings) {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for legacy in legacies {
        if !names.insert(legacy.id.as_str()) {
            let twice = format!(
                "two [[legacy]] are called `{}`; accounts hang on the name, so give each its own",
                legacy.id
            );
            findings.problem("legacy", twice);
        }
    }
    if legacies.iter().filter(|legacy| legacy.site.is_some()).count() > 1 {
        findings.problem(
            "legacy",
            "only one of several systems can have a site that hands people over: [legacy.site]",
        );
    }
    for legacy in legacies {
        for (claim, scope) in
            legacy.mapping.claims.iter().filter_map(|(name, claim)| Some((name, claim.scope.as_ref()?)))
        {
            if ![PROFILE, EMAIL, ADDRESS, PHONE].contains(&scope.as_str())
                && !settings.scopes.contains_key(scope)
            {
                let at = format!("legacy.claims.{claim}.scope");
                findings.problem(
                    at,
                    format!("there is no scope `{scope}`; write it under [scopes], such as {scope} = []"),
                );
            }
        }
    }
    // Where a description could not be read, its name is not known either.
    if legacies.len() < settings.legacy.len() {
        return;
    }
    for (index, account) in settings.service_accounts.iter().enumerate() {
        if let Some(unknown) = account.realm.as_ref().filter(|realm| !names.contains(realm.as_str())) {
            let at = reading::element("service_account", index, Some(account.name.as_str()));
            findings.problem(reading::key(&at, "realm"), format!("no legacy system is called `{unknown}`"));
        }
    }
    for (index, client) in settings.clients.iter().enumerate() {
        for unknown in client.realms.iter().filter(|realm| !names.contains(realm.as_str())) {
            let at = reading::element("client", index, Some(client.id.as_str()));
            findings.problem(reading::key(&at, "realms"), format!("no legacy system is called `{unknown}`"));
        }
    }
}
