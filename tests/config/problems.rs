//! One row for each thing that can be wrong: what is written, where the finding stands, and a piece of what it says.

use super::{configuration, problems, read, warnings, with_client};
use toml::Table;

/// Exactly one finding, there, that says so.
fn assert_one(found: Vec<(String, String)>, path: &str, fragment: &str, written: &str) {
    let [(at, message)] = found.as_slice() else { panic!("{written}: {found:?}") };
    assert_eq!(at, path, "{written}: {message}");
    assert!(message.contains(fragment), "{written}: {message}");
}

#[test]
fn the_smallest_configuration_has_no_problem_and_no_warning() {
    assert_eq!(read(&configuration("")).unwrap().warnings, Vec::new());
}

/// What is written, where the problem stands, and a piece of what it says.
type Row = (&'static str, &'static str, &'static str);

const SECTIONS: &[Row] = &[
    // [server]
    (r#"server.issuer = "-""#, "server.issuer", "missing"),
    (r#"server.issuer = "login.example.org""#, "server.issuer", "not an absolute https URL"),
    (r#"server.issuer = "ftp://login.example.org""#, "server.issuer", "not an absolute https URL"),
    (r#"server.issuer = "http://login.example.org""#, "server.issuer", "write https"),
    (r#"server.issuer = "http://localhost.example.org""#, "server.issuer", "write https"),
    (r#"server.issuer = "https://login.example.org/""#, "server.issuer", "slash at the end"),
    (r#"server.issuer = "https://login.example.org/a/""#, "server.issuer", "slash at the end"),
    (r#"server.issuer = "https://login.example.org?a=b""#, "server.issuer", "no query"),
    (r#"server.issuer = "https://login.example.org#a""#, "server.issuer", "no fragment"),
    (r#"server.issuer = "https://me:pw@login.example.org""#, "server.issuer", "no user name"),
    (r#"server.issuer = "https://login.example.org/{a}""#, "server.issuer", "its path may hold"),
    (r#"server.issuer = "https://login.example.org//a""#, "server.issuer", "its path may hold"),
    (r#"server.issuer = "https://Login.Example.org""#, "server.issuer", "\"https://login.example.org\""),
    (r#"server.issuer = "https://login.example.org:443""#, "server.issuer", "\"https://login.example.org\""),
    (r#"server.listen = "localhost:8080""#, "server.listen", "127.0.0.1:8080"),
    (r#"server.listen = "127.0.0.1""#, "server.listen", "127.0.0.1:8080"),
    (r#"server.development = "yes""#, "server.development", "true or false"),
    (r#"server.trusted_proxies = ["10.0.0.0/8", "proxy"]"#, "server.trusted_proxies[1]", "10.0.0.0/8"),
    (r#"server.tls = { certificate = "Cargo.toml" }"#, "server.tls.key", "missing"),
    (
        r#"server.tls = { certificate = "absent.pem", key = "Cargo.toml" }"#,
        "server.tls.certificate",
        "absent.pem",
    ),
    (r#"server.isuer = "x""#, "server.isuer", "did you mean `issuer`"),
    (r#"sever.issuer = "x""#, "sever", "did you mean `server`"),
    ("server.issuer = 5", "server.issuer", "a text in quotes"),
    // [storage]
    (r#"storage.url = "mysql://host/database""#, "storage.url", "postgres://"),
    (r#"storage.url = { env = "ABSENT" }"#, "storage.url", "`ABSENT` is not set"),
    ("storage.connections = 0", "storage.connections", "1 to 1000"),
    // [keys]
    (r#"keys.master_key_file = "master.key""#, "keys.master_key_file", "keep one of the two"),
    (r#"keys.master_key = { env = "WEAK" }"#, "keys.master_key", "32 random bytes"),
    (r#"keys.rotate_every = "0s""#, "keys.rotate_every", "no time at all"),
    (
        r#"keys = { rotate_every = "1h", publish_before = "2h" }"#,
        "keys.publish_before",
        "longer than keys.rotate_every",
    ),
    (r#"keys.publish_before = "10min""#, "keys.publish_before", "apps keep the key set for ten minutes"),
    // [session], [sign_in], [tokens]
    (r#"session.idle = "0s""#, "session.idle", "no time at all"),
    (r#"session = { idle = "2d", absolute = "1d" }"#, "session.idle", "longer than session.absolute"),
    ("session.idle = 30", "session.idle", "no unit"),
    (r#"sign_in.pending = "0s""#, "sign_in.pending", "no time at all"),
    ("sign_in.per_account.failures = 0", "sign_in.per_account.failures", "nobody could ever sign in"),
    (r#"sign_in.per_address.window = "0s""#, "sign_in.per_address.window", "no time at all"),
    (r#"sign_in.per_address.pause = "0s""#, "sign_in.per_address.pause", "no time at all"),
    (r#"tokens.code = "11min""#, "tokens.code", "10min"),
    (r#"tokens.code = "0s""#, "tokens.code", "no time at all"),
    (r#"tokens.access_token = "0s""#, "tokens.access_token", "no time at all"),
    (r#"tokens.id_token = "0s""#, "tokens.id_token", "no time at all"),
    (r#"tokens.refresh_idle = "2y""#, "tokens.refresh_idle", "longer than tokens.refresh_absolute"),
    (r#"tokens.replay_window = "6min""#, "tokens.replay_window", "5min"),
    // [branding]
    (r#"branding.organisation = " ""#, "branding.organisation", "empty"),
    (r#"branding.accent = "blue""#, "branding.accent", "#2b59c3"),
    (r##"branding.background = "#12""##, "branding.background", "#rrggbb"),
    (r#"branding.background_dark = "black""#, "branding.background_dark", "#rrggbb"),
    (r#"branding.logo = "logo.svg""#, "branding.logo", "\"/logo.svg\""),
    (r#"branding.logo_dark = "//evil.example/x""#, "branding.logo_dark", "\"/logo.svg\""),
    (r#"branding.support_uri = "mailto:a@example.org""#, "branding.support_uri", "http or https"),
    (r#"branding.privacy_uri = "javascript:alert(1)""#, "branding.privacy_uri", "http or https"),
    // [scopes]
    (r#"scopes."two words" = ["a"]"#, "scopes.two words", "not a scope"),
    (r#"scope_descriptions.points = "See your points""#, "scope_descriptions.points", "no such scope"),
    ("scopes.roles = [\"roles\"]\nscope_descriptions.roles = \" \"", "scope_descriptions.roles", "empty"),
    ("scopes.roles = [\"roles\"]\nscope_descriptions.roles = {}", "scope_descriptions.roles", "empty"),
    (
        "scopes.roles = [\"roles\"]\nscope_descriptions.roles = { en = \"Roles\", it = \"Ruoli\" }",
        "scope_descriptions.roles.it",
        "unknown",
    ),
    (r#"scopes.openid = ["a"]"#, "scopes.openid", "no claims"),
    (r#"scopes.offline_access = ["a"]"#, "scopes.offline_access", "no claims"),
    ("scopes.roles = []", "scopes.roles", "no claims"),
    (r#"scopes.roles = ["roles", "sub"]"#, "scopes.roles[1]", "not of the person"),
    (r#"scopes.roles = [""]"#, "scopes.roles[0]", "has a name"),
    // [legacy]
    (r#"legacy = "-""#, "legacy", "missing"),
    (r#"legacy.base_url = "http://members.example.org""#, "legacy.base_url", "in the clear"),
    // [[api]]
    ("[[api]]\naudience = \"\"", "api[0].audience", "https://api.example.org"),
    ("[[api]]\naudience = \"a b\"", "api[0] (a b).audience", "without spaces"),
    ("[[api]]\naudience = \"https://a.example#b\"", "api[0] (https://a.example#b).audience", "fragment"),
    (
        "[[api]]\naudience = \"https://login.example.org\"",
        "api[0] (https://login.example.org).audience",
        "a name of its own",
    ),
    ("[[api]]\naudience = \"a\"\n[[api]]\naudience = \"a\"", "api[1] (a).audience", "already"),
];

#[test]
fn each_problem_of_a_section_is_told_at_its_key() {
    for (written, path, fragment) in SECTIONS {
        assert_one(problems(&configuration(written)), path, fragment, written);
    }
}

/// Below `api[0] (https://api.example.org)`.
const API: &[Row] = &[
    ("scopes = [\"a\", \"b c\"]", "scopes[1] (b c)", "not a scope"),
    ("scopes = [\"a\", \"a\"]", "scopes[1] (a)", "already"),
    ("scopes = [\"email\"]", "scopes[0] (email)", "OpenID Connect's own"),
    ("scopes = [\"roles\"]\n[scopes]\nroles = [\"roles\"]", "scopes[0] (roles)", "one meaning"),
    ("format = \"xml\"", "format", "`jwt`, `opaque`"),
    ("typ = \"jwt\"", "typ", "`at+jwt`, `JWT`"),
    ("algorithm = \"HS256\"", "algorithm", "`ES256`"),
    ("format = \"opaque\"\nalgorithm = \"ES256\"\nintrospected_by = [\"shop\"]", "algorithm", "leave it out"),
    ("format = \"opaque\"\ntyp = \"JWT\"\nintrospected_by = [\"shop\"]", "typ", "leave it out"),
    ("lifetime = \"0s\"", "lifetime", "no time at all"),
    ("introspected_by = [\"nobody\"]", "introspected_by[0]", "no [[client]]"),
];

#[test]
fn each_problem_of_an_api_is_told_at_its_key() {
    for (written, path, fragment) in API {
        let written = format!("[[api]]\naudience = \"https://api.example.org\"\n{written}");
        let path = format!("api[0] (https://api.example.org).{path}");
        assert_one(problems(&configuration(&written)), &path, fragment, &written);
    }
}

const CREDENTIALS: &[Row] = &[
    (r#"id = "-""#, "client[0].id", "missing"),
    (r#"id = "a b""#, "client[0] (a b).id", "without spaces"),
    (r#"id = "a:b""#, "client[0] (a:b).id", "colons"),
    (r#"secret = "-""#, "client[0] (shop)", "how does it prove itself"),
    ("public = true", "client[0] (shop)", "keep one"),
    (
        r#"jwks.keys = [{ kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }]"#,
        "client[0] (shop)",
        "keep one",
    ),
    (r#"secret = { env = "WEAK" }"#, "client[0] (shop).secret", "15 characters"),
    (r#"secret = { env = "ABSENT" }"#, "client[0] (shop).secret", "`ABSENT` is not set"),
    ("redirect_uris = [5]", "client[0] (shop).redirect_uris[0]", "a text in quotes"),
    (r#"secret = { sha256 = "abc" }"#, "client[0] (shop).secret.sha256", "SHA-256"),
    (r#"secret = "demo-web-secret-for-loopback-only""#, "client[0] (shop).secret", "everybody knows"),
    (r#"secrets = [{ env = "STRONG" }, { env = "WEAK" }]"#, "client[0] (shop).secrets[1]", "15 characters"),
    (
        r#"token_endpoint_auth_method = "none""#,
        "client[0] (shop).token_endpoint_auth_method",
        "public = true",
    ),
    (
        r#"token_endpoint_auth_method = "private_key_jwt""#,
        "client[0] (shop).token_endpoint_auth_method",
        "`jwks`",
    ),
    (
        r#"token_endpoint_auth_method = "client_secret_jwt""#,
        "client[0] (shop).token_endpoint_auth_method",
        "`private_key_jwt`",
    ),
];

const ADDRESSES: &[Row] = &[
    ("grant_types = []", "client[0] (shop).grant_types", "could do nothing"),
    (r#"grant_types = ["implicit"]"#, "client[0] (shop).grant_types[0]", "`authorization_code`"),
    ("redirect_uris = []", "client[0] (shop).redirect_uris", "missing"),
    (r#"redirect_uris = ["/callback"]"#, "client[0] (shop).redirect_uris[0]", "not an absolute URI"),
    (r#"redirect_uris = ["https:shop.example"]"#, "client[0] (shop).redirect_uris[0]", "not an absolute URI"),
    (r#"redirect_uris = ["https://a.example/#b"]"#, "client[0] (shop).redirect_uris[0]", "fragment"),
    (
        r#"redirect_uris = ["https://a.example/", "https://*.example/"]"#,
        "client[0] (shop).redirect_uris[1]",
        "wildcards",
    ),
    (r#"redirect_uris = ["https://a.example/*"]"#, "client[0] (shop).redirect_uris[0]", "wildcards"),
    (r#"redirect_uris = ["https://a.example/a b"]"#, "client[0] (shop).redirect_uris[0]", "without spaces"),
    (
        r#"redirect_uris = ["https://a.example\\@b.example/"]"#,
        "client[0] (shop).redirect_uris[0]",
        "backslashes",
    ),
    (r#"redirect_uris = ["https://a.exa\tmple/"]"#, "client[0] (shop).redirect_uris[0]", "printable ASCII"),
    (r#"redirect_uris = ["https://a.example@b.example/"]"#, "client[0] (shop).redirect_uris[0]", "user name"),
    (r#"redirect_uris = ["http://a.example/"]"#, "client[0] (shop).redirect_uris[0]", "write https"),
    (
        r#"redirect_uris = ["http://127.0.0.1.a.example/"]"#,
        "client[0] (shop).redirect_uris[0]",
        "write https",
    ),
    (r#"redirect_uris = ["http://localhost/"]"#, "client[0] (shop).redirect_uris[0]", "another machine"),
    (r#"redirect_uris = ["javascript:alert(1)"]"#, "client[0] (shop).redirect_uris[0]", "with a dot"),
    (r#"redirect_uris = ["data:text/html,x"]"#, "client[0] (shop).redirect_uris[0]", "with a dot"),
    (r#"redirect_uris = ["shop:/callback"]"#, "client[0] (shop).redirect_uris[0]", "with a dot"),
    (
        r#"redirect_uris = ["org.example.shop:/callback"]"#,
        "client[0] (shop).redirect_uris[0]",
        "public clients",
    ),
    (
        r#"post_logout_redirect_uris = ["http://a.example/"]"#,
        "client[0] (shop).post_logout_redirect_uris[0]",
        "write https",
    ),
    (r#"web_origins = ["*"]"#, "client[0] (shop).web_origins[0]", "wildcards"),
    (r#"web_origins = ["null"]"#, "client[0] (shop).web_origins[0]", "not the origin"),
    (r#"web_origins = ["org.example.shop://x"]"#, "client[0] (shop).web_origins[0]", "not the origin"),
    (r#"web_origins = ["https://a.example/"]"#, "client[0] (shop).web_origins[0]", "\"https://a.example\""),
    (r#"web_origins = ["https://A.example"]"#, "client[0] (shop).web_origins[0]", "\"https://a.example\""),
    (
        r#"web_origins = ["https://a.example:443"]"#,
        "client[0] (shop).web_origins[0]",
        "\"https://a.example\"",
    ),
    (r#"web_origins = ["https://me@a.example"]"#, "client[0] (shop).web_origins[0]", "\"https://a.example\""),
    (r#"web_origins = ["http://a.example"]"#, "client[0] (shop).web_origins[0]", "write https"),
    (r#"web_origins = ["http://localhost"]"#, "client[0] (shop).web_origins[0]", "write https"),
];

const PERMISSIONS: &[Row] = &[
    (r#"scopes = ["openid", "emial"]"#, "client[0] (shop).scopes[1]", "did you mean \"email\""),
    (r#"audiences = ["https://api.example"]"#, "client[0] (shop).audiences[0]", "no [[api]]"),
    (
        r#"secret = "-"
        public = true
        pkce = "optional""#,
        "client[0] (shop).pkce",
        "proves by PKCE alone",
    ),
    (r#"pkce = "plain""#, "client[0] (shop).pkce", "`required`, `optional`"),
    (r#"consent = "never""#, "client[0] (shop).consent", "`ask`, `skip`"),
    (r#"subject = "email""#, "client[0] (shop).subject", "`legacy_user_name`"),
    (r#"id_token_claims = "both""#, "client[0] (shop).id_token_claims", "`userinfo`, `id_token`"),
    (r#"id_token_signed_response_alg = "none""#, "client[0] (shop).id_token_signed_response_alg", "`RS256`"),
    (r#"userinfo_signed_response_alg = "HS256""#, "client[0] (shop).userinfo_signed_response_alg", "`RS256`"),
    (r#"lifetimes.refresh_absolute = "0s""#, "client[0] (shop).lifetimes.refresh_absolute", "no time at all"),
    (r#"lifetimes.refresh_idle = "2y""#, "client[0] (shop).lifetimes.refresh_idle", "longer than"),
    (r#"client_uri = "javascript:alert(1)""#, "client[0] (shop).client_uri", "http or https"),
    (r#"policy_uri = "shop""#, "client[0] (shop).policy_uri", "http or https"),
    (r#"tos_uri = "shop""#, "client[0] (shop).tos_uri", "http or https"),
    (r#"logo_uri = "javascript:alert(1)""#, "client[0] (shop).logo_uri", "a picture's address"),
    (r#"redirect_uri = "x""#, "client[0] (shop).redirect_uri", "did you mean `redirect_uris`"),
];

#[test]
fn each_problem_of_a_client_is_told_at_its_key() {
    for (written, path, fragment) in [CREDENTIALS, ADDRESSES, PERMISSIONS].concat() {
        assert_one(problems(&with_client(written)), path, fragment, written);
    }
}

#[test]
fn what_clients_and_apis_say_of_one_another_must_fit() {
    let api = "[[api]]\naudience = \"https://api.example\"\nscopes = [\"events.read\"]\n";
    let client = |keys: &str| {
        let table = configuration(&format!("{api}[[client]]\nid = \"other\"\n{keys}"));
        problems(&table)
    };
    let service = "secret = { env = \"STRONG\" }\ngrant_types = [\"client_credentials\"]";
    for (keys, path, fragment) in [
        (format!("{service}\nscopes = [\"openid\"]"), "client[0] (other).audiences", "missing"),
        (
            "public = true\ngrant_types = [\"client_credentials\"]\naudiences = [\"https://api.example\"]"
                .to_owned(),
            "client[0] (other).grant_types",
            "a public client has none",
        ),
        (
            "secret = { env = \"STRONG\" }\ngrant_types = [\"refresh_token\"]".to_owned(),
            "client[0] (other).grant_types",
            "add \"authorization_code\"",
        ),
        (
            format!("{service}\naudiences = [\"https://api.exampel\"]"),
            "client[0] (other).audiences[0]",
            "did you mean \"https://api.example\"",
        ),
        (
            "public = true\nredirect_uris = [\"https://a.example/\"]\nscopes = [\"events.read\"]".to_owned(),
            "client[0] (other).scopes[0]",
            "not among this client's audiences",
        ),
    ] {
        assert_one(client(&keys), path, fragment, &keys);
    }
    let public = "introspected_by = [\"other\"]\n[[client]]\nid = \"other\"\npublic = true\nredirect_uris = [\"https://a.example/\"]";
    let found = problems(&configuration(&format!("{api}{public}")));
    assert_one(found, "api[0] (https://api.example).introspected_by[0]", "public client", public);
    let twice = r#"
        client = [
            { id = "a", public = true, redirect_uris = ["https://a.example/"] },
            { id = "a", public = true, redirect_uris = ["https://b.example/"] },
        ]"#;
    assert_one(problems(&configuration(twice)), "client[1] (a).id", "already", twice);
}

#[test]
fn a_client_that_only_introspects_needs_no_grant() {
    let written = r#"
        [[api]]
        audience = "https://api.example"
        format = "opaque"
        introspected_by = ["ledger"]
        [[client]]
        id = "ledger"
        secret = { env = "STRONG" }
        grant_types = []"#;
    assert_eq!(warnings(&configuration(written)), Vec::new());
}

#[test]
fn everything_is_told_at_once() {
    let mut table: Table = with_client(r#"redirect_uris = ["http://a.example/", "https://*.example/"]"#);
    super::lay_over(
        &mut table,
        r#"
        server.issuer = "http://login.example.org"
        server.colour = "red"
        session.idle = "soon"
        branding.accent = "blue"
        legacy.token.url = ""
        legacy.timeout = "0s"
        "#
        .parse()
        .unwrap(),
    );
    let paths: Vec<String> = problems(&table).into_iter().map(|(path, _)| path).collect();
    for path in [
        "server.issuer",
        "server.colour",
        "session.idle",
        "branding.accent",
        "legacy.timeout",
        "client[0] (shop).redirect_uris[0]",
        "client[0] (shop).redirect_uris[1]",
    ] {
        assert_eq!(paths.iter().filter(|found| *found == path).count(), 1, "{path}: {paths:?}");
    }
}

#[test]
fn what_is_only_unwise_is_a_warning() {
    for (written, path, fragment) in [
        ("server.development = true", "server.development", "strangers"),
        (
            r#"server = { issuer = "http://localhost:8080", listen = "0.0.0.0:8080" }"#,
            "server.listen",
            "in the clear",
        ),
        (r#"server.trusted_proxies = ["0.0.0.0/0"]"#, "server.trusted_proxies[0]", "everybody"),
        (r#"storage.url = "postgres://me:pw@host/database""#, "storage.url", "keeps it out"),
        (r#"tokens.access_token = "2d""#, "tokens.access_token", "take back"),
        ("client = []", "client", "no application"),
        (
            "[[api]]\naudience = \"a\"\nformat = \"opaque\"\n[[client]]\nid = \"a\"\npublic = true\nredirect_uris = [\"https://a.example/\"]",
            "api[0] (a).introspected_by",
            "by asking",
        ),
    ] {
        assert_one(warnings(&configuration(written)), path, fragment, written);
    }
    let literal = format!("keys.master_key = \"{}\"", "0f".repeat(32));
    assert_one(warnings(&configuration(&literal)), "keys.master_key", "opens every seal", &literal);
    for (written, path, fragment) in [
        (r#"secret = "0123456789abcdef0123456789abcdef""#, "client[0] (shop).secret", "keeps it out"),
        (
            "secret = \"-\"\npublic = true\nconsent = \"skip\"\nredirect_uris = [\"http://127.0.0.1/\"]",
            "client[0] (shop).consent",
            "pretend",
        ),
        (
            "grant_types = [\"authorization_code\"]\nscopes = [\"openid\", \"offline_access\"]",
            "client[0] (shop).scopes[1]",
            "without effect",
        ),
    ] {
        assert_one(warnings(&with_client(written)), path, fragment, written);
    }
}

#[test]
fn on_this_machine_alone_a_weak_secret_and_localhost_will_do() {
    let mut table = with_client(
        r#"secret = "short"
        redirect_uris = ["http://localhost:3000/callback"]
        web_origins = ["http://localhost:3000"]"#,
    );
    super::lay_over(&mut table, r#"server.issuer = "http://localhost:8080""#.parse().unwrap());
    assert_one(warnings(&table), "client[0] (shop).secret", "5 characters", "short");
}

#[test]
fn development_takes_localhost_redirects_too() {
    let mut table = with_client(r#"redirect_uris = ["http://localhost:3000/callback"]"#);
    super::lay_over(&mut table, "server.development = true".parse().unwrap());
    assert_one(warnings(&table), "server.development", "strangers", "development");
}

#[test]
fn native_apps_have_their_schemes_and_the_loopback_address() {
    let table = with_client(
        r#"
        secret = "-"
        public = true
        redirect_uris = ["org.example.shop:/callback", "http://127.0.0.1/callback", "http://[::1]/callback", "https://shop.example/app"]
        "#,
    );
    assert_eq!(warnings(&table), Vec::new());
}
