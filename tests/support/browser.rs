//! A browser without a screen: keeps cookies, reads pages by their stable hooks, submits forms, and stops where an app would take over.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use regex::Regex;
use tower::ServiceExt as _;
use url::form_urlencoded;

/// A browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    /// What it keeps.
    pub cookies: BTreeMap<String, String>,
    /// `Accept-Language`.
    pub language: Option<String>,
    /// Sent with everything, such as `User-Agent`.
    pub headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Browser {
    /// A browser in front of `router`.
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new(), language: None, headers: Vec::new() }
    }

    /// The same with the cookies of `other`, as if both bridges were one.
    pub fn with_cookies_of(self, other: &Self) -> Self {
        Self { cookies: other.cookies.clone(), ..self }
    }

    /// Opens a path of the bridge. Redirects within the bridge are followed, those to apps are not.
    pub async fn get(&mut self, path: &str) -> Shown {
        let mut shown = self.send(Method::GET, path, None).await;
        for _ in 0..5 {
            let Some(location) = shown.location().filter(|location| location.starts_with('/')) else { break };
            shown = self.send(Method::GET, &location, None).await;
        }
        shown
    }

    /// Posts a form to a path of the bridge, and follows like [`Browser::get`].
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let shown = self.send(Method::POST, path, Some(form(fields))).await;
        match shown.location().filter(|location| location.starts_with('/')) {
            Some(location) => self.get(&location).await,
            None => shown,
        }
    }

    /// One request, nothing followed.
    pub async fn send(&mut self, method: Method, path: &str, form: Option<String>) -> Shown {
        let mut request = Request::builder().method(method).uri(path);
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(language) = &self.language {
            request = request.header(header::ACCEPT_LANGUAGE, language);
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(form.map_or_else(Body::empty, Body::from)).unwrap();
        let shown = Shown::of(&self.router, request).await;
        for cookie in shown.headers.get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        shown
    }

    /// One request with `headers` that only this one has; nothing followed.
    pub async fn send_with(
        &mut self,
        headers: &[(&'static str, &str)],
        method: Method,
        path: &str,
        form: Option<String>,
    ) -> Shown {
        let before = self.headers.clone();
        self.headers.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let shown = self.send(method, path, form).await;
        self.headers = before;
        shown
    }

    /// The same from a page of another site by POST: `SameSite=Lax` cookies stay at home, and what the answer sets is kept.
    pub async fn posts_from_elsewhere(
        &mut self,
        headers: &[(&'static str, &str)],
        path: &str,
        form: String,
    ) -> Shown {
        let kept = std::mem::take(&mut self.cookies);
        let shown = self.send_with(headers, Method::POST, path, Some(form)).await;
        let set = std::mem::replace(&mut self.cookies, kept);
        self.cookies.extend(set);
        shown
    }

    /// Fills in the sign-in page that is shown and submits it.
    pub async fn sign_in(&mut self, page: &Shown, user_name: &str, password: &str) -> Shown {
        assert!(page.is_page("login-page"), "not the sign-in page: {page:?}");
        let request = page.sealed();
        self.post("/sign-in", &[("request", &request), ("username", user_name), ("password", password)]).await
    }

    /// Presses a button on the consent page that is shown.
    pub async fn consent(&mut self, page: &Shown, decision: &str) -> Shown {
        assert!(page.is_page("consent-page"), "not the consent page: {page:?}");
        self.post("/consent", &[("request", &page.sealed()), ("decision", decision)]).await
    }

    /// Presses a button on the sign-out page that is shown.
    pub async fn sign_out(&mut self, page: &Shown, decision: &str) -> Shown {
        assert!(page.is_page("logout-page"), "not the sign-out page: {page:?}");
        self.post("/sign-out", &[("request", &page.sealed()), ("decision", decision)]).await
    }
}

impl Shown {
    /// Sends `request` and reads the answer to its end.
    pub async fn of(router: &Router, request: Request<Body>) -> Self {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 22).await.unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// Whether it is the page with this id.
    pub fn is_page(&self, id: &str) -> bool {
        self.body.contains(&format!("<body id=\"{id}\">"))
    }

    /// `Location`.
    pub fn location(&self) -> Option<String> {
        self.header(header::LOCATION.as_str())
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    /// The parameters with which the browser is sent to the app at `redirect`.
    pub fn sent_to(&self, redirect: &str) -> BTreeMap<String, String> {
        let location = self.location().unwrap_or_else(|| panic!("no redirect: {self:?}"));
        assert!(location.starts_with(redirect), "{location}");
        let query = location.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }

    /// The sealed request of the page's form.
    pub fn sealed(&self) -> String {
        let field = Regex::new(r#"<input type="hidden" name="request" value="([^"]*)">"#).unwrap();
        field.captures(&self.body).unwrap_or_else(|| panic!("no form: {self:?}"))[1].to_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// Fields as a form.
pub fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
