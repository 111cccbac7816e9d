# METADATA
# title: Security groups do not open SSH and RDP to the world
# description: >-
#   Nested lists and ranges; inbound TCP and "all traffic", IPv4 and IPv6. The ports of interest are in the range that a
#   permission opens.
# scope: package
# custom:
#   id: security-group-closed
#   title_ja: セキュリティグループがSSHとRDPを全世界に公開していない
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::EC2::SecurityGroup
#   parameters:
#     type: object
#     properties:
#       ports:
#         type: array
#         items:
#           type: integer
#         default: [22, 3389]
#         description: Ports that may not be open to the world
#         description_ja: 全世界に公開してはならないポート
#   remediation: Take the permission away.
package sekisho_policies.security_group_closed

world := {"0.0.0.0/0", "::/0"}

permissions := object.get(input, ["configuration", "ipPermissions"], null)

deny contains {"msg": "the permissions are not recorded"} if not is_array(permissions)

deny contains {"msg": sprintf("port %d is open to %s", [port, source])} if {
	some permission in permissions
	some port in data.parameters.ports
	covers(permission, port)
	some source in sources(permission)
	source in world
}

covers(permission, _) if object.get(permission, "ipProtocol", "") == "-1"

covers(permission, port) if {
	object.get(permission, "ipProtocol", "") == "tcp"
	object.get(permission, "fromPort", 0) <= port
	object.get(permission, "toPort", 65535) >= port
}

sources(permission) := v4 | v6 if {
	v4 := {range.cidrIp | some range in object.get(permission, "ipv4Ranges", [])}
	v6 := {range.cidrIpv6 | some range in object.get(permission, "ipv6Ranges", [])}
}
