package sekisho_policies.audit_log_bucket_tamper_resistant_test

import data.sekisho_policies.audit_log_bucket_tamper_resistant

defaults := {
	"minRetentionDays": 1827,
	"requireObjectLock": false,
	"minNoncurrentDays": 35,
	"logBuckets": ["logs"],
	"externalBuckets": [],
}

private := {
	"blockPublicAcls": true,
	"ignorePublicAcls": true,
	"blockPublicPolicy": true,
	"restrictPublicBuckets": true,
}

denial := {
	"Effect": "Deny",
	"Principal": "*",
	"Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
	"Resource": "arn:aws:s3:::logs/*",
}

policy(statements) := {"policyText": json.marshal({"Version": "2012-10-17", "Statement": statements})}

# A bucket in order, with these parts of the supplementary configuration changed.
bucket(parts) := {"supplementaryConfiguration": object.union(
	{
		"PublicAccessBlockConfiguration": private,
		"BucketVersioningConfiguration": {"status": "Enabled"},
		"BucketPolicy": policy([denial]),
	},
	parts,
)}

# object.union would merge the document of an Object Lock with the one before.
locked(retention) := bucket({
	"BucketPolicy": null,
	"ObjectLockConfiguration": {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": retention}},
})

nothing := {"trails": {"trailList": []}, "channels": {"DeliveryChannels": []}}

inventory(item) := {
	"AWS::S3::Bucket": {"logs": item},
	"AWS::S3::AccountPublicAccessBlock": {},
	"AWS::EC2::FlowLog": {},
}

denied(given, facts, parameters) := reasons if {
	reasons := audit_log_bucket_tamper_resistant.deny with data.facts as facts
		with data.parameters as parameters
		with data.inventory as given
}

messages(item, parameters) := {reason.msg | some reason in denied(inventory(item), nothing, parameters)}

unprotected := "log files can be deleted: neither Object Lock, nor a policy that denies deletion, nor MFA delete"

test_in_order if messages(bucket({}), defaults) == set()

# ---- who receives logs

received(facts, given) := names if {
	names := audit_log_bucket_tamper_resistant.receivers with data.facts as facts
		with data.parameters as object.union(defaults, {"logBuckets": []})
		with data.inventory as given
}

test_answers_without_buckets if {
	every facts in [nothing, {"trails": {}, "channels": {}}, {"trails": {"trailList": [{"S3BucketName": null}]}, "channels": {"DeliveryChannels": [{"name": "default"}]}}] {
		received(facts, inventory(bucket({}))) == set()
	}
}

flow_logs(configuration) := object.union(inventory(bucket({})), {"AWS::EC2::FlowLog": {"fl-1": {"configuration": configuration}}})

test_flow_log_destinations if {
	every destination in ["arn:aws:s3:::flows", "arn:aws:s3:::flows/", "arn:aws:s3:::flows/vpc/a"] {
		received(nothing, flow_logs({"logDestinationType": "s3", "logDestination": destination})) == {"flows"}
	}
	every destination in [null, "", "flows"] {
		received(nothing, flow_logs({"logDestinationType": "s3", "logDestination": destination})) == set()
	}
	received(nothing, flow_logs({"logDestinationType": "cloud-watch-logs", "logDestination": "arn:aws:s3:::flows"})) == set()
	received(nothing, flow_logs(null)) == set()
}

test_a_bucket_named_as_external_is_judged_where_it_is_recorded if {
	parameters := object.union(defaults, {"externalBuckets": ["logs"]})
	messages(bucket({"BucketPolicy": null}), parameters) == {unprotected}
}

test_named_bucket_that_is_not_there if {
	given := object.union(inventory(bucket({})), {})
	parameters := object.union(defaults, {"logBuckets": ["gone"]})
	{reason.msg | some reason in denied(given, nothing, parameters)} == {"the log bucket gone (logBuckets) is not recorded here; if it is judged in its own account, name it in externalBuckets"}
}

# ---- public access

test_each_setting_has_to_be_on if {
	every setting, _ in private {
		every value in [false, null, "true"] {
			item := bucket({"PublicAccessBlockConfiguration": object.union(private, {setting: value})})
			messages(item, defaults) == {sprintf("public access is not blocked: %s", [setting])}
		}
	}
}

test_each_setting_has_to_be_there if {
	every setting, _ in private {
		item := {"supplementaryConfiguration": object.union(
			object.remove(bucket({}).supplementaryConfiguration, ["PublicAccessBlockConfiguration"]),
			{"PublicAccessBlockConfiguration": object.remove(private, [setting])},
		)}
		messages(item, defaults) == {sprintf("public access is not blocked: %s", [setting])}
	}
}

test_account_and_bucket_together if {
	item := bucket({"PublicAccessBlockConfiguration": object.union(private, {"blockPublicAcls": false})})
	account := {"123456789012": {"configuration": {"blockPublicAcls": true, "restrictPublicBuckets": false}}}
	given := object.union(inventory(item), {"AWS::S3::AccountPublicAccessBlock": account})
	denied(given, nothing, defaults) == set()
	every configuration in [{"blockPublicAcls": false}, {}, null] {
		weak := {"123456789012": {"configuration": configuration}}
		count(denied(object.union(inventory(item), {"AWS::S3::AccountPublicAccessBlock": weak}), nothing, defaults)) == 1
	}
}

# ---- the policy that denies deletion

with_policy(statements) := messages(bucket({"BucketPolicy": policy(statements)}), defaults)

test_spellings_of_a_denial if {
	every change in [
		{"Action": "s3:*"},
		{"Action": "*"},
		{"Action": "s3:Delete*"},
		{"Action": "S3:DeleteObject*"},
		{"Action": ["s3:DeleteObject", "s3:DeleteObjectVersio?"]},
		{"Principal": {"AWS": "*"}},
		{"Principal": {"AWS": ["*"]}},
		{"Resource": "*"},
		{"Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"]},
		{"Resource": "arn:aws:s3:::logs*"},
		{"Resource": "arn:aws:s3:::*"},
		{"Condition": {}},
	] {
		with_policy([object.union(denial, change)]) == set()
	}
}

