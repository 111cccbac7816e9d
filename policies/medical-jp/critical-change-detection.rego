# METADATA
# title: An alarm or a rule tells of critical operations when they happen
# description: >-
#   Use of the root user, a stopped trail, changed permissions, keys, network openings and deleted backups have
#   to be noticed at once. Two ways count, and both together as well: an enabled rule of EventBridge with a
#   target, or a metric filter on the log group of a trail of all regions with an alarm that acts. IAM and the
#   root user's sign-in are global: EventBridge has their events in us-east-1 only; a failed sign-in comes in
#   the region where it happened, so both us-east-1 and the account's region are looked at. What a metric
#   filter lets through is read from its text; further conditions in it are not judged. Whether a target
#   reaches a person is judged by compliance-change-notification.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html
#   - https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
# custom:
#   id: critical-change-detection
#   title_ja: 重要操作(root・証跡停止・権限変更等)の検知が設定されている
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   parameters:
#     type: object
#     properties:
#       events:
#         type: array
#         items:
#           type: string
#           enum:
#             - root-use
#             - trail-stop
#             - iam-policy
#             - kms-disable
#             - sg-change
#             - nacl-change
#             - route-change
#             - console-fail
#             - backup-delete
#         minItems: 1
#         default:
#           - root-use
#           - trail-stop
#           - iam-policy
#           - kms-disable
#           - sg-change
#           - nacl-change
#           - route-change
#           - console-fail
#           - backup-delete
#         description: Operations that have to be noticed
#         description_ja: 検知が必要な操作
#   facts:
#     rules: {provider: aws-api, service: events, action: ListRules}
#     targets:
#       provider: aws-api
#       service: events
#       action: ListTargetsByRule
#       for_each: {fact: rules, items: Rules, parameters: {Rule: Name}}
#       tolerate: [ResourceNotFoundException]
#     global_rules:
#       provider: aws-api
#       service: events
#       action: ListRules
#       region: us-east-1
#       tolerate: [AccessDeniedException]
#     global_targets:
#       provider: aws-api
#       service: events
#       action: ListTargetsByRule
#       for_each: {fact: global_rules, items: Rules, parameters: {Rule: Name}}
#       tolerate: [AccessDeniedException, ResourceNotFoundException]
#     trails: {provider: aws-api, service: cloudtrail, action: DescribeTrails}
#     metric_filters: {provider: aws-api, service: logs, action: DescribeMetricFilters}
#     alarms: {provider: aws-api, service: cloudwatch, action: DescribeAlarms}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "18"
#       confidence: CH
#   remediation: >-
#     Make a rule for the operations named and give it a target, for IAM and root with --region us-east-1:
#     aws events put-rule --name NAME --event-pattern '{"detail-type":["AWS API Call via
#     CloudTrail"],"detail":{"eventName":["StopLogging","DeleteTrail"]}}';
#     aws events put-targets --rule NAME --targets Id=sns,Arn=TOPIC_ARN; or
#     aws logs put-metric-filter on the trail's log group with aws cloudwatch put-metric-alarm
#   remediation_ja: >-
#     該当の操作を検知するルールを作成し、ターゲットを設定する(IAMとrootは--region us-east-1):
#     aws events put-rule --name ルール名 --event-pattern '{"detail-type":["AWS API Call via
#     CloudTrail"],"detail":{"eventName":["StopLogging","DeleteTrail"]}}'、
#     aws events put-targets --rule ルール名 --targets Id=sns,Arn=トピックARN。または証跡のロググループに
#     aws logs put-metric-filter と aws cloudwatch put-metric-alarm でアラームを設定する
package sekisho_policies.critical_change_detection

import data.sekisho.decode
import data.sekisho.eventbridge

# The calls that have to be noticed, and where EventBridge has them.
calls := {
	"trail-stop": {"service": "cloudtrail", "where": "home", "names": ["StopLogging", "DeleteTrail"]},
	"iam-policy": {"service": "iam", "where": "global", "names": ["PutUserPolicy", "AttachUserPolicy", "PutRolePolicy", "AttachRolePolicy", "CreatePolicyVersion"]},
	"kms-disable": {"service": "kms", "where": "home", "names": ["DisableKey", "ScheduleKeyDeletion"]},
	"sg-change": {"service": "ec2", "where": "home", "names": ["AuthorizeSecurityGroupIngress"]},
	"nacl-change": {"service": "ec2", "where": "home", "names": ["CreateNetworkAclEntry", "ReplaceNetworkAclEntry"]},
	"route-change": {"service": "ec2", "where": "home", "names": ["CreateRoute", "ReplaceRoute"]},
	"backup-delete": {"service": "backup", "where": "home", "names": ["DeleteRecoveryPoint", "DeleteBackupVault"]},
}

