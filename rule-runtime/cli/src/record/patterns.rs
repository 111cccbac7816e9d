//! The forms by which an original is known wherever it stands.
//!
//! Sources: AWS's documentation of ARNs, IAM unique ids and the prefixes of EC2's ids.

use std::sync::LazyLock;

use regex::Regex;

/// Prefixes of ids that are followed by 8 or 17 digits in hexadecimal.
const ID_PREFIXES: &str = "acl|aclassoc|acm-pca|ami|ari|aki|bi|c|cgw|cr|dopt|dxcon|dxvif|eigw|eipalloc|eipassoc|eni|eni-attach|fl|fpi|\
    fs|fsap|fsmt|g|h|i|igw|import-ami|import-i|import-snap|ipam|ipam-pool|ipam-scope|key|l|lgw|lt|mi|nat|nip|pcx|pg|pl|r|rnat|rtb|\
    rtbassoc|scg|sg|sgr|sir|sfr|snap|subnet|subnet-cidr-assoc|svc|tgw|tgw-attach|tgw-rtb|tmf|tms|tmt|vgw|vol|vpc|\
    vpc-cidr-assoc|vpce|vpce-svc|vpn";

/// Endings of domain names; others are left, for `index.handler` and `aurora.3` are none.
const ENDINGS: &str = "com|net|org|edu|gov|info|biz|io|ai|cloud|dev|local|internal|intranet|corp|lan|jp|uk|us|eu|de|fr|cn|kr|tw|sg|in|au|aws";

/// Compiled once a run.
#[derive(Debug, Clone)]
pub struct Patterns {
    /// An ARN, up to a space, a quote or a bracket.
    pub arn: Regex,
    /// An e-mail address.
    pub email: Regex,
    /// A domain name.
    pub host: Regex,
    /// A UUID.
    pub uuid: Regex,
    /// IAM's ids: four letters that say what it is, and 16 or more.
    pub iam_id: Regex,
    /// An id with its prefix.
    pub resource_id: Regex,
    /// A distribution's, a hosted zone's.
    pub upper_id: Regex,
    /// A long number in hexadecimal.
    pub hexadecimal: Regex,
    /// A MAC address.
    pub mac: Regex,
    /// Possibly an IPv6 address or network.
    pub ipv6: Regex,
    /// Possibly an IPv4 address or network.
    pub ipv4: Regex,
    /// An IPv4 address in a host name.
    pub dashed: Regex,
    /// Twelve digits.
    pub account: Regex,
    /// What stands for other text in ARNs of policies.
    pub wildcard: Regex,
}

/// The one copy: compiling takes longer than scrubbing a file.
static PATTERNS: LazyLock<Result<Patterns, regex::Error>> = LazyLock::new(Patterns::new);

impl Patterns {
    /// The patterns.
    ///
    /// # Errors
    /// One of them is wrong, which the tests would have shown.
    pub fn get() -> Result<&'static Self, regex::Error> {
        PATTERNS.as_ref().map_err(Clone::clone)
    }

    fn new() -> Result<Self, regex::Error> {
        Ok(Self {
            arn: Regex::new(r#"arn:aws[a-z-]*:[A-Za-z0-9*-]*:[a-z0-9*-]*:[^:\s"'/]*:[^\s"'<>(),;\[\]]+"#)?,
            email: Regex::new(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")?,
            host: Regex::new(&format!(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)+(?:{ENDINGS})"))?,
            uuid: Regex::new("[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")?,
            iam_id: Regex::new(
                "(?:ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA)[A-Z0-9]{16,}",
            )?,
            resource_id: Regex::new(&format!(
                "(?:{ID_PREFIXES})-(?:[0-9a-f]{{17}}|[0-9a-f]{{8}})|mrk-[0-9a-f]{{32}}|vo_[0-9a-f]{{16}}|\
                 (?:db|cluster)-[A-Z0-9]{{16,30}}|[a-z]{{2}}-[a-z]+-[0-9]_[A-Za-z0-9]{{9}}|o-[a-z0-9]{{10}}|\
                 ou-[a-z0-9]{{4}}-[a-z0-9]{{8}}"
            ))?,
            upper_id: Regex::new("[EZ][A-Z0-9]{12,31}")?,
            hexadecimal: Regex::new("[0-9a-f]{16,}|[0-9A-F]{32,}")?,
            mac: Regex::new("(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")?,
            ipv6: Regex::new(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:]+(?:[0-9.]+)?(?:/[0-9]{1,3})?")?,
            ipv4: Regex::new(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3,}(?:/[0-9]{1,2})?")?,
            dashed: Regex::new("(?:ip|ec2)(?:-[0-9]{1,3}){4}")?,
            account: Regex::new("[0-9]{12}")?,
            wildcard: Regex::new(r"\*|\?|\$\{[^}]*\}|[{}]")?,
        })
    }
}
