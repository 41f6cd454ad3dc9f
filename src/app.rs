//! The only place that knows everybody: settings become rooms, rooms become a router.

pub mod apis;
pub mod blueprint;
pub mod branding;
pub mod bridge;
pub mod claim_scopes;
pub mod clients;
pub mod custody_policy;
pub mod doctor;
pub mod gateway;
pub mod issuers;
pub mod lifetimes;
pub mod outbound;
mod rooms;
mod routing;
pub mod seal;
pub mod workbench;
