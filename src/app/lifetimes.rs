//! What the configuration says of lifetimes, client by client, for the rule that finds out which of them bites.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::admin::lifetimes::{Case, ClientFacts};
use crate::app::blueprint::Blueprint;
use crate::config::settings::Settings;
use crate::legacy::description::Description;
use crate::legacy::refresh::Rotation;
use crate::model::api::TokenLifetime;
use crate::model::client::{Client, RefreshBinding};
use crate::model::registry::Registry;
use crate::oauth::grant_type::GrantType;
use crate::oauth::scope::OFFLINE_ACCESS;
use crate::rules::lifetimes::{Hold, LegacySide, LegacyToken, Setting, Spans};

/// A token without end, where a span has to be named: a thousand years.
const WITHOUT_END: Duration = Duration::from_hours(24 * 365 * 1000);

/// What an administrator says of the legacy system's tokens, which it does not say itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// How long its refresh tokens last.
    pub refresh_token: Option<Duration>,
    /// How long its access tokens last.
    pub access_token: Option<Duration>,
}

/// What is known of the old system `legacy`: what its configuration says, and else what was told.
pub fn legacy_side(legacy: &Description, told: Told) -> LegacySide {
    LegacySide {
        probe: legacy.alive.is_some(),
        refresh: legacy.refresh.as_ref().map(|refresh| match refresh.rotation {
            Rotation::None => LegacyToken::Kept,
            Rotation::Rotate | Rotation::SingleUse | Rotation::OnePerUserClient => LegacyToken::Replaced,
        }),
        refresh_lifetime: told.refresh_token.or(legacy.refresh.as_ref().and_then(|refresh| refresh.lifetime)),
        access_lifetime: told.access_token,
    }
}

/// Every client's lifetimes, in the order of their ids.
pub fn client_facts(blueprint: &Blueprint) -> Vec<ClientFacts> {
    blueprint.registry.clients().map(|client| facts(client, blueprint)).collect()
}

fn facts(client: &Client, blueprint: &Blueprint) -> ClientFacts {
    let (settings, registry) = (&blueprint.settings, &blueprint.registry);
    let mut elsewhere = own(client, settings);
    let access_token = match longest_of_apis(client, registry) {
        Some((lifetime, audience)) if lifetime > client.lifetimes.access_token => {
            elsewhere.insert(Setting::AccessToken, format!("api ({audience}).lifetime"));
            lifetime
        }
        _ => client.lifetimes.access_token,
    };
    let session = &settings.session;
    ClientFacts {
        id: client.id.clone(),
        name: client.appearance.name.clone(),
        holds: holds(client),
        spans: Spans {
            session_idle: session.idle.into(),
            session_absolute: session.absolute.into(),
            revalidate: session.revalidate.into(),
            revalidate_idle: session.revalidate_idle,
            max_stale: session.max_stale.into(),
            access_token,
            refresh_idle: client.lifetimes.refresh_token_idle,
            refresh_absolute: client.lifetimes.refresh_token_absolute,
        },
        elsewhere,
    }
}

/// What differs from `[tokens]` stands at the client.
fn own(client: &Client, settings: &Settings) -> BTreeMap<Setting, String> {
    let (has, usual) = (&client.lifetimes, &settings.tokens.lifetimes);
    let compared = [
        (Setting::AccessToken, "access_token", has.access_token, usual.access_token),
        (Setting::RefreshIdle, "refresh_idle", has.refresh_token_idle, usual.refresh_idle),
        (Setting::RefreshAbsolute, "refresh_absolute", has.refresh_token_absolute, usual.refresh_absolute),
    ];
    let differs = compared.into_iter().filter(|(_, _, has, usual)| *has != usual.duration());
    differs.map(|(setting, name, ..)| (setting, format!("client ({}).lifetimes.{name}", client.id))).collect()
}

fn longest_of_apis<'a>(client: &Client, registry: &'a Registry) -> Option<(Duration, &'a str)> {
    let apis = registry.apis().iter().filter(|api| client.audiences.contains(&api.audience));
    let span = |lifetime| match lifetime {
        TokenLifetime::Limited(span) => span,
        TokenLifetime::Unlimited => WITHOUT_END,
    };
    apis.filter_map(|api| Some((span(api.lifetime?), api.audience.as_str())))
        .max_by_key(|(lifetime, _)| *lifetime)
}

fn holds(client: &Client) -> Vec<(Hold, Case)> {
    let has = |grant| client.grant_types.contains(&grant);
    if !has(GrantType::AuthorizationCode) {
        return Vec::new();
    }
    if !has(GrantType::RefreshToken) {
        return vec![(Hold::CodesOnly, Case::Always)];
    }
    match client.refresh_tokens {
        RefreshBinding::Session => vec![(Hold::Session, Case::Always)],
        RefreshBinding::Standalone => vec![(Hold::Standalone, Case::Always)],
        RefreshBinding::ByScope if client.scope.contains(OFFLINE_ACCESS) => {
            vec![(Hold::Session, Case::WithoutOfflineAccess), (Hold::Standalone, Case::WithOfflineAccess)]
        }
        RefreshBinding::ByScope => vec![(Hold::Session, Case::Always)],
    }
}
