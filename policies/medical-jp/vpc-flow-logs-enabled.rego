# METADATA
# title: Every VPC has a flow log that is active, complete and delivered within Japan
# description: >-
#   A VPC counts as covered when a flow log of its own is in order, or when each of its subnets has one; logs of
#   single network interfaces do not count, since a new interface would have none. In order means active,
#   for all traffic, delivered without error, to a log group, a stream or a bucket in the allowed regions.
#   The logs are asked of EC2, because a configuration item does not follow the state of their delivery. The
#   region of a bucket is known where AWS Config recorded it here, and otherwise it has to be named in
#   externalBuckets. A default VPC without network interfaces is NOT_APPLICABLE.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html
#   - https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/vpc-flow-logs-enabled.html
# custom:
#   id: vpc-flow-logs-enabled
#   title_ja: 全VPCでフローログ(全トラフィック)が取得され、国内へ正常に配信されている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::EC2::VPC
#   inventory:
#     - AWS::S3::Bucket
#   parameters:
#     type: object
#     properties:
#       allowedRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         minItems: 1
#         default: [ap-northeast-1, ap-northeast-3]
#         description: Regions where the logs may be delivered to
#         description_ja: 配信先として許可するリージョン
#       trafficType:
#         type: string
#         enum: [ALL, ACCEPT, REJECT]
#         default: ALL
#         description: Traffic that has to be recorded; a log of all traffic always does
#         description_ja: 記録すべきトラフィック(ALLのフローログは常に可)
#       requiredFormatFields:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z0-9-]+$"
#         default: []
#         description: Fields that the log's format has to have, such as pkt-srcaddr
#         description_ja: ログ形式に必須とするフィールド(pkt-srcaddrなど)
#       externalBuckets:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Buckets of another account or region that may receive the logs and are judged there
#         description_ja: 別アカウント・別リージョンにあり、そこで判定するログバケット
#       skipUnusedDefaultVpc:
#         type: boolean
#         default: true
#         description: Whether a default VPC without network interfaces is NOT_APPLICABLE
#         description_ja: ネットワークインターフェイスのないデフォルトVPCを対象外とするか
#   facts:
#     flow_logs: {provider: aws-api, service: ec2, action: DescribeFlowLogs}
#     subnets: {provider: aws-api, service: ec2, action: DescribeSubnets}
#     network_interfaces: {provider: aws-api, service: ec2, action: DescribeNetworkInterfaces}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 13 遵守事項①
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#   remediation: >-
#     Create a flow log of the VPC:
#     aws ec2 create-flow-logs --resource-type VPC --resource-ids VPC_ID --traffic-type ALL
#     --log-destination-type cloud-watch-logs --log-group-name NAME --deliver-logs-permission-arn ROLE_ARN.
#     A flow log cannot be changed: create the new one, then delete the old one with
#     aws ec2 delete-flow-logs --flow-log-ids ID. Where the delivery fails, correct the role or the policy of
#     the bucket.
#   remediation_ja: >-
#     VPCのフローログを作成する:
#     aws ec2 create-flow-logs --resource-type VPC --resource-ids VPCのID --traffic-type ALL
#     --log-destination-type cloud-watch-logs --log-group-name ロググループ名 --deliver-logs-permission-arn ロールのARN。
#     フローログは変更できないため、新しく作成してから古いものを
#     aws ec2 delete-flow-logs --flow-log-ids フローログIDで削除する。配信エラーはロールまたはバケットポリシーを修正する。
package sekisho_policies.vpc_flow_logs_enabled

import data.sekisho.decode

vpc := object.get(input, "resourceId", null)

# ---- what the VPC is made of

subnets := {object.get(subnet, "SubnetId", "unknown") |
	some subnet in decode.list(object.get(data.facts.subnets, "Subnets", null))
	object.get(subnet, "VpcId", null) == vpc
}

logs_of(resource) := [entry |
	some entry in decode.list(object.get(data.facts.flow_logs, "FlowLogs", null))
	object.get(entry, "ResourceId", null) == resource
]

candidates := [entry |
	some owner in {vpc} | subnets
	some entry in logs_of(owner)
]

id_of(entry) := object.get(entry, "FlowLogId", "unknown")

# ---- where a log goes

destination(entry) := sprintf("%v", [object.get(entry, "LogDestination", null)])

to_bucket(entry) if object.get(entry, "LogDestinationType", null) == "s3"

bucket(entry) := split(split(destination(entry), ":::")[1], "/")[0] if contains(destination(entry), ":::")

