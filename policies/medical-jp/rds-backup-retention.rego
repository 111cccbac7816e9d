# METADATA
# title: RDS and Aurora databases have automated backups and deletion protection
# description: >-
#   Automated backups have to be kept for a number of days, and the database must not be deletable by one
#   mistaken call. An instance that is a member of a cluster (Aurora, Neptune, DocumentDB, Multi-AZ DB
#   cluster) is judged by its cluster, where these settings live; an instance that is a read replica is
#   judged by its source. A cluster is judged itself even when it replicates another, because it keeps
#   backups of its own. A setting that AWS Config did not record counts as not set.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.html
#   - https://docs.aws.amazon.com/config/latest/developerguide/db-instance-backup-enabled.html
# custom:
#   id: rds-backup-retention
#   title_ja: RDSの自動バックアップ・削除保護が有効である
#   severity: high
#   trigger: change
#   resource_types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   parameters:
#     type: object
#     properties:
#       minDays:
#         type: integer
#         minimum: 1
#         maximum: 35
#         default: 7
#         description: Days that automated backups are kept, at least
#         description_ja: 自動バックアップの最低保持日数
#       requireDeletionProtection:
#         type: boolean
#         default: true
#         description: Whether deletion protection has to be on
#         description_ja: 削除保護を必須とするか
#       requireMultiAZ:
#         type: boolean
#         default: false
#         description: Whether the database has to run in more than one Availability Zone
#         description_ja: マルチAZ構成を必須とするか
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
#     Set the retention and turn deletion protection on:
#     aws rds modify-db-instance --db-instance-identifier NAME --backup-retention-period 7
#     --deletion-protection --apply-immediately; for a cluster
#     aws rds modify-db-cluster --db-cluster-identifier NAME --backup-retention-period 7
#     --deletion-protection --apply-immediately. Going from 0 days restarts an instance.
#   remediation_ja: >-
#     バックアップ保持期間を設定し、削除保護を有効にする:
#     aws rds modify-db-instance --db-instance-identifier インスタンス名 --backup-retention-period 7
#     --deletion-protection --apply-immediately。クラスターは
#     aws rds modify-db-cluster --db-cluster-identifier クラスター名 --backup-retention-period 7
#     --deletion-protection --apply-immediately。保持期間を0日から変えると短時間の停止が発生する。
package sekisho_policies.rds_backup_retention

# Engines whose instances exist only in clusters.
cluster_engines := {"aurora", "aurora-mysql", "aurora-postgresql", "docdb", "neptune"}

resource_type := object.get(input, "resourceType", null)

# The instance says dBClusterIdentifier, the cluster itself dbclusterIdentifier: AWS Config's spelling.
cluster := object.get(input, ["configuration", "dBClusterIdentifier"], null)

retention := object.get(input, ["configuration", "backupRetentionPeriod"], null)

deletion_protection := object.get(input, ["configuration", "deletionProtection"], null)

multi_az := object.get(input, ["configuration", "multiAZ"], null)

default member := false

member if {
	resource_type == "AWS::RDS::DBInstance"
	not cluster in {null, ""}
}

default replica := false

replica if {
	resource_type == "AWS::RDS::DBInstance"
	source := object.get(input, ["configuration", "readReplicaSourceDBInstanceIdentifier"], null)
	not source in {null, ""}
}

replica if {
	resource_type == "AWS::RDS::DBInstance"
	source := object.get(input, ["configuration", "readReplicaSourceDBClusterIdentifier"], null)
	not source in {null, ""}
}

# An instance of a cluster engine whose cluster is not recorded: its own settings say nothing.
default orphan := false

orphan if {
	resource_type == "AWS::RDS::DBInstance"
	not member
	object.get(input, ["configuration", "engine"], null) in cluster_engines
}

not_applicable if member

not_applicable if replica

deny contains {
	"msg": "the cluster of this instance is not recorded",
	"msg_ja": "インスタンスが属するクラスターが記録されていません",
} if {
	orphan
}

deny contains {
	"msg": "the backup retention period is not recorded",
	"msg_ja": "バックアップ保持期間が記録されていません",
} if {
	not orphan
	not is_number(retention)
}

deny contains {
	"msg": "automated backups are off (retention 0 days)",
	"msg_ja": "自動バックアップが無効です(保持期間0日)",
} if {
	not orphan
	retention == 0
}

deny contains {
	"msg": sprintf("automated backups are kept %v of the required %v days", [retention, data.parameters.minDays]),
	"msg_ja": sprintf("自動バックアップの保持期間が%v日です(必要: %v日以上)", [retention, data.parameters.minDays]),
} if {
	not orphan
	is_number(retention)
	retention != 0
	retention < data.parameters.minDays
}

deny contains {
	"msg": "deletion protection is not recorded",
	"msg_ja": "削除保護の設定が記録されていません",
} if {
	data.parameters.requireDeletionProtection
	not orphan
	not is_boolean(deletion_protection)
}

deny contains {
	"msg": "deletion protection is off",
	"msg_ja": "削除保護が無効です",
} if {
	data.parameters.requireDeletionProtection
	not orphan
	deletion_protection == false
}

deny contains {
	"msg": "Multi-AZ is not recorded",
	"msg_ja": "マルチAZの設定が記録されていません",
} if {
	data.parameters.requireMultiAZ
	not orphan
	not is_boolean(multi_az)
}

deny contains {
	"msg": "the database is in a single Availability Zone",
	"msg_ja": "マルチAZ構成ではありません",
} if {
	data.parameters.requireMultiAZ
	not orphan
	multi_az == false
}
