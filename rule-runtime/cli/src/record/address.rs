//! IP addresses for IP addresses, so that what a policy asks of one has the same answer.
//!
//! Kept are the prefix length, whether an address is private, a carrier's (100.64.0.0/10) or public, and which network
//! contains which: two addresses of one kind share as many leading bits afterwards as before. What says nothing of its owner is left alone: loopback, link-local, the
//! unspecified and multicast addresses, and networks so wide that no one owns them (`0.0.0.0/0`, `128.0.0.0/1`, `::/0`).
//!
//! How: each bit of an address hangs on the bits before it. The first address that is seen takes the bits of the
//! documentation's own addresses (203.0.113.1, `2001:db8::1`, 10.0.0.1); one that branches off takes the other bit.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First octets of public addresses in the order in which they are given out.
const PUBLIC: [u8; 2] = [203, 198];
/// First octets below which some addresses are not public: none of these is given out.
const RESERVED: [u8; 6] = [10, 100, 127, 169, 172, 192];
/// A wider public network than this is no one's.
const WIDEST_V4: u8 = 7;
/// The bits by which global unicast addresses are known.
const GLOBAL_V6: u8 = 3;

/// Addresses that were seen, and what stands for them.
#[derive(Debug, Clone, Default)]
pub struct Addresses {
    /// First octet to the one that stands for it.
    octets: BTreeMap<u8, u8>,
    /// The bits of an address so far, to the bit of the one that was seen first. Which bits: number, and how many.
    seen: BTreeMap<(bool, u128, u8), bool>,
}

impl Addresses {
    /// What stands for `address`, which is a network where `prefix` is given; `None` where it stays.
    pub fn replace(&mut self, address: IpAddr, prefix: Option<u8>) -> Option<IpAddr> {
        match address {
            IpAddr::V4(address) => self.v4(address, prefix).map(IpAddr::V4),
            IpAddr::V6(address) => self.v6(address, prefix).map(IpAddr::V6),
        }
    }

    fn v4(&mut self, address: Ipv4Addr, prefix: Option<u8>) -> Option<Ipv4Addr> {
        let stays = address.is_loopback()
            || address.is_link_local()
            || address.is_unspecified()
            || address.octets()[0] == 0
            || address.octets()[0] >= 224;
        if stays || prefix.is_some_and(|prefix| prefix <= WIDEST_V4) {
            return None;
        }
        let [first, second, ..] = address.octets();
        let (kept, template) = match (first, second) {
            (10, _) => (8, Ipv4Addr::new(10, 0, 0, 1)),
            (100, 64..=127) => (10, Ipv4Addr::new(100, 64, 0, 1)),
            (172, 16..=31) => (12, Ipv4Addr::new(172, 16, 0, 1)),
            (192, 168) => (16, Ipv4Addr::new(192, 168, 0, 1)),
            _ => (8, self.public_template(first)),
        };
        let bits = Bits { is_v6: false, width: 32, kept, prefix };
        let replaced = self.walk(&bits, u32::from(address).into(), u32::from(template).into());
        u32::try_from(replaced).ok().map(Ipv4Addr::from)
    }

    /// The public addresses that those of a first octet become.
    fn public_template(&mut self, first: u8) -> Ipv4Addr {
        let given = self.octets.len();
        let free = |octet: &u8| !PUBLIC.contains(octet) && !RESERVED.contains(octet);
        // There are a few more public octets than are given out; no item names addresses of so many.
        let next = PUBLIC.into_iter().chain((1..224).rev().filter(free)).nth(given);
        let octet = *self.octets.entry(first).or_insert(next.unwrap_or(first));
        match octet {
            203 => Ipv4Addr::new(203, 0, 113, 1),
            198 => Ipv4Addr::new(198, 51, 100, 1),
            other => Ipv4Addr::new(other, 0, 0, 1),
        }
    }

