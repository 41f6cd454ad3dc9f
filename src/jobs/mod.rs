//! What happens by itself: expired rows leave, signing keys come and go, sessions end in their time and apps hear of it. Each job is a
//! loop that `app` starts and stops.

pub mod deliver_logouts;
pub mod rotate_keys;
pub mod sweep;
pub mod watch_sessions;
