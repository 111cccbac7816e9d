package sekisho_policies.snapshot_not_shared_test

import data.sekisho_policies.snapshot_not_shared as policy

snapshot(kind, attributes) := {
	"resourceType": sprintf("AWS::RDS::DB%sSnapshot", [kind]),
	"awsAccountId": "123456789012",
	"supplementaryConfiguration": {sprintf("DB%sSnapshotAttributes", [kind]): attributes},
}

messages(item) := {reason.msg |
	some reason in policy.deny with input as item with data.parameters as {"allowedAccounts": ["210987654321"]}
}

test_both_types if {
	every kind in ["", "Cluster"] {
		messages(snapshot(kind, [{"attributeName": "restore", "attributeValues": ["all"]}])) == {"everybody may restore the snapshot"}
		messages(snapshot(kind, [{"attributeName": "restore", "attributeValues": []}])) == set()
	}
}

test_values_that_are_one_or_none if {
	messages(snapshot("", [{"attributeName": "restore", "attributeValues": "all"}])) == {"everybody may restore the snapshot"}
	messages(snapshot("", [{"attributeName": "restore", "attributeValues": null}])) == set()
	messages(snapshot("", {"attributeName": "restore", "attributeValues": ["all"]})) == {"everybody may restore the snapshot"}
}

test_other_attributes_are_not_meant if {
	both := [{"attributeName": "x", "attributeValues": ["all"]}, {"attributeName": "restore", "attributeValues": ["210987654321", "123456789012"]}]
	messages(snapshot("", both)) == set()
}

test_not_recorded if {
	every attributes in [null, [], "", ["restore"], [{"attributeName": "x"}]] {
		messages(snapshot("", attributes)) == {"whom the snapshot is shared with is not recorded"}
	}
	messages({"resourceType": "AWS::RDS::DBSnapshot"}) == {"whom the snapshot is shared with is not recorded"}
}
