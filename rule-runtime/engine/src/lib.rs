//! The engine of Sekisho: AWS Config items in, verdicts of Rego policies out.
//!
//! Pure: it reads bytes and folders that its callers name, and has no network, no clock, no AWS SDK and no
//! terminal. The way of an item: [`item`] makes one [`item::ConfigurationItem`] of whatever shape came in,
//! [`policy`] holds the policies and says which of them apply, [`evaluate`] runs them under guards and
//! gives [`verdict`]s. [`event`] reads what AWS Config sends to a rule's Lambda function, [`facts`] and
//! [`inventory`] hold what policies know beside the item. Whatever is wrong with an input is a [`diagnostic::Diagnostic`].

pub mod citation;
pub mod cloudformation;
pub mod codes;
pub mod compiled;
pub mod demands;
pub mod diagnostic;
pub mod evaluate;
pub mod event;
pub mod facts;
pub mod guideline;
pub mod inventory;
pub mod item;
pub mod lint;
pub mod ordered;
pub mod policy;
pub mod rule;
pub mod verdict;
pub mod waiver;
