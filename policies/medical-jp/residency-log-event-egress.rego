# METADATA
# title: Logs, events and streams are sent only to Japan and to known accounts
# description: >-
#   Read is where each of these sends what passes through it: destinations of CloudWatch Logs, rules, endpoints and API
#   destinations of EventBridge, VPC flow logs, trails of CloudTrail and delivery streams of Firehose. The ARN of a target
#   names region and account. A bucket's does not: it is looked up among the account's own, and for those of others in
#   bucketRegions. HTTP endpoints have to be of AWS in an allowed region or among allowedHosts: what leaves for a service
#   abroad is agreed on there, or in a waiver. Disabled rules send nothing and are NOT_APPLICABLE. Subscription filters,
#   which AWS Config does not record, are judged by residency-log-subscriptions.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CrossAccountSubscriptions.html
#   - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html
#   - https://docs.aws.amazon.com/firehose/latest/APIReference/API_DestinationDescription.html
# custom:
#   id: residency-log-event-egress
#   title_ja: ログ・イベントの転送先が国内かつ許可アカウントである
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::Logs::Destination
#     - AWS::Events::Rule
#     - AWS::Events::Endpoint
#     - AWS::Events::ApiDestination
#     - AWS::EC2::FlowLog
#     - AWS::CloudTrail::Trail
#     - AWS::KinesisFirehose::DeliveryStream
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
#         description: Regions that may be sent to
#         description_ja: 転送先として許可するリージョン
#       allowedAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts beside the own that may be sent to, such as the one that keeps the logs
#         description_ja: 転送先として許可する他アカウントのID(ログ保管用アカウントなど)
#       bucketRegions:
#         type: array
#         items:
#           type: string
#           pattern: "^[a-z0-9][a-z0-9.-]+=[a-z]{2}(-[a-z]+)+-[0-9]+$"
#         default: []
#         description: Regions of the known buckets of other accounts, as in log-bucket=ap-northeast-1
#         description_ja: 転送先として許可する他アカウントのバケットとそのリージョン。「log-bucket=ap-northeast-1」のように書く
#       allowedHosts:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Hosts outside AWS that may be sent to, * for any text
#         description_ja: 転送先として許可するAWS外のホスト名(*可)
#   facts:
#     own_buckets:
#       provider: aws-api
#       service: s3
#       action: ListBuckets
#       parameters: {MaxBuckets: 1000}
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 7 遵守事項⑥
#       confidence: H
#   remediation: >-
#     Let it lead to a target in Tokyo or Osaka: aws events put-targets; aws logs put-destination; aws cloudtrail update-trail;
#     aws firehose update-destination; make flow logs and API destinations anew. Name agreed accounts, buckets and
#     hosts in the rule's parameters.
#   remediation_ja: >-
#     転送先を東京・大阪リージョンに変更する(aws events put-targets、aws logs put-destination、aws cloudtrail update-trail、
#     aws firehose update-destination。フローログとAPI送信先は作り直す)。合意済みのアカウント、バケット、ホストは
#     ルールのパラメータに指定する。
package sekisho_policies.residency_log_event_egress

import data.sekisho.decode
import data.sekisho.places
import data.sekisho.wildcard

kind := input.resourceType

setting(path) := object.get(input, array.concat(["configuration"], path), null)

present(value) if not value in {null, ""}

not_applicable if {
	kind == "AWS::Events::Rule"
	setting(["State"]) == "DISABLED"
}

# ---- where each type sends to: ARNs, hosts and names of buckets; no two types mean something else by a field

arns contains setting(["TargetArn"]) if kind == "AWS::Logs::Destination"

arns contains arn if {
	some target in decode.list(setting(["Targets"]))
	arn := object.get(target, "Arn", null)
}

# A rule's dead letters are its events.
arns contains arn if {
	some target in decode.list(setting(["Targets"]))
	arn := object.get(target, ["DeadLetterConfig", "Arn"], null)
	present(arn)
}

arns contains arn if {
	some bus in decode.list(setting(["EventBuses"]))
	arn := object.get(bus, "EventBusArn", null)
}

# Where flow logs go to a log group of the same region, they name that alone.
arns contains arn if {
	kind == "AWS::EC2::FlowLog"
	arn := setting(["logDestination"])
	not into_log_group
}

into_log_group if {
	not present(setting(["logDestination"]))
	setting(["logDestinationType"]) == "cloud-watch-logs"
	present(setting(["logGroupName"]))
}

arns contains arn if {
	some field in ["cloudWatchLogsLogGroupArn", "snsTopicARN"]
	arn := setting([field])
	present(arn)
}

named_buckets contains setting(["s3BucketName"])

hosts contains places.host(setting(["InvocationEndpoint"]))

