//! The parameters of a request, as sent: each at most once, none empty. What they mean is read from here by each request's own type.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::form::{self, MalformedForm};
use super::json_object::Pairs;
use super::printable::printable;

/// The longest query or form that is read, in bytes. A code request with a long `claims` and an `id_token_hint` stays far below.
pub const LONGEST: usize = 32 * 1024;
/// The most parameters that are read.
pub const MOST: usize = 64;

/// The only parameters that may stand more than once (RFC 8707 §2; `audience` is its older spelling, RFC 8693 §2.1).
const REPEATABLE: [&str; 2] = ["resource", "audience"];

/// Parameters. `Debug` shows names only: values may be passwords and tokens.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(Vec<(String, String)>);

/// A parameter that stands more than once (RFC 6749 §3.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter `{}` stands more than once; it may stand once", printable(name))]
pub struct DuplicateParameter {
    /// The first one found.
    pub name: String,
    /// The parameters that stand once, so that the authorization endpoint can still answer by redirect when `client_id`,
    /// `redirect_uri` and `state` are among them.
    pub single: Params,
}

/// A query or form that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedParams {
    /// More than [`LONGEST`] bytes.
    #[error("the request's parameters are longer than {LONGEST} bytes")]
    TooLong,
    /// More than [`MOST`] parameters.
    #[error("the request has more than {MOST} parameters")]
    TooMany,
    /// Not the form encoding of a text.
    #[error(transparent)]
    Form(#[from] MalformedForm),
    /// Not a JSON object of texts with each name once. What is wrong with it is not repeated: it may stand in a secret.
    #[error("the body is not a JSON object with each name once, whose values are texts or arrays of texts")]
    Json,
    /// A parameter twice.
    #[error(transparent)]
    Duplicate(#[from] DuplicateParameter),
}

impl Params {
    /// Takes decoded pairs. A parameter without a value counts as left out (RFC 6749 §3.1), so it repeats nothing.
    ///
    /// # Errors
    /// When a parameter other than `resource` and `audience` stands more than once.
    pub fn parse(pairs: Vec<(String, String)>) -> Result<Self, DuplicateParameter> {
        let sent: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let stands_once = |name: &str| {
            REPEATABLE.contains(&name) || sent.iter().filter(|(known, _)| known == name).count() == 1
        };
        let duplicate = sent.iter().find(|(name, _)| !stands_once(name)).map(|(name, _)| name.clone());
        match duplicate {
            None => Ok(Self(sent)),
            Some(name) => {
                let single = sent.iter().filter(|(name, _)| stands_once(name)).cloned().collect();
                Err(DuplicateParameter { name, single: Self(single) })
            }
        }
    }

    /// Reads a request body.
    ///
    /// # Errors
    /// When it is too long, too many, not UTF-8, or repeats a parameter.
    pub fn from_form(body: &[u8]) -> Result<Self, MalformedParams> {
        if body.len() > LONGEST {
            return Err(MalformedParams::TooLong);
        }
        let pairs = form::decode_pairs(body)?;
        if pairs.len() > MOST {
            return Err(MalformedParams::TooMany);
        }
        Ok(Self::parse(pairs)?)
    }

    /// Reads a request body that is a JSON object. Its names stand once each, `resource` and `audience` too: they have arrays.
    ///
    /// # Errors
    /// When it is too long, too many, no such object, holds a NUL, or repeats a parameter.
    pub fn from_json(body: &[u8]) -> Result<Self, MalformedParams> {
        if body.len() > LONGEST {
            return Err(MalformedParams::TooLong);
        }
        let Pairs(pairs) = serde_json::from_slice(body).map_err(|_| MalformedParams::Json)?;
        if pairs.len() > MOST {
            return Err(MalformedParams::TooMany);
        }
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(MalformedForm::Nul.into());
        }
        Ok(Self::parse(pairs)?)
    }

    /// Reads the query of a URL, without its `?`.
    ///
    /// # Errors
    /// As [`Params::from_form`].
    pub fn from_query(query: &str) -> Result<Self, MalformedParams> {
        Self::from_form(query.as_bytes())
    }

    /// The value of `name`.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of `name`, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of `name` as an owned text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.one(name).map(str::to_owned)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Params")?;
        f.debug_set().entries(self.names()).finish()
    }
}
