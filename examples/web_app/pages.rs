//! The pages of the app. askama escapes every value that stands in them.

use askama::Template;

use super::invoices::Invoice;
use super::relying_party::SignedIn;
use super::trouble::Trouble;
use crate::loopback::claims::{Claim, rows};

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Web app</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header class="bar"><div><strong>Web app</strong><span>signs in at {{ issuer }}</span></div></header>
<main>
{%- if let Some(trouble) = trouble %}
<h1>That did not work</h1>
<p class="problem" id="problem" role="alert">The reason: {{ trouble }}.</p>
<p><a class="button" href="/">Back to the start</a></p>
{%- else if let Some(user) = user %}
<h1>Hello, <span id="name">{{ user.name }}</span></h1>
<p class="muted">The tokens stay on this server; your browser holds only a session cookie.</p>
<div class="actions">
{%- if user.can_refresh %}
<form method="post" action="/refresh"><button class="button" id="refresh">Refresh the tokens</button></form>
{%- endif %}
<form method="post" action="/sign-out"><button class="button quiet" id="sign-out">Sign out</button></form>
</div>
<h2>What the provider says about you</h2>
<table id="claims">
<caption>The answer of its userinfo endpoint</caption>
<tbody>
{%- for claim in user.claims %}
<tr><th scope="row">{{ claim.name }}</th><td data-claim="{{ claim.name }}">{{ claim.value }}</td></tr>
{%- endfor %}
</tbody>
</table>
<h2>Your invoices</h2>
<table id="invoices">
<caption>From the old system, through the gateway: this app holds no token of the old system</caption>
<tbody>
{%- match user.invoices %}
{%- when Ok(invoices) %}
{%- for invoice in invoices %}
<tr><th scope="row">{{ invoice.description }}</th><td>{{ invoice.amount|fmt("{:.2}") }} {{ invoice.currency }}</td></tr>
{%- else %}
<tr><td>None.</td></tr>
{%- endfor %}
{%- when Err(why) %}
<tr><td>They cannot be read: {{ why }}.</td></tr>
{%- endmatch %}
</tbody>
</table>
<form class="actions" method="post" action="/invoices"><button class="button quiet" id="write-invoice">Write an invoice</button></form>
{%- if let Some(note) = note %}
<p id="note" role="status">{{ note }}</p>
{%- endif %}
<h2>What it says about this sign-in</h2>
<table id="id-token">
<caption>The ID token, whose signature was verified</caption>
<tbody>
{%- for claim in user.id_claims %}
<tr><th scope="row">{{ claim.name }}</th><td data-claim="{{ claim.name }}">{{ claim.value }}</td></tr>
{%- endfor %}
</tbody>
</table>
{%- else %}
{%- if ended_elsewhere %}
<p class="problem" id="ended-elsewhere" role="status">You were signed out elsewhere.</p>
{%- endif %}
<h1>You are not signed in</h1>
<p>This app knows no passwords. It sends you to a provider that speaks OpenID Connect, and learns from it who you are.</p>
<p class="actions"><a class="button" id="sign-in" href="/sign-in">Sign in</a></p>
{%- endif %}
</main>
</body>
</html>
"#
)]
struct Page<'p> {
    issuer: &'p str,
    user: Option<User>,
    ended_elsewhere: bool,
    trouble: Option<String>,
    note: Option<String>,
}

struct User {
    name: String,
    claims: Vec<Claim>,
    id_claims: Vec<Claim>,
    can_refresh: bool,
    invoices: Result<Vec<Invoice>, String>,
}

/// The front page of somebody who is not signed in: the way in.
pub(super) fn way_in(issuer: &str, ended_elsewhere: bool) -> askama::Result<String> {
    Page { issuer, user: None, ended_elsewhere, trouble: None, note: None }.render()
}

/// The front page of somebody who is.
pub(super) fn home(
    issuer: &str,
    user: &SignedIn,
    invoices: Result<Vec<Invoice>, String>,
    note: Option<String>,
) -> askama::Result<String> {
    let user = Some(User::new(user, invoices));
    Page { issuer, user, ended_elsewhere: false, trouble: None, note }.render()
}

/// What went wrong, in the app's words and the provider's.
pub(super) fn trouble(issuer: &str, trouble: &Trouble) -> askama::Result<String> {
    Page { issuer, user: None, ended_elsewhere: false, trouble: Some(trouble.to_string()), note: None }
        .render()
}

impl User {
    fn new(user: &SignedIn, invoices: Result<Vec<Invoice>, String>) -> Self {
        let claim = |name| user.user_info.get(name)?.as_str();
        let name = claim("given_name").or_else(|| claim("name")).or_else(|| claim("sub"));
        Self {
            name: name.unwrap_or_default().to_owned(),
            claims: rows(&user.user_info),
            id_claims: rows(&user.id_claims),
            can_refresh: user.refresh_token.is_some(),
            invoices,
        }
    }
}
