//! A request to the old system as the configuration describes it, and how it is filled in. Every byte of what people typed arrives unchanged
//! and stays in its place: a form is encoded as a form, JSON as JSON, XML as XML, a URL as a URL, and a header takes no line break.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::facts::Facts;
use super::template::{NothingThere, Template};

/// A request.
#[derive(Clone, Debug)]
pub struct RequestDescription {
    /// The HTTP method.
    pub method: Method,
    /// Where.
    pub url: Template,
    /// Parameters beside those of the URL.
    pub query: Vec<(String, Template)>,
    /// Headers.
    pub headers: Vec<(HeaderName, Template)>,
    /// What is sent.
    pub body: Body,
    /// User name and password of `Authorization: Basic` (RFC 7617).
    pub basic: Option<(Template, Template)>,
    /// How the access token goes along.
    pub send_token: SendToken,
    /// Less time than the whole sign-in has.
    pub timeout: Option<Duration>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// A form.
    Form(Vec<(String, Template)>),
    /// JSON, perhaps under another media type than its own.
    Json(JsonTemplate, Option<HeaderValue>),
    /// A text of some type.
    Text(Template, HeaderValue),
}

/// JSON whose texts are templates.
#[derive(Clone, Debug)]
pub enum JsonTemplate {
    /// A text; it has the type of its value when it is nothing but one.
    Text(Template),
    /// Anything else that has no parts.
    Plain(Value),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

/// How the access token goes along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendToken {
    /// Not at all.
    No,
    /// In a header, behind a word: `Authorization: Bearer …` (RFC 6750 §2.1).
    Header {
        /// Which header.
        name: HeaderName,
        /// The word; empty for none.
        scheme: String,
    },
    /// As a parameter of the URL, for systems that take it nowhere else.
    Query(String),
    /// As a cookie.
    Cookie(String),
}

impl SendToken {
    /// `Authorization: Bearer`.
    pub fn bearer() -> Self {
        Self::Header { name: AUTHORIZATION, scheme: "Bearer".to_owned() }
    }
}

/// A request that is filled in.
pub(super) struct Filled {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) timeout: Option<Duration>,
}

