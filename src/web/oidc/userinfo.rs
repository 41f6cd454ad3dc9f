//! `GET /userinfo` and `POST /userinfo`.

use axum::extract::{FromRequest as _, Request, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::provider::userinfo::{UserInfo, UserInfoEndpoint, UserInfoError};
use crate::secret::Secret;
use crate::time::Clock;
use crate::web::error::json::{Challenge, JsonDoor, no_store};
use crate::web::extract::credentials::authorization;
use crate::web::extract::params::Form;
use crate::web::routes::USERINFO;

/// What the handler uses.
#[derive(Clone)]
pub struct Userinfo {
    /// The flow.
    pub endpoint: UserInfoEndpoint,
    /// The way out for what went wrong.
    pub door: JsonDoor,
    /// Tells the time.
    pub clock: Clock,
}

/// Serves it.
pub fn router(userinfo: Userinfo) -> Router {
    Router::new().route(USERINFO, get(answer).post(answer)).with_state(userinfo)
}

async fn answer(State(userinfo): State<Userinfo>, request: Request) -> Response {
    let token = match bearer(request).await {
        Ok(token) => token,
        Err(error) => return refuse(&userinfo, &error),
    };
    match userinfo.endpoint.answer(&token, userinfo.clock.now()).await {
        Ok(UserInfo::Json(claims)) => no_store(Json(claims).into_response()),
        Ok(UserInfo::Jwt(jwt)) => {
            // OpenID Connect Core §5.3.2.
            no_store(([(header::CONTENT_TYPE, "application/jwt")], jwt).into_response())
        }
        Err(error) => refuse(&userinfo, &error),
    }
}

fn refuse(userinfo: &Userinfo, error: &UserInfoError) -> Response {
    // RFC 6750 §3.1: a request without authentication information is told no error code.
    let challenge = match error {
        UserInfoError::NoToken => Challenge::BearerBare,
        UserInfoError::Sign(_) | UserInfoError::Store(_) => Challenge::None,
        _ => Challenge::Bearer,
    };
    userinfo.door.refuse("userinfo", error.code(), error, challenge)
}

/// RFC 6750 §2.1 and §2.2: the header or the form. A token in the query (§2.3) ends in logs and histories, and is not looked for.
async fn bearer(request: Request) -> Result<Secret, UserInfoError> {
    let by_header = authorization(request.headers());
    let is_form = *request.method() == Method::POST && request.headers().contains_key(header::CONTENT_TYPE);
    let by_form = if is_form {
        let Ok(Form(params)) = Form::from_request(request, &()).await;
        params.ok().and_then(|params| params.one("access_token").map(Secret::from))
    } else {
        None
    };
    match (by_header, by_form) {
        (Some(_), Some(_)) => Err(UserInfoError::SeveralTokens),
        (None, Some(token)) => Ok(token),
        (None, None) => Err(UserInfoError::NoToken),
        (Some(header), None) => {
            let (scheme, token) = header.expose().split_once(' ').ok_or(UserInfoError::NoToken)?;
            if scheme.eq_ignore_ascii_case("bearer") {
                Ok(Secret::from(token.trim()))
            } else {
                Err(UserInfoError::NoToken)
            }
        }
    }
}
