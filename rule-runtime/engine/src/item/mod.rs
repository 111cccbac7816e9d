//! Configuration items: what AWS Config delivers, in any shape, becomes one [`ConfigurationItem`].
//!
//! [`load`] reads bytes and folders, [`shape`] finds the items in a document whatever wraps them, and
//! [`normalise`] gives every item the spelling of the rule event.

mod blocks;
mod buffer;
pub mod cutter;
pub mod load;
mod normalise;
pub use normalise::kind;
pub mod raw;
mod reader;
pub mod shape;
pub mod stream;
pub mod time;
pub mod tree;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::diagnostic::Diagnostic;
use crate::verdict::ResourceKey;

/// The resource type of the account itself in periodic evaluations.
pub const ACCOUNT_TYPE: &str = "AWS::::Account";

/// What AWS Config says of a resource's recording (`ConfigurationItemStatus` of the API).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemStatus {
    /// `OK` and `ResourceDiscovered`, and an item that does not say: the resource is there.
    Live,
    /// `ResourceDeleted` and `ResourceDeletedNotRecorded`.
    Deleted,
    /// `ResourceNotRecorded`.
    NotRecorded,
}

/// One configuration item in the spelling of the rule event.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationItem {
    /// Type and id.
    pub resource: ResourceKey,
    /// `awsAccountId`, as delivered.
    pub account_id: Option<String>,
    /// `awsRegion`.
    pub region: Option<String>,
    /// `ARN`.
    pub arn: Option<String>,
    /// Whether the resource is there.
    pub status: ItemStatus,
    /// `configurationItemCaptureTime`.
    pub capture_time: Option<Timestamp>,
    /// The whole item: the `input` of a policy.
    pub document: Value,
}

impl ConfigurationItem {
    /// Reads one item in any of the known spellings.
    ///
    /// `file` and `path` say where it stands, for the error.
    ///
    /// # Errors
    /// A field that every item has is missing or is of the wrong type.
    pub fn from_map(item: Map<String, Value>, file: &str, path: &str) -> Result<Self, Diagnostic> {
        normalise::normalise(item, file, path)
    }

    /// The account as the `input` of a periodic policy.
    pub fn account(account_id: &str, region: &str, at: Timestamp) -> Self {
        let document = json!({
            "configurationItemVersion": "1.3",
            "configurationItemCaptureTime": time::format(at),
            "configurationItemStatus": "OK",
            "awsAccountId": account_id,
            "resourceType": ACCOUNT_TYPE,
            "resourceId": account_id,
            "awsRegion": region,
            "tags": {},
            "relationships": [],
            "configuration": {},
            "supplementaryConfiguration": {},
        });
        Self {
            resource: ResourceKey { resource_type: ACCOUNT_TYPE.into(), resource_id: account_id.into() },
            account_id: Some(account_id.into()),
            region: Some(region.into()),
            arn: None,
            status: ItemStatus::Live,
            capture_time: Some(at),
            document,
        }
    }
}
