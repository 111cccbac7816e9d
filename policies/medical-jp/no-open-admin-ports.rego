# METADATA
# title: No security group or network ACL opens administration and database ports to the internet
# description: >-
#   Ports by which machines are administered and databases asked belong behind Session Manager, a VPN or a
#   bastion. Looked at are inbound TCP: port ranges, "all traffic", IPv4 and IPv6, and every public source
#   wider than a prefix length, so that 0.0.0.0/1 with 128.0.0.0/1 is found as well. Private addresses are
#   not the internet. A prefix list is denied unless the rule names it, for an item does not say what is in
#   it. For a network ACL the order of its entries counts; it is stateless, answers need its high ports, so
#   only the ports in naclPorts are looked at. A source that cannot be read is denied.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
#   - https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/nacl-no-unrestricted-ssh-rdp.html
# custom:
#   id: no-open-admin-ports
#   title_ja: SSH/RDP/DB管理ポートがインターネットに公開されていない
#   severity: critical
#   trigger: change
#   resource_types:
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::NetworkAcl
#   parameters:
#     type: object
#     properties:
#       ports:
#         type: array
#         items:
#           type: integer
#           minimum: 0
#           maximum: 65535
#         default: [22, 23, 1433, 1521, 3306, 3389, 5432, 5439, 5985, 5986, 6379, 9200, 27017]
#         description: TCP ports that a security group must not open
#         description_ja: セキュリティグループで公開してはならないTCPポート
#       naclPorts:
#         type: array
#         items:
#           type: integer
#           minimum: 0
#           maximum: 65535
#         default: [22, 3389]
#         description: TCP ports that a network ACL must not open; empty does not judge network ACLs
#         description_ja: ネットワークACLで公開してはならないTCPポート。空なら判定しない
#       minPrefixV4:
#         type: integer
#         minimum: 1
#         maximum: 32
#         default: 16
#         description: Shortest prefix of a public IPv4 source that still counts as restricted
#         description_ja: 接続元を限定しているとみなすIPv4プレフィックス長の下限
#       minPrefixV6:
#         type: integer
#         minimum: 1
#         maximum: 128
#         default: 48
#         description: Shortest prefix of a public IPv6 source that still counts as restricted
#         description_ja: 接続元を限定しているとみなすIPv6プレフィックス長の下限
#       allowedCidrs:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Sources that are allowed although they are wide, as they stand in the rules
#         description_ja: 例外として許可する接続元CIDR(ルールの記載どおりに指定)
#       allowedPrefixLists:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Ids of prefix lists (pl-...) whose content was confirmed
#         description_ja: 内容を確認済みのプレフィックスリストのID
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 13 遵守事項②
#       confidence: M
#     - guideline: 医療機関におけるサイバーセキュリティ対策チェックリスト
#       edition: 令和5〜8年度
#       clause: 接続元制限
#       confidence: H
#   remediation: >-
#     Take the rule away and use Session Manager instead:
#     aws ec2 revoke-security-group-ingress --group-id GROUP --security-group-rule-ids RULE;
#     for a network ACL aws ec2 replace-network-acl-entry --network-acl-id ACL --ingress --rule-number NUMBER
#     --protocol tcp --port-range From=22,To=22 --cidr-block 0.0.0.0/0 --rule-action deny
#   remediation_ja: >-
#     該当のインバウンドルールを削除し、接続にはSession Managerを使う:
#     aws ec2 revoke-security-group-ingress --group-id グループID --security-group-rule-ids ルールID。
#     ネットワークACLは
#     aws ec2 replace-network-acl-entry --network-acl-id ACLのID --ingress --rule-number 番号
#     --protocol tcp --port-range From=22,To=22 --cidr-block 0.0.0.0/0 --rule-action deny
package sekisho_policies.no_open_admin_ports

import data.sekisho.decode

resource_type := object.get(input, "resourceType", null)

permissions := object.get(input, ["configuration", "ipPermissions"], null)

entries := object.get(input, ["configuration", "entries"], null)

# Addresses that no router of the internet forwards.
private_ranges := [
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"fc00::/7", "fe80::/10", "::1/128",
]

v4_pattern := `^([0-9]{1,3})(\.[0-9]{1,3}){3}/([0-9]|[12][0-9]|3[0-2])$`

v6_pattern := `^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*/([0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])$`

is_v4(cidr) if regex.match(v4_pattern, cidr)

is_v6(cidr) if regex.match(v6_pattern, cidr)

prefix_length(cidr) := to_number(split(cidr, "/")[1])

private(cidr) if {
	some range in private_ranges
	net.cidr_contains(range, cidr)
}

# Public, and so wide that it restricts nothing.
wide(cidr) if {
	is_v4(cidr)
	prefix_length(cidr) < data.parameters.minPrefixV4
	public(cidr)
}

wide(cidr) if {
	is_v6(cidr)
	prefix_length(cidr) < data.parameters.minPrefixV6
	public(cidr)
}

public(cidr) if {
	not private(cidr)
	not cidr in data.parameters.allowedCidrs
}

readable(cidr) if is_v4(cidr)

readable(cidr) if is_v6(cidr)

# ---- security groups

# TCP by name or number, or all protocols.
of_tcp(protocol) if lower(sprintf("%v", [protocol])) in {"tcp", "6", "-1", "all"}

all_traffic(protocol) if sprintf("%v", [protocol]) in {"-1", "all"}

# What a rule of TCP opens, as [from, to]; without ports, or with -1, it opens all of them.
span(protocol, from, to) := [0, 65535] if {
	all_traffic(protocol)
} else := [0, 65535] if {
	count([end | some end in [from, to]; is_number(end); end >= 0]) < 2
} else := [from, to]

opened(ports, range) := [port |
	some port in ports
	port >= range[0]
	port <= range[1]
]

