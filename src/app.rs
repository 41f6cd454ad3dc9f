//! The only place that knows everybody: settings become rooms, rooms become a router.

pub mod outbound;
pub mod seal;
