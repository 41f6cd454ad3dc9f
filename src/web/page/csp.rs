//! The Content-Security-Policy of a page: nothing may load or run but what the page is known to need.
//!
//! # Why addresses and not origins are taken
//! Whoever builds a page holds a redirect URI or a logo's address. Reducing it to an origin here means that no
//! registered text ever reaches the header: what is not understood is left out, and the policy stays the stricter one.

use std::collections::BTreeSet;

use url::{Host, Url};

/// Chromium and WebKit apply `form-action` to the redirects that follow a form (CSP 3 §6.4.1 leaves it open), so a page
/// whose form ends at an app names that app's redirect URI in `form_action`. `script_hash` is the source that
/// `FormPostPage::script_hash` gives.
#[must_use]
pub fn csp(
    form_action: &[&str],
    image_origins: &[&str],
    frames: &[&str],
    script_hash: Option<&str>,
) -> String {
    let forms = sources(form_action.iter().filter_map(|uri| form_source(uri)));
    let images = sources(image_origins.iter().filter_map(|uri| host_source(uri)));
    let frames = sources(frames.iter().filter_map(|uri| host_source(uri)));
    let frames = if frames.is_empty() { frames } else { format!("frame-src{frames}; ") };
    let script = script_hash
        .filter(|hash| is_hash_source(hash))
        .map(|hash| format!("script-src '{hash}'; "))
        .unwrap_or_default();
    format!(
        "default-src 'none'; {script}style-src 'self'; img-src 'self' data:{images}; {frames}form-action 'self'{forms}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The policy of a page that stands in a frame of the apps at `addresses`, runs one script and asks us alone. None but these may frame it.
#[must_use]
pub fn framed_page(addresses: &[&str], script_hash: &str) -> String {
    let ancestors = sources(addresses.iter().filter_map(|uri| host_source(uri)));
    let ancestors = if ancestors.is_empty() { " 'none'".to_owned() } else { ancestors };
    format!(
        "default-src 'none'; script-src '{script_hash}'; connect-src 'self'; frame-ancestors{ancestors}; base-uri 'none'"
    )
}

fn sources(found: impl Iterator<Item = String>) -> String {
    let distinct: BTreeSet<String> = found.collect();
    distinct.into_iter().fold(String::new(), |list, source| list + " " + &source)
}

fn host_source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    web_source(&url)
}

/// An app on a device is reached through its own scheme (RFC 8252 §7.1), which has a dot so that it can belong to
/// somebody: `com.example.app:`. Every scheme that means something to a browser is without one.
fn form_source(uri: &str) -> Option<String> {
    let url = Url::parse(uri).ok()?;
    web_source(&url).or_else(|| url.scheme().contains('.').then(|| format!("{}:", url.scheme())))
}

fn web_source(url: &Url) -> Option<String> {
    let scheme = url.scheme();
    match url.host() {
        _ if !matches!(scheme, "http" | "https") => None,
        // CSP 3 §2.3.1: a host source cannot hold an IPv6 address, so only its scheme can be said.
        Some(Host::Ipv6(_)) => Some(format!("{scheme}:")),
        // The parser admits characters in a host that mean something in a policy, such as `;` and `'`.
        Some(host) if !is_plain_host(&host.to_string()) => None,
        Some(_) => Some(url.origin().ascii_serialization()),
        None => None,
    }
}

fn is_plain_host(host: &str) -> bool {
    host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

fn is_hash_source(hash: &str) -> bool {
    hash.strip_prefix("sha256-").is_some_and(|digest| {
        digest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_needs_nothing_gets_nothing() {
        assert_eq!(
            csp(&[], &[], &[], None),
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
    }

    #[test]
    fn addresses_become_origins_once() {
        let policy = csp(
            &["https://app.example/callback?x=1", "https://app.example/other", "http://127.0.0.1:4711/"],
            &["https://cdn.example:8443/logo.png"],
            &["https://app.example/out", "https://app.example/other"],
            Some("sha256-AAAA+/=="),
        );
        assert!(policy.contains("form-action 'self' http://127.0.0.1:4711 https://app.example;"), "{policy}");
        assert!(policy.contains("img-src 'self' data: https://cdn.example:8443;"), "{policy}");
        assert!(policy.contains("frame-src https://app.example;"), "{policy}");
        assert!(policy.contains("script-src 'sha256-AAAA+/==';"), "{policy}");
    }

    #[test]
    fn a_page_for_frames_names_who_may_frame_it() {
        assert_eq!(
            framed_page(&["https://app.example/callback", "com.example.app:/callback"], "sha256-AAAA"),
            "default-src 'none'; script-src 'sha256-AAAA'; connect-src 'self'; frame-ancestors https://app.example; \
             base-uri 'none'"
        );
        assert!(framed_page(&[], "sha256-AAAA").contains("frame-ancestors 'none'"));
    }

    #[test]
    fn a_device_app_is_named_by_its_scheme() {
        assert!(
            csp(&["com.example.app:/callback"], &[], &[], None)
                .contains("form-action 'self' com.example.app:;")
        );
        assert!(csp(&["http://[::1]:3000/"], &[], &[], None).contains("form-action 'self' http:;"));
    }

    #[test]
    fn nothing_can_be_smuggled_in() {
        let plain = csp(&[], &[], &[], None);
        for text in [
            "",
            "*",
            "'unsafe-inline'",
            "javascript:alert(1)",
            "data:text/html,x",
            "blob:x",
            "file:///etc/passwd",
            "https:",
            "https://",
            "https://*",
            "https://*.example/",
            "https://a;script-src/",
            "https://a'b.example/",
            "https://a, default-src *",
            "com.x;y:/",
            "//evil.example",
            "intent://x",
        ] {
            assert_eq!(csp(&[text], &[text], &[text], Some(text)), plain, "{text}");
        }
        assert_eq!(csp(&[], &["com.example.app:/logo"], &["com.example.app:/out"], None), plain);
        assert_eq!(csp(&[], &[], &[], Some("sha256-x'; script-src *")), plain);
        let spaced = csp(&["https://app.example/a b;script-src *\r\nSet-Cookie: x"], &[], &[], None);
        assert!(spaced.contains("form-action 'self' https://app.example; frame"), "{spaced}");
    }
}
