# METADATA
# title: Log groups keep their logs for the required period
# description: >-
#   Logs that serve as evidence are kept for years, other logs long enough to look into an incident. Looked at
#   are the log groups of CloudWatch Logs in the allowed regions; AWS Config does not record them, so the
#   verdict is about the account, with a reason for each log group. Without a retention setting logs never
#   expire. Log groups of the class DELIVERY only pass logs on and are left out. A required log group that
#   does not exist was deleted or never made.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
#   - https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cw-loggroup-retention-period-check.html
# custom:
#   id: log-group-retention
#   title_ja: ロググループの保持期間が要件以上である
#   severity: medium
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
#         description: Regions whose log groups are looked at
#         description_ja: 確認対象のリージョン
#       auditPattern:
#         type: string
#         default: "(?i)(cloudtrail|vpc|flow|session|audit|/rds/)"
#         description: Regular expression of the names of log groups that serve as evidence
#         description_ja: 監査ログとして扱うロググループ名の正規表現
#       auditRetentionDays:
#         type: integer
#         minimum: 1
#         default: 1827
#         description: Days that these are kept, at least; the default is five years
#         description_ja: 監査ログの最低保持日数(既定は5年)
#       minRetentionDays:
#         type: integer
#         minimum: 0
#         default: 365
#         description: Days that other log groups are kept, at least; 0 does not judge them
#         description_ja: その他のログの最低保持日数。0なら判定しない
#       exemptPattern:
#         type: string
#         default: ""
#         description: Regular expression of the names of log groups that are not judged; empty exempts none
#         description_ja: 判定しないロググループ名の正規表現。空なら除外なし
#       requiredGroups:
#         type: array
#         items:
#           type: string
#         default: []
#         description: Names of log groups that have to exist in one of the regions
#         description_ja: 存在しなければならないロググループ名
#   facts:
#     log_groups:
#       provider: aws-api
#       service: logs
#       action: DescribeLogGroups
#       regions: {parameter: allowedRegions}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 5 遵守事項④
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項①
#       confidence: H
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.2 保存性"
#       confidence: M
#   remediation: >-
#     Lengthen the retention:
#     aws logs put-retention-policy --region REGION --log-group-name NAME --retention-in-days 1827; to keep
#     for good aws logs delete-retention-policy --region REGION --log-group-name NAME
#   remediation_ja: >-
#     保持期間を延ばす:
#     aws logs put-retention-policy --region リージョン --log-group-name ロググループ名 --retention-in-days 1827。
#     無期限にする場合は
#     aws logs delete-retention-policy --region リージョン --log-group-name ロググループ名
package sekisho_policies.log_group_retention

import data.sekisho.decode

groups := [{"region": object.get(answer, "region", null), "group": group} |
	some answer in decode.list(data.facts.log_groups)
	some group in decode.list(object.get(answer, ["result", "logGroups"], null))
	object.get(group, "logGroupClass", "STANDARD") != "DELIVERY"
]

name_of(group) := object.get(group, "logGroupName", "(no name)")

audit(group) if regex.match(data.parameters.auditPattern, name_of(group))

exempt(group) if {
	data.parameters.exemptPattern != ""
	regex.match(data.parameters.exemptPattern, name_of(group))
}

required_days(group) := data.parameters.auditRetentionDays if {
	audit(group)
} else := data.parameters.minRetentionDays

missing contains name if {
	some name in data.parameters.requiredGroups
	not name in {name_of(entry.group) | some entry in groups}
}

not_applicable if {
	count(groups) == 0
	count(data.parameters.requiredGroups) == 0
}

deny contains {
	"msg": sprintf("the log group %s (%s) keeps logs %v of the required %d days", [name, entry.region, days, least]),
	"msg_ja": sprintf("ロググループ%s(%s)の保持期間が%v日です(必要: %d日以上)", [name, entry.region, days, least]),
} if {
	some entry in groups
	not exempt(entry.group)
	name := name_of(entry.group)
	least := required_days(entry.group)
	days := object.get(entry.group, "retentionInDays", null)
	is_number(days)
	days < least
}

deny contains {
	"msg": sprintf("the log group %s does not exist", [name]),
	"msg_ja": sprintf("ロググループ%sが存在しません", [name]),
} if {
	some name in missing
}
