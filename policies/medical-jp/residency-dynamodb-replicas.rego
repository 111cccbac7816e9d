# METADATA
# title: Replicas of DynamoDB global tables lie in Japan
# description: >-
#   Every replica of a table has to lie in an allowed region; one that is being created counts, one that is being deleted
#   counts until it is gone. Replicas are read from the item, which AWS Config records in each region that has one. Global
#   tables of the version of 2017 do not show theirs and are denied as not known. The region only stands in for the
#   reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GlobalTables.html
#   - https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ReplicaDescription.html
# custom:
#   id: residency-dynamodb-replicas
#   title_ja: DynamoDBグローバルテーブルのレプリカが国内にある
#   severity: critical
#   trigger: change
#   resource_types:
#     - AWS::DynamoDB::Table
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
#         description: Regions where replicas may lie
#         description_ja: レプリカの配置を許可するリージョン
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#   remediation: >-
#     Remove the replica: aws dynamodb update-table --table-name NAME
#     --replica-updates '[{"Delete":{"RegionName":"REGION"}}]'; backups and exports made there stay until they are deleted.
#   remediation_ja: >-
#     レプリカを削除する: aws dynamodb update-table --table-name テーブル名
#     --replica-updates '[{"Delete":{"RegionName":"リージョン"}}]'。そのリージョンで取得したバックアップやエクスポートも削除する。
package sekisho_policies.residency_dynamodb_replicas

replicas := object.get(input, ["configuration", "replicas"], null)

version := object.get(input, ["configuration", "globalTableVersion"], null)

listed if is_array(replicas)

deny contains {
	"msg": sprintf("a replica lies in %s, outside the allowed regions", [region]),
	"msg_ja": sprintf("レプリカが国外リージョン%sにあります", [region]),
} if {
	listed
	some replica in replicas
	region := object.get(replica, "regionName", null)
	is_string(region)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": "the region of a replica is not recorded",
	"msg_ja": "レプリカのリージョンが記録されていません",
} if {
	listed
	some replica in replicas
	not is_string(object.get(replica, "regionName", null))
}

deny contains {
	"msg": sprintf("the table is a global one of version %v, whose replicas are not recorded", [version]),
	"msg_ja": sprintf("グローバルテーブル(バージョン%v)のレプリカが記録されていません", [version]),
} if {
	not listed
	version != null
}

deny contains {
	"msg": "the replicas are not recorded as a list",
	"msg_ja": "レプリカの記録を読み取れません",
} if {
	not listed
	version == null
	replicas != null
}
