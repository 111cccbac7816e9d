# METADATA
# title: The trail delivers to CloudWatch Logs, and the delivery does not lag
# description: >-
#   Logs that are reviewed have to be where Logs Insights and alarms can read them. Looked at are the log
#   group and the role of the trail and, asked of CloudTrail, the last delivery to CloudWatch Logs and its
#   error. A trail whose status CloudTrail does not give in this region is denied. How long the log group
#   keeps the events is judged by log-group-retention.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
#   - https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cloud-trail-cloud-watch-logs-enabled.html
# custom:
#   id: cloudtrail-cloudwatch-logs
#   title_ja: 操作ログがCloudWatch Logsへ配信されている
#   severity: medium
#   trigger: periodic
#   resource_types:
#     - AWS::CloudTrail::Trail
#   parameters:
#     type: object
#     properties:
#       maxDeliveryHours:
#         type: integer
#         minimum: 1
#         default: 24
#         description: Hours without a delivery to CloudWatch Logs after which it counts as broken
#         description_ja: CloudWatch Logsへの配信が途絶えたとみなすまでの時間
#   facts:
#     trails: {provider: aws-api, service: cloudtrail, action: DescribeTrails, parameters: {includeShadowTrails: true}}
#     trail_status:
#       provider: aws-api
#       service: cloudtrail
#       action: GetTrailStatus
#       for_each: {fact: trails, items: trailList, parameters: {Name: TrailARN}}
#       tolerate: [TrailNotFoundException]
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#   remediation: >-
#     Deliver to a log group:
#     aws cloudtrail update-trail --name NAME --cloud-watch-logs-log-group-arn LOG_GROUP_ARN
#     --cloud-watch-logs-role-arn ROLE_ARN; where the delivery fails, let the role create log streams and put
#     log events in that group
#   remediation_ja: >-
#     ロググループへ配信する:
#     aws cloudtrail update-trail --name 証跡名 --cloud-watch-logs-log-group-arn ロググループのARN
#     --cloud-watch-logs-role-arn ロールのARN。配信エラーがあれば、ロールに対象ロググループへの
#     logs:CreateLogStreamとlogs:PutLogEventsを許可する
package sekisho_policies.cloudtrail_cloudwatch_logs

import data.sekisho.decode

ns_per_hour := ((60 * 60) * 1000) * 1000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

log_group := object.get(input, ["configuration", "cloudWatchLogsLogGroupArn"], null)

role := object.get(input, ["configuration", "cloudWatchLogsRoleArn"], null)

trail_arn := object.get(input, ["configuration", "trailARN"], null)

default delivers := false

delivers if not log_group in {null, ""}

statuses := [entry.result |
	some entry in decode.list(data.facts.trail_status)
	object.get(entry, ["for", "TrailARN"], "") == trail_arn
	object.get(entry, "result", null) != null
]

status := statuses[0]

# A trail that was just started has not delivered yet.
last_sign := max(array.concat([0], [time.parse_rfc3339_ns(text) |
	some name in ["LatestCloudWatchLogsDeliveryTime", "StartLoggingTime"]
	text := object.get(status, name, null)
	is_string(text)
]))

last_delivery := object.get(status, "LatestCloudWatchLogsDeliveryTime", null)

deny contains {
	"msg": "the trail does not deliver to CloudWatch Logs",
	"msg_ja": "証跡がCloudWatch Logsへ配信されていません",
} if {
	not delivers
}

deny contains {
	"msg": "the trail has no role for the delivery to CloudWatch Logs",
	"msg_ja": "CloudWatch Logsへ配信するロールが設定されていません",
} if {
	delivers
	role in {null, ""}
}

deny contains {
	"msg": "the trail's status cannot be seen",
	"msg_ja": "証跡の記録状態を確認できません",
} if {
	delivers
	count(statuses) == 0
}

deny contains {
	"msg": sprintf("delivery to CloudWatch Logs fails: %v", [code]),
	"msg_ja": sprintf("CloudWatch Logsへの配信に失敗しています: %v", [code]),
} if {
	delivers
	code := object.get(status, "LatestCloudWatchLogsDeliveryError", null)
	not code in {null, ""}
}

deny contains {
	"msg": sprintf("nothing was delivered to CloudWatch Logs for over %d hours (last: %v)", [hours, last_delivery]),
	"msg_ja": sprintf("CloudWatch Logsへの配信が%d時間以上ありません(最終: %v)", [hours, last_delivery]),
} if {
	delivers
	hours := data.parameters.maxDeliveryHours
	last_delivery != null
	now_ns - last_sign > hours * ns_per_hour
}

deny contains {
	"msg": "nothing was ever delivered to CloudWatch Logs",
	"msg_ja": "CloudWatch Logsへ一度も配信されていません",
} if {
	delivers
	hours := data.parameters.maxDeliveryHours
	last_delivery == null
	now_ns - last_sign > hours * ns_per_hour
}
