//! `[[api]]` as the registry wants it.

use crate::app::clients::subject;
use crate::config::api as written;
use crate::config::lifetime::Lifetime;
use crate::model::api::{AccessTokenFormat, AccessTokenType, Api, ApiScope, AudienceShape, TokenLifetime};

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
        aud: match written.aud {
            written::Aud::String => AudienceShape::Text,
            written::Aud::Array => AudienceShape::Array,
        },
        subject: written.subject.map(subject),
        lifetime: written.lifetime.map(|lifetime| match lifetime {
            Lifetime::Limited(span) => TokenLifetime::Limited(span.into()),
            Lifetime::Unlimited => TokenLifetime::Unlimited,
        }),
        introspected_by: written.introspected_by.clone(),
    }
}