test_denials_that_are_none if {
	every change in [
		{"Effect": "Allow"},
		{"Action": "s3:DeleteObject"},
		{"Action": "s3:DeleteObjectVersion"},
		{"Action": "s3:Delete"},
		{"Action": ["s3:PutObject", null]},
		{"Action": "s3:[Dd]elete*"},
		{"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
		{"Principal": {"Service": "*"}},
		{"Principal": null},
		{"Resource": "arn:aws:s3:::logs"},
		{"Resource": "arn:aws:s3:::logs/AWSLogs/*"},
		{"Resource": "arn:aws:s3:::other/*"},
		{"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
	] {
		with_policy([object.union(denial, change)]) == {unprotected}
	}
	with_policy([]) == {unprotected}
}

test_two_statements_together if {
	first := object.union(denial, {"Action": "s3:DeleteObject"})
	second := object.union(denial, {"Action": "s3:DeleteObjectVersion"})
	with_policy([first, second]) == set()
}

test_action_missing if {
	with_policy([object.remove(denial, ["Action"])]) == {unprotected}
	with_policy([object.remove(denial, ["Resource"])]) == {unprotected}
	messages(bucket({"BucketPolicy": {"policyText": null}}), defaults) == {unprotected}
}

# ---- Object Lock

test_lock_for_long_enough if {
	every retention in [
		{"mode": "COMPLIANCE", "days": 1827},
		{"mode": "GOVERNANCE", "days": 1827, "years": null},
		{"mode": "COMPLIANCE", "days": null, "years": 6},
	] {
		messages(locked(retention), defaults) == set()
	}
}

test_lock_too_short if {
	messages(locked({"mode": "COMPLIANCE", "days": 1826}), defaults) == {"Object Lock keeps log files 1826 of the required 1827 days"}
	messages(locked({"mode": "COMPLIANCE", "years": 5}), defaults) == {"Object Lock keeps log files 1825 of the required 1827 days"}
	messages(locked(null), defaults) == {"Object Lock keeps log files 0 of the required 1827 days"}
	messages(locked({"mode": "COMPLIANCE", "days": "1827"}), defaults) == {"Object Lock keeps log files 0 of the required 1827 days"}
}

test_lock_of_another_mode if {
	messages(locked({"mode": "X", "days": 1827}), defaults) == {"Object Lock is not in the required mode: X"}
	messages(locked({"mode": null, "days": 10}), defaults) == {
		"Object Lock is not in the required mode: null",
		"Object Lock keeps log files 10 of the required 1827 days",
	}
}

test_retention_without_a_lock if {
	item := bucket({
		"BucketPolicy": null,
		"ObjectLockConfiguration": {"objectLockEnabled": null, "rule": {"defaultRetention": {"mode": "X", "days": 1827}}},
	})
	messages(item, defaults) == {unprotected}
	compliance := bucket({
		"BucketPolicy": null,
		"ObjectLockConfiguration": {"objectLockEnabled": null, "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 1827}}},
	})
	messages(compliance, defaults) == {unprotected}
}

test_lock_of_another_mode_beside_a_policy if {
	item := bucket({"ObjectLockConfiguration": {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "X", "days": 1}}}})
	messages(item, defaults) == set()
	messages(object.union(item, {"supplementaryConfiguration": {"BucketPolicy": null}}), defaults) == {
		"Object Lock is not in the required mode: X",
		"Object Lock keeps log files 1 of the required 1827 days",
	}
}

test_short_lock_beside_mfa_delete if {
	item := bucket({
		"BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": true},
		"ObjectLockConfiguration": {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}},
	})
	messages(item, object.union(defaults, {"requireObjectLock": true})) == {"Object Lock keeps log files 30 of the required 1827 days"}
}