# Null where it cannot be told. A log group is in the region of the VPC; older logs name the group alone.
destination_region(entry) := region if {
	to_bucket(entry)
	region := object.get(data.inventory["AWS::S3::Bucket"], [bucket(entry), "awsRegion"], null)
} else := parts[3] if {
	not to_bucket(entry)
	parts := split(destination(entry), ":")
	count(parts) > 5
} else := object.get(input, "awsRegion", null) if {
	object.get(entry, "LogDestinationType", "cloud-watch-logs") == "cloud-watch-logs"
	not object.get(entry, "LogGroupName", null) in {null, ""}
} else := null

named_external(entry) if bucket(entry) in data.parameters.externalBuckets

# ---- what is wrong with each flow log, by its id

problem[id] contains {
	"msg": sprintf("it is not active: %v", [status]),
	"msg_ja": sprintf("有効ではありません: %v", [status]),
} if {
	some entry in candidates
	id := id_of(entry)
	status := object.get(entry, "FlowLogStatus", "unknown")
	status != "ACTIVE"
}

problem[id] contains {
	"msg": sprintf("its delivery does not succeed: %v", [why]),
	"msg_ja": sprintf("配信が成功していません: %v", [why]),
} if {
	some entry in candidates
	id := id_of(entry)
	status := object.get(entry, "DeliverLogsStatus", "unknown")
	status != "SUCCESS"
	why := object.get(entry, "DeliverLogsErrorMessage", status)
}

problem[id] contains {
	"msg": sprintf("it records %v traffic alone", [traffic]),
	"msg_ja": sprintf("%vトラフィックしか記録していません", [traffic]),
} if {
	some entry in candidates
	id := id_of(entry)
	traffic := object.get(entry, "TrafficType", "unknown")
	not traffic in {"ALL", data.parameters.trafficType}
}

problem[id] contains {
	"msg": sprintf("its format lacks %s", [concat(", ", missing)]),
	"msg_ja": sprintf("ログ形式に%sがありません", [concat(", ", missing)]),
} if {
	some entry in candidates
	id := id_of(entry)
	format := sprintf("%v", [object.get(entry, "LogFormat", null)])
	missing := {field |
		some field in data.parameters.requiredFormatFields
		not contains(format, sprintf("${%s}", [field]))
	}
	count(missing) > 0
}

problem[id] contains {
	"msg": sprintf("the region of its destination is unknown: %s", [destination(entry)]),
	"msg_ja": sprintf("配信先のリージョンを確認できません: %s", [destination(entry)]),
} if {
	some entry in candidates
	id := id_of(entry)
	destination_region(entry) == null
	not named_external(entry)
}

problem[id] contains {
	"msg": sprintf("it is delivered to %s, not an allowed region (%s)", [region, allowed]),
	"msg_ja": sprintf("配信先のリージョン%sは許可リージョン(%s)ではありません", [region, allowed]),
} if {
	some entry in candidates
	id := id_of(entry)
	region := destination_region(entry)
	region != null
	not region in data.parameters.allowedRegions
	allowed := concat(", ", data.parameters.allowedRegions)
}

# Not read with a default: without any problem at all, `problem` is undefined in Sekisho.
reasons(entry) := {reason | some reason in problem[id_of(entry)]}

# ---- what is covered

covered contains owner if {
	some owner in {vpc} | subnets
	some entry in logs_of(owner)
	count(reasons(entry)) == 0
}

default in_order := false

in_order if vpc in covered

in_order if {
	count(subnets) > 0
	count(subnets - covered) == 0
}

# ---- verdicts

interfaces := object.get(data.facts.network_interfaces, "NetworkInterfaces", null)

not_applicable if {
	data.parameters.skipUnusedDefaultVpc
	object.get(input, ["configuration", "isDefault"], false) == true
	is_array(interfaces)
	count([entry | some entry in interfaces; object.get(entry, "VpcId", vpc) == vpc]) == 0
}

deny contains {
	"msg": "the VPC has no flow log",
	"msg_ja": "VPCフローログが取得されていません",
} if {
	count(candidates) == 0
}

deny contains {
	"msg": sprintf("flow log %s: %s", [id_of(entry), reason.msg]),
	"msg_ja": sprintf("フローログ%s: %s", [id_of(entry), reason.msg_ja]),
} if {
	not in_order
	some entry in candidates
	some reason in reasons(entry)
}

deny contains {
	"msg": sprintf("the VPC has no flow log of its own, and these subnets have none either: %s", [names]),
	"msg_ja": sprintf("VPC全体のフローログがなく、次のサブネットにもフローログがありません: %s", [names]),
} if {
	not in_order
	count(candidates) > 0
	count(logs_of(vpc)) == 0
	bare := {subnet | some subnet in subnets; count(logs_of(subnet)) == 0}
	count(bare) > 0
	names := concat(", ", bare)
}
