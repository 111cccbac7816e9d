package sekisho_policies.cloudtrail_kms_encrypted_test

import data.sekisho_policies.cloudtrail_kms_encrypted

defaults := {"allowedRegions": ["ap-northeast-1", "ap-northeast-3"], "externalKeyAccounts": []}

arn := "arn:aws:kms:ap-northeast-1:123456789012:key/k"

good := {"arn": arn, "keyState": "Enabled", "keyManager": "CUSTOMER"}

messages(key_id, configuration, parameters) := {reason.msg |
	some reason in cloudtrail_kms_encrypted.deny with input as {"configuration": {"kmsKeyId": key_id}}
		with data.inventory as {"AWS::KMS::Key": {"k": {"configuration": configuration}}}
		with data.parameters as parameters
}

test_good if messages(arn, good, defaults) == set()

test_no_key if {
	every key_id in [null, ""] {
		messages(key_id, good, defaults) == {"the trail is not encrypted with a KMS key"}
	}
}

test_no_key_beside_one_of_which_nothing_is_recorded if {
	messages(null, null, defaults) == {"the trail is not encrypted with a KMS key"}
}

# An external account does not make the key's own faults pass where it is recorded, nor a region abroad.
test_external_account if {
	external := object.union(defaults, {"externalKeyAccounts": ["123456789012"]})
	messages(arn, object.union(good, {"keyState": "Disabled"}), external) == {"the key is not enabled: Disabled"}
	messages(arn, null, external) == set()
	messages("arn:aws:kms:us-east-1:123456789012:key/k", null, external) == {"the key is in us-east-1, not in an allowed region (ap-northeast-1, ap-northeast-3)"}
}

test_key_that_is_not_recorded if {
	every configuration in [null, {}, {"arn": "arn:aws:kms:ap-northeast-1:123456789012:key/other"}] {
		messages(arn, configuration, defaults) == {sprintf("the key is not recorded here: %s", [arn])}
	}
}

test_regions_follow_the_parameter if {
	osaka := object.union(defaults, {"allowedRegions": ["ap-northeast-3"]})
	messages(arn, good, osaka) == {"the key is in ap-northeast-1, not in an allowed region (ap-northeast-3)"}
}

test_replica_of_a_primary_abroad if {
	related := {"multiRegionConfiguration": {"primaryKey": {"region": "us-east-1"}, "replicaKeys": null}}
	messages(arn, object.union(good, related), defaults) == {"the key has copies in us-east-1, not in an allowed region (ap-northeast-1, ap-northeast-3)"}
}

test_copy_of_unknown_region if {
	related := {"multiRegionConfiguration": {"replicaKeys": [{"arn": "x"}]}}
	messages(arn, object.union(good, related), defaults) == {"the key has copies in unknown, not in an allowed region (ap-northeast-1, ap-northeast-3)"}
}

test_not_multi_region if {
	every related in [null, {}, {"primaryKey": null}] {
		messages(arn, object.union(good, {"multiRegionConfiguration": related}), defaults) == set()
	}
}

test_reasons_are_in_both_languages if {
	reasons := cloudtrail_kms_encrypted.deny with input as {"configuration": {"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/k"}}
		with data.inventory as {"AWS::KMS::Key": {}}
		with data.parameters as defaults
	count(reasons) == 2
	every reason in reasons {
		reason.msg_ja != ""
	}
}
