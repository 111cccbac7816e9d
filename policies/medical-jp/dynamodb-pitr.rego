# METADATA
# title: DynamoDB tables have point-in-time recovery
# description: >-
#   Without point-in-time recovery a table cannot be brought back to the minute before a mistake or an
#   attack. Looked at is the status that AWS Config records; a table whose status is not recorded is not
#   taken for protected.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/dynamodb-pitr-enabled.html
# custom:
#   id: dynamodb-pitr
#   title_ja: DynamoDBのPITRが有効である
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::DynamoDB::Table
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "12.2"
#       confidence: M
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.2 保存性"
#       confidence: M
#   remediation: >-
#     Turn point-in-time recovery on:
#     aws dynamodb update-continuous-backups --table-name NAME
#     --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true
#   remediation_ja: >-
#     ポイントインタイムリカバリ(PITR)を有効にする:
#     aws dynamodb update-continuous-backups --table-name テーブル名
#     --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true
package sekisho_policies.dynamodb_pitr

status := object.get(
	input,
	[
		"supplementaryConfiguration",
		"ContinuousBackupsDescription",
		"pointInTimeRecoveryDescription",
		"pointInTimeRecoveryStatus",
	],
	null,
)

deny contains {
	"msg": "point-in-time recovery is not recorded",
	"msg_ja": "PITRの状態が記録されていません",
} if {
	status == null
}

deny contains {
	"msg": "point-in-time recovery is off",
	"msg_ja": "PITRが無効です",
} if {
	status == "DISABLED"
}

deny contains {
	"msg": sprintf("point-in-time recovery is in an unknown state: %v", [status]),
	"msg_ja": sprintf("PITRの状態が不明です: %v", [status]),
} if {
	not status in {null, "ENABLED", "DISABLED"}
}