test_short_lock_beside_a_policy if {
	item := bucket({"ObjectLockConfiguration": {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "COMPLIANCE", "days": 30}}}})
	messages(item, defaults) == set()
	messages(item, object.union(defaults, {"requireObjectLock": true})) == {"Object Lock keeps log files 30 of the required 1827 days"}
}

test_lock_required if {
	required := object.union(defaults, {"requireObjectLock": true})
	messages(locked({"mode": "COMPLIANCE", "days": 1827}), required) == set()
	messages(locked({"mode": "GOVERNANCE", "days": 1827}), required) == {"Object Lock is not in the required mode: GOVERNANCE"}
	mfa := bucket({"BucketPolicy": null, "BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": true}})
	messages(mfa, required) == {"Object Lock is off"}
	messages(mfa, defaults) == set()
}

test_mfa_delete_that_is_off if {
	every value in [false, null, "true"] {
		item := bucket({"BucketPolicy": null, "BucketVersioningConfiguration": {"status": "Enabled", "isMfaDeleteEnabled": value}})
		messages(item, defaults) == {unprotected}
	}
}

# ---- lifecycle

with_rules(rules) := bucket({"BucketLifecycleConfiguration": {"rules": rules}})

test_expiry if {
	every days in [1827, 4000, -1, 0, null, "1"] {
		messages(with_rules([{"id": "a", "status": "Enabled", "expirationInDays": days}]), defaults) == set()
	}
	messages(with_rules([{"id": "a", "expirationInDays": 1826}]), defaults) == {"lifecycle rule \"a\" deletes log files after 1826 of the required 1827 days"}
	messages(with_rules([{"expirationInDays": 1}]), defaults) == {"lifecycle rule (no id) deletes log files after 1 of the required 1827 days"}
}

# An earlier expiry counts also where the lock keeps the versions: the files are out of sight.
test_expiry_under_a_lock if {
	item := object.union(locked({"mode": "COMPLIANCE", "days": 1827}), {"supplementaryConfiguration": {"BucketLifecycleConfiguration": {"rules": [{"id": "a", "expirationInDays": 30, "noncurrentVersionExpirationInDays": 1}]}}})
	messages(item, defaults) == {"lifecycle rule \"a\" deletes log files after 30 of the required 1827 days"}
}

test_noncurrent if {
	every days in [35, 36, -1, 0, null] {
		messages(with_rules([{"id": "a", "noncurrentVersionExpirationInDays": days}]), defaults) == set()
	}
	expected := {"lifecycle rule \"a\" keeps noncurrent versions 34 of the required 35 days"}
	messages(with_rules([{"id": "a", "noncurrentVersionExpirationInDays": 34}]), defaults) == expected
	messages(with_rules([{"id": "a", "noncurrentVersionExpiration": {"noncurrentDays": 34}}]), defaults) == expected
}

test_lifecycle_that_is_none if {
	every value in [null, {}, {"rules": null}, {"rules": []}] {
		messages(bucket({"BucketLifecycleConfiguration": value}), defaults) == set()
	}
}

test_lifecycle_that_cannot_be_read if {
	every value in ["broken", 7, [], {"rules": "x"}, {"rules": ["x"]}] {
		messages(bucket({"BucketLifecycleConfiguration": value}), defaults) == {"the lifecycle configuration cannot be read"}
	}
}

test_reasons_are_in_both_languages if {
	item := {"supplementaryConfiguration": {"BucketLifecycleConfiguration": {"rules": [{
		"expirationInDays": 1,
		"expirationDate": "2027-04-01T00:00:00.000Z",
		"noncurrentVersionExpirationInDays": 1,
	}]}}}
	reasons := denied(inventory(item), nothing, defaults)
	count(reasons) == 6
	every reason in reasons {
		reason.msg_ja != ""
		reason.resource == {"resourceType": "AWS::S3::Bucket", "resourceId": "logs"}
	}
}
