//! Every key can be set by the environment, and what is wrong then names the variable.

use std::path::Path;
use std::time::Duration;

use super::{configuration, read_with};

#[test]
fn a_variable_sets_a_key() {
    let variables = [
        ("PASSERELLE__SERVER__LISTEN", "0.0.0.0:9000"),
        ("PASSERELLE__server__development", "false"),
        ("PASSERELLE__SESSION__IDLE", "1h"),
        ("PASSERELLE__SIGN_IN__PER_ACCOUNT__FAILURES", "3"),
        ("PASSERELLE__LEGACY__BASE_URL", "https://other.example.org"),
        ("PASSERELLE__SCOPES__ROLES", "[\"roles\"]"),
    ];
    let blueprint = read_with(&configuration(""), &variables, Path::new("")).unwrap();
    assert_eq!(blueprint.settings.server.listen.to_string(), "0.0.0.0:9000");
    assert_eq!(*blueprint.settings.session.idle, Duration::from_hours(1));
    assert_eq!(blueprint.settings.sign_in.per_account.failures, 3);
    assert_eq!(blueprint.legacy.base_url, "https://other.example.org");
    assert_eq!(blueprint.settings.scopes["roles"], ["roles"]);
}

#[test]
fn a_variable_that_sets_something_wrong_is_named() {
    for (name, value, path) in [
        ("PASSERELLE__SERVER__ISSUER", "http://a.example", "server.issuer"),
        ("PASSERELLE__SESSION__IDLE", "soon", "session.idle"),
        ("PASSERELLE__BRANDING__ACCENT", "blue", "branding.accent"),
        ("PASSERELLE__LEGACY__TIMEOUT", "0s", "legacy.timeout"),
        ("PASSERELLE__CLIENT", "[{ id = \"a\", public = true }]", "client[0] (a).redirect_uris"),
        ("PASSERELLE__SERVER__COLOUR", "red", "server.colour"),
    ] {
        let found = read_with(&configuration(""), &[(name, value)], Path::new("")).unwrap_err().problems;
        let [problem] = found.as_slice() else { panic!("{name}: {found:#?}") };
        assert_eq!(problem.path, path);
        assert!(problem.message.ends_with(&format!("(set by the environment variable {name})")), "{problem}");
    }
}
