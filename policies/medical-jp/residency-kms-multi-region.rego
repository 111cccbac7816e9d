# METADATA
# title: Multi-region keys have no replica outside Japan
# description: >-
#   A multi-region key may have its primary and its replicas in the allowed regions, so that Tokyo and Osaka can share one;
#   elsewhere what it encrypts could be decrypted. With mode no-multi-region no multi-region key is accepted at all.
#   Keys that AWS manages are NOT_APPLICABLE. Whether the key is multi-region, and where, has to be recorded.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
#   - https://docs.aws.amazon.com/kms/latest/APIReference/API_MultiRegionConfiguration.html
# custom:
#   id: residency-kms-multi-region
#   title_ja: マルチリージョンキーのレプリカが国外に存在しない
#   severity: high
#   trigger: change
#   resource_types:
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
#         description: Regions where a multi-region key may lie
#         description_ja: マルチリージョンキーの配置を許可するリージョン
#       mode:
#         type: string
#         enum: [no-foreign-replica, no-multi-region]
#         default: no-foreign-replica
#         description: Whether multi-region keys are accepted within the allowed regions
#         description_ja: 許可リージョン内のマルチリージョンキーを認めるか(no-multi-regionなら認めない)
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 17 遵守事項②
#       confidence: H
#   remediation: >-
#     Delete the replica in its region: aws kms schedule-key-deletion --region REGION --key-id KEY
#     --pending-window-in-days 30. A key cannot cease to be multi-region: encrypt anew with a key of one region.
#   remediation_ja: >-
#     該当リージョンのレプリカキーを削除する: aws kms schedule-key-deletion --region リージョン --key-id キーID
#     --pending-window-in-days 30。マルチリージョンキーは単一リージョンに変更できないため、別のキーで再暗号化する。
package sekisho_policies.residency_kms_multi_region

multi_region := object.get(input, ["configuration", "multiRegion"], null)

primary := object.get(input, ["configuration", "multiRegionConfiguration", "primaryKey", "region"], null)

replicas := object.get(input, ["configuration", "multiRegionConfiguration", "replicaKeys"], null)

not_applicable if object.get(input, ["configuration", "keyManager"], null) == "AWS"

deny contains {
	"msg": "whether the key is multi-region is not recorded",
	"msg_ja": "マルチリージョンキーかどうかが記録されていません",
} if {
	not is_boolean(multi_region)
}

deny contains {
	"msg": "the key is multi-region",
	"msg_ja": "マルチリージョンキーが使用されています",
} if {
	data.parameters.mode == "no-multi-region"
	multi_region == true
}

deny contains {
	"msg": "where the key and its replicas lie is not recorded",
	"msg_ja": "マルチリージョンキーの配置リージョンが記録されていません",
} if {
	multi_region == true
	not is_placed
}

is_placed if {
	is_string(primary)
	is_array(replicas)
	every replica in replicas {
		is_string(object.get(replica, "region", null))
	}
}

deny contains {
	"msg": sprintf("the primary key lies in %s, outside the allowed regions", [primary]),
	"msg_ja": sprintf("プライマリキーが国外リージョン%sにあります", [primary]),
} if {
	multi_region == true
	is_string(primary)
	not primary in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("a replica of the key lies in %s, outside the allowed regions", [region]),
	"msg_ja": sprintf("レプリカキーが国外リージョン%sにあります", [region]),
} if {
	multi_region == true
	is_array(replicas)
	some replica in replicas
	region := object.get(replica, "region", null)
	is_string(region)
	not region in data.parameters.allowedRegions
}
