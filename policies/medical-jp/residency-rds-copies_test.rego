package sekisho_policies.residency_rds_copies_test

import data.sekisho_policies.residency_rds_copies as policy

defaults := {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"]}

messages(item, clusters) := {reason.msg |
	some reason in policy.deny with input as item
		with data.facts as {"global_clusters": clusters}
		with data.parameters as defaults
}

virginia := "arn:aws:rds:us-east-1:123456789012:db:x"

database(configuration) := {
	"resourceType": "AWS::RDS::DBInstance",
	"resourceId": "emr",
	"awsRegion": "ap-northeast-1",
	"configuration": configuration,
}

global_cluster := {
	"resourceType": "AWS::RDS::GlobalCluster",
	"resourceId": "emr",
	"configuration": {"GlobalClusterIdentifier": "EMR"},
}

shown(members) := {"GlobalClusters": [{"GlobalClusterIdentifier": "emr", "GlobalClusterMembers": members}]}

# Each field that can name something abroad does.
test_every_field if {
	every field, kind in policy.fields {
		expected := {sprintf("%s in us-east-1, outside the allowed regions: %s", [kind.en, virginia])}
		messages(database({field: virginia}), {}) == expected
		messages(database({field: [virginia]}), {}) == expected
		messages(database({field: null}), {}) == set()
		messages(database({field: ""}), {}) == set()
		messages(database({field: "bare-name"}), {}) == set()
	}
}

# A copy that bears a bare name lies beside the item, wherever that is.
test_bare_names_beside_an_item_abroad if {
	abroad := object.union(database({"readReplicaIdentifiers": ["x"], "sourceDBSnapshotIdentifier": "rds:y"}), {"awsRegion": "us-east-1"})
	messages(abroad, {}) == {
		"read replica in us-east-1, outside the allowed regions: x",
		"source snapshot in us-east-1, outside the allowed regions: rds:y",
	}
	messages(object.remove(abroad, ["awsRegion"]), {}) == {
		"the region of a read replica cannot be told: x",
		"the region of a source snapshot cannot be told: rds:y",
	}
	messages(object.union(abroad, {"configuration": {"readReplicaIdentifiers": [""], "sourceDBSnapshotIdentifier": ""}}), {}) == set()
}

test_names_that_are_no_arn if {
	messages(database({"readReplicaIdentifiers": ["a:b"]}), {}) == {"the region of a read replica cannot be told: a:b"}
	messages(database({"readReplicaIdentifiers": [7]}), {}) == {"the region of a read replica cannot be told: 7"}
	messages(database({"readReplicaIdentifiers": ["rds:x"]}), {}) == {"the region of a read replica cannot be told: rds:x"}
	messages(database({"sourceDBSnapshotIdentifier": "rds:x"}), {}) == set()
	messages(database({"sourceDBSnapshotIdentifier": "a:x"}), {}) == {"the region of a source snapshot cannot be told: a:x"}
	messages(database({"sourceDBSnapshotIdentifier": 7}), {}) == {"the region of a source snapshot cannot be told: 7"}
}

test_region_of_the_source if {
	every region in ["ap-northeast-3", "", null] {
		messages(database({"sourceRegion": region}), {}) == set()
	}
	messages(database({"sourceRegion": "eu-west-1"}), {}) == {"the snapshot was copied from eu-west-1, outside the allowed regions"}
}

test_configuration_has_to_be_there if {
	every item in [database(null), {"resourceType": "AWS::RDS::DBCluster"}] {
		messages(item, {}) == {"the configuration is not recorded"}
	}
}

test_members_by_any_case_and_by_the_resource_id if {
	abroad := "arn:aws:rds:us-east-1:123456789012:cluster:x"
	every item in [global_cluster, object.remove(global_cluster, ["configuration"])] {
		messages(item, shown([{"DBClusterArn": abroad}])) == {sprintf("member in us-east-1, outside the allowed regions: %s", [abroad])}
	}
}

test_members_have_their_arn if {
	messages(global_cluster, shown([{"DBClusterArn": "x"}])) == {"the region of a member cannot be told: x"}
	messages(global_cluster, shown([{"DBClusterArn": "arn:aws:rds:ap-northeast-1:1:cluster:x", "Readers": ["y"]}])) == {"the region of a reader cannot be told: y"}
}

test_members_not_shown if {
	every answer in [{}, {"GlobalClusters": null}, {"GlobalClusters": []}, shown(null)] {
		messages(global_cluster, answer) == {"RDS does not show the members of the global cluster"}
	}
	messages(global_cluster, shown([])) == set()
}

test_identifier_that_is_no_text if {
	odd := object.union(global_cluster, {"configuration": {"GlobalClusterIdentifier": 7}})
	messages(odd, shown([])) == {"RDS does not show the members of the global cluster"}
}

# The members of a global cluster are asked of that alone.
test_other_types_have_no_members if {
	messages(database({"GlobalClusterIdentifier": "emr"}), shown([{"DBClusterArn": virginia}])) == set()
}