names_ja := {
	"root-use": "rootユーザーの使用",
	"trail-stop": "証跡の停止・削除",
	"iam-policy": "IAM権限の変更",
	"kms-disable": "KMSキーの無効化・削除",
	"sg-change": "セキュリティグループの変更",
	"nacl-change": "ネットワークACLの変更",
	"route-change": "ルートテーブルの変更",
	"console-fail": "コンソールのサインイン失敗",
	"backup-delete": "バックアップの削除",
}

# The examples that are no name of a call.
labels_ja := {
	"root sign-in": "rootユーザーのサインイン",
	"root API call": "rootユーザーのAPI呼び出し",
	"failed sign-in": "サインイン失敗",
	"failed sign-in in us-east-1": "us-east-1でのサインイン失敗",
}

root_text := `\$\.userIdentity\.type\s*=\s*"?Root"?`

failure_text := `(?s)\$\.eventName\s*=\s*"?ConsoleLogin.*(Failed authentication|Failure)|(Failed authentication|Failure).*\$\.eventName\s*=\s*"?ConsoleLogin`

sign_in(changes) := {
	"source": "aws.signin",
	"detail-type": "AWS Console Sign In via CloudTrail",
	"detail": object.union({"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}, changes),
}

call(service, name, changes) := {
	"source": sprintf("aws.%s", [service]),
	"detail-type": "AWS API Call via CloudTrail",
	"detail": object.union({"eventSource": sprintf("%s.amazonaws.com", [service]), "eventName": name}, changes),
}

# Examples of each operation: the event as EventBridge has it, and the text of a metric filter that finds it.
examples[kind] contains {"label": name, "where": watched.where, "event": event, "text": text} if {
	some kind, watched in calls
	some name in watched.names
	event := call(watched.service, name, {})
	text := sprintf(`\$\.eventName\s*=\s*"?%s("|\s|\)|$)`, [name])
}

examples["root-use"] contains {"label": "root sign-in", "where": "global", "event": event, "text": root_text} if {
	event := sign_in({"userIdentity": {"type": "Root"}})
}

examples["root-use"] contains {"label": "root API call", "where": "global", "event": event, "text": root_text} if {
	event := call("iam", "CreateAccessKey", {"userIdentity": {"type": "Root"}})
}

examples["console-fail"] contains {"label": label, "where": where, "event": event, "text": failure_text} if {
	some where, label in {"home": "failed sign-in", "global": "failed sign-in in us-east-1"}
	event := sign_in({"responseElements": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication", "userIdentity": {"type": "IAMUser"}})
}

# ---- rules of EventBridge

answers := {
	"home": {"rules": data.facts.rules, "targets": data.facts.targets},
	"global": {"rules": data.facts.global_rules, "targets": data.facts.global_targets},
}

working_patterns[where] contains pattern if {
	some where, answer in answers
	some entry in decode.list(object.get(answer.rules, "Rules", null))
	object.get(entry, "State", null) in {"ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}
	has_target(answer.targets, object.get(entry, "Name", null))
	pattern := object.get(entry, "EventPattern", null)
}

has_target(targets, name) if {
	some answer in decode.list(targets)
	object.get(answer, ["for", "Name"], null) == name
	count(decode.list(object.get(answer, ["result", "Targets"], null))) > 0
}

# ---- metric filters with alarms

# Log groups of trails that see every region; an ARN ends in :log-group:NAME:*.
trail_groups := {name |
	some trail in decode.list(object.get(data.facts.trails, "trailList", null))
	object.get(trail, "IsMultiRegionTrail", false) == true
	parts := split(object.get(trail, "CloudWatchLogsLogGroupArn", ""), ":")
	count(parts) >= 7
	name := parts[6]
}

acting_metrics := {[namespace, name] |
	some alarm in decode.list(object.get(data.facts.alarms, "MetricAlarms", null))
	object.get(alarm, "ActionsEnabled", false) == true
	count(decode.list(object.get(alarm, "AlarmActions", null))) > 0
	namespace := object.get(alarm, "Namespace", null)
	name := object.get(alarm, "MetricName", null)
}

working_filters contains text if {
	some filter in decode.list(object.get(data.facts.metric_filters, "metricFilters", null))
	object.get(filter, "logGroupName", null) in trail_groups
	some transformation in decode.list(object.get(filter, "metricTransformations", null))
	[object.get(transformation, "metricNamespace", ""), object.get(transformation, "metricName", "")] in acting_metrics
	text := object.get(filter, "filterPattern", "")
}

# ---- verdicts

noticed(example) if {
	some pattern in working_patterns[example.where]
	eventbridge.matches(pattern, example.event)
}

noticed(example) if {
	some text in working_filters
	regex.match(example.text, text)
}

unnoticed[kind] contains example.label if {
	some kind in data.parameters.events
	some example in examples[kind]
	not noticed(example)
}

deny contains {
	"msg": sprintf("nothing tells of %s (%s)", [kind, concat(", ", labels)]),
	"msg_ja": sprintf("%sを検知する設定がありません(%s)", [names_ja[kind], concat(", ", in_japanese)]),
} if {
	some kind, labels in unnoticed
	in_japanese := [object.get(labels_ja, label, label) | some label in labels]
}
