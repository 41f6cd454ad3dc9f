//! Mistakes in the configuration are told at start, each with its key path.

use std::path::Path;

use passerelle::app::blueprint::Blueprint;
use passerelle::config::environment::Environment;
use rstest::rstest;

use crate::support::gate::ROUTES;
use crate::support::house::CONFIG;

fn problems(routes: &str) -> Vec<String> {
    let routes = routes.replace("{upstream}", "http://127.0.0.1:9");
    let config = format!("{CONFIG}{routes}").replace("{legacy}", "http://127.0.0.1:9");
    match Blueprint::of_text(&config, Path::new("."), &Environment::default()) {
        Ok(_) => Vec::new(),
        Err(findings) => findings.problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_routes_of_the_stories_have_no_problem() {
    assert_eq!(problems(ROUTES), Vec::<String>::new());
}

#[rstest]
#[case("prefix = \"/gateway/echo\"", "", "gateway.route[0].prefix: missing")]
#[case(
    "prefix = \"/gateway/echo\"",
    "prefix = \"/echo\"",
    "gateway.route[0] (/echo).prefix: begins with /gateway/"
)]
#[case(
    "prefix = \"/gateway/echo\"",
    "prefix = \"/gateway/e/\"",
    "gateway.route[0] (/gateway/e/).prefix: begins"
)]
#[case(
    "prefix = \"/gateway/echo\"",
    "prefix = \"/gateway/decide\"",
    "gateway.route[0] (/gateway/decide).prefix: "
)]
#[case(
    "prefix = \"/gateway/echo\"",
    "prefix = \"/gateway/legacy\"",
    "gateway.route[1] (/gateway/legacy).prefix: there is a route"
)]
#[case(
    "upstream = \"{upstream}\"",
    "upstream = \"ftp://a\"",
    "gateway.route[0] (/gateway/echo).upstream: an http"
)]
#[case(
    "upstream = \"{upstream}\"",
    "upstream = \"http://a?b\"",
    "gateway.route[0] (/gateway/echo).upstream: an http"
)]
#[case("upstream = \"{upstream}\"", "", "gateway.route[0] (/gateway/echo).upstream: missing")]
#[case("https://api.example.org", "https://none", "gateway.route[0] (/gateway/echo).audience: no [[api]]")]
#[case("timeout = \"2s\"", "timeout = \"0s\"", "gateway.route[0] (/gateway/echo).timeout: no time at all")]
#[case("timeout = \"2s\"", "identity = \"me\"", "gateway.route[0] (/gateway/echo).identity: one of")]
#[case(
    "timeout = \"2s\"",
    "service_account = \"a\"\nidentity = \"user\"",
    "gateway.route[0] (/gateway/echo).service_account: only"
)]
#[case(
    "timeout = \"2s\"",
    "inject = { header = \"host\" }",
    "gateway.route[0] (/gateway/echo).inject.header: no header"
)]
#[case(
    "timeout = \"2s\"",
    "inject = { cookie = \"a\", query = \"b\" }",
    "gateway.route[0] (/gateway/echo).inject: "
)]
#[case(
    "timeout = \"2s\"",
    "inject = { cookie = \"a b\" }",
    "gateway.route[0] (/gateway/echo).inject.cookie: not a name"
)]
#[case(
    "user = \"x-user\"",
    "user = \"x_user\"",
    "gateway.route[0] (/gateway/echo).identity_headers.user: `x_user`"
)]
#[case("most = 1000", "", "gateway.route[0] (/gateway/echo).clamp: both are needed")]
#[case(
    "timeout = \"2s\"",
    "limits = { burst = 5 }",
    "gateway.route[0] (/gateway/echo).limits.burst: only together"
)]
#[case(
    "timeout = \"2s\"",
    "limits = { concurrent = 0 }",
    "gateway.route[0] (/gateway/echo).limits.concurrent: nothing"
)]
#[case(
    "timeout = \"2s\"",
    "timeot = \"2s\"",
    "gateway.route[0] (https://api.example.org).timeot: unknown key; did you mean `timeout`?"
)]
#[case("path = \"/{*rest}\"", "", "gateway.route[0] (/gateway/echo).rule[0].path: missing")]
#[case(
    "path = \"/{*rest}\"",
    "path = \"/a/../b\"",
    "gateway.route[0] (/gateway/echo).rule[0] (/a/../b).path: no request"
)]
#[case(
    "path = \"/{*rest}\"",
    "path = \"/a{b\"",
    "gateway.route[0] (/gateway/echo).rule[0] (/a{b).path: not a pattern"
)]
#[case(
    "path = \"/{*rest}\"",
    "path = \"/\"\nmethods = [\"get\"]",
    "gateway.route[0] (/gateway/echo).rule[0] (/).methods[0] (get): not a"
)]
#[case(
    "path = \"/{*rest}\"",
    "path = \"/\"\nmethods = [\"TRACE\"]",
    "gateway.route[0] (/gateway/echo).rule[0] (/).methods[0] (TRACE): never"
)]
#[case(
    "[\"web\", \"spa\"]",
    "[\"nobody\"]",
    "gateway.route[0] (/gateway/echo).rule[0] (/{*rest}).clients[0] (nobody): no [[client]]"
)]
#[case(
    "scopes = [\"events.read\"]",
    "scopes = [\"a b\"]",
    "gateway.route[0] (/gateway/echo).rule[0] (/{*rest}).scopes[0] (a b): not a scope"
)]
#[case(
    "scopes = [\"events.read\"]",
    "require = \"any\"",
    "gateway.route[0] (/gateway/echo).rule[0] (/{*rest}).require: \"any\" of fewer"
)]
#[case("service = [\"reader\"]", "nobody = [\"reader\"]", "gateway.client_roles.nobody: no [[client]]")]
#[case("[gateway]\n", "[gateway]\ndecide = {}\n", "gateway.decide: who may ask?")]
#[case("[gateway]\n", "[gateway]\ndecide = { secret = \"short\" }\n", "gateway.decide.secret: too short")]
#[case(
    "[gateway]\n",
    "[gateway]\ndecide = { trusted_proxies = true }\n",
    "gateway.decide.trusted_proxies: server"
)]
fn a_mistake_is_told_with_its_place(#[case] right: &str, #[case] wrong: &str, #[case] told: &str) {
    assert!(ROUTES.contains(right));
    let problems = problems(&ROUTES.replacen(right, wrong, 1));
    assert!(problems.iter().any(|problem| problem.starts_with(told)), "{problems:#?}");
}
