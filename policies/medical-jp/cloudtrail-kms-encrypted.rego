# METADATA
# title: The trail is encrypted with a customer managed KMS key that lives in Japan
# description: >-
#   With a customer managed key, reading the logs needs a permission on the key as well, and every use of it
#   is on record. Looked at are the trail's key and, from what AWS Config has recorded of it, whether it is
#   enabled, managed by the customer and without replicas outside the allowed regions. A disabled key, or one
#   about to be deleted, makes the logs unreadable. The key of another account is not recorded here: it is
#   denied unless externalKeyAccounts names the account, where it is judged. The region stands in for the
#   reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html
#   - https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/cloud-trail-encryption-enabled.html
# custom:
#   id: cloudtrail-kms-encrypted
#   title_ja: 操作ログがカスタマー管理キーで暗号化されている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::CloudTrail::Trail
#   inventory:
#     - AWS::KMS::Key
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
#         description: Regions where the key and its replicas may be
#         description_ja: キーとそのレプリカを置いてよいリージョン
#       externalKeyAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts whose keys may be used and are judged there
#         description_ja: キーの利用を認め、そこで判定する別アカウント
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項②
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "13"
#       confidence: CH
#   remediation: >-
#     Encrypt with a customer managed key of the allowed regions, whose policy lets CloudTrail use it:
#     aws cloudtrail update-trail --name NAME --kms-key-id KEY_ARN; a disabled key is turned on by
#     aws kms enable-key --key-id ID, its deletion stopped by aws kms cancel-key-deletion --key-id ID
#   remediation_ja: >-
#     国内リージョンのカスタマー管理キー(CloudTrailの利用を許可したもの)で暗号化する:
#     aws cloudtrail update-trail --name 証跡名 --kms-key-id キーのARN。無効なキーは
#     aws kms enable-key --key-id キーIDで有効に戻し、削除待ちなら
#     aws kms cancel-key-deletion --key-id キーIDで取り消す
package sekisho_policies.cloudtrail_kms_encrypted

import data.sekisho.decode

key_arn := object.get(input, ["configuration", "kmsKeyId"], null)

default encrypted := false

encrypted if not key_arn in {null, ""}

# arn:aws:kms:REGION:ACCOUNT:key/ID
parts := regex.find_all_string_submatch_n(`^arn:[a-z-]+:kms:([a-z0-9-]+):([0-9]{12}):`, sprintf("%v", [key_arn]), 1)

region := parts[0][1]

account := parts[0][2]

# What AWS Config recorded of the key.
keys := [key |
	some _, item in data.inventory["AWS::KMS::Key"]
	configuration := object.get(item, "configuration", null)
	is_object(configuration)
	object.get(configuration, "arn", null) == key_arn
	key := {
		"state": object.get(configuration, "keyState", "not recorded"),
		"manager": object.get(configuration, "keyManager", null),
		"related": object.get(configuration, "multiRegionConfiguration", null),
	}
]

# Where else the key is: the primary of a replica, the replicas of a primary.
elsewhere := {other |
	some key in keys
	some path in ["primaryKey", "replicaKeys"]
	some entry in decode.list(object.get(key, ["related", path], null))
	other := object.get(entry, "region", "unknown")
}

allowed := concat(", ", data.parameters.allowedRegions)

default external := false

external if account in data.parameters.externalKeyAccounts

deny contains {
	"msg": "the trail is not encrypted with a KMS key",
	"msg_ja": "証跡がKMSキーで暗号化されていません",
} if {
	not encrypted
}

deny contains {
	"msg": sprintf("the region of the key cannot be told: %v", [key_arn]),
	"msg_ja": sprintf("キーのリージョンを判別できません: %v", [key_arn]),
} if {
	encrypted
	count(parts) == 0
}

deny contains {
	"msg": sprintf("the key is in %s, not in an allowed region (%s)", [place, allowed]),
	"msg_ja": sprintf("キーのリージョン%sは許可リージョン(%s)ではありません", [place, allowed]),
} if {
	place := region
	not place in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("the key has copies in %s, not in an allowed region (%s)", [concat(", ", outside), allowed]),
	"msg_ja": sprintf("マルチリージョンキーが許可リージョン(%s)の外にあります: %s", [allowed, concat(", ", outside)]),
} if {
	outside := elsewhere - {name | some name in data.parameters.allowedRegions}
	count(outside) > 0
}

deny contains {
	"msg": sprintf("the key is not recorded here: %v", [key_arn]),
	"msg_ja": sprintf("キーの記録がありません: %v。別アカウントで判定している場合はexternalKeyAccountsに指定してください", [key_arn]),
} if {
	encrypted
	count(keys) == 0
	not external
}

deny contains {
	"msg": sprintf("the key is not enabled: %v", [state]),
	"msg_ja": sprintf("キーが有効ではありません: %v", [state]),
} if {
	some key in keys
	state := key.state
	state != "Enabled"
}

deny contains {
	"msg": "the key is not managed by the customer",
	"msg_ja": "カスタマー管理キーではありません",
} if {
	some key in keys
	key.manager != "CUSTOMER"
}
