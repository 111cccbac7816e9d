//! Snapshots of AWS Config of any size, made up: the same number gives the same bytes.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::moto::{ACCOUNT, REGION};

/// How long an item is, in bytes of JSON, on the average: so long that 300,000 make 3 GB.
pub const ITEM: usize = 10_000;

/// Writes a gzipped snapshot of `count` `DynamoDB` tables to `out`; every third has no point-in-time recovery, and every
/// tenth item is of a type that no policy judges. Says how many bytes of JSON it holds.
///
/// # Errors
/// `out` does not take it.
pub fn write(count: usize, out: impl Write) -> io::Result<u64> {
    let mut out = Counted { inner: GzEncoder::new(out, Compression::fast()), count: 0 };
    write!(out, "{{\"fileVersion\":\"1.0\",\"configSnapshotId\":\"made-up\",\"configurationItems\":[")?;
    let mut random = Random(0x5eed);
    for number in 0..count {
        if number > 0 {
            out.write_all(b",")?;
        }
        out.write_all(item(number, &mut random).as_bytes())?;
    }
    out.write_all(b"]}")?;
    let bytes = out.count;
    out.inner.finish()?;
    Ok(bytes)
}

/// Whether the item is of a type that is judged.
pub const fn is_judged(number: usize) -> bool {
    number % 10 != 9
}

/// Whether the policies deny it.
pub const fn is_denied(number: usize) -> bool {
    is_judged(number) && number.is_multiple_of(3)
}

fn item(number: usize, random: &mut Random) -> String {
    let resource_type = if is_judged(number) { "AWS::DynamoDB::Table" } else { "AWS::EC2::Subnet" };
    let status = if is_denied(number) { "DISABLED" } else { "ENABLED" };
    let mut attributes = String::new();
    while attributes.len() < ITEM - 1_000 {
        let name = random.next();
        attributes += &format!("{{\"attributeName\":\"a{name:016x}\",\"attributeType\":\"S\"}},");
    }
    attributes.pop();
    format!(
        "{{\"relatedEvents\":[],\"relationships\":[],\"configuration\":{{\"tableName\":\"table-{number}\",\
         \"tableStatus\":\"ACTIVE\",\"attributeDefinitions\":[{attributes}]}},\
         \"supplementaryConfiguration\":{{\"ContinuousBackupsDescription\":{{\"continuousBackupsStatus\":\"ENABLED\",\
         \"pointInTimeRecoveryDescription\":{{\"pointInTimeRecoveryStatus\":\"{status}\"}}}}}},\"tags\":{{}},\
         \"configurationItemVersion\":\"1.3\",\"configurationItemCaptureTime\":\"2026-11-22T20:00:00.000Z\",\
         \"configurationStateId\":1795377600000,\"awsAccountId\":\"{ACCOUNT}\",\"configurationItemStatus\":\"OK\",\
         \"resourceType\":\"{resource_type}\",\"resourceId\":\"table-{number}\",\"resourceName\":\"table-{number}\",\
         \"ARN\":\"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/table-{number}\",\"awsRegion\":\"{REGION}\",\
         \"availabilityZone\":\"Not Applicable\",\"configurationStateMd5Hash\":\"\",\
         \"resourceCreationTime\":\"2026-04-01T00:00:00.000Z\"}}"
    )
}

/// xorshift: not random, but not to be packed into nothing.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

struct Counted<W> {
    inner: W,
    count: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
