package sekisho_policies.residency_kms_multi_region_test

import data.sekisho_policies.residency_kms_multi_region

defaults := {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"], "mode": "no-foreign-replica"}

messages(configuration, changes) := {reason.msg |
	some reason in residency_kms_multi_region.deny with input as {"configuration": configuration}
		with data.parameters as object.union(defaults, changes)
}

key(primary, replicas) := {"multiRegion": true, "multiRegionConfiguration": {"primaryKey": {"region": primary}, "replicaKeys": [{"region": region} | some region in replicas]}}

test_of_one_region if {
	messages({"multiRegion": false}, {}) == set()
	messages({"multiRegion": false}, {"mode": "no-multi-region"}) == set()
}

test_of_several_regions if {
	messages(key("ap-northeast-1", ["ap-northeast-3"]), {}) == set()
	messages(key("ap-northeast-1", []), {}) == set()
	messages(key("ap-northeast-1", []), {"mode": "no-multi-region"}) == {"the key is multi-region"}
	messages(key("ap-northeast-1", ["ap-northeast-3", "eu-west-1"]), {}) == {"a replica of the key lies in eu-west-1, outside the allowed regions"}
	messages(key("us-east-1", ["ap-northeast-1"]), {}) == {"the primary key lies in us-east-1, outside the allowed regions"}
	messages(object.union(key("us-east-1", ["eu-west-1"]), {"multiRegion": false}), {}) == set()
}

test_not_recorded if {
	every configuration in [{}, null, {"multiRegion": null}, {"multiRegion": "true"}] {
		messages(configuration, {}) == {"whether the key is multi-region is not recorded"}
	}
	message := {"where the key and its replicas lie is not recorded"}
	every its in [null, {}, {"primaryKey": {"region": "ap-northeast-1"}}, {"primaryKey": {}, "replicaKeys": []}, {"primaryKey": {"region": "ap-northeast-1"}, "replicaKeys": [{}]}] {
		messages({"multiRegion": true, "multiRegionConfiguration": its}, {}) == message
	}
}

test_keys_of_aws if {
	residency_kms_multi_region.not_applicable with input as {"configuration": {"keyManager": "AWS"}}
	not customers
}

customers if {
	residency_kms_multi_region.not_applicable with input as {"configuration": {"keyManager": "CUSTOMER"}}
}

test_reasons_are_in_both_languages if {
	every configuration in [{}, {"multiRegion": true}, key("us-east-1", ["eu-west-1"])] {
		reasons := residency_kms_multi_region.deny with input as {"configuration": configuration}
			with data.parameters as object.union(defaults, {"mode": "no-multi-region"})
		count(reasons) > 0
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
