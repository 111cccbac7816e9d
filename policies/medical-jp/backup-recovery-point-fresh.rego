# METADATA
# title: Every data store has a recent, encrypted recovery point
# description: >-
#   A plan says what should happen; a recovery point shows that it did. Looked at is the newest completed
#   recovery point of each data store in the region's vaults of AWS Backup: how old it is and whether it is
#   encrypted. A continuous backup is always recent. The backup of an instance counts for its volumes. A
#   resource that is younger than maxAgeHours, and a member of a database cluster, are NOT_APPLICABLE.
#   The services' own backups (RDS snapshots, point-in-time recovery) are not recovery points of AWS Backup
#   and do not count here.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/API_RecoveryPointByBackupVault.html
#   - https://docs.aws.amazon.com/aws-backup/latest/devguide/applicationconsistent-backup.html
# custom:
#   id: backup-recovery-point-fresh
#   title_ja: 直近のリカバリポイントが期限内に作成されている
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::DynamoDB::Table
#     - AWS::EC2::Volume
#     - AWS::EFS::FileSystem
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBInstance
#     - AWS::S3::Bucket
#   inventory:
#     - AWS::EC2::Instance
#   parameters:
#     type: object
#     properties:
#       maxAgeHours:
#         type: integer
#         minimum: 1
#         default: 26
#         description: Hours since the newest recovery point was completed, at most
#         description_ja: 直近のリカバリポイントの最大経過時間
#       requireEncrypted:
#         type: boolean
#         default: true
#         description: Whether the recovery point has to be encrypted
#         description_ja: リカバリポイントの暗号化を必須とするか
#       phiTag:
#         type: string
#         default: ""
#         description: Tag of the resources to judge, as Key or Key=Value; the others are NOT_APPLICABLE. Empty judges all
#         description_ja: 判定対象のリソースに付けるタグ(キー、またはキー=値)。空ならすべてのリソースを判定する
#   facts:
#     vaults: {provider: aws-api, service: backup, action: ListBackupVaults}
#     points:
#       provider: aws-api
#       service: backup
#       action: ListRecoveryPointsByBackupVault
#       for_each: {fact: vaults, items: BackupVaultList, parameters: {BackupVaultName: BackupVaultName}}
#   guidelines:
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: 11 遵守事項①
#       confidence: H
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: システム運用編
#       clause: "12.2"
#       confidence: M
#   remediation: >-
#     See why the job failed, then start one:
#     aws backup list-backup-jobs --by-resource-arn ARN;
#     aws backup start-backup-job --backup-vault-name VAULT --resource-arn ARN --iam-role-arn ROLE
#   remediation_ja: >-
#     バックアップジョブの失敗原因を確認し、取得し直す:
#     aws backup list-backup-jobs --by-resource-arn リソースARN、
#     aws backup start-backup-job --backup-vault-name ボールト名 --resource-arn リソースARN --iam-role-arn ロールARN
package sekisho_policies.backup_recovery_point_fresh

import data.sekisho.data_stores
import data.sekisho.decode
import data.sekisho.tags

ns_per_hour := 3600000000000

now_ns := time.parse_rfc3339_ns(data.facts.now)

limit_ns := data.parameters.maxAgeHours * ns_per_hour

instances := object.get(data.inventory, "AWS::EC2::Instance", {})

arns := {target.arn |
	some target in data_stores.targets(input, instances)
	is_string(target.arn)
}

completed := [point |
	some answer in decode.list(data.facts.points)
	some point in decode.list(object.get(answer, ["result", "RecoveryPoints"], null))
	object.get(point, "ResourceArn", null) in arns
	object.get(point, "Status", null) in {"COMPLETED", "AVAILABLE"}
]

# It is kept up to date for as long as it is not STOPPED; its dates are those of its beginning.
is_continuous(point) if contains(object.get(point, "RecoveryPointArn", ""), ":continuous:")

age_ns(point) := now_ns - time.parse_rfc3339_ns(point.CompletionDate) if {
	is_string(object.get(point, "CompletionDate", null))
}

is_fresh(point) if is_continuous(point)

is_fresh(point) if age_ns(point) <= limit_ns

fresh := [point | some point in completed; is_fresh(point)]

encrypted := [point | some point in fresh; object.get(point, "IsEncrypted", null) == true]

newest := min([age | some point in completed; age := age_ns(point)])

# ---- verdicts

not_applicable if data_stores.member_of_cluster(input)

not_applicable if {
	data.parameters.phiTag != ""
	not tags.matches(object.get(input, "tags", {}), data.parameters.phiTag)
}

# Its first backup is not due yet.
not_applicable if {
	created := object.get(input, "resourceCreationTime", null)
	is_string(created)
	now_ns - time.parse_rfc3339_ns(created) < limit_ns
}

deny contains {
	"msg": "AWS Backup has no completed recovery point of this resource",
	"msg_ja": "AWS Backupに完了したリカバリポイントがありません",
} if {
	count(completed) == 0
}

deny contains {
	"msg": sprintf("the newest recovery point is %d hours old (at most %d allowed)", [hours, most]),
	"msg_ja": sprintf("直近のリカバリポイントの作成から%d時間経過しています(必要: %d時間以内)", [hours, most]),
} if {
	count(fresh) == 0
	most := data.parameters.maxAgeHours
	hours := ceil(newest / ns_per_hour)
}

deny contains {
	"msg": "it is not known when the recovery points were completed",
	"msg_ja": "リカバリポイントの完了日時を確認できません",
} if {
	count(completed) > 0
	count(fresh) == 0
	not newest
}

deny contains {
	"msg": "the recent recovery points are not encrypted",
	"msg_ja": "直近のリカバリポイントが暗号化されていません",
} if {
	data.parameters.requireEncrypted
	count(fresh) > 0
	count(encrypted) == 0
}
