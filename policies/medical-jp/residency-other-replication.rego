# METADATA
# title: No other service replicates data abroad
# description: >-
#   Asked in each of allowedRegions: the replication of container registries (ECR), of file systems (EFS), of secrets
#   (Secrets Manager) and of global caches and databases (ElastiCache, DocumentDB, Neptune), and the copies of
#   Redshift's snapshots; of multi-region access points of S3 (AWS Config) whether all their buckets lie in an allowed
#   region. S3, RDS, DynamoDB, KMS and AWS Backup have policies of their own. Where the source of a replication lies
#   abroad, so does the data. Services that are not named here are not seen: residency-foreign-region-empty finds what they
#   leave abroad. The region only stands in for the reach of Japanese law.
# scope: package
# related_resources:
#   - https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRegistry.html
#   - https://docs.aws.amazon.com/efs/latest/ug/API_DescribeReplicationConfigurations.html
#   - https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
#   - https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeGlobalReplicationGroups.html
#   - https://docs.aws.amazon.com/redshift/latest/APIReference/API_ClusterSnapshotCopyStatus.html
#   - https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPoints.html
# custom:
#   id: residency-other-replication
#   title_ja: その他サービス(ECR、EFS、Secrets Managerなど)の国外レプリケーションがない
#   severity: high
#   trigger: periodic
#   resource_types:
#     - AWS::::Account
#   inventory:
#     - AWS::S3::MultiRegionAccessPoint
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
#         description: Regions where replicas may lie, and where the services are asked
#         description_ja: レプリカの配置を許可し、各サービスに照会するリージョン
#   facts:
#     registries:
#       provider: aws-api
#       service: ecr
#       action: DescribeRegistry
#       regions: {parameter: allowedRegions}
#     file_systems:
#       provider: aws-api
#       service: efs
#       action: DescribeReplicationConfigurations
#       regions: {parameter: allowedRegions}
#     secrets:
#       provider: aws-api
#       service: secretsmanager
#       action: ListSecrets
#       regions: {parameter: allowedRegions}
#     secret:
#       provider: aws-api
#       service: secretsmanager
#       action: DescribeSecret
#       for_each: {fact: secrets, items: SecretList, parameters: {SecretId: ARN}}
#       tolerate: [ResourceNotFoundException]
#     caches:
#       provider: aws-api
#       service: elasticache
#       action: DescribeGlobalReplicationGroups
#       parameters: {ShowMemberInfo: true}
#       regions: {parameter: allowedRegions}
#     document_clusters:
#       provider: aws-api
#       service: docdb
#       action: DescribeGlobalClusters
#       regions: {parameter: allowedRegions}
#     graph_clusters:
#       provider: aws-api
#       service: neptune
#       action: DescribeGlobalClusters
#       regions: {parameter: allowedRegions}
#     warehouses:
#       provider: aws-api
#       service: redshift
#       action: DescribeClusters
#       regions: {parameter: allowedRegions}
#     own_buckets:
#       provider: aws-api
#       service: s3
#       action: ListBuckets
#       parameters: {MaxBuckets: 1000}
#   guidelines:
#     - guideline: 医療情報を取り扱う情報システム・サービスの提供事業者における安全管理ガイドライン
#       edition: "2.0"
#       clause: "6.1"
#       confidence: M
#   remediation: >-
#     Take the region out of the replication: aws ecr put-replication-configuration; aws efs delete-replication-configuration
#     --source-file-system-id ID; aws secretsmanager remove-regions-from-replication --secret-id ID
#     --remove-replica-regions REGION; aws redshift disable-snapshot-copy --cluster-identifier ID; aws elasticache
#     disassociate-global-replication-group. Delete the replica that stays behind.
#   remediation_ja: >-
#     国外リージョンへの複製を解除する: aws ecr put-replication-configuration、
#     aws efs delete-replication-configuration --source-file-system-id ID、
#     aws secretsmanager remove-regions-from-replication --secret-id ID --remove-replica-regions リージョン、
#     aws redshift disable-snapshot-copy --cluster-identifier 識別子、aws elasticache disassociate-global-replication-group。
#     解除後に残る複製も削除する。
package sekisho_policies.residency_other_replication

import data.sekisho.decode
import data.sekisho.places
import data.sekisho.regional

# Each place that a service replicates to or from: [what it is, in English and Japanese, its name, the region].
replicas contains ["the registry of ECR", "ECRレジストリ", place, region] if {
	some place, result in regional.results(data.facts.registries)
	some rule in decode.list(object.get(result, ["replicationConfiguration", "rules"], null))
	some destination in decode.list(object.get(rule, "destinations", null))
	region := object.get(destination, "region", null)
}

replicas contains ["the file system", "EFSファイルシステム", name, region] if {
	some _, result in regional.results(data.facts.file_systems)
	some replication in decode.list(object.get(result, "Replications", null))
	name := object.get(replication, "SourceFileSystemId", "unknown")
	some region in array.concat(
		[object.get(replication, "SourceFileSystemRegion", null)],
		[object.get(destination, "Region", null) | some destination in decode.list(object.get(replication, "Destinations", null))],
	)
}

