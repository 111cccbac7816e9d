//! One text: each original in it becomes its replacement, ARNs and host names keep their structure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use regex::Regex;
use sekisho_engine::diagnostic::Diagnostic;

use super::address::Addresses;
use super::owned;
use super::patterns::Patterns;
use super::pieces::Pieces;
use super::table::{self, Kind, Table};

/// Replaces originals in texts; what it has replaced it remembers.
#[derive(Debug, Clone)]
pub struct Texts {
    patterns: &'static Patterns,
    /// What was replaced by what.
    pub table: Table,
    addresses: Addresses,
    /// Names of managed policies and the like, which stay.
    pub aws_names: BTreeSet<String>,
    /// The names that are looked for in every text, the longest first.
    distinctive: Option<Regex>,
}

impl Texts {
    /// With nothing replaced yet.
    ///
    /// # Errors
    /// A pattern does not compile.
    pub fn new() -> Result<Self, Diagnostic> {
        let patterns = Patterns::get().map_err(|error| Diagnostic::new("record", error.to_string()))?;
        Ok(Self {
            patterns,
            table: Table::default(),
            addresses: Addresses::default(),
            aws_names: BTreeSet::new(),
            distinctive: None,
        })
    }

    /// Looks for each of `names` in every text from now on.
    ///
    /// # Errors
    /// There are too many.
    pub fn look_for(&mut self, names: &BTreeSet<String>) -> Result<(), Diagnostic> {
        let mut names: Vec<_> = names.iter().filter(|name| is_distinctive(name)).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        if names.is_empty() {
            return Ok(());
        }
        let one_of = names.iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|");
        let compiled = Regex::new(&one_of).map_err(|error| {
            Diagnostic::new("record", format!("too many names for one run: {error}"))
                .help("ask for fewer items with --limit")
        })?;
        self.distinctive = Some(compiled);
        Ok(())
    }

