//! The stand-ins of `sekisho replay`, and what runs between them.
//!
//! [`runtime_api`] plays AWS Lambda's Runtime API and [`config_endpoint`] the one call of AWS Config that takes
//! verdicts; [`bootstrap`] runs the real function between them, [`event`] makes its events, [`rules`] reads the
//! rules, and [`session`] goes through the steps. They are part of the product: authors use them daily, and the
//! end-to-end tests use the same.

pub mod bootstrap;
pub mod config_endpoint;
pub mod event;
pub mod rules;
pub mod runtime_api;
pub mod session;
