//! What happens by itself: expired rows leave, signing keys come and go. Each job is a loop that `app` starts and stops.

pub mod rotate_keys;
pub mod sweep;
