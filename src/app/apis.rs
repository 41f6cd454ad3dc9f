//! `[[api]]` as the registry wants it.

use crate::config::api as written;
use crate::model::api::{AccessTokenFormat, AccessTokenType, Api, ApiScope};

/// The APIs, in the order of the configuration.
pub fn apis(written: &[written::Api]) -> Vec<Api> {
    written.iter().map(api).collect()
}

fn api(written: &written::Api) -> Api {
    let scope = |scope: &written::ApiScope| ApiScope {
        token: scope.name.clone(),
        description: scope.description.clone(),
    };
    Api {
        audience: written.audience.clone(),
        scopes: written.scopes.iter().map(scope).collect(),
        format: match written.format {
            written::Format::Opaque => AccessTokenFormat::Opaque,
            written::Format::Jwt { algorithm, typ } => AccessTokenFormat::Jwt {
                algorithm,
                typ: match typ {
                    written::Typ::AtJwt => AccessTokenType::AtJwt,
                    written::Typ::Jwt => AccessTokenType::Jwt,
                },
            },
        },
        lifetime: written.lifetime.map(Into::into),
        introspected_by: written.introspected_by.clone(),
    }
}
