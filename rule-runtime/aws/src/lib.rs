//! AWS behind small interfaces: what the function tells AWS Config, and what policies need to know.
//!
//! [`accounts`] has the clients of each account that the function serves, [`evaluations`] sends what the engine
//! judged, [`recorded`] and [`snapshots`] read items, [`facts`] fetches what policies need to know beside them;
//! [`lookup`] reads items for a person.

pub mod accounts;
pub mod api;
pub mod clients;
pub mod evaluations;
pub mod facts;
#[cfg(test)]
mod fake;
mod iam;
pub mod lookup;
pub mod recorded;
pub mod s3;
pub mod snapshots;
