package sekisho_policies.residency_s3_replication_test

import data.sekisho_policies.residency_s3_replication as policy

defaults := {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"], "allowedAccounts": [], "bucketRegions": []}

own := {"own_buckets": {"Buckets": [
	{"Name": "osaka", "BucketRegion": "ap-northeast-3"},
	{"Name": "virginia", "BucketRegion": "us-east-1"},
]}}

replicating(rules) := {
	"awsAccountId": "123456789012",
	"supplementaryConfiguration": {"BucketReplicationConfiguration": {"rules": rules}},
}

into(bucket) := {"status": "Enabled", "destinationConfig": {"bucketARN": sprintf("arn:aws:s3:::%s", [bucket])}}

messages(item, facts, parameters) := {reason.msg |
	some reason in policy.deny with input as item with data.facts as facts with data.parameters as parameters
}

test_no_replication if {
	messages({"awsAccountId": "123456789012"}, own, defaults) == set()
	none := {"supplementaryConfiguration": {"BucketReplicationConfiguration": null}}
	messages(none, own, defaults) == set()
}

test_rules_as_list_and_as_text if {
	abroad := {"replicates to bucket virginia in us-east-1, outside the allowed regions"}
	messages(replicating([into("virginia")]), own, defaults) == abroad
	text := json.marshal({"rules": {"x": into("virginia")}})
	item := {"awsAccountId": "123456789012", "supplementaryConfiguration": {"BucketReplicationConfiguration": text}}
	messages(item, own, defaults) == abroad
}

test_only_disabled_rules_are_let_be if {
	every status in ["Enabled", "enabled", null, "anything"] {
		count(messages(replicating({"x": object.union(into("virginia"), {"status": status})}), own, defaults)) == 1
	}
	every status in ["Disabled", "disabled"] {
		messages(replicating({"x": object.union(into("virginia"), {"status": status})}), own, defaults) == set()
	}
}

test_either_spelling_of_the_owner if {
	every name in ["account", "Account"] {
		destination := {"bucketARN": "arn:aws:s3:::osaka", name: "210987654321"}
		messages(replicating({"x": {"status": "Enabled", "destinationConfig": destination}}), own, defaults) == {"replicates to bucket osaka of account 210987654321, which is not an allowed account"}
	}
}

test_own_account_is_known if {
	destination := {"bucketARN": "arn:aws:s3:::osaka", "account": "123456789012"}
	messages(replicating({"x": {"status": "Enabled", "destinationConfig": destination}}), own, defaults) == set()
}

# S3 tells nothing: neither region nor owner are known.
test_no_buckets_shown if {
	every facts in [{"own_buckets": {}}, {"own_buckets": {"Buckets": null}}] {
		messages(replicating({"x": into("osaka")}), facts, defaults) == {
			"the region of the destination bucket osaka is not known: name it in bucketRegions",
			"replicates to bucket osaka, whose owner the rule does not name: set Account in its Destination",
		}
	}
}

test_unreadable_rules if {
	every rules in [null, "x", 1] {
		messages(replicating(rules), own, defaults) == {"the rules of the replication are not recorded"}
	}
}
