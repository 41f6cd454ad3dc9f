//! `display`: the shape of window that a page will stand in (OpenID Connect Core §3.1.2.1).

use super::word::words;

words! {
    /// A `display` value.
    Display {
        /// A whole browser page.
        Page = "page",
        /// A popup window.
        Popup = "popup",
        /// A device that is touched.
        Touch = "touch",
        /// A feature phone.
        Wap = "wap",
    }
}
