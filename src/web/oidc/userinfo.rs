//! `GET /userinfo` and `POST /userinfo`.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::oauth::error::ErrorCode;
use crate::provider::userinfo::{UserInfo, UserInfoEndpoint, UserInfoError};
use crate::secret::Secret;
use crate::time::Clock;
use crate::web::error::json::{Challenge, JsonDoor, no_store};
use crate::web::extract::credentials::authorization;
use crate::web::extract::params::{Form, MalformedForm};
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

/// Serves it. The flow is shared: it holds dozens of handles, and a copy for each request would count all of them up and down.
pub fn router(userinfo: Userinfo) -> Router {
    Router::new().route(USERINFO, get(answer).post(answer)).with_state(Arc::new(userinfo))
}

async fn answer(State(userinfo): State<Arc<Userinfo>>, request: Request) -> Response {
    let token = match bearer(request).await {
        Ok(token) => token,
        Err(NoBearer::Flow(error)) => return refuse(&userinfo, &error),
        Err(NoBearer::Form(malformed)) => {
            let code = ErrorCode::InvalidRequest;
            return userinfo.door.refuse("userinfo", code, &malformed, Challenge::Bearer);
        }
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

/// Why there is no token to open.
enum NoBearer {
    /// None, or several.
    Flow(UserInfoError),
    /// The form that may hold one cannot be read.
    Form(MalformedForm),
}

/// RFC 6750 §2.1 and §2.2: the header or the form. A token in the query (§2.3) ends in logs and histories, and is not looked for.
async fn bearer(request: Request) -> Result<Secret, NoBearer> {
    let several = request.headers().get_all(header::AUTHORIZATION).iter().count() > 1;
    let by_header = authorization(request.headers());
    let by_form = match *request.method() {
        Method::POST => in_form(request).await.map_err(NoBearer::Form)?,
        _ => None,
    };
    match (by_header, by_form) {
        (Some(_), Some(_)) => Err(NoBearer::Flow(UserInfoError::SeveralTokens)),
        _ if several => Err(NoBearer::Flow(UserInfoError::SeveralTokens)),
        (None, Some(token)) => Ok(token),
        (Some(header), None) => in_header(&header).ok_or(NoBearer::Flow(UserInfoError::NoToken)),
        (None, None) => Err(NoBearer::Flow(UserInfoError::NoToken)),
    }
}

fn in_header(header: &Secret) -> Option<Secret> {
    let (scheme, token) = header.expose().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::from(token.trim()))
}

/// RFC 6750 §2.2: a body of another type is no place for a token.
async fn in_form(request: Request) -> Result<Option<Secret>, MalformedForm> {
    let Ok(Form(params)) = Form::from_request(request, &()).await;
    match params {
        Ok(params) => Ok(params.one("access_token").map(Secret::from)),
        Err(MalformedForm::ContentType) => Ok(None),
        Err(malformed) => Err(malformed),
    }
}
