//! The pages of the old web site: tables, Verdana, no style sheet. They hold no rule; everything that is not theirs is escaped.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::person::Person;

/// What the login page has to say above its form.
pub(super) struct LoginPage<'a> {
    pub action: &'a str,
    pub return_url: &'a str,
    pub login: &'a str,
    pub complaint: Option<&'a str>,
}

impl IntoResponse for LoginPage<'_> {
    fn into_response(self) -> Response {
        let complaint = self.complaint.map(|text| {
            format!(r##"<p id="complaint" style="color:#c00000;font-weight:bold">{}</p>"##, escape(text))
        });
        let body = format!(
            r#"{complaint}<form id="aspnetForm" method="post" action="{action}">
<input type="hidden" name="ReturnUrl" value="{return_url}">
<table cellpadding="4">
<tr><td>User name:</td><td><input name="username" value="{login}" size="30"></td></tr>
<tr><td>Password:</td><td><input name="password" type="password" size="30"></td></tr>
<tr><td></td><td><input type="submit" value="Sign In"></td></tr>
</table></form>"#,
            complaint = complaint.unwrap_or_default(),
            action = escape(self.action),
            return_url = escape(self.return_url),
            login = escape(self.login),
        );
        page("Sign In", &body)
    }
}

pub(super) fn members_page(person: &Person, links: &[(String, String)], logout: &str) -> Response {
    let primary = person.emails.iter().find(|email| email.is_primary).map_or("", |email| &email.address);
    let organization = person.organization.as_ref().map_or("", |organization| &organization.name);
    let roles: Vec<String> = person.roles.iter().map(|role| format!("{role:?}")).collect();
    let name = person.full_name();
    let facts = [
        ("Name", name.as_str()),
        ("Member number", &person.member_id),
        ("Organisation", organization),
        ("E-mail", primary),
        ("Roles", &roles.join(", ")),
    ];
    let rows =
        facts.map(|(label, value)| format!("<tr><td><b>{label}:</b></td><td>{}</td></tr>\n", escape(value)));
    let body = format!(
        r#"<p>Welcome back, <b id="member">{}</b>!</p>
<table border="1" cellpadding="4" cellspacing="0">
{}</table>
{}<p><a href="/sso">Go to the new portal</a> | <a href="{logout}">Log out</a></p>"#,
        escape(&person.informal_name),
        rows.concat(),
        list_of(links),
    );
    page("Members Only", &body)
}

/// Nothing at all when there is nothing to link to: an empty list is no list.
fn list_of(links: &[(String, String)]) -> String {
    if links.is_empty() {
        return String::new();
    }
    let item = |(label, url): &(String, String)| {
        format!("<li><a href=\"{}\">{}</a></li>\n", escape(url), escape(label))
    };
    format!("<ul id=\"apps\">\n{}</ul>\n", links.iter().map(item).collect::<String>())
}

/// Hands the token over: a form that sends itself, or waits for a click where scripts are off. The button has no name, so the
/// body of the POST is the token and nothing else.
pub(super) fn handover_page(target: &str, refresh_token: &str) -> Response {
    let body = format!(
        r#"<p>Please wait while you are signed in&hellip;</p>
<form id="sso" method="post" action="{}"><input type="hidden" name="refresh_token" value="{}">
<noscript><input type="submit" value="Continue"></noscript></form>
<script>document.getElementById("sso").submit();</script>"#,
        escape(target),
        escape(refresh_token),
    );
    page("Single Sign-On", &body)
}

pub(super) fn notice_page(title: &str, text: &str) -> Response {
    page(title, &format!("<p>{}</p>\n<p><a href=\"/\">Home</a></p>", escape(text)))
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        r##"<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html><head><meta charset="utf-8"><title>{title} - Guild of Bridge Keepers</title></head>
<body bgcolor="#e8e8e0" style="font-family:Verdana,Arial,sans-serif;font-size:12px">
<table width="760" align="center" cellpadding="12" cellspacing="0" bgcolor="#ffffff" style="border:1px solid #999">
<tr><td bgcolor="#003366" style="color:#fff;font-size:18px">Guild of Bridge Keepers <small>Member Services</small></td></tr>
<tr><td><h2 style="color:#003366">{title}</h2>
{body}
</td></tr>
<tr><td align="center" style="color:#666;font-size:10px">Best viewed at 1024 x 768. &copy; 2009 Guild of Bridge Keepers</td></tr>
</table></body></html>"##
    );
    ([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
        escaped
    })
}