    /// The ARNs in `text`.
    pub fn arns<'t>(&self, text: &'t str) -> Vec<&'t str> {
        self.patterns.arn.find_iter(text).map(|found| found.as_str()).collect()
    }

    /// `text` with all that is known by its form, and every distinctive name.
    pub fn text(&mut self, text: &str, path: &str, has_addresses: bool) -> String {
        let mut pieces = Pieces::new(text);
        self.by_forms(&mut pieces, path, has_addresses);
        if let Some(names) = self.distinctive.clone() {
            pieces.each(&names, |name| Some(self.put(Kind::Name, name, path, name_of)));
        }
        pieces.text()
    }

    /// `text`, which is a name or a path of names: each part of it, whatever it looks like.
    pub fn name(&mut self, text: &str, path: &str) -> String {
        let is_more =
            self.patterns.arn.is_match(text) || self.patterns.email.is_match(text) || text.contains("://");
        let is_host = self
            .patterns
            .host
            .find(text)
            .is_some_and(|host| host.as_str() == text && owned::is_aws_host(text));
        if is_more || is_host {
            return self.text(text, path, true);
        }
        self.by_form(text, path).unwrap_or_else(|| self.segments(text, None, path))
    }

    /// `text` as a whole, by `kind`; what is an ARN, an address or an id by itself is replaced as such.
    pub fn whole(&mut self, kind: Kind, text: &str, path: &str, make: impl Fn(usize) -> String) -> String {
        if text.is_empty() {
            return String::new();
        }
        if let Some(known) = self.by_form(text, path) {
            return known;
        }
        if self.table.knows(Kind::Name, text) {
            return self.put(Kind::Name, text, path, name_of);
        }
        self.put(kind, text, path, make)
    }

    /// `text`, which may be a list with commas of what is known as a name: the value of a parameter.
    pub fn parameter(&mut self, text: &str, path: &str) -> String {
        let parts = text.split(',').map(|part| match part.trim() {
            name if self.table.knows(Kind::Name, name) => self.put(Kind::Name, name, path, name_of),
            id if self.table.knows(Kind::ResourceId, id) => self.put(Kind::ResourceId, id, path, name_of),
            _ => self.text(part, path, true),
        });
        parts.collect::<Vec<_>>().join(",")
    }

    /// The replacement where the whole of `text` is one thing that is known by its form.
    fn by_form(&mut self, text: &str, path: &str) -> Option<String> {
        let patterns = self.patterns;
        let forms = [
            &patterns.arn,
            &patterns.email,
            &patterns.host,
            &patterns.uuid,
            &patterns.iam_id,
            &patterns.resource_id,
            &patterns.upper_id,
            &patterns.hexadecimal,
            &patterns.mac,
            &patterns.ipv6,
            &patterns.ipv4,
            &patterns.dashed,
            &patterns.account,
        ];
        let is_one = |form: &&Regex| form.find(text).is_some_and(|found| found.as_str() == text);
        if !forms.iter().any(is_one) {
            return None;
        }
        let mut pieces = Pieces::new(text);
        self.by_forms(&mut pieces, path, true);
        pieces.done()
    }

    /// All that is known by its form, the most telling first.
    fn by_forms(&mut self, pieces: &mut Pieces, path: &str, has_addresses: bool) {
        let patterns = self.patterns;
        pieces.each(&patterns.arn, |arn| Some(self.arn(arn, path)));
        pieces.each(&patterns.email, |email| {
            Some(self.put(Kind::Email, email, path, |number| format!("person-{number}@example.com")))
        });
        pieces.each(&patterns.host, |host| Some(self.host(host, path)));
        self.ids(pieces, path);
        if has_addresses {
            self.ip_addresses(pieces, path);
        }
        pieces.each(&patterns.account, |account| {
            Some(self.put(Kind::AccountId, account, path, table::account))
        });
    }

    fn put(&mut self, kind: Kind, original: &str, path: &str, make: impl FnOnce(usize) -> String) -> String {
        let replacement = self.table.replacement(kind, original, make);
        self.table.note(kind, original, &replacement, path);
        replacement
    }

    fn ids(&mut self, pieces: &mut Pieces, path: &str) {
        let patterns = self.patterns;
        pieces.each(&patterns.uuid, |uuid| {
            if owned::uuid(uuid) {
                return Some(uuid.to_owned());
            }
            let lower = uuid.to_ascii_lowercase();
            Some(
                self.put(Kind::Uuid, &lower, path, |number| format!("00000000-0000-4000-8000-{number:012x}")),
            )
        });
        pieces.each(&patterns.iam_id, |id| {
            let kind = if id.starts_with("AKIA") || id.starts_with("ASIA") {
                Kind::AccessKeyId
            } else {
                Kind::ResourceId
            };
            let prefix = format!("{}EXAMPLE", &id[..4]);
            Some(self.put(kind, id, path, |number| table::numbered(&prefix, number, id.len())))
        });
        pieces.each(&patterns.resource_id, |id| {
            let cut = id.rfind(['-', '_']).map_or(0, |at| at + 1);
            let (prefix, number_length) = id.split_at(cut);
            Some(self.put(Kind::ResourceId, id, path, |number| {
                format!("{prefix}{}", table::numbered("", number, number_length.len()))
            }))
        });
        pieces.each(&patterns.upper_id, |id| {
            let is_id = id.bytes().any(|byte| byte.is_ascii_digit());
            is_id.then(|| {
                let prefix = format!("{}EXAMPLE", &id[..1]);
                self.put(Kind::ResourceId, id, path, |number| table::numbered(&prefix, number, id.len()))
            })
        });
        pieces.each(&patterns.hexadecimal, |hexadecimal| {
            let is_number = hexadecimal.bytes().all(|byte| byte.is_ascii_digit());
            (!is_number).then(|| {
                self.put(Kind::Digest, hexadecimal, path, |number| {
                    table::numbered("d", number, hexadecimal.len())
                })
            })
        });
    }

    fn ip_addresses(&mut self, pieces: &mut Pieces, path: &str) {
        let patterns = self.patterns;
        pieces.each(&patterns.mac, |mac| {
            Some(self.put(Kind::MacAddress, mac, path, |number| {
                format!("02:00:00:00:{:02x}:{:02x}", (number >> 8) & 0xff, number & 0xff)
            }))
        });
        for pattern in [&patterns.ipv6, &patterns.ipv4] {
            pieces.each(pattern, |text| self.ip_address(text, path));
        }
        pieces.each(&patterns.dashed, |name| {
            let (prefix, digits) = name.split_once('-')?;
            let address = digits.replace('-', ".");
            let replaced = self.ip_address(&address, path)?;
            Some(format!("{prefix}-{}", replaced.replace('.', "-")))
        });
    }

    fn ip_address(&mut self, text: &str, path: &str) -> Option<String> {
        let (address, prefix) =
            text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let length = prefix.map(str::parse).transpose().ok()?;
        let Some(replaced) = self.addresses.replace(address, length) else {
            // It stays, and nothing in it is looked at again.
            return Some(text.to_owned());
        };
        let replaced = prefix.map_or_else(|| replaced.to_string(), |prefix| format!("{replaced}/{prefix}"));
        self.table.note(Kind::IpAddress, text, &replaced, path);
        Some(replaced)
    }

    /// `arn:partition:service:region:account:resource`: the account and the names of the resource.
    fn arn(&mut self, arn: &str, path: &str) -> String {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, partition, service, region, account, resource] = parts.as_slice() else {
            return arn.to_owned();
        };
        if *account == "aws" {
            return arn.to_owned();
        }
        let account = if self.patterns.account.is_match(account) {
            self.put(Kind::AccountId, account, path, table::account)
        } else {
            (*account).to_owned()
        };
        let resource = self.resource(service, resource, path);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    /// The resource of an ARN. In most services its first part is a type, which stays.
    fn resource(&mut self, service: &str, resource: &str, path: &str) -> String {
        let has_type = !matches!(service, "s3" | "sns" | "sqs");
        match resource.find(['/', ':']) {
            Some(at) if has_type && resource[..at].chars().all(|c| c.is_ascii_lowercase() || c == '-') => {
                format!(
                    "{}{}",
                    &resource[..=at],
                    self.segments(&resource[at + 1..], Some(&resource[..at]), path)
                )
            }
            _ => self.segments(resource, None, path),
        }
    }

    /// Parts with `/` and `:` between; `before` is the part before them.
    fn segments(&mut self, text: &str, before: Option<&str>, path: &str) -> String {
        let mut made = String::with_capacity(text.len());
        let (mut rest, mut before) = (text, before);
        loop {
            let end = rest.find(['/', ':']).unwrap_or(rest.len());
            let part = &rest[..end];
            made.push_str(&self.segment(part, before, path));
            if end == rest.len() {
                return made;
            }
            made.push_str(&rest[end..=end]);
            (rest, before) = (&rest[end + 1..], Some(part));
        }
    }

    fn segment(&mut self, part: &str, before: Option<&str>, path: &str) -> String {
        if owned::segment(part, before) || self.aws_names.contains(part) {
            return part.to_owned();
        }
        // A replica of Lambda@Edge is named after its region.
        if let Some((region, rest)) = part.split_once('.').filter(|(region, _)| owned::region(region)) {
            return format!("{region}.{}", self.segment(rest, None, path));
        }
        if let Some(of_identity_center) = self.identity_center(part, path) {
            return of_identity_center;
        }
        if let Some(known) = self.by_form(part, path) {
            return known;
        }
        if self.patterns.wildcard.is_match(part) {
            return self.with_wildcards(part, path);
        }
        self.put(Kind::Name, part, path, name_of)
    }

    /// Names that IAM Identity Center makes of a permission set's name and of numbers.
    fn identity_center(&mut self, part: &str, path: &str) -> Option<String> {
        if let Some(number) =
            part.strip_prefix("AWSSSO_").and_then(|rest| rest.strip_suffix("_DO_NOT_DELETE"))
        {
            return Some(format!("AWSSSO_{}_DO_NOT_DELETE", self.segment(number, None, path)));
        }
        let (set, number) = part.strip_prefix("AWSReservedSSO_")?.rsplit_once('_')?;
        let set = self.segment(set, None, path);
        Some(format!("AWSReservedSSO_{set}_{}", self.segment(number, None, path)))
    }

    /// `karte-*`: the wildcards stay, what is between them are names.
    fn with_wildcards(&mut self, part: &str, path: &str) -> String {
        let pattern = &self.patterns.wildcard;
        let (mut made, mut at) = (String::new(), 0);
        let ends = pattern
            .find_iter(part)
            .map(|found| (found.start(), found.end()))
            .chain([(part.len(), part.len())]);
        for (start, end) in ends {
            let between = &part[at..start];
            let is_kept = self.aws_names.iter().any(|name| name.contains(between));
            if between.chars().any(char::is_alphanumeric) && !is_kept {
                made.push_str(&self.segment(between, None, path));
            } else {
                made.push_str(between);
            }
            made.push_str(&part[start..end]);
            at = end;
        }
        made
    }

    /// A domain name; in one of AWS's only the labels that customers give.
    fn host(&mut self, host: &str, path: &str) -> String {
        if owned::host(host) {
            return host.to_owned();
        }
        if !owned::is_aws_host(host) {
            return self.put(Kind::DomainName, host, path, |number| format!("host-{number}.example.com"));
        }
        let labels: Vec<&str> = host.split('.').collect();
        let replaced: Vec<String> = labels
            .iter()
            .enumerate()
            .map(|(at, label)| {
                if owned::label(label, at, labels.len()) {
                    (*label).to_owned()
                } else {
                    self.segment(label, None, path)
                }
            })
            .collect();
        replaced.join(".")
    }
}

/// The `number`-th name.
pub fn name_of(number: usize) -> String {
    format!("name-{number}")
}

/// Whether a name is one wherever it stands: `web` or `all` is a word, `karte-images` is not.
pub fn is_distinctive(name: &str) -> bool {
    let marked = name.chars().any(|letter| !letter.is_ascii_alphabetic());
    let letters = name.chars().filter(|letter| letter.is_alphanumeric()).count();
    (marked && letters >= 4) || letters >= 8
}
