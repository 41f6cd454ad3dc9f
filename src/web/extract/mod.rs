//! What handlers are handed: requests, parsed once at the door.

pub mod credentials;
pub mod params;
pub mod visiting;