# Every destination of a delivery stream, with its backup in S3, wherever it stands.
delivered[member] contains value if {
	kind == "AWS::KinesisFirehose::DeliveryStream"
	is_object(setting([]))
	walk(setting([]), [path, value])
	count(path) > 1
	member := path[count(path) - 1]
	member in {"BucketARN", "DomainARN", "Url", "HECEndpoint", "ClusterEndpoint", "CollectionEndpoint", "ClusterJDBCURL", "AccountUrl", "WarehouseLocation"}
	present(value)
}

arns contains arn if some arn in delivered.BucketARN

arns contains arn if some arn in delivered.DomainARN

hosts contains places.host(url) if {
	some member in ["Url", "HECEndpoint", "ClusterEndpoint", "CollectionEndpoint", "ClusterJDBCURL", "AccountUrl"]
	some url in delivered[member]
}

# "s3://bucket/key" of Iceberg tables.
named_buckets contains places.host(url) if some url in delivered.WarehouseLocation

regions contains region if {
	region := setting(["RoutingConfig", "FailoverConfig", "Secondary", "Route"])
	present(region)
}

# ---- buckets

buckets contains name if {
	some arn in arns
	name := places.bucket(arn)
}

buckets contains name if {
	some name in named_buckets
	present(name)
}

given_regions := {name: region |
	some text in data.parameters.bucketRegions
	[name, region] := split(text, "=")
}

own_regions := places.bucket_regions(data.facts.own_buckets)

bucket_region(name) := region if {
	region := own_regions[name]
} else := given_regions[name]

others := {arn | some arn in arns; not places.bucket(arn)}

# ---- verdicts

deny contains {
	"msg": sprintf("sends to %s, outside the allowed regions", [arn]),
	"msg_ja": sprintf("国外リージョンへ転送しています: %s", [arn]),
} if {
	some arn in others
	region := places.region(arn)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("sends to %s, of an account that is not allowed", [arn]),
	"msg_ja": sprintf("許可されていないアカウントへ転送しています: %s", [arn]),
} if {
	some arn in others
	number := places.account(arn)
	number != input.awsAccountId
	not number in data.parameters.allowedAccounts
}

deny contains {
	"msg": sprintf("sends to %v, whose region cannot be told", [arn]),
	"msg_ja": sprintf("転送先のリージョンを確認できません: %v", [arn]),
} if {
	some arn in others
	not places.region(arn)
}

deny contains {
	"msg": sprintf("sends to bucket %s in %s, outside the allowed regions", [name, region]),
	"msg_ja": sprintf("国外リージョン%sのバケット%sへ転送しています", [region, name]),
} if {
	some name in buckets
	region := bucket_region(name)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("sends to bucket %s, which is neither the account's own nor named in bucketRegions", [name]),
	"msg_ja": sprintf("転送先バケット%sは自アカウントになく、bucketRegionsにも指定されていません", [name]),
} if {
	some name in buckets
	not bucket_region(name)
}

deny contains {
	"msg": sprintf("sends to %s in %s, outside the allowed regions", [host, region]),
	"msg_ja": sprintf("国外リージョン%sのエンドポイントへ転送しています: %s", [region, host]),
} if {
	some host in hosts
	region := places.host_region(host)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("sends to %s, which is not an allowed host", [host]),
	"msg_ja": sprintf("許可されていないホストへ転送しています: %s", [host]),
} if {
	some host in hosts
	not places.host_region(host)
	not allowed_host(host)
}

allowed_host(host) if {
	some pattern in data.parameters.allowedHosts
	wildcard.matches(lower(pattern), host)
}

deny contains {
	"msg": sprintf("fails over to %s, outside the allowed regions", [region]),
	"msg_ja": sprintf("フェイルオーバー先が国外リージョン%sです", [region]),
} if {
	some region in regions
	not region in data.parameters.allowedRegions
}

# The log group lies where the flow log does.
deny contains {
	"msg": sprintf("sends to log group %s in %s, outside the allowed regions", [name, region]),
	"msg_ja": sprintf("国外リージョン%sのロググループ%sへ転送しています", [region, name]),
} if {
	into_log_group
	name := setting(["logGroupName"])
	region := object.get(input, "awsRegion", "unknown")
	not region in data.parameters.allowedRegions
}

# A rule may have no targets; of all others it is known what they send to.
deny contains {
	"msg": "where it sends to is not recorded",
	"msg_ja": "転送先が記録されていません",
} if {
	kind != "AWS::Events::Rule"
	not into_log_group
	count(arns) + (count(hosts) + count(buckets)) == 0
}

deny contains {
	"msg": "where it sends to is not recorded",
	"msg_ja": "転送先が記録されていません",
} if {
	kind == "AWS::Events::Rule"
	not is_object(object.get(input, "configuration", null))
}
