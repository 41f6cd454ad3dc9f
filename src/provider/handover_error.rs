//! What goes wrong with a hand-over of the legacy site; all of it is told on a page.

use crate::keys::form::FormError;
use crate::legacy::refusal::Refusal;
use crate::provider::authorize_error::AuthorizeError;
use crate::store::error::StoreError;
use crate::time::Timestamp;

/// Why a hand-over is no sign-in.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HandoverError {
    /// The configuration knows no hand-over, or not by this way.
    #[error("a hand-over by this way is not configured")]
    NotConfigured,
    /// The request comes from a page that is not the legacy site's.
    #[error("the hand-over does not come from the legacy site")]
    Elsewhere {
        /// `Origin` or `Referer`, as it was sent.
        from: String,
    },
    /// A picture or a frame of some page brought it, and not the person who looks at the browser.
    #[error("a picture or a frame of another page brought the hand-over")]
    Embedded,
    /// There is no token in it, or more than one.
    #[error("the hand-over holds no token where one is expected")]
    NoToken,
    /// The legacy system does not take the token, or does not answer.
    #[error("{0}")]
    Legacy(Refusal),
    /// Too many tokens from this address that the legacy system did not take: it was not asked.
    #[error("too many hand-overs from this address were refused")]
    Throttled {
        /// Until when.
        until: Timestamp,
    },
    /// The browser has no handle: it keeps no cookies, or it is another one.
    #[error("the browser brought no handle of a hand-over")]
    NoHandle,
    /// What the handle stood for is gone.
    #[error("there is no hand-over that waits for this browser")]
    NothingWaits,
    /// Nobody waited for it, and the configuration wants no such sign-ins; or it answers another request than the one that waits.
    #[error("nobody waits for this hand-over")]
    Unsolicited,
    /// What waits could not be sealed.
    #[error("the hand-over could not be sealed")]
    Unsealable,
    /// The form is another browser's, was changed, or is too old.
    #[error(transparent)]
    Form(#[from] FormError),
    /// What came after it went wrong.
    #[error(transparent)]
    Authorize(#[from] AuthorizeError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
