//! What a request may use beside what is known: the secrets that it carries, and the part of the configuration that requests see.

use serde_json::{Map, Value, json};

use super::{Connector, Typed};
use crate::legacy::description::Description;
use crate::model::account::Account;
use crate::secret::Secret;

/// Secrets that one request may use.
#[derive(Clone, Copy, Default)]
pub(super) struct Carried<'t> {
    pub(super) typed: Option<Typed<'t>>,
    pub(super) new_password: Option<&'t Secret>,
    pub(super) access_token: Option<&'t Secret>,
    pub(super) refresh_token: Option<&'t Secret>,
}

impl Connector {
    /// What requests may use beside what is known: secrets, and the static part of the configuration.
    pub(super) fn layer(&self, carried: Carried<'_>) -> Value {
        let mut layer = self.0.configured.clone();
        let secret = |secret: Option<&Secret>| secret.map(|secret| Value::from(secret.expose()));
        let object = |members: &[(&str, Option<Value>)]| {
            let there = members.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
            Value::Object(there.collect())
        };
        if let Some(typed) = carried.typed {
            layer.insert(
                "typed".to_owned(),
                object(&[
                    ("user_name", Some(Value::from(typed.user_name))),
                    ("password", secret(typed.password)),
                    ("code", secret(typed.second.map(|second| second.code))),
                    ("new_password", secret(carried.new_password)),
                ]),
            );
            if let Some(kept) =
                typed.second.and_then(|second| serde_json::from_str(second.kept.expose()).ok())
            {
                layer.insert("challenge".to_owned(), kept);
            }
            if let Some(address) = typed.address {
                layer.insert("visitor".to_owned(), json!({ "address": address.to_string() }));
            }
        }
        if carried.access_token.is_some() || carried.refresh_token.is_some() {
            let tokens = [
                ("access_token", secret(carried.access_token)),
                ("refresh_token", secret(carried.refresh_token)),
            ];
            layer.insert("token".to_owned(), object(&tokens));
        }
        Value::Object(layer)
    }
}

/// The part of every request layer that the configuration gives.
pub(super) fn configured(description: &Description) -> Map<String, Value> {
    let mut configured = Map::new();
    if let Some(client) = &description.client {
        let secret = client.secret.as_ref().map(|secret| Value::from(secret.expose()));
        configured.insert("client".to_owned(), json!({ "id": client.id, "secret": secret }));
    }
    let secrets =
        description.secrets.iter().map(|(name, secret)| (name.clone(), Value::from(secret.expose())));
    configured.insert("secret".to_owned(), Value::Object(secrets.collect()));
    configured.insert("tables".to_owned(), description.tables.clone());
    configured
}

/// What is known of `account` before the old system is asked again.
pub(super) fn about(account: Option<&Account>) -> Value {
    account.map_or_else(
        || json!({}),
        |account| {
            json!({
                "typed": { "user_name": account.user_name },
                "account": { "user_name": account.user_name, "legacy_id": account.legacy_id.as_str() },
            })
        },
    )
}
