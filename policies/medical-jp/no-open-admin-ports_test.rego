package sekisho_policies.no_open_admin_ports_test

import data.sekisho_policies.no_open_admin_ports

defaults := {
	"ports": [22, 3306, 3389],
	"naclPorts": [22, 3389],
	"minPrefixV4": 16,
	"minPrefixV6": 48,
	"allowedCidrs": [],
	"allowedPrefixLists": [],
}

permission(changes) := object.union(
	{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipv4Ranges": [], "ipv6Ranges": [], "prefixListIds": [], "ipRanges": [], "userIdGroupPairs": []},
	changes,
)

from(cidr) := permission({"ipv4Ranges": [{"cidrIp": cidr}], "ipRanges": [cidr]})

from6(cidr) := permission({"ipv6Ranges": [{"cidrIpv6": cidr}]})

group(permissions) := {"resourceType": "AWS::EC2::SecurityGroup", "configuration": {"ipPermissions": permissions, "ipPermissionsEgress": [from("0.0.0.0/0")]}}

acl(entries) := {"resourceType": "AWS::EC2::NetworkAcl", "configuration": {"entries": entries}}

entry(number, action, cidr, changes) := object.union(
	{"ruleNumber": number, "protocol": "6", "ruleAction": action, "egress": false, "cidrBlock": cidr, "portRange": {"from": 22, "to": 22}},
	changes,
)

messages(document, changes) := {reason.msg |
	some reason in no_open_admin_ports.deny with input as document with data.parameters as object.union(defaults, changes)
}

skipped(document, changes) if {
	no_open_admin_ports.not_applicable with input as document with data.parameters as object.union(defaults, changes)
}

test_nothing_open if {
	messages(group([]), {}) == set()
	messages(acl([]), {}) == set()
}

test_world if {
	messages(group([from("0.0.0.0/0")]), {}) == {"tcp 22 is open to 0.0.0.0/0 (22)"}
	messages(group([from6("::/0")]), {}) == {"tcp 22 is open to ::/0 (22)"}
}

test_older_items_list_texts if {
	messages(group([{"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "ipRanges": ["0.0.0.0/0"]}]), {}) == {"tcp 22 is open to 0.0.0.0/0 (22)"}
}

test_halves_of_the_world if {
	messages(group([from("0.0.0.0/1"), from("128.0.0.0/1")]), {}) == {"tcp 22 is open to 0.0.0.0/1 (22)", "tcp 22 is open to 128.0.0.0/1 (22)"}
}

test_prefix_lengths if {
	count(messages(group([from("198.51.0.0/15")]), {})) == 1
	messages(group([from("198.51.0.0/16")]), {}) == set()
	messages(group([from("198.51.100.7/32")]), {}) == set()
	count(messages(group([from6("2001:db8::/47")]), {})) == 1
	messages(group([from6("2001:db8::/48")]), {}) == set()
	count(messages(group([from("198.51.100.0/24")]), {"minPrefixV4": 25})) == 1
	messages(group([from6("2001:d00::/24")]), {"minPrefixV4": 32, "minPrefixV6": 24}) == set()
	count(messages(group([from6("2001:db8::/64")]), {"minPrefixV6": 65})) == 1
}

test_private_is_not_the_internet if {
	every cidr in ["10.0.0.0/8", "10.2.0.0/15", "172.16.0.0/12", "100.64.0.0/10", "192.168.0.0/16"] {
		messages(group([from(cidr)]), {"minPrefixV4": 32}) == set()
	}
	every cidr in ["fd00::/8", "fc00::/7", "fe80::/10"] {
		messages(group([from6(cidr)]), {}) == set()
	}
	every cidr in ["8.0.0.0/7", "172.0.0.0/8", "192.0.0.0/8", "100.0.0.0/8"] {
		count(messages(group([from(cidr)]), {})) == 1
	}
	count(messages(group([from6("fc00::/6")]), {})) == 1
}

test_allowed_cidr if {
	messages(group([from("0.0.0.0/0")]), {"allowedCidrs": ["0.0.0.0/0"]}) == set()
	count(messages(group([from("0.0.0.0/0")]), {"allowedCidrs": ["::/0"]})) == 1
}

test_ports if {
	wide := {"ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}
	messages(group([permission(object.union(wide, {"fromPort": 443, "toPort": 443}))]), {}) == set()
	messages(group([permission(object.union(wide, {"fromPort": 23, "toPort": 3305}))]), {}) == set()
	messages(group([permission(object.union(wide, {"fromPort": 3306, "toPort": 3389}))]), {}) == {"tcp 3306-3389 is open to 0.0.0.0/0 (3306, 3389)"}
	messages(group([permission(object.union(wide, {"fromPort": 0, "toPort": 65535}))]), {}) == {"tcp 0-65535 is open to 0.0.0.0/0 (22, 3306, 3389)"}
	messages(group([permission(object.union(wide, {"fromPort": 0, "toPort": 0}))]), {"ports": [0, 22]}) == {"tcp 0 is open to 0.0.0.0/0 (0)"}
}

test_ports_missing_means_all if {
	every ends in [{"fromPort": null, "toPort": null}, {"fromPort": -1, "toPort": -1}, {"fromPort": 443, "toPort": null}] {
		document := group([permission(object.union({"ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}, ends))])
		messages(document, {}) == {"tcp 0-65535 is open to 0.0.0.0/0 (22, 3306, 3389)"}
	}
}

test_all_traffic if {
	messages(group([{"ipProtocol": "-1", "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}]), {}) == {"all traffic is open to 0.0.0.0/0 (22, 3306, 3389)"}
	messages(group([{"ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}]}]), {}) == {"all traffic is open to 0.0.0.0/0 (22, 3306, 3389)"}
	messages(group([{"ipProtocol": "-1", "fromPort": 443, "toPort": 443, "ipRanges": ["0.0.0.0/0"]}]), {"ports": [22]}) == {"all traffic is open to 0.0.0.0/0 (22)"}
}

test_protocols if {
	every protocol in ["udp", "icmp", "17", "58", "50"] {
		messages(group([object.union(from("0.0.0.0/0"), {"ipProtocol": protocol})]), {}) == set()
	}
	every protocol in ["6", "TCP", 6] {
		messages(group([object.union(from("0.0.0.0/0"), {"ipProtocol": protocol})]), {}) == {"tcp 22 is open to 0.0.0.0/0 (22)"}
	}
}

test_prefix_list if {
	document := group([permission({"prefixListIds": [{"prefixListId": "pl-61a54008"}]})])
	messages(document, {}) == {"tcp 22 is open to the prefix list pl-61a54008 (22); name it in allowedPrefixLists if its content is known"}
	messages(document, {"allowedPrefixLists": ["pl-61a54008"]}) == set()
}

test_unreadable_source if {
	every cidr in ["anywhere", "0.0.0.0", "0.0.0.0/33", ""] {
		messages(group([permission({"ipv4Ranges": [{"cidrIp": cidr}]})]), {}) == {sprintf("tcp 22 is open to %s, which cannot be read (22)", [cidr])}
	}
	messages(group([permission({"ipv4Ranges": [{"description": "x"}]})]), {}) == {"tcp 22 is open to (none), which cannot be read (22)"}
}

test_rules_not_recorded if {
	every document in [{"resourceType": "AWS::EC2::SecurityGroup"}, group(null)] {
		messages(document, {}) == {"the inbound rules are not recorded"}
	}
	messages({"resourceType": "AWS::EC2::NetworkAcl"}, {}) == {"the entries are not recorded"}
}

test_acl_world if {
	messages(acl([entry(100, "allow", "0.0.0.0/0", {})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0"}
	messages(acl([entry(100, "allow", "0.0.0.0/0", {"protocol": "-1"})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0", "entry 100 opens tcp 3389 to 0.0.0.0/0"}
	messages(acl([{"ruleNumber": 101, "protocol": "-1", "ruleAction": "allow", "egress": false, "ipv6CidrBlock": "::/0"}]), {"naclPorts": [22]}) == {"entry 101 opens tcp 22 to ::/0"}
}

test_acl_outbound_and_narrow if {
	messages(acl([entry(100, "allow", "0.0.0.0/0", {"egress": true}), entry(101, "allow", "10.0.0.0/8", {}), entry(102, "deny", "0.0.0.0/0", {})]), {}) == set()
	messages(acl([entry(100, "allow", "0.0.0.0/0", {"protocol": "17"})]), {}) == set()
}

test_acl_order if {
	open := {"portRange": {"from": 0, "to": 65535}}
	messages(acl([entry(90, "deny", "0.0.0.0/0", {}), entry(100, "allow", "0.0.0.0/0", open)]), {}) == {"entry 100 opens tcp 3389 to 0.0.0.0/0"}
	messages(acl([entry(100, "allow", "0.0.0.0/0", {}), entry(110, "deny", "0.0.0.0/0", {})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0"}
	messages(acl([entry(90, "deny", "0.0.0.0/1", {}), entry(100, "allow", "0.0.0.0/0", {})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0"}
	messages(acl([entry(90, "deny", "::/0", {}), entry(100, "allow", "0.0.0.0/0", {})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0"}
	messages(acl([entry(90, "deny", "0.0.0.0/0", {"egress": true}), entry(100, "allow", "0.0.0.0/0", {})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0"}
	messages(acl([entry(90, "deny", "0.0.0.0/0", {}), entry(100, "allow", "0.0.0.0/0", {})]), {}) == set()
}

six(number, action) := {"ruleNumber": number, "protocol": "-1", "ruleAction": action, "egress": false, "ipv6CidrBlock": "::/0"}

test_acl_order_v6 if {
	messages(acl([six(90, "deny"), six(100, "allow")]), {}) == set()
	count(messages(acl([six(110, "deny"), six(100, "allow")]), {})) == 2
}

test_acl_earlier_allow_does_not_shut if {
	messages(acl([entry(90, "allow", "0.0.0.0/0", {}), entry(100, "allow", "0.0.0.0/0", {})]), {}) == {"entry 90 opens tcp 22 to 0.0.0.0/0", "entry 100 opens tcp 22 to 0.0.0.0/0"}
}

test_acl_source_unreadable if {
	every cidr in ["anywhere", "", null] {
		messages(acl([entry(100, "allow", cidr, {})]), {}) == {"entry 100 has a source that cannot be read"}
		messages(acl([entry(100, "deny", cidr, {})]), {}) == set()
		messages(acl([entry(100, "allow", cidr, {"portRange": {"from": 443, "to": 443}})]), {}) == set()
	}
}

test_acl_ports_of_security_groups_do_not_count if {
	messages(acl([entry(100, "allow", "0.0.0.0/0", {"portRange": {"from": 3306, "to": 3306}})]), {}) == set()
}

test_acl_switched_off if {
	skipped(acl([]), {"naclPorts": []})
	not skipped(acl([]), {})
	not skipped(group([]), {"naclPorts": []})
}

test_acl_deny_that_cannot_be_read_shuts_nothing if {
	messages(acl([entry(90, "deny", "anywhere", {}), entry(100, "allow", "0.0.0.0/0", {})]), {}) == {"entry 100 opens tcp 22 to 0.0.0.0/0"}
}

test_acl_deny_with_the_same_number_shuts_nothing if {
	count(messages(acl([entry(100, "deny", "0.0.0.0/0", {}), entry(100, "allow", "0.0.0.0/0", {})]), {})) == 1
}

test_acl_fields_that_are_missing if {
	messages(acl([{"protocol": "-1", "ruleAction": "allow", "cidrBlock": "0.0.0.0/0"}]), {"naclPorts": [22]}) == {"entry 32767 opens tcp 22 to 0.0.0.0/0"}
	messages(acl([{"ruleNumber": 1, "cidrBlock": "0.0.0.0/0"}]), {"naclPorts": [22]}) == {"entry 1 opens tcp 22 to 0.0.0.0/0"}
}

test_all_traffic_means_every_port if {
	messages(group([{"ipProtocol": "-1", "ipRanges": ["0.0.0.0/0"]}]), {"ports": [0, 65535]}) == {"all traffic is open to 0.0.0.0/0 (0, 65535)"}
	messages(group([{"ipProtocol": "tcp", "ipRanges": ["0.0.0.0/0"]}]), {"ports": [0, 65535]}) == {"tcp 0-65535 is open to 0.0.0.0/0 (0, 65535)"}
}
