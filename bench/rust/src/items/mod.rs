//! Items as AWS Config delivers them in a snapshot, made up: the same numbers give the same bytes.
//!
//! Two kinds of data. [`Kind::Repeating`] is a fleet: resources made from a few hundred templates that differ in ids,
//! names, ARNs, times and tags, some templates for thousands of resources and some for a few. [`Kind::Distinct`] is the
//! worst case for whoever remembers what it has seen: each resource has a template of its own, and ports, address ranges,
//! statements and settings differ.
//!
//! The order of an item's fields is that of a delivered snapshot: `configuration` stands before `resourceType`.

mod compute;
mod identity;
mod network;
mod operations;
pub mod random;
mod storage;
mod template;

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

use random::Random;
use template::Template;

/// The account of all items.
pub const ACCOUNT: &str = "123456789012";

/// The home region.
pub const REGION: &str = "ap-northeast-1";

/// Regions that are not the home region, in Japan and elsewhere.
const ELSEWHERE: [&str; 12] = [
    "ap-northeast-3",
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-south-1",
    "ca-central-1",
    "sa-east-1",
    "ap-northeast-2",
    "us-east-2",
];

/// How many templates a fleet has.
const TEMPLATES: u64 = 400;

/// What the items have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A few hundred templates.
    Repeating,
    /// A template an item.
    Distinct,
}

/// Which types there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// Some thirty types, as an account has them.
    All,
    /// Security groups.
    SecurityGroups,
    /// S3 buckets.
    Buckets,
}

/// What a type says of a resource; the rest of an item is the same for all.
struct Body {
    resource_type: &'static str,
    /// With blanks, as all texts.
    id: String,
    name: Value,
    arn: String,
    /// Of no region, as IAM.
    global: bool,
    relationships: Vec<Value>,
    configuration: Value,
    supplementary: Value,
}

/// Makes what a type says; the number is how many bytes it should have, about.
type Maker = fn(&mut Random, usize) -> Body;

/// Each type with its share, in thousandths.
const TYPES: [(u64, Maker); 29] = [
    (80, compute::instance),
    (90, compute::volume),
    (70, compute::function),
    (10, compute::group),
    (100, network::security_group),
    (80, network::interface),
    (30, network::subnet),
    (10, network::vpc),
    (15, network::route_table),
    (20, network::load_balancer),
    (8, network::acl),
    (80, storage::bucket),
    (30, storage::database),
    (40, storage::table),
    (25, storage::topic),
    (25, storage::queue),
    (20, storage::secret),
    (12, storage::snapshot),
    (70, identity::role),
    (50, identity::policy),
    (20, identity::user),
    (30, identity::key),
    (2, identity::trail),
    (45, operations::association),
    (15, operations::patches),
    (30, operations::inventory),
    (20, operations::stack),
    (60, operations::alarm),
    (20, operations::event_rule),
];

/// An endless row of items.
pub struct Items {
    kind: Kind,
    random: Random,
    types: Vec<(u64, Vec<Template>, Maker)>,
    number: usize,
}

impl Items {
    /// Items of `selection`; the same `seed` gives the same items.
    pub fn new(kind: Kind, selection: Selection, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let types = match selection {
            Selection::All => TYPES.to_vec(),
            Selection::SecurityGroups => vec![(1, network::security_group as Maker)],
            Selection::Buckets => vec![(1, storage::bucket as Maker)],
        };
        let shares: u64 = types.iter().map(|(share, _)| share).sum();
        let types = types
            .into_iter()
            .map(|(share, maker)| {
                let count = if kind == Kind::Repeating { (TEMPLATES * share / shares).max(2) } else { 0 };
                // The sizes of a type's few templates are spread, or one large one would decide the average.
                let offset = random.fraction();
                let templates = (0..count).map(|number| {
                    let number = f64::from(u32::try_from(number).unwrap_or(0));
                    template(maker, kind, (offset + number * 0.618_034).fract(), &mut random)
                });
                (share, templates.collect(), maker)
            })
            .collect();
        Self { kind, random, types, number: 0 }
    }
}

impl Iterator for Items {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let random = &mut self.random;
        let mut place = random.below(self.types.iter().map(|(share, _, _)| share).sum());
        let (_, templates, maker) = self.types.iter().find(|(share, _, _)| {
            let here = place < *share;
            place = place.saturating_sub(*share);
            here
        })?;
        self.number += 1;
        if templates.is_empty() {
            let size = random.fraction();
            return Some(template(*maker, self.kind, size, random).fill(self.number, random));
        }
        // The first templates have most of the resources, as in a fleet.
        let skewed = random.fraction().powi(2) * f64::from(u32::try_from(templates.len()).ok()?);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below the number of templates"
        )]
        let template = templates.get(skewed as usize)?;
        Some(template.fill(self.number, random))
    }
}