    fn v6(&mut self, address: Ipv6Addr, prefix: Option<u8>) -> Option<Ipv6Addr> {
        if let Some(inner) = address.to_ipv4_mapped() {
            return self.v4(inner, None).map(|inner| inner.to_ipv6_mapped());
        }
        let first = address.segments()[0];
        let (kept, template) = match first {
            0x2000..=0x3fff => (GLOBAL_V6, Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
            0xfc00..=0xfdff => (8, Ipv6Addr::new(first & 0xff00, 0, 0, 0, 0, 0, 0, 1)),
            0xfe80..=0xfebf => (64, Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
            _ => return None,
        };
        if prefix.is_some_and(|prefix| prefix <= kept) {
            return None;
        }
        let bits = Bits { is_v6: true, width: 128, kept, prefix };
        Some(Ipv6Addr::from(self.walk(&bits, address.into(), template.into())))
    }

    fn walk(&mut self, bits: &Bits, address: u128, template: u128) -> u128 {
        let bit = |number: u128, at: u8| (number >> (bits.width - 1 - at)) & 1 == 1;
        let host_is_zero = |prefix: u8| (prefix..bits.width).all(|at| !bit(address, at));
        let is_network = bits.prefix.is_some_and(host_is_zero);
        let end = if is_network { bits.prefix.unwrap_or(bits.width) } else { bits.width };
        let (mut replaced, mut path) = (0u128, 0u128);
        for at in 0..bits.width {
            let own = bit(address, at);
            let set = if at >= end {
                false
            } else if at < bits.kept {
                bit(template, at)
            } else {
                let first = *self.seen.entry((bits.is_v6, path, at)).or_insert(own);
                bit(template, at) ^ (own != first)
            };
            replaced = (replaced << 1) | u128::from(set);
            path = (path << 1) | u128::from(own);
        }
        replaced
    }
}

/// How an address is walked.
struct Bits {
    is_v6: bool,
    width: u8,
    /// Leading bits that are those of the template.
    kept: u8,
    prefix: Option<u8>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn replace(addresses: &mut Addresses, text: &str) -> String {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, p.parse().ok()));
        let replaced = addresses.replace(address.parse().unwrap(), prefix).map(|new| new.to_string());
        let replaced = replaced.unwrap_or_else(|| address.to_owned());
        prefix.map_or(replaced.clone(), |prefix| format!("{replaced}/{prefix}"))
    }

    #[test]
    fn private_stays_private_and_networks_hold_their_addresses() {
        let mut addresses = Addresses::default();
        for (from, to) in [
            ("10.20.0.0/16", "10.0.0.0/16"),
            ("10.20.30.40", "10.0.0.1"),
            ("10.21.0.0/16", "10.1.0.0/16"),
            ("172.20.1.1", "172.16.0.1"),
            ("54.239.28.85", "203.0.113.1"),
            ("54.239.28.84/31", "203.0.113.0/31"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("128.0.0.0/1", "128.0.0.0/1"),
            ("169.254.169.254", "169.254.169.254"),
            ("::/0", "::/0"),
            ("2400:cb00::/32", "2001:db8::/32"),
            ("2400:cb00::1234", "2001:db8::1"),
        ] {
            assert_eq!(replace(&mut addresses, from), to, "{from}");
        }
    }

    /// Whether an address is private, and whether it is a carrier's.
    fn kind(address: Ipv4Addr) -> (bool, bool) {
        (address.is_private(), u32::from(address) >> 22 == u32::from(Ipv4Addr::new(100, 64, 0, 0)) >> 22)
    }

    fn shared(one: u32, other: u32) -> u32 {
        (one ^ other).leading_zeros()
    }

    proptest! {
        #[test]
        fn as_many_leading_bits_are_shared_as_before(list in proptest::collection::vec(any::<u32>(), 1..20)) {
            let mut addresses = Addresses::default();
            let replaced: Vec<u32> = list
                .iter()
                .map(|&one| addresses.v4(one.into(), None).map_or(one, u32::from))
                .collect();
            for (at, &one) in list.iter().enumerate() {
                let (from, to) = (Ipv4Addr::from(one), Ipv4Addr::from(replaced[at]));
                prop_assert_eq!(kind(from), kind(to), "{} {}", from, to);
                for (other_at, &other) in list.iter().enumerate() {
                    let (before, after) = (shared(one, other), shared(replaced[at], replaced[other_at]));
                    // The first octet of a public address is given out as a whole.
                    if kind(from) == kind(other.into()) {
                        prop_assert!(before == after || (before < 8 && after < 8), "{} {}", before, after);
                    }
                    prop_assert_eq!(one == other, replaced[at] == replaced[other_at]);
                }
            }
        }
    }
}
