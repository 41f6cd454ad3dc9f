//! `passerelle clients`: the registered applications as the bridge understands them. Neither secrets nor their digests are shown.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use passerelle::id::ClientId;
use passerelle::model::client::{Client, ConsentPolicy, PkcePolicy, ScopeClaims, SubjectKind, TokenRequests};
use serde_json::{Map, Value, json};

use super::configuration::ConfigurationFile;
use super::print;

/// Look at the registered applications.
#[derive(Args)]
pub(crate) struct Clients {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// One line for each application.
    List(How),
    /// Everything about one of them but its secret.
    Show {
        /// Its client_id.
        id: String,
        #[command(flatten)]
        how: How,
    },
}

#[derive(Args)]
struct How {
    #[command(flatten)]
    file: ConfigurationFile,
    /// Answer in JSON, with the names of RFC 7591.
    #[arg(long)]
    json: bool,
}

impl Clients {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::List(how) => list(&how)?,
            What::Show { id, how } => show(&id, &how)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn list(how: &How) -> anyhow::Result<()> {
    let blueprint = how.file.usable()?;
    if how.json {
        let all: Vec<Value> = blueprint.registry.clients().map(|client| description(client).into()).collect();
        return print::line(&format!("{:#}", Value::from(all)));
    }
    let longest = blueprint.registry.clients().map(|client| client.id.as_str().len()).max().unwrap_or(0);
    for client in blueprint.registry.clients() {
        let (id, method) = (client.id.as_str(), client.credentials.method().as_str());
        print::line(&format!("{id:longest$}  {method:19}  {}", client.appearance.name))?;
    }
    Ok(())
}

fn show(id: &str, how: &How) -> anyhow::Result<()> {
    let blueprint = how.file.usable()?;
    let client = blueprint
        .registry
        .client(&ClientId::from(id))
        .with_context(|| format!("there is no client {id:?}; `passerelle clients list` shows them"))?;
    let description = description(&client);
    if how.json {
        return print::line(&format!("{:#}", Value::from(description)));
    }
    for (name, value) in &description {
        let text = match value {
            Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
            value => plain(value),
        };
        print::line(&format!("{name:31} {text}"))?;
    }
    Ok(())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What can be shown: a new field of the model is not shown before somebody has thought about it here.
fn description(client: &Client) -> Map<String, Value> {
    let appearance = &client.appearance;
    let audiences: Vec<&str> = client.audiences.iter().map(|audience| audience.as_str()).collect();
    let fields = [
        ("client_id", json!(client.id)),
        ("client_name", json!(appearance.name)),
        ("client_uri", json!(appearance.client_uri)),
        ("logo_uri", json!(appearance.logo_uri)),
        ("policy_uri", json!(appearance.policy_uri)),
        ("tos_uri", json!(appearance.tos_uri)),
        ("token_endpoint_auth_method", json!(client.credentials.method())),
        ("token_request_json", json!(client.token_requests == TokenRequests::FormOrJson)),
        ("grant_types", json!(client.grant_types)),
        ("redirect_uris", json!(client.redirect_uris)),
        ("post_logout_redirect_uris", json!(client.post_logout_redirect_uris)),
        ("web_origins", json!(client.web_origins)),
        ("scope", json!(client.scope)),
        ("audiences", json!(audiences)),
        ("service_account", json!(client.service_account)),
        ("pkce", json!(pkce(client.pkce))),
        ("consent", json!(consent(client.consent))),
        ("subject", json!(subject(client.subject))),
        ("id_token_signed_response_alg", json!(client.id_token.algorithm)),
        ("id_token_claims", json!(scope_claims(client.id_token.scope_claims))),
        ("userinfo_signed_response_alg", json!(client.userinfo_signed_response_alg)),
        ("default_max_age", json!(client.default_max_age.map(|age| age.as_secs()))),
        ("access_token_lifetime", json!(client.lifetimes.access_token.as_secs())),
        ("id_token_lifetime", json!(client.lifetimes.id_token.as_secs())),
        ("refresh_token_idle_lifetime", json!(client.lifetimes.refresh_token_idle.as_secs())),
        ("refresh_token_absolute_lifetime", json!(client.lifetimes.refresh_token_absolute.as_secs())),
    ];
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// As the configuration writes it.
const fn pkce(policy: PkcePolicy) -> &'static str {
    match policy {
        PkcePolicy::Required => "required",
        PkcePolicy::Optional => "optional",
    }
}

const fn consent(policy: ConsentPolicy) -> &'static str {
    match policy {
        ConsentPolicy::Ask => "ask",
        ConsentPolicy::Skip => "skip",
    }
}

const fn subject(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Minted => "minted",
        SubjectKind::LegacyUserName => "legacy_user_name",
    }
}

const fn scope_claims(place: ScopeClaims) -> &'static str {
    match place {
        ScopeClaims::UserInfo => "userinfo",
        ScopeClaims::IdTokenToo => "id_token",
    }
}
