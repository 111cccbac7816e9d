package sekisho_policies.s3_versioning_lock_test

import data.sekisho_policies.s3_versioning_lock

defaults := {"minNoncurrentDays": 35, "requireObjectLock": false, "phiTag": ""}

locked := object.union(defaults, {"requireObjectLock": true})

bucket(changes) := {
	"resourceType": "AWS::S3::Bucket",
	"tags": {"DataClass": "phi"},
	"supplementaryConfiguration": object.union(
		{"BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": null}},
		changes,
	),
}

versioned(status) := bucket({"BucketVersioningConfiguration": {"status": status, "isMfaDeleteEnabled": null}})

with_rules(entries) := bucket({"BucketLifecycleConfiguration": {"rules": entries}})

messages(document, parameters) := {reason.msg |
	some reason in s3_versioning_lock.deny with input as document with data.parameters as parameters
}

skipped(document, parameters) if {
	s3_versioning_lock.not_applicable with input as document with data.parameters as parameters
}

test_versioned_bucket_is_compliant if messages(bucket({}), defaults) == set()

test_never_versioned if {
	every status in ["Off", null, ""] {
		messages(versioned(status), defaults) == {"versioning was never turned on"}
	}
	messages({"supplementaryConfiguration": {"BucketVersioningConfiguration": {}}}, defaults) == {"versioning was never turned on"}
}

test_suspended if messages(versioned("Suspended"), defaults) == {"versioning is suspended"}

test_unknown_state if messages(versioned("Paused"), defaults) == {"versioning is in an unknown state: Paused"}

test_versioning_not_recorded if {
	every document in [{}, {"supplementaryConfiguration": null}, {"supplementaryConfiguration": {}}, bucket({"BucketVersioningConfiguration": null})] {
		messages(document, defaults) == {"versioning is not recorded"}
	}
}

test_rule_that_keeps_long_enough if {
	messages(with_rules([{"id": "old", "status": "Enabled", "noncurrentVersionExpirationInDays": 35}]), defaults) == set()
}

test_rule_that_deletes_early if {
	expected := {"lifecycle rule \"old\" keeps noncurrent versions 1 of the required 35 days"}
	messages(with_rules([{"id": "old", "status": "Enabled", "noncurrentVersionExpirationInDays": 1}]), defaults) == expected
	messages(with_rules([{"id": "old", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 1}}]), defaults) == expected
}

test_shorter_of_two_fields_counts if {
	entry := {"id": "old", "status": "Enabled", "noncurrentVersionExpirationInDays": 40, "noncurrentVersionExpiration": {"noncurrentDays": 2}}
	messages(with_rules([entry]), defaults) == {"lifecycle rule \"old\" keeps noncurrent versions 2 of the required 35 days"}
}

test_keeping_newer_versions_does_not_help if {
	entry := {"id": "old", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 7, "newerNoncurrentVersions": 3}}
	count(messages(with_rules([entry]), defaults)) == 1
}

test_disabled_rule_is_ignored if {
	messages(with_rules([{"id": "old", "status": "Disabled", "noncurrentVersionExpirationInDays": 1}]), defaults) == set()
}

test_rule_without_status_counts if {
	messages(with_rules([{"noncurrentVersionExpirationInDays": 1}]), defaults) == {"lifecycle rule (no id) keeps noncurrent versions 1 of the required 35 days"}
}

test_rules_without_noncurrent_expiration if {
	every days in [-1, 0, null, "1"] {
		messages(with_rules([{"id": "tmp", "status": "Enabled", "expirationInDays": 7, "noncurrentVersionExpirationInDays": days}]), defaults) == set()
	}
	messages(with_rules([{"id": "tmp", "status": "Enabled", "noncurrentVersionExpiration": null}]), defaults) == set()
}

test_every_early_rule_is_named if {
	entries := [
		{"id": "a", "status": "Enabled", "noncurrentVersionExpirationInDays": 3},
		{"id": "b", "status": "Enabled", "noncurrentVersionExpirationInDays": 90},
		{"id": "c", "status": "Enabled", "noncurrentVersionExpirationInDays": 5},
	]
	count(messages(with_rules(entries), defaults)) == 2
}

test_days_follow_the_parameter if {
	document := with_rules([{"id": "old", "status": "Enabled", "noncurrentVersionExpirationInDays": 60}])
	messages(document, object.union(defaults, {"minNoncurrentDays": 90})) == {"lifecycle rule \"old\" keeps noncurrent versions 60 of the required 90 days"}
}

test_no_lifecycle_keeps_everything if {
	every value in [null, {}, {"rules": null}, {"rules": []}] {
		messages(bucket({"BucketLifecycleConfiguration": value}), defaults) == set()
	}
}

test_lifecycle_as_text_is_read if {
	text := json.marshal({"rules": [{"id": "old", "status": "Enabled", "noncurrentVersionExpirationInDays": 1}]})
	count(messages(bucket({"BucketLifecycleConfiguration": text}), defaults)) == 1
}

test_unreadable_lifecycle_is_denied if {
	every value in ["broken", 7, [], {"rules": "x"}, {"rules": {"id": "old"}}] {
		messages(bucket({"BucketLifecycleConfiguration": value}), defaults) == {"the lifecycle configuration cannot be read"}
	}
}

test_object_lock_only_where_asked if {
	messages(bucket({}), defaults) == set()
	messages(bucket({}), locked) == {"Object Lock is off"}
	messages(bucket({"ObjectLockConfiguration": {"objectLockEnabled": null}}), locked) == {"Object Lock is off"}
}

test_object_lock_needs_a_retention if {
	every value in [null, {"defaultRetention": null}, {"defaultRetention": {"mode": "COMPLIANCE", "days": null, "years": null}}, {"defaultRetention": {"days": 0}}, {"defaultRetention": {"days": "35"}}] {
		lock := {"objectLockEnabled": "Enabled", "rule": value}
		messages(bucket({"ObjectLockConfiguration": lock}), locked) == {"Object Lock has no default retention"}
		messages(bucket({"ObjectLockConfiguration": lock}), defaults) == set()
	}
}

test_object_lock_with_retention if {
	every retention in [{"mode": "COMPLIANCE", "days": 1}, {"mode": "COMPLIANCE", "days": 35}, {"mode": "GOVERNANCE", "days": null, "years": 5}] {
		lock := {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": retention}}
		messages(bucket({"ObjectLockConfiguration": lock}), locked) == set()
	}
}

test_tag_chooses_the_buckets if {
	every selector in ["DataClass", "DataClass=phi"] {
		not skipped(bucket({}), object.union(defaults, {"phiTag": selector}))
	}
	every selector in ["Owner", "DataClass=public"] {
		skipped(bucket({}), object.union(defaults, {"phiTag": selector}))
	}
}

test_without_tag_all_buckets_are_judged if {
	not skipped(bucket({}), defaults)
	not skipped({}, defaults)
}

test_bucket_without_tags_is_not_chosen if {
	skipped(object.remove(bucket({}), ["tags"]), object.union(defaults, {"phiTag": "DataClass"}))
}

test_reasons_are_in_both_languages if {
	reasons := s3_versioning_lock.deny with input as bucket({
		"BucketVersioningConfiguration": {"status": "Suspended"},
		"BucketLifecycleConfiguration": {"rules": [{"status": "Enabled", "noncurrentVersionExpirationInDays": 1}]},
	})
		with data.parameters as locked
	count(reasons) == 3
	every reason in reasons {
		reason.msg_ja != ""
	}
}
