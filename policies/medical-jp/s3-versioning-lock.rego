# METADATA
# title: S3 buckets keep earlier versions of their objects
# description: >-
#   An object that was overwritten or deleted, by mistake or by ransomware, can be brought back while its
#   earlier versions are kept. Looked at are versioning, the lifecycle rules that expire noncurrent
#   versions (a disabled rule does nothing; a rule that covers only a part of the bucket counts as well)
#   and, where asked for, Object Lock with a default retention. A bucket without a lifecycle configuration
#   keeps all versions: AWS Config leaves the field out then. Versioning that is not recorded counts as off.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-versioning-enabled.html
# custom:
#   id: s3-versioning-lock
#   title_ja: S3のバージョニング等により復元可能である
#   severity: medium
#   trigger: change
#   resource_types:
#     - AWS::S3::Bucket
#   parameters:
#     type: object
#     properties:
#       minNoncurrentDays:
#         type: integer
#         minimum: 1
#         default: 35
#         description: Days that noncurrent versions are kept, at least
#         description_ja: 旧バージョンの最低保持日数
#       requireObjectLock:
#         type: boolean
#         default: false
#         description: Whether Object Lock with a default retention has to be on
#         description_ja: オブジェクトロック(デフォルト保持あり)を必須とするか
#       phiTag:
#         type: string
#         default: ""
#         description: >-
#           Tag of the buckets to judge, as Key or Key=Value; the others are NOT_APPLICABLE. Empty judges all
#         description_ja: 判定対象のバケットに付けるタグ(キー、またはキー=値)。空ならすべてのバケットを判定する
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.2 真正性・保存性"
#       confidence: M
#   remediation: >-
#     Turn versioning on:
#     aws s3api put-bucket-versioning --bucket NAME --versioning-configuration Status=Enabled;
#     lengthen NoncurrentDays of the lifecycle rules with
#     aws s3api put-bucket-lifecycle-configuration --bucket NAME --lifecycle-configuration file://rules.json;
#     for Object Lock
#     aws s3api put-object-lock-configuration --bucket NAME --object-lock-configuration file://lock.json
#   remediation_ja: >-
#     バージョニングを有効にする:
#     aws s3api put-bucket-versioning --bucket バケット名 --versioning-configuration Status=Enabled。
#     ライフサイクルルールのNoncurrentDaysを延ばす:
#     aws s3api put-bucket-lifecycle-configuration --bucket バケット名 --lifecycle-configuration file://rules.json。
#     オブジェクトロックは
#     aws s3api put-object-lock-configuration --bucket バケット名 --object-lock-configuration file://lock.json
package sekisho_policies.s3_versioning_lock

import data.sekisho.decode
import data.sekisho.tags

versioning := object.get(input, ["supplementaryConfiguration", "BucketVersioningConfiguration"], null)

# A bucket that never had versioning says "Off", or null.
status := object.get(input, ["supplementaryConfiguration", "BucketVersioningConfiguration", "status"], null)

lifecycle := object.get(input, ["supplementaryConfiguration", "BucketLifecycleConfiguration"], null)

# Null where it has none, and where it is no document at all.
lifecycle_rules := object.get({"configuration": lifecycle_document}, ["configuration", "rules"], null)

lifecycle_document := decode.document(lifecycle)

# Unless it says that it is disabled, a rule is taken to work.
working_rules := [entry |
	is_array(lifecycle_rules)
	some entry in lifecycle_rules
	object.get(entry, ["status"], null) != "Disabled"
]

# A rule says it in either field, and in the older one also -1 where it says nothing. S3 itself takes no 0.
noncurrent_days(entry) := min([days |
	some path in [["noncurrentVersionExpirationInDays"], ["noncurrentVersionExpiration", "noncurrentDays"]]
	days := object.get(entry, path, null)
	is_number(days)
	days > 0
])

rule_name(entry) := sprintf("\"%s\"", [object.get(entry, ["id"], null)]) if {
	is_string(object.get(entry, ["id"], null))
} else := "(no id)"

object_lock := object.get(input, ["supplementaryConfiguration", "ObjectLockConfiguration", "objectLockEnabled"], null)

retention_days := object.get(
	input,
	["supplementaryConfiguration", "ObjectLockConfiguration", "rule", "defaultRetention", "days"],
	null,
)

retention_years := object.get(
	input,
	["supplementaryConfiguration", "ObjectLockConfiguration", "rule", "defaultRetention", "years"],
	null,
)

default retained := false

retained if {
	some length in [retention_days, retention_years]
	is_number(length)
	length > 0
}

not_applicable if {
	data.parameters.phiTag != ""
	not tags.matches(object.get(input, "tags", {}), data.parameters.phiTag)
}

deny contains {
	"msg": "versioning is not recorded",
	"msg_ja": "バージョニングの状態が記録されていません",
} if {
	not is_object(versioning)
}

deny contains {
	"msg": "versioning was never turned on",
	"msg_ja": "バージョニングが無効です",
} if {
	is_object(versioning)
	status in {null, "", "Off"}
}

deny contains {
	"msg": "versioning is suspended",
	"msg_ja": "バージョニングが停止されています",
} if {
	status == "Suspended"
}

deny contains {
	"msg": sprintf("versioning is in an unknown state: %v", [status]),
	"msg_ja": sprintf("バージョニングの状態が不明です: %v", [status]),
} if {
	not status in {null, "", "Off", "Suspended", "Enabled"}
}

deny contains {
	"msg": sprintf("lifecycle rule %s keeps noncurrent versions %v of the required %v days", [name, days, least]),
	"msg_ja": sprintf("ライフサイクルルール%sが旧バージョンを%v日で削除します(必要: %v日以上)", [name, days, least]),
} if {
	least := data.parameters.minNoncurrentDays
	some entry in working_rules
	days := noncurrent_days(entry)
	days < least
	name := rule_name(entry)
}

# Something is there, but it is not what AWS Config delivers: what it deletes cannot be said.
deny contains {
	"msg": "the lifecycle configuration cannot be read",
	"msg_ja": "ライフサイクル設定を読み取れません",
} if {
	lifecycle != null
	not is_array(lifecycle_rules)
	not without_rules
}

deny contains {
	"msg": "Object Lock is off",
	"msg_ja": "オブジェクトロックが無効です",
} if {
	data.parameters.requireObjectLock
	object_lock != "Enabled"
}

deny contains {
	"msg": "Object Lock has no default retention",
	"msg_ja": "オブジェクトロックのデフォルト保持期間が設定されていません",
} if {
	data.parameters.requireObjectLock
	object_lock == "Enabled"
	not retained
}

default without_rules := false

without_rules if {
	is_object(lifecycle_document)
	lifecycle_rules == null
}
