# METADATA
# title: Subscription filters of CloudWatch Logs lead only to Japan and to known accounts
# description: >-
#   AWS Config does not record subscription filters: CloudWatch Logs is asked in each of allowedRegions for its log groups
#   and for the filters of each (one call a log group). The ARN of a filter's destination names region and account.
#   Destinations of other accounts lead on to streams of their own, which residency-log-event-egress judges there.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeSubscriptionFilters.html
#   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
# custom:
#   id: residency-log-subscriptions
#   title_ja: CloudWatch Logsのサブスクリプションフィルターの送信先が国内かつ許可アカウントである
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
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
#         description: Regions that may be sent to, and where CloudWatch Logs is asked
#         description_ja: 送信先として許可し、CloudWatch Logsに照会するリージョン
#       allowedAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts beside the own that may be sent to, such as the one that keeps the logs
#         description_ja: 送信先として許可する他アカウントのID(ログ保管用アカウントなど)
#   facts:
#     log_groups:
#       provider: aws-api
#       service: logs
#       action: DescribeLogGroups
#       regions: {parameter: allowedRegions}
#     filters:
#       provider: aws-api
#       service: logs
#       action: DescribeSubscriptionFilters
#       for_each: {fact: log_groups, items: logGroups, parameters: {logGroupName: logGroupName}}
#       tolerate: [ResourceNotFoundException]
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
#     Let the filter lead to a destination in Tokyo or Osaka (aws logs put-subscription-filter --log-group-name GROUP
#     --filter-name FILTER --filter-pattern PATTERN --destination-arn ARN) or delete it (aws logs delete-subscription-filter);
#     name agreed accounts in allowedAccounts.
#   remediation_ja: >-
#     フィルターの送信先を東京・大阪リージョンに変更する(aws logs put-subscription-filter --log-group-name ロググループ
#     --filter-name フィルター名 --filter-pattern パターン --destination-arn ARN)か、フィルターを削除する
#     (aws logs delete-subscription-filter)。合意済みのアカウントはallowedAccountsに指定する。
package sekisho_policies.residency_log_subscriptions

import data.sekisho.decode
import data.sekisho.places
import data.sekisho.regional

group(answer) := object.get(answer, ["for", "logGroupName"], "unknown")

# Each filter as [its log group, where it leads].
led contains [group(answer), object.get(filter, "destinationArn", null)] if {
	some answer in decode.list(data.facts.filters)
	some filter in decode.list(object.get(answer, ["result", "subscriptionFilters"], null))
}

deny contains {
	"msg": sprintf("log group %v is sent to %s, outside the allowed regions", [name, arn]),
	"msg_ja": sprintf("ロググループ%vを国外リージョンへ送信しています: %s", [name, arn]),
} if {
	some [name, arn] in led
	region := places.region(arn)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("log group %v is sent to %s, of an account that is not allowed", [name, arn]),
	"msg_ja": sprintf("ロググループ%vを許可されていないアカウントへ送信しています: %s", [name, arn]),
} if {
	some [name, arn] in led
	number := places.account(arn)
	number != input.awsAccountId
	not number in data.parameters.allowedAccounts
}

deny contains {
	"msg": sprintf("where log group %v is sent cannot be told: %v", [name, arn]),
	"msg_ja": sprintf("ロググループ%vの送信先を確認できません: %v", [name, arn]),
} if {
	some [name, arn] in led
	not placed(arn)
}

placed(arn) if {
	places.region(arn)
	places.account(arn)
}

# A log group that is gone since it was listed sends nothing.
deny contains {
	"msg": sprintf("the subscription filters of log group %v cannot be read", [name]),
	"msg_ja": sprintf("ロググループ%vのサブスクリプションフィルターを確認できません", [name]),
} if {
	some answer in decode.list(data.facts.filters)
	object.get(answer, ["error", "code"], null) != "ResourceNotFoundException"
	not is_array(object.get(answer, ["result", "subscriptionFilters"], null))
	name := group(answer)
}

unread contains region if {
	some region in data.parameters.allowedRegions
	not is_array(object.get(regional.results(data.facts.log_groups), [region, "logGroups"], null))
}

deny contains {
	"msg": sprintf("log groups cannot be read in %s", [concat(", ", sort(unread))]),
	"msg_ja": sprintf("ロググループの一覧を確認できません: %s", [concat(", ", sort(unread))]),
} if {
	count(unread) > 0
}
