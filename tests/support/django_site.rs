//! A Django site that people can sign in at, as an administrator knows it.

use std::sync::OnceLock;

use serde_json::json;

use crate::support::systems::Running;

/// The bridge as an application of the site.
pub const APPLICATION: (&str, &str) = ("bridge", "bridge+secret%41-for-loopback-only-0123456789");

/// A Django site with members: django-oauth-toolkit, djangorestframework-simplejwt and Django's own ways to sign in.
pub struct DjangoSite {
    running: Running,
}

impl DjangoSite {
    /// The site as its packages come. Shared: a story that changes somebody admits somebody of its own.
    pub fn open() -> &'static Self {
        static SITE: OnceLock<DjangoSite> = OnceLock::new();
        SITE.get_or_init(|| Self::start(&[]))
    }

    /// The site with every guard of its refresh tokens on: they rotate, and a reused one is noticed. Shared too.
    pub fn guarded() -> &'static Self {
        static SITE: OnceLock<DjangoSite> = OnceLock::new();
        let guards = ["ROTATE_REFRESH_TOKENS", "BLACKLIST_AFTER_ROTATION", "REFRESH_TOKEN_REUSE_PROTECTION"];
        SITE.get_or_init(|| Self::start(&guards.map(|guard| (guard, "true"))))
    }

    /// A site of its own, with what `tests/systems/members/settings.py` reads from the environment.
    pub fn start(settings: &[(&str, &str)]) -> Self {
        Self { running: Running::start("members_site.py", settings) }
    }

    /// Where it answers.
    pub fn base_url(&self) -> &str {
        &self.running.base_url
    }

    /// A new member; their number.
    pub fn admits(&self, user_name: &str, password: &str) -> u64 {
        self.running.does(&json!(["admit", user_name, password])).as_u64().unwrap()
    }

    /// The administrator unticks "active".
    pub fn disables(&self, user_name: &str) {
        self.running.does(&json!(["disable", user_name]));
    }

    /// The administrator deletes an account.
    pub fn removes(&self, user_name: &str) {
        self.running.does(&json!(["remove", user_name]));
    }
}
