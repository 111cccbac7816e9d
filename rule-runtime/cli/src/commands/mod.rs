//! One file a subcommand.

pub mod check;
pub mod docs;
pub mod doctor;
pub mod eval;
pub mod explain;
pub mod impact;
pub mod mutate;
pub mod new;
pub mod record;
pub mod replay;
pub mod report;
pub mod scan;
pub mod scan_cloudformation;
pub mod schema;
pub mod shell;
pub mod test;
