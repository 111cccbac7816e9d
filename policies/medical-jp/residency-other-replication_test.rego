package sekisho_policies.residency_other_replication_test

import data.sekisho_policies.residency_other_replication as policy

answer(result) := [{"region": "ap-northeast-1", "result": result}]

nothing := {
	"registries": answer({"replicationConfiguration": {"rules": []}}),
	"file_systems": answer({"Replications": []}),
	"secrets": answer({"SecretList": []}),
	"secret": [],
	"caches": answer({"GlobalReplicationGroups": []}),
	"document_clusters": answer({"GlobalClusters": []}),
	"graph_clusters": answer({"GlobalClusters": []}),
	"warehouses": answer({"Clusters": []}),
	"own_buckets": {"Buckets": [{"Name": "osaka", "BucketRegion": "ap-northeast-3"}, {"Name": "virginia", "BucketRegion": "us-east-1"}]},
}

judged(facts, points) := {reason.msg |
	some reason in policy.deny with data.facts as object.union(nothing, facts)
		with data.inventory as {"AWS::S3::MultiRegionAccessPoint": points}
		with data.parameters as {"allowedRegions": ["ap-northeast-1"]}
}

messages(facts) := judged(facts, {})

abroad(what) := {sprintf("%s is replicated in us-east-1, outside the allowed regions", [what])}

unknown(what) := {sprintf("where %s is replicated cannot be told", [what])}

test_nothing if messages({}) == set()

ecr_to(place) := {"registries": answer({"replicationConfiguration": {"rules": [{"destinations": [place]}]}})}

test_ecr if {
	messages(ecr_to({"region": "us-east-1"})) == abroad("the registry of ECR ap-northeast-1")
	messages(ecr_to({"region": "ap-northeast-1"})) == set()
	messages(ecr_to({})) == unknown("the registry of ECR ap-northeast-1")
}

efs_with_places(from, into) := {"file_systems": answer({"Replications": [{"SourceFileSystemId": "fs-1", "SourceFileSystemRegion": from, "Destinations": [{"Region": into}]}]})}

test_efs if {
	messages(efs_with_places("ap-northeast-1", "us-east-1")) == abroad("the file system fs-1")
	messages(efs_with_places("us-east-1", "ap-northeast-1")) == abroad("the file system fs-1")
	messages(efs_with_places("ap-northeast-1", "ap-northeast-1")) == set()
	messages(efs_with_places("ap-northeast-1", null)) == unknown("the file system fs-1")
}

secrets_of(secret) := {"secret": [{"result": object.union({"Name": "s"}, secret)}]}

test_secrets if {
	messages(secrets_of({"ReplicationStatus": [{"Region": "us-east-1"}]})) == abroad("the secret s")
	messages(secrets_of({"ReplicationStatus": [{"Region": "ap-northeast-1"}]})) == set()
	messages(secrets_of({"PrimaryRegion": "us-east-1"})) == abroad("the secret s")
	messages(secrets_of({"PrimaryRegion": "ap-northeast-1"})) == set()
	messages(secrets_of({"CrossAccountReplicas": [{"ReplicaSecretARN": "arn:aws:secretsmanager:us-east-1:1:secret:s"}]})) == abroad("the secret s")
	messages(secrets_of({"CrossAccountReplicas": [{}]})) == unknown("the secret s")
	messages(secrets_of({"ReplicationStatus": [{}]})) == unknown("the secret s")
	messages(secrets_of({})) == set()
	messages({"secret": [{"error": {"code": "ResourceNotFoundException"}}]}) == set()
}

caches_of(member) := {"caches": answer({"GlobalReplicationGroups": [{"GlobalReplicationGroupId": "g", "Members": [member]}]})}

test_caches if {
	messages(caches_of({"ReplicationGroupRegion": "us-east-1"})) == abroad("the global datastore of ElastiCache g")
	messages(caches_of({})) == unknown("the global datastore of ElastiCache g")
}

test_global_clusters if {
	every fact in ["document_clusters", "graph_clusters"] {
		messages({fact: answer({"GlobalClusters": [{"GlobalClusterIdentifier": "g", "GlobalClusterMembers": [{"DBClusterArn": "arn:aws:rds:us-east-1:1:cluster:c"}]}]})}) == abroad("the global cluster g")
		messages({fact: answer({"GlobalClusters": [{"GlobalClusterIdentifier": "g", "GlobalClusterMembers": [{}]}]})}) == unknown("the global cluster g")
	}
}

redshift_of(status) := {"warehouses": answer({"Clusters": [{"ClusterIdentifier": "w", "ClusterSnapshotCopyStatus": status}]})}

test_redshift if {
	messages(redshift_of({"DestinationRegion": "us-east-1"})) == abroad("the Redshift cluster w")
	messages(redshift_of({})) == unknown("the Redshift cluster w")
	messages(redshift_of(null)) == set()
}

access_points_point(bucket) := {"mrap": {"configuration": {"Regions": [{"Bucket": bucket}]}}}

test_access_points if {
	judged({}, access_points_point("virginia")) == abroad("the multi-region access point mrap")
	judged({}, access_points_point("strange")) == unknown("the multi-region access point mrap")
	judged({}, {"mrap": {"configuration": {"Regions": []}}}) == set()
}

# Each answer has to be there, with its list.
test_answers_without_their_list if {
	every fact, list in policy.lists {
		expected := {sprintf("what is replicated cannot be read: %s (ap-northeast-1)", [list.service])}
		messages({fact: answer({})}) == expected
		messages({fact: answer({list.member: null})}) == expected
		messages({fact: [{"region": "ap-northeast-1"}]}) == expected
		messages({fact: []}) == expected
	}
}
