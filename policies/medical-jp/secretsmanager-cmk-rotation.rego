# METADATA
# title: Secrets are encrypted with a customer managed key and rotate as planned
# description: >-
#   A secret without a key of its own is encrypted with the one that AWS manages. Rotation counts when it is on, takes place
#   at least as often as asked, and the last one did not fail. A schedule written as a cron or rate expression is
#   accepted where AWS says the days that it comes to. Secrets that another AWS service manages rotate by themselves and
#   are told by the tag aws:secretsmanager:owningService; secrets that are to be deleted are NOT_APPLICABLE.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html
#   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotationRulesType.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/secretsmanager-scheduled-rotation-success-check.html
# custom:
#   id: secretsmanager-cmk-rotation
#   title_ja: シークレットがカスタマー管理キーで暗号化され、定期的に更新されている
#   severity: medium
#   trigger: change
#   resource_types:
#     - AWS::SecretsManager::Secret
#   parameters:
#     type: object
#     properties:
#       maxRotationDays:
#         type: integer
#         minimum: 1
#         maximum: 1000
#         default: 365
#         description: Days between two rotations at most; the guideline names no number
#         description_ja: 更新間隔の上限(日)。ガイドラインに日数の定めはない
#       rotateTag:
#         type: string
#         default: ""
#         description: Tag (Key or Key=Value) of the secrets that have to rotate; empty asks it of all
#         description_ja: 定期更新を必須とするシークレットのタグ(キー、またはキー=値)。空なら全て
#       requireCmk:
#         type: boolean
#         default: true
#         description: Whether a customer managed key is wanted
#         description_ja: カスタマー管理キーを必須とするか
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 14 遵守事項②
#       confidence: H
#   remediation: >-
#     aws secretsmanager update-secret --secret-id NAME --kms-key-id KEY;
#     aws secretsmanager rotate-secret --secret-id NAME --rotation-lambda-arn ARN
#     --rotation-rules AutomaticallyAfterDays=90. Where a rotation failed, see the log of its function.
#   remediation_ja: >-
#     aws secretsmanager update-secret --secret-id シークレット名 --kms-key-id キー、
#     aws secretsmanager rotate-secret --secret-id シークレット名 --rotation-lambda-arn 関数のARN
#     --rotation-rules AutomaticallyAfterDays=90。更新に失敗した場合はローテーション関数のログを確認する。
package sekisho_policies.secretsmanager_cmk_rotation

import data.sekisho.tags

configuration := object.get(input, "configuration", {})

key := object.get(configuration, "KMSKeyId", null)

days := object.get(configuration, ["RotationRules", "AutomaticallyAfterDays"], null)

is_managed if "aws:secretsmanager:owningService" in object.keys(object.get(input, "tags", {}))

must_rotate if {
	not is_managed
	data.parameters.rotateTag == ""
}

must_rotate if {
	not is_managed
	tags.matches(object.get(input, "tags", {}), data.parameters.rotateTag)
}

rotates if object.get(configuration, "RotationEnabled", null) == true

# ---- verdicts

not_applicable if object.get(configuration, "Deleted", false) == true

deny contains {
	"msg": "the secret is encrypted with the key that AWS manages",
	"msg_ja": "シークレットがAWS管理キーで暗号化されています",
} if {
	data.parameters.requireCmk
	not is_customers(key)
}

is_customers(value) if {
	is_string(value)
	value != ""
	not endswith(value, "alias/aws/secretsmanager")
}

deny contains {
	"msg": "rotation is off",
	"msg_ja": "定期更新(ローテーション)が無効です",
} if {
	must_rotate
	object.get(configuration, "RotationEnabled", null) == false
}

deny contains {
	"msg": "whether the secret rotates is not recorded",
	"msg_ja": "定期更新(ローテーション)の状態が記録されていません",
} if {
	must_rotate
	not is_boolean(object.get(configuration, "RotationEnabled", null))
}

deny contains {
	"msg": sprintf("the secret rotates every %d days, at most %d are allowed", [days, data.parameters.maxRotationDays]),
	"msg_ja": sprintf("更新間隔が%d日です(上限: %d日)", [days, data.parameters.maxRotationDays]),
} if {
	must_rotate
	rotates
	is_number(days)
	days > data.parameters.maxRotationDays
}

deny contains {
	"msg": "how often the secret rotates is not recorded",
	"msg_ja": "更新間隔が記録されていません",
} if {
	must_rotate
	rotates
	not is_number(days)
}

deny contains {
	"msg": "the secret does not rotate as planned: the last rotation failed or did not take place",
	"msg_ja": "予定どおり更新されていません(直近の更新が失敗または未実施)",
} if {
	must_rotate
	rotates
	object.get(configuration, "RotationOccurringAsScheduled", true) != true
}