replicas contains ["the secret", "シークレット", name, region] if {
	some answer in decode.list(data.facts.secret)
	name := object.get(answer, ["result", "Name"], "unknown")
	some replica in decode.list(object.get(answer, ["result", "ReplicationStatus"], null))
	region := object.get(replica, "Region", null)
}

# A secret that is itself a replica.
replicas contains ["the secret", "シークレット", name, region] if {
	some answer in decode.list(data.facts.secret)
	name := object.get(answer, ["result", "Name"], "unknown")
	region := object.get(answer, ["result", "PrimaryRegion"], null)
	region != null
}

replicas contains ["the secret", "シークレット", name, region] if {
	some answer in decode.list(data.facts.secret)
	name := object.get(answer, ["result", "Name"], "unknown")
	some replica in decode.list(object.get(answer, ["result", "CrossAccountReplicas"], null))
	region := region_of(object.get(replica, "ReplicaSecretARN", null))
}

replicas contains ["the global datastore of ElastiCache", "ElastiCacheグローバルデータストア", name, region] if {
	some _, result in regional.results(data.facts.caches)
	some group in decode.list(object.get(result, "GlobalReplicationGroups", null))
	name := object.get(group, "GlobalReplicationGroupId", "unknown")
	some member in decode.list(object.get(group, "Members", null))
	region := object.get(member, "ReplicationGroupRegion", null)
}

replicas contains ["the global cluster", "グローバルクラスター", name, region] if {
	some answers in [data.facts.document_clusters, data.facts.graph_clusters]
	some _, result in regional.results(answers)
	some cluster in decode.list(object.get(result, "GlobalClusters", null))
	name := object.get(cluster, "GlobalClusterIdentifier", "unknown")
	some member in decode.list(object.get(cluster, "GlobalClusterMembers", null))
	region := region_of(object.get(member, "DBClusterArn", null))
}

replicas contains ["the Redshift cluster", "Redshiftクラスター", name, region] if {
	some _, result in regional.results(data.facts.warehouses)
	some cluster in decode.list(object.get(result, "Clusters", null))
	name := object.get(cluster, "ClusterIdentifier", "unknown")
	status := object.get(cluster, "ClusterSnapshotCopyStatus", null)
	status != null
	region := object.get(status, "DestinationRegion", null)
}

replicas contains ["the multi-region access point", "マルチリージョンアクセスポイント", name, region] if {
	some name, point in data.inventory["AWS::S3::MultiRegionAccessPoint"]
	some member in decode.list(object.get(point, ["configuration", "Regions"], null))
	region := object.get(bucket_regions, object.get(member, "Bucket", null), null)
}

bucket_regions := places.bucket_regions(data.facts.own_buckets)

region_of(arn) := region if {
	region := places.region(arn)
} else := null

# ---- verdicts

deny contains {
	"msg": sprintf("%s %s is replicated in %s, outside the allowed regions", [what, name, region]),
	"msg_ja": sprintf("%s %sの複製が国外リージョン%sにあります", [what_ja, name, region]),
} if {
	some [what, what_ja, name, region] in replicas
	is_string(region)
	not region in data.parameters.allowedRegions
}

deny contains {
	"msg": sprintf("where %s %s is replicated cannot be told", [what, name]),
	"msg_ja": sprintf("%s %sの複製先リージョンを確認できません", [what_ja, name]),
} if {
	some [what, what_ja, name, region] in replicas
	region == null
}

# What was asked and did not answer with its list.
lists := {
	"registries": {"service": "ECR", "member": "replicationConfiguration"},
	"file_systems": {"service": "EFS", "member": "Replications"},
	"secrets": {"service": "Secrets Manager", "member": "SecretList"},
	"caches": {"service": "ElastiCache", "member": "GlobalReplicationGroups"},
	"document_clusters": {"service": "DocumentDB", "member": "GlobalClusters"},
	"graph_clusters": {"service": "Neptune", "member": "GlobalClusters"},
	"warehouses": {"service": "Redshift", "member": "Clusters"},
}

unread contains sprintf("%s (%s)", [list.service, region]) if {
	some fact, list in lists
	some region in regional.asked(data.facts[fact])
	result := object.get(regional.results(data.facts[fact]), region, {})
	object.get(result, list.member, null) == null
}

unread contains sprintf("%s (%s)", [list.service, region]) if {
	some fact, list in lists
	some region in data.parameters.allowedRegions
	not region in regional.asked(data.facts[fact])
}

deny contains {
	"msg": sprintf("what is replicated cannot be read: %s", [concat(", ", sort(unread))]),
	"msg_ja": sprintf("レプリケーションの設定を確認できません: %s", [concat(", ", sort(unread))]),
} if {
	count(unread) > 0
}
