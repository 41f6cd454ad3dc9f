//! Who may do what behind the gateway.

use std::time::Duration;

use passerelle::id::ClientId;
use passerelle::oauth::scope::Scope;
use passerelle::rules::access::{
    AccessRule, Asked, Case, Denial, NotAPattern, Pattern, Permit, Require, decide,
};
use passerelle::rules::request_path::{AmbiguousPath, RequestPath};
use passerelle::time::Timestamp;
use rstest::rstest;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn rule(method: &str, path: &str) -> AccessRule {
    AccessRule {
        name: format!("{method} {path}").into(),
        methods: vec![method.to_owned()],
        path: Pattern::parse(path, Case::Matters).unwrap(),
        clients: Vec::new(),
        scopes: Vec::new(),
        roles: Vec::new(),
        require: Require::All,
        acr_values: Vec::new(),
        max_age: None,
    }
}

/// A request by somebody with the scope `read`, the role `staff`, who signed in a minute ago with a password.
fn ask(rules: &[AccessRule], method: &str, path: &str) -> Result<Permit, Denial> {
    let roles = ["staff".to_owned()];
    let asked = Asked {
        method,
        path: &RequestPath::parse(path).unwrap(),
        client: &ClientId::from("app"),
        scope: &Scope::parse("read").unwrap(),
        roles: &roles,
        acr: Some("pwd"),
        auth_time: Some(NOW - Duration::from_mins(1)),
    };
    decide(rules, &asked, NOW)
}

fn allowed_by(rules: &[AccessRule], method: &str, path: &str) -> String {
    ask(rules, method, path).unwrap().rule().unwrap().to_owned()
}

#[rstest]
#[case("/invoices", "/invoices", true)]
#[case("/invoices", "/invoices/", true)]
#[case("/invoices/", "/invoices", true)]
#[case("/invoices", "/Invoices", false)]
#[case("/invoices", "/invoices/7", false)]
#[case("/invoices/{id}", "/invoices/7", true)]
#[case("/invoices/{id}", "/invoices/7/lines", false)]
#[case("/invoices/{id}", "/invoices", false)]
#[case("/{*rest}", "/a/b/c", true)]
#[case("/m%c3%bcller", "/m%C3%BCller", true)]
#[case("/müller", "/m%C3%BCller", true)]
#[case("/", "/", true)]
fn a_pattern_holds_what_it_says(#[case] pattern: &str, #[case] path: &str, #[case] holds: bool) {
    let pattern = Pattern::parse(pattern, Case::Matters).unwrap();
    assert_eq!(pattern.holds(&RequestPath::parse(path).unwrap()), holds);
}

#[test]
fn where_the_system_ignores_capitals_so_do_the_rules() {
    let pattern = Pattern::parse("/Invoices/{Id}", Case::Ignored).unwrap();
    assert!(pattern.holds(&RequestPath::parse("/INVOICES/seven").unwrap()));
}

#[rstest]
#[case("/a/../b")]
#[case("//")]
#[case("/a;b")]
fn a_pattern_that_no_request_could_match_is_told(#[case] pattern: &str) {
    assert!(matches!(Pattern::parse(pattern, Case::Matters), Err(NotAPattern::Path(_))), "{pattern}");
}

#[rstest]
#[case("/a/{id")]
#[case("/a/x{id}")]
#[case("/{*rest}/b")]
#[case("/{}")]
fn misused_braces_are_told(#[case] pattern: &str) {
    let error = Pattern::parse(pattern, Case::Matters).unwrap_err();
    assert!(matches!(error, NotAPattern::Braces(_)), "{pattern}: {error}");
}

#[test]
fn a_pattern_without_a_slash_is_told() {
    let error = Pattern::parse("a", Case::Matters).unwrap_err();
    assert_eq!(error, NotAPattern::Path(AmbiguousPath::NotAbsolute));
}

#[test]
fn what_no_rule_speaks_of_is_denied() {
    assert_eq!(ask(&[], "GET", "/invoices").unwrap_err(), Denial::NoRule);
    let rules = [rule("GET", "/invoices")];
    assert_eq!(ask(&rules, "POST", "/invoices").unwrap_err(), Denial::NoRule);
    assert_eq!(ask(&rules, "get", "/invoices").unwrap_err(), Denial::NoRule, "methods have a case");
    assert_eq!(ask(&rules, "GET", "/members").unwrap_err(), Denial::NoRule);
}

