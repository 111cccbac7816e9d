# METADATA
# title: Replicas, snapshots and global clusters of RDS and Aurora lie in Japan
# description: >-
#   RDS names what lies in another region by its ARN and what lies in the same by its bare name. Looked at are read
#   replicas and their sources, automated backups that are replicated, snapshots that were copied from abroad, and the
#   members of Aurora's global clusters, which AWS Config does not record and RDS is asked for. Where the source of a copy
#   lies abroad, so does the data. The region only stands in for the reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_GlobalClusterMember.html
#   - https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReplicateBackups.html
# custom:
#   id: residency-rds-copies
#   title_ja: RDS・Auroraのリードレプリカ、スナップショット、グローバルクラスターが国内にある
#   severity: critical
#   trigger: both
#   resource_types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#     - AWS::RDS::DBSnapshot
#     - AWS::RDS::DBClusterSnapshot
#     - AWS::RDS::GlobalCluster
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
#         description: Regions where copies may lie
#         description_ja: 複製の配置を許可するリージョン
#   facts:
#     global_clusters:
#       provider: aws-api
#       service: rds
#       action: DescribeGlobalClusters
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#     - guideline: 医療情報システムの安全管理に関するガイドライン
#       edition: "6.0"
#       part: 企画管理編
#       clause: 7 遵守事項⑥
#       confidence: H
#   remediation: >-
#     Delete the replica abroad (aws rds delete-db-instance --region REGION --db-instance-identifier ID), stop the
#     replication of backups (aws rds stop-db-instance-automated-backups-replication --source-db-instance-arn ARN), take
#     the cluster out of the global one (aws rds remove-from-global-cluster --global-cluster-identifier ID
#     --db-cluster-identifier ARN) and delete it; use ap-northeast-3 for a second region.
#   remediation_ja: >-
#     国外のレプリカを削除し(aws rds delete-db-instance --region リージョン --db-instance-identifier 識別子)、
#     自動バックアップのレプリケーションを停止し(aws rds stop-db-instance-automated-backups-replication
#     --source-db-instance-arn ARN)、国外のクラスターをグローバルクラスターから外して削除する
#     (aws rds remove-from-global-cluster --global-cluster-identifier 識別子 --db-cluster-identifier ARN)。
#     遠隔地への複製には大阪リージョンを使う。
package sekisho_policies.residency_rds_copies

import data.sekisho.decode
import data.sekisho.places

# Field of the configuration to what it names, in both languages. Names of other types stay empty.
fields := {
	"readReplicaDBInstanceIdentifiers": {"en": "read replica", "ja": "リードレプリカ"},
	"readReplicaDBClusterIdentifiers": {"en": "read replica", "ja": "リードレプリカ"},
	"readReplicaIdentifiers": {"en": "read replica", "ja": "リードレプリカ"},
	"readReplicaSourceDBInstanceIdentifier": {"en": "source of replication", "ja": "レプリケーション元"},
	"readReplicaSourceDBClusterIdentifier": {"en": "source of replication", "ja": "レプリケーション元"},
	"replicationSourceIdentifier": {"en": "source of replication", "ja": "レプリケーション元"},
	"sourceDBSnapshotIdentifier": {"en": "source snapshot", "ja": "コピー元スナップショット"},
	"sourceDBClusterSnapshotArn": {"en": "source snapshot", "ja": "コピー元スナップショット"},
}

readable if is_object(object.get(input, "configuration", null))

# Each copy or source that the item names, as [what it is, its name].
named contains [kind, name] if {
	some field, kind in fields
	some name in decode.list(object.get(input, ["configuration", field], null))
	name != ""
}

named contains [{"en": "replicated automated backup", "ja": "自動バックアップの複製先"}, arn] if {
	some entry in decode.list(object.get(input, ["configuration", "dBInstanceAutomatedBackupsReplications"], null))
	arn := object.get(entry, "dBInstanceAutomatedBackupsArn", "unknown")
}

# ---- global clusters

is_global if input.resourceType == "AWS::RDS::GlobalCluster"

identifier := lower(name) if {
	is_global
	some name in [object.get(input, ["configuration", "GlobalClusterIdentifier"], input.resourceId)]
	is_string(name)
}

members := [member |
	some cluster in decode.list(object.get(data.facts.global_clusters, "GlobalClusters", null))
	lower(object.get(cluster, "GlobalClusterIdentifier", "")) == identifier
	some member in decode.list(object.get(cluster, "GlobalClusterMembers", null))
]

shown if {
	some cluster in decode.list(object.get(data.facts.global_clusters, "GlobalClusters", null))
	lower(object.get(cluster, "GlobalClusterIdentifier", "")) == identifier
	is_array(object.get(cluster, "GlobalClusterMembers", null))
}

named contains [{"en": "member", "ja": "メンバー"}, arn] if {
	some member in members
	arn := object.get(member, "DBClusterArn", "unknown")
}

named contains [{"en": "reader", "ja": "リーダー"}, arn] if {
	some member in members
	some arn in decode.list(object.get(member, "Readers", null))
}

# ---- verdicts

deny contains {
	"msg": sprintf("%s in %s, outside the allowed regions: %s", [kind.en, region, name]),
	"msg_ja": sprintf("%sが国外リージョン%sにあります: %s", [kind.ja, region, name]),
} if {
	some [kind, name] in named
	region := region_of(kind, name)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("the region of a %s cannot be told: %v", [kind.en, name]),
	"msg_ja": sprintf("%sのリージョンを確認できません: %v", [kind.ja, name]),
} if {
	some [kind, name] in named
	not region_of(kind, name)
}

deny contains {
	"msg": sprintf("the snapshot was copied from %v, outside the allowed regions", [region]),
	"msg_ja": sprintf("国外リージョン%vからコピーされたスナップショットです", [region]),
} if {
	region := object.get(input, ["configuration", "sourceRegion"], null)
	not region in {null, ""}
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": "RDS does not show the members of the global cluster",
	"msg_ja": "グローバルクラスターのメンバーを確認できません",
} if {
	is_global
	not shown
}

deny contains {
	"msg": "the configuration is not recorded",
	"msg_ja": "構成が記録されていません",
} if {
	not readable
	not is_global
}

region_of(_, name) := places.region(name)

# Beside the item itself.
region_of(kind, name) := input.awsRegion if bare(kind, name)

# A bare name is of the same region. Members of a global cluster and replicated backups always have their ARN.
bare(kind, name) if {
	is_string(name)
	not contains(name, ":")
	some known in fields
	known == kind
}

# Snapshots that RDS makes by itself are "rds:name", and a copy in the same region may name them so.
bare(kind, name) if {
	kind.en == "source snapshot"
	is_string(name)
	startswith(name, "rds:")
}
