# METADATA
# title: Running instances are managed by Systems Manager, without SSH keys, public addresses and IMDSv1
# description: >-
#   Whoever works on an instance goes through Session Manager, which knows the person and keeps a log. Looked
#   at are running instances: whether Systems Manager reaches them, whether they have a key pair or a public
#   IPv4 address, and whether the metadata service asks for a token (IMDSv2) or is off. An instance that does
#   not run is NOT_APPLICABLE. What AWS Config did not record counts as not in order. An SSH key put on the
#   disk later is in no API.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/systems-manager/latest/userguide/managed_instances.html
#   - https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/ec2-instance-managed-by-systems-manager.html
# custom:
#   id: ec2-managed-by-ssm
#   title_ja: EC2がSystems Managerの管理下にあり、キーペア・パブリックIP・IMDSv1を使用しない
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::EC2::Instance
#   parameters:
#     type: object
#     properties:
#       forbidKeyPair:
#         type: boolean
#         default: true
#         description: Whether an instance must not be launched with a key pair
#         description_ja: キーペアの使用を禁止するか
#       forbidPublicIp:
#         type: boolean
#         default: true
#         description: Whether an instance must not have a public IPv4 address
#         description_ja: パブリックIPv4アドレスを禁止するか
#       requireImdsv2:
#         type: boolean
#         default: true
#         description: Whether the metadata service has to ask for a token
#         description_ja: IMDSv2を必須とするか
#       exceptTag:
#         type: string
#         default: ""
#         description: >-
#           Tag of instances that may have a key pair and a public address, such as a bastion, as Key or
#           Key=Value. Empty excepts none
#         description_ja: キーペアとパブリックIPを認めるインスタンス(踏み台など)のタグ(キー、またはキー=値)。空なら例外なし
#   facts:
#     nodes: {provider: aws-api, service: ssm, action: DescribeInstanceInformation}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 10 遵守事項④
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 13 遵守事項②
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "9.1"
#       confidence: M
#   remediation: >-
#     Give the instance a role with AmazonSSMManagedInstanceCore
#     (aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=PROFILE); ask for
#     tokens with aws ec2 modify-instance-metadata-options --instance-id ID --http-tokens required; launch it
#     again without a key pair, in a private subnet
#   remediation_ja: >-
#     AmazonSSMManagedInstanceCoreを付与したロールを割り当てる
#     (aws ec2 associate-iam-instance-profile --instance-id ID --iam-instance-profile Name=プロファイル名)。
#     IMDSv2は aws ec2 modify-instance-metadata-options --instance-id ID --http-tokens required で必須にする。
#     キーペアとパブリックIPを外すには、プライベートサブネットにキーペアなしで作り直す
package sekisho_policies.ec2_managed_by_ssm

import data.sekisho.decode
import data.sekisho.tags

state := object.get(input, ["configuration", "state", "name"], null)

key_name := object.get(input, ["configuration", "keyName"], null)

interfaces := object.get(input, ["configuration", "networkInterfaces"], null)

tokens := object.get(input, ["configuration", "metadataOptions", "httpTokens"], null)

endpoint := object.get(input, ["configuration", "metadataOptions", "httpEndpoint"], null)

instance_id := object.get(input, "resourceId", null)

ping_statuses := {object.get(node, "PingStatus", "unknown") |
	some node in decode.list(object.get(data.facts.nodes, "InstanceInformationList", null))
	object.get(node, "InstanceId", null) == instance_id
}

# The address of the instance, of each interface and of each private address.
public_addresses := {address |
	some address in array.concat(
		[object.get(input, ["configuration", "publicIpAddress"], null)],
		[object.get(holder, ["association", "publicIp"], null) | some holder in holders],
	)
	not address in {null, ""}
}

holders := [holder |
	some interface in decode.list(interfaces)
	some holder in array.concat([interface], decode.list(object.get(interface, "privateIpAddresses", null)))
]

default excepted := false

excepted if tags.matches(object.get(input, "tags", {}), data.parameters.exceptTag)

not_applicable if state in {"pending", "shutting-down", "terminated", "stopping", "stopped"}

deny contains {
	"msg": "the state of the instance is not recorded",
	"msg_ja": "インスタンスの状態が記録されていません",
} if {
	state != "running"
}

deny contains {
	"msg": "the instance is not managed by Systems Manager",
	"msg_ja": "Systems Managerの管理下にありません",
} if {
	count(ping_statuses) == 0
}

deny contains {
	"msg": sprintf("Systems Manager does not reach the instance (%s)", [status]),
	"msg_ja": sprintf("Systems Managerと通信できていません(%s)", [status]),
} if {
	some status in ping_statuses
	status != "Online"
}

deny contains {
	"msg": sprintf("the instance has the key pair %s", [key_name]),
	"msg_ja": sprintf("キーペア%sが設定されています", [key_name]),
} if {
	data.parameters.forbidKeyPair
	not excepted
	not key_name in {null, ""}
}

deny contains {
	"msg": sprintf("the instance has a public address (%s)", [address]),
	"msg_ja": sprintf("パブリックIPアドレス(%s)が割り当てられています", [address]),
} if {
	data.parameters.forbidPublicIp
	not excepted
	some address in public_addresses
}

deny contains {
	"msg": "the network interfaces are not recorded",
	"msg_ja": "ネットワークインターフェイスが記録されていません",
} if {
	data.parameters.forbidPublicIp
	not excepted
	not is_array(interfaces)
}

deny contains {
	"msg": "the metadata options are not recorded",
	"msg_ja": "メタデータオプションが記録されていません",
} if {
	data.parameters.requireImdsv2
	tokens == null
	endpoint != "disabled"
}

deny contains {
	"msg": sprintf("the metadata service answers without a token (httpTokens %v)", [tokens]),
	"msg_ja": sprintf("IMDSv2が必須になっていません(httpTokens: %v)", [tokens]),
} if {
	data.parameters.requireImdsv2
	not tokens in {null, "required"}
	endpoint != "disabled"
}
