//! The web floor: reads a request, calls one flow, writes the answer.

pub mod page;
