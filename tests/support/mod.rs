//! Hands out people and machines to the stories.

pub mod answers;
pub mod app;
pub mod assertions;
pub mod bridge;
pub mod browser;
pub mod certificates;
pub mod chromium;
pub mod cognito;
pub mod custody;
pub mod desk;
pub mod django_site;
pub mod foreign_issuer;
pub mod front;
pub mod gate;
pub mod hearers;
pub mod house;
pub mod listening;
pub mod machines;
pub mod members;
pub mod parts;
pub mod postgres;
pub mod process;
pub mod provider;
pub mod systems;
pub mod trust;
pub mod upstream;
