package sekisho_policies.residency_dynamodb_replicas_test

import data.sekisho_policies.residency_dynamodb_replicas

messages(configuration) := {reason.msg |
	some reason in residency_dynamodb_replicas.deny with input as {"configuration": configuration}
		with data.parameters as {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"]}
}

test_no_replica if {
	messages({"tableName": "t"}) == set()
	messages({"replicas": null}) == set()
	messages({"replicas": []}) == set()
}

test_where_replicas_are if {
	messages({"replicas": [{"regionName": "ap-northeast-3"}]}) == set()
	messages({"replicas": [{"regionName": "ap-northeast-3"}, {"regionName": "us-west-2", "replicaStatus": "CREATING"}]}) == {"a replica lies in us-west-2, outside the allowed regions"}
}

test_without_a_region if {
	every replica in [{}, {"regionName": null}, {"regionName": 1}] {
		messages({"replicas": [replica]}) == {"the region of a replica is not recorded"}
	}
}

test_of_2017 if {
	messages({"globalTableVersion": "2017.11.29"}) == {"the table is a global one of version 2017.11.29, whose replicas are not recorded"}
	messages({"globalTableVersion": "2019.11.21", "replicas": [{"regionName": "ap-northeast-1"}]}) == set()
}

test_not_a_list if {
	messages({"replicas": "x"}) == {"the replicas are not recorded as a list"}
	messages({"replicas": {}, "globalTableVersion": "2019.11.21"}) == {"the table is a global one of version 2019.11.21, whose replicas are not recorded"}
}

test_no_configuration if messages(null) == set()

test_reasons_are_in_both_languages if {
	every configuration in [{"replicas": [{}, {"regionName": "us-east-1"}]}, {"replicas": 1}, {"globalTableVersion": "2017.11.29"}] {
		reasons := residency_dynamodb_replicas.deny with input as {"configuration": configuration}
			with data.parameters as {"allowedRegions": ["ap-northeast-1"]}
		count(reasons) > 0
		every reason in reasons {
			reason.msg_ja != ""
		}
	}
}
