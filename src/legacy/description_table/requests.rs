//! A request, and where the tokens stand in its answer.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use url::Url;

use super::Reader;
use super::names::Whence;
use crate::config::reading::key;
use crate::legacy::formula::Formula;
use crate::legacy::request::{Body, RequestDescription, SendToken};
use crate::legacy::template::Template;
use crate::legacy::token_answer::TokenAnswer;
use crate::legacy::written::{RawAnswer, RawBasic, RawRequest};

/// What a request is for, which decides what it does where nothing is said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It reads: GET.
    Reads,
    /// It does something: POST.
    Does,
}

impl Reader<'_> {
    /// The request whose keys stand at `at`; none when its URL is missing or wrong.
    pub(super) fn request(
        &mut self,
        raw: RawRequest,
        base_url: Option<&str>,
        at: &str,
        purpose: Purpose,
    ) -> Option<RequestDescription> {
        let url = self.needed(raw.url, &key(at, "url"), "such as \"{base_url}/api/me\"");
        let method = raw.method.map(|word| word.0);
        let body = self.body(raw.form, raw.json.map(|json| json.0), raw.body, raw.content_type, at);
        let method = method.unwrap_or(match (purpose, &body) {
            (Purpose::Reads, Body::None) => Method::GET,
            _ => Method::POST,
        });
        if method == Method::GET && !matches!(body, Body::None) {
            self.problem(&key(at, "method"), "a GET has no body; use query, or another method");
        }
        let basic = raw.basic.and_then(|basic| self.basic(basic, &key(at, "basic")));
        let headers = self.headers(raw.headers, &key(at, "headers"));
        let timeout = raw.timeout.map(|span| span.duration());
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            self.problem(&key(at, "timeout"), "no time at all");
        }
        let request = RequestDescription {
            method,
            url: url?,
            query: raw.query.into_iter().collect(),
            headers,
            body,
            basic,
            send_token: raw.send_token.map_or_else(|| self.send_token.clone(), |word| word.0),
            timeout,
        };
        if let Some(base_url) = base_url {
            self.address(&request.url, base_url, &key(at, "url"));
        }
        let templates: Vec<(String, Template)> =
            request.templates().into_iter().map(|(name, template)| (name, template.clone())).collect();
        for (name, template) in templates {
            self.template(&template, &key(at, &name), Whence::Request);
        }
        Some(request)
    }

    /// Where a request goes must be fixed, unless the whole URL is a value; then `origins` says where it may lead.
    pub(super) fn address(&mut self, url: &Template, base_url: &str, at: &str) {
        match url.fixed_address(base_url) {
            Some(address) => self.safe_way_from(base_url, &address, at),
            None if url.begins_with_a_value() && self.names_origins => {}
            None if url.begins_with_a_value() => {
                self.problem(at, "an answer chooses the host; say in origins which ones tokens may go to");
            }
            None => self.problem(
                at,
                "not a URL whose host stands before the first value, as in \"{base_url}/api/party/{/user/PartyId}\"",
            ),
        }
    }

    fn body(
        &mut self,
        form: Option<BTreeMap<String, Template>>,
        json: Option<crate::legacy::request::JsonTemplate>,
        text: Option<Template>,
        content_type: Option<String>,
        at: &str,
    ) -> Body {
        if content_type.is_some() && (form.is_some() || text.is_none() && json.is_none()) {
            self.problem(&key(at, "content_type"), "goes with body or json; a form has its own");
        }
        let content_type = content_type.and_then(|written| {
            let value = HeaderValue::from_str(&written).ok();
            self.needed(value, &key(at, "content_type"), "a media type, such as \"text/xml\"")
        });
        match (form, json, text) {
            (None, None, None) => Body::None,
            (Some(fields), None, None) => Body::Form(fields.into_iter().collect()),
            (None, Some(json), None) => Body::Json(json, content_type),
            (None, None, Some(text)) => {
                Body::Text(text, content_type.unwrap_or(HeaderValue::from_static("text/plain")))
            }
            _ => {
                self.problem(at, "only one of form, json and body");
                Body::None
            }
        }
    }

    fn basic(&mut self, raw: RawBasic, at: &str) -> Option<(Template, Template)> {
        let user_name = self.needed(raw.user_name, &key(at, "user_name"), "such as \"{/typed/user_name}\"");
        let password = self.needed(raw.password, &key(at, "password"), "such as \"{/typed/password}\"");
        user_name.zip(password)
    }

    fn headers(&mut self, written: BTreeMap<String, Template>, at: &str) -> Vec<(HeaderName, Template)> {
        let mut headers = Vec::new();
        for (name, value) in written {
            match HeaderName::from_bytes(name.as_bytes()) {
                Ok(header) => headers.push((header, value)),
                Err(_) => self.problem(&key(at, &name), "no name of a header"),
            }
        }
        headers
    }

    /// Where tokens stand; what is not said is as in `otherwise`.
    pub(super) fn token_answer(&mut self, raw: RawAnswer, otherwise: &TokenAnswer, at: &str) -> TokenAnswer {
        let success = raw.success.into_iter().enumerate();
        let success: Vec<_> = success
            .filter_map(|(index, raw)| self.conditions(raw, &key(at, &format!("success[{index}]"))))
            .collect();
        let told = [
            ("access_token", &raw.access_token),
            ("refresh_token", &raw.refresh_token),
            ("expires_in", &raw.expires_in),
        ];
        for (name, formula) in told {
            if let Some(formula) = formula {
                self.formula(formula, &key(at, name), Whence::Answer);
            }
        }
        TokenAnswer {
            key: key(self.at, at),
            format: raw.format.unwrap_or(otherwise.format),
            status: raw.success_status.map_or_else(|| otherwise.status.clone(), |statuses| statuses.0),
            success: if success.is_empty() { otherwise.success.clone() } else { success },
            access_token: match raw.gives_tokens {
                Some(false) => None,
                Some(true) | None => raw.access_token.or_else(|| otherwise.access_token.clone()),
            },
            refresh_token: raw.refresh_token.unwrap_or_else(|| otherwise.refresh_token.clone()),
            expires: raw.expires_in.unwrap_or_else(|| otherwise.expires.clone()),
            expires_as: raw.expires_as.unwrap_or(otherwise.expires_as),
        }
    }

    /// A URL in which nothing but `{base_url}` is filled in, and to which tokens may go.
    pub(super) fn fixed_url(&mut self, template: &Template, base_url: &str, at: &str) -> Option<Url> {
        let fixed = template.formulas().next().is_none();
        let url = template.fixed_address(base_url).filter(|_| fixed);
        if url.is_none() {
            self.problem(at, "not a URL once {base_url} is filled in; nothing else can be");
        }
        url.inspect(|url| self.safe_way_from(base_url, url, at))
    }
}

/// What an answer is taken for where nothing is said (RFC 6749 §5.1).
pub(super) fn usual_answer() -> TokenAnswer {
    TokenAnswer {
        key: String::new(),
        format: crate::legacy::answer::Format::Auto,
        status: vec![200, 201],
        success: Vec::new(),
        access_token: None,
        refresh_token: Formula::pointer("/refresh_token"),
        expires: Formula::pointer("/expires_in"),
        expires_as: crate::legacy::expiry::ExpiresAs::Seconds,
    }
}

/// A request that carries what is secret in its own way, and no token.
pub(super) fn without_token(request: RequestDescription) -> RequestDescription {
    RequestDescription { send_token: SendToken::No, ..request }
}
