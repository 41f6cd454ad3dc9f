//! What the bridge logs, for tests of what no log may hold.
//!
//! # Why one listener for all tests
//! `tracing` remembers for each line whether anybody listens, and takes the word of whichever thread came by first. So the listener is there
//! for the whole process, and asks its thread whether a test wants to hear.

use std::cell::RefCell;
use std::io::Write;
use std::sync::OnceLock;

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;

thread_local! {
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Listens on this thread until it is dropped.
pub struct Listening(());

impl Listening {
    /// Begins to listen, to everything that there is.
    pub fn begin() -> Self {
        static LISTENER: OnceLock<()> = OnceLock::new();
        LISTENER.get_or_init(|| {
            let wanted = dynamic_filter_fn(|_, _| HEARD.with_borrow(Option::is_some));
            let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Pen);
            let listener = tracing_subscriber::registry().with(lines.with_filter(wanted));
            tracing::subscriber::set_global_default(listener).expect("nobody else listens to all tests");
        });
        HEARD.set(Some(Vec::new()));
        Self(())
    }

    /// What was heard.
    pub fn heard(&self) -> String {
        HEARD.with_borrow(|heard| String::from_utf8(heard.clone().unwrap_or_default()).unwrap())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        HEARD.set(None);
    }
}

struct Pen;

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        HEARD.with_borrow_mut(|heard| heard.iter_mut().for_each(|heard| heard.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
