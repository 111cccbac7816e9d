# METADATA
# title: Log groups that serve as evidence are encrypted with a KMS key of the account's own
# description: >-
#   CloudWatch Logs encrypts every log group with a key of AWS; with a KMS key of one's own the key policy says
#   who may read the logs, and each use of the key is in CloudTrail. Looked at are the log groups in the
#   allowed regions whose names fit auditPattern; AWS Config does not record log groups, so the verdict is
#   about the account, with a reason for each log group.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
#   - https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cloudwatch-log-group-encrypted.html
# custom:
#   id: log-group-kms
#   title_ja: 監査ロググループがKMSキーで暗号化されている
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
#       exemptPattern:
#         type: string
#         default: ""
#         description: Regular expression of the names of log groups that are not judged; empty exempts none
#         description_ja: 判定しないロググループ名の正規表現。空なら除外なし
#   facts:
#     log_groups:
#       provider: aws-api
#       service: logs
#       action: DescribeLogGroups
#       regions: {parameter: allowedRegions}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項②
#       confidence: H
#   remediation: >-
#     Give the log group a key whose policy lets logs.REGION.amazonaws.com use it:
#     aws logs associate-kms-key --region REGION --log-group-name NAME --kms-key-id KEY_ARN
#   remediation_ja: >-
#     logs.リージョン.amazonaws.comの利用を許可したKMSキーを関連付ける:
#     aws logs associate-kms-key --region リージョン --log-group-name ロググループ名 --kms-key-id キーARN
package sekisho_policies.log_group_kms

import data.sekisho.decode

audit_groups := [{"region": object.get(answer, "region", null), "name": name, "key": key} |
	some answer in decode.list(data.facts.log_groups)
	some group in decode.list(object.get(answer, ["result", "logGroups"], null))
	name := object.get(group, "logGroupName", "(no name)")
	regex.match(data.parameters.auditPattern, name)
	not exempt(name)
	key := object.get(group, "kmsKeyId", null)
]

exempt(name) if {
	data.parameters.exemptPattern != ""
	regex.match(data.parameters.exemptPattern, name)
}

not_applicable if count(audit_groups) == 0

deny contains {
	"msg": sprintf("the log group %s (%s) has no KMS key", [entry.name, entry.region]),
	"msg_ja": sprintf("ロググループ%s(%s)がKMSキーで暗号化されていません", [entry.name, entry.region]),
} if {
	some entry in audit_groups
	entry.key in {null, ""}
}
