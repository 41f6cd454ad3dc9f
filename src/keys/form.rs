//! Values that travel through a browser and come back: sealed, with their expiry inside, as text for a form field.
//! The server keeps nothing of them, so one may come back twice: what must happen once needs a row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::seal::{Purpose, Sealer};
use crate::secret::Chance;
use crate::time::Timestamp;

/// Why a text that came back is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Not sealed here, changed, or sealed for another purpose or browser.
    #[error("the form was not made here for this browser, or was changed")]
    Forged,
    /// Ours, but too old.
    #[error("the form has expired")]
    Expired,
}

#[derive(Serialize, Deserialize)]
struct Dated<T> {
    expires_at: Timestamp,
    value: T,
}

impl Sealer {
    /// Seals `value` as base64url text; `associated` is what the browser proves by other means, such as its cookie.
    ///
    /// # Errors
    /// When serde cannot write `value` as JSON, such as a map whose keys are not texts.
    pub fn seal_form<T: Serialize>(
        &self,
        purpose: Purpose,
        associated: &[u8],
        value: &T,
        expires_at: Timestamp,
        chance: &Chance,
    ) -> Result<String, serde_json::Error> {
        let plain = Zeroizing::new(serde_json::to_vec(&Dated { expires_at, value })?);
        Ok(URL_SAFE_NO_PAD.encode(self.seal(purpose, associated, &plain, chance)))
    }

    /// Opens what [`Sealer::seal_form`] made for the same purpose and the same browser.
    ///
    /// # Errors
    /// [`FormError`]. A value whose shape this version no longer reads counts as expired: its maker was an older version.
    pub fn open_form<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        associated: &[u8],
        text: &str,
        now: Timestamp,
    ) -> Result<T, FormError> {
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| FormError::Forged)?;
        let plain = self.open(purpose, associated, &sealed).map_err(|_| FormError::Forged)?;
        let dated: Dated<T> = serde_json::from_slice(&plain).map_err(|_| FormError::Expired)?;
        if dated.expires_at <= now { Err(FormError::Expired) } else { Ok(dated.value) }
    }
}
