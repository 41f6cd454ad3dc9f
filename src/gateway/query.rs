//! The query on its way: byte by byte as it came, except for the parameters that the gateway has a word in.

use url::form_urlencoded::{byte_serialize, parse};

use crate::gateway::route::Clamp;

/// `query` without the parameters called `gone`, with those that `clamp` bounds made smaller where they ask for more.
pub(super) fn passed(query: Option<&str>, clamp: Option<&Clamp>, gone: Option<&str>) -> Option<String> {
    let query = query?;
    if clamp.is_none() && gone.is_none() {
        return Some(query.to_owned());
    }
    let parts = query.split('&').filter_map(|part| {
        // As every server reads it: names may be encoded, and capitals mean nothing to some.
        let (name, value) = parse(part.as_bytes()).next()?;
        if gone.is_some_and(|gone| name.eq_ignore_ascii_case(gone)) {
            return None;
        }
        match clamp.filter(|clamp| name.eq_ignore_ascii_case(&clamp.parameter)) {
            // What is no number may be one to the API.
            Some(clamp) if value.parse::<u64>().is_ok_and(|wanted| wanted <= clamp.most) => {
                Some(part.to_owned())
            }
            Some(clamp) => Some(format!("{}={}", clamp.parameter, clamp.most)),
            None => Some(part.to_owned()),
        }
    });
    Some(parts.collect::<Vec<_>>().join("&"))
}

/// `query` and one parameter more.
pub(super) fn with(query: Option<String>, name: &str, value: &str) -> String {
    let value: String = byte_serialize(value.as_bytes()).collect();
    match query.filter(|query| !query.is_empty()) {
        Some(query) => format!("{query}&{name}={value}"),
        None => format!("{name}={value}"),
    }
}
