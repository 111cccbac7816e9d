# METADATA
# title: Log file validation of the trail is on
# description: >-
#   With log file validation CloudTrail writes a signed digest every hour, by which a log file that was
#   changed, deleted or slipped in afterwards can be told. Digests exist only for the time in which it was on. A
#   setting that is not recorded is not taken for on.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cloud-trail-log-file-validation-enabled.html
# custom:
#   id: cloudtrail-log-file-validation
#   title_ja: 操作ログの改ざん検知(ログファイル検証)が有効である
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::CloudTrail::Trail
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項②
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 5 遵守事項②
#       confidence: H
#   remediation: >-
#     Turn log file validation on: aws cloudtrail update-trail --name NAME --enable-log-file-validation;
#     check the files from time to time:
#     aws cloudtrail validate-logs --trail-arn ARN --start-time 2026-11-01T00:00:00Z
#   remediation_ja: >-
#     ログファイル検証を有効にする:
#     aws cloudtrail update-trail --name 証跡名 --enable-log-file-validation。
#     ログの検証は定期的に行う:
#     aws cloudtrail validate-logs --trail-arn 証跡のARN --start-time 2026-11-01T00:00:00Z
package sekisho_policies.cloudtrail_log_file_validation

validation := object.get(input, ["configuration", "logFileValidationEnabled"], null)

deny contains {
	"msg": "log file validation is off",
	"msg_ja": "ログファイル検証が無効です",
} if {
	validation == false
}

deny contains {
	"msg": "log file validation is not recorded",
	"msg_ja": "ログファイル検証の状態が記録されていません",
} if {
	not is_boolean(validation)
}
