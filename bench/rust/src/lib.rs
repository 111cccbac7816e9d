//! What `make bench` measures in one process; `bench/` at the root says how the figures become a document.
//!
//! [`items`] makes items up, [`way`] is the one place that calls the engine, [`floor`] is what no engine can be faster
//! than: unpacking the bytes and seeing that they are JSON.

pub mod floor;
pub mod items;
pub mod way;
