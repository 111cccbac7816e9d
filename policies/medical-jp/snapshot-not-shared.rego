# METADATA
# title: Snapshots of databases are neither public nor shared with unknown accounts
# description: >-
#   Whoever may restore a snapshot has a copy of the database. Looked at is the attribute "restore" of snapshots of RDS
#   instances and of Aurora clusters: "all" is everybody, and any account that is not among allowedAccounts is denied.
#   A snapshot whose attributes are not recorded is denied. Snapshots of EBS volumes, which AWS Config does not record,
#   are judged by ebs-snapshot-not-shared.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshotAttribute.html
# custom:
#   id: snapshot-not-shared
#   title_ja: データベースのスナップショットが公開・無断共有されていない
#   severity: critical
#   trigger: change
#   resource_types:
#     - AWS::RDS::DBSnapshot
#     - AWS::RDS::DBClusterSnapshot
#   parameters:
#     type: object
#     properties:
#       allowedAccounts:
#         type: array
#         items:
#           type: string
#           pattern: "^[0-9]{12}$"
#         default: []
#         description: Accounts that may restore snapshots, such as the one that archives
#         description_ja: スナップショットの共有を許可するアカウントのID(バックアップ保管用アカウントなど)
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 15 遵守事項③
#       confidence: H
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#   remediation: >-
#     Stop the sharing: aws rds modify-db-snapshot-attribute --db-snapshot-identifier ID --attribute-name restore
#     --values-to-remove all ACCOUNT (aws rds modify-db-cluster-snapshot-attribute for a cluster). Copies that others have
#     made stay with them: find out who has restored it.
#   remediation_ja: >-
#     共有を解除する: aws rds modify-db-snapshot-attribute --db-snapshot-identifier 識別子 --attribute-name restore
#     --values-to-remove all アカウントID(クラスターはaws rds modify-db-cluster-snapshot-attribute)。
#     共有先で作成済みのコピーは残るため、利用の有無を確認する。
package sekisho_policies.snapshot_not_shared

import data.sekisho.decode

field := {
	"AWS::RDS::DBSnapshot": "DBSnapshotAttributes",
	"AWS::RDS::DBClusterSnapshot": "DBClusterSnapshotAttributes",
}[input.resourceType]

attributes := decode.document(object.get(input, ["supplementaryConfiguration", field], null))

restore := [attribute |
	some attribute in decode.list(attributes)
	is_object(attribute)
	object.get(attribute, "attributeName", null) == "restore"
]

sharers contains account if {
	some attribute in restore
	some account in decode.list(object.get(attribute, "attributeValues", null))
}

deny contains {
	"msg": "everybody may restore the snapshot",
	"msg_ja": "スナップショットが公開されており、誰でも復元できます",
} if {
	"all" in sharers
}

deny contains {
	"msg": sprintf("shared with account %v, which is not an allowed account", [account]),
	"msg_ja": sprintf("許可されていないアカウント%vと共有しています", [account]),
} if {
	some account in sharers
	not account in {"all", input.awsAccountId}
	not account in data.parameters.allowedAccounts
}

deny contains {
	"msg": "whom the snapshot is shared with is not recorded",
	"msg_ja": "スナップショットの共有先が記録されていません",
} if {
	count(restore) == 0
}