span_text(protocol, range) := {"en": "all traffic", "ja": "すべてのトラフィック"} if {
	all_traffic(protocol)
} else := {"en": text, "ja": text} if {
	text := sprintf("tcp %v", [tcp_text(range)])
}

tcp_text(range) := sprintf("%v-%v", range) if {
	range[0] < range[1]
} else := sprintf("%v", [range[1]])

port_text(ports) := concat(", ", [sprintf("%v", [port]) | some port in ports])

# Older items list IPv4 sources as texts alone, newer ones in both ways.
sources(permission) := ({cidr |
	some field in ["ipRanges", "ipv4Ranges"]
	some range in decode.list(object.get(permission, field, null))
	cidr := source_of(range, "cidrIp")
} | {cidr |
	some range in decode.list(object.get(permission, "ipv6Ranges", null))
	cidr := source_of(range, "cidrIpv6")
})

source_of(range, _) := range if is_string(range)

source_of(range, field) := object.get(range, field, "(none)") if is_object(range)

prefix_lists(permission) := {id |
	some entry in decode.list(object.get(permission, "prefixListIds", null))
	id := source_of(entry, "prefixListId")
}

# Rules of a security group that reach a port in question.
exposures contains {
	"text": span_text(protocol, range),
	"ports": port_text(hit),
	"sources": sources(permission),
	"prefixLists": prefix_lists(permission),
} if {
	is_array(permissions)
	some permission in permissions
	protocol := object.get(permission, "ipProtocol", "-1")
	of_tcp(protocol)
	range := span(protocol, object.get(permission, "fromPort", null), object.get(permission, "toPort", null))
	hit := opened(data.parameters.ports, range)
	count(hit) > 0
}

# ---- network ACLs

inbound := [entry |
	is_array(entries)
	some entry in entries
	object.get(entry, "egress", false) != true
	of_tcp(object.get(entry, "protocol", "-1"))
]

entry_source(entry) := [cidr |
	some field in ["cidrBlock", "ipv6CidrBlock"]
	cidr := object.get(entry, field, null)
	not cidr in {null, ""}
][0]

# The end of the list, where AWS denies what nothing matched.
entry_number(entry) := object.get(entry, "ruleNumber", 32767)

entry_action(entry) := lower(object.get(entry, "ruleAction", "allow"))

covers(entry, port) if {
	range := span(
		object.get(entry, "protocol", "-1"),
		object.get(entry, ["portRange", "from"], null),
		object.get(entry, ["portRange", "to"], null),
	)
	port in opened([port], range)
}

# An earlier entry denies all of what this one allows.
shut_before(entry, port) if {
	some earlier in inbound
	entry_action(earlier) == "deny"
	entry_number(earlier) < entry_number(entry)
	covers(earlier, port)
	contains_cidr(entry_source(earlier), entry_source(entry))
}

contains_cidr(outer, inner) if {
	readable(outer)
	net.cidr_contains(outer, inner)
}

# ---- verdicts

not_applicable if {
	resource_type == "AWS::EC2::NetworkAcl"
	count(data.parameters.naclPorts) == 0
}

deny contains {
	"msg": "the inbound rules are not recorded",
	"msg_ja": "インバウンドルールが記録されていません",
} if {
	resource_type == "AWS::EC2::SecurityGroup"
	not is_array(permissions)
}

deny contains {
	"msg": sprintf("%s is open to %s (%s)", [exposure.text.en, cidr, exposure.ports]),
	"msg_ja": sprintf("%sが%sに公開されています(対象ポート: %s)", [exposure.text.ja, cidr, exposure.ports]),
} if {
	some exposure in exposures
	some cidr in exposure.sources
	wide(cidr)
}

deny contains {
	"msg": sprintf("%s is open to %s, which cannot be read (%s)", [exposure.text.en, cidr, exposure.ports]),
	"msg_ja": sprintf("%sの接続元%sを読み取れません(対象ポート: %s)", [exposure.text.ja, cidr, exposure.ports]),
} if {
	some exposure in exposures
	some cidr in exposure.sources
	not readable(cidr)
}

deny contains {
	"msg": sprintf("%s is open to the prefix list %s (%s); name it in allowedPrefixLists if its content is known", [exposure.text.en, id, exposure.ports]),
	"msg_ja": sprintf("%sがプレフィックスリスト%sに公開されています(対象ポート: %s)。内容を確認のうえallowedPrefixListsに指定してください", [exposure.text.ja, id, exposure.ports]),
} if {
	some exposure in exposures
	some id in exposure.prefixLists
	not id in data.parameters.allowedPrefixLists
}

deny contains {
	"msg": "the entries are not recorded",
	"msg_ja": "ネットワークACLのルールが記録されていません",
} if {
	resource_type == "AWS::EC2::NetworkAcl"
	not is_array(entries)
}

deny contains {
	"msg": sprintf("entry %v opens tcp %v to %s", [entry_number(entry), port, cidr]),
	"msg_ja": sprintf("ルール番号%vがtcp %vを%sに公開しています", [entry_number(entry), port, cidr]),
} if {
	some entry in inbound
	entry_action(entry) == "allow"
	cidr := entry_source(entry)
	wide(cidr)
	some port in data.parameters.naclPorts
	covers(entry, port)
	not shut_before(entry, port)
}

deny contains {
	"msg": sprintf("entry %v has a source that cannot be read", [entry_number(entry)]),
	"msg_ja": sprintf("ルール番号%vの接続元を読み取れません", [entry_number(entry)]),
} if {
	some entry in inbound
	entry_action(entry) == "allow"
	some port in data.parameters.naclPorts
	covers(entry, port)
	not source_readable(entry)
}

source_readable(entry) if readable(entry_source(entry))