/// Why a request cannot be made.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum Unfilled {
    /// A value that it needs is not there.
    #[error(transparent)]
    Missing(#[from] NothingThere),
    /// A value is there, and fits into no request.
    #[error("{0}")]
    Unfit(&'static str),
}

impl RequestDescription {
    /// Fills it in; `/token/access_token` among the facts goes along as [`SendToken`] says.
    ///
    /// # Errors
    /// What is missing, or fits into no request.
    pub(super) fn fill(&self, base_url: &str, facts: &Facts<'_>) -> Result<Filled, Unfilled> {
        let text = |template: &Template| template.fill_text(base_url, facts);
        let url = self.url.fill_url(base_url, facts)?;
        let mut url = Url::parse(&url).map_err(|_| Unfilled::Unfit("its URL is none"))?;
        for (name, value) in &self.query {
            url.query_pairs_mut().append_pair(name, &text(value)?);
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let body = self.body.fill(base_url, facts, &mut headers)?;
        for (name, value) in &self.headers {
            headers.insert(name.clone(), header(&text(value)?)?);
        }
        if let Some((user_name, password)) = &self.basic {
            let pair = format!("{}:{}", text(user_name)?, text(password)?);
            headers.insert(AUTHORIZATION, header(&format!("Basic {}", STANDARD.encode(pair)))?);
        }
        let token = facts.named("token").and_then(|token| token.get("access_token")).and_then(Value::as_str);
        if let Some(token) = token {
            self.send_token.put(token, &mut url, &mut headers)?;
        }
        Ok(Filled { method: self.method.clone(), url, headers, body, timeout: self.timeout })
    }

    /// All its templates, with where each stands below the request's own key.
    pub fn templates(&self) -> Vec<(String, &Template)> {
        let below = |key: &str, name: &str| format!("{key}.{name}");
        let mut all = vec![("url".to_owned(), &self.url)];
        all.extend(self.query.iter().map(|(name, value)| (below("query", name), value)));
        all.extend(self.headers.iter().map(|(name, value)| (below("headers", name.as_str()), value)));
        if let Some((user_name, password)) = &self.basic {
            all.extend([("basic.user_name".to_owned(), user_name), ("basic.password".to_owned(), password)]);
        }
        match &self.body {
            Body::None => {}
            Body::Form(fields) => all.extend(fields.iter().map(|(name, value)| (below("form", name), value))),
            Body::Json(json, _) => json.templates("json", &mut all),
            Body::Text(text, _) => all.push(("body".to_owned(), text)),
        }
        all
    }
}

impl SendToken {
    fn put(&self, token: &str, url: &mut Url, headers: &mut HeaderMap) -> Result<(), Unfilled> {
        match self {
            Self::No => {}
            Self::Header { name, scheme } => {
                let value = if scheme.is_empty() { token.to_owned() } else { format!("{scheme} {token}") };
                headers.insert(name.clone(), header(&value)?);
            }
            Self::Query(name) => {
                url.query_pairs_mut().append_pair(name, token);
            }
            Self::Cookie(name) => {
                let others = headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok());
                let cookie = format!("{name}={token}");
                let cookies = others.map_or_else(|| cookie.clone(), |others| format!("{others}; {cookie}"));
                headers.insert(COOKIE, header(&cookies)?);
            }
        }
        Ok(())
    }
}

impl Body {
    fn fill(&self, base_url: &str, facts: &Facts<'_>, headers: &mut HeaderMap) -> Result<Vec<u8>, Unfilled> {
        let (content_type, body) = match self {
            Self::None => return Ok(Vec::new()),
            Self::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (name, value) in fields {
                    let value = value.fill_text(base_url, facts)?;
                    form.append_pair(name, &value);
                }
                (HeaderValue::from_static("application/x-www-form-urlencoded"), form.finish().into_bytes())
            }
            Self::Json(json, content_type) => {
                let json = json.fill(base_url, facts)?;
                (
                    content_type.clone().unwrap_or(HeaderValue::from_static("application/json")),
                    json.to_string().into_bytes(),
                )
            }
            Self::Text(text, content_type) => {
                let text = if is_xml(content_type) {
                    text.fill_xml(base_url, facts)?
                } else {
                    text.fill_text(base_url, facts)?
                };
                (content_type.clone(), text.into_bytes())
            }
        };
        headers.insert(CONTENT_TYPE, content_type);
        Ok(body)
    }
}

impl JsonTemplate {
    fn fill(&self, base_url: &str, facts: &Facts<'_>) -> Result<Value, Unfilled> {
        Ok(match self {
            Self::Text(template) => template.fill_value(base_url, facts)?,
            Self::Plain(value) => value.clone(),
            Self::List(elements) => Value::Array(
                elements.iter().map(|element| element.fill(base_url, facts)).collect::<Result<_, _>>()?,
            ),
            Self::Object(members) => {
                let members =
                    members.iter().map(|(name, member)| Ok((name.clone(), member.fill(base_url, facts)?)));
                Value::Object(members.collect::<Result<Map<_, _>, Unfilled>>()?)
            }
        })
    }

    fn templates<'t>(&'t self, at: &str, all: &mut Vec<(String, &'t Template)>) {
        match self {
            Self::Text(template) => all.push((at.to_owned(), template)),
            Self::Plain(_) => {}
            Self::List(elements) => {
                elements
                    .iter()
                    .enumerate()
                    .for_each(|(index, element)| element.templates(&format!("{at}[{index}]"), all));
            }
            Self::Object(members) => {
                members.iter().for_each(|(name, member)| member.templates(&format!("{at}.{name}"), all));
            }
        }
    }
}

/// RFC 7303 §4: `text/xml`, `application/xml`, and whatever ends with `+xml`.
fn is_xml(content_type: &HeaderValue) -> bool {
    content_type.to_str().is_ok_and(|text| {
        let kind = text.split(';').next().unwrap_or_default().trim().to_lowercase();
        kind.ends_with("/xml") || kind.ends_with("+xml")
    })
}

/// A value as a header takes it: in UTF-8, without control characters (RFC 9110 §5.5). It is marked, so that no log shows it.
fn header(value: &str) -> Result<HeaderValue, Unfilled> {
    let mut value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| Unfilled::Unfit("a value that fits into no header"))?;
    value.set_sensitive(true);
    Ok(value)
}