/// A whole item with blanks; `size` from 0 to 1 says where it stands among the small and the large ones.
fn template(maker: Maker, kind: Kind, size: f64, random: &mut Random) -> Template {
    // With what all items have, and the blanks filled in: from 1 to some 40 KB, 11 on the average.
    let size = 27_000.0 * size.powf(2.3);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 27,000")]
    let body = maker(random, size as usize);
    let region = match body.global {
        true => "global",
        false if random.chance(if kind == Kind::Repeating { 940 } else { 500 }) => REGION,
        false => random.pick(&ELSEWHERE),
    };
    // What the type names as the home region follows the item.
    let place = |text: &str| if region == "global" { text.to_owned() } else { text.replace(REGION, region) };
    let item = json!({
        "relatedEvents": [],
        "relationships": body.relationships,
        "configuration": body.configuration,
        "supplementaryConfiguration": body.supplementary,
        "tags": tags(random),
        "configurationItemVersion": "1.3",
        "configurationItemCaptureTime": "~captured~",
        "configurationStateId": 0,
        "awsAccountId": ACCOUNT,
        "configurationItemStatus": if random.chance(100) { "ResourceDiscovered" } else { "OK" },
        "resourceType": body.resource_type,
        "resourceId": body.id,
        "resourceName": body.name,
        "ARN": body.arn,
        "awsRegion": region,
        "availabilityZone": "Not Applicable",
        "configurationStateMd5Hash": "",
        "resourceCreationTime": "~created~",
    });
    Template::new(
        &place(&item.to_string()).replace("\"configurationStateId\":0,", "\"configurationStateId\":~state~,"),
    )
}

fn tags(random: &mut Random) -> Value {
    let mut tags = Map::new();
    tags.insert("Name".into(), "~name~".into());
    tags.insert("CostCentre".into(), "cc-~hex~".into());
    for (key, values) in [
        ("Environment", ["production", "staging", "development"]),
        ("Owner", ["platform", "clinical", "billing"]),
        ("Backup", ["daily", "weekly", "none"]),
        ("DataClass", ["phi", "internal", "public"]),
    ] {
        if random.chance(700) {
            let value = random.pick(&[values[0], values[1], values[2]]);
            tags.insert(key.into(), value.into());
        }
    }
    tags.into()
}

fn relationship(resource_type: &str, id: &str, name: &str) -> Value {
    json!({"resourceId": id, "resourceType": resource_type, "name": name})
}

/// As many elements as have `size` bytes together, at least one.
fn filled(size: usize, mut make: impl FnMut(u64) -> Value) -> Vec<Value> {
    let (mut elements, mut length, mut number) = (Vec::new(), 0, 0);
    while elements.is_empty() || length < size {
        let element = make(number);
        length += element.to_string().len() + 1;
        number += 1;
        elements.push(element);
    }
    elements
}

/// A policy document of IAM as AWS Config has it: its JSON in the encoding of URLs.
fn encoded(document: &Value) -> Value {
    percent_encoding::utf8_percent_encode(&document.to_string(), percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%7E", "~")
        .into()
}

/// Writes `count` items, one a line, and says how many bytes they have.
///
/// # Errors
/// `out` does not take it.
pub fn write_lines(items: Items, count: usize, mut out: impl Write) -> io::Result<u64> {
    let mut bytes = 0;
    for item in items.take(count) {
        bytes += item.len() as u64 + 1;
        writeln!(out, "{item}")?;
    }
    out.flush()?;
    Ok(bytes)
}

/// Writes a gzipped snapshot of `count` items and says how many bytes of JSON it holds.
///
/// # Errors
/// `out` does not take it.
pub fn write_snapshot(items: Items, count: usize, out: impl Write) -> io::Result<u64> {
    let mut out = GzEncoder::new(out, Compression::default());
    let head = "{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"made-up\",\"configurationItems\":[";
    out.write_all(head.as_bytes())?;
    let mut bytes = head.len() as u64 + 2;
    for (number, item) in items.take(count).enumerate() {
        if number > 0 {
            out.write_all(b",")?;
        }
        out.write_all(item.as_bytes())?;
        bytes += item.len() as u64 + 1;
    }
    out.write_all(b"]}")?;
    out.finish()?.flush()?;
    Ok(bytes)
}
