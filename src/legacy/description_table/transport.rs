//! `[legacy.tls]`, `proxy` and `concurrency`: the way to the system.

use std::path::Path;

use super::Reader;
use crate::config::secret_source::SecretSource;
use crate::legacy::description::Transport;
use crate::legacy::written::RawTls;
use crate::secret::Secret;
use url::Url;

/// Calls at once, where nothing is said: more than an old system likes.
const CONCURRENCY: u32 = 32;

impl Reader<'_> {
    pub(super) fn transport(
        &mut self,
        tls: RawTls,
        proxy: Option<SecretSource>,
        concurrency: Option<u32>,
    ) -> Transport {
        let ca = tls.ca_file.and_then(|file| self.file(&file, "tls.ca_file"));
        let certificate =
            tls.certificate_file.map(|file| (self.text_file(&file, "tls.certificate_file"), "tls.key_file"));
        let key = tls.key_file.map(|file| self.text_file(&file, "tls.key_file"));
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some((certificate, _)), Some(key)) => {
                certificate.zip(key).map(|(certificate, key)| Secret::from(format!("{certificate}\n{key}")))
            }
            (Some((_, missing)), None) => {
                self.problem(missing, "missing; the certificate's private key, in PEM");
                None
            }
            (None, Some(_)) => {
                self.problem(
                    "tls.certificate_file",
                    "missing; the certificate that the key belongs to, in PEM",
                );
                None
            }
        };
        let proxy = proxy.and_then(|source| self.secret(&source, "proxy"));
        if let Some(proxy) = &proxy {
            let fits = Url::parse(proxy.expose())
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if !fits {
                self.problem("proxy", "not an http or https URL, such as \"http://proxy.example.org:3128\"");
            }
        }
        let concurrency = concurrency.unwrap_or(CONCURRENCY);
        if concurrency == 0 {
            self.problem("concurrency", "at least 1 call at once");
        }
        Transport { ca, identity, proxy, concurrency: usize::try_from(concurrency).unwrap_or(1).max(1) }
    }

    /// The bytes of a file that the configuration names.
    pub(super) fn file(&mut self, file: &Path, at: &str) -> Option<Vec<u8>> {
        let path = self.around.base.join(file);
        std::fs::read(&path)
            .map_err(|error| self.problem(at, format!("cannot read {}: {error}", path.display())))
            .ok()
    }

    fn text_file(&mut self, file: &Path, at: &str) -> Option<String> {
        let text = String::from_utf8(self.file(file, at)?);
        text.map_err(|_| self.problem(at, "not in PEM, which is text")).ok()
    }
}
