//! How the REST API answers: collections with paging, and errors in the manner of old ASP.NET.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::form;

const DEFAULT_LIMIT: usize = 100;
const HIGHEST_LIMIT: usize = 1000;

/// `{"$values":[…]}`, the framework's coat around every list.
#[derive(Serialize)]
pub(super) struct Values<T> {
    #[serde(rename = "$values")]
    pub values: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Collection<T> {
    items: Values<T>,
    offset: usize,
    limit: usize,
    count: usize,
    total_count: usize,
    has_next: bool,
    /// 0 when there is no next page: a reader that follows it without looking at `HasNext` walks in a circle.
    next_offset: usize,
}

/// Which part of a collection was asked for.
pub(super) struct Window {
    offset: usize,
    limit: usize,
}

impl Window {
    /// From `limit` and `offset` in the query; a limit above the highest is lowered, as the answer's `Limit` tells.
    pub(super) fn parse(query: &[(String, String)]) -> Result<Self, ApiError> {
        let number = |name, default| match form::value(query, name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| ApiError::BadRequest(format!("{name} is not a number."))),
        };
        let (offset, limit) = (number("offset", 0)?, number("limit", DEFAULT_LIMIT)?);
        Ok(Self { offset, limit: limit.clamp(1, HIGHEST_LIMIT) })
    }

    pub(super) fn of<T>(&self, all: Vec<T>) -> Collection<T> {
        let total_count = all.len();
        let values: Vec<T> = all.into_iter().skip(self.offset).take(self.limit).collect();
        let count = values.len();
        let next = self.offset.saturating_add(count);
        let has_next = count > 0 && next < total_count;
        Collection {
            items: Values { values },
            offset: self.offset,
            limit: self.limit,
            count,
            total_count,
            has_next,
            next_offset: if has_next { next } else { 0 },
        }
    }
}

pub(super) enum ApiError {
    /// No token, an unknown or an expired one: the same words for all.
    NotSignedIn,
    Forbidden,
    NotFound,
    BadRequest(String),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let refuse =
            |status: StatusCode, message: &str| (status, Json(json!({"Message": message}))).into_response();
        match self {
            Self::NotSignedIn => {
                let message = "Authorization has been denied for this request.";
                ([(header::WWW_AUTHENTICATE, "Bearer")], refuse(StatusCode::UNAUTHORIZED, message))
                    .into_response()
            }
            Self::Forbidden => refuse(StatusCode::FORBIDDEN, "You do not have permission to do this."),
            Self::NotFound => {
                refuse(StatusCode::NOT_FOUND, "No resource was found that matches the request URI.")
            }
            Self::BadRequest(why) => {
                refuse(StatusCode::BAD_REQUEST, &format!("The request is invalid. {why}"))
            }
        }
    }
}