#[test]
fn the_first_rule_that_speaks_of_a_request_decides() {
    let strict = AccessRule { scopes: vec!["write".to_owned()], ..rule("GET", "/invoices") };
    let rules = [strict, rule("GET", "/{*rest}")];
    assert!(matches!(ask(&rules, "GET", "/invoices"), Err(Denial::Scope { .. })));
    assert!(matches!(ask(&rules, "GET", "/invoices/"), Err(Denial::Scope { .. })));
    assert_eq!(allowed_by(&rules, "GET", "/members"), "GET /{*rest}");
}

#[test]
fn get_speaks_of_head_and_no_method_of_all() {
    assert_eq!(allowed_by(&[rule("GET", "/a")], "HEAD", "/a"), "GET /a");
    let any = AccessRule { methods: Vec::new(), ..rule("*", "/a") };
    assert_eq!(allowed_by(&[any], "PATCH", "/a"), "* /a");
}

#[test]
fn a_rule_for_other_clients_does_not_speak() {
    let of = |client: &str| AccessRule { clients: vec![ClientId::from(client)], ..rule("GET", "/a") };
    assert_eq!(ask(&[of("other")], "GET", "/a").unwrap_err(), Denial::NoRule);
    assert!(ask(&[of("other"), of("app")], "GET", "/a").is_ok());
}

#[rstest]
#[case::all_there(&["read"], &["staff"], Require::All, None)]
#[case::a_scope_too_few(&["read", "write"], &["staff"], Require::All, Some("scope"))]
#[case::a_role_too_few(&["read"], &["staff", "boss"], Require::All, Some("role"))]
#[case::one_scope_of_two(&["read", "write"], &[], Require::Any, None)]
#[case::a_role_instead_of_a_scope(&["write"], &["staff"], Require::Any, None)]
#[case::a_scope_instead_of_a_role(&["read"], &["boss"], Require::Any, None)]
#[case::neither(&["write"], &["boss"], Require::Any, Some("scope"))]
#[case::no_role_of_two(&[], &["boss", "owner"], Require::Any, Some("role"))]
#[case::nothing_wanted(&[], &[], Require::All, None)]
#[case::nothing_wanted_of_any(&[], &[], Require::Any, None)]
fn scopes_and_roles_are_wanted_all_or_any(
    #[case] scopes: &[&str],
    #[case] roles: &[&str],
    #[case] require: Require,
    #[case] denied: Option<&str>,
) {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let rule = AccessRule { scopes: owned(scopes), roles: owned(roles), require, ..rule("GET", "/a") };
    let why = match ask(&[rule], "GET", "/a") {
        Ok(_) => None,
        Err(Denial::Scope { .. }) => Some("scope"),
        Err(Denial::Role { .. }) => Some("role"),
        Err(other) => panic!("{other}"),
    };
    assert_eq!(why, denied);
}

#[rstest]
#[case::fresh_enough(&[], Some(60), false)]
#[case::too_old(&[], Some(59), true)]
#[case::strong_enough(&["mfa", "pwd"], None, false)]
#[case::too_weak(&["mfa"], None, true)]
fn a_fresh_or_strong_sign_in_is_asked_for(
    #[case] acr_values: &[&str],
    #[case] max_age: Option<u64>,
    #[case] step_up: bool,
) {
    let rule = AccessRule {
        acr_values: acr_values.iter().map(|acr| (*acr).to_owned()).collect(),
        max_age: max_age.map(Duration::from_secs),
        ..rule("GET", "/a")
    };
    assert_eq!(matches!(ask(&[rule], "GET", "/a"), Err(Denial::StepUp { .. })), step_up);
}

#[test]
fn whoever_lacks_the_scope_is_not_sent_to_sign_in_again() {
    let rule =
        AccessRule { scopes: vec!["write".to_owned()], max_age: Some(Duration::ZERO), ..rule("GET", "/a") };
    assert!(matches!(ask(&[rule], "GET", "/a"), Err(Denial::Scope { .. })));
}
